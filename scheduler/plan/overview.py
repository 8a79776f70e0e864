"""All that the pages of a plan show, read in a number of queries that grows with neither people nor dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import select, true
from sqlalchemy.orm import joinedload, selectinload

from scheduler import words
from scheduler.extensions import db
from scheduler.models import (
    Event,
    Facilitator,
    LearningSet,
    Lock,
    LockKind,
    Person,
    Placement,
    Plan,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    Unplaced,
)
from scheduler.plan.published import people_of, with_party

OUTSIDE_TRUSTS = "Others"
NORTH_TO_SOUTH = {region: place for place, region in enumerate(words.REGION_LETTERS)}
CAN_COME = ("yes", "if-need-be")
Regions = list[tuple[str, int]]


@dataclass(frozen=True)
class PartyLine:
    """A party as a list shows it."""

    key: str
    name: str
    region: str
    people: tuple[Person, ...]
    pair_id: int | None


@dataclass
class SessionView:
    """One session of an event with who a plan puts there."""

    session: Session
    parties: list[PartyLine] = field(default_factory=list)
    could_come: int = 0
    regions: Regions = field(default_factory=list)
    limit: int | None = None

    @property
    def runs(self) -> bool:
        """Whether anybody is placed there."""
        return bool(self.parties)

    @property
    def seats(self) -> int:
        """How many seats are taken."""
        return sum(len(party.people) for party in self.parties)


@dataclass
class MeetingView:
    """A set in the slot of a round, and whom it suits only if need be."""

    round: int
    session: Session
    if_need_be: list[PartyLine]


@dataclass
class SetView:
    """One action learning set."""

    number: int
    event: Event
    facilitator: Facilitator | None
    parties: list[PartyLine]
    meetings: list[MeetingView]
    regions: Regions
    limit: int | None


@dataclass(frozen=True)
class UnplacedView:
    """A party without a place in an event, and why."""

    event: Event
    party: PartyLine
    reasons: tuple[str, ...]


@dataclass
class EventView:
    """An event of a plan: its sessions, those that run first, or its sets."""

    event: Event
    sessions: list[SessionView]
    sets: list[SetView]
    audience: int
    planned: bool  # False where its places were taken over from the published plan

    @property
    def noun(self) -> str:
        """What its parties are called: "pair" only if all of them are."""
        groups = [view.parties for view in self.sessions] + [view.parties for view in self.sets]
        return "pair" if all(party.pair_id is not None for parties in groups for party in parties) else "participant"

    def session(self, session_id: int) -> SessionView | None:
        """The view of one of its sessions."""
        return next((view for view in self.sessions if view.session.id == session_id), None)


class Overview:
    """A plan's places, laid out by event."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.problem: dict[str, Any] = plan.problem
        self._party_by_id: dict[str, dict[str, Any]] = {party["id"]: party for party in self.problem["parties"]}
        self._asked: dict[str, dict[str, Any]] = {
            event["id"]: event for event in (*self.problem["events"], *self.problem["sets"])
        }
        self._answers: dict[str, dict[str, str]] = self.problem["availability"]
        self._placements = placements_of(plan)
        self._sets = sets_of(plan)
        self._unplaced = unplaced_of(plan)

    @cached_property
    def events(self) -> list[EventView]:
        """Every event with a place in the plan, or that was planned, in order."""
        shown = [event for event in _events_of(self.plan) if event.key in self._asked or self._has_places(event)]
        return [self._event(event) for event in shown]

    @cached_property
    def unplaced(self) -> list[UnplacedView]:
        """Who has no place where, by event and name."""
        order = {view.event.id: place for place, view in enumerate(self.events)}  # and each has its sessions now
        rows = [UnplacedView(row.event, self.line(row), tuple(row.reasons)) for row in self._unplaced]
        return sorted(rows, key=lambda row: (order.get(row.event.id, 0), row.party.name))

    @cached_property
    def parties(self) -> dict[str, PartyLine]:
        """Everyone with a place, or without one they should have."""
        rows: list[Placement | SetMember | Unplaced] = [*self._placements, *self._unplaced]
        rows += [member for learning_set in self._sets for member in learning_set.members]
        return {row.party: self.line(row) for row in rows}

    @cached_property
    def locks(self) -> list[Lock]:
        """The programme's locks as they are now."""
        return locks_of(self.plan.programme_id)

    def answer(self, party: str, session: Session) -> str | None:
        """What a party had said to a session when the plan was made; None for not answered."""
        return self._answers.get(party, {}).get(session.key)

    def has_answered_all(self, party: str, event: Event) -> bool:
        """Whether a party had answered every date of an event when the plan was made."""
        asked = self._asked.get(event.key, {})
        listed = asked.get("sessions") or [slot for r in asked.get("rounds", ()) for slot in r["slots"]]
        return {session["id"] for session in listed} <= self._answers.get(party, {}).keys()

    def event(self, event_id: int) -> EventView | None:
        """The view of one event."""
        return next((view for view in self.events if view.event.id == event_id), None)

    def learning_set(self, number: int, event_key: str | None = None) -> SetView | None:
        """A set by its number, and its event where several have sets."""
        found = (view for listed in self.events for view in listed.sets if view.number == number)
        return next((view for view in found if event_key in (None, view.event.key)), None)

    def line(self, row: Placement | SetMember | Unplaced) -> PartyLine:
        """A party as lists show it."""
        people = tuple(people_of(row))
        asked = self._party_by_id.get(row.party, {})
        region = asked.get("attributes", {}).get("region", "")
        if row.pair is not None:
            trust = row.pair.trust
            return PartyLine(row.party, trust.name, region or trust.region, people, row.pair_id)
        whence = self._trust_names.get(asked.get("trust", "")) or (people[0].affiliation if people else "")
        name = ", ".join(filter(None, (people[0].name if people else row.party, whence)))
        return PartyLine(row.party, name, region or OUTSIDE_TRUSTS, people, None)

    @cached_property
    def _trust_names(self) -> dict[str, str]:
        rows = db.session.execute(
            select(Trust.ods_code, Trust.name).where(Trust.programme_id == self.plan.programme_id)
        )
        return {code: name for code, name in rows}  # noqa: C416 - rows are no pairs to dict()

    def _has_places(self, event: Event) -> bool:
        placed = any(placement.event_id == event.id for placement in self._placements)
        return placed or any(learning_set.event_id == event.id for learning_set in self._sets)

    def _event(self, event: Event) -> EventView:
        asked = self._asked.get(event.key)
        audience = set(asked["audience"]) if asked else set()
        here = [placement for placement in self._placements if placement.event_id == event.id]
        views = [] if event.has_sets else self._sessions(event, here, asked)
        sets = [self._set(learning_set) for learning_set in self._sets if learning_set.event_id == event.id]
        placed = {placement.party for placement in here}
        return EventView(event, views, sets, len(audience | placed), planned=asked is not None)

    def _sessions(self, event: Event, here: list[Placement], asked: dict[str, Any] | None) -> list[SessionView]:
        offered = {session["id"] for session in asked["sessions"]} if asked else set()
        views: dict[int, SessionView] = {}
        for session in event.sessions:
            if session.key in offered or any(placement.session_id == session.id for placement in here):
                views[session.id] = SessionView(session)
        for placement in here:
            views[placement.session_id].parties.append(self.line(placement))
        for view in views.values():
            view.parties.sort(key=lambda party: party.name)
            view.regions = regions_of(view.parties)
            view.limit = most_of_one_region(event, len(view.parties))
            audience = asked["audience"] if asked else ()
            view.could_come = sum(self.answer(party, view.session) in CAN_COME for party in audience)
        return sorted(views.values(), key=lambda view: (not view.runs, view.session.starts_at, view.session.id))

    def _set(self, learning_set: LearningSet) -> SetView:
        parties = sorted((self.line(member) for member in learning_set.members), key=lambda party: party.name)
        meetings = [
            MeetingView(
                meeting.round.number,
                meeting.session,
                [party for party in parties if self.answer(party.key, meeting.session) == "if-need-be"],
            )
            for meeting in sorted(learning_set.meetings, key=lambda meeting: meeting.round.number)
        ]
        limit = most_of_one_region(learning_set.event, len(parties))
        return SetView(
            learning_set.number,
            learning_set.event,
            learning_set.facilitator,
            parties,
            meetings,
            regions_of(parties),
            limit,
        )


