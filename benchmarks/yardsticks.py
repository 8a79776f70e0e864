"""Public problems written as ours, so that a published value can be set beside what our solver finds.

Each converter makes the plain values of a ``convene-problem/1`` file whose best objective is the published value. What
can be made from a rule is made here; what is somebody's data is read from a file (README.md says where to get it).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST_DAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
UNPLACED = 100_000
Edges = list[tuple[int, int]]


def golfers(groups: int, size: int, weeks: int) -> dict[str, Any]:
    """Social golfers: a player is a party of one, a week an event, a group a session; repeats are the objective.

    Source: CSPLib 010. With few large groups repeats cannot be 0, and counting proves the least.
    """
    players = [_party(f"P{i}", 1) for i in range(groups * size)]
    week = [{"min_seats": size, "max_seats": size} for _ in range(groups)]
    return _problem(players, [_event(w, week, encounters=True) for w in range(weeks)], repeat_encounter=1)


def progressive_party(boats: Mapping[int, tuple[int, int]], hosts: Iterable[int], periods: int) -> dict[str, Any]:
    """Progressive party with the hosts given: guests visit each host and meet each other at most once.

    A host's crew is a party that can come to its own boat alone, so that a second visit is an encounter repeated. The
    objective is how many encounters are repeats. ``boats``: number to (capacity, crew). Source: CSPLib 013.
    """
    hosts = list(hosts)
    parties = [_party(f"B{boat}", crew) for boat, (_, crew) in boats.items()]
    aboard = [{"max_seats": boats[host][0]} for host in hosts]
    problem = _problem(parties, [_event(p, aboard, encounters=True) for p in range(periods)], repeat_encounter=1)
    for host, (place, period) in itertools.product(hosts, itertools.product(range(len(hosts)), range(periods))):
        if hosts[place] != host:
            del problem["availability"][f"B{host}"][_session_id(period, place)]
    return problem


def colouring(nodes: int, edges: Edges, colours: int, *, apart: bool) -> dict[str, Any]:
    """Graph colouring: a node is a party, a colour a session; the best objective is 0 where so many colours do.

    An edge is a pair kept apart, or one that has met before and costs 1 to meet again. Source: DIMACS COLOR.
    """
    event = _event(0, [{} for _ in range(colours)], encounters=True)
    problem = _problem([_party(f"P{i}", 1) for i in range(nodes)], [event], repeat_encounter=0 if apart else 1)
    if apart:
        return problem | {"apart": [[f"P{one}", f"P{other}"] for one, other in edges]}
    return problem | {"previous_encounters": [[f"P{one}", f"P{other}", 1] for one, other in edges]}


def queen(n: int) -> tuple[int, Edges]:
    """The queen graph of an n × n board: two squares are joined where a queen moves from one to the other."""
    squares = list(itertools.product(range(n), repeat=2))
    joined = [
        (i, j)
        for (i, (a, b)), (j, (c, d)) in itertools.combinations(enumerate(squares), 2)
        if a == c or b == d or abs(a - c) == abs(b - d)
    ]
    return n * n, joined


def myciel(number: int) -> tuple[int, Edges]:
    """The graph DIMACS calls myciel``number``: Mycielski's construction, ``number`` - 1 times from one edge."""
    nodes, edges = 2, [(0, 1)]
    for _ in range(number - 1):
        shadows = [(one, nodes + other) for one, other in edges] + [(nodes + one, other) for one, other in edges]
        edges = [*edges, *shadows, *((nodes + i, 2 * nodes) for i in range(nodes))]
        nodes = 2 * nodes + 1
    return nodes, edges


def medians(text: str) -> dict[str, Any]:
    """Capacitated p-median, one problem of OR-Library's pmedcap1: distances are cut to whole numbers."""
    _, _, count, most, capacity, *rest = map(int, text.split())
    points = [rest[4 * i : 4 * i + 4] for i in range(count)]
    parties = [_party(f"P{number}", demand) for number, _, _, demand in points]
    event = _event(0, [{"max_seats": capacity} for _ in points]) | {"open": {"min": 0, "max": most}}
    cost = {
        f"P{number}": {
            _session_id(0, i): distance
            for i, (_, u, v, _) in enumerate(points)
            if (distance := math.floor(math.hypot(x - u, y - v)))
        }
        for number, x, y, _ in points
    }
    return _problem(parties, [event]) | {"costs": cost}


def facilities(text: str) -> dict[str, Any]:
    """Single-source facility location as Holmberg, Rönnqvist and Yuan (1999) laid out their files.

    Facilities and customers; each facility's capacity and price; the demands; then a row of prices per facility. Copies
    that go round end in NUL bytes.
    """
    places, customers, *rest = map(int, text.rstrip("\0 \n").split())
    numbers = iter(rest)
    opened = [(next(numbers), next(numbers)) for _ in range(places)]
    parties = [_party(f"P{i}", next(numbers)) for i in range(customers)]
    event = _event(0, [{"max_seats": capacity, "open_cost": price} for capacity, price in opened])
    prices = [[next(numbers) for _ in range(customers)] for _ in range(places)]
    cost = {
        f"P{i}": {_session_id(0, place): row[i] for place, row in enumerate(prices) if row[i]} for i in range(customers)
    }
    return _problem(parties, [event]) | {"costs": cost}


