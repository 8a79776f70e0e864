"""Who has a place where: as a plan gives it, and as the living invitations say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload, undefer

from scheduler.extensions import db
from scheduler.invite.changes import Key, Place, Standing
from scheduler.invite.finished import read_letter
from scheduler.mailboxes import AddressRefused, Mailbox
from scheduler.models import (
    Event,
    Invitation,
    MessageState,
    Method,
    OutboxMessage,
    OwnMeeting,
    OwnSet,
    Person,
    Placement,
    Plan,
    Programme,
    Session,
    SetMember,
    Venue,
)
from scheduler.plan.overview import placements_of, sets_of
from scheduler.plan.published import people_of
from scheduler.text import clean_line, clean_text

# Waits here, so that it can still be taken back.
STILL_HERE = (MessageState.WAITING, MessageState.HELD)
_ON_THE_WAY = (MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN)


@dataclass(frozen=True)
class Held:
    """An invitation with its messages in order, those left out that were taken back before they left."""

    invitation: Invitation
    messages: tuple[OutboxMessage, ...]

    @property
    def last_told(self) -> OutboxMessage | None:
        """The last message that may have left."""
        return next((message for message in reversed(self.messages) if may_have_left(message)), None)

    @property
    def to_be_read(self) -> OutboxMessage | None:
        """The message that alone knows what was told: none where the invitation's own columns say it."""
        told = self.last_told
        if told is None or told.method is Method.CANCEL:
            return None
        return None if told is self.messages[-1] and self.invitation.cancelled_at is None else told

    @property
    def standing(self) -> Standing:
        """What its person was told, and what they will have been told."""
        written = as_written(self.invitation) if self.invitation.cancelled_at is None else None
        told = self.last_told
        if told is None or told.method is Method.CANCEL:
            return Standing(None, written)
        return Standing(written if self.to_be_read is None else as_sent(self.invitation, told), written)


def wanted_by(plan: Plan) -> dict[Key, Place]:
    """The places a plan gives: each person of a placed party in its session, each member and the facilitator of a set
    in the slots it meets in. A session that was withdrawn gives none, nor does one who has left."""
    places: dict[Key, Place] = {}
    for placement in placements_of(plan):
        _add(places, _who_comes(placement), placement.session)
    for learning_set in sets_of(plan):
        people = [person for member in learning_set.members for person in _who_comes(member)]
        if learning_set.facilitator is not None:
            people.append(learning_set.facilitator.person)
        for meeting in learning_set.meetings:
            _add(places, people, meeting.session)
    return places


def places_of(own_set: OwnSet) -> dict[Key, Place]:
    """The places in the meetings of a set that runs itself: each member, and who leads it, in each that stands."""
    people = own_set.members
    if own_set.facilitator is not None:
        people.append(own_set.facilitator.person)
    places: dict[Key, Place] = {}
    for meeting in own_set.meetings if own_set.closed_at is None else ():
        _add(places, people, meeting.session)
    return places


def meetings_of(own_set: OwnSet) -> sa.Select[Any]:
    """The ids of the sessions that a set has settled for itself."""
    return sa.select(OwnMeeting.session_id).where(OwnMeeting.set_id == own_set.id)


def held_in(programme: Programme, of: OwnSet | None = None) -> dict[Key, Held]:
    """The invitations of a programme that people hold, or will: those not cancelled, and those whose cancellation
    still waits. Those to the meetings of one set that runs itself, or to all but such meetings: a plan has no say in
    what a set has settled, and a set none in a plan."""
    waits = sa.exists().where(
        OutboxMessage.invitation_id == Invitation.id,
        OutboxMessage.method == Method.CANCEL,
        OutboxMessage.state.in_(STILL_HERE),
    )
    found = db.session.scalars(
        sa.select(Invitation)
        .join(Invitation.session)
        .where(Invitation.programme_id == programme.id, Invitation.cancelled_at.is_(None) | waits)
        .where(Session.is_own_meeting.is_(False) if of is None else Session.id.in_(meetings_of(of)))
        .options(
            joinedload(Invitation.person),
            contains_eager(Invitation.session).joinedload(Session.event),
            selectinload(Invitation.messages),
        )
        # A living one comes after a dying one of the same person and session, and takes its place.
        .order_by(Invitation.cancelled_at.is_(None), Invitation.id)
        .execution_options(populate_existing=True)
    )
    held = {(i.person_id, i.session_id): Held(i, _messages_of(i)) for i in found}
    _fetch_bodies(message.id for each in held.values() if (message := each.to_be_read) is not None)
    return held


