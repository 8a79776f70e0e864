"""One event of a REPLY, COUNTER or REFRESH against the invitation it answers: calendar-rules 62 to 72, in their order.

A rule returns a Finding where it settles the matter and None where the next one is to look. An answer changes the
person's reply and nothing else: no seat, no plan, and no mail but a REFRESH, which goes to the address on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox
from scheduler.invite.incoming import bounces
from scheduler.invite.incoming.comments import comment_of
from scheduler.invite.incoming.findings import Finding
from scheduler.invite.incoming.machines import is_a_calendar_robot
from scheduler.invite.incoming.people import (
    addresses_of,
    invitation_by_tag,
    is_our_mailbox,
    our_mailbox,
    own_addresses_of,
    spelled_alike,
)
from scheduler.invite.incoming.reading import Attendee, Said
from scheduler.invite.incoming.unwrapping import Mail
from scheduler.invite.settling import answer_on_record, settle
from scheduler.models import Effect, Invitation, MessageState, OutboxMessage, PartStat, ReceivedMessage, Reply

ONE_DAY = timedelta(days=1)
REFRESH_AT_MOST_EVERY = timedelta(hours=1)
UNKNOWN_UID = "It answers an invitation that Convene does not know."
_SETS = {"ACCEPTED": PartStat.ACCEPTED, "TENTATIVE": PartStat.TENTATIVE, "DECLINED": PartStat.DECLINED}
_VERBS = {PartStat.ACCEPTED: "accepted", PartStat.TENTATIVE: "tentatively accepted", PartStat.DECLINED: "declined"}


@dataclass
class Answer:
    """One event of a message, on its way through the rules; ``who`` is the attendee that counts, once found."""

    mail: Mail
    row: ReceivedMessage
    method: str
    program: str
    event: Said
    invitation: Invitation
    who: Attendee | None = None

    def found(self, effect: Effect, why: str, *, answered_as: str = "", asks_organiser: bool = False) -> Finding:
        """A finding about this invitation."""
        invitation = self.invitation
        return Finding(
            effect, why, invitation, invitation.person, invitation.uid, answered_as, asks_organiser=asks_organiser
        )

    @property
    def name(self) -> str:
        """Whose answer it is."""
        return self.invitation.person.name

    @property
    def date(self) -> str:
        """What it is an answer to."""
        invitation = self.invitation
        day = formatting.day(invitation.starts_at, invitation.time_zone, year=False)
        return f"{invitation.session.event.title} on {day}"


def answer(mail: Mail, row: ReceivedMessage, method: str, program: str, event: Said) -> Finding:
    """Decide what one event of a message does, and do it in the caller's transaction."""
    invitation = invitation_of(event.uid)
    if invitation is None:
        return _unknown(mail, event)
    to = Answer(mail, row, method, program, event, invitation)
    for rule in (_is_whole, _has_the_right_tag, _is_not_too_late, _is_for_one_date, _is_wanted_again, _is_from_them):
        if (settled := rule(to)) is not None:
            return settled
    if to.method == "COUNTER":
        return _proposed(to)
    if to.who is not None and to.who.partstat == "DELEGATED":
        return _delegated(to)
    return _answered(to)


