"""A first division into sets, fast: which slots each set meets in and who leads it, then who joins.

Greedy over combinations of one slot for each round: the combination comes first that most of those still without a set
can attend, those with few combinations counting more. The model then fills and mends it (``solver.construction``).
"""

from __future__ import annotations

import itertools
import random

import numpy as np

from solver.clashes import clashing_sittings
from solver.plan import PlannedSet
from solver.problem import Assignment, Event, Facilitator, Meeting, Problem, SetsEntry
from solver.tables import Bools

MOST_COMBINATIONS = 20_000


def form_sets(problem: Problem, entry: SetsEntry, free: dict[str, frozenset[str]], seed: int) -> list[PlannedSet]:
    """Sets for as many of the entry's audience as greedy choice can place; ``free`` is who can attend which slot."""
    combinations = _combinations(problem, entry, seed)
    if not combinations:
        return []
    parties = list(entry.audience)
    random.Random(seed).shuffle(parties)  # noqa: S311 - a fair tie, not a secret
    can = _can_attend(entry, combinations, parties, free)
    left: Bools = np.asarray(can.any(axis=0))
    leaders = _Leaders(problem, entry)
    rooms = {s.id: len(parties) if s.max_sets is None else s.max_sets for r in entry.rounds for s in r.slots}
    value_of = {p: [problem.party_by_id[p].value_of(mix.attribute) for mix in entry.mix] for p in parties}
    formed: list[PlannedSet] = []
    size = max(1, entry.size_min)
    while left.sum() >= size and (entry.count_max is None or len(formed) < entry.count_max):
        rare = left / np.maximum(1, can.sum(axis=0))
        for c in np.argsort(-(can @ rare), kind="stable"):
            slots = combinations[int(c)]
            leader = leaders.free_for(slots)
            if (leader is None and entry.facilitators) or any(rooms[slot] <= 0 for slot in slots):
                continue
            wish = [int(i) for i in np.argsort(-(can[c] * rare), kind="stable") if can[c, i] and left[i]]
            target = _target_size(entry, int(left.sum()))
            members = _keep_mix(problem, entry, [parties[i] for i in wish], value_of, target)
            if len(members) < size:
                continue
            leaders.take(leader, slots)
            for slot in slots:
                rooms[slot] -= 1
            meetings = tuple(Meeting(r.id, slot) for r, slot in zip(entry.rounds, slots, strict=True))
            chosen = frozenset(members)
            formed.append(
                PlannedSet(
                    entry.id,
                    len(formed) + 1,
                    tuple(p for p in entry.audience if p in chosen),
                    None if leader is None else leader.id,
                    meetings,
                )
            )
            for member in members:
                left[parties.index(member)] = False
            break
        else:
            break
    return formed


def _combinations(problem: Problem, entry: SetsEntry, seed: int) -> list[tuple[str, ...]]:
    """One slot for each round, no two of which clash; a sample where there are very many."""
    slots_of = [slot for round_ in entry.rounds for slot in round_.slots]
    clashing = clashing_sittings(slots_of, problem.gap)
    choices = [[slot.id for slot in round_.slots] for round_ in entry.rounds]
    total = 1
    for slots in choices:
        total *= len(slots)
    if total <= MOST_COMBINATIONS:
        return [c for c in itertools.product(*choices) if all(clashing[slot].isdisjoint(c) for slot in c)]
    dice = random.Random(seed)  # noqa: S311 - a sample, not a secret
    drawn = (tuple(dice.choice(slots) for slots in choices) for _ in range(MOST_COMBINATIONS))
    return [c for c in dict.fromkeys(drawn) if all(clashing[slot].isdisjoint(c) for slot in c)]


def _can_attend(
    entry: SetsEntry, combinations: list[tuple[str, ...]], parties: list[str], free: dict[str, frozenset[str]]
) -> Bools:
    slots = [slot.id for round_ in entry.rounds for slot in round_.slots]
    index = {slot: i for i, slot in enumerate(slots)}
    by_slot = np.array([[slot in free[party] for party in parties] for slot in slots], dtype=np.bool_)
    can = np.ones((len(combinations), len(parties)), dtype=np.bool_)
    for r in range(len(entry.rounds)):
        can &= by_slot[[index[combination[r]] for combination in combinations]]
    return can


