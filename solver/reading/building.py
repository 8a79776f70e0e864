"""Shapes of the two files to the data classes the rest of the solver knows. Nothing here can fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from solver.plan import TERMS, Plan, Unplaced
from solver.problem import (
    Assignment,
    AttendanceLock,
    Event,
    Facilitator,
    Lock,
    Meeting,
    MixRule,
    Party,
    PlannedSet,
    Previous,
    Problem,
    Resource,
    Round,
    RunningLock,
    Session,
    SetLock,
    SetsEntry,
    Slot,
    Weights,
)
from solver.reading import shapes


def problem_of(shape: shapes.ProblemShape) -> Problem:
    """The problem a well-formed file states."""
    everyone = tuple(party.id for party in shape.parties)
    return Problem(
        name=shape.name,
        parties=tuple(_party(party) for party in shape.parties),
        events=tuple(_event(event, everyone) for event in shape.events),
        sets=tuple(_entry(entry, everyone) for entry in shape.sets),
        resources=tuple(Resource(r.id, r.capacity, timedelta(minutes=r.gap_minutes)) for r in shape.resources),
        availability=shape.availability,
        costs=shape.costs,
        gap=timedelta(minutes=shape.gap_minutes),
        apart=tuple(shape.apart),
        previous_encounters=tuple(shape.previous_encounters),
        locks=tuple(_lock(lock) for lock in shape.locks),
        previous=None if shape.previous is None else _previous(shape.previous),
        weights=Weights(**shape.weights.model_dump(exclude_unset=True)),
    )


def plan_of(shape: shapes.PlanShape) -> Plan:
    """The plan a well-formed file states."""
    stated = shape.terms.model_dump(exclude_unset=True)
    return Plan(
        status=shape.status,
        seconds=shape.seconds,
        objective=shape.objective,
        bound=shape.bound,
        terms={term: stated[term] for term in TERMS if term in stated},
        assignments=_assignments(shape.assignments),
        sets=_planned_sets(shape.sets),
        unplaced=tuple(Unplaced(u.event, u.party, tuple(u.reasons)) for u in shape.unplaced),
        conflict=tuple(shape.conflict),
    )


def _party(shape: shapes.PartyShape) -> Party:
    return Party(shape.id, shape.id if shape.trust is None else shape.trust, tuple(shape.people), shape.attributes)


def _event(shape: shapes.EventShape, everyone: tuple[str, ...]) -> Event:
    return Event(
        id=shape.id,
        kind=shape.kind,
        audience=everyone if shape.audience is None else tuple(shape.audience),
        sessions=tuple(
            Session(s.id, s.start, s.end, s.min_seats, s.max_seats, s.open_cost, s.uses) for s in shape.sessions
        ),
        open_min=shape.open.min or 0,
        open_max=shape.open.max,
        after=tuple(dict.fromkeys(shape.after)),
        mix=_mix(shape.mix),
        encounters=shape.encounters,
    )


def _entry(shape: shapes.SetsShape, everyone: tuple[str, ...]) -> SetsEntry:
    return SetsEntry(
        id=shape.id,
        audience=everyone if shape.audience is None else tuple(shape.audience),
        rounds=tuple(
            Round(r.id, tuple(Slot(s.id, s.start, s.end, s.max_sets, s.uses) for s in r.slots)) for r in shape.rounds
        ),
        size_min=1 if shape.size.min is None else shape.size.min,
        size_max=shape.size.max,
        count_min=shape.count.min or 0,
        count_max=shape.count.max,
        mix=_mix(shape.mix),
        encounters=shape.encounters,
        facilitators=tuple(Facilitator(f.id, f.max_sets, frozenset(f.unavailable)) for f in shape.facilitators),
    )


def _mix(listed: Iterable[shapes.MixShape]) -> tuple[MixRule, ...]:
    return tuple(MixRule(m.attribute, m.max_share, m.max_count, m.min_distinct) for m in listed)


def _lock(shape: shapes.LockShape) -> Lock:
    match shape:
        case shapes.AttendanceLockShape():
            return AttendanceLock(shape.party, shape.session, shape.never)
        case shapes.RunningLockShape():
            return RunningLock(shape.session, shape.runs)
        case shapes.SetLockShape():
            return SetLock(shape.set, tuple(shape.parties), shape.facilitator)


def _previous(shape: shapes.PreviousShape) -> Previous:
    return Previous(_assignments(shape.assignments), _planned_sets(shape.sets))


def _assignments(listed: Sequence[shapes.AssignmentShape]) -> tuple[Assignment, ...]:
    return tuple(Assignment(a.event, a.party, a.session) for a in listed)


def _planned_sets(listed: Sequence[shapes.PlannedSetShape]) -> tuple[PlannedSet, ...]:
    return tuple(
        PlannedSet(
            p.set, p.number, tuple(p.parties), p.facilitator, tuple(Meeting(m.round, m.slot) for m in p.meetings)
        )
        for p in listed
    )
