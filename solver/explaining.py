"""Why: the smallest conflict of a problem without a plan, and why a party has no place, in an organiser's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from solver import cpsat
from solver.check import check
from solver.clock import Run, Stopped
from solver.drafting import Draft, draft
from solver.model import Model, build
from solver.plan import TERMS, Plan, Unplaced
from solver.problem import Assignment, Event, PlannedSet, Problem, SetsEntry

SECONDS_FOR_REASONS = 1.0
NOT_SMALLEST = "Time ran out: perhaps fewer of these are enough to leave no plan"


def find_conflict(problem: Problem, run: Run, *, seed: int) -> Draft | tuple[str, ...] | None:
    """A plan that keeps every rule, or the smallest set of rules that cannot hold together; None if time runs out.

    Every "cannot" is proven twice, with and without presolve, before it is said. The core that CP-SAT names is the
    first; then one rule after the other is left out, and stays out where the rest still conflicts.
    """
    model = build(problem, seed=seed, tick=run.tick, explained=True, leave_out=frozenset(TERMS))
    guards = model.book.guards or {}
    answer, core = _ask_with(model, list(guards), run, seed, presolve=True)
    if answer.solved:
        return draft(model.variables, answer.value)
    if not answer.infeasible:
        return None
    conflict = core if core and _cannot_hold(model, core, run, seed) else list(guards)
    if conflict is not core and not _cannot_hold(model, conflict, run, seed):
        return None
    try:
        for rule in list(conflict):
            run.tick()
            fewer = [other for other in conflict if other != rule]
            if _cannot_hold(model, fewer, run, seed):
                conflict = fewer
    except Stopped:
        return (*conflict, NOT_SMALLEST)
    return tuple(conflict)


def _ask_with(model: Model, rules: list[str], run: Run, seed: int, *, presolve: bool) -> tuple[cpsat.Answer, list[str]]:
    guards = model.book.guards or {}
    cp = model.book.cp
    cp.clear_assumptions()
    cp.add_assumptions([guards[rule] for rule in rules])
    answer = cpsat.ask(cp, run, threads=1, seed=seed, cp_model_presolve=presolve)
    named = {guards[rule].index: rule for rule in rules}
    return answer, [named[index] for index in answer.core if index in named]


def _cannot_hold(model: Model, rules: list[str], run: Run, seed: int) -> bool:
    """Whether these rules were proven, twice, to leave no plan; raises Stopped where the time ran out first."""
    for presolve in (False, True):
        answer, _ = _ask_with(model, rules, run, seed + 1, presolve=presolve)
        if not answer.infeasible:
            if not answer.solved:
                run.tick()
            return False
    return True


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
    taken = {a.session for a in plan.assignments if a.event == event.id}
    running = [s.id for s in event.sessions if s.id in taken]
    no_more = event.open_max is not None and len(running) >= event.open_max
    if no_more and not any(s.id in taken for s in possible):
        yield f"{event.id} runs no more than {event.open_max} of its sessions, and {party} said no to {_all(running)}"
        return
    for session in possible:
        if session.id not in taken and no_more:
            continue
        tried = Assignment(event.id, party, session.id)
        broken = _broken_by(problem, replace(plan, assignments=(*plan.assignments, tried)), until)
        if broken is None:
            yield f"{session.id} was not looked at again: time ran out"
        elif broken:
            yield f"{session.id}: {'; '.join(broken)}"
        else:
            yield f"{session.id}: a place there would cost more than leaving {party} out"


def _no_set(problem: Problem, plan: Plan, entry: SetsEntry, party: str, until: float) -> Iterator[str]:
    never = [r.id for r in entry.rounds if all(problem.answer(party, slot.id) == "no" for slot in r.slots)]
    if never:
        yield f"{party} said no to every slot of {_all(never)}"
        return
    yield from _cannot_divide(entry)
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
        for reason in ["a place there would cost more than leaving it out"] if broken == [] else broken or ():
            refused.setdefault(reason, []).append(str(planned.number))
    for reason, numbers in refused.items():
        yield f"{entry.id}, {'set' if len(numbers) == 1 else 'sets'} {_all(numbers)}: {reason}"
    if not sets:
        yield f"{entry.id} forms no set that {party} could join"


def _cannot_divide(entry: SetsEntry) -> Iterator[str]:
    n, least = len(entry.audience), max(1, entry.size_min)
    most = n if entry.size_max is None else entry.size_max
    counts = range(1, n + 1)
    if n and not any(count * least <= n <= count * most and _count_allowed(entry, count) for count in counts):
        limit = "" if entry.count_max is None else f", {entry.count_max} at most"
        yield f"{n} parties cannot be divided into sets of {least} to {most}{limit}"


def _count_allowed(entry: SetsEntry, count: int) -> bool:
    return entry.count_min <= count and (entry.count_max is None or count <= entry.count_max)


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
    return [str(v.sentence) for v in violations if not v.place.startswith(figures)]


def _all(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
