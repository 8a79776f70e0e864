"""Taking moves by hand back, the last first, as far as the start of the draft; the audit is what remembers them."""

from __future__ import annotations

from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import AuditEntry, Event, Organiser, Plan
from scheduler.plan.editing import Draft, Moved

MOVED = "plan.moved"


class NothingToUndo(Exception):
    """No move by hand is left to take back."""


def moves_made(plan: Plan) -> list[AuditEntry]:
    """The moves of a draft that still stand, oldest first: those taken back are gone with what took them back."""
    entries = db.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.programme_id == plan.programme_id,
            AuditEntry.what == MOVED,
            AuditEntry.thing == f"plan {plan.number}",
        )
        .order_by(AuditEntry.id)
    )
    stand: list[AuditEntry] = []
    for entry in entries:
        if entry.details.get("undoes") is None:
            stand.append(entry)
        elif stand:
            stand.pop()
    return stand


def undo(plan: Plan, *, by: Organiser | None) -> tuple[AuditEntry, Moved]:
    """Take the last move back and say which it was.

    Raises NothingToUndo, and as ``Draft.move`` does: a rule may stand against the way back by now.
    """
    made = moves_made(plan)
    if not made:
        raise NothingToUndo
    last = made[-1]
    event = db.session.scalars(
        select(Event).where(Event.programme_id == plan.programme_id, Event.key == last.details["event"])
    ).one()
    was, why = last.details["was"], tuple(last.details.get("why", ()))
    return last, Draft(plan).move(event, last.details["party"], was, by=by, why=why, undoes=last.id)
