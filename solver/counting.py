"""A least number of repeated encounters, by counting alone.

Places with encounters (events and entries of ``sets``) divide the same n Trusts into groups. j of them, with g₁ … gⱼ
groups, cut the Trusts into at most g₁ · … · gⱼ cells, so at least so many pairs are together in all j as when the cells
are as even as can be. With y(S) the number of pairs together in exactly the places S, that is Σ y(S ⊇ J) ≥ m(J) for
every J, and the repeats are Σ (|S| − 1) · y(S) over S not empty: a small integer program, solved exactly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ortools.sat.python import cp_model

from solver.problem import Event, Problem, SetsEntry

MOST_PLACES = 7


def fewest_pairs_together(parties: int, cells: int) -> int:
    """The least number of pairs that share a cell when so many parties are put into so many cells."""
    each, more = divmod(parties, max(1, cells))
    return more * math.comb(each + 1, 2) + (max(1, cells) - more) * math.comb(each, 2)


def counted_places(problem: Problem) -> list[Event | SetsEntry]:
    """The places with encounters that the count looks at: the largest, as each doubles its size."""
    everywhere: list[Event | SetsEntry] = [*problem.events, *problem.sets]
    places = [place for place in everywhere if place.encounters and place.audience]
    return sorted(places, key=lambda place: -len(place.audience))[:MOST_PLACES]


def trusts_in_common(problem: Problem, places: Sequence[Event | SetsEntry]) -> int:
    """How many Trusts have a party in the audience of every one of these places."""
    of_each = [{problem.party_by_id[party].trust for party in place.audience} for place in places]
    return len(set.intersection(*of_each)) if of_each else 0


class RepeatCount:
    """The counting bound of a problem for any numbers of groups."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.places = counted_places(problem)
        numbers = range(len(self.places))
        self.subsets = [s for size in range(1, len(self.places) + 1) for s in itertools.combinations(numbers, size)]
        self.common = {s: trusts_in_common(problem, [self.places[i] for i in s]) for s in self.subsets}
        self.before = sum(max(0, times - 1) for times in problem.met_before.values())
        self.pairs = math.comb(len({party.trust for party in problem.parties}), 2)
        self._least = lru_cache(maxsize=4096)(self._solve)

    def least(self, groups: Mapping[str, int]) -> int:
        """The least repeats when every Trust of an audience is placed, in so many groups of each place at most."""
        return self.before + self._least(tuple(max(1, groups[place.id]) for place in self.places))

    def _solve(self, groups: tuple[int, ...]) -> int:
        if len(self.places) < 2:
            return 0
        cp = cp_model.CpModel()
        pairs = {subset: cp.new_int_var(0, self.pairs, "pairs") for subset in self.subsets}
        cp.add(sum(pairs.values()) <= self.pairs)
        for subset in self.subsets:
            cells = math.prod(groups[i] for i in subset)
            together = fewest_pairs_together(self.common[subset], cells)
            wider = [pairs[other] for other in self.subsets if set(other) >= set(subset)]
            cp.add(sum(wider) >= together)
        cp.minimize(sum((len(subset) - 1) * count for subset, count in pairs.items()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False  # Ctrl-C is for whoever runs us
        solver.parameters.max_deterministic_time = 1.0
        status = solver.solve(cp)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return 0
        return max(0, math.ceil(solver.best_objective_bound - 1e-6))


def most_saved_by_one_left_out(problem: Problem, place: Event | SetsEntry, groups: int) -> int:
    """How many repeats leaving one more party out can save: those it would add in the smallest group."""
    trusts = len({problem.party_by_id[party].trust for party in place.audience})
    return max(0, trusts - 1) // max(1, groups)


class AgainInSets:
    """What those who meet in events repeat in sets, counted beside the repeats among the events alone.

    With j events, a pair that meets in t ≥ 1 of them and in z entries of sets repeats t + z − 1 times: at least
    z · t ÷ j more than its repeats among the events. ``usual`` are the numbers of sessions that a party left out is
    priced at; where fewer run, nothing is counted. ``repeat`` is what a repeat costs.
    """

    def __init__(self, count: RepeatCount, usual: Mapping[str, int], repeat: int) -> None:
        self.problem, self.repeat = count.problem, repeat
        self.events = [place for place in count.places if isinstance(place, Event)]
        entries = [place for place in count.places if not isinstance(place, Event)]
        self.entries = entries[: len(self.events)]  # of more, one left out would save more than it is priced at
        self.usual = {event.id: max(1, usual[event.id]) for event in self.events}
        self._common = {
            (event.id, entry.id): trusts_in_common(count.problem, (event, entry))
            for event in self.events
            for entry in self.entries
        }

    def least(self, groups: Mapping[str, int]) -> int:
        """What they repeat at least when every Trust of an audience is placed, in so many groups at most."""
        if any(groups[event] < sessions for event, sessions in self.usual.items()):
            return 0
        pairs = sum(
            fewest_pairs_together(trusts, groups[event] * max(1, groups[entry]))
            for (event, entry), trusts in self._common.items()
        )
        return self.repeat * pairs // max(1, len(self.events))

    def saved_by_one_left_out(self, event: Event) -> int:
        """How much of that one more party left out of an event can save: what it would add in the smallest session."""
        added = len(self.entries) * most_saved_by_one_left_out(self.problem, event, self.usual[event.id])
        return -(-self.repeat * added // len(self.events))
