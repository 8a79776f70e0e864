"""Proven bounds: what any plan costs at least, part by part, and what joins the parts.

Each event is bounded alone by CP-SAT, each entry of ``sets`` by column generation prices, for each number of sessions
or sets; repeats by counting (``solver.counting``). Burden joins the parts by multipliers: with 0 ≤ μ ≤ its weight,
weight · max(0, n − 1) ≥ μ · (n − 1) for a party with n attendances on an "if need be": each of them pays μ in its part,
and Σ μ is taken off. Where a bound supposes everybody placed, one party left out is priced lower by what it can save.
All in integers: nothing here is an estimate.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver import cpsat
from solver.clock import Run
from solver.columns import IMPOSSIBLE, Column, Market, Master, bound_at, combinations_of, market, reduced_prices
from solver.counting import RepeatCount, most_saved_by_one_left_out
from solver.model import build
from solver.parts import part_of, with_prices_folded, with_sessions_running
from solver.plan import Plan
from solver.problem import Event, Problem, SetsEntry
from solver.tables import Tables

SCALE = 8
COLUMNS_AT_ONCE = 60
MOST_ROUNDS = 80
FIRST_WORK = 3.0
TABLE_WORK = 6.0
JOINED_ELSEWHERE = frozenset({"burden", "repeat_encounter"})


@dataclass(frozen=True)
class PartBound:
    """What one part costs at least, by how many groups it has."""

    by_groups: Mapping[int, int]


class Bounder:
    """Raises the bound of a run, step by step; each step is one part at one number of groups, at most seconds long."""

    def __init__(self, problem: Problem, tables: Tables, run: Run, seed: int) -> None:
        self.problem, self.tables, self.run, self.seed = problem, tables, run, seed
        self.count = RepeatCount(problem)
        self.counted = {place.id for place in self.count.places} if self._leaving_out_never_pays() else set()
        self.places: tuple[Event | SetsEntry, ...] = (*problem.events, *problem.sets)

    def _leaving_out_never_pays(self) -> bool:
        """Whether repeats can be counted as if everybody were placed: one left out saves less than it costs."""
        weights = self.problem.weights
        saved = max((most_saved_by_one_left_out(self.problem, place, 1) for place in self.count.places), default=0)
        return 0 < weights.repeat_encounter * (saved + 1) <= weights.unplaced

    def steps(self, best: Plan | None, *, tables: bool) -> Iterator[None]:
        """Bound every part at the multipliers that a plan suggests; ``tables`` by each number of sessions."""
        extra = self.multipliers(best)
        joined = with_prices_folded(self.problem, extra)
        known: dict[str, PartBound] = {}
        for place in self.places:
            if isinstance(place, Event):
                known[place.id] = yield from self._event(joined, place, tables=tables)
            else:
                known[place.id] = self._entry(place, extra)
            # No part costs less than nothing, so what is known so far is a bound too.
            so_far = sum(min(part.by_groups.values()) for part in known.values())
            self.run.raise_bound(so_far - sum(extra.values()))
            yield
        self.run.raise_bound(self.together(known) - sum(extra.values()))
        yield

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

    def together(self, known: Mapping[str, PartBound]) -> int:
        """The least sum of the parts and the repeats over all numbers of groups."""
        weight = self.problem.weights.repeat_encounter
        counted = [place.id for place in self.places if place.id in self.counted]
        others = sum(min(part.by_groups.values()) for name, part in known.items() if name not in self.counted)
        most = {name: max(known[name].by_groups) for name in counted}
        fewest_repeats = weight * self.count.least(most) if counted else 0
        best: int | None = None
        choices = [sorted(known[name].by_groups.items(), key=lambda choice: choice[1]) for name in counted]
        for chosen in sorted(itertools.product(*choices), key=lambda chosen: sum(cost for _, cost in chosen)):
            parts = sum(cost for _, cost in chosen)
            if best is not None and parts + fewest_repeats >= best:
                break
            groups = {name: number for name, (number, _) in zip(counted, chosen, strict=True)}
            total = parts + (weight * self.count.least(groups) if counted else 0)
            best = total if best is None else min(best, total)
        return others + (best or 0)

    def _event(self, joined: Problem, event: Event, *, tables: bool) -> Generator[None, None, PartBound]:
        most = len(event.sessions) if event.open_max is None else min(event.open_max, len(event.sessions))
        part = part_of(joined, {event.id}, set())
        if event.id not in self.counted or not event.audience:
            return PartBound({most: self._least(part, TABLE_WORK if tables else FIRST_WORK)})
        if not tables:
            cheaper = self._priced_out(part, event, 1)
            return PartBound({most: self._least(cheaper, FIRST_WORK)})
        by_groups = {}
        for running in range(most, event.open_min - 1, -1):
            cheaper = with_sessions_running(self._priced_out(part, event, running), event, running)
            by_groups[running] = self._least(cheaper, TABLE_WORK)
            yield
        return PartBound(by_groups)

    def _priced_out(self, part: Problem, place: Event | SetsEntry, groups: int) -> Problem:
        """The part with a party left out priced lower by the repeats that this can save."""
        saved = self.problem.weights.repeat_encounter * most_saved_by_one_left_out(self.problem, place, groups)
        return replace(part, weights=replace(part.weights, unplaced=part.weights.unplaced - saved))

    def _least(self, part: Problem, work: float) -> int:
        """A proven bound on a part by CP-SAT."""
        model = build(part, seed=self.seed, tick=self.run.tick, leave_out=JOINED_ELSEWHERE)
        answer = cpsat.ask(model.book.cp, self.run, threads=1, seed=self.seed, work=work, linearization_level=2)
        if answer.bound is None:  # no plan for this part at these numbers
            return IMPOSSIBLE
        return answer.bound

    def _entry(self, entry: SetsEntry, extra: Mapping[str, int]) -> PartBound:
        """A bound on an entry's sets for each number of sets, from one column generation."""
        n = len(entry.audience)
        weights = self.problem.weights
        fewest = 1 if entry.size_max is None else max(1, -(-n // max(1, entry.size_max)))
        saved = most_saved_by_one_left_out(self.problem, entry, fewest) if entry.id in self.counted else 0
        unplaced = weights.unplaced - weights.repeat_encounter * saved
        most = n // max(1, entry.size_min)
        most = most if entry.count_max is None else min(most, entry.count_max)
        nothing = PartBound({max(1, most): 0})
        keeps_previous = self.problem.previous is not None and weights.change > 0
        if not n or keeps_previous:
            return nothing
        combinations = combinations_of(self.tables, entry)
        if combinations is None:
            return nothing
        kind = next(kind for kind in self.tables.kinds if kind.place is entry)
        if most == 0 or not len(combinations):
            return PartBound({1: unplaced * n})
        price = np.rint(SCALE * self.tables.price[kind.audience]).astype(np.int64)
        mu = np.array([extra.get(party, 0) for party in entry.audience], dtype=np.int64)
        price += SCALE * mu[:, None] * self.tables.need[kind.audience]
        free = self.tables.allowed[kind.audience]
        of = market(self.tables, kind, combinations, free, price, unplaced=SCALE * unplaced)
        if of.least > n:
            return PartBound({1: unplaced * n})
        return PartBound(self._by_sets(of, fewest))

    def _by_sets(self, of: Market, fewest: int) -> dict[int, int]:
        """For each number of sets the best bound over all prices that column generation goes through.

        Fewer than ``fewest`` cannot hold everybody; they count as so many, some of them empty.
        """
        master = Master(of)
        bounds = dict.fromkeys(range(of.fewest, of.sets + 1), 0)
        rounds = MOST_ROUNDS if master.solve() else 0
        for _ in range(rounds):
            self.run.tick()
            prices = master.prices()
            value, order, size, leader = reduced_prices(of, prices)
            cheapest = int(value.min())
            for sets in bounds:
                bounds[sets] = max(bounds[sets], -(-bound_at(of, prices, cheapest, sets) // SCALE))
            added = 0
            for c in np.argsort(value, kind="stable")[:COLUMNS_AT_ONCE]:
                if value[c] + prices.one_set >= -1:
                    break
                members = np.sort(order[c, : size[c]])
                cost = int(of.cost[c, members].sum())
                if cost < IMPOSSIBLE:
                    added += master.add(Column(int(c), int(leader[c]), tuple(members.tolist()), cost))
            if not added or not master.solve():
                break
        least: dict[int, int] = {}
        for sets, bound in bounds.items():
            groups = max(fewest, sets)
            least[groups] = min(bound, least.get(groups, bound))
        return least or {fewest: 0}


def soft_gap(problem: Problem, plan: Plan) -> float:
    """(objective − bound) ÷ (objective − what the unplaced cost), 0 where nothing is left to gain."""
    soft = (plan.objective or 0) - problem.weights.unplaced * plan.terms.get("unplaced", 0)
    return ((plan.objective or 0) - plan.bound) / soft if soft else 0.0
