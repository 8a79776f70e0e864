"""Forming all sets of an entry anew by column generation: the best column is taken for good, again and again.

The rest of the plan stands. What a set pays includes its imbalance, its members' burden and the repeats with whom they
meet elsewhere, so that the sets suit the plan they join; and what it keeps of an earlier plan is taken off. In the end
the cheapest mixture is taken of all columns that came by, those of the present sets among them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.clock import Run
from solver.columns import (
    IMPOSSIBLE,
    Column,
    Market,
    Master,
    combinations_of,
    market,
    reduced_prices,
)
from solver.earliersets import Bench, bench, earlier_sets
from solver.mixing import Mixture
from solver.problem import SetsEntry
from solver.standing import Groups, Standing, free_sittings
from solver.tables import Bools, Ints, Kind, Tables

SCALE = 8
COLUMNS_AT_ONCE = 50
ROUNDS_AT_THE_TOP = 60
ROUNDS_BELOW = 4


@dataclass
class Table:
    """What a dive needs to know about its members: mixes, repeats and who is kept apart."""

    tables: Tables
    kind: Kind
    again: Ints

    def column(self, of: Market, combination: int, leader: int, reduced: Ints, alive: Bools) -> Column | None:
        """The best column that keeps the mix, by greedy choice, for one combination; ``reduced`` is by member."""
        best: Column | None = None
        best_reduced = IMPOSSIBLE
        can = alive & (of.cost[combination] < IMPOSSIBLE)
        able = np.where(can)[0]
        able = able[np.argsort(reduced[able], kind="stable")][: 4 * of.most]
        for size in range(of.least, min(of.most, len(able)) + 1):
            members = self._greedy(able, reduced, size)
            if members is None:
                continue
            made = self.priced(of, combination, leader, members)
            value = int(reduced[members].sum()) + made.price - int(of.cost[combination, members].sum())
            if value < best_reduced:
                best_reduced = value
                best = made
        return best

    def priced(self, of: Market, combination: int, leader: int, members: list[int]) -> Column:
        """The column of these members, with its imbalance and repeats in its price."""
        price = int(of.cost[combination, members].sum()) + self._extra(members)
        return Column(combination, leader, tuple(sorted(members)), price)

    def _greedy(self, able: Ints, reduced: Ints, size: int) -> list[int] | None:
        wanted = reduced[able].astype(np.float64)
        chosen: list[int] = []
        counts = [[0] * mix.values for mix in self.kind.mixes]
        limits = [
            min(size if mix.share is None else math.floor(mix.share * size), size if mix.most is None else mix.most)
            for mix in self.kind.mixes
        ]
        while len(chosen) < size:
            i = int(wanted.argmin())
            if wanted[i] >= IMPOSSIBLE:
                return None
            member = int(able[i])
            wanted[i] = IMPOSSIBLE
            values = [int(mix.value[member]) for mix in self.kind.mixes]
            if any(counts[m][v] >= limits[m] for m, v in enumerate(values)) or self._kept_apart(member, chosen):
                continue
            chosen.append(member)
            for m, v in enumerate(values):
                counts[m][v] += 1
            wanted += self.again[able, member]
        if all(mix.allows(counts[m], size) for m, mix in enumerate(self.kind.mixes)):
            return chosen
        return None

    def _kept_apart(self, member: int, chosen: list[int]) -> bool:
        if not self.kind.place.encounters:
            return False
        audience = self.kind.audience
        others = self.tables.apart.get(int(audience[member]))
        return bool(others) and any(int(audience[other]) in (others or ()) for other in chosen)

    def _extra(self, members: list[int]) -> int:
        """Imbalance and repeats of a set, in scaled points."""
        weights = self.tables.problem.weights
        imbalance = 0
        for mix in self.kind.mixes:
            counts = np.bincount(mix.value[members], minlength=mix.values).tolist()
            imbalance += mix.imbalance(counts, len(members))
        pairs = int(self.again[np.ix_(members, members)].sum()) // 2
        return SCALE * weights.mix_imbalance * imbalance + pairs


def reform(standing: Standing, groups: Groups, run: Run, seed: int) -> Groups | None:
    """New sets for an entry beside the rest of the plan, or None where a dive cannot help.

    Sets with locked members, locked slots or shared people stay as they are; the others are formed anew.
    """
    tables, kind = standing.tables, groups.kind
    entry = kind.place
    if not isinstance(entry, SetsEntry) or len(kind.audience) < max(1, entry.size_min):
        return None
    if tables.using & {tables.sitting[s.id] for r in entry.rounds for s in r.slots}:
        return None
    combinations = combinations_of(tables, entry)
    if combinations is None or not len(combinations):
        return None
    kept = [g for g in range(groups.size) if _stays(tables, groups, g)]
    attends = standing.attends.copy()
    attends[kind.audience] -= standing.attendance_in(groups)
    together = standing.together - standing.encounters_in(groups)
    usual = _priced_market(tables, kind, combinations, attends)
    alive = ~kind.pinned
    _reserve(standing, groups, kept, usual, alive)
    of = bench(usual, tables, kind, frozenset(int(groups.names[g]) for g in kept), SCALE)
    weight = tables.problem.weights.repeat_encounter if entry.encounters else 0
    trust = tables.trust[kind.audience]
    again = SCALE * weight * (together[np.ix_(trust, trust)] >= 1).astype(np.int64)
    np.fill_diagonal(again, 0)
    table = Table(tables, kind, again)
    mixture, master = Mixture(of, tables.clashes, alive, led=bool(entry.facilitators)), Master(of)
    present = [g for g in range(groups.size) if g not in kept]
    for column in _as_columns(of, table, groups, present):
        master.add(column)
    of.cost[:, ~alive] = IMPOSSIBLE
    _leave_for(master, alive)
    generate(master, table, alive, ROUNDS_AT_THE_TOP, run)
    prices = master.prices()
    chosen = _dive(master, table, alive, run, seed)
    likely = dict.fromkeys([*chosen, *mixture.likely(master.columns, prices)])
    best = mixture.cheapest(list(likely), chosen, run, seed)
    return _regrouped(groups, tables, kept, of, chosen if best is None else best)


def _stays(tables: Tables, groups: Groups, g: int) -> bool:
    if any(s in tables.locked_sittings for s in groups.sittings[g]):
        return True
    return bool(groups.kind.pinned[groups.where == g].any())


def _priced_market(tables: Tables, kind: Kind, combinations: Ints, attends: Ints) -> Market:
    weights = tables.problem.weights
    free = free_sittings(tables, attends, kind)
    locked = [s for s in tables.locked_sittings if s < free.shape[1]]
    free[:, locked] = False
    price = np.rint(SCALE * tables.price[kind.audience]).astype(np.int64)
    of = market(tables, kind, combinations, free, price, unplaced=SCALE * weights.unplaced)
    before = (attends[kind.audience] * tables.need[kind.audience]).sum(axis=1)
    need = np.zeros_like(of.cost)
    for r in range(combinations.shape[1]):
        need += tables.need[kind.audience][:, combinations[:, r]].T
    beyond = np.maximum(0, before + need - 1) - np.maximum(0, before - 1)
    of.cost += SCALE * weights.burden * beyond
    return of


def _as_columns(of: Bench, table: Table, groups: Groups, present: list[int]) -> Iterator[Column]:
    """The sets as they are, those whose row the market has."""
    entry = groups.kind.place
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    position = {sitting: i for i, sitting in enumerate(of.sittings.tolist())}
    leader_number = {f.id: i for i, f in enumerate(entry.facilitators)}
    for g in present:
        leader = leader_number.get(groups.facilitators[g] or "", 0)
        number = int(groups.names[g]) if int(groups.names[g]) in of.number else 0
        slots = np.array([position[sitting] for sitting in groups.sittings[g]], dtype=np.int64)
        rows = np.flatnonzero((of.number == number) & (of.meetings == slots).all(axis=1) & of.can_lead[:, leader])
        members = np.flatnonzero(groups.where == g).tolist()
        if len(rows) and (of.cost[rows[0], members] < IMPOSSIBLE).all():
            yield table.priced(of, int(rows[0]), leader, members)


def _reserve(standing: Standing, groups: Groups, kept: list[int], of: Market, alive: Bools) -> None:
    """Take from the market what the sets that stay, and facilitators' meetings in other entries, use."""
    tables, entry = standing.tables, groups.kind.place
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    leader_number = {f.id: i for i, f in enumerate(entry.facilitators)}
    room = {sitting: i for i, sitting in enumerate(of.sittings.tolist())}
    of.sets -= len(kept)
    for other in standing.groups:
        for g, sittings in enumerate(other.sittings):
            mine = other is groups
            if mine and g not in kept:
                continue
            if mine:
                alive[groups.where == g] = False
                for sitting in sittings:
                    of.rooms[room[sitting]] -= 1
            name = other.facilitators[g]
            if name in leader_number:
                if mine:
                    of.leads[leader_number[name]] -= 1
                _block(tables, of, leader_number[name], np.array(sittings, dtype=np.int64))


