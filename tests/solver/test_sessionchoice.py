"""The sessions that a first plan begins with: few, cheap, and with a seat for everybody who can come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.instances.generator import Shape, make
from solver import check
from solver.clock import Run
from solver.construction import construct, free_sittings_of
from solver.drafting import Draft
from solver.keeping import counted
from solver.parts import with_these_running
from solver.problem import RunningLock
from solver.sessionchoice import sessions_worth_running
from solver.tables import Tables
from tests.solver.builders import read

SHAPE = Shape(40, workshops=1, sittings=3, rounds=2, slots=4)


@pytest.fixture(scope="module", params=range(4))
def problem(request):
    """Forty pairs with a workshop of four sittings, three of which have room for all."""
    return read(make(SHAPE, request.param))


def workshop_of(problem):
    return next(event for event in problem.events if event.encounters)


def choice_for(problem, number):
    event = workshop_of(problem)
    free = free_sittings_of(problem, event, Draft((), ()))
    return sessions_worth_running(Tables(problem), event, free, number, lambda: None)


def test_sessions_chosen_seat_everybody_who_can_come(problem):
    event = workshop_of(problem)

    choice = choice_for(problem, 1)

    seats = {session.id: session.max_seats or 10**6 for session in event.sessions}
    can = [p for p in event.audience if any(problem.answer(p, s.id) != "no" for s in event.sessions)]
    assert choice.coming == len(can)
    assert sum(seats[name] for name in choice.order[: choice.number]) >= 2 * len(can)


def test_sessions_cheaper_for_everybody_come_first(problem):
    event = workshop_of(problem)
    dear = event.sessions[0].id
    costs = {party: {**problem.costs.get(party, {}), dear: 10_000} for party in event.audience}

    choice = choice_for(replace(problem, costs=costs), 3)

    assert dear not in choice.order[: choice.number]


def test_first_plan_leaves_out_only_who_can_come_to_nothing_beside_the_rest(problem):
    event = workshop_of(problem)

    made = construct(problem, Run(300), seed=1)

    assert check(problem, counted(problem, made)) == []
    elsewhere = Draft(tuple(a for a in made.assignments if a.event != event.id), made.sets)
    free = free_sittings_of(problem, event, elsewhere)
    placed = {a.party for a in made.assignments if a.event == event.id}
    assert [party for party in event.audience if free[party] and party not in placed] == []


def test_session_that_a_lock_wants_stays_open():
    problem = read(make(SHAPE, 0))
    event = workshop_of(problem)
    one, *_, wanted = [session.id for session in event.sessions]
    locked = replace(problem, locks=(RunningLock(wanted, runs=True),))

    locks = with_these_running(locked, event, frozenset({one})).locks

    assert {lock.session for lock in locks if lock.runs} == {one, wanted}
    assert {lock.session for lock in locks if not lock.runs} == {s.id for s in event.sessions} - {one, wanted}
