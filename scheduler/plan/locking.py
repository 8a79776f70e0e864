"""Locks: fixed choices of the organiser, each with its reason, which every run keeps from the next one on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from scheduler.models import Event, Facilitator, Lock, LockKind, Organiser, Programme, Session, record
from scheduler.transaction import transaction

_OPPOSITE = {
    LockKind.ATTENDS: LockKind.NEVER,
    LockKind.NEVER: LockKind.ATTENDS,
    LockKind.RUNS: LockKind.STAYS_CLOSED,
    LockKind.STAYS_CLOSED: LockKind.RUNS,
}


class LockContradicts(Exception):
    """Another lock says the same, or says what cannot hold beside it."""

    def __init__(self, other: Lock) -> None:
        self.other = other
        super().__init__(other.reason)


def lock_party(
    programme: Programme, party: str, session: Session, *, never: bool = False, reason: str, by: Organiser | None
) -> Lock:
    """Keep a party in a session, or with ``never`` out of it. Raises LockContradicts."""
    kind = LockKind.NEVER if never else LockKind.ATTENDS
    return add(Lock(programme=programme, kind=kind, party=party, session=session, reason=reason, made_by=by), by=by)


def lock_session(programme: Programme, session: Session, *, runs: bool, reason: str, by: Organiser | None) -> Lock:
    """Keep a session open, or closed. Raises LockContradicts."""
    kind = LockKind.RUNS if runs else LockKind.STAYS_CLOSED
    return add(Lock(programme=programme, kind=kind, session=session, reason=reason, made_by=by), by=by)


def lock_set(
    programme: Programme,
    event: Event,
    parties: Sequence[str],
    *,
    facilitator: Facilitator | None = None,
    reason: str,
    by: Organiser | None,
) -> Lock:
    """Keep parties together in one set, with a facilitator if given. Raises LockContradicts."""
    lock = Lock(
        programme=programme,
        kind=LockKind.SET,
        event=event,
        parties=sorted(parties),
        facilitator=facilitator,
        reason=reason,
        made_by=by,
    )
    return add(lock, by=by)


def unlock(lock: Lock, *, by: Organiser | None) -> None:
    """Let go of a lock."""
    with transaction() as tx:
        record("lock.removed", programme=lock.programme, by=by, thing=lock.reason, kind=lock.kind.value)
        tx.delete(lock)


def add(lock: Lock, *, by: Organiser | None, unless_another: bool = False) -> Lock:
    """Keep a lock that was made; one that another stands against raises LockContradicts.

    ``unless_another`` gives back that other one instead.
    """
    with transaction() as tx:
        for other in tx.scalars(select(Lock).where(Lock.programme_id == lock.programme.id)):
            if _contradict(lock, other):
                if unless_another:
                    return other
                raise LockContradicts(other)
        tx.add(lock)
        record("lock.added", programme=lock.programme, by=by, thing=lock.reason, kind=lock.kind.value)
    return lock


def _contradict(lock: Lock, other: Lock) -> bool:
    if lock.kind is LockKind.SET:
        return (
            other.kind is LockKind.SET
            and other.event_id == _id(lock.event)
            and bool(set(other.parties) & set(lock.parties))
        )
    if lock.session is None or other.session is None or other.party != lock.party:
        return False
    if other.session_id == lock.session.id:
        return other.kind in (lock.kind, _OPPOSITE[lock.kind])
    # A party attends one session of an event: two locks to different ones cannot hold together.
    both_attend = lock.kind is other.kind is LockKind.ATTENDS
    return both_attend and other.session.event_id == lock.session.event_id and lock.session.round_id is None


def _id(event: Event | None) -> int | None:
    return None if event is None else event.id
