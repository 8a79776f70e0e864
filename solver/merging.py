"""What others found at the same problem, taken into a run: their plan, its parts, and their bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from solver.drafting import Draft
from solver.keeping import Keeper
from solver.plan import Plan

Outside = Callable[[], Iterable[Plan]]
"""Asked now and then: what others found since; a plan without an objective carries a bound alone."""


def nobody() -> Iterable[Plan]:
    """Nobody else is at work."""
    return ()


def take_in(keeper: Keeper, found: Plan) -> None:
    """Take the better of two plans, or the best mixture of them, and the higher of two bounds.

    Nothing is believed unseen: a plan is recounted as any other, and a bound above a plan at hand is none. Parts that
    were improved side by side are taken one by one, so that the work of both counts.
    """
    if found.objective is not None:
        keeper.offer(Draft(found.assignments, found.sets))
        for draft in _mixtures(keeper, found):
            keeper.offer(draft)
    if keeper.best is None or found.bound <= (keeper.best.objective or 0):
        keeper.run.raise_bound(found.bound)


def _mixtures(keeper: Keeper, found: Plan) -> Iterator[Draft]:
    """The best plan so far with one place of another plan in turn, where the two differ there."""
    problem = keeper.problem
    for name in [*(event.id for event in problem.events), *(entry.id for entry in problem.sets)]:
        best = keeper.best
        if best is None:
            return
        theirs = tuple(a for a in found.assignments if a.event == name), tuple(s for s in found.sets if s.set == name)
        ours = tuple(a for a in best.assignments if a.event == name), tuple(s for s in best.sets if s.set == name)
        if set(theirs[0]) != set(ours[0]) or set(theirs[1]) != set(ours[1]):
            assignments = (*(a for a in best.assignments if a.event != name), *theirs[0])
            sets = (*(s for s in best.sets if s.set != name), *theirs[1])
            yield Draft(assignments, sets)
