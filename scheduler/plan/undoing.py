"""Taking moves by hand back and making them again, over the whole of a draft; rows remember them, so a reload does."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import BoardMove, Event, Organiser, Plan
from scheduler.plan.editing import Draft, Moved, Step


class NothingToUndo(Exception):
    """No move by hand is left to take back, or to make again."""


def moves_made(plan: Plan) -> list[BoardMove]:
    """The moves of a draft that stand, oldest first."""
    return [move for move in _moves(plan) if not move.undone]


def moves_taken_back(plan: Plan) -> list[BoardMove]:
    """The moves that can be made again, the next one first."""
    return [move for move in _moves(plan) if move.undone]


def moves_since(plan: Plan, edit: int) -> list[BoardMove]:
    """What was made or taken back after an edit of a draft, oldest first."""
    return sorted((move for move in _moves(plan) if move.edit > edit), key=lambda move: move.edit)


def undo(plan: Plan, *, by: Organiser | None) -> Moved:
    """Take the last move back; ``Moved.move`` is which. Raises NothingToUndo, and as ``Draft.make`` does."""
    made = moves_made(plan)
    if not made:
        raise NothingToUndo
    return _again(plan, made[-1], made[-1].was, by)


def redo(plan: Plan, *, by: Organiser | None) -> Moved:
    """Make the move again that was taken back last. Raises as ``undo`` does."""
    taken_back = moves_taken_back(plan)
    if not taken_back:
        raise NothingToUndo
    return _again(plan, taken_back[0], taken_back[0].place, by)


def _again(plan: Plan, move: BoardMove, place: str, by: Organiser | None) -> Moved:
    event = db.session.scalars(
        select(Event).where(Event.programme_id == plan.programme_id, Event.key == move.event)
    ).one()
    return Draft(plan).make(Step(event, move.subject, place, move.kind, move.round), by=by, again=move)


def _moves(plan: Plan) -> list[BoardMove]:
    rows = select(BoardMove).where(BoardMove.plan_id == plan.id).options(joinedload(BoardMove.by))
    return list(db.session.scalars(rows.order_by(BoardMove.id)))