def fill_sessions(
    problem: Problem, event: Event, free: dict[str, frozenset[str]], running: int | None, seed: int
) -> list[Assignment]:
    """A filling of an event's sessions, fast: the session that most can attend first, whoever has least choice first.

    ``running`` is how many sessions to fill; None fills as many as needed. Seats and mix hold, the rest is for others.
    """
    left = list(event.audience)
    random.Random(seed).shuffle(left)  # noqa: S311 - a fair tie, not a secret
    value_of = {p: [problem.party_by_id[p].value_of(mix.attribute) for mix in event.mix] for p in left}
    sessions = list(event.sessions)
    most = len(sessions) if event.open_max is None else min(event.open_max, len(sessions))
    most = most if running is None else min(most, running)
    made: list[Assignment] = []
    for number in range(most):
        sessions.sort(key=lambda session: -sum(session.id in free[party] for party in left))
        session = sessions.pop(0)
        willing = [party for party in left if session.id in free[party]]
        rest = [s.id for s in sessions]
        willing.sort(key=lambda party: sum(name in free[party] for name in rest))
        seats = problem.party_by_id[willing[0]].seats if willing else 1
        room = len(willing) if session.max_seats is None else session.max_seats // max(1, seats)
        share = room if running is None else -(-len(left) // (most - number))
        members = _keep_mix(problem, event, willing, value_of, min(room, share, len(willing)))
        taken = sum(problem.party_by_id[party].seats for party in members)
        if not members or taken < session.min_seats or (session.max_seats is not None and taken > session.max_seats):
            continue
        made += [Assignment(event.id, party, session.id) for party in members]
        seated = frozenset(members)
        left = [party for party in left if party not in seated]
    return made


def _target_size(entry: SetsEntry, left: int) -> int:
    most = left if entry.size_max is None else entry.size_max
    least = max(1, entry.size_min)
    sets = max(1, round(left / ((least + most) / 2)))
    return max(least, min(most, -(-left // sets)))


def _keep_mix(
    problem: Problem, place: Event | SetsEntry, wish: list[str], value_of: dict[str, list[str]], target: int
) -> list[str]:
    """The first of ``wish`` that keep shares, counts and ``apart``, for a group of the target size."""
    apart = problem.apart_from if place.encounters else {}
    chosen: list[str] = []
    for party in wish:
        if len(chosen) == target:
            break
        if party in apart and not apart[party].isdisjoint(chosen):
            continue
        if all(
            sum(value_of[other][m] == value_of[party][m] for other in chosen) < _most_of_one_value(place, m, target)
            for m in range(len(place.mix))
        ):
            chosen.append(party)
    least = max(1, place.size_min) if isinstance(place, SetsEntry) else 1
    while len(chosen) >= least and not _mix_holds(place, chosen, value_of):
        chosen.pop()
    return chosen


def _most_of_one_value(place: Event | SetsEntry, m: int, size: int) -> int:
    mix = place.mix[m]
    most = size if mix.max_count is None else mix.max_count
    return most if mix.max_share is None else min(most, int(mix.max_share * size))


def _mix_holds(place: Event | SetsEntry, chosen: list[str], value_of: dict[str, list[str]]) -> bool:
    for m, mix in enumerate(place.mix):
        values = [value_of[party][m] for party in chosen]
        if mix.min_distinct is not None and len(set(values)) < mix.min_distinct:
            return False
        if any(values.count(value) > _most_of_one_value(place, m, len(chosen)) for value in values):
            return False
    return True


class _Leaders:
    """Who can still lead: each facilitator's sets so far and the slots it is busy or away in."""

    def __init__(self, problem: Problem, entry: SetsEntry) -> None:
        slots = [slot for _, _, slot in problem.slots()]
        self.clashing = clashing_sittings(slots, problem.gap)
        self.entry = entry
        self.led = {f.id: 0 for f in entry.facilitators}
        self.busy: dict[str, set[str]] = {f.id: set() for f in entry.facilitators}
        for other in problem.sets:
            for facilitator in other.facilitators:
                if facilitator.id in self.busy:
                    self.busy[facilitator.id] |= facilitator.unavailable

    def free_for(self, slots: tuple[str, ...]) -> Facilitator | None:
        """The facilitator with the fewest sets who can lead a set that meets in these slots."""
        able = [
            f
            for f in self.entry.facilitators
            if (f.max_sets is None or self.led[f.id] < f.max_sets) and self.busy[f.id].isdisjoint(slots)
        ]
        return min(able, key=lambda f: (self.led[f.id], -len(self.busy[f.id]))) if able else None

    def take(self, leader: Facilitator | None, slots: tuple[str, ...]) -> None:
        """Let a facilitator lead a set that meets in these slots."""
        if leader is not None:
            self.led[leader.id] += 1
            for slot in slots:
                self.busy[leader.id] |= {slot, *self.clashing[slot]}
