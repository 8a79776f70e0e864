"""A first plan: one event or entry of ``sets`` after the other, each beside what is planned already."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from solver import cpsat
from solver.clashes import clashing_sittings, parties_sharing_a_person
from solver.clock import Run
from solver.drafting import Draft, draft, values_in
from solver.forming import fill_sessions, form_sets
from solver.keeping import holds
from solver.model import Model, build
from solver.parts import part_of, places_that_ask, with_sessions_running, with_these_running
from solver.plan import Plan
from solver.problem import AttendanceLock, Event, Problem, SetsEntry
from solver.rulebook import Literal
from solver.sessionchoice import Choice, sessions_worth_running
from solver.tables import Tables
from solver.variables import Scope

EMPTY = Draft((), ())
NO_REPEATS = frozenset({"repeat_encounter"})
EVENT_WORK = 6.0
ENTRY_WORK = 4.0
JOINT_WORK = 60.0
NEAR_ENOUGH = 0.1  # of the price of one left out: a share of the objective would let some be left out at large sizes
MOST_FOR_THE_MODEL = 4_000


@dataclass(frozen=True)
class Beginning:
    """With how many sessions to begin an event, and with which; None where it is left to who fills them."""

    number: int | None = None
    choice: Choice | None = None

    @property
    def enough(self) -> int:
        """How many must have a place for the first attempt to be the last; 0 for whoever has one."""
        return 0 if self.choice is None else self.choice.coming

    def attempts(self, part: Problem, event: Event) -> Iterator[Problem]:
        """The problem with few of the sessions to choose from, then with more."""
        if self.choice is not None:
            yield from (with_these_running(part, event, running) for running in self.choice.running())
        elif self.number is not None:
            yield with_sessions_running(part, event, self.number)
        yield part

    def fillings(self, event: Event) -> Iterator[tuple[Event, int | None]]:
        """The same for quick choices, which fill as many sessions as they are told, or as they need."""
        if self.choice is not None:
            for running in self.choice.running():
                yield replace(event, sessions=tuple(s for s in event.sessions if s.id in running)), len(running)
        yield from ((event, number) for number in dict.fromkeys((self.number, None)))


def construct(
    problem: Problem, run: Run, *, seed: int, hint: Plan | None = None, together: bool = True
) -> Draft | None:
    """A plan that keeps every rule, or None where one part after the other finds none.

    ``hint`` is a plan to stay near: what of it still fits is where the search of each part begins. ``together`` is
    whether to plan parts anew at once, which takes long, where the next one finds no place beside them.
    """
    planned = EMPTY
    events: set[str] = set()
    entries: set[str] = set()
    running = sessions_to_run(problem)
    alone = hint is None and previous_plan(problem) is None
    tables = Tables(problem) if running and alone else None
    for place in in_order(problem):
        run.tick()
        (events if isinstance(place, Event) else entries).add(place.id)
        part = part_of(problem, events, entries)
        if isinstance(place, Event):
            begin = Beginning(None if hint is not None else running.get(place.id))
            if begin.number is not None and tables is not None:
                free = free_sittings_of(part, place, planned)
                begin = replace(begin, choice=sessions_worth_running(tables, place, free, begin.number, run.tick))
            made = place_event(part, place, planned, run, seed=seed, begin=begin, hint=hint)
        else:
            # A division that rules ask for may be impossible, which is better found out by asking for no more.
            greedy = not together and place in places_that_ask(part)
            made = place_entry(part, place, planned, run, seed=seed, hint=hint, greedy=greedy)
        if made is None and together:
            made = place_together(part, planned, run, seed=seed)
        if made is None:
            return None
        planned = made
    return planned


def in_order(problem: Problem) -> Iterator[Event | SetsEntry]:
    """Events of one session first, then sets, which have the least choice, then the other events; "after" holds."""
    done: set[str] = set()
    early = [event for event in problem.events if event.open_max == 1 or len(event.sessions) <= 1]
    late = [event for event in problem.events if event not in early]

    def with_earlier(event: Event) -> Iterator[Event]:
        if event.id not in done:
            done.add(event.id)
            for other in problem.events:
                if other.id in event.after:
                    yield from with_earlier(other)
            yield event

    for event in early:
        yield from with_earlier(event)
    yield from problem.sets
    for event in late:
        yield from with_earlier(event)


def place_event(
    part: Problem, event: Event, planned: Draft, run: Run, *, seed: int, begin: Beginning, hint: Plan | None
) -> Draft | None:
    """Fill the sessions of one event; the rest stands as planned."""
    pairs = len(part.apart) if event.encounters else 0
    if (len(event.audience) + pairs) * len(event.sessions) > MOST_FOR_THE_MODEL:
        filled = fill_greedily(part, event, planned, begin, seed)
        if filled is not None:
            return filled
    scope = Scope(frozenset({event.id}), {}, planned.as_plan())
    best: Draft | None = None
    for attempt in begin.attempts(part, event):
        model = build(attempt, scope, seed=seed, tick=run.tick, leave_out=NO_REPEATS)
        give_hint(model, hint if hint is not None else previous_plan(part))
        made = ask_for_plan(model, run, seed=seed, work=EVENT_WORK, gap=NEAR_ENOUGH * part.weights.unplaced)
        if made is not None and (best is None or len(made.assignments) > len(best.assignments)):
            best = made
        if best is not None and len(best.assignments) - len(planned.assignments) >= begin.enough:
            break
    return best


def fill_greedily(part: Problem, event: Event, planned: Draft, begin: Beginning, seed: int) -> Draft | None:
    """The event filled by quick choices, with more sessions than it begins with where those leave fewer out."""
    free = free_sittings_of(part, event, planned)
    best: Draft | None = None
    for asked, number in begin.fillings(event):
        seated = fill_sessions(part, asked, free, number, seed)
        filled = Draft((*planned.assignments, *seated), planned.sets)
        if (best is None or len(filled.assignments) > len(best.assignments)) and holds(part, filled):
            best = filled
        if len(seated) >= (begin.enough or len(event.audience)):
            break
    return best


def place_entry(
    part: Problem, entry: SetsEntry, planned: Draft, run: Run, *, seed: int, hint: Plan | None, greedy: bool = False
) -> Draft | None:
    """Form the sets of one entry; the rest stands as planned. ``greedy`` is to give up where quick choices fail."""
    guide = hint if hint is not None else previous_plan(part)
    if guide is None or not any(s.set == entry.id for s in guide.sets):
        sets = form_sets(part, entry, free_sittings_of(part, entry, planned), seed)
        made = Draft(planned.assignments, (*planned.sets, *sets))
        if holds(part, made):
            return made
        if greedy:
            return None
        guide = made.as_plan()
    scope = Scope(frozenset(), {entry.id: None}, planned.as_plan())
    model = build(part, scope, seed=seed, tick=run.tick, leave_out=NO_REPEATS)
    give_hint(model, guide)
    return ask_for_plan(model, run, seed=seed, work=ENTRY_WORK, gap=NEAR_ENOUGH * part.weights.unplaced)


def place_together(part: Problem, planned: Draft, run: Run, *, seed: int) -> Draft | None:
    """Plan all parts so far at once, where the last found no place beside the others."""
    model = build(part, seed=seed, tick=run.tick, leave_out=NO_REPEATS | {"burden"})
    give_hint(model, planned.as_plan())
    return ask_for_plan(model, run, seed=seed, work=JOINT_WORK, gap=math.inf)


def ask_for_plan(model: Model, run: Run, *, seed: int, work: float, gap: float) -> Draft | None:
    """The best plan of a model within so much work, or None."""
    answer = cpsat.ask(
        model.book.cp, run, threads=1, seed=seed, work=work, linearization_level=2, absolute_gap_limit=gap
    )
    return draft(model.variables, answer.value) if answer.solved else None


def give_hint(model: Model, plan: Plan | None) -> None:
    """Begin the search of a model at a plan: what of it is still there."""
    if plan is None:
        return
    cp, variables = model.book.cp, model.variables
    now = values_in(variables, plan)
    literals = [
        *_beside(variables.attends, now.attends),
        *_beside(variables.joins, now.joins),
        *_beside(variables.meets, now.meets),
        *_beside(variables.leads, now.leads),
        *_beside(variables.runs, now.runs),
        *_beside(variables.forms, now.forms),
    ]
    hinted: set[int] = set()
    for literal, value in literals:
        if literal.index not in hinted:  # the constant 1 stands for many
            hinted.add(literal.index)
            cp.add_hint(literal, value)


def _beside(literals: Mapping[Any, Literal], values: Mapping[Any, Literal]) -> Iterator[tuple[Literal, int]]:
    return ((literal, values[key]) for key, literal in literals.items())


def previous_plan(problem: Problem) -> Plan | None:
    """The earlier plan that ``change`` counts against, as a plan to stay near."""
    if problem.previous is None or not problem.weights.change:
        return None
    return Plan("feasible", 0.0, assignments=problem.previous.assignments, sets=problem.previous.sets)


def free_sittings_of(problem: Problem, place: Event | SetsEntry, planned: Draft) -> dict[str, frozenset[str]]:
    """The sittings of a place that each of its parties can attend beside what is planned: answers, clashes, order."""
    others = clashing_sittings(list(problem.sitting_by_id.values()), problem.gap)
    before = too_early(problem)
    sharing: dict[str, list[str]] = {party: [party] for party in place.audience}
    for one, other in parties_sharing_a_person(problem.parties):
        sharing.setdefault(one, [one]).append(other)
        sharing.setdefault(other, [other]).append(one)
    attended: dict[str, set[str]] = {}
    for assigned in planned.assignments:
        attended.setdefault(assigned.party, set()).add(assigned.session)
    for planned_set in planned.sets:
        for party in planned_set.parties:
            attended.setdefault(party, set()).update(meeting.slot for meeting in planned_set.meetings)
    never = {(k.party, k.session) for k in problem.locks if isinstance(k, AttendanceLock) and k.never}
    if isinstance(place, Event):
        sittings = [session.id for session in place.sessions]
    else:
        sittings = [slot.id for round_ in place.rounds for slot in round_.slots]
    free: dict[str, frozenset[str]] = {}
    for party in place.audience:
        busy = {sitting for other in sharing[party] for sitting in attended.get(other, ())}
        free[party] = frozenset(
            sitting
            for sitting in sittings
            if problem.answer(party, sitting) != "no"
            and (party, sitting) not in never
            and others[sitting].isdisjoint(busy)
            and before.get(sitting, frozenset()).isdisjoint(attended.get(party, ()))
        )
    return free


def too_early(problem: Problem) -> dict[str, frozenset[str]]:
    """For each session those of other events that a party cannot attend beside it, because of ``after``."""
    events = {event.id: event for event in problem.events}
    found: dict[str, set[str]] = {}
    for event in problem.events:
        for earlier in (events[name] for name in event.after):
            for session in event.sessions:
                for other in earlier.sessions:
                    if other.end > session.start:
                        found.setdefault(session.id, set()).add(other.id)
                        found.setdefault(other.id, set()).add(session.id)
    return {session: frozenset(others) for session, others in found.items()}


def sessions_to_run(problem: Problem) -> dict[str, int]:
    """How many sessions of each event with encounters to begin with: opening costs against repeats to expect.

    Were parties placed at random, two of n Trusts would share a session of an event with g sessions with probability
    1/g, and the repeats to expect follow. One event at a time is set to its best number until nothing changes.
    """
    events = {event.id: event for event in problem.events if event.encounters and len(event.sessions) > 1}
    chosen: dict[str, int] = {}
    choices: dict[str, list[int]] = {}
    for name, event in events.items():
        fewest, most = _fewest_sessions(problem, event), len(event.sessions)
        most = most if event.open_max is None else min(most, event.open_max)
        choices[name] = list(range(min(most, max(1, event.open_min, fewest)), most + 1))
        chosen[name] = choices[name][0] if choices[name] else 0
    for _ in range(10):
        before = dict(chosen)
        for name in chosen:
            if choices[name]:
                chosen[name] = min(choices[name], key=lambda g: _expected_cost(problem, events, {**chosen, name: g}))
        if chosen == before:
            break
    return {name: g for name, g in chosen.items() if g}


def _fewest_sessions(problem: Problem, event: Event) -> int:
    """How many of its largest sessions hold everybody."""
    seats = sum(problem.party_by_id[party].seats for party in event.audience)
    sizes = sorted((seats if s.max_seats is None else s.max_seats for s in event.sessions), reverse=True)
    held = 0
    for number, size in enumerate(sizes, 1):
        held += size
        if held >= seats:
            return number
    return len(sizes)


def _expected_cost(problem: Problem, events: dict[str, Event], chosen: dict[str, int]) -> float:
    weights = problem.weights
    trusts = len({party.trust for party in problem.parties})
    opening = 0
    times, never = 0.0, 1.0
    for name, event in events.items():
        prices = sorted(session.open_cost for session in event.sessions)
        opening += sum(prices[: chosen[name]])
        if chosen[name] and trusts:
            share = (len(event.audience) / trusts) ** 2 / chosen[name]
            times += share
            never *= 1 - min(1.0, share)
    for entry in problem.sets:
        if entry.encounters and entry.audience:
            size = entry.size_min if entry.size_max is None else (entry.size_min + entry.size_max) / 2
            share = (len(entry.audience) / max(1, trusts)) ** 2 * min(1.0, size / len(entry.audience))
            times += share
            never *= 1 - share
    repeats = math.comb(trusts, 2) * max(0.0, times - 1 + never)
    return weights.open_cost * opening + weights.repeat_encounter * repeats
