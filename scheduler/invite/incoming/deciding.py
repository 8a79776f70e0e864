"""What a received message does: calendar-rules 58 to 62 and 74, 76, in their order, each one function.

A rule returns a Finding where it settles the matter and None where the next one is to look. Rule 57, that a message is
read once, is kept by ``receiving``; what an answer does is in ``answering``.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.invite.incoming import bounces
from scheduler.invite.incoming.answering import answer
from scheduler.invite.incoming.findings import Finding, together
from scheduler.invite.incoming.machines import is_automatic, our_server_disbelieves
from scheduler.invite.incoming.people import (
    invitation_by_tag,
    is_our_mailbox,
    message_of_ours,
    our_mailbox,
    the_only_programme,
    whose,
)
from scheduler.invite.incoming.reading import CalendarSaid, Said, read_calendars
from scheduler.invite.incoming.unwrapping import Mail
from scheduler.models import Effect, Invitation, Person, ReceivedMessage

ANSWERS = ("REPLY", "COUNTER", "REFRESH")
OURS = "This is a message of ours that came back."
AUTOMATIC = "An automatic answer, such as an out-of-office note. It changes nothing."
RECEIPT = "A read receipt. It changes nothing."
LETTER = "A letter without an answer that a calendar can read. It is never guessed into one."
TNEF = "A winmail.dat, an old form of Exchange that Convene does not read. The answer in it is for you to judge."
FORGED = "Our own mail server says that its sender is forged."
METHODS_DIFFER = "Its header and its calendar say different things about what it is."
DISAGREES = "It gives two different answers to one invitation."


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One event of a message, with the method and the program of the calendar it stands in."""

    method: str
    program: str
    event: Said


def decide(mail: Mail, row: ReceivedMessage) -> Finding:
    """What a message does; done in the caller's transaction."""
    for rule in (_could_not_be_taken_apart, _is_our_own, _is_a_report, _has_a_calendar, _is_automatic, _is_a_letter):
        if (settled := rule(mail, row)) is not None:
            return settled
    raise AssertionError("a letter is the last thing a message can be")


def note_envelope(row: ReceivedMessage, mail: Mail) -> None:
    """Keep what a list of messages shows of one."""
    row.message_id, row.sender, row.sender_name = mail.message_id[:500], mail.sender, mail.sender_name
    row.subject = mail.subject


def note_finding(row: ReceivedMessage, found: Finding) -> None:
    """Keep what was done with a message, why, and what it concerns."""
    row.effect, row.why, row.waits = found.effect, found.why, found.waits
    row.uid, row.answered_as = found.uid, found.answered_as
    row.invitation_id = found.invitation.id if found.invitation is not None else None
    person = found.person or (found.invitation.person if found.invitation is not None else None)
    row.person_id = person.id if person is not None else None
    if person is not None:
        row.programme_id = person.programme_id
    elif (programme := the_only_programme()) is not None:
        row.programme_id = programme.id


def _could_not_be_taken_apart(mail: Mail, row: ReceivedMessage) -> Finding | None:
    """Rule 56: what goes beyond the limits is kept and shown."""
    return Finding(Effect.HELD, mail.trouble) if mail.trouble else None


def _is_our_own(mail: Mail, row: ReceivedMessage) -> Finding | None:
    """Rule 58: our own mail, come back by a loop or an alias."""
    message = message_of_ours((mail.message_id,)) if mail.message_id else None
    return Finding(Effect.IGNORED, OURS, uid=message.uid) if message is not None else None


def _is_a_report(mail: Mail, row: ReceivedMessage) -> Finding | None:
    """Rules 59 and 73: bounces, and read receipts, which do nothing."""
    if mail.report == "disposition-notification":
        return Finding(Effect.IGNORED, RECEIPT)
    if mail.report == "delivery-status" or mail.deliveries:
        return bounces.of_report(mail, row)
    if any(said.method in ANSWERS for _, said in calendars_in(mail)):
        return None
    return bounces.of_loose_report(mail, row)


