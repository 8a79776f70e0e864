"""The recount: each rule of the format with a plan that keeps it and one that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solver import Plan, Problem, Violation, check
from solver.check import unknown_names
from tests.solver.builders import Data, changed, day, party, read, settled, sitting, small_plan, small_problem

Change = Callable[[Data, Data], object]


def violations(change: Change) -> list[Violation]:
    """What ``check`` finds after a change to the small problem and its plan; the figures are set right."""
    problem, plan = small_problem(), small_plan()
    change(problem, plan)
    stated = read(problem)
    return check(stated, settled(stated, plan))


def test_a_plan_that_keeps_every_rule_has_no_violation():
    assert violations(lambda problem, plan: None) == []


def session(problem: Data, session_id: str) -> Data:
    """One session of the data."""
    return next(s for event in problem["events"] for s in event["sessions"] if s["id"] == session_id)


def slot(problem: Data, slot_id: str) -> Data:
    """One slot of the data."""
    return next(s for r in problem["sets"][0]["rounds"] for s in r["slots"] if s["id"] == slot_id)


def move(plan: Data, party_id: str, to: str) -> None:
    """Give a party another session of W1."""
    assigned = next(a for a in plan["assignments"] if a["event"] == "W1" and a["party"] == party_id)
    assigned["session"] = to


def without(problem: Data, *names: str) -> None:
    """Leave rules out that would be broken as well."""
    for name in names:
        problem.pop(name, None)
        for group in (*problem["events"], *problem["sets"]):
            group.pop(name, None)


def unplace(plan: Data, party_id: str, *, listed: bool = True) -> None:
    """Take a party out of W1."""
    plan["assignments"] = [a for a in plan["assignments"] if (a["event"], a["party"]) != ("W1", party_id)]
    if listed:
        plan["unplaced"].append({"event": "W1", "party": party_id, "reasons": []})


def _in_order(*steps: Callable[[Data, Data], object]) -> Change:
    def change(problem: Data, plan: Data) -> None:
        for step in steps:
            step(problem, plan)

    return change


def relaxed(problem: Data, plan: Data) -> None:
    """The small problem with no rule on W1 but who is in its audience."""
    without(problem, "mix", "apart", "locks", "open", "after")
    for session_data in problem["events"][1]["sessions"]:
        session_data.pop("min_seats", None)
        session_data.pop("max_seats", None)


KEPT: dict[str, Change] = {
    "a party unplaced and listed so": _in_order(relaxed, lambda _, plan: unplace(plan, "D")),
    "as many sessions as may run": lambda problem, _: problem["events"][1].update(open={"min": 2, "max": 2}),
    "seats taken to the last one": lambda problem, _: session(problem, "W1-a").update(min_seats=4, max_seats=4),
    "a share exactly reached": lambda problem, _: problem["events"][1]["mix"][0].update(max_share=0.5),
    "a number of values exactly reached": lambda problem, _: problem["events"][1]["mix"][0].update(min_distinct=2),
    "an end that just meets the gap": lambda problem, _: session(problem, "N1-a").update(end=day(5, 8)),
    "the same date for what nobody attends both of": _in_order(
        relaxed, lambda problem, _: session(problem, "W1-b").update(start=day(5, 9), end=day(5, 12))
    ),
    "an event that starts as another ends": _in_order(
        lambda problem, _: session(problem, "N1-a").update(end=day(5, 9)), lambda problem, _: problem.pop("gap_minutes")
    ),
    "a person of two parties in one session": _in_order(
        relaxed, lambda problem, _: problem["parties"][1].update(people=["A-D"])
    ),
    "a person of two parties in one set": lambda problem, _: (
        problem["parties"][1].update(people=["A-D", "B-M"]) or problem["events"][1]["sessions"][0].update(min_seats=0)
    ),
    "a resource free again as its turnaround ends": _in_order(
        relaxed,
        lambda problem, _: problem["resources"][0].update(capacity=1, gap_minutes=21 * 60),
        lambda problem, _: session(problem, "W1-b").update(uses={"team": 1}),
    ),
    "sets numbered with gaps": lambda _, plan: plan["sets"][1].update(number=17),
    "parties apart in a session without encounters": _in_order(
        relaxed,
        lambda problem, _: problem.update(apart=[["A", "B"]]) or problem["events"][1].update(encounters=False),
        lambda problem, _: problem["sets"][0].update(encounters=False),
    ),
    "no facilitator where none is listed": _in_order(
        lambda problem, _: problem["sets"][0].pop("facilitators") and problem["locks"].pop(),
        lambda _, plan: [planned.pop("facilitator") for planned in plan["sets"]],
    ),
    "nothing asked of an event for nobody": _in_order(
        lambda problem, _: problem["events"].append(
            {"id": "X", "audience": [], "open": {"min": 1}, "sessions": [sitting("X-a", 20)]}
        ),
    ),
    "nothing asked of sets for nobody": lambda problem, _: problem["sets"].append(
        {"id": "X", "audience": [], "count": {"min": 1}, "rounds": []}
    ),
    "a lock on a slot that is used": lambda problem, _: problem["locks"].append({"party": "A", "session": "R1-a"}),
    "a lock on a session that does not run": _in_order(
        lambda problem, _: problem["events"][1]["sessions"].append(sitting("W1-c", 7)),
        lambda problem, _: problem["locks"].append({"session": "W1-c", "runs": False}),
    ),
}


@pytest.mark.parametrize("change", KEPT.values(), ids=KEPT)
def test_this_is_no_violation(change: Change):
    assert violations(change) == []


def _share_a_director(problem: Data, plan: Data) -> None:
    problem["parties"][2]["people"] = ["A-D", "C-M"]


BROKEN: dict[str, tuple[Change, list[str]]] = {
    # names
    "an unknown event": (
        lambda _, plan: plan["assignments"].append({"event": "X", "party": "A", "session": "W1-a"}),
        ["assignments[8].event"],
    ),
    "an unknown party": (
        lambda _, plan: plan["assignments"].append({"event": "W1", "party": "X", "session": "W1-a"}),
        ["assignments[8].party"],
    ),
    "a session of another event": (
        lambda _, plan: plan["assignments"][0].update(session="W1-a"),
        ["assignments[0].session", "unplaced"],
    ),
    "an unknown entry of sets": (
        lambda _, plan: plan["sets"].append({"set": "X", "number": 1, "parties": [], "meetings": []}),
        ["sets[2].set"],
    ),
    "an unknown facilitator": (
        lambda problem, plan: plan["sets"][1].update(facilitator="X"),
        ["sets[1].facilitator"],
    ),
    "a facilitator where none is listed": (
        lambda problem, plan: problem["sets"][0].pop("facilitators") and problem["locks"].pop(),
        ["sets[0].facilitator", "sets[1].facilitator"],
    ),
    "an unknown round": (
        lambda _, plan: plan["sets"][0]["meetings"].append({"round": "X", "slot": "R2-a"}),
        ["sets[0].meetings[2].round"],
    ),
    "a slot of another round": (
        lambda _, plan: plan["sets"][0]["meetings"][1].update(slot="R1-a"),
        ["sets[0].meetings[1].slot", "sets[0].meetings"],
    ),
    "an unknown party among the unplaced": (
        lambda _, plan: plan["unplaced"].append({"event": "W1", "party": "X"}),
        ["unplaced[0].party"],
    ),
    "an unknown event among the unplaced": (
        lambda _, plan: plan["unplaced"].append({"event": "X", "party": "A"}),
        ["unplaced[0].event"],
    ),
    # one place each
    "a party in two sessions of an event": (
        _in_order(
            relaxed, lambda _, plan: plan["assignments"].append({"event": "W1", "party": "A", "session": "W1-b"})
        ),
        ["assignments[8]"],
    ),
    "a party in the same session twice": (
        lambda _, plan: plan["assignments"].append({"event": "W1", "party": "A", "session": "W1-a"}),
        ["assignments[8]"],
    ),
    "a party outside the audience": (
        _in_order(relaxed, lambda problem, _: problem["events"][1].update(audience=["B", "C", "D"])),
        ["assignments[4]"],
    ),
    "a party in two sets": (
        _in_order(relaxed, lambda _, plan: plan["sets"][1]["parties"].append("A")),
        ["sets[1].parties[2]", "sets[1].meetings[1]", "sets[1].meetings[1]"],
    ),
    "a party in a set for others": (
        lambda problem, _: problem["sets"][0].update(audience=["A", "B", "C"]),
        ["sets[1].parties[1]"],
    ),
    "a party that is nowhere": (_in_order(relaxed, lambda _, plan: unplace(plan, "A", listed=False)), ["unplaced"]),
    "a party in no set that is not listed": (
        _in_order(relaxed, lambda problem, plan: plan["sets"][1]["parties"].pop() and problem["sets"][0].pop("size")),
        ["unplaced"],
    ),
    "a party listed though placed": (
        lambda _, plan: plan["unplaced"].append({"event": "W1", "party": "A"}),
        ["unplaced[0]"],
    ),
    "a party listed twice": (
        _in_order(
            relaxed, lambda _, plan: unplace(plan, "A"), lambda _, plan: plan["unplaced"].append(plan["unplaced"][0])
        ),
        ["unplaced[1]"],
    ),
    "a party listed for what it is not asked to": (
        _in_order(
            relaxed,
            lambda problem, _: problem["events"][1].update(audience=["B", "C", "D"]),
            lambda _, plan: unplace(plan, "A"),
        ),
        ["unplaced[0]"],
    ),
    "two sets with one number": (lambda _, plan: plan["sets"][1].update(number=4), ["sets[1].number"]),
    "a set numbered 0": (lambda _, plan: plan["sets"][1].update(number=0), ["sets[1].number"]),
    # sessions
    "too few sessions running": (
        lambda problem, _: problem["events"][1].update(open={"min": 3}),
        ["problem.events[1].open"],
    ),
    "too many sessions running": (
        lambda problem, _: problem["events"][1].update(open={"max": 1}),
        ["problem.events[1].open"],
    ),
    "no session running where one must": (
        _in_order(
            relaxed,
            lambda problem, plan: [unplace(plan, party_id) for party_id in "ABCD"],
            lambda problem, _: problem["events"][1].update(open={"min": 1}),
        ),
        ["problem.events[1].open"],
    ),
    "too few seats taken": (
        lambda problem, _: session(problem, "W1-a").update(min_seats=5, max_seats=9),
        ["problem.events[1].sessions[0].min_seats"],
    ),
    "too many seats taken": (
        lambda problem, _: session(problem, "W1-b").update(max_seats=3),
        ["problem.events[1].sessions[1].max_seats"],
    ),
    # mix
    "too large a share in a session": (
        lambda problem, _: problem["events"][1]["mix"][0].update(max_share=0.49),
        ["problem.events[1].mix[0].max_share"] * 4,
    ),
    "too many of one value in a session": (
        lambda problem, _: problem["events"][1]["mix"][0].update(max_count=0),
        ["problem.events[1].mix[0].max_count"] * 4,
    ),
    "too few values in a session": (
        lambda problem, _: problem["parties"][2].update(attributes={"region": "North West"}),
        ["problem.events[1].mix[0].max_share", "problem.events[1].mix[0].min_distinct"],
    ),
    "too many of one value in a set": (
        lambda problem, _: problem["sets"][0]["mix"][0].update(max_count=0),
        ["problem.sets[0].mix[0].max_count"] * 4,
    ),
    "too few values in a set, none counting as one": (
        lambda problem, _: (
            problem["sets"][0]["mix"].append({"attribute": "type", "min_distinct": 2})
            or problem["parties"][0]["attributes"].update(type="acute")
        ),
        ["problem.sets[0].mix[1].min_distinct"],
    ),
    "two kept apart in a session": (
        lambda problem, _: problem.update(apart=[["C", "D"]]) or problem["sets"][0].update(encounters=False),
        ["problem.apart[0]"],
    ),
    "two kept apart in a set": (
        lambda problem, _: problem.update(apart=[["C", "D"]]) or problem["events"][1].update(encounters=False),
        ["problem.apart[0]"],
    ),
    # sets
    "a set too small": (
        lambda problem, _: problem["sets"][0].update(size={"min": 3}),
        ["sets[0].parties", "sets[1].parties"],
    ),
    "a set too large": (
        lambda problem, _: problem["sets"][0].update(size={"min": 1, "max": 1}),
        ["sets[0].parties", "sets[1].parties"],
    ),
    "a set of nobody": (
        lambda problem, plan: (
            problem["sets"][0].update(size={"min": 0}, count={})
            or plan["sets"].append(
                plan["sets"][1] | {"parties": [], "number": 9, "meetings": plan["sets"][1]["meetings"]}
            )
        ),
        ["sets[2].parties", "sets[2].meetings[0]", "sets[2].meetings[1]"],
    ),
    "too few sets": (lambda problem, _: problem["sets"][0].update(count={"min": 3}), ["problem.sets[0].count"]),
    "too many sets": (lambda problem, _: problem["sets"][0].update(count={"max": 1}), ["problem.sets[0].count"]),
    "a round without a meeting": (lambda _, plan: plan["sets"][0]["meetings"].pop(), ["sets[0].meetings"]),
    "a round with two meetings": (
        lambda problem, plan: (
            problem["locks"].pop()
            and plan["sets"][1]["meetings"].append({"round": "R1", "slot": "R1-a"})
            or slot(problem, "R1-a").pop("max_sets")
        ),
        ["sets[1].meetings"],
    ),
    "too many sets in a slot": (
        lambda problem, _: slot(problem, "R2-a").update(max_sets=1),
        ["problem.sets[0].rounds[1].slots[0].max_sets"],
    ),
    # facilitators
    "a set without a facilitator": (lambda _, plan: plan["sets"][1].pop("facilitator"), ["sets[1].facilitator"]),
    "a facilitator with too many sets": (
        lambda problem, _: problem["sets"][0]["facilitators"][1].update(max_sets=0),
        ["problem.sets[0].facilitators[1].max_sets"],
    ),
    "a facilitator in a slot it is away from": (
        lambda problem, _: problem["sets"][0]["facilitators"][1].update(unavailable=["R1-b"]),
        ["sets[1].meetings[0]"],
    ),
    "a facilitator away in another entry": (
        lambda problem, _: problem["sets"].append(
            {"id": "X", "audience": [], "rounds": [], "facilitators": [{"id": "F2", "unavailable": ["R1-b"]}]}
        ),
        ["sets[1].meetings[0]"],
    ),
    "a facilitator in two sets that meet in one slot": (
        lambda problem, plan: (
            plan["sets"][0].update(facilitator="F2") or problem["locks"].pop() and slot(problem, "R2-a").pop("x", None)
        ),
        ["sets[1].meetings[1]"],
    ),
    "a facilitator in two meetings that clash": (
        lambda problem, plan: (
            plan["sets"][0].update(facilitator="F2")
            or problem["locks"].pop()
            and problem["sets"][0]["rounds"][1]["slots"].append(sitting("R2-b", 13))
            or plan["sets"][1]["meetings"][1].update(slot="R2-b")
            or [answers.update({"R2-b": "yes"}) for answers in problem["availability"].values()]
            and slot(problem, "R2-b").update(start=day(12, 12), end=day(12, 15))
        ),
        ["sets[1].meetings[1]"],
    ),
    # time
    "nobody asked": (lambda problem, _: problem["availability"]["A"].pop("W1-a"), ["assignments[4]"]),
    "a no to a session": (lambda problem, _: problem["availability"]["A"].update({"W1-a": "no"}), ["assignments[4]"]),
    "a no to a slot": (lambda problem, _: problem["availability"]["D"].update({"R2-a": "no"}), ["sets[1].meetings[1]"]),
    "an event before the one it comes after": (
        lambda problem, _: session(problem, "N1-a").update(start=day(5, 14), end=day(5, 18)),
        ["assignments[4]", "assignments[5]"],
    ),
    "two sessions at once": (
        lambda problem, _: (
            session(problem, "N1-a").update(start=day(5, 10), end=day(5, 11)) or without(problem, "after")
        ),
        ["assignments[0]", "assignments[0]", "assignments[1]", "assignments[1]"],
    ),
    "two sessions a minute too close": (
        lambda problem, _: session(problem, "N1-a").update(end="2027-01-05T08:01:00+00:00"),
        ["assignments[4]", "assignments[4]", "assignments[5]", "assignments[5]"],
    ),
    "a session within another, of other hours": (
        lambda problem, _: session(problem, "N1-a").update(end=day(7, 9)) or without(problem, "after"),
        [f"assignments[{n}]" for n in (4, 4, 5, 5, 6, 6, 7, 7)],
    ),
    "a session and a meeting at once": (
        lambda problem, _: session(problem, "W1-b").update(start=day(11, 11), end=day(11, 14)),
        ["assignments[6]", "assignments[6]", "assignments[7]", "assignments[7]"],
    ),
    "a person of two parties in two sessions at once": (
        _in_order(
            relaxed,
            _share_a_director,
            lambda problem, _: session(problem, "W1-b").update(start=day(5, 10), end=day(5, 11)),
            lambda problem, plan: problem.update(sets=[], previous={}) or plan.update(sets=[]),
            lambda problem, _: [
                answers.pop(name) for answers in problem["availability"].values() for name in ("R1-a", "R1-b", "R2-a")
            ],
        ),
        ["assignments[6]"],
    ),
    "a person of two parties in two sets in one slot": (
        _in_order(relaxed, _share_a_director),
        ["sets[1].meetings[1]"],
    ),
    "a resource used twice at once": (
        _in_order(
            relaxed,
            lambda problem, _: problem["resources"][0].update(capacity=1),
            lambda problem, _: session(problem, "W1-b").update(uses={"team": 1}, start=day(5, 11), end=day(5, 13)),
        ),
        ["problem.resources[0].capacity"],
    ),
    "a resource used before its turnaround is over": (
        _in_order(
            relaxed,
            lambda problem, _: problem["resources"][0].update(capacity=1, gap_minutes=21 * 60 + 1),
            lambda problem, _: session(problem, "W1-b").update(uses={"team": 1}),
        ),
        ["problem.resources[0].capacity"],
    ),
    "a resource used by each set in a slot": (
        lambda problem, _: slot(problem, "R2-a").update(uses={"team": 2}),
        ["problem.resources[0].capacity"],
    ),
    "a turnaround of four thousand years": (
        lambda problem, _: problem["resources"][0].update(capacity=1, gap_minutes=2**31 - 1),
        ["problem.resources[0].capacity"],
    ),
    # locks
    "a party not where it is fixed": (
        lambda problem, _: problem["locks"].append({"party": "B", "session": "W1-b"}),
        ["problem.locks[4]"],
    ),
    "a party where it must never be": (
        lambda problem, _: problem["locks"].append({"party": "A", "session": "W1-a", "never": True}),
        ["problem.locks[4]"],
    ),
    "a party in a slot where it must never be": (
        lambda problem, _: problem["locks"].append({"party": "A", "session": "R1-a", "never": True}),
        ["problem.locks[4]"],
    ),
    "a session that must not run": (
        lambda problem, _: problem["locks"].append({"session": "W1-a", "runs": False}),
        ["problem.locks[4]"],
    ),
    "a slot that must not be used": (
        lambda problem, _: problem["locks"].append({"session": "R1-a", "runs": False}),
        ["problem.locks[4]"],
    ),
    "a session that must run": (
        lambda problem, _: (
            problem["events"][1]["sessions"].append(sitting("W1-c", 7))
            or problem["locks"].append({"session": "W1-c", "runs": True})
        ),
        ["problem.locks[4]"],
    ),
    "parties fixed together in two sets": (
        lambda problem, _: problem["locks"].append({"set": "ALS", "parties": ["A", "C"]}),
        ["problem.locks[4]"],
    ),
    "a party fixed in a set and in none": (
        _in_order(
            lambda problem, plan: plan["sets"][1]["parties"].pop() and problem["sets"][0].pop("size"),
            lambda problem, plan: plan["unplaced"].append({"event": "ALS", "party": "D"}),
            lambda problem, plan: problem["locks"].append({"set": "ALS", "parties": ["D"]}),
        ),
        ["problem.locks[4]"],
    ),
    "a set led by another than is fixed": (
        lambda problem, _: problem["locks"].append({"set": "ALS", "parties": ["C"], "facilitator": "F1"}),
        ["problem.locks[4]"],
    ),
}


@pytest.mark.parametrize(("change", "places"), BROKEN.values(), ids=BROKEN)
def test_this_is_a_violation_at_its_place(change: Change, places: list[str]):
    assert [violation.place for violation in violations(change)] == places


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
    other = read(small_problem() | {"parties": [party(p) for p in "AXYZ"], "events": [], "sets": []} | dict.fromkeys(
        ["availability", "costs"], {}) | dict.fromkeys(["apart", "previous_encounters", "locks"], []))  # fmt: skip

    assert unknown_names(problem, plan) == []
    assert len(unknown_names(other, plan)) == 8 + 6 + 2
