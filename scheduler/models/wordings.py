"""What an organiser has a mail say instead of our own words."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import NAME, OfProgramme, Versioned
from scheduler.models.programmes import Organiser


class OwnWording(OfProgramme, Versioned, Model):
    """One mail of a programme in an organiser's words, with its fields in braces; without a row ours are used.

    ``subject`` "" means our subject.
    """

    __table_args__ = (sa.UniqueConstraint("programme_id", "mail"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mail: Mapped[str] = mapped_column(sa.String(40))  # ask, reminder, invitation, …
    subject: Mapped[str] = mapped_column(NAME, default="")
    text: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    changed_by: Mapped[Organiser | None] = relationship()
