"""What the tests of the recount change in the small problem and its plan."""

from __future__ import annotations

from collections.abc import Callable

from solver import Violation, check
from tests.solver.builders import Data, read, settled, small_plan, small_problem

Change = Callable[[Data, Data], None]


def violations(change: Change) -> list[Violation]:
    """What ``check`` finds after a change to the small problem and its plan; the figures are set right."""
    problem, plan = small_problem(), small_plan()
    change(problem, plan)
    stated = read(problem)
    return check(stated, settled(stated, plan))


def session(problem: Data, session_id: str) -> Data:
    """One session of the data."""
    return next(s for event in problem["events"] for s in event["sessions"] if s["id"] == session_id)


def slot(problem: Data, slot_id: str) -> Data:
    """One slot of the data."""
    return next(s for r in problem["sets"][0]["rounds"] for s in r["slots"] if s["id"] == slot_id)


def without(problem: Data, *names: str) -> None:
    """Leave rules out that would be broken as well."""
    for name in names:
        problem.pop(name, None)
        for group in (*problem["events"], *problem["sets"]):
            group.pop(name, None)


def relaxed(problem: Data) -> None:
    """Leave W1 with no rule but who is in its audience."""
    without(problem, "mix", "apart", "locks", "open", "after")
    for session_data in problem["events"][1]["sessions"]:
        session_data.pop("min_seats", None)
        session_data.pop("max_seats", None)


def unplace(plan: Data, party_id: str, *, listed: bool = True) -> None:
    """Take a party out of W1."""
    plan["assignments"] = [a for a in plan["assignments"] if (a["event"], a["party"]) != ("W1", party_id)]
    if listed:
        plan["unplaced"].append({"event": "W1", "party": party_id, "reasons": []})


def share_a_director(problem: Data) -> None:
    """Let A and C, who are in different sessions and sets, share their director."""
    problem["parties"][2]["people"] = ["A-D", "C-M"]
