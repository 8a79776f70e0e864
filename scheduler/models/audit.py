"""Who did what, when, to which thing: append-only, without the content of answers or texts (abuse case P4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model, db
from scheduler.models.people import Person
from scheduler.models.programmes import Organiser, Programme


class AuditEntry(Model):
    """One deed. ``what`` names it, as ``plan.published``; ``thing`` is what it was done to, as a reader knows it;
    ``details`` holds the numbers and names its sentence needs (``scheduler.words.audit_sentence``)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    organiser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    what: Mapped[str] = mapped_column(sa.String(60))
    thing: Mapped[str] = mapped_column(sa.String(200), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    organiser: Mapped[Organiser | None] = relationship()
    person: Mapped[Person | None] = relationship()


def record(
    what: str, *, programme: Programme | None, by: Organiser | Person | None, thing: str = "", **details: Any
) -> None:
    """Add an entry to the caller's transaction. ``by`` None stands for Convene itself (worker, command line)."""
    db.session.add(
        AuditEntry(
            programme_id=programme.id if programme else None,
            organiser_id=by.id if isinstance(by, Organiser) else None,
            person_id=by.id if isinstance(by, Person) else None,
            what=what,
            thing=thing,
            details=details,
        )
    )


def last_saved(programme_id: int, what: str, row_id: int | None = None) -> tuple[str, datetime] | None:
    """Which organiser did a deed last (to the row of this id), and when; None if no organiser has."""
    found = sa.select(AuditEntry).where(AuditEntry.programme_id == programme_id, AuditEntry.what == what)
    if row_id is not None:
        found = found.where(AuditEntry.details["id"].as_integer() == row_id)
    entry = db.session.scalar(found.order_by(AuditEntry.id.desc()).limit(1))
    return (entry.organiser.name, entry.at) if entry and entry.organiser else None
