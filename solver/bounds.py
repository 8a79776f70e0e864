"""Proven bounds: what any plan costs at least, part by part, and what joins the parts.

Each event is bounded alone, at prices (``solver.sessionprices``) and then, where it is small enough, by CP-SAT; each
entry of ``sets`` by the prices of column generation (``solver.setprices``); both for each number of sessions or sets.
Repeats are counted (``solver.counting``). Burden joins the parts by multipliers: with 0 ≤ μ ≤ its weight,
weight · max(0, n − 1) ≥ μ · (n − 1) for a party with n attendances on an "if need be": each of them pays μ in its part,
and Σ μ is taken off. Where a bound supposes everybody placed, one party left out is priced lower by what it can save.
All in integers: nothing here is an estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from solver import cpsat
from solver.clashbounds import cheapest_dates, that_clash
from solver.clock import Run
from solver.columns import IMPOSSIBLE
from solver.counting import AgainInSets, RepeatCount, most_saved_by_one_left_out
from solver.crossings import Crossing, Together, can_cross
from solver.lowest import Groups, lowest, without_dearer_with_fewer
from solver.model import build
from solver.parts import part_of, with_prices_folded, with_sessions_running
from solver.plan import Plan
from solver.problem import Event, Problem, SetsEntry
from solver.sessionprices import (
    Sittings,
    bounds_with_everybody_dear,
    climbed_bounds,
    seats_everybody,
    sittings_of,
)
from solver.setprices import fewest_for_everybody, least_by_sets
from solver.tables import Ints, Kind, Tables

SCALE = 24
MOST_ATTENDANCES = 1_000
WORK = 6.0
JOINED_ELSEWHERE = frozenset({"burden", "repeat_encounter"})


@dataclass
class PartBound:
    """What one part costs at least, by how many groups it has; ``exact`` are the numbers CP-SAT was asked about."""

    by_groups: dict[int, int]
    exact: set[int] = field(default_factory=set)

    def sharpen(self, groups: int, bound: int) -> None:
        """Take what CP-SAT proved for so many groups, if it says more."""
        self.exact.add(groups)
        self.by_groups[groups] = max(bound, self.by_groups[groups])

    @property
    def least(self) -> int:
        """What the part costs whatever the number of its groups."""
        return min(self.by_groups.values())

    @property
    def cheapest(self) -> int:
        """The number of groups at which it costs least."""
        return min(self.by_groups, key=self.by_groups.__getitem__)


@dataclass
class Joined:
    """What is proven of places together: ``dates`` of some events (ids) beside repeats, ``crossed`` with them.

    ``again`` is what the crossed events repeat in sets.
    """

    dates: list[tuple[tuple[str, ...], int]]
    crossed: Together | None = None
    again: AgainInSets | None = None


class Bounder:
    """Raises the bound of a run, step by step; each step is one part at one number of groups, at most seconds long."""

    def __init__(self, problem: Problem, tables: Tables, run: Run, seed: int) -> None:
        self.problem, self.tables, self.run, self.seed = problem, tables, run, seed
        self.count = RepeatCount(problem)
        self.counted = {place.id for place in self.count.places} if self._leaving_out_never_pays() else set()
        self.places: tuple[Event | SetsEntry, ...] = (*problem.events, *problem.sets)
        self.kind_of = {kind.place.id: kind for kind in tables.kinds}
        self._proven: tuple[dict[str, PartBound], Joined, dict[str, int]] = {}, Joined([]), {}
        self.clashing = that_clash(tables, [kind for kind in tables.kinds if kind.place.id not in self.counted])

    def _leaving_out_never_pays(self) -> bool:
        """Whether repeats can be counted as if everybody were placed: one left out saves less than it costs."""
        weights = self.problem.weights
        saved = max((most_saved_by_one_left_out(self.problem, place, 1) for place in self.count.places), default=0)
        return 0 < weights.repeat_encounter * (saved + 1) <= weights.unplaced

    def steps(self, best: Plan | None) -> Iterator[None]:
        """All there is to prove at the multipliers that a plan suggests."""
        yield from self.at_prices(best)
        yield from self.look_closer()

    def at_prices(self, best: Plan | None) -> Iterator[None]:
        """Bound every part, and what joins them, at the multipliers that a plan suggests."""
        extra = self.multipliers(best)
        known: dict[str, PartBound] = {}
        for place in self.places:
            if isinstance(place, Event):
                known[place.id] = self.event_at_prices(place, extra)
            else:
                known[place.id] = self._entry(place, extra)
            # No part costs less than nothing, so what is known so far is a bound too.
            self.run.raise_bound(sum(part.least for part in known.values()) - sum(extra.values()))
            yield
        joined = Joined(self._dates_together(extra))
        yield from self._cross(known, joined, extra)
        least, _ = self._together(known, joined)
        self.run.raise_bound(least - sum(extra.values()))
        self._proven = known, joined, extra
        yield

    def _cross(self, known: Mapping[str, PartBound], joined: Joined, extra: Mapping[str, int]) -> Iterator[None]:
        """Bound the events whose repeats count together with these, where the sum of all parts is lowest."""
        kinds = [self.kind_of[place.id] for place in self.count.places if isinstance(place, Event)]
        if not self.counted or not can_cross(self.tables, kinds):
            return
        least, groups = self._together(known, joined)
        self.run.raise_bound(least - sum(extra.values()))
        yield
        if least >= IMPOSSIBLE:
            return
        weights, running = self.problem.weights, [groups[kind.place.id] for kind in kinds]
        prices = [self._price_left_out(kind.place, max(1, r)) for kind, r in zip(kinds, running, strict=True)]
        costs = [self._sittings(kind, extra, price) for kind, price in zip(kinds, prices, strict=True)]
        again = AgainInSets(self.count, groups, SCALE * weights.repeat_encounter)
        left_out = [
            SCALE * (weights.unplaced - price) - again.saved_by_one_left_out(event)
            for event, price in zip(again.events, prices, strict=True)
        ]
        crossing = Crossing(kinds, costs, left_out, SCALE * weights.repeat_encounter)
        joined.crossed = crossing.together(crossing.climb(running, self.run.tick))
        joined.again = again
        yield

    def look_closer(self) -> Iterator[None]:
        """Ask CP-SAT about the events at those numbers of sessions where the sum of all parts was lowest at prices."""
        known, joined, extra = self._proven
        folded = with_prices_folded(self.problem, extra)
        while True:
            least, groups = self._together(known, joined)
            self.run.raise_bound(least - sum(extra.values()))
            yield
            if least >= IMPOSSIBLE:
                return
            running = {e.id: groups.get(e.id, known[e.id].cheapest) for e in self.problem.events}
            blunt = next((e for e in self.problem.events if self._is_blunt(known[e.id], e, running[e.id])), None)
            if blunt is None:
                return
            known[blunt.id].sharpen(running[blunt.id], self._alone(folded, blunt, running[blunt.id]))

    def _is_blunt(self, part: PartBound, event: Event, running: int) -> bool:
        """Whether CP-SAT may say more of an event, and was not asked yet."""
        return bool(event.audience) and running not in part.exact and running in part.by_groups and self._fits(event)

    def _fits(self, event: Event) -> bool:
        return len(event.audience) * len(event.sessions) <= MOST_ATTENDANCES

    def _together(self, known: Mapping[str, PartBound], joined: Joined) -> tuple[int, Groups]:
        """The least sum of the parts and the repeats over all numbers of groups, and where that is."""
        weight = self.problem.weights.repeat_encounter
        counted = [place for place in self.places if place.id in self.counted]
        others = sum(part.least for name, part in known.items() if name not in self.counted)
        others += sum(max(0, least - sum(known[name].least for name in names)) for names, least in joined.dates)
        if not counted:
            return others, {}
        costs = {
            place.id: known[place.id].by_groups
            if isinstance(place, Event)
            else without_dearer_with_fewer(known[place.id].by_groups)
            for place in counted
        }
        fewest_repeats = weight * self.count.least({name: max(by_groups) for name, by_groups in costs.items()})

        def whole(groups: Groups, parts: int) -> int:
            apart = parts + weight * self.count.least(groups)
            if joined.crossed is None or joined.again is None:
                return apart
            beside = sum(costs[name][number] for name, number in groups.items() if name not in joined.crossed.events)
            crossed = -(-(joined.crossed.least(groups) + joined.again.least(groups)) // SCALE)
            return max(apart, crossed + beside + weight * self.count.before)

        least, groups = lowest(costs, fewest_repeats, whole)
        return others + least, groups

    def multipliers(self, best: Plan | None) -> dict[str, int]:
        """μ of each party: all of the weight where the plan has it attend two or more, half where one."""
        weight = self.problem.weights.burden
        if best is None or not weight:
            return {}
        attended = dict.fromkeys(self.problem.party_by_id, 0)
        sittings = [(a.party, a.session) for a in best.assignments]
        sittings += [(party, m.slot) for s in best.sets for party in s.parties for m in s.meetings]
        for party, sitting in sittings:
            attended[party] += self.problem.answer(party, sitting) == "if-need-be"
        return {p: weight if times >= 2 else weight // 2 * times for p, times in attended.items()}

    def event_at_prices(self, event: Event, extra: Mapping[str, int]) -> PartBound:
        """An event's bounds by prices alone, for each number of running sessions."""
        if not event.audience:
            return PartBound({0: 0})

        def priced(running: int) -> Sittings:
            return self._sittings(self.kind_of[event.id], extra, self._price_left_out(event, running))

        dear = priced(1)
        room = seats_everybody(dear)
        usual = replace(priced(room), fewest=max(room, dear.fewest))
        bounds = bounds_with_everybody_dear(replace(dear, running=room - 1)) | climbed_bounds(usual, self.run.tick)
        by_running = {running: min(IMPOSSIBLE, -(-bound // SCALE)) for running, bound in bounds.items()}
        return PartBound(by_running or {event.open_min: IMPOSSIBLE})

    def _dates_together(self, extra: Mapping[str, int]) -> list[tuple[tuple[str, ...], int]]:
        """What events cost together of which one session runs and whose dates clash."""
        found: list[tuple[tuple[str, ...], int]] = []
        for kinds in self.clashing:
            self.run.tick()
            costs = [self._sittings(kind, extra, self.problem.weights.unplaced) for kind in kinds]
            dates = cheapest_dates(self.tables, kinds, costs)
            if dates is not None:
                found.append((tuple(kind.place.id for kind in kinds), -(-dates.cost // SCALE)))
        return found

    def _sittings(self, kind: Kind, extra: Mapping[str, int], unplaced: int) -> Sittings:
        """The costs of an event, scaled, where a party left out costs so much."""
        more = SCALE * of_party(extra, kind.place.audience)
        return sittings_of(self.tables, kind, more, scale=SCALE, unplaced=SCALE * unplaced)

    def _price_left_out(self, place: Event | SetsEntry, groups: int) -> int:
        """What a party left out costs at least: less the repeats that this can save, where those are counted."""
        weights = self.problem.weights
        if place.id not in self.counted:
            return weights.unplaced
        return weights.unplaced - weights.repeat_encounter * most_saved_by_one_left_out(self.problem, place, groups)

    def _entry(self, entry: SetsEntry, extra: Mapping[str, int]) -> PartBound:
        """A bound on an entry's sets for each number of sets, at prices."""
        unplaced = self._price_left_out(entry, fewest_for_everybody(entry))
        kind, more = self.kind_of[entry.id], of_party(extra, entry.audience)
        return PartBound(least_by_sets(self.tables, kind, more, self.run, unplaced=unplaced))

    def _alone(self, folded: Problem, event: Event, running: int) -> int:
        """A proven bound on an event by itself, with so many sessions running."""
        unplaced = self._price_left_out(event, running)
        return self._least(replace(folded, weights=replace(folded.weights, unplaced=unplaced)), event, running)

    def _least(self, problem: Problem, event: Event, running: int) -> int:
        """A proven bound by CP-SAT on one event of a problem whose burden and repeats are counted elsewhere."""
        part = with_sessions_running(part_of(problem, {event.id}, set()), event, running)
        model = build(part, seed=self.seed, tick=self.run.tick, leave_out=JOINED_ELSEWHERE)
        answer = cpsat.ask(model.book.cp, self.run, threads=1, seed=self.seed, work=WORK, linearization_level=2)
        if answer.bound is None:  # no plan for this part at these numbers
            return IMPOSSIBLE
        return answer.bound


def of_party(extra: Mapping[str, int], audience: Sequence[str]) -> Ints:
    """What each party of an audience pays for a need, as an array."""
    return np.array([extra.get(party, 0) for party in audience], dtype=np.int64)