class OfRegion(Protocol):
    """What has a region: a party as a list or a board shows it."""

    @property
    def region(self) -> str:
        """Its name."""


def regions_of(parties: Iterable[OfRegion]) -> Regions:
    """How many parties come from each region, north to south."""
    counts = Counter(party.region for party in parties)
    return sorted(counts.items(), key=lambda item: (NORTH_TO_SOUTH.get(item[0], len(NORTH_TO_SOUTH)), item[0]))


def most_of_one_region(event: Event, present: int) -> int | None:
    """The most parties of one region that the event's rules allow among so many; None where no rule says."""
    for rule in event.mix:
        if rule.attribute == "region":
            limits = [] if rule.max_count is None else [rule.max_count]
            if rule.max_share is not None:
                limits.append(int(Fraction(rule.max_share) * present))
            return min(limits, default=None)
    return None


def placements_of(plan: Plan) -> list[Placement]:
    """The placements of a plan, with parties, sessions and venues."""
    return list(
        db.session.scalars(
            select(Placement)
            .where(Placement.plan_id == plan.id)
            .options(joinedload(Placement.session).joinedload(Session.venue), *with_party(Placement))
            .order_by(Placement.id)
        )
    )


def sets_of(plan: Plan, ids: Collection[int] | None = None) -> list[LearningSet]:
    """The sets of a plan, or of these ids among them, with members, meetings and facilitators."""
    members, meetings = selectinload(LearningSet.members), selectinload(LearningSet.meetings)
    return list(
        db.session.scalars(
            select(LearningSet)
            .where(LearningSet.plan_id == plan.id, true() if ids is None else LearningSet.id.in_(ids))
            .options(
                joinedload(LearningSet.event).selectinload(Event.mix),
                meetings.joinedload(SetMeeting.session).joinedload(Session.venue),
                meetings.joinedload(SetMeeting.round),
                joinedload(LearningSet.facilitator).joinedload(Facilitator.person),
                *(members.options(option) for option in with_party(SetMember)),
            )
            .order_by(LearningSet.event_id, LearningSet.number)
        )
    )