def invitation_of(uid: str) -> Invitation | None:
    """The invitation of a UID, locked until the commit so that answers to it are settled one after the other."""
    if not uid:
        return None
    return db.session.scalars(
        sa.select(Invitation)
        .where(Invitation.uid.in_({uid, uid.lower()}))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _unknown(mail: Mail, event: Said) -> Finding:
    """Rule 62: an unknown UID is ignored, but held where the message came to the tag of an invitation."""
    if event.damage and not event.uid:
        return Finding(Effect.HELD, event.damage)
    tagged = invitation_by_tag(mail)
    if tagged is not None:
        return Finding(Effect.HELD, UNKNOWN_UID, tagged, tagged.person, event.uid or None)
    return Finding(Effect.IGNORED, UNKNOWN_UID, uid=event.uid or None)


def _is_whole(to: Answer) -> Finding | None:
    """Rule 55: nothing is read out of a damaged line."""
    return to.found(Effect.HELD, to.event.damage) if to.event.damage else None


def _has_the_right_tag(to: Answer) -> Finding | None:
    """Rule 62: where we send tags the message comes to the invitation's own; never to that of another."""
    expected = to.invitation.organizer.lower()
    if expected in to.mail.recipients:
        return None
    other = invitation_by_tag(to.mail)
    plain = our_mailbox().address.lower()
    came_to_some_tag = any(is_our_mailbox(each) and each != plain for each in to.mail.recipients)
    we_sent_one = expected != plain and "+" in expected
    if other is not None or (we_sent_one and came_to_some_tag):
        return to.found(
            Effect.REFUSED, f"It answers {to.name}'s invitation but was sent to the address of another. That is odd."
        )
    if we_sent_one and spelled_alike(to.mail.sender) not in addresses_of(to.invitation.person, to.invitation):
        return to.found(
            Effect.HELD, "It did not come to the invitation's own address, and not from the invited person."
        )
    return None


def _is_not_too_late(to: Answer) -> Finding | None:
    """Rule 72: what is over or called off is answered no more; the message stays in the log."""
    if to.invitation.cancelled_at is not None:
        return to.found(Effect.IGNORED, f"{to.date} had been cancelled for {to.name} by then.")
    if to.invitation.ends_at <= now():
        return to.found(Effect.IGNORED, f"{to.date} was over by then.")
    return None


def _is_for_one_date(to: Answer) -> Finding | None:
    """Rule 67: our invitations recur never, so an answer to one of several dates answers something else."""
    return to.found(Effect.HELD, "It answers one date of a series, and we send none.") if to.event.recurs else None


def _is_wanted_again(to: Answer) -> Finding | None:
    """Rule 70: the stored message once more to the address on record, at most once an hour, never to who asks."""
    if to.method != "REFRESH":
        return None
    stored = db.session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.uid == to.invitation.uid, OutboxMessage.state != MessageState.WITHDRAWN)
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).first()
    asked = f"{to.name}'s calendar asked for the invitation again."
    if stored is None or max(stored.sent_at or stored.queued_at, stored.queued_at) > now() - REFRESH_AT_MOST_EVERY:
        return to.found(Effect.IGNORED, f"{asked} It was sent less than an hour before.")
    if not outbox.send_again(stored, by=None):
        return to.found(Effect.IGNORED, f"{asked} It is on its way already, or not the last word.")
    return to.found(Effect.REFRESHED, f"{asked} It goes to {stored.to_address} once more.")


def _is_from_them(to: Answer) -> Finding | None:
    """Rules 63 and 64: the attendee who is the invited person answers; anybody else waits for an organiser."""
    theirs = addresses_of(to.invitation.person, to.invitation)
    ours = [each for each in to.event.attendees if spelled_alike(each.address) in theirs]
    invited = spelled_alike(to.invitation.attendee)
    to.who = next((each for each in ours if spelled_alike(each.address) == invited), ours[0] if ours else None)
    if to.who is not None:
        return None
    somebody = next(iter(to.event.attendees), None)
    if somebody is None:
        return to.found(Effect.HELD, f"It answers {to.name}'s invitation but does not say who answers.")
    said = somebody.partstat.lower().replace("-", " ") or "nothing"
    if spelled_alike(somebody.delegated_from) in theirs and somebody.delegated_from:
        why = f"{somebody.address}, whom {to.name} wants to send to {to.date}, answered {said}. Agree to that first."
    else:
        why = f"{somebody.address}, whom Convene does not know, answered {to.name}'s invitation to {to.date}: {said}."
    return to.found(Effect.HELD, why, answered_as=spelled_alike(somebody.address))


def _answered(to: Answer) -> Finding:
    """Rule 67: accepted, tentative and declined are answers; whatever else changes nothing, but words are kept."""
    assert to.who is not None  # noqa: S101 (_is_from_them found them)
    given = _SETS.get(to.who.partstat)
    reply = _reply(to, given)
    if given is None:
        if reply.comment:
            db.session.add(reply)
        return to.found(Effect.IGNORED, f"{to.name} gave no answer to {to.date}.{_note(reply)}")
    db.session.add(reply)
    counts = _record(to, reply)
    what = f"{to.name} {_VERBS[given]} {to.date}{_by(reply)}."
    if reply.sequence < to.invitation.sequence:
        return to.found(Effect(given.value), f"{what} That was for the old time, so it is asked again.{_note(reply)}")
    if not counts:
        return to.found(Effect.IGNORED, f"{what} A later answer is on record, so that one stands.")
    return to.found(Effect(given.value), f"{what}{_note(reply)}")


