"""The cheapest mixture of columns that were generated: which of them fit together, by CP-SAT.

A dive takes one column after the other for good; all it came by, taken together, may hold a better choice (the
restricted master solved in integers, "price and branch").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from ortools.sat.python import cp_model

from solver import cpsat
from solver.clock import Run
from solver.columns import Column, Prices
from solver.earliersets import Bench
from solver.tables import Bools

WORK = 1.0  # CP-SAT's deterministic time
MOST_COLUMNS = 500  # those that the linear program likes best


class Mixture:
    """What there was to take from before a dive took any of it: rooms, facilitators and members.

    ``led`` says whether there are facilitators, who lead one meeting at a time.
    """

    def __init__(self, of: Bench, clashes: Bools, alive: Bools, *, led: bool) -> None:
        self.of, self.led = of, led
        self.rooms, self.leads, self.sets = of.rooms.tolist(), of.leads.tolist(), of.sets
        self.members = np.flatnonzero(alive).tolist()
        self._clashes = clashes

    def likely(self, columns: Sequence[Column], prices: Prices) -> list[Column]:
        """The columns that cost least at these prices, those of the root of a dive."""

        def reduced(column: Column) -> int:
            members = int(prices.member[list(column.members)].sum())
            rooms = int(prices.room[self.of.slots[column.combination]].sum())
            return column.price - members + rooms + int(prices.leader[column.leader])

        return sorted(columns, key=reduced)[:MOST_COLUMNS]

    def cheapest(self, columns: Sequence[Column], near: Sequence[Column], run: Run, seed: int) -> list[Column] | None:
        """The cheapest choice of columns found in a little work, beginning at ``near``; None where there is none."""
        cp, begun = cp_model.CpModel(), frozenset(near)
        taken = [cp.new_bool_var("") for _ in columns]
        left_out = {member: cp.new_bool_var("") for member in self.members}
        of_member: dict[int, list[cp_model.IntVar]] = {member: [] for member in self.members}
        of_room: dict[int, list[cp_model.IntVar]] = {}
        of_leader: dict[int, dict[int, list[cp_model.IntVar]]] = {}
        for column, literal in zip(columns, taken, strict=True):
            for member in column.members:
                of_member[member].append(literal)
            for room in self.of.slots[column.combination].tolist():
                of_room.setdefault(room, []).append(literal)
            led = of_leader.setdefault(column.leader, {})
            for slot in self.of.meetings[column.combination].tolist():
                led.setdefault(slot, []).append(literal)
            cp.add_hint(literal, column in begun)
        for member, literals in of_member.items():
            cp.add_exactly_one([*literals, left_out[member]])
        for room, literals in of_room.items():
            cp.add(sum(literals) <= self.rooms[room])
        for leader in of_leader:
            leading = [t for t, column in zip(taken, columns, strict=True) if column.leader == leader]
            cp.add(sum(leading) <= self.leads[leader])
        for literals in self._at_once(of_leader):
            cp.add_at_most_one(literals)
        cp.add(sum(taken) <= self.sets)
        price = sum(column.price * literal for column, literal in zip(columns, taken, strict=True))
        cp.minimize(price + self.of.unplaced * sum(left_out.values()))
        answer = cpsat.ask(cp, run, threads=1, seed=seed, work=WORK, linearization_level=2)
        if not answer.solved:
            return None
        return [column for column, literal in zip(columns, taken, strict=True) if answer.value(literal)]

    def _at_once(self, of_leader: dict[int, dict[int, list[cp_model.IntVar]]]) -> Iterator[list[cp_model.IntVar]]:
        """Columns of which a facilitator can lead one: those that meet in one slot, or in two that clash."""
        sittings = self.of.sittings
        for led in of_leader.values() if self.led else ():
            for slot, literals in led.items():
                yield literals
                for other, more in led.items():
                    if slot < other and self._clashes[sittings[slot], sittings[other]]:
                        yield [*literals, *more]
