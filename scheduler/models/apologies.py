"""What people say of a place they can no longer take; their seat and their answers stay as they are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, Versioned, spoken
from scheduler.models.events import Session
from scheduler.models.people import Person
from scheduler.models.programmes import Organiser


class WhoComes(StrEnum):
    """Who comes in a person's place; SELF takes an earlier apology back."""

    PARTNER = "partner"
    SOMEONE = "someone"
    NOBODY = "nobody"
    SELF = "self"


class Apology(OfProgramme, Versioned, Model):
    """One person's word on one of their dates: that they can no longer come, and who does.

    ``partner`` is who they come with as they said it; the deputy's columns are filled for SOMEONE alone. It gives no
    seat away: an organiser reads it, acts, and marks it as dealt with, until the person says something new.
    """

    __table_args__ = (sa.UniqueConstraint("person_id", "session_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), index=True)
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    who_comes: Mapped[WhoComes] = mapped_column(spoken(WhoComes))
    deputy_name: Mapped[str] = mapped_column(NAME, default="")
    deputy_role: Mapped[str] = mapped_column(NAME, default="")
    deputy_email: Mapped[str] = mapped_column(ADDRESS, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    told_at: Mapped[datetime] = mapped_column(default=now)
    dealt_with_at: Mapped[datetime | None]
    dealt_with_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    partner: Mapped[Person | None] = relationship(foreign_keys=[partner_id])
    session: Mapped[Session] = relationship()
    dealt_with_by: Mapped[Organiser | None] = relationship()