def _has_a_calendar(mail: Mail, row: ReceivedMessage) -> Finding | None:
    """Rules 60 to 72: answers are read, and nothing else that a calendar from outside wants is done."""
    calendars = calendars_in(mail)
    if not calendars:
        return None
    findings = [found for header, said in calendars if (found := _is_no_answer(header, said)) is not None]
    events = [
        _Spoken(said.method or header, said.program, event)
        for header, said in calendars
        if _is_no_answer(header, said) is None
        for event in said.events
    ]
    if events and our_server_disbelieves(mail, our_mailbox().domain):
        return Finding(Effect.HELD, FORGED, uid=events[0].event.uid or None)
    by_uid: dict[str, list[_Spoken]] = {}
    for each in events:
        by_uid.setdefault(each.event.uid.lower(), []).append(each)
    for spoken in by_uid.values():
        findings.append(_of_one_invitation(mail, row, spoken))
    return together(findings)


def _of_one_invitation(mail: Mail, row: ReceivedMessage, spoken: list[_Spoken]) -> Finding:
    """Rule 67: the same answer twice counts once, as Gmail's and Thunderbird's; two that differ are held."""
    first = spoken[0]
    if len({_meaning(each) for each in spoken}) > 1:
        about = invitation_named(first.event.uid)
        return Finding(Effect.HELD, DISAGREES, about, about.person if about else None, first.event.uid or None)
    return answer(mail, row, first.method, first.program, first.event)


def invitation_named(uid: str) -> Invitation | None:
    """The invitation that a UID names."""
    wanted = sa.select(Invitation).where(Invitation.uid.in_({uid, uid.lower()}))
    return db.session.scalars(wanted).first() if uid else None


def _meaning(spoken: _Spoken) -> tuple[object, ...]:
    event = spoken.event
    answers = tuple(sorted((each.address, each.partstat) for each in event.attendees))
    return spoken.method, answers, event.sequence, event.recurs, bool(event.damage)


def _is_no_answer(header: str, said: CalendarSaid) -> Finding | None:
    """Rules 55, 58 and 60: what is damaged is held, our own ignored, and what only an organizer may send refused."""
    method = said.method or header
    uid = next((event.uid for event in said.events if event.uid), None)
    if header and said.method and header != said.method:
        return Finding(Effect.HELD, METHODS_DIFFER, uid=uid)
    if said.damage:
        return Finding(Effect.HELD, said.damage, uid=uid)
    if method in ANSWERS:
        return None
    if method in ("REQUEST", "CANCEL") and any(is_our_mailbox(event.organizer) for event in said.events):
        return Finding(Effect.IGNORED, OURS, uid=uid)
    return Finding(
        Effect.REFUSED, f"It wants to {_WANTS.get(method, 'change a calendar')}, which nobody may by mail.", uid=uid
    )


_WANTS = {
    "REQUEST": "invite Convene to something",
    "CANCEL": "cancel something",
    "PUBLISH": "publish a calendar here",
    "ADD": "add a date",
    "DECLINECOUNTER": "decline a proposal of ours",
}


def calendars_in(mail: Mail) -> list[tuple[str, CalendarSaid]]:
    """Each calendar in a message, with the method its part's header says; one without any method is an attachment."""
    found: list[tuple[str, CalendarSaid]] = []
    for part in mail.calendars:
        for said in read_calendars(part):
            if (part.method or said.method or said.damage) and (part.method, said) not in found:
                found.append((part.method, said))
    return found


def _is_automatic(mail: Mail, row: ReceivedMessage) -> Finding | None:
    """Rule 74, after rule 60: Gmail marks its answers as automatic too."""
    if not is_automatic(mail):
        return None
    invitation, person = _filed_under(mail)
    return Finding(Effect.AUTO_REPLY_IGNORED, AUTOMATIC, invitation, person)


def _is_a_letter(mail: Mail, row: ReceivedMessage) -> Finding:
    """Rule 61: whatever a person wrote is for a person to read."""
    invitation, person = _filed_under(mail)
    return Finding(Effect.HELD, TNEF if mail.has_tnef else LETTER, invitation, person)


def _filed_under(mail: Mail) -> tuple[Invitation | None, Person | None]:
    """What a letter is about: the address it came to says it, the message it follows, or its sender, if but one."""
    tagged = invitation_by_tag(mail)
    if tagged is not None:
        return tagged, tagged.person
    message = message_of_ours(mail.thread)
    if message is not None and message.person_id is not None:
        invitation = db.session.get(Invitation, message.invitation_id) if message.invitation_id else None
        return invitation, db.session.get(Person, message.person_id)
    people = whose(mail.sender)
    return None, people[0] if len(people) == 1 else None