def unplaced_of(plan: Plan) -> list[Unplaced]:
    """Who of a plan has no place, with parties and events."""
    return list(
        db.session.scalars(
            select(Unplaced)
            .where(Unplaced.plan_id == plan.id)
            .options(joinedload(Unplaced.event), *with_party(Unplaced))
            .order_by(Unplaced.id)
        )
    )


def locks_of(programme_id: int) -> list[Lock]:
    """The locks of a programme, oldest first."""
    return list(
        db.session.scalars(
            select(Lock)
            .where(Lock.programme_id == programme_id)
            .options(
                joinedload(Lock.session).joinedload(Session.event),
                joinedload(Lock.session).joinedload(Session.venue),
                joinedload(Lock.event),
                joinedload(Lock.made_by),
                joinedload(Lock.facilitator).joinedload(Facilitator.person),
            )
            .order_by(Lock.id)
        )
    )


def locked_parties(locks: Iterable[Lock]) -> Mapping[tuple[str, int], Lock]:
    """The lock that holds a party in a session, by party and session."""
    return {
        (lock.party, lock.session_id): lock
        for lock in locks
        if lock.kind is LockKind.ATTENDS and lock.party is not None and lock.session_id is not None
    }


def _events_of(plan: Plan) -> list[Event]:
    sessions = selectinload(Event.sessions)
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.programme_id == plan.programme_id)
            .options(sessions.joinedload(Session.venue), selectinload(Event.mix))
            .order_by(Event.position, Event.id)
        )
    )
