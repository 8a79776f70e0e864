"""Invitations as people hold them: each publication turns its changes into REQUESTs and CANCELs, one mail each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.collect.post import queue_letter
from scheduler.collect.wording import LONGEST_SUBJECT, shortened
from scheduler.extensions import db
from scheduler.invite import calendars
from scheduler.invite.calendars import Appointment, when_of
from scheduler.invite.changes import Changes, Key, Move, Place, is_online
from scheduler.invite.company import Company
from scheduler.invite.finished import read_letter
from scheduler.invite.identity import new_uid, organizer_address
from scheduler.invite.places import STILL_HERE, Held, as_written, summary_of
from scheduler.invite.settling import settle
from scheduler.mailboxes import Mailbox, mailbox_of, same_mailbox
from scheduler.models import (
    Invitation,
    MessageState,
    Method,
    OutboxMessage,
    PartStat,
    Person,
    Programme,
    Session,
)

if TYPE_CHECKING:
    from scheduler import Convene
    from scheduler.config import Settings
    from scheduler.invite.calendars import PartStat as PartStatOfCalendar


@dataclass(frozen=True)
class Wording:
    """What an invitation says beside its times: the words of one session, or of one set's meeting."""

    summary: str
    description: str
    company: str = ""  # who comes too, for the letter alone: Trusts, never people's addresses
    partner: str = ""
    learning_set: str = ""  # "Set 3 of Action learning sets: 7 Trusts, meets 4 times"


def tell(
    changes: Changes,
    held: Mapping[Key, Held],
    *,
    programme: Programme,
    company: Company,
    hold: bool,
    at: datetime,
    because: str = "",
) -> list[OutboxMessage]:
    """Write every message of some changes into the session, and give them back; what waits must be taken back.

    ``because`` is said where something is cancelled and nothing replaces it.
    """
    writer = _Writer(changes, held, programme=programme, company=company, hold=hold, at=at, because=because)
    for place in changes.gone:
        writer.cancel(place)
    for move in changes.moved:
        # The cancellation first: a diary that is full that day frees itself before it is asked again.
        writer.cancel(move.was, instead=move.now)
        writer.invite(move.now, instead_of=move.was)
    for move in changes.readdressed:
        writer.cancel(move.was, instead=move.now)
        writer.invite(move.now)
    for move in changes.changed:
        writer.update(move)
    for move in changes.reworded:
        writer.reword(move)
    for place in changes.new:
        writer.drop(place)
        writer.invite(place)
    for place in changes.dropped:
        writer.drop(place)
    for place in changes.restored:
        writer.restore(place)
    return writer.written


def take_back(invitations: Iterable[int]) -> None:
    """What waits about these invitations, by id, is never sent. What was to go a second time has been sent once.

    The rows must be locked (``publishing``), so that no worker takes one meanwhile.
    """
    waits = (
        OutboxMessage.invitation_id.in_(list(invitations)),
        OutboxMessage.state.in_(STILL_HERE),
    )
    again = sa.update(OutboxMessage).where(*waits, OutboxMessage.sent_at.is_not(None))
    db.session.execute(again.values(state=MessageState.SENT))
    db.session.execute(sa.update(OutboxMessage).where(*waits).values(state=MessageState.WITHDRAWN))


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
        when=when_of(invitation.starts_at, invitation.ends_at, invitation.time_zone),
        summary=invitation.summary,
        description=invitation.description,
        location=invitation.location,
    )


@dataclass(frozen=True)
class _Occasion:
    """What somebody is invited to, as the fields of a mail ask for it."""

    title: str
    purpose: str


