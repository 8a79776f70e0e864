"""A problem as arrays, for local search: who may sit where, at which price, and what excludes what.

A *kind* is an event or an entry of ``sets``; its *groups* are the sessions or the sets that parties are placed in. A
session has one sitting, a set one for each round. Prices are weighted points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.clashes import clashing_sittings, parties_sharing_a_person
from solver.problem import AttendanceLock, Event, MixRule, Party, Problem, SetLock, SetsEntry

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Numbers = NDArray[Any]  # integers where a bound is proven, floats on the way there


class MixTable:
    """One mix rule over an audience: the value of each party as a number, and what each value is due."""

    def __init__(self, rule: MixRule, parties: Sequence[Party]) -> None:
        names = sorted({party.value_of(rule.attribute) for party in parties})
        index = {name: i for i, name in enumerate(names)}
        self.value = np.array([index[party.value_of(rule.attribute)] for party in parties], dtype=np.int64)
        self.names = names
        self.values = len(names)
        count = Counter(self.value.tolist())
        n = len(parties)
        self.due = [[-(-present * count[v] // n) for v in range(len(names))] for present in range(n + 1)]
        self.share: Fraction | None = rule.max_share
        self.most = rule.max_count
        self.least_distinct = rule.min_distinct or 0

    def allows(self, counts: list[int], present: int) -> bool:
        """Whether a group with these counts of each value keeps the rule."""
        top = max(counts)
        if self.share is not None and self.share.denominator * top > self.share.numerator * present:
            return False
        if self.most is not None and top > self.most:
            return False
        return self.least_distinct <= 1 or sum(1 for count in counts if count) >= self.least_distinct

    def counted(self, positions: Iterable[int]) -> list[int]:
        """How many of each value some parties are, given by their positions in the audience."""
        counts = [0] * self.values
        for at in positions:
            counts[self.value[at]] += 1
        return counts

    def imbalance(self, counts: list[int], present: int) -> int:
        """How many are present beyond what their value is due."""
        due = self.due[present]
        return sum(count - owed for count, owed in zip(counts, due, strict=True) if count > owed)


@dataclass
class Kind:
    """An event or an entry of ``sets`` for local search; ``audience`` holds numbers of parties."""

    place: Event | SetsEntry
    audience: Ints
    seats: Ints
    mixes: list[MixTable]
    pinned: Bools
    each_trust_once: bool

    @property
    def is_event(self) -> bool:
        """Whether its groups are sessions."""
        return isinstance(self.place, Event)


class Tables:
    """Everything about a problem that a plan does not change."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.party = {party.id: i for i, party in enumerate(problem.parties)}
        self.sitting = {sitting: i for i, sitting in enumerate(problem.sitting_by_id)}
        self.sitting_ids = list(problem.sitting_by_id)
        trusts = sorted({party.trust for party in problem.parties})
        self.trust_number = {trust: i for i, trust in enumerate(trusts)}
        self.trust = np.array([self.trust_number[party.trust] for party in problem.parties], dtype=np.int64)
        self._read_answers()
        self._read_exclusions()
        self._read_locks()
        self.before = np.zeros((len(trusts), len(trusts)), dtype=np.int64)
        for (one, other), times in problem.met_before.items():
            if one in self.trust_number and other in self.trust_number:
                i, j = self.trust_number[one], self.trust_number[other]
                self.before[i, j] = self.before[j, i] = times
        self.apart: dict[int, list[int]] = {}
        for one, other in problem.apart:
            self.apart.setdefault(self.party[one], []).append(self.party[other])
            self.apart.setdefault(self.party[other], []).append(self.party[one])
        self.using = {self.sitting[slot.id] for _, _, slot in problem.slots() if any(slot.uses.values())}
        self.away: dict[str, set[str]] = {}
        for entry in problem.sets:
            for facilitator in entry.facilitators:
                self.away.setdefault(facilitator.id, set()).update(facilitator.unavailable)
        places: list[Event | SetsEntry] = [*problem.events, *problem.sets]
        self.kinds = [self._kind(place) for place in places]

    def _read_answers(self) -> None:
        problem, weights = self.problem, self.problem.weights
        shape = (len(self.party), len(self.sitting))
        self.allowed = np.zeros(shape, dtype=np.bool_)
        self.need = np.zeros(shape, dtype=np.int64)
        self.price = np.zeros(shape, dtype=np.float64)
        for party, answers in problem.availability.items():
            p = self.party[party]
            for sitting, answer in answers.items():
                if answer != "no" and sitting in self.sitting:
                    s = self.sitting[sitting]
                    self.allowed[p, s] = True
                    self.need[p, s] = answer == "if-need-be"
                    self.price[p, s] = weights.costs * problem.cost(party, sitting)
        self.price += weights.if_need_be * self.need
        if problem.previous is not None and weights.change:
            self._price_changes()

    def _price_changes(self) -> None:
        """Whoever stays where the previous plan had them saves the price of a change."""
        problem = self.problem
        assert problem.previous is not None  # noqa: S101 - for the type checker: asked for by the caller
        sessions = {(event.id, session.id) for event in problem.events for session in event.sessions}
        slots = {(entry.id, round_.id, slot.id) for entry, round_, slot in problem.slots()}
        for was in problem.previous.assignments:
            if (was.event, was.session) in sessions and was.party in self.party:
                self.price[self.party[was.party], self.sitting[was.session]] -= problem.weights.change
        for planned in problem.previous.sets:
            for meeting in planned.meetings:
                if (planned.set, meeting.round, meeting.slot) in slots:
                    known = [self.party[party] for party in planned.parties if party in self.party]
                    self.price[known, self.sitting[meeting.slot]] -= problem.weights.change

    def _read_exclusions(self) -> None:
        """``excludes[a, b]``: no party attends both; ``clashes``: no two parties that share a person do."""
        problem = self.problem
        n = len(self.sitting)
        self.clashes = np.zeros((n, n), dtype=np.bool_)
        for one, others in clashing_sittings(list(problem.sitting_by_id.values()), problem.gap).items():
            for clashing in others:
                self.clashes[self.sitting[one], self.sitting[clashing]] = True
        self.excludes = self.clashes.copy()
        events = {event.id: event for event in problem.events}
        for event in problem.events:
            for earlier in (events[name] for name in event.after):
                for session in event.sessions:
                    for other in earlier.sessions:
                        if other.end > session.start:
                            i, j = self.sitting[session.id], self.sitting[other.id]
                            self.excludes[i, j] = self.excludes[j, i] = True
        self.sharing: dict[int, list[int]] = {}
        for first, second in parties_sharing_a_person(problem.parties):
            self.sharing.setdefault(self.party[first], []).append(self.party[second])
            self.sharing.setdefault(self.party[second], []).append(self.party[first])
        self.any_exclusion = bool(self.excludes.any())

    def _read_locks(self) -> None:
        """Locked parties and slots stay where the exact model put them; a "never" is one more "no"."""
        self.must: set[tuple[int, int]] = set()
        self.in_locked_sets: set[tuple[str, int]] = set()
        self.locked_sittings: set[int] = set()
        for lock in self.problem.locks:
            if isinstance(lock, AttendanceLock):
                p, s = self.party[lock.party], self.sitting[lock.session]
                if lock.never:
                    self.allowed[p, s] = False
                else:
                    self.must.add((p, s))
                    self.locked_sittings.add(s)
            elif isinstance(lock, SetLock):
                self.in_locked_sets |= {(lock.set, self.party[party]) for party in lock.parties}
            else:
                self.locked_sittings.add(self.sitting[lock.session])

    def _kind(self, place: Event | SetsEntry) -> Kind:
        parties = [self.problem.party_by_id[party] for party in place.audience]
        audience = np.array([self.party[party.id] for party in parties], dtype=np.int64)
        if isinstance(place, Event):
            mine = {self.sitting[session.id] for session in place.sessions}
            pinned = [any((p, s) in self.must for s in mine) for p in audience.tolist()]
            seats = np.array([party.seats for party in parties], dtype=np.int64)
        else:
            mine = {self.sitting[slot.id] for round_ in place.rounds for slot in round_.slots}
            pinned = [
                (place.id, p) in self.in_locked_sets or p in self.sharing or any((p, s) in self.must for s in mine)
                for p in audience.tolist()
            ]
            seats = np.ones(len(parties), dtype=np.int64)
        mixes = [MixTable(rule, parties) for rule in place.mix] if parties else []
        trusts = {party.trust for party in parties}
        return Kind(place, audience, seats, mixes, np.array(pinned, dtype=np.bool_), len(trusts) == len(parties))
