"""Convene's solver: a problem goes in, a plan and a proven bound come out. This module is its whole face.

Stands alone: nothing of the web application, no Flask. The two file formats are in ``docs/problem-format.md``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Matrices are small here: threads of a linear algebra library would only spin beside those of the search. It is read
# when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from solver.check import check, recount
from solver.faults import Fault, FileRefused, PlanRefused, ProblemRefused, Violation
from solver.plan import Plan
from solver.problem import Problem
from solver.reading import read_plan, read_problem

if TYPE_CHECKING:
    from solver.advising import Advice, advise
    from solver.places import Place, explain
    from solver.search import solve

__all__ = [
    "Advice",
    "Fault",
    "FileRefused",
    "Place",
    "Plan",
    "PlanRefused",
    "Problem",
    "ProblemRefused",
    "Violation",
    "advise",
    "check",
    "explain",
    "read_plan",
    "read_problem",
    "recount",
    "solve",
]


def __getattr__(name: str) -> Any:
    """Load the search, with OR-Tools, and prices, with NumPy, only when asked for: checking starts without."""
    if name in ("Place", "explain"):
        from solver import places

        return getattr(places, name)
    if name in ("Advice", "advise"):
        from solver import advising

        return getattr(advising, name)
    if name == "solve":
        from solver.search import solve

        return solve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
