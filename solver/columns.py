"""Sets as columns: one column is a set with its slots, its facilitator and its members, at its price.

A linear program picks columns so that everybody is in one; its dual prices say what a member, a room in a slot and a
facilitator are worth, and the best column for each combination of slots is then a sorted prefix of the members
(column generation; Gilmore and Gomory 1961, Lübbecke and Desrosiers 2005). That gives a bound at any prices
(``bound_at``), and by taking the best column for good, again and again, sets (``solver.diving``).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from solver.problem import SetsEntry
from solver.tables import Bools, Floats, Ints, Kind, Tables

IMPOSSIBLE = 1 << 40
MOST_COMBINATIONS = 40_000


@dataclass(frozen=True)
class Column:
    """One set: the number of its combination of slots, its facilitator's (-1 for none), its members, its price."""

    combination: int
    leader: int
    members: tuple[int, ...]
    price: int


@dataclass
class Market:
    """What sets can be formed from: who (rows of the audience), which combinations of slots, which facilitators.

    ``slots[c]`` holds the numbers of a combination's slots within ``rooms``, ``cost[c, i]`` what a member pays in it
    (IMPOSSIBLE where it cannot come), ``can_lead[c, f]`` whether a facilitator can. Prices are integers.
    """

    sittings: Ints
    slots: Ints
    cost: Ints
    can_lead: Bools
    rooms: Ints
    leads: Ints
    least: int
    most: int
    fewest: int
    sets: int
    unplaced: int

    @property
    def parties(self) -> int:
        """How many parties there are to place."""
        return int(self.cost.shape[1])


@dataclass(frozen=True)
class Prices:
    """Dual prices as integers: of a member, of a room in a slot, of a facilitator, of one more set."""

    member: Ints
    room: Ints
    leader: Ints
    one_set: int


def combinations_of(tables: Tables, entry: SetsEntry) -> Ints | None:
    """Every combination of one slot for each round in which nobody is asked to be in two places; None if too many."""
    choices = [[tables.sitting[slot.id] for slot in round_.slots] for round_ in entry.rounds]
    if math.prod(len(slots) for slots in choices) > MOST_COMBINATIONS:
        return None
    listed = list(itertools.product(*choices))
    rows = np.array(listed, dtype=np.int64).reshape(len(listed), len(choices))
    good = np.ones(len(rows), dtype=np.bool_)
    for r, s in itertools.combinations(range(len(choices)), 2):
        good &= ~tables.excludes[rows[:, r], rows[:, s]]
    return rows[good]


def market(tables: Tables, kind: Kind, combinations: Ints, free: Bools, price: Ints, *, unplaced: int) -> Market:
    """The market of a whole entry; ``price`` and ``free`` are by party of the audience and sitting."""
    entry = kind.place
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    sittings = np.array([tables.sitting[s.id] for r in entry.rounds for s in r.slots], dtype=np.int64)
    position = {sitting: i for i, sitting in enumerate(sittings.tolist())}
    slots = np.vectorize(position.__getitem__, otypes=[np.int64])(combinations) if combinations.size else combinations
    n = len(kind.audience)
    cost = np.zeros((len(combinations), n), dtype=np.int64)
    for r in range(combinations.shape[1]):
        column = combinations[:, r]
        cost += np.where(free[:, column].T, price[:, column].T, IMPOSSIBLE)
    can_lead = np.ones((len(combinations), max(1, len(entry.facilitators))), dtype=np.bool_)
    for f, facilitator in enumerate(entry.facilitators):
        away = [tables.sitting[slot] for slot in tables.away[facilitator.id]]
        can_lead[:, f] = ~np.isin(combinations, away).any(axis=1)
    rooms = [n if s.max_sets is None else s.max_sets for r in entry.rounds for s in r.slots]
    leads = [n if f.max_sets is None else f.max_sets for f in entry.facilitators] or [n]
    least = max(1, entry.size_min)
    sets = n // least if entry.count_max is None else min(entry.count_max, n // least)
    return Market(
        sittings,
        slots,
        cost,
        can_lead,
        np.array(rooms, dtype=np.int64),
        np.array(leads, dtype=np.int64),
        least,
        n if entry.size_max is None else min(n, entry.size_max),
        entry.count_min,
        sets,
        unplaced,
    )


def reduced_prices(of: Market, prices: Prices) -> tuple[Ints, Ints, Ints, Ints]:
    """The best column for each combination at these prices: (reduced price, order of members, size, facilitator).

    Only availability and size are seen, not the mix: no column that keeps every rule is cheaper.
    """
    reduced = of.cost - prices.member[None, :]
    most = min(of.most, of.parties)
    order = np.argpartition(reduced, most - 1, axis=1)[:, :most] if most < of.parties else None
    if order is None:
        order = np.broadcast_to(np.arange(of.parties), reduced.shape)
    values = np.take_along_axis(reduced, order, axis=1)
    inner = np.argsort(values, axis=1, kind="stable")
    order = np.take_along_axis(order, inner, axis=1)
    sums = np.take_along_axis(values, inner, axis=1).cumsum(axis=1)
    size = sums[:, of.least - 1 :].argmin(axis=1) + of.least
    best = sums[np.arange(len(sums)), size - 1]
    leading = np.where(of.can_lead, prices.leader[None, :], IMPOSSIBLE)
    leader = leading.argmin(axis=1)
    rooms = prices.room[of.slots].sum(axis=1) if of.slots.shape[1] else np.zeros(len(of.slots), dtype=np.int64)
    return best + rooms + leading.min(axis=1), order, size, leader


