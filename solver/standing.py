"""A plan as arrays, where a move is a few numbers changed: what local search walks through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.drafting import Draft
from solver.plan import Plan
from solver.problem import Assignment, Event, Meeting, PlannedSet, SetsEntry
from solver.tables import Bools, Floats, Ints, Kind, Tables


@dataclass
class Groups:
    """The groups of one kind that run in a plan, and which of them each party of the audience is in.

    ``where[i]`` is the group of the i-th party of the audience; the number of groups stands for "in none".
    """

    kind: Kind
    names: list[str | int]
    sittings: list[list[int]]
    facilitators: list[str | None]
    where: Ints
    least: Ints
    most: Ints

    @property
    def size(self) -> int:
        """How many groups there are."""
        return len(self.names)

    def copy(self) -> Groups:
        """The same, free to change."""
        sittings = [list(group) for group in self.sittings]
        return Groups(self.kind, self.names, sittings, self.facilitators, self.where.copy(), self.least, self.most)


class Standing:
    """Where everybody stands, with what the kinds share: attendances, burdens and encounters."""

    def __init__(self, tables: Tables, plan: Plan | Draft) -> None:
        self.tables = tables
        self.groups = [
            _of_event(tables, kind, plan) if kind.is_event else _of_entry(tables, kind, plan) for kind in tables.kinds
        ]
        self._recount()

    def _recount(self) -> None:
        tables = self.tables
        self.attends = np.zeros((len(tables.party), len(tables.sitting)), dtype=np.int64)
        self.together = tables.before.copy()
        for groups in self.groups:
            self.attends[groups.kind.audience] += self.attendance_in(groups)
            self.together += self.encounters_in(groups)

    def attendance_in(self, groups: Groups) -> Ints:
        """Who attends which sitting through this kind: audience × sittings, 0 or 1."""
        rows = np.zeros((groups.size + 1, len(self.tables.sitting)), dtype=np.int64)
        for g, sittings in enumerate(groups.sittings):
            rows[g, sittings] = 1
        return rows[groups.where]

    def encounters_in(self, groups: Groups) -> Ints:
        """How often each two Trusts are together in this kind."""
        n = len(self.tables.trust_number)
        if not groups.kind.place.encounters or not groups.size:
            return np.zeros((n, n), dtype=np.int64)
        trust, where = self.tables.trust[groups.kind.audience], groups.where
        together = np.zeros((n, n), dtype=np.int64)
        if groups.kind.each_trust_once:
            together[np.ix_(trust, trust)] = (where[:, None] == where[None, :]) & (where < groups.size)
        else:
            present = np.zeros((n, groups.size + 1), dtype=np.int64)
            present[trust, where] = 1
            together = present[:, : groups.size] @ present[:, : groups.size].T
        np.fill_diagonal(together, 0)
        return together

    def leave(self, groups: Groups) -> None:
        """Take a kind out of the shared counts, before its parties move."""
        self.attends[groups.kind.audience] -= self.attendance_in(groups)
        self.together -= self.encounters_in(groups)

    def enter(self, groups: Groups) -> None:
        """Count a kind in again, after its parties moved."""
        self.attends[groups.kind.audience] += self.attendance_in(groups)
        self.together += self.encounters_in(groups)

    def snapshot(self) -> list[Groups]:
        """A copy of who is where."""
        return [groups.copy() for groups in self.groups]

    def restore(self, snapshot: list[Groups]) -> None:
        """Go back to a snapshot."""
        self.groups = [groups.copy() for groups in snapshot]
        self._recount()


def free_sittings(tables: Tables, attends: Ints, kind: Kind) -> Bools:
    """Which sittings each party of an audience can attend beside what else it does; ``attends`` is without the kind."""
    audience = kind.audience
    if not tables.any_exclusion:
        return tables.allowed[audience]
    rows, sittings = attends[audience].nonzero()
    blocked = np.zeros((len(audience), len(tables.sitting)), dtype=np.bool_)
    first = np.flatnonzero(np.diff(rows, prepend=-1))  # where each party's own sittings begin
    if len(rows):
        blocked[rows[first]] = np.logical_or.reduceat(tables.excludes[sittings], first, axis=0)
    for i, party in enumerate(audience.tolist()):
        for other in tables.sharing.get(party, ()):
            blocked[i] |= tables.clashes[attends[other] > 0].any(axis=0)
    free: Bools = tables.allowed[audience] & ~blocked
    return free


def prices(tables: Tables, attends: Ints, groups: Groups) -> Floats:
    """What each party pays in each group, and in none, repeats and imbalance apart; ``attends`` is without the kind."""
    audience, weights = groups.kind.audience, tables.problem.weights
    paid = np.full((len(audience), groups.size + 1), float(weights.unplaced))
    before = (attends[audience] * tables.need[audience]).sum(axis=1)
    for g in range(groups.size):
        paid[:, g] = price_of_group(tables, before, groups, g)
    return paid


def price_of_group(tables: Tables, before: Ints, groups: Groups, g: int) -> Floats:
    """One column of ``prices``; ``before`` is how many "if need be" each party of the audience attends elsewhere."""
    audience, sittings = groups.kind.audience, groups.sittings[g]
    burden = tables.problem.weights.burden
    need = tables.need[audience][:, sittings].sum(axis=1)
    beyond = np.maximum(0, before + need - 1) - np.maximum(0, before - 1)
    kept = _kept_prices(tables, groups, g)
    paid: Floats = tables.price[audience][:, sittings].sum(axis=1) + burden * beyond + kept
    return paid


def _kept_prices(tables: Tables, groups: Groups, g: int) -> Floats:
    """What parties save in a set that keeps their previous number or facilitator."""
    saved = np.zeros(len(groups.kind.audience))
    previous, change = tables.problem.previous, tables.problem.weights.change
    if previous is None or groups.kind.is_event or not change:
        return saved
    place = {party: i for i, party in enumerate(groups.kind.place.audience)}
    for planned in previous.sets:
        if planned.set == groups.kind.place.id:
            kept = (planned.number == groups.names[g]) + (
                planned.facilitator is not None and planned.facilitator == groups.facilitators[g]
            )
            for party in planned.parties:
                if party in place:
                    saved[place[party]] -= change * kept
    return saved


def _of_event(tables: Tables, kind: Kind, plan: Plan | Draft) -> Groups:
    event = kind.place
    assert isinstance(event, Event)  # noqa: S101 - for the type checker
    session_of = {a.party: a.session for a in plan.assignments if a.event == event.id}
    running = frozenset(session_of.values())
    sessions = [session for session in event.sessions if session.id in running]
    number = {session.id: g for g, session in enumerate(sessions)}
    where = [number[session_of[p]] if p in session_of else len(sessions) for p in event.audience]
    unlimited = int(kind.seats.sum()) + 1
    return Groups(
        kind,
        [session.id for session in sessions],
        [[tables.sitting[session.id]] for session in sessions],
        [None] * len(sessions),
        np.array(where, dtype=np.int64),
        np.array([max(1, session.min_seats) for session in sessions], dtype=np.int64),
        np.array([unlimited if s.max_seats is None else s.max_seats for s in sessions], dtype=np.int64),
    )


def _of_entry(tables: Tables, kind: Kind, plan: Plan | Draft) -> Groups:
    entry = kind.place
    assert isinstance(entry, SetsEntry)  # noqa: S101 - for the type checker
    sets = [planned for planned in plan.sets if planned.set == entry.id]
    set_of = {party: g for g, planned in enumerate(sets) for party in planned.parties}
    most = len(entry.audience) if entry.size_max is None else entry.size_max
    return Groups(
        kind,
        [planned.number for planned in sets],
        [[tables.sitting[meeting.slot] for meeting in planned.meetings] for planned in sets],
        [planned.facilitator for planned in sets],
        np.array([set_of.get(party, len(sets)) for party in entry.audience], dtype=np.int64),
        np.full(len(sets), max(1, entry.size_min), dtype=np.int64),
        np.full(len(sets), most, dtype=np.int64),
    )


def drafted(tables: Tables, groups_of_kinds: list[Groups]) -> Draft:
    """The plan that these groups are, in the order of the file."""
    assignments: list[Assignment] = []
    sets: list[PlannedSet] = []
    for groups in groups_of_kinds:
        place = groups.kind.place
        if isinstance(place, Event):
            for party, g in zip(place.audience, groups.where.tolist(), strict=True):
                if g < groups.size:
                    assignments.append(Assignment(place.id, party, str(groups.names[g])))
            continue
        for g in sorted(range(groups.size), key=lambda g: groups.names[g]):
            parties = tuple(p for p, h in zip(place.audience, groups.where.tolist(), strict=True) if h == g)
            slots = [tables.sitting_ids[s] for s in groups.sittings[g]]
            meetings = tuple(Meeting(r.id, slot) for r, slot in zip(place.rounds, slots, strict=True))
            sets.append(PlannedSet(place.id, int(groups.names[g]), parties, groups.facilitators[g], meetings))
    return Draft(tuple(assignments), tuple(sets))
