"""What of a plan still stands in a problem that has changed: group by group, without anything planned anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from solver.check import check
from solver.construction import EMPTY, free_sittings_of, in_order
from solver.drafting import Draft
from solver.keeping import counted, holds
from solver.parts import part_of
from solver.plan import Plan, PlannedSet
from solver.problem import Assignment, AttendanceLock, Event, Lock, Problem, RunningLock, SetsEntry

Place = Event | SetsEntry

MOST_TAKEN_OUT = 4  # of a group, so that the others may stay in it


@dataclass(frozen=True)
class Group:
    """A session's parties or a set, in each of the ways it could stand, best first; ``whole``: as it was."""

    ways: tuple[Draft, ...]
    whole: bool


def what_fits(problem: Problem, start: Plan) -> Draft:
    """What of a plan keeps every rule but those that ask for more than stands."""
    lenient = replace(asking_of(problem, ()), previous=None)
    as_it_was = Draft(start.assignments, start.sets)
    if holds(lenient, as_it_was):
        return as_it_was
    planned, events, entries = EMPTY, set[str](), set[str]()
    for place in in_order(lenient):
        (events if isinstance(place, Event) else entries).add(place.id)
        part = part_of(lenient, events, entries)
        planned = _with_groups(part, planned, list(_groups(part, place, start, planned)))
    return planned


def asking_of(problem: Problem, done: Collection[str]) -> Problem:
    """The problem where only these events and entries of ``sets`` ask for anything: the others for no more than stands.

    What forbids is kept for all. So a plan can be mended place by place, with what is not mended yet standing still.
    """
    sittings = {s.id for event in problem.events if event.id in done for s in event.sessions}
    sittings |= {slot.id for entry, _, slot in problem.slots() if entry.id in done}
    return replace(
        problem,
        events=tuple(e if e.id in done else replace(e, open_min=0) for e in problem.events),
        sets=tuple(s if s.id in done else replace(s, count_min=0) for s in problem.sets),
        locks=tuple(lock for lock in problem.locks if _forbids(lock) or _is_of(lock, done, sittings)),
    )


def _forbids(lock: Lock) -> bool:
    return (isinstance(lock, AttendanceLock) and lock.never) or (isinstance(lock, RunningLock) and not lock.runs)


def _is_of(lock: Lock, done: Collection[str], sittings: Collection[str]) -> bool:
    return lock.session in sittings if isinstance(lock, AttendanceLock | RunningLock) else lock.set in done


def _with_groups(part: Problem, planned: Draft, groups: Sequence[Group]) -> Draft:
    """The plan with as many of the groups as stand beside it and each other, the unchanged ones first."""
    whole = [group.ways[0] for group in groups if group.whole]
    at_once = _joined(planned, *whole)
    rest = [group for group in groups if not group.whole]
    if holds(part, at_once):
        planned = at_once
    else:
        rest = [*(group for group in groups if group.whole), *rest]
    for group in rest:
        planned = next((more for way in group.ways if holds(part, more := _joined(planned, way))), planned)
    return planned


def _joined(*drafts: Draft) -> Draft:
    return Draft(
        tuple(assigned for draft in drafts for assigned in draft.assignments),
        tuple(formed for draft in drafts for formed in draft.sets),
    )


def _groups(part: Problem, place: Place, start: Plan, planned: Draft) -> Iterator[Group]:
    """The groups of a plan in one place, with the parties that can still be there beside what is planned."""
    free = free_sittings_of(part, place, planned)
    closed = {lock.session for lock in part.locks if isinstance(lock, RunningLock) and not lock.runs}
    if isinstance(place, Event):
        session_of = {a.party: a.session for a in start.assignments if a.event == place.id}
        for session in place.sessions:
            were = [party for party, name in session_of.items() if name == session.id]
            can = [party for party in were if session.id in free.get(party, ())]
            if can and session.id not in closed:
                stand = _standing(part, place, Draft(tuple(Assignment(place.id, p, session.id) for p in can), ()))
                yield Group((stand,), len(stand.assignments) == len(were))
        return
    taken: set[str] = set()
    for formed in start.sets:
        slots = {meeting.slot for meeting in formed.meetings}
        if formed.set == place.id and _meets_in_every_round(place, formed) and slots.isdisjoint(closed):
            can = [p for p in formed.parties if p not in taken and slots <= free.get(p, frozenset())]
            if can:
                taken.update(can)
                yield _led(part, place, formed, can)


def _meets_in_every_round(entry: SetsEntry, formed: PlannedSet) -> bool:
    meetings = [(meeting.round, meeting.slot) for meeting in formed.meetings]
    known = {(round_.id, slot.id) for round_ in entry.rounds for slot in round_.slots}
    return {*meetings} <= known and sorted(name for name, _ in meetings) == sorted(r.id for r in entry.rounds)


def _led(part: Problem, entry: SetsEntry, formed: PlannedSet, can: Sequence[str]) -> Group:
    """A set with whoever can still come, led by its facilitator or by any other."""
    standing = _standing(part, entry, Draft((), (replace(formed, parties=tuple(can), facilitator=None),)))
    known = [facilitator.id for facilitator in entry.facilitators]
    leaders: list[str | None] = [*sorted(known, key=lambda name: name != formed.facilitator)] or [None]
    ways = tuple(Draft((), tuple(replace(s, facilitator=leader) for s in standing.sets)) for leader in leaders)
    return Group(ways, ways[0].sets == (formed,))


def _standing(part: Problem, place: Place, group: Draft) -> Draft:
    """A group without the few whom it must lose to keep its own rules; nobody where that is not enough."""
    alone = _alone(part, place)
    broken = _faults(alone, group)
    for _ in range(MOST_TAKEN_OUT):
        if not broken:
            return group
        smaller = [(_faults(alone, fewer), number, fewer) for number, fewer in enumerate(_with_one_fewer(group))]
        if not smaller:
            break
        broken, _, group = min(smaller, key=lambda one: one[:2])
    return EMPTY if broken else group


def _alone(part: Problem, place: Place) -> Problem:
    """What the groups of a place must keep whatever else is planned."""
    if isinstance(place, Event):
        return replace(part, events=(replace(place, open_min=0, open_max=None, after=()),), sets=(), locks=())
    return replace(part, events=(), sets=(replace(place, count_min=0, count_max=None, facilitators=()),), locks=())


def _faults(alone: Problem, group: Draft) -> int:
    return len(check(alone, counted(alone, group)))


def _with_one_fewer(group: Draft) -> Iterator[Draft]:
    for at in range(len(group.assignments)):
        yield replace(group, assignments=(*group.assignments[:at], *group.assignments[at + 1 :]))
    for formed in group.sets:
        for party in formed.parties:
            members = tuple(other for other in formed.parties if other != party)
            yield replace(group, sets=(replace(formed, parties=members),) if members else ())
