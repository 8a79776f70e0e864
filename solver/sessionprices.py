"""An event at prices: what its sessions cost at least where each party brings its price into the session it attends.

Every party is in one session or left out. Paying each party's price instead lets the sessions choose for themselves:
a session that runs takes the parties that bring most, no fewer and no more than it has seats for, and so many sessions
run as are cheapest (a Lagrangian bound; Geoffrion 1974). Mix, clashes and locks are not seen, so no plan that keeps
them is cheaper. Integers in, an exact bound out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from solver.ascent import climb
from solver.columns import IMPOSSIBLE
from solver.problem import Event
from solver.tables import Floats, Ints, Kind, Numbers, Tables

ROUNDS = 600


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
    )


def _kept_before(tables: Tables, event: Event) -> int:
    """How many parties can keep their session of the previous plan: ``Tables.price`` takes a change off for each."""
    previous = tables.problem.previous
    if previous is None:
        return 0
    sessions = {session.id for session in event.sessions}
    asked = set(event.audience)
    return sum(a.event == event.id and a.session in sessions and a.party in asked for a in previous.assignments)


def choose(of: Sittings, price: Numbers) -> Choice:
    """What each session, and each number of sessions, costs at these prices of the parties, and who it would take."""
    n, k = of.cost.shape
    reduced = of.cost - price[:, None]
    order = np.argsort(reduced, axis=0, kind="stable")
    sums = np.take_along_axis(reduced, order, axis=0).cumsum(axis=0)
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
    by_running += np.minimum(price, of.unplaced).sum() + of.always
    by_running[: of.fewest] = IMPOSSIBLE
    by_running[of.running + 1 :] = IMPOSSIBLE
    return Choice(np.minimum(by_running, IMPOSSIBLE), takes, cheapest)


def supergradient(of: Sittings, price: Floats, chosen: Choice, running: int) -> Floats:
    """By party: 1 where it pays to place it, less the running sessions (so many) that would take it."""
    taken = chosen.takes[chosen.order[:running]].sum(axis=0)
    up: Floats = (price < of.unplaced) - taken.astype(np.float64)
    return up


def first_prices(of: Sittings) -> Floats:
    """Prices to begin with: what a party pays at its cheapest, with its share of a session."""
    share = float(np.median(of.open_cost / np.maximum(1, of.most))) if len(of.open_cost) else 0.0
    prices: Floats = np.minimum(of.cost.min(axis=1, initial=IMPOSSIBLE) + share, float(of.unplaced))
    return prices


def climb_prices(of: Sittings, start: Floats, running: int, target: float, tick: Callable[[], None]) -> Ints:
    """Prices at which the bound with so many sessions running is high, as integers."""

    def evaluate(point: Sequence[Floats]) -> tuple[float, list[Floats]]:
        chosen = choose(of, point[0])
        return float(chosen.by_running[running]), [supergradient(of, point[0], chosen, running)]

    (prices,) = climb(evaluate, [start], target, ROUNDS, tick)
    return np.rint(prices).astype(np.int64)


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


def bounds_at(of: Sittings, prices: Ints) -> dict[int, int]:
    """A proven bound for each number of running sessions that the event allows, at these prices."""
    values = choose(of, prices).by_running
    return {r: int(values[r]) for r in range(of.fewest, of.running + 1)}


def seats_everybody(of: Sittings) -> int:
    """The fewest sessions that have room for the whole audience; all of them where no number has."""
    room = np.sort(of.most)[::-1].cumsum()
    return min(int(np.searchsorted(room, len(of.cost))) + 1, of.running)


def bounds_with_everybody_dear(of: Sittings) -> dict[int, int]:
    """A bound for each number of running sessions that counts above all who must be left out."""
    bounds = bounds_at(of, np.full(len(of.cost), of.unplaced, dtype=np.int64))
    if 0 in bounds:
        bounds[0] = max(bounds[0], of.unplaced * len(of.cost) + of.always)
    if 1 in bounds:
        bounds[1] = max(bounds[1], one_session_alone(of))
    return bounds


def climbed_bounds(of: Sittings, target: float, tick: Callable[[], None]) -> dict[int, int]:
    """A bound for each number of running sessions, good where it is lowest; ``target`` is the cost of a plan."""
    bounds = bounds_with_everybody_dear(of)
    climbed: set[int] = set()
    prices = first_prices(of)
    while bounds and (lowest := min(bounds, key=bounds.__getitem__)) not in climbed and lowest > 1:
        climbed.add(lowest)
        good = climb_prices(of, prices, lowest, max(target, bounds[lowest] + 1.0), tick)
        for running, bound in bounds_at(of, good).items():
            bounds[running] = max(bounds[running], bound)
        prices = good.astype(np.float64)
    return bounds


def cost_where(of: Sittings, where: Ints) -> int:
    """What a plan pays that has the i-th party in session ``where[i]``, or in none where that is -1."""
    placed = np.flatnonzero(where >= 0)
    left_out = of.unplaced * (len(where) - len(placed))
    return int(of.cost[placed, where[placed]].sum()) + int(of.open_cost[np.unique(where[placed])].sum()) + left_out