def _block(tables: Tables, of: Market, leader: int, sittings: Ints) -> None:
    """A facilitator busy in these sittings can lead no set that meets in them or in what clashes with them."""
    meetings = of.meetings if isinstance(of, Bench) else of.slots
    if meetings.shape[1]:
        busy = np.asarray(tables.clashes[of.sittings][:, sittings].any(axis=1) | np.isin(of.sittings, sittings))
        of.can_lead[busy[meetings].any(axis=1), leader] = False


def _dive(master: Master, table: Table, alive: Bools, run: Run, seed: int) -> list[Column]:
    """Take columns for good until nobody is left who fits."""
    rng = np.random.default_rng(seed)
    of = master.of
    chosen: list[Column] = []
    while int(alive.sum()) >= of.least and of.sets > 0:
        run.tick()
        _leave_for(master, alive)
        generate(master, table, alive, ROUNDS_BELOW, run)
        shares = master.shares()
        if not len(shares) or shares.max() < 1e-6:
            break
        # Near ties fall by the seed.
        best = int(np.argmax(shares + 0.05 * rng.random(len(shares)) * (shares > 1e-6)))
        column = master.columns[best]
        chosen.append(column)
        _take(of, master, table, column, alive)
    return chosen


def _leave_for(master: Master, alive: Bools) -> None:
    """Ask for those who are still without a set, and leave them what is still there."""
    of = master.of
    of.sets = min(of.sets, int(alive.sum()) // of.least)
    master.set_members(alive)
    master.set_limits(of.rooms, of.leads, of.sets)


def _take(of: Market, master: Master, table: Table, column: Column, alive: Bools) -> None:
    members = list(column.members)
    alive[members] = False
    of.cost[:, members] = IMPOSSIBLE
    of.sets -= 1
    of.leads[column.leader] -= 1
    for slot in of.slots[column.combination]:
        of.rooms[slot] -= 1
    full = of.rooms <= 0
    of.can_lead[full[of.slots].any(axis=1)] = False
    if table.kind.place.facilitators:  # type: ignore[union-attr]
        assert isinstance(of, Bench)  # noqa: S101 - for the type checker
        _block(table.tables, of, column.leader, of.sittings[of.meetings[column.combination]])
    if of.leads[column.leader] <= 0:
        of.can_lead[:, column.leader] = False
    for number, other in enumerate(master.columns):
        if not of.can_lead[other.combination, other.leader] or not all(alive[m] for m in other.members):
            master.forbid(number)


def generate(master: Master, table: Table, alive: Bools, rounds: int, run: Run) -> None:
    """Add columns until none pays, or for so many rounds; the master is solved when this returns."""
    of = master.of
    if not master.solve():
        return
    for _ in range(rounds):
        run.tick()
        prices = master.prices()
        value, _, _, leader = reduced_prices(of, prices)
        added = 0
        for c in np.argsort(value, kind="stable")[:COLUMNS_AT_ONCE]:
            if value[c] + prices.one_set >= -1:
                break
            reduced = of.cost[c] - prices.member
            column = table.column(of, int(c), int(leader[c]), reduced, alive)
            added += column is not None and master.add(column)
        if not added or not master.solve():
            return


def _regrouped(groups: Groups, tables: Tables, kept: list[int], of: Bench, chosen: list[Column]) -> Groups:
    entry = groups.kind.place
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    taken = {int(groups.names[g]) for g in kept} | {planned.number for planned in earlier_sets(tables, entry)}
    fresh = (number for number in itertools.count(1) if number not in taken)
    size = len(kept) + len(chosen)
    where = np.full(len(groups.kind.audience), size, dtype=np.int64)
    for position, g in enumerate(kept):
        where[groups.where == g] = position
    names: list[str | int] = [groups.names[g] for g in kept]
    sittings = [list(groups.sittings[g]) for g in kept]
    facilitators = [groups.facilitators[g] for g in kept]
    for column in chosen:
        where[list(column.members)] = len(names)
        names.append(int(of.number[column.combination]) or next(fresh))
        sittings.append(of.sittings[of.meetings[column.combination]].tolist())
        facilitators.append(entry.facilitators[column.leader].id if entry.facilitators else None)
    most = len(entry.audience) if entry.size_max is None else entry.size_max
    return Groups(
        groups.kind,
        names,
        sittings,
        facilitators,
        where,
        np.full(size, max(1, entry.size_min), dtype=np.int64),
        np.full(size, most, dtype=np.int64),
    )
