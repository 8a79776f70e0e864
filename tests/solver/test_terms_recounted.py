"""The terms of the objective against the definitions of the format, counted the long way from the files themselves."""

from __future__ import annotations

from itertools import combinations
from math import ceil

import pytest
from hypothesis import given

from solver import check, recount
from solver.reading.limits import largest_terms
from tests.solver.builders import Data, changed, read, settled, small_plan, small_problem
from tests.solver.examples import examples
from tests.solver.programmes import Programme, programmes


def answers_if_need_be(made: Programme) -> list[str]:
    """The party of each attendance on an if-need-be."""
    answers = made.problem["availability"]
    return [party for party, sitting, _ in made.attended() if answers[party].get(sitting) == "if-need-be"]


def times_together(made: Programme, one: str, other: str) -> int:
    """In how many sessions with encounters and sets two Trusts are together."""
    return sum(
        {one, other} <= {made.party(party)["trust"] for party in parties}
        for group, parties in made.groups()
        if group["encounters"]
    )


def by_definition(made: Programme) -> dict[str, int]:
    """Every term but ``change``, as the table of the format words it."""
    likely = answers_if_need_be(made)
    trusts = {party["trust"] for party in made.problem["parties"]}
    before = made.problem.get("previous_encounters", [])
    repeats = 0
    for one, other in combinations(sorted(trusts), 2):
        previous = sum(times for *pair, times in before if sorted(pair) == [one, other])
        repeats += max(0, times_together(made, one, other) + previous - 1)
    imbalance = 0
    for group, parties in made.groups():
        for rule in group.get("mix", []):
            assert rule["attribute"] == "region"
            audience = [made.region(party) for party in group["audience"]]
            here = [made.region(party) for party in parties]
            for value in set(here):
                even = ceil(len(here) * audience.count(value) / len(audience) - 1e-9)
                imbalance += max(0, here.count(value) - even)
    sessions = [session for event in made.problem["events"] for session in event["sessions"]]
    return {
        "unplaced": len(made.plan["unplaced"]),
        "open_cost": sum(s["open_cost"] for s in sessions if made.present(s["id"])),
        "costs": sum(made.problem["costs"].get(party, {}).get(s, 0) for party, s, _ in made.attended()),
        "if_need_be": len(likely),
        "burden": sum(max(0, likely.count(party) - 1) for party in set(likely)),
        "repeat_encounter": repeats,
        "mix_imbalance": imbalance,
    }


@examples(40)
@given(programmes())
def test_the_recount_is_what_the_definitions_give(made: Programme):
    problem = read(made.problem)

    terms = recount(problem, settled(problem, made.plan))

    assert {term: count for term, count in terms.items() if term != "change"} == by_definition(made)


@examples(40)
@given(programmes())
def test_a_planted_plan_breaks_no_rule(made: Programme):
    problem = read(made.problem)

    assert check(problem, settled(problem, made.plan)) == []


@examples(40)
@given(programmes())
def test_a_plan_differs_in_nothing_from_itself(made: Programme):
    problem = read(made.problem | {"previous": {key: made.plan[key] for key in ("assignments", "sets")}})

    assert recount(problem, settled(problem, made.plan))["change"] == 0


@examples(40)
@given(programmes())
def test_to_take_everybody_away_changes_all_that_was(made: Programme):
    problem = read(made.problem | {"previous": {key: made.plan[key] for key in ("assignments", "sets")}})
    nobody = made.plan | {"assignments": [], "sets": []}

    led = "facilitator" in (made.plan["sets"] or [{}])[0]
    in_sets = sum(len(p["parties"]) * (1 + led + len(p["meetings"])) for p in made.plan["sets"])
    assert recount(problem, settled(problem, nobody))["change"] == len(made.plan["assignments"]) + in_sets


PREVIOUS: dict[str, tuple[Data, int]] = {
    "the same session": ({"assignments": [{"event": "W1", "party": "A", "session": "W1-a"}]}, 0),
    "another session": ({"assignments": [{"event": "W1", "party": "A", "session": "W1-b"}]}, 1),
    "a session that is gone": ({"assignments": [{"event": "W1", "party": "A", "session": "gone"}]}, 0),
    "a party that is gone": ({"assignments": [{"event": "W1", "party": "gone", "session": "W1-a"}]}, 0),
    "an event that is gone": ({"assignments": [{"event": "gone", "party": "A", "session": "W1-a"}]}, 0),
    "another set number": ({"sets": [{"set": "ALS", "number": 2, "parties": ["A"], "meetings": []}]}, 1),
    "the same set number": ({"sets": [{"set": "ALS", "number": 4, "parties": ["A"], "meetings": []}]}, 0),
    "another facilitator": (
        {"sets": [{"set": "ALS", "number": 4, "parties": ["A", "B"], "facilitator": "F2", "meetings": []}]},
        2,
    ),
    "a facilitator that is gone": (
        {"sets": [{"set": "ALS", "number": 4, "parties": ["A", "B"], "facilitator": "gone", "meetings": []}]},
        0,
    ),
    "another slot": (
        {"sets": [{"set": "ALS", "number": 4, "parties": ["A"], "meetings": [{"round": "R1", "slot": "R1-b"}]}]},
        1,
    ),
    "a slot that is gone": (
        {"sets": [{"set": "ALS", "number": 4, "parties": ["A"], "meetings": [{"round": "R1", "slot": "gone"}]}]},
        0,
    ),
    "a round that is gone": (
        {"sets": [{"set": "ALS", "number": 4, "parties": ["A"], "meetings": [{"round": "gone", "slot": "R1-b"}]}]},
        0,
    ),
    "an entry that is gone": ({"sets": [{"set": "gone", "number": 2, "parties": ["A"], "meetings": []}]}, 0),
}


@pytest.mark.parametrize(("previous", "count"), PREVIOUS.values(), ids=PREVIOUS)
def test_a_change_is_counted_once_for_each_thing_that_differs(previous: Data, count: int):
    problem = read(small_problem() | {"previous": previous})

    assert recount(problem, settled(problem, small_plan()))["change"] == count


def test_a_party_no_longer_in_the_audience_is_no_change():
    data = changed(small_problem(), lambda p: p["events"][1].update(audience=["B", "C", "D"]))
    problem = read(data | {"locks": []})

    assert recount(problem, settled(problem, small_plan()))["change"] == 0


def test_previous_encounters_of_the_same_two_are_summed_in_either_order():
    problem = read(small_problem() | {"previous_encounters": [["C", "D", 1], ["D", "C", 2]], "apart": []})

    # C and D are together twice now and met three times before; A and B twice now.
    assert recount(problem, settled(problem, small_plan()))["repeat_encounter"] == (2 + 3 - 1) + (2 - 1)


@examples(40)
@given(programmes())
def test_no_plan_counts_more_than_the_largest_count_that_was_reckoned_with(made: Programme):
    problem = read(made.problem)
    largest = largest_terms(problem)

    terms = recount(problem, settled(problem, made.plan))

    assert largest.keys() == terms.keys()
    assert all(terms[term] <= largest[term] for term in terms)
