"""Which Trusts met before this programme: brought from an earlier programme, or from a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import NAME, OfProgramme
from scheduler.models.people import Trust
from scheduler.models.programmes import Organiser


class EncountersBrought(OfProgramme, Model):
    """One file, paste or earlier programme that encounters were brought from.

    ``rows`` holds what it says as it came: line number, two ODS codes, when, where. It is checked anew each time it is
    looked at, so that a Trust added meanwhile counts; ``written_at`` is None until its encounters are in the ledger.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(NAME)
    rows: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    written_at: Mapped[datetime | None]

    made_by: Mapped[Organiser | None] = relationship()
    encounters: Mapped[list[EarlierEncounter]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class EarlierEncounter(OfProgramme, Model):
    """Two Trusts that met before: ``one`` has the lesser ODS code.

    ``held_on`` is as much of the date as is known: "2025", "2025-03" or "2025-03-12"; ``occasion`` says where.
    """

    __table_args__ = (sa.UniqueConstraint("one_id", "other_id", "held_on", "occasion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    brought_id: Mapped[int] = mapped_column(sa.ForeignKey("encounters_brought.id", ondelete="CASCADE"), index=True)
    one_id: Mapped[int] = mapped_column(sa.ForeignKey("trust.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("trust.id", ondelete="CASCADE"), index=True)
    held_on: Mapped[str] = mapped_column(sa.String(10))
    occasion: Mapped[str] = mapped_column(NAME, default="")

    one: Mapped[Trust] = relationship(foreign_keys=[one_id])
    other: Mapped[Trust] = relationship(foreign_keys=[other_id])
