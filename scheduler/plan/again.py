"""Planning the rest again: the moves by hand become locks, and the search begins from the places of the draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import BoardMove, Event, Facilitator, Lock, LockKind, MoveKind, Organiser, Plan, Session
from scheduler.plan import locking, planning
from scheduler.plan.editing import UNPLACED, Draft
from scheduler.plan.overruling import overrulings_of
from scheduler.plan.undoing import moves_made
from scheduler.transaction import transaction


@dataclass(frozen=True)
class ToLock:
    """One lock that a move by hand becomes; ``why_not`` says why it cannot be one, "" where it can."""

    move: BoardMove
    locks: tuple[Lock, ...] = ()
    why_not: str = ""


def locks_of_moves(plan: Plan, *, by: Organiser | None, reason: str = "") -> list[ToLock]:
    """What the moves that stand in a draft come to as locks, by the last of each; nothing is written."""
    moves = moves_made(plan)
    if not moves:
        return []
    draft, overruled = Draft(plan), {(row.event, row.place) for row in overrulings_of(plan)}
    events = {event.key: event for event in db.session.scalars(select(Event).filter_by(programme_id=plan.programme_id))}
    last = {(move.event, move.kind, move.subject, move.round): move for move in moves}
    made = _Locks(draft, by, reason)
    found = []
    for move in last.values():
        event = events.get(move.event)
        if event is None:
            continue
        if (move.event, move.place) in overruled:
            found.append(ToLock(move, why_not="its mix was overruled, and a new plan keeps every rule"))
        elif event.has_sets and move.kind is MoveKind.PARTY and move.place == UNPLACED:
            found.append(ToLock(move, why_not="no lock keeps a pair out of every set"))
        else:
            found.append(ToLock(move, tuple(made.of(event, move))))
    return found


def plan_the_rest(plan: Plan, *, by: Organiser | None, reason: str, time_limit: int) -> Plan:
    """Lock the moves of a draft and start a new plan from its places, with the answers and rules of now.

    Where a lock says the same already, or stands against it, that one holds. Raises as ``planning.start`` does.
    """
    asked = {planned["id"] for planned in (*plan.problem["events"], *plan.problem["sets"])}
    events = db.session.scalars(select(Event).where(Event.programme_id == plan.programme_id, Event.key.in_(asked)))
    with transaction():
        for to_lock in locks_of_moves(plan, by=by, reason=reason):
            for lock in to_lock.locks:
                locking.add(lock, by=by, unless_another=True)
        return planning.start(
            plan.programme, by=by, time_limit=time_limit, events=list(events), begins_from=plan.number
        )


class _Locks:
    """Makes locks of moves."""

    def __init__(self, draft: Draft, by: Organiser | None, reason: str) -> None:
        self.draft, self.by, self.reason = draft, by, reason
        rows = db.session.scalars(select(Session).filter_by(programme_id=draft.plan.programme_id))
        self.sessions = {session.key: session for session in rows}

    def of(self, event: Event, move: BoardMove) -> Iterator[Lock]:
        """The locks that keep what a move did."""
        if move.kind is MoveKind.MEETING:
            planned = self.draft.set_of(event, move.subject)
            if planned is not None and move.place in self.sessions:
                yield self._lock(LockKind.ATTENDS, party=planned.parties[0], session=self.sessions[move.place])
        elif event.has_sets:
            yield from self._together(event, move)
        elif move.place != UNPLACED:
            if move.place in self.sessions:
                yield self._lock(LockKind.ATTENDS, party=move.subject, session=self.sessions[move.place])
        else:
            said = self.draft.plan.problem["availability"].get(move.subject, {})
            for session in event.sessions:
                if said.get(session.key) in ("yes", "if-need-be"):
                    yield self._lock(LockKind.NEVER, party=move.subject, session=session)

    def _together(self, event: Event, move: BoardMove) -> Iterator[Lock]:
        """The whole set that a pair was moved to, or whose facilitator was changed: it stays together."""
        if move.kind is MoveKind.SWAP:
            for party in (move.subject, move.place):
                if (swapped := self.draft.set_of(event, self.draft.place_of(event, party))) is not None:
                    yield self._lock(LockKind.SET, event=event, parties=sorted(swapped.parties), facilitator=None)
            return
        number = move.place if move.kind is MoveKind.PARTY else move.subject
        planned = self.draft.set_of(event, number)
        if planned is None:
            return
        leader = None
        if move.kind is MoveKind.FACILITATOR and planned.facilitator is not None:
            leader = db.session.get(Facilitator, int(planned.facilitator.removeprefix("F")))
        yield self._lock(LockKind.SET, event=event, parties=sorted(planned.parties), facilitator=leader)

    def _lock(self, kind: LockKind, **what: object) -> Lock:
        return Lock(programme=self.draft.plan.programme, kind=kind, reason=self.reason, made_by=self.by, **what)
