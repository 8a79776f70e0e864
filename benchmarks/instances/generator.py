"""Programmes of any size from a seed, in the problem format: real Trusts, made-up people and answers.

``python -m benchmarks.instances.generator 64 --seed 1 > problem.json`` writes one.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

TRUSTS = Path(__file__).parents[2] / "scheduler" / "data" / "trusts.csv"
FIRST_DAY = datetime(2027, 1, 11, tzinfo=UTC)
REGIONAL_AREAS = (
    ("North East and Yorkshire", "North West"),
    ("Midlands", "East of England"),
    ("London", "South East", "South West"),
)


@dataclass(frozen=True)
class Shape:
    """How large a programme is: ``sittings`` that run of each workshop, and ``spare`` further candidates."""

    parties: int
    workshops: int = 4
    sittings: int = 4
    spare: int = 1
    rounds: int = 4
    slots: int = 6
    joined: bool = False

    @staticmethod
    def of(parties: int, *, joined: bool = False) -> Shape:
        """The usual shape for a number of parties: workshops of 16 to 26."""
        sittings, spare = next((s, p) for most, s, p in SITTINGS if parties <= most)
        return Shape(parties, sittings=sittings, spare=spare, joined=joined)


SITTINGS = ((64, 4, 1), (110, 5, 1), (300, 10, 2), (10**9, 40, 10))


def make(shape: Shape, seed: int) -> dict[str, Any]:
    """A problem of this shape as the plain values of a ``convene-problem/1`` file."""
    dice = random.Random(seed)
    parties = _parties(shape, dice)
    days = _Days(shared=shape.parties > 300)
    everyone = [party["id"] for party in parties]
    region_of = {party["id"]: party["attributes"]["region"] for party in parties}
    events = [_national(everyone, days, dice)]
    for number, area in enumerate(REGIONAL_AREAS, 1):
        events.append(_regional(number, [p for p in everyone if region_of[p] in area], days, dice))
    events += [_workshop(shape, number, everyone, days, dice) for number in range(1, shape.workshops + 1)]
    sets = [_sets(shape, everyone, days, dice)] if shape.rounds else []
    sittings = [s["id"] for event in events for s in event["sessions"]]
    sittings += [slot["id"] for entry in sets for round_ in entry["rounds"] for slot in round_["slots"]]
    problem = {
        "format": "convene-problem/1",
        "name": f"{shape.parties} parties, seed {seed}",
        "parties": parties,
        "events": events,
        "sets": sets,
        "availability": _answers(everyone, sittings, dice),
        "costs": _travel(parties, events, dice),
    }
    return problem | (_joined(problem, dice) if shape.joined else {})


class _Days:
    """Hands out times: each on a day of its own, or, where there are too many, up to ten on one day."""

    def __init__(self, *, shared: bool) -> None:
        self.shared = shared
        self.next = 0

    def take(self, hour: int, hours: int, *, alone: bool = False) -> tuple[str, str]:
        if alone and self.shared:
            self.next = 10 * (self.next // 10 + 1)
        day = self.next // 10 if self.shared else self.next
        self.next += 1
        start = FIRST_DAY + timedelta(days=day, hours=hour)
        return start.isoformat(), (start + timedelta(hours=hours)).isoformat()


@cache
def _all_trusts() -> tuple[dict[str, str], ...]:
    with TRUSTS.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _trusts() -> list[dict[str, str]]:
    return list(_all_trusts())


def _parties(shape: Shape, dice: random.Random) -> list[dict[str, Any]]:
    trusts = _trusts()
    dice.shuffle(trusts)
    made = []
    for i in range(shape.parties):
        trust = trusts[i % len(trusts)]
        code = trust["ods_code"] + (f"-{i // len(trusts) + 1}" if i >= len(trusts) else "")
        attributes = {name: trust[name] for name in ("region", "trust_type", "research_activity")}
        made.append({"id": code, "trust": code, "people": [f"{code}-D", f"{code}-M"], "attributes": attributes})
    return made


def _session(name: str, days: _Days, **more: Any) -> dict[str, Any]:
    start, end = days.take(9, 7)
    return {"id": name, "start": start, "end": end, **more}


def _national(audience: list[str], days: _Days, dice: random.Random) -> dict[str, Any]:
    sessions = [_session(f"N-{i}", days, open_cost=dice.randint(0, 50)) for i in range(1, 7)]
    return {"id": "N", "kind": "national", "audience": audience, "open": {"min": 1, "max": 1}, "sessions": sessions}


def _regional(number: int, audience: list[str], days: _Days, dice: random.Random) -> dict[str, Any]:
    name = f"RE{number}"
    sessions = [_session(f"{name}-{i}", days, open_cost=dice.randint(0, 50)) for i in range(1, 6)]
    return {"id": name, "kind": "regional", "audience": audience, "open": {"min": 0, "max": 1}, "sessions": sessions}


def _workshop(shape: Shape, number: int, audience: list[str], days: _Days, dice: random.Random) -> dict[str, Any]:
    seats = math.ceil(1.25 * 2 * len(audience) / shape.sittings)
    sessions = [
        _session(f"W{number}-{i}", days, min_seats=10, max_seats=seats, open_cost=dice.randint(60, 140))
        for i in range(1, shape.sittings + shape.spare + 1)
    ]
    return {
        "id": f"W{number}",
        "kind": "workshop",
        "audience": audience,
        "open": {"min": 1, "max": shape.sittings},
        "mix": [
            {"attribute": "region", "max_share": 0.4, "min_distinct": 4},
            {"attribute": "research_activity", "max_share": 0.6},
        ],
        "encounters": True,
        "sessions": sessions,
    }


def _sets(shape: Shape, audience: list[str], days: _Days, dice: random.Random) -> dict[str, Any]:
    usual = max(1, len(audience) // 6)
    rounds = []
    for r in range(1, shape.rounds + 1):
        slots = []
        for i in range(1, shape.slots + 1):
            start, end = days.take(13, 3, alone=True)
            slots.append({"id": f"R{r}-{i}", "start": start, "end": end, "max_sets": max(3, usual // 3)})
        rounds.append({"id": f"R{r}", "slots": slots})
    away = [slot["id"] for round_ in rounds for slot in round_["slots"]]
    facilitators = [
        {"id": f"F{i}", "max_sets": 2, "unavailable": [s for s in away if dice.random() < 0.25]}
        for i in range(1, math.ceil(usual * 0.75) + 1)
    ]
    return {
        "id": "ALS",
        "audience": audience,
        "size": {"min": 5, "max": 8},
        "mix": [{"attribute": "region", "max_share": 0.5}],
        "encounters": True,
        "rounds": rounds,
        "facilitators": facilitators,
    }


def _travel(parties: list[dict[str, Any]], events: list[dict[str, Any]], dice: random.Random) -> dict[str, Any]:
    """A point for each 50 km between a Trust and the town of a session; sets meet online."""
    trusts = {trust["ods_code"]: trust for trust in _trusts()}
    homes = {party["id"]: _position(trusts[party["id"].partition("-")[0]]) for party in parties}
    costs: dict[str, dict[str, int]] = {}
    for session in (session for event in events for session in event["sessions"]):
        town = _position(dice.choice(list(trusts.values())))
        for party, home in homes.items():
            if points := round(_kilometres(home, town) / 50):
                costs.setdefault(party, {})[session["id"]] = points
    return costs


def _position(trust: dict[str, str]) -> tuple[float, float]:
    return float(trust["latitude"]), float(trust["longitude"])


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """About as the crow flies: a degree is 111 km, and narrower by the cosine of 53 degrees from west to east."""
    return math.hypot(111 * (one[0] - other[0]), 67 * (one[1] - other[1]))


def _answers(parties: list[str], sittings: list[str], dice: random.Random) -> dict[str, dict[str, str]]:
    """About 55 % yes and 20 % if need be; some parties are keener than others."""
    answers: dict[str, dict[str, str]] = {}
    for party in parties:
        keen = dice.uniform(-0.12, 0.12)
        for sitting in sittings:
            roll = dice.random()
            if roll < 0.55 + keen:
                answers.setdefault(party, {})[sitting] = "yes"
            elif roll < 0.75 + keen:
                answers.setdefault(party, {})[sitting] = "if-need-be"
    return answers


def _joined(problem: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """What joins the parts: sessions that share a team and days, an order, parties apart, locks."""
    workshops = [event for event in problem["events"] if event["kind"] == "workshop"]
    for event in workshops[1:]:
        for session, other in zip(event["sessions"], workshops[0]["sessions"], strict=True):
            if dice.random() < 0.4:
                session["start"], session["end"] = other["start"], other["end"]
    for event in workshops:
        for session in event["sessions"]:
            session["uses"] = {"team": 1}
    workshops[-1]["after"] = [problem["events"][0]["id"]]
    ids = [party["id"] for party in problem["parties"]]
    locks: list[dict[str, str]] = []
    for event in workshops[:2]:
        session = event["sessions"][0]["id"]
        willing = [p for p in ids if problem["availability"].get(p, {}).get(session) == "yes"]
        party = dice.choice([p for p in willing if not locks or p != locks[0]["party"]])
        locks.append({"party": party, "session": session})
    return {
        "resources": [{"id": "team", "capacity": 2, "gap_minutes": 30}],
        "gap_minutes": 60,
        "apart": [dice.sample(ids, 2) for _ in range(3)],
        "previous_encounters": [[*dice.sample(ids, 2), 1] for _ in range(len(ids) // 4)],
        "locks": locks,
    }


def main() -> None:
    """Write one instance to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parties", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--joined", action="store_true", help="with resources, an order, locks, parties apart")
    asked = parser.parse_args()
    json.dump(make(Shape.of(asked.parties, joined=asked.joined), asked.seed), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
