"""Helping with a large problem from another process: a share of the work, from the best plan so far.

Whoever makes the plan searches as it would alone. A first helper raises the bound and improves around the plan between;
further ones walk from seeds of their own, or solve neighbourhoods in the events and sets that fall to them, so that
parts are improved side by side. What they find is merged by ``solver.merging``, in the maker and in each helper.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from solver.clock import Progress, Stopped, silent
from solver.improving import Improver
from solver.merging import Outside, nobody, take_in
from solver.neighbourhoods import around_an_unplaced, solve_scope, some_of_an_event, some_sets, whole_event
from solver.parts import part_of
from solver.plan import Plan
from solver.problem import Problem
from solver.search import COLD, HOT, LEAST_STEPS, MOST_STEPS, STEPS_FOR_EACH, Search, begin, helper_units
from solver.tables import Tables

SEEDS_APART = 100_003
"""Between the seeds of two helpers: a search counts on from its seed."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of the work a helper does: ``number`` counts the helpers from 0, ``of`` says how many there are."""

    number: int
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"there is no share {self.number} of {self.of}")


def help_with(
    problem: Problem,
    plan: Plan,
    share: Share,
    *,
    seconds: float,
    seed: int = 0,
    progress: Progress = silent,
    improved: Callable[[Plan], None] | None = None,
    outside: Outside = nobody,
) -> Plan:
    """Do a share of the work at a problem, in one thread, for so many seconds of wall clock.

    ``plan`` is the best so far with its proven bound; ``progress``, ``improved`` and ``outside`` are as in
    ``solver.search.solve``. Returns the best plan known at the end, with the bound that was proven; never worse than
    ``plan``, if that keeps every rule.
    """
    mine = seed + SEEDS_APART * (share.number + 1)
    search = begin(
        problem, seconds=seconds, threads=1, seed=mine, progress=progress, improved=improved, outside=outside
    )
    take_in(search.keeper, plan)
    with contextlib.suppress(Stopped):
        if search.keeper.best is not None:
            for _ in _work(search, share):
                search.run.tick()
                if search.run.proven:
                    break
    search.run.report()  # what came by in the last moments
    best, run = search.keeper.best, search.run
    if best is None or best.objective is None:
        return Plan("unknown", run.seconds, bound=run.bound)
    bound = min(run.bound, best.objective)
    return replace(best, status="optimal" if run.proven else "feasible", bound=bound, seconds=run.seconds)


def _work(search: Search, share: Share) -> Iterator[None]:
    """What falls to a share, in pieces of some seconds, without end."""
    tables = Tables(search.problem)
    if share.number == 0:
        return helper_units(search.problem, search.keeper, tables, search.run, search.seed)
    if share.number % 2 == 1:
        return _walks(search, tables)
    return _own_neighbourhoods(search, _own_part(search.problem, share))


def _walks(search: Search, tables: Tables) -> Iterator[None]:
    """Short walks, so that what they find is not kept from the others for long."""
    improver = Improver(search.keeper, tables, search.run, search.seed)
    steps = min(MOST_STEPS, max(LEAST_STEPS, STEPS_FOR_EACH * improver.moving)) // 3
    while True:
        improver.anneal(steps, HOT, COLD)
        yield
        improver.dive()
        yield


def _own_part(problem: Problem, share: Share) -> Problem:
    """The events and sets that fall to one of those who solve neighbourhoods, who are every second from share 2 on."""
    solving = max(1, (share.of - 1) // 2)
    places = [s.id for s in problem.sets if s.audience] + [e.id for e in problem.events if e.audience]
    own = set(places[(share.number // 2 - 1) % solving :: solving]) or set(places)
    return part_of(problem, own, own)


def _own_neighbourhoods(search: Search, part: Problem) -> Iterator[None]:
    """Neighbourhoods drawn in a part, solved with everything else standing."""
    dice = random.Random(search.seed)  # noqa: S311 - a search, not a secret
    draws = (some_sets, some_of_an_event, some_sets, whole_event)
    for number in itertools.count():
        plan = search.keeper.best
        if plan is None:
            return
        scope = draws[number % len(draws)](part, plan, dice)
        if scope is None:
            scope = around_an_unplaced(search.problem, plan, dice)
        if scope is not None:
            made = solve_scope(search.problem, scope, search.run, seed=search.seed + number)
            if made is not None:
                search.keeper.offer(made)
        yield
