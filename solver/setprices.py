"""An entry of ``sets`` at prices: what its sets cost at least, for each number of them.

Whatever the sets are, a party pays no less than for the slots that suit it best. Where the linear program stays quick,
column generation goes on from there to prices at which the bound is higher.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from solver.clock import Run
from solver.columns import (
    IMPOSSIBLE,
    Column,
    Market,
    Master,
    bound_at,
    combinations_of,
    market,
    reduced_prices,
)
from solver.problem import SetsEntry
from solver.tables import Ints, Kind, Tables

SCALE = 8
COLUMNS_AT_ONCE = 60
MOST_ROUNDS = 80
MOST_PARTIES = 400


def least_by_sets(tables: Tables, kind: Kind, extra: Ints, run: Run, *, unplaced: int) -> dict[int, int]:
    """A proven bound for each number of sets; ``extra`` is what each party of the audience pays for a need.

    Fewer sets than can hold everybody count as so many, some of them empty. Changes of earlier sets are not seen.
    """
    entry, problem = kind.place, tables.problem
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    if problem.previous is not None and problem.weights.change:
        tables = Tables(replace(problem, previous=None))
    price = np.rint(SCALE * tables.price[kind.audience]).astype(np.int64)
    price += SCALE * extra[:, None] * tables.need[kind.audience]
    allowed = tables.allowed[kind.audience]
    combinations = combinations_of(tables, entry)
    own = own_cheapest(tables, entry, combinations, np.where(allowed, price, IMPOSSIBLE))
    bounds = {sets: bound_by_own(own, held_by(entry, sets), SCALE * unplaced) for sets in numbers_of_sets(entry)}
    if combinations is not None and len(combinations) and max(bounds) and len(entry.audience) <= MOST_PARTIES:
        of = market(tables, kind, combinations, allowed, price, unplaced=SCALE * unplaced)
        _raise_by_columns(bounds, of, run)
    least: dict[int, int] = {}
    for sets, bound in bounds.items():
        groups = max(fewest_for_everybody(entry), sets)
        least[groups] = min(-(-bound // SCALE), least.get(groups, IMPOSSIBLE))
    return least


def own_cheapest(tables: Tables, entry: SetsEntry, combinations: Ints | None, price: Ints) -> Ints:
    """What each party (a row of ``price``) pays in the slots that suit it best, one for each round.

    ``price`` has a column for each sitting, ``IMPOSSIBLE`` or more where a party cannot come. With too many
    combinations to go through, each round's best slot is taken, whether the slots clash or not.
    """
    if combinations is None:
        rounds = ([tables.sitting[slot.id] for slot in round_.slots] for round_ in entry.rounds)
        return sum(
            (price[:, slots].min(axis=1, initial=IMPOSSIBLE) for slots in rounds), np.zeros(len(price), np.int64)
        )
    own = np.full(len(price), IMPOSSIBLE, dtype=np.int64)
    for slots in combinations:
        np.minimum(own, price[:, slots].sum(axis=1), out=own)
    return own


def bound_by_own(own: Ints, held: int, unplaced: int) -> int:
    """What so many places in sets cost at least: who gains most by it takes one at its own cheapest."""
    gains = np.sort(np.minimum(own - unplaced, 0))
    return unplaced * len(own) + int(gains[:held].sum())


def numbers_of_sets(entry: SetsEntry) -> range:
    """The numbers of sets that there can be, by sizes, count, room in the slots of a round and who may lead them."""
    most = [len(entry.audience) // max(1, entry.size_min), entry.count_max]
    most += [_sum_of_limits(slot.max_sets for slot in round_.slots) for round_ in entry.rounds]
    if entry.facilitators:
        most.append(_sum_of_limits(facilitator.max_sets for facilitator in entry.facilitators))
    fewest_that_limits = min(limit for limit in most if limit is not None)
    return range(min(entry.count_min, fewest_that_limits), fewest_that_limits + 1)


def _sum_of_limits(limits: Iterable[int | None]) -> int | None:
    """The sum of some limits; None where one is missing."""
    total = 0
    for limit in limits:
        if limit is None:
            return None
        total += limit
    return total


def held_by(entry: SetsEntry, sets: int) -> int:
    """How many of the audience so many sets hold at most."""
    n = len(entry.audience)
    return min(n, sets * n if entry.size_max is None else sets * entry.size_max)


def fewest_for_everybody(entry: SetsEntry) -> int:
    """The fewest sets that hold the whole audience, at least 1."""
    return 1 if entry.size_max is None else max(1, -(-len(entry.audience) // max(1, entry.size_max)))


def _raise_by_columns(bounds: dict[int, int], of: Market, run: Run) -> None:
    """For each number of sets the best bound over all prices that column generation goes through."""
    master = Master(of)
    rounds = MOST_ROUNDS if master.solve() else 0
    for _ in range(rounds):
        run.tick()
        prices = master.prices()
        value, order, size, leader = reduced_prices(of, prices)
        cheapest = int(value.min())
        for sets, known in bounds.items():
            bounds[sets] = max(known, bound_at(of, prices, cheapest, sets))
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
