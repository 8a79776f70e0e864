"""The question to the solver: what a ``convene-problem/1`` file says, as frozen data classes.

Every field stands for the field of the same name in ``docs/problem-format.md``; lookups only, no rules.
Ids are the file's strings. Times are aware datetimes. ``None`` means "left out: no limit".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Literal

Answer = Literal["yes", "if-need-be", "no"]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something sessions share; a use lasts ``gap`` longer than its session."""

    id: str
    capacity: int
    gap: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Party:
    """One or more people who attend together and take a seat each; ``trust`` is the party's own id where left out."""

    id: str
    trust: str
    people: tuple[str, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def seats(self) -> int:
        """How many seats the party takes."""
        return len(self.people)

    def value_of(self, attribute: str) -> str:
        """Its value of an attribute, "" where it has none."""
        return self.attributes.get(attribute, "")


@dataclass(frozen=True, slots=True)
class MixRule:
    """Limits on the values of one attribute in every session that runs and in every set; shares are exact."""

    attribute: str
    max_share: Fraction | None = None
    max_count: int | None = None
    min_distinct: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One dated sitting of an event; seats count people, ``uses`` maps resource id to an amount."""

    id: str
    start: datetime
    end: datetime
    min_seats: int = 0
    max_seats: int | None = None
    open_cost: int = 0
    uses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """What an audience is asked to come to: each of its parties attends exactly one of its sessions."""

    id: str
    kind: str
    audience: tuple[str, ...]
    sessions: tuple[Session, ...]
    open_min: int = 0
    open_max: int | None = None
    after: tuple[str, ...] = ()
    mix: tuple[MixRule, ...] = ()
    encounters: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A time in a round at which sets may meet; ``uses`` counts once for each set that meets in it."""

    id: str
    start: datetime
    end: datetime
    max_sets: int | None = None
    uses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """A period in which each set meets once, in one of its slots."""

    id: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Facilitator:
    """Leads at most ``max_sets`` sets of its entry, in no slot listed in ``unavailable``."""

    id: str
    max_sets: int | None = None
    unavailable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SetsEntry:
    """One entry of ``sets``: its audience is divided into sets that meet once in every round."""

    id: str
    audience: tuple[str, ...]
    rounds: tuple[Round, ...]
    size_min: int = 1
    size_max: int | None = None
    count_min: int = 0
    count_max: int | None = None
    mix: tuple[MixRule, ...] = ()
    encounters: bool = False
    facilitators: tuple[Facilitator, ...] = ()


@dataclass(frozen=True, slots=True)
class AttendanceLock:
    """The party must attend the session or slot, or, with ``never``, must not."""

    party: str
    session: str
    never: bool = False


@dataclass(frozen=True, slots=True)
class RunningLock:
    """The session runs or does not; a slot runs when a set meets in it."""

    session: str
    runs: bool


@dataclass(frozen=True, slots=True)
class SetLock:
    """These parties are placed in one set of the entry together; with ``facilitator`` that one leads it."""

    set: str
    parties: tuple[str, ...]
    facilitator: str | None = None


Lock = AttendanceLock | RunningLock | SetLock


@dataclass(frozen=True, slots=True)
class Assignment:
    """One party in one session of an event."""

    event: str
    party: str
    session: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """The slot in which a set meets in a round."""

    round: str
    slot: str


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """One set of an entry of ``sets``: numbers are different integers from 1, gaps allowed."""

    set: str
    number: int
    parties: tuple[str, ...]
    facilitator: str | None
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier plan that ``change`` counts against; what it names may no longer be in the problem."""

    assignments: tuple[Assignment, ...] = ()
    sets: tuple[PlannedSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """What one unit of each term of the objective costs; open_cost and costs are weighted 1 unless the file says."""

    unplaced: int = 10000
    open_cost: int = 1
    costs: int = 1
    if_need_be: int = 10
    burden: int = 5
    repeat_encounter: int = 1
    mix_imbalance: int = 2
    change: int = 50


@dataclass(frozen=True)
class Problem:
    """A whole problem, already found to be consistent by ``solver.reading``.

    ``availability[party][session]`` holds the answers given; an absent one is "no": ask ``answer``.
    ``previous_encounters`` lists (trust, trust, times) as in the file; a pair listed twice is summed.
    """

    name: str
    parties: tuple[Party, ...]
    events: tuple[Event, ...] = ()
    sets: tuple[SetsEntry, ...] = ()
    resources: tuple[Resource, ...] = ()
    availability: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    gap: timedelta = timedelta()
    apart: tuple[tuple[str, str], ...] = ()
    previous_encounters: tuple[tuple[str, str, int], ...] = ()
    locks: tuple[Lock, ...] = ()
    previous: Previous | None = None
    weights: Weights = Weights()

    @cached_property
    def party_by_id(self) -> Mapping[str, Party]:
        """Every party under its id."""
        return {party.id: party for party in self.parties}

    @cached_property
    def sitting_by_id(self) -> Mapping[str, Session | Slot]:
        """Every session and slot under its id: they are unique together."""
        sessions: dict[str, Session | Slot] = {s.id: s for event in self.events for s in event.sessions}
        return sessions | {slot.id: slot for entry in self.sets for r in entry.rounds for slot in r.slots}

    @cached_property
    def met_before(self) -> Mapping[tuple[str, str], int]:
        """How often two Trusts met before, under both names in order; a pair listed twice is summed."""
        met: dict[tuple[str, str], int] = {}
        for one, other, times in self.previous_encounters:
            pair = (min(one, other), max(one, other))
            met[pair] = met.get(pair, 0) + times
        return met

    @cached_property
    def apart_from(self) -> Mapping[str, frozenset[str]]:
        """Under each party those it is kept apart from; nothing under one that is kept apart from nobody."""
        others: dict[str, set[str]] = {}
        for one, other in self.apart:
            others.setdefault(one, set()).add(other)
            others.setdefault(other, set()).add(one)
        return {party: frozenset(found) for party, found in others.items()}

    def answer(self, party: str, session: str) -> Answer:
        """What the party said about a session or slot; no answer is "no"."""
        return self.availability.get(party, {}).get(session, "no")

    def cost(self, party: str, session: str) -> int:
        """What the party's attendance at a session or slot adds to the term ``costs``."""
        return self.costs.get(party, {}).get(session, 0)

    def slots(self) -> Iterator[tuple[SetsEntry, Round, Slot]]:
        """Every slot with the round and the entry it belongs to, in the order of the file."""
        for entry in self.sets:
            for round_ in entry.rounds:
                for slot in round_.slots:
                    yield entry, round_, slot
