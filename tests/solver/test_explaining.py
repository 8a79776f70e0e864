"""Why there is no plan, and why a party has no place."""

from hypothesis import given

from solver.search import solve
from tests.solver.builders import read, sitting
from tests.solver.examples import examples
from tests.solver.exhaustive import allowed, candidates
from tests.solver.test_model_rules import learning, must, never, programme, workshop
from tests.solver.tiny import tiny_problems
from tests.solver.truths import is_true

ONE, TWO, SLOT = sitting("W-1", 1), sitting("W-2", 2), sitting("R-1", 11)


def reasons(data, party):
    plan = solve(read(data), seconds=20, threads=1)
    return [reason for lost in plan.unplaced if lost.party == party for reason in lost.reasons]


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

    assert reasons(data, "A") == [
        "W runs no more than 1 of its sessions, and A said no to W-1",
        "Whichever run, at least 1 party of W cannot come",
    ]


def test_whose_seats_are_taken_is_told_so():
    data = programme(events=[workshop(ONE | {"max_seats": 6})], locks=[must(p, "W-1") for p in "BCD"])

    assert reasons(data, "A") == [
        "W-1 has seats for 6, and 8 people can come to no other of W",
        "W-1: full, with 6 of 6 seats taken",
    ]


def test_whom_the_mix_keeps_out_is_told_so():
    data = programme(events=[workshop(ONE, mix=[{"attribute": "region", "max_count": 1}])], locks=[must("B", "W-1")])

    assert reasons(data, "A") == ['W-1: there would be 2 of 3 parties with "region" "London", more than 1']


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

    assert "4 parties cannot be split into sets of 3" in plan.unplaced[0].reasons


def test_a_place_that_costs_more_than_none_is_told_with_its_price():
    data = programme(events=[workshop(ONE | {"open_cost": 50})], weights={"unplaced": 1})

    assert reasons(data, "A") == ["W-1: a place there would cost 49 more than leaving A out"]


def test_who_is_locked_out_is_told_so():
    data = programme(events=[workshop(ONE)], locks=[never("A", "W-1")])

    assert reasons(data, "A") == ['W-1: "A" is locked out of "W-1"']


def test_too_few_facilitators_for_all_are_told():
    data = programme(sets=[learning(SLOT, size={"max": 2}, facilitators=[{"id": "F", "max_sets": 1}])])

    plan = solve(read(data), seconds=20, threads=1)

    sentence = "4 parties cannot be split into sets of 1 to 2, of which facilitators lead 1 at most"
    assert all(sentence in lost.reasons for lost in plan.unplaced)
    assert len(plan.unplaced) == 2


TWO_SESSIONS = "W-1 and W-2 have seats for 6, and 8 people can come to no other of W"


def test_seats_that_are_short_together_are_told():
    data = programme(events=[workshop(ONE | {"max_seats": 2}, TWO | {"max_seats": 4}, sitting("W-3", 3))])
    data["availability"] = {name: {"W-1": "yes", "W-2": "yes"} for name in "ABCD"}

    plan = solve(read(data), seconds=20, threads=1)

    assert [lost.reasons[0] for lost in plan.unplaced] == [TWO_SESSIONS]


class TestEveryReasonIsTrue:
    @examples(60)
    @given(problem=tiny_problems())
    def test_of_every_plan_there_is(self, problem):
        plan = solve(problem, seconds=30, threads=1)
        if plan.objective is None:
            return
        every = [candidate for candidate in candidates(problem) if allowed(problem, candidate)]

        for lost in plan.unplaced:
            assert lost.reasons
            for reason in lost.reasons:
                assert is_true(problem, plan, lost, reason, every), reason
