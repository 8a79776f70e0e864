"""A plan with one thing somewhere else, before it is counted again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from scheduler.models import BoardMove
from solver import plan as solver_plan
from solver.problem import Assignment, Meeting, PlannedSet, Problem

UNPLACED = "unplaced"
BY_HAND = ("Taken out by hand.",)


def placed(
    made: solver_plan.Plan,
    problem: Problem,
    event: str,
    party: str,
    place: str,
    *,
    is_set: bool,
    why: Sequence[str] = BY_HAND,
) -> solver_plan.Plan:
    """A plan with one party somewhere else, not counted again."""
    assignments = [a for a in made.assignments if (a.event, a.party) != (event, party)]
    sets = [_without(planned, party) if planned.set == event else planned for planned in made.sets]
    unplaced = [u for u in made.unplaced if (u.event, u.party) != (event, party)]
    if place == UNPLACED:
        unplaced.append(solver_plan.Unplaced(event, party, tuple(why)))
    elif is_set:
        sets = [_with(problem, s, party) if (s.set, str(s.number)) == (event, place) else s for s in sets]
    else:
        assignments.append(Assignment(event, party, place))
    return replace(
        made,
        assignments=tuple(_in_order(problem, assignments)),
        sets=tuple(s for s in sets if s.parties),
        unplaced=tuple(unplaced),
    )


def _with(problem: Problem, planned: PlannedSet, party: str) -> PlannedSet:
    """A set with one party more, in the order of the audience, as the solver writes it."""
    audience = next(entry.audience for entry in problem.sets if entry.id == planned.set)
    return replace(planned, parties=tuple(p for p in audience if p == party or p in planned.parties))


def _without(planned: PlannedSet, party: str) -> PlannedSet:
    return replace(planned, parties=tuple(other for other in planned.parties if other != party))


def _in_order(problem: Problem, assignments: Iterable[Assignment]) -> Iterator[Assignment]:
    """As the solver writes them: by event, then by party, in the order of the problem."""
    order = {(e.id, party): at for e in problem.events for at, party in enumerate(e.audience)}
    events = {event.id: at for at, event in enumerate(problem.events)}
    yield from sorted(assignments, key=lambda a: (events[a.event], order[a.event, a.party]))


def swapped(made: solver_plan.Plan, problem: Problem, event: str, one: str, other: str) -> solver_plan.Plan:
    """A plan in which two parties have changed places between two sets of an entry."""
    sets = []
    for planned in made.sets:
        here = planned
        for leaves, comes in ((one, other), (other, one)):
            if planned.set == event and leaves in planned.parties:
                here = _with(problem, _without(planned, leaves), comes)
        sets.append(here)
    return replace(made, sets=tuple(sets))


def as_json(planned: PlannedSet) -> dict[str, Any]:
    """A set but for its members, as a move that empties it keeps it."""
    meetings = [[meeting.round, meeting.slot] for meeting in planned.meetings]
    return {
        "set": planned.set, "number": planned.number, "facilitator": planned.facilitator, "meetings": meetings,
    }  # fmt: skip


def gone_set(move: BoardMove) -> PlannedSet | None:
    """The set that a move emptied, without anybody in it."""
    if move.gone is None:
        return None
    meetings = tuple(Meeting(round_id, slot) for round_id, slot in move.gone["meetings"])
    return PlannedSet(move.gone["set"], move.gone["number"], (), move.gone["facilitator"], meetings)
