"""The best plan so far: every plan is recounted from problem and plan alone before it counts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from solver.check import check, recount
from solver.clock import Run
from solver.drafting import Draft, left_out
from solver.plan import Plan
from solver.problem import Problem


def weighted(problem: Problem, terms: Mapping[str, int]) -> int:
    """The objective: counts times weights."""
    return sum(getattr(problem.weights, term) * count for term, count in terms.items())


def counted(problem: Problem, draft: Draft) -> Plan:
    """The draft as a plan with its terms, its objective and its unplaced, as the recount finds them."""
    plan = draft.as_plan()
    terms = dict(recount(problem, plan))
    objective = weighted(problem, terms)
    return replace(plan, objective=objective, terms=terms, unplaced=tuple(left_out(problem, draft)))


def holds(problem: Problem, draft: Draft) -> bool:
    """Whether a draft breaks no rule of the problem."""
    return not check(problem, counted(problem, draft))


def _rank(plan: Plan) -> tuple[int, int]:
    """What makes one plan better than another: it costs less or, where they cost the same, changes less."""
    return plan.objective or 0, plan.terms["change"]


class Keeper:
    """Keeps the best plan of a run. Plans may be offered from any thread."""

    def __init__(self, problem: Problem, run: Run) -> None:
        self.problem = problem
        self.run = run
        self.best: Plan | None = None
        self.refused = 0
        self._lock = threading.Lock()

    def offer(self, draft: Draft) -> bool:
        """Recount a plan and keep it if it breaks no rule and is the best so far; say whether it is."""
        made = counted(self.problem, draft)
        assert made.objective is not None  # noqa: S101 - for the type checker: just counted
        with self._lock:
            if self.best is not None and _rank(made) >= _rank(self.best):
                return False
            if check(self.problem, made):
                self.refused += 1
                return False
            self.best = made
            self.run.lower_objective(made.objective)
        return True
