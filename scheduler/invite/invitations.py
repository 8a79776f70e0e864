"""Invitations as people hold them: each publication turns its changes into REQUESTs and CANCELs, one mail each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.invite import calendars
from scheduler.invite.calendars import Appointment, Times
from scheduler.invite.changes import Changes, Move, Place
from scheduler.invite.identity import new_uid
from scheduler.invite.places import placements_of, sets_of
from scheduler.mailboxes import Mailbox, mailbox_of, same_mailbox
from scheduler.models import (
    Invitation,
    MessageState,
    Method,
    OutboxMessage,
    Pair,
    PartStat,
    Person,
    Plan,
    Session,
)

if TYPE_CHECKING:
    from scheduler import Convene

# Not sent yet, so that it can still be taken back.
STILL_HERE = (MessageState.WAITING, MessageState.HELD)
# Gone, or perhaps gone: a calendar may hold it, so it must be cancelled.
MAY_HAVE_LEFT = (MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN, MessageState.BOUNCED)


@dataclass(frozen=True)
class Wording:
    """What an invitation says beside its times: the words of one session, or of one set's meeting."""

    summary: str
    description: str
    company: str = ""  # who comes too, for the letter alone: Trusts, never people's addresses
    partner: str = ""


def tell(changes: Changes, held: Mapping[tuple[int, int], Invitation], *, plan: Plan, hold: bool, at: datetime) -> None:
    """Write every message of a publication into the outbox, in the caller's transaction."""
    writer = _Writer(plan, changes, hold, at)
    for place in changes.gone:
        writer.cancel(held[place.key], instead=None)
    for move in changes.moved:
        # The cancellation first: a diary that is full that day frees itself before it is asked again.
        writer.cancel(held[move.was.key], instead=move.now)
        writer.invite(move.now, instead_of=move.was)
    for move in changes.changed:
        writer.update(held[move.now.key], move)
    for place in changes.new:
        writer.invite(place)


def is_our_own_mailbox(address: str) -> bool:
    """Whether an address is the one invitations are sent from, with or without a tag (calendar-rules 8)."""
    return same_mailbox(address, _sender().address)


def appointment_of(invitation: Invitation) -> Appointment:
    """An invitation as its calendar entry: what was last sent."""
    return Appointment(
        uid=invitation.uid,
        sequence=invitation.sequence,
        stamped=invitation.dtstamp,
        created=invitation.created_at,
        when=Times(invitation.starts_at, invitation.ends_at, invitation.time_zone),
        summary=invitation.summary,
        description=invitation.description,
        location=invitation.location,
    )


