"""The fixed choices of the organiser."""

from __future__ import annotations

from collections.abc import Iterator

from solver.check.standing import Standing
from solver.faults import Violation, quoted
from solver.problem import AttendanceLock, RunningLock, SetLock


def locks(standing: Standing) -> Iterator[Violation]:
    """Every lock holds."""
    attends = {(visit.party, visit.sitting.id) for visit in standing.attendances}
    runs = {*standing.parties_in, *standing.slots_in_use}
    for index, lock in enumerate(standing.problem.locks):
        place = f"problem.locks[{index}]"
        match lock:
            case AttendanceLock(party, session, never):
                if ((party, session) in attends) == never:
                    held = "attends" if never else "does not attend"
                    yield Violation(place, f"{quoted(party)} {held} {quoted(session)}")
            case RunningLock(session, must_run):
                if (session in runs) != must_run:
                    yield Violation(place, f"{quoted(session)} {'does not run' if must_run else 'runs'}")
            case SetLock():
                yield from _set_lock(standing, lock, place)


def _set_lock(standing: Standing, lock: SetLock, place: str) -> Iterator[Violation]:
    wanted = frozenset(lock.parties)
    formed_of = standing.sets_of(standing.entry_by_id[lock.set])
    together = next((formed for formed in formed_of if wanted <= frozenset(formed.parties)), None)
    if not wanted:
        return
    if together is None:
        names = ", ".join(quoted(party) for party in lock.parties)
        yield Violation(place, f"no set of {quoted(lock.set)} has all of {names}")
    elif lock.facilitator is not None and together.planned.facilitator != lock.facilitator:
        yield Violation(place, f"{together.place} is not led by {quoted(lock.facilitator)}")
