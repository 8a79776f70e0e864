"""Events whose encounters count, bounded together with the repeats among them.

Two parties that are in the same session of two events are together in one *cell*, a session of the one crossed with a
session of the other. With j events, a pair that meets t times repeats t − 1 times, at least 2/j of the cells it shares.
So full cells are dear, and who is in one pays its toll. Parties choose their sessions twice, in each event by its
costs and across the events by the tolls; what they are paid for in one choice they pay in the other, so that both
agree as far as prices can make them (Lagrangian decomposition; Guignard and Kim 1987). Integers in, an exact bound out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.ascent import climb
from solver.columns import IMPOSSIBLE
from solver.problem import Event, Session
from solver.sessionprices import (
    At,
    Choice,
    Sittings,
    choose,
    climb_prices,
    first_prices,
    paid_without_care,
    supergradient,
)
from solver.tables import Floats, Ints, Kind, Numbers, Tables

ROUNDS = 300
AIM = 0.2
MOST_WAYS = 40_000


def can_cross(tables: Tables, kinds: Sequence[Kind]) -> bool:
    """Whether these events can be bounded together: few enough ways through them, and no Trust with two parties."""
    parties = {party for kind in kinds for party in kind.audience.tolist()}
    trusts = {int(tables.trust[party]) for party in parties}
    ways = math.prod(len(_sessions(kind)) + 1 for kind in kinds)
    return len(kinds) > 1 and bool(parties) and len(trusts) == len(parties) and ways <= MOST_WAYS


def _sessions(kind: Kind) -> Sequence[Session]:
    assert isinstance(kind.place, Event)  # noqa: S101 - for the type checker
    return kind.place.sessions


@dataclass(frozen=True)
class Crossed:
    """Prices to bound crossing events at: of each event ``at`` and ``moved[i, s]``, of each two ``cell[s, t]``.

    ``moved`` is what a party pays in a session by the event's costs, and is paid back across the events.
    """

    at: tuple[At, ...]
    moved: tuple[Numbers, ...]
    cell: tuple[Numbers, ...]


@dataclass(frozen=True)
class Together:
    """A proven bound for any numbers of running sessions; ``by_cells[c][n]`` is taken off where n cells can be used."""

    events: tuple[str, ...]
    paid: int
    by_running: tuple[Ints, ...]
    by_cells: tuple[Ints, ...]

    def least(self, running: Mapping[str, int]) -> int:
        """What the events cost at least, with the repeats among them, where so many sessions of each run."""
        runs = [running[event] for event in self.events]
        parts = [int(by[min(run, len(by) - 1)]) for by, run in zip(self.by_running, runs, strict=True)]
        pairs = itertools.combinations(runs, 2)
        back = sum(int(by[min(i * j, len(by) - 1)]) for by, (i, j) in zip(self.by_cells, pairs, strict=True))
        return self.paid + sum(parts) - back


class Crossing:
    """Some events, each two of which cross: ``events`` are their costs, ``left_out`` what else each left out costs.

    ``repeat`` is what a repeat costs; all are of one scale.
    """

    def __init__(self, kinds: Sequence[Kind], events: Sequence[Sittings], left_out: Sequence[int], repeat: int) -> None:
        self.names = tuple(kind.place.id for kind in kinds)
        self.events = tuple(events)
        self.pairs = list(itertools.combinations(range(len(events)), 2))
        self.unit = 2 * repeat // max(1, len(events))
        self.sizes = [of.cost.shape[1] + 1 for of in events]
        parties = sorted({party for kind in kinds for party in kind.audience.tolist()})
        row = {party: i for i, party in enumerate(parties)}
        self.rows = [np.array([row[party] for party in kind.audience.tolist()], dtype=np.int64) for kind in kinds]
        self.elsewhere = [
            self._across(of, at, left, len(parties)) for of, at, left in zip(events, self.rows, left_out, strict=True)
        ]

    def _across(self, of: Sittings, at: Ints, left_out: int, parties: int) -> Ints:
        """By party: what it pays across the events for each session, and last for none, before any toll."""
        pays = np.full((parties, of.cost.shape[1] + 1), IMPOSSIBLE, dtype=np.int64)
        pays[:, -1] = 0
        pays[at, :-1] = np.where(of.cost < IMPOSSIBLE, 0, IMPOSSIBLE)
        pays[at, -1] = left_out
        return pays

    def start(self, running: Sequence[int], tick: Callable[[], None]) -> Crossed:
        """Each event's own best prices, and on each cell what one more costs where all are as full as each other."""
        at = tuple(climb_prices(of, first_prices(of), r, tick) for of, r in zip(self.events, running, strict=True))
        each = [len(self.elsewhere[0]) // max(1, running[i] * running[j]) for i, j in self.pairs]
        cell = tuple(
            np.full((self.sizes[i] - 1, self.sizes[j] - 1), self.unit * fill)
            for (i, j), fill in zip(self.pairs, each, strict=True)
        )
        return Crossed(at, tuple(np.zeros_like(of.cost) for of in self.events), cell)

    def ways(self, prices: Crossed) -> tuple[Numbers, list[Ints]]:
        """What each party pays on its cheapest way across the events, and which session of each that takes."""
        pays = []
        for usual, at, moved in zip(self.elsewhere, self.rows, prices.moved, strict=True):
            pay = usual.astype(moved.dtype)
            pay[at, :-1] -= moved
            pays.append(pay)
        half = (len(self.events) + 1) // 2
        cross = np.zeros(self.sizes, dtype=prices.cell[0].dtype)
        for (i, j), cell in zip(self.pairs, prices.cell, strict=True):
            axes = [size if event in {i, j} else 1 for event, size in enumerate(self.sizes)]
            cross += np.pad(cell, ((0, 1), (0, 1))).reshape(axes)
        flat = cross.reshape(math.prod(self.sizes[:half]), -1)
        paid = np.zeros(len(pays[0]), dtype=cross.dtype)
        way = np.zeros(len(paid), dtype=np.int64)
        for p in range(len(paid)):
            whole = flat + _sums([pay[p] for pay in pays[:half]])[:, None]
            whole += _sums([pay[p] for pay in pays[half:]])[None, :]
            way[p] = whole.argmin()
            paid[p] = whole.flat[way[p]]
        return paid, list(np.unravel_index(way, self.sizes))

    def choices(self, prices: Crossed) -> list[Choice]:
        """What each event chooses, its costs moved."""
        return [
            choose(replace(of, cost=of.cost + moved), at)
            for of, moved, at in zip(self.events, prices.moved, prices.at, strict=True)
        ]

    def fullest(self, cell: Numbers) -> Numbers:
        """How many parties in a cell collect most, less what their pairs cost."""
        return np.where(cell > 0, cell // self.unit + 1, 0)

    def collected(self, cell: Numbers) -> Numbers:
        """The most that each cell can collect, less what its pairs cost."""
        full = self.fullest(cell)
        most: Numbers = cell * full - self.unit * (full * (full - 1) // 2)
        return most

    def together(self, prices: Crossed) -> Together:
        """The bound at these prices, which are integers."""
        paid, _ = self.ways(prices)
        by_cells = (np.sort(self.collected(cell), axis=None)[::-1].cumsum() for cell in prices.cell)
        return Together(
            self.names,
            int(paid.sum()),
            tuple(choice.by_running for choice in self.choices(prices)),
            tuple(np.concatenate(([0], by)) for by in by_cells),
        )

    def climb(self, running: Sequence[int], tick: Callable[[], None]) -> Crossed:
        """Prices at which the bound is high with so many sessions running, as integers."""

        def evaluate(point: Sequence[Floats]) -> tuple[float, list[Floats]]:
            prices = self._prices(point)
            paid, taken = self.ways(prices)
            value, up, moved = float(paid.sum()), list[Floats](), list[Floats]()
            for event, choice in enumerate(self.choices(prices)):
                value += float(choice.by_running[running[event]])
                up += supergradient(self.events[event], prices.at[event], choice, running[event])
                moved.append(self._disagree(event, choice, running[event], taken[event]))
            cells: list[Floats] = []
            for (i, j), cell in zip(self.pairs, prices.cell, strict=True):
                most = self.collected(cell)
                used = np.argsort(-most, axis=None, kind="stable")[: running[i] * running[j]]
                value -= float(most.flat[used].sum())
                there = np.zeros(cell.shape)
                both = (taken[i] < cell.shape[0]) & (taken[j] < cell.shape[1])
                np.add.at(there, (taken[i][both], taken[j][both]), 1.0)
                there.flat[used] -= self.fullest(cell).flat[used]
                cells.append(there)
            return value, [*up, *moved, *cells]

        begin = self.start(running, tick)
        point = [array.astype(np.float64) for array in self._point(begin)]
        least = [floor for of in self.events for floor in (-np.inf, *(0.0 for _ in of.mixes))]
        least += [-np.inf] * len(self.events) + [0.0] * len(self.pairs)
        aim = evaluate(point)[0] + AIM * sum(paid_without_care(of) for of in self.events)
        best = climb(evaluate, point, aim, ROUNDS, tick, least=least)
        return self._prices([np.rint(array).astype(np.int64) for array in best])

    def _disagree(self, event: int, choice: Choice, running: int, taken: Ints) -> Floats:
        """By party of the audience and session: 1 where the event alone takes it, less 1 where its way goes there."""
        sessions = self.sizes[event] - 1
        apart = np.zeros((len(self.rows[event]), sessions))
        run = choice.order[:running]
        apart[:, run] = choice.takes[run].T
        mine = taken[self.rows[event]]
        comes = np.flatnonzero(mine < sessions)
        apart[comes, mine[comes]] -= 1.0
        return apart

    def _point(self, prices: Crossed) -> list[Numbers]:
        at = (array for one in prices.at for array in (one.party, *one.tolls))
        return [*at, *prices.moved, *prices.cell]

    def _prices(self, point: Sequence[Numbers]) -> Crossed:
        left = iter(point)
        at = tuple(At(next(left), tuple(next(left) for _ in of.mixes)) for of in self.events)
        moved = tuple(next(left) for _ in self.events)
        return Crossed(at, moved, tuple(left))


def _sums(pays: Sequence[Numbers]) -> Numbers:
    """Every sum of one entry of each, the last one's changing fastest."""
    total = pays[0]
    for pay in pays[1:]:
        total = (total[:, None] + pay[None, :]).ravel()
    return total