class _Writer:
    """Writes the messages of one publication; reads people, sessions and sets once for all of them."""

    def __init__(self, plan: Plan, changes: Changes, hold: bool, at: datetime) -> None:
        self.plan, self.programme = plan, plan.programme
        self.hold, self.at = hold, at
        self.sender = _sender()
        moves = (*changes.moved, *changes.changed)
        places = [*changes.new, *changes.gone, *(m.was for m in moves), *(m.now for m in moves)]
        self.people = _by_id(Person, {place.person for place in places})
        self.sessions = _sessions({place.session for place in places})
        self.companies = _Companies(plan)

    def invite(self, place: Place, *, instead_of: Place | None = None) -> None:
        """A new UID for a new place."""
        person, session = self.people[place.person], self.sessions[place.session]
        app: Convene = current_app  # type: ignore[assignment]
        wording = self._wording(place)
        invitation = Invitation(
            programme_id=self.programme.id,
            person=person,
            session=session,
            uid=new_uid(app.settings.calendar_host),
            sequence=0,
            dtstamp=_whole_second(self.at),
            created_at=_whole_second(self.at),
            organizer=self.sender.address,
            attendee=Mailbox(person.name, person.email).address,
            summary=wording.summary,
            description=wording.description,
            location=place.location,
            starts_at=place.start,
            ends_at=place.end,
            time_zone=place.time_zone,
        )
        db.session.add(invitation)
        subject = _subject("", session.event.title, place, self._town(place))
        self._send("invitation", Method.REQUEST, invitation, subject, wording, was=instead_of)

    def update(self, invitation: Invitation, move: Move) -> None:
        """The same UID with SEQUENCE one higher: the answer given was for the old time, so it is asked again."""
        place = move.now
        wording = self._wording(place)
        self._take_back_what_waits(invitation)
        invitation.sequence += 1
        invitation.dtstamp = self._later_than(invitation.dtstamp)
        invitation.partstat = PartStat.NEEDS_ACTION
        invitation.attendee = Mailbox(invitation.person.name, invitation.person.email).address
        invitation.summary, invitation.description = wording.summary, wording.description
        invitation.starts_at, invitation.ends_at = place.start, place.end
        invitation.time_zone, invitation.location = place.time_zone, place.location
        day = formatting.day(place.start, place.time_zone, year=False)
        moved = move.was.start != place.start
        title = invitation.session.event.title
        subject = f"Changed: {title} is now on {day}" if moved else f"Changed: {title}, {day}"
        self._send("update", Method.REQUEST, invitation, subject, wording, was=move.was)

    def cancel(self, invitation: Invitation, *, instead: Place | None) -> None:
        """The end of a UID. Where its REQUEST never left, both are dropped: nobody is told of what they never had."""
        left = self._has_left(invitation)
        self._take_back_what_waits(invitation)
        invitation.cancelled_at = self.at
        if not left:
            return
        invitation.sequence += 1
        invitation.dtstamp = self._later_than(invitation.dtstamp)
        was = self._as_held(invitation)
        wording = Wording(invitation.summary, invitation.description)
        subject = _subject("Cancelled: ", invitation.session.event.title, was, "")
        self._send("cancellation", Method.CANCEL, invitation, subject, wording, was=was, instead=instead)

    def _send(
        self,
        kind: str,
        method: Method,
        invitation: Invitation,
        subject: str,
        wording: Wording,
        *,
        was: Place | None,
        instead: Place | None = None,
    ) -> None:
        organizer = Mailbox(self.sender.name, invitation.organizer)
        attendee = Mailbox(invitation.person.name, invitation.attendee)
        title = invitation.session.event.title
        compose = calendars.request if method is Method.REQUEST else calendars.cancel
        appointment = appointment_of(invitation)
        queue_letter(
            kind,
            to=invitation.person,
            address=invitation.attendee,
            subject=subject,
            programme=self.programme,
            about=f"{title}, {formatting.short_day(invitation.starts_at, invitation.time_zone)}",
            hold=self.hold,
            invitation=invitation,
            calendar=compose(appointment, organizer=organizer, attendee=attendee),
            method=method,
            follows=self._first_message_id(invitation),
            event=invitation.session.event,
            place=self._as_held(invitation),
            was=was,
            instead=instead,
            company=wording.company,
            partner=wording.partner,
        )

    def _wording(self, place: Place) -> Wording:
        session = self.sessions[place.session]
        person = self.people[place.person]
        company = self.companies.of(place)
        summary = f"{session.event.title} – {self.programme.short_name}"
        partner = self.companies.partner_of(person, place)
        said = [
            formatting.when(place.start, place.end, place.time_zone, reader=self.programme.time_zone),
            f"Where: {place.location}" if place.location else "",
            f"You come with {partner}." if partner else "",
            company,
            session.event.purpose,
            self._whom_to_ask(),
        ]
        return Wording(summary, "\n\n".join(filter(None, said)), company, partner)

    def _whom_to_ask(self) -> str:
        told = [self.programme.contact_name, self.programme.contact_email, self.programme.contact_phone]
        return f"Questions? {', '.join(filter(None, told))}" if any(told) else ""

    def _town(self, place: Place) -> str:
        venue = self.sessions[place.session].venue
        if venue is None:
            return ""
        return "online" if venue.is_online else venue.town

    def _later_than(self, last: datetime) -> datetime:
        """DTSTAMP grows with every message of a UID, even within one second (calendar-rules 25)."""
        return max(_whole_second(self.at), last + timedelta(seconds=1))

    def _has_left(self, invitation: Invitation) -> bool:
        states = {message.state for message in invitation.messages}
        return any(state in MAY_HAVE_LEFT for state in states)

    def _take_back_what_waits(self, invitation: Invitation) -> None:
        """What waits and is overtaken is never sent; the guard in WHERE settles a race with the worker."""
        mine = OutboxMessage.invitation_id == invitation.id, OutboxMessage.state.in_(STILL_HERE)
        db.session.execute(sa.update(OutboxMessage).where(*mine).values(state=MessageState.WITHDRAWN))
        for message in invitation.messages:
            db.session.refresh(message, ["state"])

    def _first_message_id(self, invitation: Invitation) -> str:
        return invitation.messages[0].message_id if invitation.messages else ""

    def _as_held(self, invitation: Invitation) -> Place:
        return Place(
            person=invitation.person_id or invitation.person.id,
            session=invitation.session_id or invitation.session.id,
            event=invitation.session.event_id,
            address=invitation.attendee,
            start=invitation.starts_at,
            end=invitation.ends_at,
            time_zone=invitation.time_zone,
            location=invitation.location,
        )


