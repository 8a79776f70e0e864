"""Who has a place where: as a plan gives it, and as the living invitations say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from scheduler.extensions import db
from scheduler.invite.changes import Place
from scheduler.models import (
    Facilitator,
    Invitation,
    LearningSet,
    Pair,
    Person,
    Placement,
    Plan,
    Programme,
    Session,
    SetMeeting,
    SetMember,
    Venue,
)
from scheduler.plan.published import people_of

Key = tuple[int, int]


def wanted_by(plan: Plan) -> dict[Key, Place]:
    """The places a plan gives: each person of a placed party in its session, each member and the facilitator of a set
    in the slots it meets in. A session that was withdrawn gives none."""
    places: dict[Key, Place] = {}
    for placement in placements_of(plan):
        _add(places, people_of(placement), placement.session)
    for learning_set in sets_of(plan):
        people = [person for member in learning_set.members for person in people_of(member)]
        if learning_set.facilitator is not None and learning_set.facilitator.person.left_on is None:
            people.append(learning_set.facilitator.person)
        for meeting in learning_set.meetings:
            _add(places, people, meeting.session)
    return places


def held_in(programme: Programme) -> dict[Key, Invitation]:
    """The living invitations of a programme."""
    living = select(Invitation).where(Invitation.programme_id == programme.id, Invitation.cancelled_at.is_(None))
    options = (joinedload(Invitation.person), joinedload(Invitation.session).joinedload(Session.event))
    return {(i.person_id, i.session_id): i for i in db.session.scalars(living.options(*options))}


def as_places(invitations: Mapping[Key, Invitation]) -> dict[Key, Place]:
    """What the holders of invitations were last told."""
    return {
        key: Place(
            person=held.person_id,
            session=held.session_id,
            event=held.session.event_id,
            address=held.attendee,
            start=held.starts_at,
            end=held.ends_at,
            time_zone=held.time_zone,
            location=held.location,
        )
        for key, held in invitations.items()
    }


def placements_of(plan: Plan) -> list[Placement]:
    """The placements of a plan with all that a list of them shows, in one query."""
    pair = joinedload(Placement.pair)
    return list(
        db.session.scalars(
            select(Placement)
            .where(Placement.plan_id == plan.id)
            .options(
                joinedload(Placement.session).joinedload(Session.venue),
                pair.joinedload(Pair.director),
                pair.joinedload(Pair.manager),
                pair.joinedload(Pair.trust),
                joinedload(Placement.person),
            )
            .order_by(Placement.id)
        )
    )


def sets_of(plan: Plan) -> list[LearningSet]:
    """The sets of a plan with members, meetings and facilitators, in a fixed number of queries."""
    members, meetings = selectinload(LearningSet.members), selectinload(LearningSet.meetings)
    return list(
        db.session.scalars(
            select(LearningSet)
            .where(LearningSet.plan_id == plan.id)
            .options(
                joinedload(LearningSet.event),
                members.joinedload(SetMember.pair).joinedload(Pair.director),
                members.joinedload(SetMember.pair).joinedload(Pair.manager),
                members.joinedload(SetMember.pair).joinedload(Pair.trust),
                members.joinedload(SetMember.person),
                meetings.joinedload(SetMeeting.session).joinedload(Session.venue),
                joinedload(LearningSet.facilitator).joinedload(Facilitator.person),
            )
            .order_by(LearningSet.event_id, LearningSet.number)
        )
    )


def location_of(venue: Venue | None) -> str:
    """A venue as LOCATION: one line, room first and postcode last, or the joining link (calendar-rules 45)."""
    if venue is None:
        return ""
    if venue.joining_url:
        return venue.joining_url
    return ", ".join(part for part in (venue.name, venue.address, venue.town, venue.postcode) if part)


def _add(places: dict[Key, Place], people: Iterable[Person], session: Session) -> None:
    if session.withdrawn_at is not None:
        return
    for person in people:
        places[person.id, session.id] = Place(
            person=person.id,
            session=session.id,
            event=session.event_id,
            address=person.email,
            start=session.starts_at,
            end=session.ends_at,
            time_zone=session.time_zone,
            location=location_of(session.venue),
        )
