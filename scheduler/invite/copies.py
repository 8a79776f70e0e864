"""Copies of invitations for assistants: written once the person's own message has left, never before.

A copy has the entry of the same UID, with the assistant as its one ATTENDEE, who is also its To (calendar-rules 6): so
their program shows buttons, and what they answer counts as the person's, given by them (63). No personal link is in it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from scheduler.collect.details import assistant_of
from scheduler.collect.post import queue_letter
from scheduler.collect.wording import shortened
from scheduler.extensions import db
from scheduler.invite import calendars
from scheduler.invite.finished import read_letter
from scheduler.invite.incoming.people import our_mailbox
from scheduler.invite.invitations import appointment_of
from scheduler.mailboxes import Mailbox
from scheduler.models import Assistant, Invitation, InvitationCopy, MessageState, Method, OutboxMessage
from scheduler.transaction import transaction

MOST_AT_ONCE = 50


def queue_due() -> int:
    """Queue a copy of each message about an invitation that has left since its person named an assistant.

    Returns how many were queued. Each message is copied once: the row that says so is unique.
    """
    queued = 0
    for message_id in db.session.scalars(_due()).all():
        try:
            with transaction():
                queued += _copied(message_id)
        except sa.exc.IntegrityError:  # another worker was quicker
            continue
    return queued


def _due() -> sa.Select[int]:
    copied = sa.exists().where(InvitationCopy.message_id == OutboxMessage.id)
    return (
        sa.select(OutboxMessage.id)
        .join(Assistant, Assistant.person_id == OutboxMessage.person_id)
        .where(
            OutboxMessage.method.is_not(None),
            OutboxMessage.state == MessageState.SENT,
            OutboxMessage.sent_at >= Assistant.added_at,
            ~copied,
        )
        .order_by(OutboxMessage.id)
        .limit(MOST_AT_ONCE)
    )


def _copied(message_id: int) -> bool:
    """Copy one message; one that a later message overtook is noted, and the later one is copied instead."""
    message = db.session.get_one(OutboxMessage, message_id, options=[undefer(OutboxMessage.body)])
    row = InvitationCopy(programme_id=message.programme_id, message_id=message_id)
    db.session.add(row)
    db.session.flush()
    invitation = message.invitation
    if invitation is None or (invitation.sequence, invitation.dtstamp) != (message.sequence, message.dtstamp):
        return False
    assistant = assistant_of(invitation.person)
    if assistant is None or not message.body:
        return False
    row.copy = _queue(message, invitation, assistant)
    return True


def _queue(message: OutboxMessage, invitation: Invitation, assistant: Assistant) -> OutboxMessage:
    person = invitation.person
    attendee = Mailbox(assistant.name, assistant.address)
    letter = read_letter(message.body)
    organizer = Mailbox(our_mailbox().name, invitation.organizer)
    appointment = appointment_of(invitation)
    if message.method is Method.CANCEL:
        calendar = calendars.cancel(appointment, organizer=organizer, attendee=attendee)
    else:
        calendar = calendars.request(appointment, organizer=organizer, attendee=attendee, partstat="NEEDS-ACTION")
    return queue_letter(
        "assistant-copy",
        to=person,
        address=attendee.address,
        name=assistant.name,
        subject=shortened(f"For {person.name}: {message.subject}"),
        programme=person.programme,
        kind="copy",
        about=message.about,
        calendar=calendar,
        reply_to=organizer,
        assistant=assistant,
        person=person,
        cancelled=message.method is Method.CANCEL,
        copied=letter.text.strip(),
    )
