"""The plan people were told of, and what of it a new plan takes over: the past, and events not planned anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from scheduler.collect.audience import parties_of, person_key
from scheduler.extensions import db
from scheduler.models import (
    Event,
    LearningSet,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Programme,
    Session,
    SetMeeting,
    SetMember,
    Unplaced,
)

Span = tuple[datetime, datetime]


def published_plan(programme: Programme) -> Plan | None:
    """The plan that the programme's people have been told of, if there is one."""
    return db.session.scalar(select(Plan).where(Plan.programme_id == programme.id, Plan.status == PlanStatus.PUBLISHED))


@dataclass(frozen=True)
class Held:
    """Published places that a new plan takes over as they are: the solver is not asked about them."""

    placements: tuple[Placement, ...] = ()
    sets: tuple[LearningSet, ...] = ()  # of events that are not planned anew
    meetings: tuple[SetMeeting, ...] = ()  # of sets that are planned anew, in rounds that have begun

    def rounds_begun(self) -> frozenset[int]:
        """Ids of the rounds that are no longer to be planned."""
        return frozenset(meeting.round_id for meeting in self.meetings)

    def sessions_of(self, event: Event) -> set[int]:
        """Ids of the sessions of an event that run, held."""
        return {placement.session_id for placement in self.placements if placement.event_id == event.id}

    def settled(self, event: Event) -> set[str]:
        """The parties that already have their session of the event."""
        return {placement.party for placement in self.placements if placement.event_id == event.id}

    def attendances(self) -> Iterator[tuple[Event, Session, Placement | SetMember]]:
        """Who is where."""
        for placement in self.placements:
            yield placement.event, placement.session, placement
        for meeting in self._meetings():
            for member in meeting.learning_set.members:
                yield meeting.learning_set.event, meeting.session, member

    def busy_people(self) -> dict[str, list[Span]]:
        """When each person, by key, is somewhere already."""
        busy: dict[str, list[Span]] = defaultdict(list)
        for _, session, place in self.attendances():
            for person in people_of(place):
                busy[person_key(person)].append((session.starts_at, session.ends_at))
        return busy

    def busy_facilitators(self) -> dict[int, list[Span]]:
        """When each facilitator, by id, leads a set already."""
        busy: dict[int, list[Span]] = defaultdict(list)
        for meeting in self._meetings():
            if (leader := meeting.learning_set.facilitator_id) is not None:
                busy[leader].append((meeting.session.starts_at, meeting.session.ends_at))
        return busy

    def uses(self) -> dict[int, list[tuple[datetime, datetime, int]]]:
        """What held sessions and meetings use of each resource, by its id: from, to, and how much."""
        sittings = {placement.session_id: [placement.session] for placement in self.placements}
        for meeting in self._meetings():  # each set that meets uses it anew
            sittings.setdefault(meeting.session_id, []).append(meeting.session)
        used: dict[int, list[tuple[datetime, datetime, int]]] = defaultdict(list)
        for session in (session for listed in sittings.values() for session in listed):
            for use in session.uses:
                used[use.resource_id].append((session.starts_at, session.ends_at, use.amount))
        return used

    def _meetings(self) -> list[SetMeeting]:
        return [meeting for held in self.sets for meeting in held.meetings] + list(self.meetings)


def held(published: Plan | None, planned_anew: Collection[str], at: datetime) -> Held:
    """What of the published plan stays: events whose key is not among ``planned_anew``, and what had begun ``at``.

    A place in an event that is not planned anew is let go where its session was withdrawn or its party has left.
    """
    if published is None:
        return Held()
    placements = _placements_of(published)
    sets = _sets_of(published)
    audiences = {
        event: {party.key for party in parties_of(event)}
        for event in {placement.event for placement in placements}
        if event.key not in planned_anew
    }

    def stays(placement: Placement) -> bool:
        if placement.session.starts_at <= at:
            return True
        still_asked = placement.party in audiences.get(placement.event, ())
        return still_asked and placement.session.withdrawn_at is None

    begun = {m.round_id for s in sets for m in s.meetings if s.event.key in planned_anew and m.session.starts_at <= at}
    return Held(
        tuple(placement for placement in placements if stays(placement)),
        tuple(learning_set for learning_set in sets if learning_set.event.key not in planned_anew),
        tuple(m for s in sets for m in s.meetings if m.round_id in begun),
    )


def people_of(place: Placement | SetMember | Unplaced) -> list[Person]:
    """Who a party of a plan's row is: the people of the pair as it is now, or the person alone."""
    if place.pair is not None:
        return [person for person in place.pair.people if person.left_on is None]
    return [place.person] if place.person is not None else []


def with_party(kind: type[Placement] | type[SetMember] | type[Unplaced]) -> list[_AbstractLoad]:
    """What reads the parties of a plan's rows with the rows: pairs with their Trust and people, or persons alone."""
    pair = joinedload(kind.pair)
    return [
        pair.joinedload(Pair.trust),
        pair.joinedload(Pair.director),
        pair.joinedload(Pair.manager),
        joinedload(kind.person),
    ]


def overlaps(span: Span, others: Collection[Span], gap: timedelta) -> bool:
    """Whether less than ``gap`` lies between a time and any of the others (problem format, "clash")."""
    return any(max(span[0], start) - min(span[1], end) < gap for start, end in others)


def _placements_of(plan: Plan) -> list[Placement]:
    return list(
        db.session.scalars(
            select(Placement)
            .where(Placement.plan_id == plan.id)
            .options(joinedload(Placement.event), _session_of(Placement), *with_party(Placement))
            .order_by(Placement.id)
        )
    )


def _sets_of(plan: Plan) -> list[LearningSet]:
    members = selectinload(LearningSet.members)
    return list(
        db.session.scalars(
            select(LearningSet)
            .where(LearningSet.plan_id == plan.id)
            .options(
                joinedload(LearningSet.event),
                selectinload(LearningSet.meetings).options(_session_of(SetMeeting)),
                *(members.options(option) for option in with_party(SetMember)),
            )
            .order_by(LearningSet.event_id, LearningSet.number)
        )
    )


def _session_of(kind: type[Placement] | type[SetMeeting]) -> _AbstractLoad:
    return joinedload(kind.session).selectinload(Session.uses)
