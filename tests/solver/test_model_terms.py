"""Each term alone: the solver pays what the format says, and pays as little as it can."""

import pytest

from solver.search import solve
from tests.solver.builders import Data, day, party, read, sitting
from tests.solver.test_model_rules import OTHER, SLOT, learning, must, programme, workshop

ONE, TWO = sitting("W-1", 1), sitting("W-2", 2)
WEIGHTS = ("unplaced", "open_cost", "costs", "if_need_be", "burden", "repeat_encounter", "mix_imbalance", "change")


def only(term: str, **weights: int) -> dict[str, int]:
    """Weights under which this term alone counts, and leaving out is dear."""
    return dict.fromkeys(WEIGHTS, 0) | {"unplaced": 1000, term: 1} | weights


def terms_of(data: Data) -> dict[str, int]:
    plan = solve(read(data), seconds=30, threads=1)
    assert plan.status == "optimal"
    return dict(plan.terms)


def answered(data: Data, answers: dict[str, dict[str, str]]) -> Data:
    return data | {"availability": {p: data["availability"].get(p, {}) | a for p, a in answers.items()}}


def test_leaves_out_no_more_than_it_must():
    data = programme(events=[workshop(ONE | {"max_seats": 6})], weights=only("unplaced"))

    assert terms_of(data)["unplaced"] == 1


def test_opens_the_cheapest_sessions_that_are_enough():
    sessions = [
        ONE | {"max_seats": 4, "open_cost": 7},
        TWO | {"max_seats": 4, "open_cost": 5},
        sitting("W-3", 3, max_seats=4, open_cost=1),
    ]
    data = programme(events=[workshop(*sessions)], weights=only("open_cost"))

    assert terms_of(data)["open_cost"] == 6


def test_counts_the_cost_of_sessions_and_of_meetings():
    costs = {"A": {"W-1": 3, "W-2": 2, "R-1": 4}}
    data = programme(events=[workshop(ONE, TWO)], sets=[learning(SLOT)], costs=costs, weights=only("costs"))

    assert terms_of(data)["costs"] == 6


def test_counts_an_if_need_be_and_avoids_it_where_it_can():
    data = programme(events=[workshop(ONE, TWO)], weights=only("if_need_be"))
    data = answered(data, {"A": {"W-1": "if-need-be"}, "B": {"W-1": "if-need-be", "W-2": "if-need-be"}})

    assert terms_of(data)["if_need_be"] == 1


def test_counts_each_if_need_be_of_a_party_beyond_the_first_as_burden():
    data = programme(events=[workshop(ONE)], sets=[learning(SLOT)], weights=only("burden"))
    data = answered(data, {"A": {"W-1": "if-need-be", "R-1": "if-need-be"}, "B": {"W-1": "if-need-be"}})

    assert terms_of(data)["burden"] == 1


@pytest.mark.parametrize(("before", "repeats"), [(0, 0), (1, 1), (3, 3)])
def test_counts_encounters_beyond_the_first_with_those_of_before(before, repeats):
    data = programme(
        events=[workshop(ONE, encounters=True, audience=["A", "B"])],
        previous_encounters=[["A", "B", before]],
        weights=only("repeat_encounter"),
    )

    assert terms_of(data)["repeat_encounter"] == repeats


def test_parties_of_a_workshop_meet_others_in_their_sets():
    data = programme(
        events=[workshop(ONE | {"max_seats": 4}, TWO | {"max_seats": 4}, encounters=True)],
        sets=[learning(SLOT, OTHER, size={"min": 2, "max": 2}, encounters=True)],
        weights=only("repeat_encounter"),
    )

    assert terms_of(data)["repeat_encounter"] == 0


def test_two_parties_of_one_trust_are_one_in_encounters():
    data = programme(events=[workshop(ONE, encounters=True)], weights=only("repeat_encounter"))
    data["parties"] = [party("A", trust="T"), party("B", trust="T"), party("C", trust="U"), party("D", trust="V")]
    data["previous_encounters"] = [["T", "U", 1]]

    assert terms_of(data)["repeat_encounter"] == 1


def test_spreads_the_values_of_an_attribute_evenly():
    mix = [{"attribute": "region"}]
    data = programme(
        events=[workshop(ONE | {"max_seats": 4}, TWO | {"max_seats": 4}, mix=mix)],
        weights=only("mix_imbalance"),
        locks=[must("A", "W-1")],
    )

    assert terms_of(data)["mix_imbalance"] == 0


def test_counts_who_is_beyond_an_even_spread():
    mix = [{"attribute": "region"}]
    data = programme(
        events=[workshop(ONE | {"max_seats": 4}, TWO | {"max_seats": 4}, mix=mix)],
        weights=only("mix_imbalance"),
        locks=[must("A", "W-1"), must("B", "W-1")],
    )

    assert terms_of(data)["mix_imbalance"] == 2


def test_counts_what_differs_from_an_earlier_plan():
    previous = {
        "assignments": [
            {"event": "W", "party": "A", "session": "W-1"},
            {"event": "W", "party": "B", "session": "W-2"},
            {"event": "W", "party": "gone", "session": "W-2"},
        ],
        "sets": [
            {
                "set": "S",
                "number": 7,
                "parties": ["A", "B"],
                "facilitator": "F",
                "meetings": [{"round": "R", "slot": "R-1"}],
            }
        ],
    }
    data = programme(
        events=[workshop(ONE, TWO)],
        sets=[learning(SLOT, OTHER, facilitators=[{"id": "F", "unavailable": ["R-1"]}, {"id": "G"}])],
        previous=previous,
        weights=only("change"),
        locks=[must("A", "W-2")],
    )

    terms = terms_of(data)

    # A's session; and either the facilitator or the slot of the set of A and B.
    assert terms["change"] == 3


def test_keeps_the_number_of_an_earlier_set():
    previous = {
        "assignments": [],
        "sets": [{"set": "S", "number": 7, "parties": ["A", "B"], "meetings": [{"round": "R", "slot": "R-1"}]}],
    }
    data = programme(sets=[learning(SLOT, size={"min": 2, "max": 2})], previous=previous, weights=only("change"))

    plan = solve(read(data), seconds=30, threads=1)

    assert plan.objective == 0
    assert [(planned.number, planned.parties) for planned in plan.sets if "A" in planned.parties] == [(7, ("A", "B"))]


def test_a_weight_of_nought_turns_a_term_off():
    data = programme(events=[workshop(ONE | {"open_cost": 9, "start": day(1, 9)})], weights=dict.fromkeys(WEIGHTS, 0))

    plan = solve(read(data), seconds=30, threads=1)

    assert (plan.objective, plan.bound) == (0, 0)
