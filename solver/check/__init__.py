"""The recount: every rule and term from the two files alone, sharing no code with the model that made the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from solver.check import groups, locks, names, placements, times
from solver.check.figures import figures, no_plan, weighted
from solver.check.standing import Standing
from solver.check.terms import counted
from solver.faults import Violation
from solver.plan import Plan
from solver.problem import Problem

__all__ = ["Violation", "check", "objective_of", "recount", "unknown_names"]

RULES: Final[tuple[Callable[[Standing], Iterator[Violation]], ...]] = (
    names.unknown_names,
    placements.one_session_each,
    placements.one_set_each,
    placements.set_numbers,
    times.availability,
    groups.opening,
    groups.seats,
    groups.set_sizes,
    groups.mixes,
    groups.apart,
    times.meetings,
    times.facilitators,
    times.after,
    times.clashes,
    times.resources,
    locks.locks,
)


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every rule the plan breaks and every figure it states wrongly, each with its place; none: the plan holds.

    Of a plan that says there is none ("infeasible", "unknown") only that is checked: that it says nothing else.
    Source: problem format, the table of fields, "Objective" and "Plan".
    """
    if plan.status in ("infeasible", "unknown"):
        return list(no_plan(plan))
    standing = Standing(problem, plan)
    broken = [violation for rule in RULES for violation in rule(standing)]
    return [*broken, *figures(plan, counted(standing), problem.weights)]


def recount(problem: Problem, plan: Plan) -> Mapping[str, int]:
    """The terms of the objective as the plan's placements give them, before weights; what it states is not read."""
    return counted(Standing(problem, plan))


def objective_of(problem: Problem, plan: Plan) -> int:
    """The weighted sum of the recounted terms."""
    return weighted(recount(problem, plan), problem.weights)


def unknown_names(problem: Problem, plan: Plan) -> list[Violation]:
    """What the plan names and the problem does not have: none of it where the plan is one of this problem."""
    return list(names.unknown_names(Standing(problem, plan)))
