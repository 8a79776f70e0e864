"""The best plan so far: every plan is recounted from problem and plan alone before it counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from solver.clock import Run
from solver.drafting import Draft, left_out
from solver.plan import Plan
from solver.problem import Problem


def weighted(problem: Problem, terms: dict[str, int]) -> int:
    """The objective: counts times weights."""
    return sum(getattr(problem.weights, term) * count for term, count in terms.items())


Improved = Callable[[Plan], None]


def unseen(plan: Plan) -> None:
    """A better plan that nobody wants to see before the end."""


class Keeper:
    """Keeps the best plan of a run, and shows each to ``improved``. Plans may be offered from any thread."""

    def __init__(self, problem: Problem, run: Run, improved: Improved = unseen) -> None:
        self.problem = problem
        self.run = run
        self.improved = improved
        self.best: Plan | None = None
        self._lock = threading.Lock()

    def offer(self, draft: Draft) -> bool:
        """Recount a plan and keep it if it breaks no rule and is the best so far; say whether it is."""
        from solver.check import check, recount

        plan = draft.as_plan()
        terms = dict(recount(self.problem, plan))
        objective = weighted(self.problem, terms)
        with self._lock:
            if self.best is not None and objective >= (self.best.objective or 0):
                return False
            made = replace(plan, objective=objective, terms=terms, unplaced=tuple(left_out(self.problem, draft)))
            if check(self.problem, made):
                return False
            self.best = made
            self.run.lower_objective(objective)
            self.improved(made)
        return True
