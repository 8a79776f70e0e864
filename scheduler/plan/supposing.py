"""Facts supposed otherwise: a plan's frozen question with seats, a date, a rule or a pair changed; nothing is stored.

A change is plain JSON: ``kind`` is "seats" (``session``, ``was``, ``to``), "date" (``event``, ``id``, ``start``,
``end``, ``max_seats``), "closed" (``session``), "share" (``event``, ``was``, ``to``, shares as decimals in text) or
"out" (``party``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scheduler import formatting
from scheduler.plan.problems import exact_number
from solver.check import check, recount
from solver.plan import Plan as SolverPlan
from solver.plan import Unplaced
from solver.problem import Problem, RunningLock

Json = dict[str, Any]


def supposed(problem: Json, changes: Iterable[Json]) -> Json:
    """The question with these changes; what is not changed is shared with the one that was given."""
    made = dict(problem)
    for change in changes:
        made = _CHANGES[change["kind"]](made, change)
    return made


def nobody_was_asked(changes: Iterable[Json]) -> bool:
    """Whether a date is supposed, to which everyone is taken to say yes: what comes of it holds at best."""
    return any(change["kind"] == "date" for change in changes)


def in_words(change: Json, names: Mapping[str, str], time_zone: str) -> str:
    """A change as a sentence without its end: "64 seats on Tuesday 12 January 2027, Leeds, instead of 60"."""
    name = names.get(change.get("session") or change.get("event") or change.get("party") or "", "")
    if change["kind"] == "seats":
        was = f"instead of {change['was']}" if change["was"] is not None else "instead of no limit"
        return f"{formatting.count(change['to'], 'seat')} in {name}, {was}"
    if change["kind"] == "date":
        start = datetime.fromisoformat(change["start"])
        return f"a new date of {name}, {formatting.day(start)} at {formatting.clock_time(start, time_zone)}"
    if change["kind"] == "closed":
        return f"{name} does not run"
    if change["kind"] == "share":
        was, to = (formatting.percentage(Fraction(change[key])) for key in ("was", "to"))
        return f"up to {to} of one region in {name}, instead of {was}"
    return f"{name} is left out"


def begun_from(problem: Problem, made: SolverPlan) -> SolverPlan | None:
    """The places of a plan as an answer to a changed question: at once a first figure; None where that breaks a rule.

    Who was where nobody can be any more has no place; who is no longer asked for is left out.
    """
    closed = {lock.session for lock in problem.locks if isinstance(lock, RunningLock) and not lock.runs}
    asked = {(event.id, party) for event in problem.events for party in event.audience}
    asked |= {(entry.id, party) for entry in problem.sets for party in entry.audience}
    stay = tuple(a for a in made.assignments if (a.event, a.party) in asked and a.session not in closed)
    cast_out = [a for a in made.assignments if (a.event, a.party) in asked and a.session in closed]
    sets = (replace(s, parties=tuple(p for p in s.parties if (s.set, p) in asked)) for s in made.sets)
    unplaced = [row for row in made.unplaced if (row.event, row.party) in asked]
    unplaced += [Unplaced(a.event, a.party, ("Its date does not run.",)) for a in cast_out]
    begun = replace(
        made,
        status="feasible",
        bound=0,
        assignments=stay,
        sets=tuple(s for s in sets if s.parties),
        unplaced=tuple(unplaced),
    )
    terms = dict(recount(problem, begun))
    cost = sum(getattr(problem.weights, name) * count for name, count in terms.items())
    begun = replace(begun, objective=cost, terms=terms)
    return None if check(problem, begun) else begun


def _seats(problem: Json, change: Json) -> Json:
    return _with_session(problem, change["session"], lambda session: session | {"max_seats": change["to"]})


def _date(problem: Json, change: Json) -> Json:
    session = {name: change[name] for name in ("id", "start", "end")} | {"min_seats": 0}
    if change.get("max_seats"):
        session["max_seats"] = change["max_seats"]
    audience: list[str] = []
    events = list(problem["events"])
    for at, event in enumerate(events):
        if event["id"] == change["event"]:
            audience = event["audience"]
            events[at] = event | {"sessions": [*event["sessions"], session]}
    said = dict(problem["availability"])
    for party in audience:
        said[party] = {**said.get(party, {}), change["id"]: "yes"}
    return problem | {"events": events, "availability": said}


def _closed(problem: Json, change: Json) -> Json:
    lock = {"session": change["session"], "runs": False}
    others = [each for each in problem.get("locks", []) if each.get("session") != change["session"]]
    return problem | {"locks": [*others, lock]}


def _share(problem: Json, change: Json) -> Json:
    share = exact_number(Decimal(change["to"]))

    def loosened(event: Json) -> Json:
        rules = [rule | {"max_share": share} if rule["attribute"] == "region" else rule for rule in event["mix"]]
        return event | {"mix": rules} if event["id"] == change["event"] else event

    return problem | {kind: [loosened(event) for event in problem[kind]] for kind in ("events", "sets")}


def _out(problem: Json, change: Json) -> Json:
    party = change["party"]
    asked = {
        kind: [event | {"audience": [p for p in event["audience"] if p != party]} for event in problem[kind]]
        for kind in ("events", "sets")
    }
    locks = []
    for lock in problem.get("locks", []):
        if "parties" in lock:
            rest = [other for other in lock["parties"] if other != party]
            locks += [lock | {"parties": rest}] if rest else []
        elif lock.get("party") != party:
            locks.append(lock)
    return problem | asked | {"locks": locks}


def _with_session(problem: Json, key: str, changed: Callable[[Json], Json]) -> Json:
    events = [
        event | {"sessions": [changed(s) if s["id"] == key else s for s in event["sessions"]]}
        for event in problem["events"]
    ]
    return problem | {"events": events}


_CHANGES: Mapping[str, Callable[[Json, Json], Json]] = {
    "seats": _seats,
    "date": _date,
    "closed": _closed,
    "share": _share,
    "out": _out,
}