class _Writer:
    """Writes the messages of one publication; reads people, sessions and sets once for all of them."""

    def __init__(
        self,
        changes: Changes,
        held: Mapping[Key, Held],
        *,
        programme: Programme,
        company: Company,
        hold: bool,
        at: datetime,
        because: str,
    ) -> None:
        self.programme, self.company = programme, company
        self.held, self.hold, self.at, self.because = held, hold, at, because
        self.sender = _sender()
        self.written: list[OutboxMessage] = []
        places = [*changes.new, *changes.gone, *(m.was for m in changes.moves), *(m.now for m in changes.moves)]
        self.people = _by_id(Person, {place.person for place in places})
        self.sessions = _sessions({place.session for place in places})

    def invite(self, place: Place, *, instead_of: Place | None = None) -> None:
        """A new UID for a new place."""
        person, session = self.people[place.person], self.sessions[place.session]
        app: Convene = current_app  # type: ignore[assignment]
        wording = self._wording(place)
        uid, key = new_uid(app.settings.calendar_host), app.config["SECRET_KEY"].encode()
        organizer = organizer_address(self.sender, uid, place.address, key, tagged=app.settings.mail_tags)
        invitation = Invitation(
            programme_id=self.programme.id,
            person=person,
            session=session,
            uid=uid,
            sequence=0,
            dtstamp=_whole_second(self.at),
            created_at=_whole_second(self.at),
            organizer=organizer.address,
            partstat=PartStat.NEEDS_ACTION,
        )
        self._stand_for(invitation, place, wording)
        db.session.add(invitation)
        subject = _subject("", session.title, place, self._town(place))
        self._send("invitation", Method.REQUEST, invitation, subject, wording, was=instead_of)

    def update(self, move: Move) -> None:
        """The same UID with SEQUENCE one higher: the answer given was for the old time, so it is asked again."""
        place, held = move.now, self.held[move.now.key]
        invitation = held.invitation
        wording = self._wording(place)
        self._next_version(held)
        invitation.cancelled_at = None  # a cancellation that waited was taken back
        invitation.partstat = PartStat.NEEDS_ACTION
        self._stand_for(invitation, place, wording)
        day = formatting.day(place.start, place.time_zone, year=False)
        title = invitation.session.title
        moved = move.was.start != place.start
        subject = shortened(f"Changed: {title}", f" is now on {day}" if moved else f", {day}")
        self._send("update", Method.REQUEST, invitation, subject, wording, follows=held, was=move.was)

    def reword(self, move: Move) -> None:
        """The same UID and SEQUENCE with a later DTSTAMP, and the answer on record: nobody is asked again."""
        place, held = move.now, self.held[move.now.key]
        invitation = held.invitation
        wording = self._wording(place)
        self._later_stamp(invitation)
        self._stand_for(invitation, place, wording)
        day = formatting.day(place.start, place.time_zone, year=False)
        subject = shortened(f"Changed: {invitation.session.title}", f", {day}")
        self._send("new-words", Method.REQUEST, invitation, subject, wording, follows=held, was=move.was)

    def cancel(self, was: Place, *, instead: Place | None = None) -> None:
        """The end of a UID, in the words of what was told last."""
        held = self.held[was.key]
        invitation = held.invitation
        self._next_version(held)
        invitation.cancelled_at = self.at
        wording = Wording(invitation.summary, invitation.description)
        self._stand_for(invitation, was, wording)
        subject = _subject("Cancelled: ", invitation.session.title, was, "")
        self._send("cancellation", Method.CANCEL, invitation, subject, wording, follows=held, was=was, instead=instead)

    def drop(self, place: Place) -> None:
        """The end of a UID that nobody ever heard of: nothing is sent, and who is asked anew gets another."""
        if place.key in self.held:
            self.held[place.key].invitation.cancelled_at = self.at

    def restore(self, place: Place) -> None:
        """An invitation says again what was told last: nothing is sent."""
        held = self.held[place.key]
        invitation, told = held.invitation, held.last_told
        assert told is not None and told.sequence is not None  # noqa: S101, PT018
        said = read_letter(told.body).entry
        assert said is not None  # noqa: S101
        invitation.cancelled_at = None
        # As attendees hold it, so that their answers are to this version; the next is counted from all written.
        invitation.sequence, invitation.dtstamp = told.sequence, said.stamped
        with db.session.no_autoflush:
            settle(invitation)  # and what they answered to it stands again
        # The words too are those that were told: a venue may have had another name then.
        self._stand_for(invitation, replace(place, location=said.location), Wording(said.summary, said.description))

    def _next_version(self, held: Held) -> None:
        """SEQUENCE and DTSTAMP grow over all that was ever written, sent or not (calendar-rules 23 and 25)."""
        invitation = held.invitation
        written = [message.sequence for message in invitation.messages if message.sequence is not None]
        invitation.sequence = max([invitation.sequence, *written]) + 1
        self._later_stamp(invitation)

    def _later_stamp(self, invitation: Invitation) -> None:
        """A DTSTAMP later than that of every version before, within one second too (calendar-rules 25)."""
        stamped = [message.dtstamp for message in invitation.messages if message.dtstamp is not None]
        last = max([invitation.dtstamp, *stamped])
        invitation.dtstamp = max(_whole_second(self.at), last + timedelta(seconds=1))

    def _stand_for(self, invitation: Invitation, place: Place, wording: Wording) -> None:
        invitation.attendee = place.address
        invitation.summary, invitation.description = wording.summary, wording.description
        invitation.starts_at, invitation.ends_at = place.start, place.end
        invitation.time_zone, invitation.location = place.time_zone, place.location
        invitation.venue_id = place.venue

    def _send(
        self,
        kind: str,
        method: Method,
        invitation: Invitation,
        subject: str,
        wording: Wording,
        *,
        follows: Held | None = None,
        was: Place | None = None,
        instead: Place | None = None,
    ) -> None:
        organizer = Mailbox(self.sender.name, invitation.organizer)
        attendee = Mailbox(invitation.person.name, invitation.attendee)
        title = invitation.session.title
        appointment = appointment_of(invitation)
        if method is Method.REQUEST:
            answer = cast("PartStatOfCalendar", invitation.partstat.value.upper())
            calendar = calendars.request(appointment, organizer=organizer, attendee=attendee, partstat=answer)
        else:
            calendar = calendars.cancel(appointment, organizer=organizer, attendee=attendee)
        place = as_written(invitation)
        message = queue_letter(
            kind,
            to=invitation.person,
            address=invitation.attendee,
            subject=subject,
            programme=self.programme,
            about=f"{title}, {formatting.short_day(invitation.starts_at, invitation.time_zone)}",
            hold=self.hold,
            invitation=invitation,
            calendar=calendar,
            method=method,
            follows=follows.messages[0].message_id if follows is not None and follows.messages else "",
            reply_to=organizer,
            event=_Occasion(title, invitation.session.event.purpose),
            place=place,
            was=was,
            instead=instead,
            company=wording.company,
            partner=wording.partner,
            learning_set=wording.learning_set,
            because=self.because,
            find_my_link=f"{_settings().origin}/find-my-link",
            same_date=instead is not None and instead.key == place.key,
        )
        self.written.append(message)

    def _wording(self, place: Place) -> Wording:
        session = self.sessions[place.session]
        person = self.people[place.person]
        company = self.company.of(place)
        summary = summary_of(session)
        partner = self.company.partner_of(person, place)
        said = [
            formatting.when(place.start, place.end, place.time_zone, reader=self.programme.time_zone),
            f"Where: {place.location}" if place.location else "",
            f"You come with {partner}." if partner else "",
            company,
            session.event.purpose,
            self._whom_to_ask(),
            # No personal link: calendars are open to colleagues, and invitations are forwarded (decision 0012).
            f"Can you no longer come? Say so on your own page. Ask for your link: {_settings().origin}/find-my-link",
        ]
        return Wording(summary, "\n\n".join(filter(None, said)), company, partner, self.company.set_of(place))

    def _whom_to_ask(self) -> str:
        told = [self.programme.contact_name, self.programme.contact_email, self.programme.contact_phone]
        return f"Questions? {', '.join(filter(None, told))}" if any(told) else ""

    def _town(self, place: Place) -> str:
        venue = self.sessions[place.session].venue
        if is_online(place.location):
            return "online"
        return venue.town if venue is not None else ""


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
    whole = ", ".join(filter(None, [f"{before}{title}", day, town]))
    return whole if len(whole) <= LONGEST_SUBJECT else shortened(f"{before}{title}", f", {day}")


def _sender() -> Mailbox:
    return mailbox_of(_settings().mail_from)


def _settings() -> Settings:
    app: Convene = current_app  # type: ignore[assignment]
    return app.settings


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
