"""Events of which one session runs at most, bounded together where their sessions clash.

Alone, each such event would choose the date that most can come to; where two dates clash, a party asked to both misses
one. So the dates are chosen together. Which parties come to what then costs each party its cheapest combination of
dates that it can attend all, so that the choice is a small problem with one variable for each event, solved exactly by
eliminating one after another (Bertelè and Brioschi 1972; Dechter 1999). Seats and mix are not seen.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.columns import IMPOSSIBLE
from solver.problem import Event
from solver.sessionprices import Sittings
from solver.tables import Ints, Kind, Tables

MOST_CHOICES = 50_000
MOST_DATES_OF_A_PARTY = 3_000
MOST_EVENTS_OF_A_PARTY = 4


@dataclass(frozen=True)
class Factor:
    """What some events (numbers, in order) cost together: one axis of ``costs`` for each, one entry for each date."""

    events: tuple[int, ...]
    costs: Ints


@dataclass(frozen=True)
class Dates:
    """The dates chosen together: what they cost at least, and each event's session (None where none runs)."""

    cost: int
    session: dict[str, str | None]


def runs_one_session(kind: Kind) -> bool:
    """Whether it is an event of which one session runs at most."""
    return isinstance(kind.place, Event) and kind.place.open_max == 1 and len(kind.audience) > 0


def that_clash(tables: Tables, kinds: Sequence[Kind]) -> list[list[Kind]]:
    """The events of which one session runs at most, in groups that clashes link by parties in common."""
    single = [kind for kind in kinds if runs_one_session(kind)]
    groups: list[list[Kind]] = []
    for kind in single:
        linked = [group for group in groups if any(_clash(tables, kind, other) for other in group)]
        groups = [group for group in groups if group not in linked]
        groups.append([*(other for group in linked for other in group), kind])
    return [group for group in groups if len(group) > 1]


def _clash(tables: Tables, one: Kind, other: Kind) -> bool:
    between = tables.excludes[np.ix_(_sittings(tables, one), _sittings(tables, other))]
    return bool(between.any()) and bool(np.isin(one.audience, other.audience).any())


def _sittings(tables: Tables, kind: Kind) -> list[int]:
    assert isinstance(kind.place, Event)  # noqa: S101 - for the type checker
    return [tables.sitting[session.id] for session in kind.place.sessions]


def cheapest_dates(tables: Tables, kinds: Sequence[Kind], costs: Sequence[Sittings]) -> Dates | None:
    """The dates at which these events cost least together, None where there are too many choices to look at.

    ``costs`` are those of each event alone, all of one scale; no plan pays less in these events than ``Dates.cost``.
    """
    factors = [Factor((number,), _of_opening(of)) for number, of in enumerate(costs)]
    for events, parties in _by_events_that_ask(kinds).items():
        looked_at = [events] if _few(events, costs) else [(event,) for event in events]
        factors += [_of_parties(tables, kinds, costs, some, parties) for some in looked_at]
    found = least_of(factors)
    if found is None:
        return None
    least, chosen = found
    dates: dict[str, str | None] = {}
    for number, kind in enumerate(kinds):
        assert isinstance(kind.place, Event)  # noqa: S101 - for the type checker
        sessions = [session.id for session in kind.place.sessions]
        dates[kind.place.id] = sessions[chosen[number]] if chosen[number] < len(sessions) else None
    return Dates(min(IMPOSSIBLE, least), dates)


def _of_opening(of: Sittings) -> Ints:
    """What each date costs whoever comes; the last entry is no date, where that is allowed."""
    no_date = np.zeros(0 if of.fewest else 1, dtype=np.int64)
    return np.concatenate((of.open_cost, no_date)) + of.always


def _by_events_that_ask(kinds: Sequence[Kind]) -> dict[tuple[int, ...], list[int]]:
    """The parties that are asked by the same events, under the numbers of these."""
    asked: dict[int, tuple[int, ...]] = {}
    for number, kind in enumerate(kinds):
        for party in kind.audience.tolist():
            asked[party] = (*asked.get(party, ()), number)
    parties: dict[tuple[int, ...], list[int]] = {}
    for party, events in asked.items():
        parties.setdefault(events, []).append(party)
    return parties


