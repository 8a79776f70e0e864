"""Running CP-SAT so that it can be watched and stopped: in a thread of its own, while the caller's keeps reporting."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from solver.clock import Run

SECONDS_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True)
class Answer:
    """What CP-SAT said: ``value`` reads a literal of its best solution, ``bound`` is proven and rounded up safely.

    ``core`` holds the indices of assumptions that cannot hold together, where it found the model infeasible.
    """

    solved: bool
    proven: bool
    infeasible: bool
    bound: int | None
    value: Callable[[Any], int]
    core: tuple[int, ...] = ()


class BestSoFar(cp_model.CpSolverSolutionCallback):
    """Tells each better solution as it is found."""

    def __init__(self, found: Callable[[cp_model.CpSolverSolutionCallback], object]) -> None:
        super().__init__()
        self._found = found

    def on_solution_callback(self) -> None:
        """Called by CP-SAT, in a thread of its own."""
        self._found(self)


def ask(
    cp: cp_model.CpModel,
    run: Run,
    *,
    threads: int,
    seed: int,
    work: float | None = None,
    seconds: float | None = None,
    found: Callable[[Any], object] | None = None,
    on_bound: Callable[[int], None] | None = None,
    **parameters: Any,
) -> Answer:
    """Solve a model within what is left of the run.

    ``work`` limits it in CP-SAT's deterministic time, so that a run with one thread can be repeated; ``found`` is told
    each better solution and ``on_bound`` each better bound. Other keywords are CP-SAT's parameters of that name.
    """
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed
    # CP-SAT would take Ctrl-C away from whoever runs us, and not give it back afterwards.
    solver.parameters.catch_sigint_signal = False
    limit = run.left if seconds is None else min(run.left, seconds)
    solver.parameters.max_time_in_seconds = max(0.01, limit)
    if work is not None:
        solver.parameters.max_deterministic_time = work
    for name, setting in parameters.items():
        setattr(solver.parameters, name, setting)
    if on_bound is not None:
        solver.best_bound_callback = lambda bound: on_bound(rounded_up(bound))
    callback = None if found is None else BestSoFar(found)
    outcome: list[Any] = []

    def search() -> None:
        try:
            outcome.append(solver.solve(cp, callback))
        except MemoryError:
            run.end_for_want_of_memory()

    thread = threading.Thread(target=search, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(SECONDS_BETWEEN_LOOKS)
        run.report()
        if run.over or run.proven:
            solver.stop_search()
    return _answer(solver, outcome[0] if outcome else cp_model.UNKNOWN)


def _answer(solver: cp_model.CpSolver, status: Any) -> Answer:
    solved = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    known = solved or status == cp_model.UNKNOWN
    return Answer(
        solved=solved,
        proven=status == cp_model.OPTIMAL,
        infeasible=status == cp_model.INFEASIBLE,
        bound=rounded_up(solver.best_objective_bound) if known else None,
        value=solver.value,
        core=tuple(solver.sufficient_assumptions_for_infeasibility()) if status == cp_model.INFEASIBLE else (),
    )


def rounded_up(bound: float) -> int:
    """The integer bound that a bound in floating point proves: up to the next integer, unless rounding made it so.

    CP-SAT counts in integers and scales what it tells: a few roundings of a double, each of 1.1e-16 of the bound.
    """
    if not math.isfinite(bound):
        return 0
    return math.ceil(bound - max(1e-6, abs(bound) * 1e-12))
