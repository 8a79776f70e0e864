"""Sending the words of a letter that did not arrive to an address that was mended."""

from __future__ import annotations

from flask import current_app

from scheduler.clock import now
from scheduler.collect.post import as_html, wake_the_post
from scheduler.extensions import db
from scheduler.invite.finished import read_letter
from scheduler.letters import Letter, build, new_message_id
from scheduler.mailboxes import Mailbox, mailbox_of
from scheduler.models import MessageState, OutboxMessage, record
from scheduler.models.programmes import Organiser
from scheduler.transaction import transaction

UNDELIVERED = (MessageState.FAILED, MessageState.BOUNCED)


def can_follow(message: OutboxMessage) -> bool:
    """Whether a letter can be sent to its person's present address: an invitation goes there by publication."""
    person = message.person
    return (
        message.state in UNDELIVERED
        and message.uid is None
        and person is not None
        and person.email.casefold() != message.to_address.casefold()
    )


def send_to_new_address(message: OutboxMessage, *, by: Organiser) -> OutboxMessage | None:
    """Queue the words of a letter once more, to the address its person has now; None where it cannot be."""
    settings = current_app.settings  # type: ignore[attr-defined]
    with transaction() as tx:
        # Of two presses one finds the message already withdrawn from what may follow.
        row = tx.get_one(OutboxMessage, message.id, with_for_update=True, populate_existing=True)
        if not can_follow(row) or row.person is None:
            return None
        said = read_letter(row.body)
        to = Mailbox(row.person.name, row.person.email)
        letter = Letter(
            message_id=new_message_id(settings.calendar_host),
            dated=now(),
            sender=mailbox_of(settings.mail_from),
            to=to,
            subject=row.subject,
            text=said.text,
            html=as_html(said.text, row.subject),
        )
        sent = OutboxMessage(
            programme_id=row.programme_id,
            person_id=row.person_id,
            kind=row.kind,
            about=row.about,
            to_address=to.address,
            to_name=to.name,
            subject=row.subject,
            body=build(letter, None),
            message_id=letter.message_id,
            queued_at=letter.dated,
        )
        row.state = MessageState.WITHDRAWN
        db.session.add(sent)
        tx.flush()
        wake_the_post()
        record("message.sent-again", programme=row.person.programme, by=by, thing=row.subject)
    return sent
