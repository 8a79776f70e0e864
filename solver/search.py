"""Finding a cheapest plan and a proven bound on what any plan could cost.

Small problems are one CP-SAT model. Larger ones are planned part by part, joined, and improved by local search, dives
and large neighbourhoods while bounds of the parts are raised; where that comes to rest, the one model has the last word
if it can be built.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from solver import cpsat
from solver.bounds import Bounder
from solver.clock import Progress, Run, Stopped, silent
from solver.conflicts import find_conflict
from solver.construction import construct, give_hint, previous_plan
from solver.drafting import Draft, draft
from solver.explaining import reasons_for
from solver.improving import Improver
from solver.keeping import Keeper
from solver.leastchange import with_fewest_changes
from solver.merging import Outside, nobody, take_in
from solver.model import build
from solver.neighbourhoods import around_an_unplaced, solve_scope, some_of_an_event, some_sets, whole_event
from solver.plan import Plan, Status
from solver.problem import Problem
from solver.repairing import repaired
from solver.tables import Tables

__all__ = ["Progress", "silent", "solve"]

SMALL_ATTENDANCES = 500
SMALL_MEETINGS = 20_000
LARGEST_MODEL_MEETINGS = 400_000
SMALL_WORK = 12.0
STEPS_FOR_EACH = 30
LEAST_STEPS = 100
MOST_STEPS = 60_000
HOT, COLD = 1.5, 0.35
WARM, COLDER = 1.0, 0.2  # every second walk: at 250 parties this way finds more, at 64 the other does
QUICK_DIVE = 300  # parties: above, walks come first, since a dive takes as long as many of them
CYCLES_WITHOUT_NEWS = 4
UNITS_A_CYCLE = 6
NEIGHBOURHOODS_AT_ONCE = 8


def solve(
    problem: Problem,
    *,
    seconds: float = 60.0,
    threads: int = 0,
    seed: int = 0,
    start: Plan | None = None,
    progress: Progress = silent,
    improved: Callable[[Plan], None] | None = None,
    outside: Outside = nobody,
) -> Plan:
    """Find a cheapest plan and a proven bound on what any plan could cost.

    Parameters
    ----------
    seconds : wall clock from the call, model building included
    threads : search workers; 0 is one per core. With one thread and the same seed, a run that ends by itself finds the
        same plan
    seed : breaks ties between parties that are equal otherwise
    start : a plan of the same problem to begin from; what does not fit is left aside
    progress : called as progress(objective, bound, seconds), weighted points, bound <= objective; return True to stop
    improved : told each better plan, recounted and holding every rule, without the reasons of its unplaced
    outside : asked about twice a second what others found at the same problem: plans and bounds to go on from

    Returns a Plan whose status says what was proven; "infeasible" comes with a smallest conflict, not an exception.
    Raises ValueError if ``seconds`` is negative, MemoryError where memory runs out: ``improved`` was told the best plan
    by then. Source: problem format, "Objective" and "Plan".
    """
    if seconds < 0:
        raise ValueError("seconds must not be negative")
    search = begin(
        problem,
        seconds=seconds,
        threads=threads or os.cpu_count() or 1,
        seed=seed,
        progress=progress,
        improved=improved,
        outside=outside,
    )
    with contextlib.suppress(Stopped):
        search.go(start)
        search.settle_ties()
    search.finish()
    search.run.report()  # what came by in the last moments
    if search.run.lacked_memory:
        raise MemoryError
    return search.result()


def begin(
    problem: Problem,
    *,
    seconds: float,
    threads: int,
    seed: int,
    progress: Progress,
    improved: Callable[[Plan], None] | None,
    outside: Outside,
) -> Search:
    """A search at its start, its clock running, that hears of others and tells as ``solve`` says."""
    shown: Plan | None = None

    def tell(objective: int | None, bound: int, so_far: float) -> bool | None:
        nonlocal shown
        for found in outside():
            take_in(search.keeper, found)
        if improved is not None and search.keeper.best is not shown and search.keeper.best is not None:
            shown = search.keeper.best
            improved(replace(shown, bound=bound, seconds=so_far))
        return progress(objective, bound, so_far)

    search = Search(problem, Run(seconds, tell), threads=threads, seed=seed)
    return search


class Search:
    """One run: its best plan, its bound, and the helpers that work beside it."""

    def __init__(self, problem: Problem, run: Run, *, threads: int, seed: int) -> None:
        self.problem, self.run, self.threads, self.seed = problem, run, threads, seed
        self.keeper = Keeper(problem, run)
        self.conflict: tuple[str, ...] | None = None
        self._helpers: list[threading.Thread] = []
        self._bounding = False

    @cached_property
    def tables(self) -> Tables:
        """The problem as local search and bounds look at it."""
        return Tables(self.problem)

    @cached_property
    def units(self) -> Iterator[None]:
        """Bounds, then neighbourhoods and bounds, in pieces."""
        return helper_units(self.problem, self.keeper, self.tables, self.run, self.seed)

    @cached_property
    def is_small(self) -> bool:
        """Whether the one model is likely to be solved as it stands."""
        return is_small(self.problem, possible_meetings(self.problem))

    def go(self, start: Plan | None) -> None:
        """Search until something is proven, nothing gets better any more, or the run is over (raises Stopped)."""
        self.run.tick()
        self.begin_from(start if start is not None else previous_plan(self.problem))
        if self.is_small:
            self.solve_whole(work=SMALL_WORK)
            if self.run.proven or self.conflict is not None:
                return
        if self.keeper.best is None:
            self.first_plan(start)
        if self.keeper.best is None or self.run.proven:
            return
        self.improve()
        if not self.run.proven and possible_meetings(self.problem) <= LARGEST_MODEL_MEETINGS:
            self.stop_helpers()
            self.solve_whole(work=None)

    def begin_from(self, start: Plan | None) -> None:
        """Make what can be made of an earlier plan: what still fits of it, mended where something does not."""
        if start is not None:
            for made in repaired(self.problem, start, self.run, seed=self.seed):
                if self.keeper.offer(made) and not self.is_small:
                    self.begin_bounding()

    def begin_bounding(self) -> None:
        """Raise the bound from the first plan that was mended on, so that a first comparison has one; only once."""
        if self._bounding:
            return
        self._bounding = True
        if self.threads > 1:
            self.start_helper(self.units)
            return
        for _ in zip(range(len(self.problem.events) + len(self.problem.sets)), self.units, strict=False):
            self.run.tick()

    def settle_ties(self) -> None:
        """Of the plans that are proven to be cheapest, take one that changes least."""
        if self.run.proven and self.keeper.best is not None:
            made = with_fewest_changes(self.problem, self.keeper.best, self.run, seed=self.seed)
            if made is not None:
                self.keeper.offer(made)

    def solve_whole(self, work: float | None) -> None:
        """Solve the one model of the whole problem, from the best plan so far."""
        model = build(self.problem, seed=self.seed, tick=self.run.tick)
        give_hint(model, self.keeper.best)
        answer = cpsat.ask(
            model.book.cp,
            self.run,
            threads=self.threads,
            seed=self.seed,
            work=work,
            linearization_level=2,
            found=lambda solution: self.keeper.offer(draft(model.variables, solution.value)),
            on_bound=self.run.raise_bound,
        )
        if answer.solved:
            self.keeper.offer(draft(model.variables, answer.value))
            self.run.raise_bound(answer.bound or 0)
        elif answer.infeasible and self.keeper.best is None:
            self.look_for_conflict()

    def first_plan(self, start: Plan | None) -> None:
        """A first plan, part by part; where that fails, the conflict that forbids one, or a plan with more effort."""
        made = construct(self.problem, self.run, seed=self.seed, hint=start, together=False)
        if made is not None and self.keeper.offer(made):
            return
        self.look_for_conflict()
        if self.conflict is None:
            made = construct(self.problem, self.run, seed=self.seed, hint=start)
            if made is not None:
                self.keeper.offer(made)

    def look_for_conflict(self) -> None:
        """Find a plan without regard to its price, or the smallest set of rules that cannot hold together."""
        found = find_conflict(self.problem, self.run, seed=self.seed)
        if isinstance(found, Draft):
            self.keeper.offer(found)
        else:
            self.conflict = found

    def improve(self) -> None:
        """Local search in this thread; bounds and neighbourhoods in others, or in turns where there is one thread."""
        improver = Improver(self.keeper, self.tables, self.run, self.seed)
        units = self.units
        self.start_helpers()
        dives_are_quick = max((len(s.audience) for s in self.problem.sets), default=0) <= QUICK_DIVE
        usual = max(LEAST_STEPS, STEPS_FOR_EACH * improver.moving)
        improver.anneal(min(MOST_STEPS, usual) // 3, HOT, COLD)
        if dives_are_quick:
            improver.dive()
        steps, quiet, course = min(MOST_STEPS, usual), 0, itertools.cycle(((WARM, COLDER), (HOT, COLD)))
        while quiet < CYCLES_WITHOUT_NEWS and not self.run.proven:
            before = (self.run.objective, self.run.bound)
            better = improver.anneal(steps, *next(course))
            if dives_are_quick or not better:
                improver.dive()
            if self.threads == 1:
                for _ in zip(range(UNITS_A_CYCLE), units, strict=False):
                    self.run.report()
            self.run.tick()
            steps = min(2 * steps, MOST_STEPS, 6 * usual)
            quiet = 0 if (self.run.objective, self.run.bound) != before else quiet + 1

    def start_helpers(self) -> None:
        """One thread raises bounds and tries neighbourhoods, unless it does already; any others try neighbourhoods."""
        for number in range(1 + len(self._helpers), self.threads):
            further = self.seed + number
            self.start_helper(
                self.units if number == 1 else neighbourhood_units(self.problem, self.keeper, self.run, further)
            )

    def start_helper(self, units: Iterator[None]) -> None:
        """Work through these pieces in a thread of their own."""
        thread = threading.Thread(target=_work_through, args=(units, self.run), daemon=True)
        self._helpers.append(thread)
        thread.start()

    def stop_helpers(self) -> None:
        """Wait for the helpers to end what they are at."""
        self.run.helpers_stopped = True
        for thread in self._helpers:
            while thread.is_alive():
                thread.join(0.2)
                self.run.report()
        self._helpers.clear()
        self.run.helpers_stopped = False

    def finish(self) -> None:
        """End the helpers once the search is over."""
        self.run.stopped = True
        for thread in self._helpers:
            thread.join(2.0)

    def result(self) -> Plan:
        """The best plan with what was proven, or why there is none."""
        run, best = self.run, self.keeper.best
        if best is None:
            if self.conflict is not None:
                return Plan("infeasible", run.seconds, bound=0, conflict=self.conflict)
            return Plan("unknown", run.seconds, bound=run.bound)
        objective = best.objective or 0
        status: Status = "optimal" if run.proven else "feasible"
        bound = min(run.bound, objective)
        return replace(best, status=status, bound=bound, seconds=run.seconds, unplaced=reasons_for(self.problem, best))


def _work_through(units: Iterator[None], run: Run) -> None:
    try:
        with contextlib.suppress(Stopped):
            for _ in units:
                if run.over or run.proven or run.helpers_stopped:
                    return
    except MemoryError:
        run.end_for_want_of_memory()


def helper_units(problem: Problem, keeper: Keeper, tables: Tables, run: Run, seed: int) -> Iterator[None]:
    """What helps beside local search, in pieces of a second or two: bounds first, then neighbourhoods and bounds.

    Prices follow the best plan as it changes; CP-SAT, which takes longer and mostly adds little, waits until it rests.
    """
    bounder = Bounder(problem, tables, run, seed)
    neighbourhoods = neighbourhood_units(problem, keeper, run, seed)
    while True:
        bounded = keeper.best
        yield from bounder.at_prices(bounded)
        for _ in zip(range(NEIGHBOURHOODS_AT_ONCE), neighbourhoods, strict=False):
            yield
        if keeper.best is bounded:
            yield from bounder.look_closer()
        while keeper.best is bounded:
            for _ in zip(range(NEIGHBOURHOODS_AT_ONCE), neighbourhoods, strict=False):
                yield


def neighbourhood_units(problem: Problem, keeper: Keeper, run: Run, seed: int) -> Iterator[None]:
    """Neighbourhoods without end, drawn at random around the best plan."""
    dice = random.Random(seed)  # noqa: S311 - a search, not a secret
    draws = (around_an_unplaced, some_sets, some_of_an_event, some_sets, whole_event)
    for number in range(1 << 30):
        plan = keeper.best
        scope = None if plan is None else draws[number % len(draws)](problem, plan, dice)
        if scope is not None:
            made = solve_scope(problem, scope, run, seed=seed + number)
            if made is not None and keeper.offer(made):
                run.report()
        yield


def possible_meetings(problem: Problem) -> int:
    """How many "these two may be in this group" the one model would have to look at."""
    if not problem.weights.repeat_encounter:
        return 0
    events = sum(math.comb(len(e.audience), 2) * len(e.sessions) for e in problem.events if e.encounters)
    sets = sum(math.comb(len(s.audience), 2) * (len(s.audience) // max(1, s.size_min)) for s in problem.sets)
    return events + sets


def is_small(problem: Problem, meetings: int) -> bool:
    """Whether the one model is likely to be solved as it stands."""
    attendances = sum(len(answers) for answers in problem.availability.values())
    in_sets = sum(len(s.audience) * (len(s.audience) // max(1, s.size_min)) for s in problem.sets)
    return attendances + in_sets <= SMALL_ATTENDANCES and meetings <= SMALL_MEETINGS
