"""Parts of a problem, each a problem of its own: what can be planned, and bounded, without the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from solver.problem import AttendanceLock, Event, Lock, Problem, RunningLock, SetsEntry


def part_of(problem: Problem, events: Collection[str], sets: Collection[str]) -> Problem:
    """The problem that asks for these events and entries of ``sets`` alone.

    What it forbids or prices, the whole problem does too: so that a bound on it is a bound on its share of the whole.
    """
    kept_events = tuple(
        replace(event, after=tuple(name for name in event.after if name in events))
        for event in problem.events
        if event.id in events
    )
    kept_sets = tuple(entry for entry in problem.sets if entry.id in sets)
    sittings = {s.id for event in kept_events for s in event.sessions}
    sittings |= {slot.id for entry in kept_sets for round_ in entry.rounds for slot in round_.slots}
    locks = tuple(lock for lock in problem.locks if _is_about(lock, sittings, sets))
    return replace(problem, events=kept_events, sets=kept_sets, locks=locks)


def _is_about(lock: Lock, sittings: Collection[str], sets: Collection[str]) -> bool:
    if isinstance(lock, AttendanceLock | RunningLock):
        return lock.session in sittings
    return lock.set in sets


def places_that_ask(problem: Problem) -> Iterator[Event | SetsEntry]:
    """The events and entries of ``sets`` in which somebody must be placed: a least number, or a lock."""
    wanted = {lock.session for lock in problem.locks if isinstance(lock, AttendanceLock) and not lock.never}
    wanted |= {lock.session for lock in problem.locks if isinstance(lock, RunningLock) and lock.runs}
    together = {lock.set for lock in problem.locks if not isinstance(lock, AttendanceLock | RunningLock)}
    for event in problem.events:
        if (event.audience and event.open_min) or any(session.id in wanted for session in event.sessions):
            yield event
    for entry in problem.sets:
        slots = (slot.id for round_ in entry.rounds for slot in round_.slots)
        if (entry.audience and entry.count_min) or entry.id in together or any(slot in wanted for slot in slots):
            yield entry


def with_sessions_running(problem: Problem, event: Event, running: int) -> Problem:
    """The problem with exactly so many sessions of the event running."""
    events = tuple(
        replace(other, open_min=running, open_max=running) if other.id == event.id else other
        for other in problem.events
    )
    return replace(problem, events=events)


def with_these_running(problem: Problem, event: Event, running: frozenset[str]) -> Problem:
    """The problem with just these sessions of the event running, but where a lock says otherwise."""
    locked = {lock.session for lock in problem.locks if isinstance(lock, RunningLock)}
    ours = [RunningLock(s.id, runs=s.id in running) for s in event.sessions if s.id not in locked]
    return replace(problem, locks=(*problem.locks, *ours))


def with_prices_folded(problem: Problem, extra: Mapping[str, int], scale: int = 1) -> Problem:
    """The problem ``scale`` times as dear, its burden replaced by ``extra`` for each "if need be" of a party.

    Every price of an attendance becomes one cost, so that parties can pay differently for an "if need be". Burden and
    repeats, which no part sees whole, are left out: bounds add them by other means.
    """
    weights = problem.weights
    costs: dict[str, dict[str, int]] = {}
    for party, answers in problem.availability.items():
        for sitting, answer in answers.items():
            price = scale * weights.costs * problem.cost(party, sitting)
            if answer == "if-need-be":
                price += scale * weights.if_need_be + extra.get(party, 0)
            if price:
                costs.setdefault(party, {})[sitting] = price
    scaled = replace(
        weights,
        unplaced=scale * weights.unplaced,
        open_cost=scale * weights.open_cost,
        mix_imbalance=scale * weights.mix_imbalance,
        change=scale * weights.change,
        costs=1,
        if_need_be=0,
        burden=0,
        repeat_encounter=0,
    )
    return replace(problem, costs=costs, weights=scaled)
