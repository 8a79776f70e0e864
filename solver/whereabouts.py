"""Who is where in a plan, looked up by party, person and group: what a move of one party is priced and judged by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from solver.clashes import Sitting, clashing_sittings
from solver.drafting import Draft, left_out
from solver.plan import Plan
from solver.problem import Assignment, Event, Party, PlannedSet, Problem, Session, SetsEntry
from solver.tables import MixTable

Kind = Event | SetsEntry


@dataclass(frozen=True, slots=True)
class Group:
    """A session of an event or a set of an entry, with the parties in it; of a session nobody attends, none."""

    kind: Kind
    name: str | int
    sittings: tuple[Sitting, ...]
    parties: tuple[str, ...]
    facilitator: str | None = None

    def with_one(self, party: str) -> tuple[str, ...]:
        """Its parties once one more has come."""
        return (*self.parties, party)

    def without(self, party: str) -> tuple[str, ...]:
        """Its parties once one has left."""
        return tuple(other for other in self.parties if other != party)


@dataclass(frozen=True, slots=True)
class Move:
    """One party going from a group to another of the same kind, all else held; None is "in none".

    A session that its last party leaves no longer runs, and such a set is no longer formed.
    """

    party: str
    kind: Kind
    leaving: Group | None
    entering: Group | None

    @property
    def closes(self) -> bool:
        """Whether nobody is left where the party comes from."""
        return self.leaving is not None and self.leaving.parties == (self.party,)

    @property
    def opens(self) -> bool:
        """Whether nobody is where it goes to."""
        return self.entering is not None and not self.entering.parties


class Whereabouts:
    """A plan laid over its problem; the plan names nothing that the problem does not have."""

    def __init__(self, problem: Problem, plan: Plan | Draft) -> None:
        self.problem = problem
        self.kinds: tuple[Kind, ...] = (*problem.events, *problem.sets)
        in_session: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for assigned in plan.assignments:
            in_session[assigned.session][assigned.party] = None
        self.groups: dict[str, list[Group]] = {}
        for event in problem.events:
            self.groups[event.id] = [Group(event, s.id, (s,), tuple(in_session[s.id])) for s in event.sessions]
        for entry in problem.sets:
            self.groups[entry.id] = [self._formed(entry, planned) for planned in plan.sets if planned.set == entry.id]
        self._times_met: dict[str, dict[str, int]] = {}
        self.group_of: dict[tuple[str, str], Group] = {}
        for kind in self.kinds:
            for group in self.groups[kind.id]:
                for party in group.parties:
                    self.group_of.setdefault((kind.id, party), group)

    def _formed(self, entry: SetsEntry, planned: PlannedSet) -> Group:
        slots = tuple(self.problem.sitting_by_id[meeting.slot] for meeting in planned.meetings)
        return Group(entry, planned.number, slots, tuple(dict.fromkeys(planned.parties)), planned.facilitator)

    def kinds_of(self, party: str) -> Iterator[Kind]:
        """The events and entries of ``sets`` that ask for the party, in the order of the file."""
        return (kind for kind in self.kinds if party in kind.audience)

    def moves_of(self, party: str, kind: Kind) -> Iterator[Move]:
        """The party going to each session or set there is, then to none; where it is now included."""
        leaving = self.group_of.get((kind.id, party))
        for entering in [*self.groups[kind.id], None]:
            yield Move(party, kind, leaving, entering)

    def attended_by(self, party: str, *, beside: Kind) -> Iterator[tuple[Sitting, Group]]:
        """What the party attends of every other event and entry."""
        for kind in self.kinds:
            group = self.group_of.get((kind.id, party))
            if kind.id != beside.id and group is not None:
                for sitting in group.sittings:
                    yield sitting, group

    def running(self, kind: Kind) -> list[Group]:
        """The sessions of an event that run, or the sets that are formed."""
        return [group for group in self.groups[kind.id] if group.parties]

    def seats_in(self, parties: tuple[str, ...]) -> int:
        """How many seats some parties take."""
        return sum(self.problem.party_by_id[party].seats for party in parties)

    @cached_property
    def parties_of_person(self) -> dict[str, list[str]]:
        """Under each person the parties they belong to."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for party in self.problem.parties:
            for person in party.people:
                found[person].append(party.id)
        return dict(found)

    @cached_property
    def mix_tables(self) -> dict[str, list[MixTable]]:
        """Under each kind the even parts of the values in its audience, one table for each rule of its mix."""
        parties = self.problem.party_by_id
        return {k.id: [MixTable(r, [parties[p] for p in k.audience]) for r in k.mix] for k in self.kinds if k.audience}

    @cached_property
    def position(self) -> dict[str, dict[str, int]]:
        """Under each kind where in its audience each party stands."""
        return {kind.id: {party: at for at, party in enumerate(kind.audience)} for kind in self.kinds}

    def positions(self, kind: Kind, parties: tuple[str, ...]) -> list[int]:
        """Where in the audience some parties stand; who is not in it (a plan may say so wrongly) counts nowhere."""
        at = self.position[kind.id]
        return [at[party] for party in parties if party in at]

    @cached_property
    def parties_of_trust(self) -> dict[str, list[Party]]:
        """Under each Trust its parties."""
        found: defaultdict[str, list[Party]] = defaultdict(list)
        for party in self.problem.parties:
            found[party.trust].append(party)
        return dict(found)

    def times_met(self, trust: str) -> dict[str, int]:
        """How often a Trust is together with each other one in the plan as it stands."""
        if trust not in self._times_met:
            parties, met = self.problem.party_by_id, Counter[str]()
            for kind in (kind for kind in self.kinds if kind.encounters):
                of_trust = (self.group_of.get((kind.id, party.id)) for party in self.parties_of_trust[trust])
                for group in {group.name: group for group in of_trust if group is not None}.values():
                    met.update({parties[other].trust for other in group.parties} - {trust})
            self._times_met[trust] = dict(met)
        return self._times_met[trust]

    @cached_property
    def previous_sessions(self) -> dict[tuple[str, str], list[str]]:
        """Under event and party the sessions the previous plan gave it, as far as the event still has them."""
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        known = {(event.id, session.id) for event in self.problem.events for session in event.sessions}
        for was in self.problem.previous.assignments if self.problem.previous else ():
            if (was.event, was.session) in known:
                found[was.event, was.party].append(was.session)
        return dict(found)

    @cached_property
    def previous_sets(self) -> dict[tuple[str, str], list[PlannedSet]]:
        """Under entry and party the sets the previous plan had it in."""
        found: defaultdict[tuple[str, str], list[PlannedSet]] = defaultdict(list)
        for was in self.problem.previous.sets if self.problem.previous else ():
            for party in was.parties:
                found[was.set, party].append(was)
        return dict(found)

    @cached_property
    def known_slots(self) -> frozenset[tuple[str, str, str]]:
        """Every slot under its entry and round."""
        return frozenset((entry.id, round_.id, slot.id) for entry, round_, slot in self.problem.slots())

    @cached_property
    def clashing(self) -> dict[str, frozenset[str]]:
        """Under each sitting those that clash with it."""
        return clashing_sittings(list(self.problem.sitting_by_id.values()), self.problem.gap)

    def session(self, group: Group) -> Session:
        """The one sitting of a group that is a session."""
        sitting = group.sittings[0]
        assert isinstance(sitting, Session)  # noqa: S101 - for the type checker: asked of events alone
        return sitting


def with_move(problem: Problem, plan: Plan, move: Move) -> Plan:
    """The plan with one party elsewhere; its figures are still those of before."""
    name = None if move.entering is None else move.entering.name
    event = isinstance(move.kind, Event)
    assignments = [a for a in plan.assignments if (a.event, a.party) != (move.kind.id, move.party)]
    if event and name is not None:
        assignments.append(Assignment(move.kind.id, move.party, str(name)))
    sets = []
    for planned in plan.sets:
        members = planned.parties
        if planned.set == move.kind.id and not event:
            members = tuple(p for p in members if p != move.party)
            members += (move.party,) if planned.number == name else ()
        if members:
            sets.append(replace(planned, parties=members))
    moved = replace(plan, assignments=tuple(assignments), sets=tuple(sets))
    return replace(moved, unplaced=tuple(left_out(problem, moved)))
