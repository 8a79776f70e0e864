"""What a peer comes to, and the CP-SAT call the peers share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from solver.plan import Plan

Point = tuple[float, int | None, int]
Clock = Callable[[], float]
SECONDS_BETWEEN_LOOKS = 0.1
WALL_FOR_EACH_SECOND = 20.0


@dataclass
class Found:
    """A plan without figures, a bound that holds (0: none) and (seconds, objective, bound) as they became known."""

    plan: Plan | None = None
    bound: int = 0
    curve: list[Point] = field(default_factory=list)


class _Watch(cp_model.CpSolverSolutionCallback):
    def __init__(self, clock: Clock, points: list[Point]) -> None:
        super().__init__()
        self.clock, self.points = clock, points

    def on_solution_callback(self) -> None:
        bound = max(0, round(self.best_objective_bound))
        self.points.append((self.clock(), round(self.objective_value), bound))


def ask(
    cp: cp_model.CpModel, until: float, threads: int, clock: Clock, points: list[Point]
) -> cp_model.CpSolver | None:
    """Solve at CP-SAT's default settings until ``clock`` says so; None where no solution was found.

    CP-SAT knows the wall clock alone: another clock is looked at beside it.
    """
    solver = cp_model.CpSolver()
    wall = 1.0 if clock is time.monotonic else WALL_FOR_EACH_SECOND
    solver.parameters.max_time_in_seconds = max(0.1, until - clock()) * wall
    solver.parameters.num_workers = threads
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            if clock() >= until:
                solver.stop_search()

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    status = solver.solve(cp, _Watch(clock, points))
    ended.set()
    looker.join()
    return solver if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None
