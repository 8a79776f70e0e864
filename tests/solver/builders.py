"""Small problems and plans, as the files hold them and as the solver reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from solver import FileRefused, Plan, Problem, read_plan, read_problem, recount
from solver.check import objective_of

Data = dict[str, Any]


def day(number: int, hour: int = 9) -> str:
    """A time in January 2027, as the files write it."""
    return f"2027-01-{number:02}T{hour:02}:00:00+00:00"


def party(party_id: str, region: str = "London", **fields: Any) -> Data:
    """A director and a manager of one Trust."""
    people = [f"{party_id}-D", f"{party_id}-M"]
    return {"id": party_id, "people": people, "attributes": {"region": region}} | fields


def sitting(sitting_id: str, on: int, **fields: Any) -> Data:
    """A session or slot from 9 to 12 on a day of January 2027."""
    return {"id": sitting_id, "start": day(on, 9), "end": day(on, 12)} | fields


def small_problem() -> Data:
    """Four pairs, a workshop on two dates after a national event, sets in two rounds: every field is used."""
    everyone = ["A", "B", "C", "D"]
    sittings = ["N1-a", "W1-a", "W1-b", "R1-a", "R1-b", "R2-a"]
    return {
        "format": "convene-problem/1",
        "name": "A small programme",
        "resources": [{"id": "team", "capacity": 2, "gap_minutes": 30}],
        "parties": [
            party("A", trust="RA1"),
            party("B", "North West", trust="RB1"),
            party("C"),
            party("D", "North West"),
        ],
        "events": [
            {"id": "N1", "kind": "national", "sessions": [sitting("N1-a", 1)], "open": {"min": 1, "max": 1}},
            {
                "id": "W1",
                "kind": "workshop",
                "audience": everyone,
                "open": {"min": 1, "max": 2},
                "after": ["N1"],
                "mix": [{"attribute": "region", "max_share": 0.5, "max_count": 3, "min_distinct": 2}],
                "encounters": True,
                "sessions": [
                    sitting("W1-a", 5, min_seats=2, max_seats=4, open_cost=100, uses={"team": 1}),
                    sitting("W1-b", 6, max_seats=8),
                ],
            },
        ],
        "sets": [
            {
                "id": "ALS",
                "audience": everyone,
                "size": {"min": 2, "max": 3},
                "count": {"min": 1, "max": 2},
                "mix": [{"attribute": "region", "max_count": 2}],
                "encounters": True,
                "rounds": [
                    {"id": "R1", "slots": [sitting("R1-a", 10, max_sets=1), sitting("R1-b", 11, uses={"team": 1})]},
                    {"id": "R2", "slots": [sitting("R2-a", 12)]},
                ],
                "facilitators": [{"id": "F1", "max_sets": 1, "unavailable": ["R1-b"]}, {"id": "F2", "max_sets": 2}],
            }
        ],
        "availability": {party_id: dict.fromkeys(sittings, "yes") for party_id in everyone},
        "costs": {"A": {"W1-a": 3}},
        "gap_minutes": 60,
        "apart": [["A", "D"]],
        "previous_encounters": [["RA1", "C", 1]],
        "locks": [
            {"party": "A", "session": "W1-a"},
            {"party": "D", "session": "W1-a", "never": True},
            {"session": "R1-b", "runs": True},
            {"set": "ALS", "parties": ["A", "B"], "facilitator": "F1"},
        ],
        "previous": {
            "assignments": [{"event": "W1", "party": "A", "session": "W1-b"}],
            "sets": [
                {
                    "set": "ALS",
                    "number": 4,
                    "parties": ["A", "gone"],
                    "facilitator": "F1",
                    "meetings": [{"round": "R1", "slot": "R1-a"}],
                }
            ],
        },
        "weights": {"unplaced": 1000, "open_cost": 1, "costs": 2, "if_need_be": 10, "burden": 5, "repeat_encounter": 1}
        | {"mix_imbalance": 2, "change": 50},
    }


def small_plan() -> Data:
    """A plan of ``small_problem`` in which every rule holds."""
    where = {"A": "W1-a", "B": "W1-a", "C": "W1-b", "D": "W1-b"}
    return {
        "format": "convene-plan/1",
        "status": "feasible",
        "objective": 0,
        "bound": 0,
        "seconds": 1.5,
        "terms": {},
        "assignments": [{"event": "N1", "party": party_id, "session": "N1-a"} for party_id in where]
        + [{"event": "W1", "party": party_id, "session": session} for party_id, session in where.items()],
        "sets": [
            {
                "set": "ALS",
                "number": 4,
                "parties": ["A", "B"],
                "facilitator": "F1",
                "meetings": [{"round": "R1", "slot": "R1-a"}, {"round": "R2", "slot": "R2-a"}],
            },
            {
                "set": "ALS",
                "number": 2,
                "parties": ["C", "D"],
                "facilitator": "F2",
                "meetings": [{"round": "R1", "slot": "R1-b"}, {"round": "R2", "slot": "R2-a"}],
            },
        ],
        "unplaced": [],
    }


def as_file(data: Any) -> bytes:
    """The data as a file holds it."""
    return json.dumps(data).encode()


def changed(data: Data, change: Callable[[Data], object]) -> Data:
    """A copy with one thing changed."""
    copy = deepcopy(data)
    change(copy)
    return copy


def read(data: Data) -> Problem:
    """The problem the data states."""
    return read_problem(as_file(data))


def settled(problem: Problem, plan: Data) -> Plan:
    """The plan with its figures as its placements give them."""
    stated = read_plan(as_file(plan))
    return replace(stated, terms=recount(problem, stated), objective=objective_of(problem, stated))


def refusal(text: bytes, reader: Callable[[bytes], object] = read_problem) -> list[str]:
    """The lines with which a file is refused; none if it is accepted."""
    try:
        reader(text)
    except FileRefused as refused:
        return list(refused.lines())
    return []
