"""An event at prices: what its sessions cost at least where each party brings its price into the session it attends.

Every party is in one session or left out. Paying each party's price instead lets the sessions choose for themselves:
a session that runs takes the parties that bring most, no fewer and no more than it has seats for, and so many sessions
run as are cheapest (a Lagrangian bound; Geoffrion 1974). Mix is priced too: in each session, whoever has a value pays
its toll, and the session is given back the most that the rule lets it collect. Clashes and locks are not seen, so no
plan that keeps them is cheaper. Integers in, an exact bound out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from solver.ascent import climb
from solver.columns import IMPOSSIBLE
from solver.problem import Event
from solver.tables import Floats, Ints, Kind, MixTable, Numbers, Tables

ROUNDS = 600
AIM = 0.5


@dataclass(frozen=True)
class Mixed:
    """A mix rule as prices see it: ``value[i]`` of the i-th party, as a number.

    In a session of m parties, each of value v beyond ``due[m, v]`` costs ``weight``, and no more than ``most[m, v]``
    may be there.
    """

    value: Ints
    due: Ints
    most: Ints
    weight: int

    def paid_by(self, tolls: Numbers) -> Numbers:
        """What each party (a row) pays in each session (a column); ``tolls`` is by session and value."""
        paid: Numbers = tolls[:, self.value].T
        return paid

    def given_back(self, tolls: Numbers) -> Numbers:
        """The most that a session can collect, less what its imbalance costs: by size (a row) and session."""
        beyond = np.maximum(0, self.most - self.due)
        back: Numbers = np.minimum(self.due, self.most) @ tolls.T + beyond @ np.maximum(0, tolls - self.weight).T
        return back

    def collected(self, tolls: Floats, takes: Ints) -> Floats:
        """By session and value, how many more of a value a session takes than where it would collect most."""
        sizes = takes.sum(axis=1)
        there = np.stack([np.bincount(self.value, row, self.due.shape[1]) for row in takes])
        most, due = self.most[sizes], self.due[sizes]
        more: Floats = there - np.where(tolls > self.weight, most, np.minimum(most, due))
        return more


@dataclass(frozen=True)
class Sittings:
    """What an event's sessions cost: ``cost[i, k]`` the i-th party of the audience in session k, IMPOSSIBLE on a no.

    ``least`` and ``most`` count parties in a session that runs; from ``fewest`` to ``running`` sessions run. ``always``
    is paid whatever happens.
    """

    cost: Ints
    unplaced: int
    open_cost: Ints
    least: Ints
    most: Ints
    fewest: int
    running: int
    always: int = 0
    mixes: tuple[Mixed, ...] = ()


@dataclass(frozen=True)
class At:
    """Prices to bound an event at: ``party[i]``, and for each mix rule the tolls of each session and value, from 0."""

    party: Numbers
    tolls: tuple[Numbers, ...]

    @property
    def rounded(self) -> At:
        """The same as integers, at which a bound is proven."""
        return At(_whole(self.party), tuple(_whole(tolls) for tolls in self.tolls))


def _whole(prices: Numbers) -> Ints:
    return np.rint(prices).astype(np.int64)


@dataclass(frozen=True)
class Choice:
    """What is cheapest at some prices: ``by_running[r]`` the bound with r sessions running, IMPOSSIBLE where none can.

    ``takes[k, i]`` says whether session k would take party i, ``order`` the sessions, cheapest first.
    """

    by_running: Numbers
    takes: Ints
    order: Ints


def sittings_of(tables: Tables, kind: Kind, extra: Ints, *, scale: int, unplaced: int) -> Sittings:
    """The costs of an event, ``scale`` times as dear; ``extra`` is what each party of the audience pays for a need.

    ``extra`` is scaled already; ``unplaced`` too.
    """
    event, weights = kind.place, tables.problem.weights
    assert isinstance(event, Event)  # noqa: S101 - for the type checker
    columns = [tables.sitting[session.id] for session in event.sessions]
    price = np.rint(scale * tables.price[kind.audience][:, columns]).astype(np.int64)
    price += extra[:, None] * tables.need[kind.audience][:, columns]
    allowed = tables.allowed[kind.audience][:, columns]
    n = len(kind.audience)
    fewest_seats, most_seats = (max(1, int(kind.seats.min())), max(1, int(kind.seats.max()))) if n else (1, 1)
    least = [max(1, -(-session.min_seats // most_seats)) for session in event.sessions]
    most = [n if s.max_seats is None else min(n, s.max_seats // fewest_seats) for s in event.sessions]
    running = len(event.sessions) if event.open_max is None else min(event.open_max, len(event.sessions))
    return Sittings(
        cost=np.where(allowed, price, IMPOSSIBLE),
        unplaced=unplaced,
        open_cost=scale * weights.open_cost * np.array([s.open_cost for s in event.sessions], dtype=np.int64),
        least=np.array(least, dtype=np.int64),
        most=np.array(most, dtype=np.int64),
        fewest=event.open_min,
        running=running,
        always=scale * weights.change * _kept_before(tables, event),
        mixes=tuple(_mixed(mix, max(most, default=0), scale * weights.mix_imbalance) for mix in kind.mixes),
    )


def _mixed(mix: MixTable, largest: int, weight: int) -> Mixed:
    """A mix rule for sessions of at most so many parties."""
    sizes = np.arange(largest + 1)
    allowed = sizes if mix.share is None else sizes * mix.share.numerator // mix.share.denominator
    allowed = allowed if mix.most is None else np.minimum(allowed, mix.most)
    due = np.array(mix.due[: largest + 1], dtype=np.int64).reshape(largest + 1, mix.values)
    return Mixed(mix.value, due, np.repeat(allowed[:, None], mix.values, axis=1), weight)


def _kept_before(tables: Tables, event: Event) -> int:
    """How many parties can keep their session of the previous plan: ``Tables.price`` takes a change off for each."""
    previous = tables.problem.previous
    if previous is None:
        return 0
    sessions = {session.id for session in event.sessions}
    asked = set(event.audience)
    return sum(a.event == event.id and a.session in sessions and a.party in asked for a in previous.assignments)


def choose(of: Sittings, at: At) -> Choice:
    """What each session, and each number of sessions, costs at these prices, and who it would take."""
    n, k = of.cost.shape
    reduced = of.cost - at.party[:, None]
    for mix, tolls in zip(of.mixes, at.tolls, strict=True):
        reduced = reduced + mix.paid_by(tolls)
    order = np.argsort(reduced, axis=0, kind="stable")[: int(of.most.max(initial=0))]
    sums = np.take_along_axis(reduced, order, axis=0).cumsum(axis=0)
    for mix, tolls in zip(of.mixes, at.tolls, strict=True):
        sums = sums - mix.given_back(tolls)[1:]
    value = np.full(k, IMPOSSIBLE, dtype=reduced.dtype)
    takes = np.zeros((k, n), dtype=np.int64)
    for s in range(k):
        within = sums[of.least[s] - 1 : of.most[s], s]
        if len(within):
            size = int(within.argmin())
            value[s] = min(within[size] + of.open_cost[s], IMPOSSIBLE)
            takes[s, order[: size + of.least[s], s]] = 1
    cheapest = np.argsort(value, kind="stable")
    by_running = np.concatenate((np.zeros(1, dtype=value.dtype), value[cheapest].cumsum()))
    by_running += np.minimum(at.party, of.unplaced).sum() + of.always
    by_running[: of.fewest] = IMPOSSIBLE
    by_running[of.running + 1 :] = IMPOSSIBLE
    return Choice(np.minimum(by_running, IMPOSSIBLE), takes, cheapest)


def supergradient(of: Sittings, at: At, chosen: Choice, running: int) -> list[Floats]:
    """The way up, of the prices of the parties and of each rule's tolls, with so many sessions running.

    A party: 1 where it pays to place it, less the sessions that would take it. A toll: whom a session takes too many.
    """
    run = chosen.order[:running]
    takes = chosen.takes[run]
    up: list[Floats] = [(at.party < of.unplaced) - takes.sum(axis=0).astype(np.float64)]
    for mix, tolls in zip(of.mixes, at.tolls, strict=True):
        dearer = np.zeros_like(tolls)
        dearer[run] = mix.collected(tolls[run], takes) if running else 0.0
        up.append(dearer)
    return up


def first_prices(of: Sittings) -> At:
    """Prices to begin with: what a party pays at its cheapest, with its share of a session; no tolls."""
    share = float(np.median(of.open_cost / np.maximum(1, of.most))) if len(of.open_cost) else 0.0
    prices: Floats = np.minimum(of.cost.min(axis=1, initial=IMPOSSIBLE) + share, float(of.unplaced))
    return without_tolls(of, prices)


def without_tolls(of: Sittings, prices: Numbers) -> At:
    """These prices of the parties, mix not seen."""
    k = of.cost.shape[1]
    return At(prices, tuple(np.zeros((k, mix.due.shape[1]), dtype=prices.dtype) for mix in of.mixes))


def climb_prices(of: Sittings, start: At, running: int, tick: Callable[[], None]) -> At:
    """Prices at which the bound with so many sessions running is high, as integers."""
    target = float(choose(of, start).by_running[running]) + paid_without_care(of) * AIM

    def evaluate(point: Sequence[Floats]) -> tuple[float, list[Floats]]:
        at = At(point[0], tuple(point[1:]))
        chosen = choose(of, at)
        return float(chosen.by_running[running]), supergradient(of, at, chosen, running)

    least = [-np.inf, *(0.0 for _ in of.mixes)]
    prices, *tolls = climb(evaluate, [start.party, *start.tolls], target, ROUNDS, tick, least=least)
    return At(prices, tuple(tolls)).rounded


def one_session_alone(of: Sittings) -> int:
    """The least cost where one session runs: exact but for mix, clashes and locks."""
    saved = np.sort(np.minimum(of.cost - of.unplaced, of.unplaced), axis=0)
    sums = saved.cumsum(axis=0)
    least = IMPOSSIBLE
    for s in range(of.cost.shape[1]):
        can = int((of.cost[:, s] < IMPOSSIBLE).sum())
        within = sums[of.least[s] - 1 : min(can, of.most[s]), s]
        if len(within):
            least = min(least, int(within.min()) + int(of.open_cost[s]))
    return least + of.unplaced * len(of.cost) + of.always


def bounds_at(of: Sittings, at: At) -> dict[int, int]:
    """A proven bound for each number of running sessions that the event allows, at these prices (integers)."""
    values = choose(of, at).by_running
    return {r: int(values[r]) for r in range(of.fewest, of.running + 1)}


def seats_everybody(of: Sittings) -> int:
    """The fewest sessions that have room for the whole audience; all of them where no number has."""
    room = np.sort(of.most)[::-1].cumsum()
    return min(int(np.searchsorted(room, len(of.cost))) + 1, of.running)


def bounds_with_everybody_dear(of: Sittings) -> dict[int, int]:
    """A bound for each number of running sessions that counts above all who must be left out."""
    bounds = bounds_at(of, without_tolls(of, np.full(len(of.cost), of.unplaced, dtype=np.int64)))
    if 0 in bounds:
        bounds[0] = max(bounds[0], of.unplaced * len(of.cost) + of.always)
    if 1 in bounds:
        bounds[1] = max(bounds[1], one_session_alone(of))
    return bounds


def climbed_bounds(of: Sittings, tick: Callable[[], None]) -> dict[int, int]:
    """A bound for each number of running sessions, good where it is lowest."""
    bounds = bounds_with_everybody_dear(of)
    climbed: set[int] = set()
    prices = first_prices(of)
    while bounds and (lowest := min(bounds, key=bounds.__getitem__)) not in climbed and lowest > 1:
        climbed.add(lowest)
        prices = climb_prices(of, prices, lowest, tick)
        for running, bound in bounds_at(of, prices).items():
            bounds[running] = max(bounds[running], bound)
    return bounds


def paid_without_care(of: Sittings) -> float:
    """What parties together pay more than at their cheapest, each in any session that suits it."""
    suits = of.cost < IMPOSSIBLE
    usual = np.where(suits, of.cost, 0).sum(axis=1) / np.maximum(1, suits.sum(axis=1))
    least = of.cost.min(axis=1, initial=IMPOSSIBLE)
    return float(np.where(least < IMPOSSIBLE, usual - least, 0.0).sum())
