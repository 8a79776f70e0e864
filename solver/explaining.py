"""Why a party has no place, in an organiser's words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

from solver.check import check, objective_of
from solver.faults import Violation
from solver.leftover import cannot_split, seats_short, somebody_misses_out
from solver.plan import Plan, Unplaced
from solver.problem import Assignment, Event, PlannedSet, Problem, SetsEntry
from solver.rules.locks import in_words as lock_in_words
from solver.wording import listed

SECONDS_FOR_REASONS = 0.6
LOCK = re.compile(r"problem\.locks\[(?P<index>\d+)\]")


def reasons_for(problem: Problem, plan: Plan) -> tuple[Unplaced, ...]:
    """The unplaced of a plan, each with why it has no place: every reason is looked up in the plan, not guessed."""
    events = {event.id: event for event in problem.events}
    entries = {entry.id: entry for entry in problem.sets}
    until = time.monotonic() + SECONDS_FOR_REASONS
    explained = []
    for lost in plan.unplaced:
        if lost.event in events:
            reasons = list(_no_session(problem, plan, events[lost.event], lost.party, until))
        else:
            reasons = list(_no_set(problem, plan, entries[lost.event], lost.party, until))
        explained.append(replace(lost, reasons=tuple(dict.fromkeys(reasons))))
    return tuple(explained)


def _no_session(problem: Problem, plan: Plan, event: Event, party: str, until: float) -> Iterator[str]:
    if not event.sessions:
        yield f"{event.id} has no sessions"
        return
    possible = [s for s in event.sessions if problem.answer(party, s.id) != "no"]
    if not possible:
        yield f"{party} said no to every session of {event.id}"
        return
    if time.monotonic() < until:
        yield from seats_short(problem, plan, event, party)
    taken = {a.session for a in plan.assignments if a.event == event.id}
    running = [s.id for s in event.sessions if s.id in taken]
    no_more = event.open_max is not None and len(running) >= event.open_max
    if no_more and not any(s.id in taken for s in possible):
        some = f"{event.id} runs no more than {event.open_max} of its sessions"
        yield f"{some}, and {party} said no to {listed(running, most=len(running))}"
        yield from somebody_misses_out(problem, event)
        return
    for session in possible:
        if session.id not in taken and no_more:
            continue
        tried = replace(plan, assignments=(*plan.assignments, Assignment(event.id, party, session.id)))
        broken = _broken_by(problem, tried, until)
        if broken is None:
            yield f"{session.id} was not looked at again: time ran out"
        elif broken:
            yield f"{session.id}: {'; '.join(broken)}"
        else:
            yield f"{session.id}: {_price(problem, plan, tried, party)}"


def _price(problem: Problem, plan: Plan, tried: Plan, party: str) -> str:
    more = objective_of(problem, tried) - objective_of(problem, plan)
    if more == 0:
        return f"a place there would cost the same as leaving {party} out"
    if more < 0:
        return f"a place there would save {-more:,}, which there was no time to find"
    return f"a place there would cost {more:,} more than leaving {party} out"


def _no_set(problem: Problem, plan: Plan, entry: SetsEntry, party: str, until: float) -> Iterator[str]:
    never = [r.id for r in entry.rounds if all(problem.answer(party, slot.id) == "no" for slot in r.slots)]
    if never:
        yield f"{party} said no to every slot of {listed(never)}"
        return
    yield from cannot_split(problem, entry)
    sets = [planned for planned in plan.sets if planned.set == entry.id]
    refused: dict[str, list[str]] = {}
    for planned in sets:
        no = [m.slot for m in planned.meetings if problem.answer(party, m.slot) == "no"]
        if no:
            refused.setdefault(f"{party} said no to a slot in which it meets", []).append(str(planned.number))
            continue
        joined = replace(planned, parties=(*planned.parties, party))
        broken = _broken_by(problem, _with_set(plan, planned, joined), until)
        if broken is None:
            refused.setdefault("it was not looked at again: time ran out", []).append(str(planned.number))
        with_it = _with_set(plan, planned, joined)
        for reason in [_price(problem, plan, with_it, party)] if broken == [] else broken or ():
            refused.setdefault(reason, []).append(str(planned.number))
    for reason, numbers in refused.items():
        yield f"{entry.id}, {'set' if len(numbers) == 1 else 'sets'} {listed(numbers, most=len(numbers))}: {reason}"
    if not sets:
        yield f"{entry.id} forms no set that {party} could join"


def _with_set(plan: Plan, old: PlannedSet, new: PlannedSet) -> Plan:
    return replace(plan, sets=tuple(new if planned is old else planned for planned in plan.sets))


def _broken_by(problem: Problem, tried: Plan, until: float) -> list[str] | None:
    """The rules that a plan breaks, in words; None where there is no time left to look."""
    if time.monotonic() > until:
        return None
    placed = {(a.event, a.party) for a in tried.assignments} | {(s.set, p) for s in tried.sets for p in s.parties}
    unplaced = tuple(lost for lost in tried.unplaced if (lost.event, lost.party) not in placed)
    violations = check(problem, replace(tried, unplaced=unplaced))
    figures = ("objective", "bound", "terms", "status", "seconds")
    return [_in_words(problem, v) for v in violations if not v.place.startswith(figures)]


def _in_words(problem: Problem, violation: Violation) -> str:
    """What a place would break: a lock as its organiser set it, anything else as the recount says it."""
    lock = LOCK.fullmatch(violation.place)
    return lock_in_words(problem, problem.locks[int(lock["index"])]) if lock else str(violation.sentence)