def _few(events: Sequence[int], costs: Sequence[Sittings]) -> bool:
    """Whether all dates of these events can be gone through together."""
    choices = math.prod(len(costs[event].open_cost) + 1 for event in events)
    return len(events) <= MOST_EVENTS_OF_A_PARTY and choices <= MOST_DATES_OF_A_PARTY


def _of_parties(
    tables: Tables, kinds: Sequence[Kind], costs: Sequence[Sittings], events: tuple[int, ...], parties: Sequence[int]
) -> Factor:
    """What some parties pay at least in the events that ask for them, for each choice of dates."""
    shape = [len(_of_opening(costs[event])) for event in events]
    paid = np.zeros(shape, dtype=np.int64)
    columns = [_sittings(tables, kinds[event]) for event in events]
    rows = [_rows(kinds[event], parties) for event in events]
    pays = [costs[event].cost[row] for event, row in zip(events, rows, strict=True)]
    unplaced = [costs[event].unplaced for event in events]
    for chosen in itertools.product(*(range(n) for n in shape)):
        running = [e for e, date in enumerate(chosen) if date < len(columns[e])]
        least = np.full(len(parties), sum(unplaced), dtype=np.int64)
        for attended in _attended_together(tables, {e: columns[e][chosen[e]] for e in running}):
            saved = sum((pays[e][:, chosen[e]] - unplaced[e] for e in attended), np.zeros(len(parties), dtype=np.int64))
            least = np.minimum(least, sum(unplaced) + saved)
        paid[chosen] = least.sum()
    return Factor(events, paid)


def _rows(kind: Kind, parties: Sequence[int]) -> list[int]:
    """Where in an event's audience some parties stand."""
    at = {party: row for row, party in enumerate(kind.audience.tolist())}
    return [at[party] for party in parties]


def _attended_together(tables: Tables, sittings: dict[int, int]) -> list[tuple[int, ...]]:
    """The events whose dates one party can attend all: every such choice of one or more."""
    choices = (some for size in range(1, len(sittings) + 1) for some in itertools.combinations(sittings, size))
    return [
        some
        for some in choices
        if not any(tables.excludes[sittings[a], sittings[b]] for a, b in itertools.combinations(some, 2))
    ]


def least_of(factors: Sequence[Factor]) -> tuple[int, dict[int, int]] | None:
    """The least sum of factors over all choices, and a choice that has it; None where a table becomes too large."""
    waiting = {event for factor in factors for event in factor.events}
    size = {event: factor.costs.shape[axis] for factor in factors for axis, event in enumerate(factor.events)}
    if not all(size.values()):
        return IMPOSSIBLE, dict.fromkeys(waiting, 0)
    left, last = list(factors), []
    while waiting:
        event = min(waiting, key=lambda one: (math.prod(size[other] for other in _beside(left, one)), one))
        rest = _beside(left, event)
        if math.prod(size[other] for other in (*rest, event)) > MOST_CHOICES:
            return None
        joined = _sum_over(left, (*rest, event), size)
        last.append((event, rest, joined.argmin(axis=-1)))
        left = [factor for factor in left if event not in factor.events]
        left.append(Factor(rest, joined.min(axis=-1)))
        waiting.remove(event)
    chosen: dict[int, int] = {}
    for event, rest, best in reversed(last):
        chosen[event] = int(best[tuple(chosen[other] for other in rest)])
    return int(sum(int(factor.costs) for factor in left)), chosen


def _beside(factors: Sequence[Factor], event: int) -> tuple[int, ...]:
    """The other events that share a factor with this one."""
    return tuple(sorted({other for f in factors if event in f.events for other in f.events} - {event}))


def _sum_over(factors: Sequence[Factor], events: tuple[int, ...], size: dict[int, int]) -> Ints:
    """The sum of the factors that know the last of these events, one axis for each."""
    total = np.zeros([size[event] for event in events], dtype=np.int64)
    for factor in (factor for factor in factors if events[-1] in factor.events):
        order = sorted(range(len(factor.events)), key=lambda axis: events.index(factor.events[axis]))
        shape = [size[event] if event in factor.events else 1 for event in events]
        total += factor.costs.transpose(order).reshape(shape)
    return total
