"""Of all cheapest plans, one that changes least: ties of the objective fall to whoever would have to move."""

from __future__ import annotations

from solver import cpsat
from solver.clock import Run
from solver.construction import give_hint
from solver.drafting import Draft, draft
from solver.model import build
from solver.plan import Plan
from solver.problem import Problem

WORK = 4.0  # CP-SAT's deterministic time: it is only a tie


def with_fewest_changes(problem: Problem, cheapest: Plan, run: Run, *, seed: int) -> Draft | None:
    """A plan that costs no more than ``cheapest``, which is proven optimal, and differs least from ``previous``.

    None where that one cannot be told to differ less: there is no earlier plan, nothing of it changed, or no time.
    """
    if problem.previous is None or not problem.weights.change or not cheapest.terms.get("change"):
        return None
    model = build(problem, seed=seed, tick=run.tick)
    cp = model.book.cp
    cp.add(model.objective <= (cheapest.objective or 0))
    cp.minimize(model.terms["change"])
    give_hint(model, cheapest)

    def over(*_: object) -> bool:
        run.report()
        return run.over

    # A run of its own: the other has proven its plan, and a model is not worked at any more once that is so.
    answer = cpsat.ask(cp, Run(run.left, over), threads=1, seed=seed, work=WORK, linearization_level=2)
    return draft(model.variables, answer.value) if answer.solved else None
