"""Finding a cheapest plan and a proven bound on what any plan could cost."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace

from solver import cpsat
from solver.clock import Progress, Run, Stopped, silent
from solver.drafting import draft
from solver.keeping import Improved, Keeper, unseen
from solver.model import build
from solver.plan import Plan, Status
from solver.problem import Problem

__all__ = ["Progress", "silent", "solve"]


def solve(
    problem: Problem,
    *,
    seconds: float = 60.0,
    threads: int = 0,
    seed: int = 0,
    start: Plan | None = None,
    progress: Progress = silent,
    improved: Improved = unseen,
) -> Plan:
    """Find a cheapest plan and a proven bound on what any plan could cost."""
    run = Run(seconds, progress)
    keeper = Keeper(problem, run, improved)
    threads = threads or os.cpu_count() or 1
    infeasible = False
    with contextlib.suppress(Stopped):
        infeasible = solve_whole(keeper, threads, seed)
    if keeper.best is not None:
        bound = min(run.bound, keeper.best.objective or 0)
        status: Status = "optimal" if run.proven else "feasible"
        return replace(keeper.best, status=status, bound=bound, seconds=run.seconds)
    return Plan("infeasible" if infeasible else "unknown", run.seconds, bound=run.bound)


def solve_whole(keeper: Keeper, threads: int, seed: int) -> bool:
    """Solve the one model of the whole problem; say whether it was found infeasible."""
    run = keeper.run
    model = build(keeper.problem, seed=seed, tick=run.tick)
    answer = cpsat.ask(
        model.book.cp,
        run,
        threads=threads,
        seed=seed,
        linearization_level=2,
        on_bound=run.raise_bound,
        found=lambda solution: keeper.offer(draft(model.variables, solution.value)),
    )
    if answer.solved:
        keeper.offer(draft(model.variables, answer.value))
        run.raise_bound(answer.bound or 0)
    return answer.infeasible