def bound_at(of: Market, prices: Prices, reduced: int, sets: int | None = None) -> int:
    """What any sets cost at least, by these prices (a Lagrangian bound, in integers and so exact).

    ``reduced`` is the least reduced price of a column, ``sets`` fixes how many sets there are. Every member is paid
    for at its price or left out; rooms and facilitators are handed out at theirs; each set then costs its members,
    rooms and facilitator and at least ``reduced`` more.
    """
    fixed = int(np.minimum(prices.member, of.unplaced).sum())
    fixed -= int((of.rooms * prices.room).sum()) + int((of.leads * prices.leader).sum())
    if sets is not None:
        return fixed + sets * reduced
    return fixed + min(of.fewest * reduced, of.sets * reduced)


class Master:
    """The linear program over the columns so far; columns are added or forbidden, never taken out."""

    def __init__(self, of: Market) -> None:
        self.of = of
        self.columns: list[Column] = []
        self.solved = False
        self._seen: set[tuple[int, int, tuple[int, ...]]] = set()
        self._forbidden: set[int] = set()
        self._asked = np.ones(of.parties, dtype=np.bool_)
        self._limits = (of.rooms.copy(), of.leads.copy(), of.sets)
        self._build()

    def _build(self) -> None:
        of, (rooms, leads, sets) = self.of, self._limits
        self.lp = pywraplp.Solver.CreateSolver("GLOP")
        # A price of one unplaced beside small costs makes it call good answers imprecise; the bound is exact anyway.
        self.lp.SetSolverSpecificParametersAsString("change_status_to_imprecise: false")
        self._taken: list[pywraplp.Variable] = []
        self.lp.Objective().SetMinimization()
        lowest = -self.lp.infinity()
        self._members = [self.lp.Constraint(float(asked), float(asked)) for asked in self._asked.tolist()]
        self._rooms = [self.lp.Constraint(lowest, float(n)) for n in rooms.tolist()]
        self._leads = [self.lp.Constraint(lowest, float(n)) for n in leads.tolist()]
        self._sets = self.lp.Constraint(lowest, float(sets))
        for row in self._members:
            left_out = self.lp.NumVar(0.0, 1.0, "")
            row.SetCoefficient(left_out, 1)
            self.lp.Objective().SetCoefficient(left_out, float(of.unplaced))
        for number, column in enumerate(self.columns):
            self._put_in(column, number in self._forbidden)

    def _put_in(self, column: Column, forbidden: bool) -> None:
        taken = self.lp.NumVar(0.0, 0.0 if forbidden else self.lp.infinity(), "")
        self._taken.append(taken)
        self.lp.Objective().SetCoefficient(taken, float(column.price))
        for member in column.members:
            self._members[member].SetCoefficient(taken, 1)
        for slot in self.of.slots[column.combination]:
            self._rooms[slot].SetCoefficient(taken, 1)
        self._leads[column.leader].SetCoefficient(taken, 1)
        self._sets.SetCoefficient(taken, 1)

    def add(self, column: Column) -> bool:
        """Add a column; whether it is new."""
        key = (column.combination, column.leader, column.members)
        if key in self._seen:
            return False
        self._seen.add(key)
        self.columns.append(column)
        self._put_in(column, False)
        return True

    def forbid(self, column: int) -> None:
        """Take a column out of the choice."""
        self._forbidden.add(column)
        self._taken[column].SetUb(0.0)

    def set_members(self, asked: Bools) -> None:
        """Ask for these members alone to be placed; the others are in sets already."""
        self._asked = asked.copy()
        for row, wanted in zip(self._members, asked.tolist(), strict=True):
            row.SetBounds(float(wanted), float(wanted))

    def set_limits(self, rooms: Ints, leads: Ints, sets: int) -> None:
        """Leave so many rooms, leads and sets."""
        self._limits = (rooms.copy(), leads.copy(), sets)
        for row, limit in zip((*self._rooms, *self._leads), (*rooms.tolist(), *leads.tolist()), strict=True):
            row.SetUb(float(limit))
        self._sets.SetUb(float(sets))

    def solve(self) -> bool:
        """Solve; whether it worked, once more from scratch where going on from the last basis did not."""
        self.solved = self.lp.Solve() == pywraplp.Solver.OPTIMAL
        if not self.solved:
            self._build()
            self.solved = self.lp.Solve() == pywraplp.Solver.OPTIMAL
        return self.solved

    def shares(self) -> Floats:
        """How much of each column is taken; empty where the program was not solved."""
        return np.array([taken.solution_value() for taken in self._taken]) if self.solved else np.zeros(0)

    def prices(self) -> Prices:
        """The dual prices, rounded to integers: any integers prove a bound."""
        return Prices(
            np.array([round(row.dual_value()) for row in self._members], dtype=np.int64),
            np.array([max(0, round(-row.dual_value())) for row in self._rooms], dtype=np.int64),
            np.array([max(0, round(-row.dual_value())) for row in self._leads], dtype=np.int64),
            max(0, round(-self._sets.dual_value())),
        )
