"""Local search over who is where: one party moves, or two change places, within one kind at a time.

While one kind moves, the others stand still, so that what a party pays in a group is a table and the repeats of a group
are a sum over its members. All moves and swaps of some parties are priced at once, and one is drawn with probability
∝ exp(−Δ/T), to stay being one of them (a heat bath; cf. the "n-fold way" of Bortz, Kalos and Lebowitz, 1975): few
proposals are wasted, which matters in Python. How many sessions run and how many sets there are stays as it is;
``solver.neighbourhoods`` changes that.
"""

from __future__ import annotations

import numpy as np

from solver.standing import Groups, Standing, free_sittings, price_of_group, prices
from solver.tables import Floats, Ints, Tables

NEVER = 1e15
MOST_REFUSALS = 40
ROWS_AT_ONCE = 24
STAY = np.zeros(1)


class Noise:
    """Gumbel noise by the slice: argmin(Δ − T · noise) draws with probability ∝ exp(−Δ/T)."""

    def __init__(self, seed: int, size: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._order: Ints = np.zeros(0, dtype=np.int64)
        self._pool = self.rng.gumbel(size=max(1 << 18, 4 * size)).astype(np.float64)

    def take(self, size: int) -> Floats:
        """So many numbers, from a random place of the pool."""
        start = int(self.rng.integers(0, len(self._pool) - size))
        return self._pool[start : start + size]

    def some_of(self, n: int, most: int) -> Ints:
        """At most so many of the numbers below n, drawn at random."""
        if n <= most:
            return np.arange(n)
        start = int(self.rng.integers(0, n - most + 1))
        if start % 8 == 0 or len(self._order) != n:
            self._order = self.rng.permutation(n)
        return self._order[start : start + most]


def movable(groups: Groups) -> bool:
    """Whether local search can move the parties of a kind: exactly priced, and somewhere to go."""
    counted_by_pairs = groups.kind.each_trust_once or not groups.kind.place.encounters
    return counted_by_pairs and groups.size > 0 and not bool(groups.kind.pinned.all())


class Walk:
    """A walk over the moves of one kind, the rest of the plan standing still."""

    def __init__(self, standing: Standing, groups: Groups, noise: Noise) -> None:
        self.standing, self.groups, self.noise = standing, groups, noise
        self.tables: Tables = standing.tables
        kind, weights = groups.kind, self.tables.problem.weights
        standing.leave(groups)
        self.n, self.g = len(kind.audience), groups.size
        self.rows = np.arange(self.n)
        self.free = free_sittings(self.tables, standing.attends, kind)
        fits = np.ones((self.n, self.g + 1), dtype=np.bool_)
        for g, sittings in enumerate(groups.sittings):
            fits[:, g] = self.free[:, sittings].all(axis=1)
        self.before = (standing.attends[kind.audience] * self.tables.need[kind.audience]).sum(axis=1)
        self.paid = np.where(fits, prices(self.tables, standing.attends, groups), NEVER)
        self.again = np.zeros((self.n, self.n))
        if kind.place.encounters and weights.repeat_encounter:
            trust = self.tables.trust[kind.audience]
            self.again = weights.repeat_encounter * (standing.together[np.ix_(trust, trust)] >= 1).astype(np.float64)
            np.fill_diagonal(self.again, 0.0)
        inside = np.zeros((self.n, self.g + 1))
        inside[self.rows, groups.where] = 1.0
        inside[:, self.g] = 0.0
        self.met = self.again @ inside
        self.taken = np.bincount(groups.where, weights=kind.seats, minlength=self.g + 1).astype(np.int64)
        self.heads = np.bincount(groups.where, minlength=self.g + 1).tolist()
        self.counts = [self._counts_of(mix.value, mix.values) for mix in kind.mixes]
        self.least = np.append(groups.least, 0)
        self.gained = 0.0
        sharing = self.tables.sharing
        self.sharing = np.array([p in sharing for p in kind.audience.tolist()], dtype=np.bool_) if sharing else None

    def _counts_of(self, value: np.ndarray, values: int) -> list[list[int]]:
        counts = np.zeros((self.g + 1, values), dtype=np.int64)
        np.add.at(counts, (self.groups.where, value), 1)
        return [[int(n) for n in row] for row in counts]

    def close(self) -> None:
        """Count the kind in again."""
        self.standing.enter(self.groups)

    def step(self, temperature: float) -> float | None:
        """Make one move; what the objective gains by it (less is better), None where nothing can move.

        Only some parties are looked at in a step, so that it costs the same however many there are. To leave everything
        as it is counts as a move that changes nothing.
        """
        rows = self.noise.some_of(self.n, ROWS_AT_ONCE)
        moves, swaps = self._moves(rows), self._swaps(rows)
        delta = np.concatenate((moves.ravel(), swaps.ravel(), STAY))
        drawn = delta - temperature * self.noise.take(len(delta))
        for _ in range(MOST_REFUSALS):
            i = int(drawn.argmin())
            if i == len(delta) - 1:
                return 0.0
            if delta[i] >= NEVER / 4:
                return None
            change = self._try(rows, i, float(delta[i]), temperature)
            if change is not None:
                self.gained += change
                return change
            drawn[i] = NEVER
        return 0.0

    def _moves(self, rows: Ints) -> Floats:
        """What it changes to move each of these parties to each group, or to none: rows × (groups + 1)."""
        where, kind, g = self.groups.where[rows], self.groups.kind, self.g
        here = self.paid[rows] + self.met[rows]
        each = np.arange(len(rows))
        moves: Floats = here - here[each, where][:, None]
        moves[each, where] = NEVER
        full = self.taken[None, :g] + kind.seats[rows][:, None] > self.groups.most[None, :]
        moves[:, :g][full] = NEVER
        seats_left = self.taken[where] - kind.seats[rows]
        moves[(where < g) & (seats_left < self.least[where])] = NEVER
        moves[kind.pinned[rows]] = NEVER
        return moves

    def _swaps(self, rows: Ints) -> Floats:
        """What it changes to let each of these parties and any other change places: rows × parties."""
        where = self.groups.where
        mine, pinned = where[rows], self.groups.kind.pinned
        now = self.paid[self.rows, where] + self.met[self.rows, where]
        swaps: Floats = (self.paid[rows] + self.met[rows])[:, where] - now[rows][:, None]
        swaps += (self.paid[:, mine] + self.met[:, mine]).T - now[None, :]
        swaps -= 2 * self.again[rows]
        swaps[mine[:, None] == where[None, :]] = NEVER
        swaps[pinned[rows]] = NEVER
        swaps[:, pinned] = NEVER
        return swaps

    def _try(self, rows: Ints, cell: int, delta: float, temperature: float) -> float | None:
        """Make the move of a cell if the rules of its two groups hold; the exact change, or None."""
        moves = len(rows) * (self.g + 1)
        where = self.groups.where
        if cell < moves:
            row, to = divmod(cell, self.g + 1)
            p = int(rows[row])
            return self._shift([(p, int(where[p]), to)], delta, temperature)
        row, q = divmod(cell - moves, self.n)
        p = int(rows[row])
        a, b = int(where[p]), int(where[q])
        return self._shift([(p, a, b), (q, b, a)], delta, temperature)

    def _shift(self, shifts: list[tuple[int, int, int]], delta: float, temperature: float) -> float | None:
        kind, g = self.groups.kind, self.g
        if not self._seats_hold(shifts) or not self._apart_holds(shifts):
            return None
        changed = self._mix_after(shifts)
        if changed is None:
            return None
        extra, counts = changed
        if extra > 0 and self.noise.rng.random() >= np.exp(-extra / max(temperature, 1e-9)):
            return None
        for m, rows in counts:
            for group, row in rows.items():
                self.counts[m][group] = row
        for p, a, b in shifts:
            self.groups.where[p] = b
            self.taken[a] -= kind.seats[p]
            self.taken[b] += kind.seats[p]
            self.heads[a] -= 1
            self.heads[b] += 1
            self.met[:, a] -= self.again[:, p]
            self.met[:, b] += self.again[:, p]
        self.met[:, g] = 0.0
        return delta + extra

    def _seats_hold(self, shifts: list[tuple[int, int, int]]) -> bool:
        seats = self.groups.kind.seats
        if len(shifts) == 1 or seats[shifts[0][0]] == seats[shifts[1][0]]:
            return True  # a single move was priced only where there is room
        for p, _, b in shifts:
            q = shifts[1][0] if p == shifts[0][0] else shifts[0][0]
            if b < self.g:
                taken = self.taken[b] + seats[p] - seats[q]
                if taken > self.groups.most[b] or taken < self.groups.least[b]:
                    return False
        return True

    def _apart_holds(self, shifts: list[tuple[int, int, int]]) -> bool:
        kind, apart = self.groups.kind, self.tables.apart
        if not apart or not kind.place.encounters:
            return True
        moving = {int(kind.audience[p]) for p, _, _ in shifts}
        for p, _, b in shifts:
            others = apart.get(int(kind.audience[p]))
            if others and b < self.g:
                there = set(kind.audience[self.groups.where == b].tolist()) - moving
                if not there.isdisjoint(others):
                    return False
        return True

    def _mix_after(
        self, shifts: list[tuple[int, int, int]]
    ) -> tuple[float, list[tuple[int, dict[int, list[int]]]]] | None:
        """What the moves change in imbalance, with the new counts; None where a mix rule would break."""
        kind, weight = self.groups.kind, self.tables.problem.weights.mix_imbalance
        swap = len(shifts) == 2
        extra = 0
        made: list[tuple[int, dict[int, list[int]]]] = []
        for m, mix in enumerate(kind.mixes):
            if swap and mix.value[shifts[0][0]] == mix.value[shifts[1][0]]:
                continue
            counts = self.counts[m]
            rows: dict[int, list[int]] = {}
            for p, a, b in shifts:
                v = int(mix.value[p])
                for group, step in ((a, -1), (b, 1)):
                    row = rows.setdefault(group, list(counts[group]))
                    row[v] += step
            for group, row in rows.items():
                if group == self.g:
                    continue
                present = sum(row)
                if not mix.allows(row, present):
                    return None
                extra += mix.imbalance(row, present) - mix.imbalance(counts[group], self.heads[group])
            made.append((m, rows))
        return float(weight * extra), made

    def reprice(self, group: int) -> None:
        """Price a group anew after its sittings changed."""
        column = price_of_group(self.tables, self.before, self.groups, group)
        fits = self.free[:, self.groups.sittings[group]].all(axis=1)
        self.paid[:, group] = np.where(fits, column, NEVER)
