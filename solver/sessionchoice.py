"""Which sessions of an event a first plan should run: those that are cheapest together at prices of its parties.

The prices are those of ``solver.sessionprices``, which prove a bound there and here only choose: whatever they leave
out of view, the plan is made and counted by others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver.columns import IMPOSSIBLE
from solver.problem import Event
from solver.sessionprices import choose, climb_prices, first_prices, sittings_of
from solver.tables import Tables

MOST_COMBINATIONS = 60_000
MORE_AT_MOST = 3


@dataclass(frozen=True)
class Choice:
    """The sessions of an event, the one most worth running first; ``number`` of them seat everybody who can come.

    ``coming`` is how many of its parties can come to any.
    """

    order: tuple[str, ...]
    number: int
    coming: int

    def running(self) -> Iterator[frozenset[str]]:
        """Choices to try, the smallest first: mix and clashes may leave somebody out where seats alone do not."""
        for number in range(self.number, min(self.number + MORE_AT_MOST, len(self.order)) + 1):
            yield frozenset(self.order[:number])


def sessions_worth_running(
    tables: Tables, event: Event, free: Mapping[str, frozenset[str]], running: int, tick: Callable[[], None]
) -> Choice | None:
    """The sessions to begin with, about ``running`` of them; None where that is left to others.

    ``free`` is which sessions each party of the audience can attend beside what is planned.
    """
    names = [session.id for session in event.sessions]
    if not event.audience or running >= len(names) or len(event.audience) * len(names) > MOST_COMBINATIONS:
        return None
    kind = next(kind for kind in tables.kinds if kind.place.id == event.id)
    nothing = np.zeros(len(event.audience), dtype=np.int64)
    of = sittings_of(tables, kind, nothing, scale=1, unplaced=tables.problem.weights.unplaced)
    can = np.array([[name in free[party] for name in names] for party in event.audience], dtype=np.bool_)
    of = replace(of, cost=np.where(can, of.cost, IMPOSSIBLE))
    number = min(max(running, of.fewest, 1), of.running)
    coming = int((of.cost < IMPOSSIBLE).any(axis=1).sum())
    order = choose(of, climb_prices(of, first_prices(of), number, tick)).order
    while number < of.running and of.most[order[:number]].sum() < coming:
        number += 1
    return Choice(tuple(names[s] for s in order[: of.running]), number, coming)