def may_have_left(message: OutboxMessage) -> bool:
    """Whether a calendar may hold what a message said. What came back as undeliverable did not arrive."""
    if message.state is MessageState.BOUNCED:
        return False
    return message.state in _ON_THE_WAY or message.sent_at is not None or message.data_at is not None


def may_have_left_in(message: type[OutboxMessage]) -> sa.ColumnElement[bool]:
    """``may_have_left`` as a condition on rows."""
    left = sa.or_(message.state.in_(_ON_THE_WAY), message.sent_at.is_not(None), message.data_at.is_not(None))
    return sa.and_(message.state != MessageState.BOUNCED, left)


def as_written(invitation: Invitation) -> Place:
    """The place an invitation stands for, as its last message says it, whether that has left or not."""
    return Place(
        person=invitation.person_id or invitation.person.id,
        session=invitation.session_id or invitation.session.id,
        event=invitation.session.event_id,
        address=invitation.attendee,
        start=invitation.starts_at,
        end=invitation.ends_at,
        time_zone=invitation.time_zone,
        location=invitation.location,
        venue=invitation.venue_id,
        wording=_wording_told(invitation.summary, invitation.description, invitation.session.event),
    )


def as_sent(invitation: Invitation, message: OutboxMessage) -> Place:
    """The place as a message of an invitation says it: its stored bytes are the truth of what was told."""
    said = read_letter(message.body).entry
    if said is None:  # its text was erased long after it was over
        return as_written(invitation)
    start, end = said.moments(invitation.time_zone)
    return replace(
        as_written(invitation),
        address=message.to_address,
        start=start,
        end=end,
        location=said.location,
        venue=invitation.venue_id if said.location == clean_line(invitation.location) else None,
        wording=_wording_told(said.summary, said.description, invitation.session.event),
    )


def summary_of(session: Session) -> str:
    """What an entry is called in a calendar: nothing in it tells that it has changed (calendar-rules 33)."""
    return f"{session.title} – {session.event.programme.short_name}"


def _messages_of(invitation: Invitation) -> tuple[OutboxMessage, ...]:
    return tuple(m for m in invitation.messages if m.state is not MessageState.WITHDRAWN or may_have_left(m))


def _fetch_bodies(ids: Iterable[int]) -> None:
    """Read the bytes of many messages in one query."""
    wanted = sa.select(OutboxMessage).where(OutboxMessage.id.in_(list(ids))).options(undefer(OutboxMessage.body))
    db.session.scalars(wanted, execution_options={"populate_existing": True}).all()


def location_in(session: Session) -> str:
    """Where a session is, as LOCATION."""
    if session.is_own_meeting and session.own_meeting is not None:
        return clean_line(session.own_meeting.place)
    return location_of(session.venue)


def location_of(venue: Venue | None) -> str:
    """A venue as LOCATION: one line, room first and postcode last, or the joining link (calendar-rules 45)."""
    if venue is None:
        return ""
    if venue.joining_url:
        return clean_line(venue.joining_url)
    return ", ".join(filter(None, map(clean_line, (venue.name, venue.address, venue.town, venue.postcode))))


def _who_comes(place: Placement | SetMember) -> list[Person]:
    """Who goes where a party is placed; nobody of a pair that has left."""
    return [] if place.pair is not None and place.pair.left_on is not None else people_of(place)


def _add(places: dict[Key, Place], people: Iterable[Person], session: Session) -> None:
    if session.withdrawn_at is not None:
        return
    for person in people:
        if person.left_on is not None:
            continue
        places[person.id, session.id] = Place(
            person=person.id,
            session=session.id,
            event=session.event_id,
            address=_as_written_to(person),
            start=session.starts_at,
            end=session.ends_at,
            time_zone=session.time_zone,
            location=location_in(session),
            venue=session.venue_id,
            wording=_wording(summary_of(session), clean_text(session.event.purpose)),
        )


def _wording(summary: str, purpose: str) -> str:
    return f"{clean_line(summary)}\n{purpose}"


def _wording_told(summary: str, description: str, event: Event) -> str:
    """Title and purpose as an entry said them; who else comes is in its description too, and is no news by itself."""
    purpose = clean_text(event.purpose)
    return _wording(summary, purpose if purpose in clean_text(description) else "(another purpose)")


def _as_written_to(person: Person) -> str:
    """A person's address in the form messages carry it; one that cannot be written to is refused at publication."""
    try:
        return Mailbox(person.name, person.email).address
    except AddressRefused:
        return person.email
