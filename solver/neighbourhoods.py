"""Large neighbourhoods: a part of the plan is solved again by CP-SAT, exactly and with everything else standing.

Each neighbourhood is a ``Scope`` drawn around something that may be better: sets with whoever has none, an event with
its closed sessions, a party without a place and the sittings in its way.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from solver import cpsat
from solver.clashes import clashing_sittings
from solver.clock import Run
from solver.construction import give_hint
from solver.drafting import Draft, draft
from solver.model import build
from solver.plan import Plan
from solver.problem import Event, Problem, SetsEntry
from solver.variables import Scope

SETS_AT_ONCE = 4
PARTIES_AT_ONCE = 24
WORK = 1.5

Draw = Callable[[Problem, Plan, random.Random], Scope | None]


def some_sets(problem: Problem, plan: Plan, dice: random.Random) -> Scope | None:
    """A few sets of one entry, formed anew from their members and all who have no set; perhaps one set more or less."""
    entries = [entry for entry in problem.sets if entry.audience]
    if not entries:
        return None
    entry = dice.choice(entries)
    numbers = [planned.number for planned in plan.sets if planned.set == entry.id]
    dice.shuffle(numbers)
    free = set(numbers[: dice.randint(2, SETS_AT_ONCE)])
    spare = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
    if entry.count_max is None or len(numbers) < entry.count_max:
        free.add(spare)
    return Scope(frozenset(), {entry.id: frozenset(free)}, plan)


def some_of_an_event(problem: Problem, plan: Plan, dice: random.Random) -> Scope | None:
    """Some parties of one event, with all who have no session of it; they may open and close sessions."""
    events = [event for event in problem.events if len(event.sessions) > 1 and event.audience]
    if not events:
        return None
    event = dice.choice(events)
    placed = {a.party for a in plan.assignments if a.event == event.id}
    free = [party for party in event.audience if party not in placed]
    others = sorted(placed)
    dice.shuffle(others)
    return Scope(frozenset({event.id}), {}, plan, frozenset([*free, *others[:PARTIES_AT_ONCE]]))


def whole_event(problem: Problem, plan: Plan, dice: random.Random) -> Scope | None:
    """All of one event: which sessions run, and who is in which."""
    events = [event for event in problem.events if event.audience]
    return Scope(frozenset({dice.choice(events).id}), {}, plan) if events else None


def around_an_unplaced(problem: Problem, plan: Plan, dice: random.Random) -> Scope | None:
    """The event or some sets that a party has no place in, with what else it attends on those dates."""
    if not plan.unplaced:
        return None
    lost = dice.choice(plan.unplaced)
    others = clashing_sittings(list(problem.sitting_by_id.values()), problem.gap)
    places: list[Event | SetsEntry] = [*problem.events, *problem.sets]
    place = next(place for place in places if place.id == lost.event)
    if isinstance(place, Event):
        wanted = {s.id for s in place.sessions if problem.answer(lost.party, s.id) != "no"}
    else:
        slots = (s.id for r in place.rounds for s in r.slots)
        wanted = {slot for slot in slots if problem.answer(lost.party, slot) != "no"}
    in_the_way = {other for sitting in wanted for other in others[sitting]}
    events = {a.event for a in plan.assignments if a.party == lost.party and a.session in in_the_way}
    sets: dict[str, frozenset[int]] = {}
    for planned in plan.sets:
        if lost.party in planned.parties and any(m.slot in in_the_way for m in planned.meetings):
            sets[planned.set] = frozenset({planned.number})
    if isinstance(place, Event):
        events.add(place.id)
    else:
        numbers = [s.number for s in plan.sets if s.set == place.id]
        dice.shuffle(numbers)
        sets[place.id] = frozenset(numbers[:SETS_AT_ONCE]) | sets.get(place.id, frozenset())
    return Scope(frozenset(events), sets, plan)


def solve_scope(
    problem: Problem,
    scope: Scope,
    run: Run,
    *,
    seed: int,
    hint: Plan | None = None,
    leave_out: frozenset[str] = frozenset(),
) -> Draft | None:
    """The best plan that CP-SAT finds with only ``scope`` free, beginning at ``hint``, or at the plan as it stands.

    ``leave_out`` are terms that it need not see, for an answer sooner.
    """
    model = build(problem, scope, seed=seed, tick=run.tick, leave_out=leave_out)
    give_hint(model, hint or scope.around)
    answer = cpsat.ask(model.book.cp, run, threads=1, seed=seed, work=WORK, linearization_level=1)
    return draft(model.variables, answer.value) if answer.solved else None
