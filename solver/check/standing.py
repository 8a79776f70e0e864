"""Who is where according to a plan, as far as its ids say so: what the rules and the terms are counted over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from solver.plan import Plan
from solver.problem import Event, PlannedSet, Problem, Round, Session, SetsEntry, Slot


@dataclass(frozen=True, slots=True)
class Attendance:
    """One party at one sitting; ``meeting`` tells two sets in one slot apart, ``place`` is where the plan says it."""

    party: str
    sitting: Session | Slot
    meeting: tuple[str, int]
    place: str


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting of a set: the round and slot it is held in, and its place in the plan."""

    round: Round
    slot: Slot
    place: str


@dataclass(frozen=True, slots=True)
class FormedSet:
    """A planned set of an entry that the problem has, with its parties and meetings as far as the problem has them."""

    entry: SetsEntry
    planned: PlannedSet
    parties: tuple[str, ...]
    meetings: tuple[Held, ...]
    place: str


@dataclass(frozen=True)
class Standing:
    """A plan laid over its problem; whatever names nothing in the problem is left out (``names`` tells of it)."""

    problem: Problem
    plan: Plan

    @cached_property
    def event_by_id(self) -> Mapping[str, Event]:
        """Every event under its id."""
        return {event.id: event for event in self.problem.events}

    @cached_property
    def entry_by_id(self) -> Mapping[str, SetsEntry]:
        """Every entry of sets under its id."""
        return {entry.id: entry for entry in self.problem.sets}

    @cached_property
    def sessions_of(self) -> Mapping[str, Mapping[str, Session]]:
        """For each event its sessions under their ids."""
        return {event.id: {session.id: session for session in event.sessions} for event in self.problem.events}

    @cached_property
    def visits(self) -> Mapping[str, Mapping[str, list[Attendance]]]:
        """For each event and party its attendances: one, where the plan is right."""
        found: dict[str, defaultdict[str, list[Attendance]]]
        found = {event.id: defaultdict(list) for event in self.problem.events}
        for index, assigned in enumerate(self.plan.assignments):
            session = self.sessions_of.get(assigned.event, {}).get(assigned.session)
            if session and assigned.party in self.problem.party_by_id:
                visit = Attendance(assigned.party, session, (session.id, 0), f"assignments[{index}]")
                found[assigned.event][assigned.party].append(visit)
        return found

    @cached_property
    def parties_in(self) -> Mapping[str, tuple[str, ...]]:
        """The parties of each session that runs, in the order of the plan, each once."""
        found: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for visit in self._visits():
            found[visit.sitting.id][visit.party] = None
        return {session: tuple(parties) for session, parties in found.items()}

    def _visits(self) -> Iterator[Attendance]:
        for by_party in self.visits.values():
            for visits in by_party.values():
                yield from visits

    @cached_property
    def left_out(self) -> Mapping[str, Mapping[str, list[str]]]:
        """For each event or entry the parties the plan lists as unplaced, with the places where it does."""
        found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for index, unplaced in enumerate(self.plan.unplaced):
            found[unplaced.event][unplaced.party].append(f"unplaced[{index}]")
        return found

    @cached_property
    def formed(self) -> tuple[FormedSet, ...]:
        """The sets of the plan, in its order."""
        return tuple(self._formed())

    def _formed(self) -> Iterator[FormedSet]:
        for index, planned in enumerate(self.plan.sets):
            entry = self.entry_by_id.get(planned.set)
            if entry is None:
                continue
            slots = {(r.id, slot.id): (r, slot) for r in entry.rounds for slot in r.slots}
            held = (
                Held(*slots[meeting.round, meeting.slot], f"sets[{index}].meetings[{number}]")
                for number, meeting in enumerate(planned.meetings)
                if (meeting.round, meeting.slot) in slots
            )
            known = (party for party in dict.fromkeys(planned.parties) if party in self.problem.party_by_id)
            yield FormedSet(entry, planned, tuple(known), tuple(held), f"sets[{index}]")

    def sets_of(self, entry: SetsEntry) -> Iterator[FormedSet]:
        """The sets formed of one entry."""
        return (formed for formed in self.formed if formed.entry.id == entry.id)

    @cached_property
    def attendances(self) -> tuple[Attendance, ...]:
        """Every attendance of every party: sessions first, then the meetings of its sets."""
        of_sets = [
            Attendance(party, held.slot, (held.slot.id, index + 1), held.place)
            for index, formed in enumerate(self.formed)
            for held in formed.meetings
            for party in formed.parties
        ]
        return (*self._visits(), *of_sets)

    @cached_property
    def slots_in_use(self) -> Mapping[str, list[FormedSet]]:
        """For each slot the sets that meet in it."""
        found: defaultdict[str, list[FormedSet]] = defaultdict(list)
        for formed in self.formed:
            for held in formed.meetings:
                found[held.slot.id].append(formed)
        return found