def boats_of(text: str) -> dict[int, tuple[int, int]]:
    """The fleet from CSPLib's table: number, capacity, crew."""
    numbers = [int(word) for word in text.split() if word.isdigit()]
    return {numbers[i]: (numbers[i + 1], numbers[i + 2]) for i in range(0, len(numbers), 3)}


def _session_id(event: int, place: int) -> str:
    return f"E{event}-{place}"


def _party(name: str, people: int) -> dict[str, Any]:
    return {"id": name, "people": [f"{name}.{i}" for i in range(people)]}


def _event(number: int, sessions: list[dict[str, Any]], *, encounters: bool = False) -> dict[str, Any]:
    start = FIRST_DAY + timedelta(days=number)
    when = {"start": start.isoformat(), "end": (start + timedelta(hours=7)).isoformat()}
    made = [{"id": _session_id(number, i), **when, **session} for i, session in enumerate(sessions)]
    return {"id": f"E{number}", "kind": "table", "encounters": encounters, "sessions": made}


def _problem(parties: list[dict[str, Any]], events: list[dict[str, Any]], repeat_encounter: int = 0) -> dict[str, Any]:
    """Everybody can come to everything; only what the yardstick counts has a weight, and a place left empty."""
    sittings = [session["id"] for event in events for session in event["sessions"]]
    nothing = dict.fromkeys(("if_need_be", "burden", "mix_imbalance", "change"), 0)
    return {
        "format": "convene-problem/1",
        "name": "yardstick",
        "parties": parties,
        "events": events,
        "availability": {party["id"]: dict.fromkeys(sittings, "yes") for party in parties},
        "weights": nothing | {"unplaced": UNPLACED, "repeat_encounter": repeat_encounter},
    }


@dataclass(frozen=True)
class Yardstick:
    """A public problem by name, with the published value of its best plan."""

    family: str
    name: str
    published: int
    problem: dict[str, Any]


GOLFERS = ("5-3-7", "8-4-10", "8-3-10", "9-3-13", "5-5-6", "8-8-9")
LARGE_GROUPS = {"4-16-4": 288, "4-16-5": 384, "4-26-4": 864, "5-25-4": 750, "8-13-4": 120}
COLOURINGS = {"queen6": 7, "queen8": 9, "queen9": 10, "queen10": 11, "myciel5": 6, "myciel6": 7}
MEDIANS = {1: 713, 5: 664, 8: 820, 10: 829, 11: 1006, 15: 1091, 20: 1005}
FACILITIES = {1: 8848, 9: 8462, 14: 7137, 25: 11630, 30: 11331, 41: 6589}
PARTIES = {
    "1-12,16 for 6": ([*range(1, 13), 16], 6),
    "1-12,16 for 7": ([*range(1, 13), 16], 7),
    "1-12,16 for 8": ([*range(1, 13), 16], 8),
    "1-12,16 for 9": ([*range(1, 13), 16], 9),
    "1-13 for 7": ([*range(1, 14)], 7),
    "1,3-13,19 for 7": ([1, *range(3, 14), 19], 7),
    "3-13,25,26 for 7": ([*range(3, 14), 25, 26], 7),
    "1-11,19,21 for 7": ([*range(1, 12), 19, 21], 7),
}


def all_yardsticks(data: Path | None) -> Iterator[Yardstick]:
    """Those that a rule makes, then those whose files lie in ``data``."""
    for name in GOLFERS:
        yield Yardstick("golfers", name, 0, golfers(*map(int, name.split("-"))))
    for name, published in LARGE_GROUPS.items():
        yield Yardstick("large groups", name, published, golfers(*map(int, name.split("-"))))
    for name, colours in COLOURINGS.items():
        graph = queen(int(name[5:])) if name.startswith("queen") else myciel(int(name[6:]))
        for apart in (False, True):
            how = "apart" if apart else "met before"
            yield Yardstick("colouring", f"{name} with {colours}, {how}", 0, colouring(*graph, colours, apart=apart))
    if data is not None:
        yield from _from_files(data)


def _from_files(data: Path) -> Iterator[Yardstick]:
    if (fleet := data / "party.txt").exists():
        boats = boats_of(fleet.read_text())
        for name, (hosts, periods) in PARTIES.items():
            yield Yardstick("progressive party", name, 0, progressive_party(boats, hosts, periods))
    for number, published in MEDIANS.items():
        if (file := data / f"pmedcap1-{number}.txt").exists():
            yield Yardstick("p-median", str(number), published, medians(file.read_text()))
    for number, published in FACILITIES.items():
        if (file := data / f"p{number}").exists():
            yield Yardstick("facilities", f"p{number}", published, facilities(file.read_text()))
