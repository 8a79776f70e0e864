"""The market of an entry where an earlier plan counts: what keeps its numbers, facilitators and slots is cheaper.

A set keeps for its members what is as it was for each of them. Slots are priced by the tables already. A number is one
more thing that a set has only one of, so it is written down as one more room: each row of the market that may have an
earlier number uses that number's room, of which there is one, and all others share a room without end. A row comes
twice for each earlier number, with its facilitator, whose members save that too, and with any other.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from solver.columns import IMPOSSIBLE, Market
from solver.problem import PlannedSet, SetsEntry
from solver.tables import Bools, Ints, Kind, Tables

MOST_SLOTS_CHANGED = 2  # of an earlier set that keeps its number: one that changes more can as well be a new one


@dataclass
class Bench(Market):
    """A market whose rows say what number a set gets: ``number[c]`` is an earlier one, or 0 for a new one.

    The last column of ``slots`` is the room of the number, behind the rooms of the slots.
    """

    number: Ints

    @property
    def meetings(self) -> Ints:
        """The slots of each row, as numbers within ``sittings``."""
        return self.slots[:, :-1]


def bench(of: Market, tables: Tables, kind: Kind, taken: frozenset[int], scale: int) -> Bench:
    """The market with a row for each number that a set could keep; ``taken`` are numbers of sets that stay."""
    entry = kind.place
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    earlier = [s for s in earlier_sets(tables, entry) if s.number not in taken]
    rows = [np.arange(len(of.slots))]
    costs, leads, numbers = [of.cost], [of.can_lead], [np.zeros(len(of.slots), dtype=np.int64)]
    saved = scale * tables.problem.weights.change
    for planned in earlier:
        near = _near(of, tables, entry, planned)
        members = np.isin(entry.audience, planned.parties)
        numbered = of.cost[near] - saved * members
        f = next((f for f, other in enumerate(entry.facilitators) if other.id == planned.facilitator), None)
        anyone = of.can_lead[near].copy()
        if f is not None:
            anyone[:, f] = False
            alone = np.zeros_like(anyone)
            alone[:, f] = of.can_lead[near, f]
            rows.append(near)
            costs.append(numbered - saved * _led_by(tables, entry, planned.facilitator))
            leads.append(alone)
            numbers.append(np.full(len(near), planned.number, dtype=np.int64))
        rows.append(near)
        costs.append(numbered)
        leads.append(anyone)
        numbers.append(np.full(len(near), planned.number, dtype=np.int64))
    every, number = np.concatenate(rows), np.concatenate(numbers)
    cost = np.concatenate(costs)
    cost[cost >= IMPOSSIBLE // 2] = IMPOSSIBLE
    rooms = len(of.rooms)
    room = np.full(len(every), rooms, dtype=np.int64)
    for at, planned in enumerate(earlier, 1):
        room[number == planned.number] = rooms + at
    usual = {field.name: getattr(of, field.name) for field in fields(Market)}
    usual |= {
        "slots": np.column_stack([of.slots[every], room]),
        "cost": cost,
        "can_lead": np.concatenate(leads),
        "rooms": np.concatenate([of.rooms, [of.parties], np.ones(len(earlier), dtype=np.int64)]),
    }
    return Bench(**usual, number=number)


def earlier_sets(tables: Tables, entry: SetsEntry) -> list[PlannedSet]:
    """The sets of the earlier plan that ``change`` counts against, each number once."""
    previous = tables.problem.previous
    if previous is None or not tables.problem.weights.change:
        return []
    asked = frozenset(entry.audience)
    found = {s.number: s for s in previous.sets if s.set == entry.id and not asked.isdisjoint(s.parties)}
    return list(found.values())


def _near(of: Market, tables: Tables, entry: SetsEntry, planned: PlannedSet) -> Ints:
    """The rows that keep most of the slots of an earlier set."""
    position = {sitting: i for i, sitting in enumerate(of.sittings.tolist())}
    met = {meeting.round: tables.sitting.get(meeting.slot, -1) for meeting in planned.meetings}
    kept = np.zeros(len(of.slots), dtype=np.int64)
    for r, round_ in enumerate(entry.rounds):
        kept += of.slots[:, r] == position.get(met.get(round_.id, -1), -1)
    return np.flatnonzero(kept >= len(entry.rounds) - MOST_SLOTS_CHANGED)


def _led_by(tables: Tables, entry: SetsEntry, facilitator: str | None) -> Bools:
    """Whom of the audience a facilitator led in the earlier plan."""
    led = [
        party
        for planned in earlier_sets(tables, entry)
        if planned.facilitator == facilitator
        for party in planned.parties
    ]
    return np.isin(entry.audience, led)
