"""What a plan says about itself: status, objective, bound, terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from solver.faults import Violation
from solver.plan import TERMS, Plan
from solver.problem import Weights


def weighted(terms: Mapping[str, int], weights: Weights) -> int:
    """The objective: the weighted sum of the terms."""
    return sum(count * getattr(weights, term) for term, count in terms.items())


def figures(plan: Plan, terms: Mapping[str, int], weights: Weights) -> Iterator[Violation]:
    """The stated terms and objective are those recounted; the bound does not exceed it, and "optimal" is proven."""
    for term in TERMS:
        if plan.terms.get(term) != terms[term]:
            stated = plan.terms.get(term, "missing")
            yield Violation(f"terms.{term}", f"is {stated}, and the recount gives {terms[term]}")
    objective = weighted(terms, weights)
    if plan.objective is None:
        yield Violation("objective", f"is missing, and the recount gives {objective}")
        return
    if plan.objective != objective:
        yield Violation("objective", f"is {plan.objective}, and the recount gives {objective}")
    if plan.bound > plan.objective:
        yield Violation("bound", f"is {plan.bound}, above the objective {plan.objective}")
    if plan.status == "optimal" and plan.bound < plan.objective:
        sentence = f"is optimal, but the bound {plan.bound} is below the objective {plan.objective}"
        yield Violation("status", sentence)
    if plan.conflict:
        yield Violation("conflict", f'stands with status "infeasible" only, not with "{plan.status}"')


def no_plan(plan: Plan) -> Iterator[Violation]:
    """Without a plan there is nothing but the status, its bound and, where it is infeasible, why."""
    for place in ("objective", "terms", "assignments", "sets", "unplaced"):
        if getattr(plan, place) not in (None, (), {}):
            yield Violation(place, f'cannot stand with status "{plan.status}", which says that there is no plan')
    if plan.status == "infeasible" and not plan.conflict:
        yield Violation("conflict", "is missing: it says which rules and locks cannot hold together")
    if plan.status != "infeasible" and plan.conflict:
        yield Violation("conflict", f'stands with status "infeasible" only, not with "{plan.status}"')
