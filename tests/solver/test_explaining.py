"""Why there is no plan, and why a party has no place."""

from dataclasses import replace

from hypothesis import given, settings

from solver.clock import Run
from solver.conflicts import find_conflict
from solver.search import solve
from tests.solver.builders import read, sitting
from tests.solver.exhaustive import cheapest
from tests.solver.test_model_rules import learning, must, never, programme, workshop
from tests.solver.tiny import tiny_problems

ONE, TWO, SLOT = sitting("W-1", 1), sitting("W-2", 2), sitting("R-1", 11)


def reasons(data, party):
    plan = solve(read(data), seconds=20, threads=1)
    return [reason for lost in plan.unplaced if lost.party == party for reason in lost.reasons]


@settings(max_examples=120)
@given(problem=tiny_problems())
def test_there_is_a_conflict_exactly_where_there_is_no_plan(problem):
    found = find_conflict(problem, Run(60), seed=0)

    assert isinstance(found, tuple) == (cheapest(problem) is None)


@settings(max_examples=60)
@given(problem=tiny_problems())
def test_of_locks_in_a_conflict_none_can_be_spared(problem):
    found = find_conflict(problem, Run(60), seed=0)
    if not isinstance(found, tuple):
        return

    for lock in problem.locks:
        without = replace(problem, locks=tuple(other for other in problem.locks if other is not lock))
        fewer = find_conflict(without, Run(60), seed=0)
        if isinstance(fewer, tuple) and set(fewer) < set(found):
            raise AssertionError((found, fewer))


def test_a_conflict_holds_nothing_that_could_be_spared():
    data = programme(
        events=[workshop(ONE | {"max_seats": 4, "min_seats": 2}, TWO)],
        locks=[must("A", "W-1"), must("B", "W-1"), must("C", "W-1"), never("D", "W-2")],
    )

    plan = solve(read(data), seconds=20, threads=1)

    assert set(plan.conflict) == {
        "W-1 has seats for 4",
        "A is locked to W-1",
        "B is locked to W-1",
        "C is locked to W-1",
    }


def test_a_lock_on_a_no_says_so():
    data = programme(events=[workshop(ONE)], locks=[must("A", "W-1")])
    data["availability"]["A"] = {}

    plan = solve(read(data), seconds=20, threads=1)

    assert plan.conflict == ("A is locked to W-1, but said no to it",)


def test_who_said_no_to_everything_is_told_so():
    data = programme(events=[workshop(ONE, TWO)])
    data["availability"]["A"] = {}

    assert reasons(data, "A") == ["A said no to every session of W"]


def test_who_said_no_to_the_only_date_that_runs_is_told_so():
    data = programme(events=[workshop(ONE, TWO, open={"max": 1})])
    data["availability"] = {"A": {"W-2": "yes"}} | {name: {"W-1": "yes"} for name in "BCD"}

    assert reasons(data, "A") == ["W runs no more than 1 of its sessions, and A said no to W-1"]


def test_whose_seats_are_taken_is_told_so():
    data = programme(events=[workshop(ONE | {"max_seats": 6})], locks=[must(p, "W-1") for p in "BCD"])

    assert reasons(data, "A") == ['W-1: "W-1" has 8 seats taken, more than 6']


def test_whom_the_mix_keeps_out_is_told_so():
    data = programme(events=[workshop(ONE, mix=[{"attribute": "region", "max_count": 1}])], locks=[must("B", "W-1")])

    assert reasons(data, "A") == ['W-1: "W-1" has 2 of 3 parties with "region" "London", more than 1']


def test_whom_a_clash_keeps_out_is_told_so():
    data = programme(events=[workshop(ONE), {"id": "V", "sessions": [sitting("V-1", 1)]}], locks=[must("A", "V-1")])

    assert reasons(data, "A")[0].startswith('W-1: "A-D" is in ')


def test_who_said_no_to_a_round_is_told_so():
    data = programme(sets=[learning(SLOT)])
    data["availability"]["A"] = {}

    assert reasons(data, "A") == ["A said no to every slot of R"]


def test_sizes_that_cannot_divide_are_told():
    data = programme(sets=[learning(SLOT, size={"min": 3, "max": 3})])

    plan = solve(read(data), seconds=20, threads=1)

    assert "4 parties cannot be divided into sets of 3 to 3" in plan.unplaced[0].reasons


def test_a_place_that_costs_more_than_none_is_told():
    data = programme(events=[workshop(ONE | {"open_cost": 50})], weights={"unplaced": 1})

    assert reasons(data, "A") == ["W-1: a place there would cost more than leaving A out"]
