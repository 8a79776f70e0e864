"""The recount: what is no violation though it is near one, and what a plan says about itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solver import Plan, Problem, check
from solver.check import unknown_names
from tests.solver.builders import Data, changed, day, party, read, settled, sitting, small_plan, small_problem
from tests.solver.changes import Change, relaxed, session, unplace, violations

KEPT: dict[str, Change] = {}


def kept(change: Change) -> Change:
    """A change after which every rule still holds."""
    KEPT[change.__name__] = change
    return change


def test_a_plan_that_keeps_every_rule_has_no_violation():
    assert violations(lambda problem, plan: None) == []


@kept
def a_party_unplaced_and_listed_so(problem: Data, plan: Data) -> None:
    relaxed(problem)
    unplace(plan, "D")


@kept
def as_many_sessions_as_may_run(problem: Data, plan: Data) -> None:
    problem["events"][1]["open"] = {"min": 2, "max": 2}


@kept
def seats_taken_to_the_last_one(problem: Data, plan: Data) -> None:
    session(problem, "W1-a").update(min_seats=4, max_seats=4)


@kept
def a_share_exactly_reached(problem: Data, plan: Data) -> None:
    problem["events"][1]["mix"][0]["max_share"] = 0.5


@kept
def a_number_of_values_exactly_reached(problem: Data, plan: Data) -> None:
    problem["events"][1]["mix"][0]["min_distinct"] = 2


@kept
def an_end_that_just_meets_the_gap(problem: Data, plan: Data) -> None:
    session(problem, "N1-a")["end"] = day(5, 8)


@kept
def the_same_date_for_what_nobody_attends_both_of(problem: Data, plan: Data) -> None:
    relaxed(problem)
    session(problem, "W1-b").update(start=day(5, 9), end=day(5, 12))


@kept
def an_event_that_starts_as_another_ends(problem: Data, plan: Data) -> None:
    session(problem, "N1-a")["end"] = day(5, 9)
    del problem["gap_minutes"]


@kept
def a_person_of_two_parties_in_one_session(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["parties"][1]["people"] = ["A-D"]


@kept
def a_person_of_two_parties_in_one_set(problem: Data, plan: Data) -> None:
    problem["parties"][1]["people"] = ["A-D", "B-M"]
    problem["events"][1]["sessions"][0]["min_seats"] = 0


@kept
def a_resource_free_again_as_its_turnaround_ends(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["resources"][0].update(capacity=1, gap_minutes=21 * 60)
    session(problem, "W1-b")["uses"] = {"team": 1}


@kept
def sets_numbered_with_gaps(problem: Data, plan: Data) -> None:
    plan["sets"][1]["number"] = 17


@kept
def parties_apart_in_a_session_without_encounters(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["apart"] = [["A", "B"]]
    problem["events"][1]["encounters"] = False
    problem["sets"][0]["encounters"] = False


@kept
def no_facilitator_where_none_is_listed(problem: Data, plan: Data) -> None:
    del problem["sets"][0]["facilitators"]
    problem["locks"].pop()
    for planned in plan["sets"]:
        planned.pop("facilitator")


@kept
def nothing_asked_of_an_event_for_nobody(problem: Data, plan: Data) -> None:
    problem["events"].append({"id": "X", "audience": [], "open": {"min": 1}, "sessions": [sitting("X-a", 20)]})


@kept
def nothing_asked_of_sets_for_nobody(problem: Data, plan: Data) -> None:
    problem["sets"].append({"id": "X", "audience": [], "count": {"min": 1}, "rounds": []})


@kept
def a_lock_on_a_slot_that_is_used(problem: Data, plan: Data) -> None:
    problem["locks"].append({"party": "A", "session": "R1-a"})


@kept
def a_lock_on_a_session_that_does_not_run(problem: Data, plan: Data) -> None:
    problem["events"][1]["sessions"].append(sitting("W1-c", 7))
    problem["locks"].append({"session": "W1-c", "runs": False})


@pytest.mark.parametrize("change", KEPT.values(), ids=KEPT)
def test_this_is_no_violation(change: Change):
    assert violations(change) == []


def small() -> tuple[Problem, Plan]:
    """The small problem and its plan with right figures."""
    problem = read(small_problem())
    return problem, settled(problem, small_plan())


@pytest.mark.parametrize(
    ("figures", "places"),
    [
        ({"objective": 157}, ["objective"]),
        ({"objective": None}, ["objective"]),
        ({"terms": {}}, [f"terms.{term}" for term in small()[1].terms]),
        ({"terms": {**small()[1].terms, "change": 7}}, ["terms.change"]),
        ({"bound": 159}, ["bound"]),
        ({"bound": 157, "status": "optimal"}, ["status"]),
        ({"bound": 158, "status": "optimal"}, []),
        ({"bound": 158}, []),
        ({"conflict": ("x",)}, ["conflict"]),
        ({"status": "unknown"}, ["objective", "terms", "assignments", "sets"]),
    ],
)
def test_what_a_plan_says_about_itself_is_held_to_the_recount(figures: dict[str, Any], places: list[str]):
    problem, plan = small()

    assert [violation.place for violation in check(problem, replace(plan, **figures))] == places


def test_a_plan_that_says_there_is_none_says_nothing_else():
    problem, _ = small()

    assert check(problem, Plan("unknown", 1.0)) == []
    assert check(problem, Plan("infeasible", 1.0, conflict=("A is locked to two sessions at once",))) == []
    assert [violation.place for violation in check(problem, Plan("infeasible", 1.0))] == ["conflict"]
    assert [violation.place for violation in check(problem, Plan("unknown", 1.0, conflict=("x",)))] == ["conflict"]


def test_a_violation_says_what_is_wrong_in_one_printable_line():
    problem, _ = small()
    hostile = changed(small_plan(), lambda plan: plan["assignments"][0].update(party="\u202egone"))

    found = check(problem, settled(problem, hostile))

    assert str(found[0]) == r'assignments[0].party: "\u202egone" is not a party in the problem'


def test_a_plan_of_another_problem_is_known_by_its_names():
    problem, plan = small()
    other = read({"format": "convene-problem/1", "parties": [party(party_id) for party_id in "AXYZ"]})

    assert unknown_names(problem, plan) == []
    assert len(unknown_names(other, plan)) == 8 + 6 + 2