class _Companies:
    """Who comes too: the number of pairs in a session, the Trusts of a set, and each person's partner."""

    def __init__(self, plan: Plan) -> None:
        self.parties: dict[int, int] = {}
        self.partners: dict[tuple[int, int], str] = {}
        for placement in placements_of(plan):
            self.parties[placement.session_id] = self.parties.get(placement.session_id, 0) + 1
            self._note_partners(placement.pair, placement.session_id)
        self.sets: dict[tuple[int, int], str] = {}
        for learning_set in sets_of(plan):
            trusts = [member.pair.trust.name for member in learning_set.members if member.pair]
            words = f"Set {learning_set.number}: {formatting.listed(sorted(trusts))}." if trusts else ""
            for meeting in learning_set.meetings:
                for member in learning_set.members:
                    self._note_partners(member.pair, meeting.session_id)
                    people = member.pair.people if member.pair else [member.person]
                    self.sets.update({(person.id, meeting.session_id): words for person in people})
                if learning_set.facilitator is not None:
                    self.sets[learning_set.facilitator.person_id, meeting.session_id] = words

    def of(self, place: Place) -> str:
        """Who else comes, in a sentence; "" where nobody does."""
        in_set = self.sets.get(place.key)
        if in_set is not None:
            return in_set
        others = self.parties.get(place.session, 1) - 1
        return f"{formatting.count(others, 'other pair comes', 'other pairs come')} too." if others > 0 else ""

    def partner_of(self, person: Person, place: Place) -> str:
        """The name of who comes with them, "" for one who comes alone."""
        return self.partners.get((person.id, place.session), "")

    def _note_partners(self, pair: Pair | None, session_id: int) -> None:
        people = pair.people if pair is not None else []
        for person in people:
            others = [other.name for other in people if other.id != person.id]
            if others:
                self.partners[person.id, session_id] = others[0]


def _by_id(kind: type[Person], ids: Iterable[int]) -> dict[int, Person]:
    return {row.id: row for row in db.session.scalars(sa.select(kind).where(kind.id.in_(list(ids))))}


def _sessions(ids: Iterable[int]) -> dict[int, Session]:
    rows = db.session.scalars(
        sa.select(Session)
        .where(Session.id.in_(list(ids)))
        .options(joinedload(Session.event), joinedload(Session.venue))
    )
    return {session.id: session for session in rows}


def _subject(before: str, title: str, place: Place, town: str) -> str:
    day = formatting.day(place.start, place.time_zone, year=not before)
    return ", ".join(filter(None, [f"{before}{title}", day, town]))


def _sender() -> Mailbox:
    app: Convene = current_app  # type: ignore[assignment]
    return mailbox_of(app.settings.mail_from)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