def _proposed(to: Answer) -> Finding:
    """Rule 69: who asks for another time has not said yes; the session stays where it is."""
    assert to.who is not None  # noqa: S101
    given = PartStat.DECLINED if to.who.partstat == "DECLINED" else PartStat.TENTATIVE
    reply = _reply(to, given)
    start, end = to.event.start, to.event.end
    if start is not None and start != to.invitation.starts_at:
        length = to.invitation.ends_at - to.invitation.starts_at
        reply.proposed_start, reply.proposed_end = start, end if end is not None and end > start else start + length
    db.session.add(reply)
    _record(to, reply)
    if reply.proposed_start is None or reply.proposed_end is None:
        asked = "asked for another time, which is in the message alone: its time zone is not known here"
    else:
        when = formatting.when(reply.proposed_start, reply.proposed_end, to.invitation.time_zone)
        asked = f"asked for another time: {when}"
    return to.found(Effect.COUNTER, f"{to.name} {asked}{_by(reply)}. {to.date} stays as it is.{_note(reply)}")


def _delegated(to: Answer) -> Finding:
    """Rule 68: who sends somebody else asks the organiser; nothing is moved by mail."""
    assert to.who is not None  # noqa: S101
    reply = _reply(to, None)
    reply.delegated_to = to.who.delegated_to
    db.session.add(reply)
    db.session.flush()
    whom = to.who.delegated_to or "somebody else"
    return to.found(
        Effect.DELEGATED,
        f"{to.name} wants to send {whom} to {to.date}{_by(reply)}. Nothing has changed yet.{_note(reply)}",
        asks_organiser=True,
    )


def _reply(to: Answer, given: PartStat | None) -> Reply:
    return Reply(
        programme_id=to.invitation.programme_id,
        invitation_id=to.invitation.id,
        received_message_id=to.row.id,
        answer=given,
        sequence=_version(to),
        stamp=_stamp(to),
        arrived_at=to.row.received_at,
        given_by=_given_by(to),
        comment=comment_of(to.event, to.who, to.program, to.mail.text),
    )


def _record(to: Answer, reply: Reply) -> bool:
    """Settle the present answer; whether it is this one."""
    db.session.flush()
    settle(to.invitation)
    bounces.clear(to.invitation.person, to.invitation)
    return answer_on_record(to.invitation) is reply


def _version(to: Answer) -> int:
    """Rule 65: which version of ours it answers. Some programs raise SEQUENCE; one that sends none means the first,
    unless it names the time that holds now."""
    sequence = to.event.sequence
    if sequence is None:
        sequence = to.invitation.sequence if to.event.start == to.invitation.starts_at else 0
    return max(0, min(sequence, to.invitation.sequence))


def _stamp(to: Answer) -> datetime:
    """Rule 66: its DTSTAMP, else the letter's date; one from the future would outlive every change of mind."""
    arrived = to.row.received_at
    stamp = to.event.stamp or to.mail.dated or arrived
    return arrived if stamp > arrived + ONE_DAY else stamp


def _given_by(to: Answer) -> str:
    """Who gave the answer, where it was not the person themselves (rule 63): "" for themselves."""
    own = own_addresses_of(to.invitation.person, to.invitation)
    told = (to.who.sent_by if to.who else "", to.mail.sender, to.mail.machine_sender, to.who.address if to.who else "")
    others = (each for each in told if each and spelled_alike(each) not in own and not is_a_calendar_robot(each))
    return next(others, "")


def _by(reply: Reply) -> str:
    return f", given by {reply.given_by}" if reply.given_by else ""


def _note(reply: Reply) -> str:
    return " There is a note with it." if reply.comment else ""
