"""An entry of ``sets`` at prices: what its sets cost at least, for each number of them (column generation)."""

from __future__ import annotations

import numpy as np

from solver.clock import Run
from solver.columns import IMPOSSIBLE, Column, Market, Master, bound_at, combinations_of, market, reduced_prices
from solver.problem import SetsEntry
from solver.tables import Ints, Kind, Tables

SCALE = 8
COLUMNS_AT_ONCE = 60
MOST_ROUNDS = 80
MOST_PARTIES = 400


def least_by_sets(tables: Tables, kind: Kind, extra: Ints, run: Run, *, unplaced: int) -> dict[int, int]:
    """A proven bound for each number of sets; ``extra`` is what each party of the audience pays for a need.

    Fewer sets than can hold everybody count as so many, some of them empty. Empty where nothing is known: too many
    parties or combinations of slots for the linear program, or a previous plan whose numbers count.
    """
    entry, problem = kind.place, tables.problem
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    n = len(entry.audience)
    keeps_previous = problem.previous is not None and problem.weights.change > 0
    combinations = None if keeps_previous or not 0 < n <= MOST_PARTIES else combinations_of(tables, entry)
    if combinations is None:
        return {}
    if not len(combinations):
        return {1: unplaced * n}
    price = np.rint(SCALE * tables.price[kind.audience]).astype(np.int64)
    price += SCALE * extra[:, None] * tables.need[kind.audience]
    of = market(tables, kind, combinations, tables.allowed[kind.audience], price, unplaced=SCALE * unplaced)
    if of.least > n or of.sets == 0:
        return {1: unplaced * n}
    fewest = 1 if entry.size_max is None else max(1, -(-n // max(1, entry.size_max)))
    least: dict[int, int] = {}
    for sets, bound in _at_all_prices(of, run).items():
        groups = max(fewest, sets)
        least[groups] = min(bound, least.get(groups, bound))
    return least


def _at_all_prices(of: Market, run: Run) -> dict[int, int]:
    """For each number of sets the best bound over all prices that column generation goes through."""
    master = Master(of)
    bounds = dict.fromkeys(range(of.fewest, of.sets + 1), 0)
    rounds = MOST_ROUNDS if master.solve() else 0
    for _ in range(rounds):
        run.tick()
        prices = master.prices()
        value, order, size, leader = reduced_prices(of, prices)
        cheapest = int(value.min())
        for sets in bounds:
            bounds[sets] = max(bounds[sets], -(-bound_at(of, prices, cheapest, sets) // SCALE))
        added = 0
        for c in np.argsort(value, kind="stable")[:COLUMNS_AT_ONCE]:
            if value[c] + prices.one_set >= -1:
                break
            members = np.sort(order[c, : size[c]])
            cost = int(of.cost[c, members].sum())
            if cost < IMPOSSIBLE:
                added += master.add(Column(int(c), int(leader[c]), tuple(members.tolist()), cost))
        if not added or not master.solve():
            break
    return bounds
