"""Messages that come back: which one it was, and the marks it leaves on message and address (calendar-rules 73)."""

from __future__ import annotations

import re

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite.incoming.findings import Finding
from scheduler.invite.incoming.machines import is_from_a_mail_server, says_refused_for_good
from scheduler.invite.incoming.people import invitation_by_tag, message_of_ours
from scheduler.invite.incoming.unwrapping import Delivery, Mail
from scheduler.models import (
    Bounce,
    Effect,
    Invitation,
    MessageState,
    Method,
    OutboxMessage,
    Person,
    ReceivedMessage,
)

NAMES_NONE = "A mail server reports on a message that is none of ours. Anybody can send such a report."
NOT_PLACED = "A mail server wrote that something could not be delivered, but not which message of ours it was."
_MAILBOX_FULL = ("5.2.2", "4.2.2")
_IN_TEXT = re.compile(r"<[^<>\s@]{1,200}@[^<>\s]{1,200}>")
_MAY_BOUNCE = (MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN)


def of_report(mail: Mail, row: ReceivedMessage) -> Finding:
    """What a delivery status notification (RFC 3464) means: the address fails for good, or nothing yet."""
    message = _returned(mail)
    if message is None:
        return Finding(Effect.IGNORED, NAMES_NONE)
    failed = next((each for each in mail.deliveries if _is_final(each)), None)
    if failed is None:
        return _about(message, Effect.IGNORED, _not_final(message, mail.deliveries))
    return _mark(message, row, failed.status, failed.words)


def of_loose_report(mail: Mail, row: ReceivedMessage) -> Finding | None:
    """What a bounce without structure means; None where it is none. Without our Message-ID and a 5xx it is held."""
    if not is_from_a_mail_server(mail):
        return None
    message = _returned(mail) or message_of_ours(_IN_TEXT.findall(mail.text)[:50])
    if message is None or not says_refused_for_good(mail.text):
        return Finding(Effect.HELD, NOT_PLACED, uid=message.uid if message else None)
    status = re.search(r"5\.\d{1,3}\.\d{1,3}", mail.text)
    refused = next((line for line in mail.text.splitlines() if says_refused_for_good(f"{line} ")), "")
    return _mark(message, row, status.group() if status else "", refused.strip()[:500])


def clear(person: Person, invitation: Invitation) -> None:
    """A real answer came, so the address works after all, and what was said to have come back has arrived."""
    standing = Bounce.person_id == person.id, Bounce.cleared_at.is_(None)
    db.session.execute(sa.update(Bounce).where(*standing).values(cleared_at=now()))
    bounced = OutboxMessage.uid == invitation.uid, OutboxMessage.state == MessageState.BOUNCED
    db.session.execute(sa.update(OutboxMessage).where(*bounced).values(state=MessageState.SENT, error=""))


def take_back(row: ReceivedMessage) -> None:
    """Undo the marks of one report."""
    marks = db.session.scalars(sa.select(Bounce).where(Bounce.received_message_id == row.id)).all()
    for mark in marks:
        mark.cleared_at = mark.cleared_at or now()
        if mark.outbox_message is not None and mark.outbox_message.state is MessageState.BOUNCED:
            mark.outbox_message.state, mark.outbox_message.error = MessageState.SENT, ""


def _returned(mail: Mail) -> OutboxMessage | None:
    """The message of ours that came back, by its Message-ID, else by the UID in it or by the tag that the report came
    to; a recipient alone is no proof."""
    by_id = message_of_ours(tuple(mail.returned_ids)) or message_of_ours(mail.thread)
    if by_id is not None:
        return by_id
    tagged = invitation_by_tag(mail)
    uids = [*mail.returned_uids[:10], *([tagged.uid] if tagged is not None else [])]
    return db.session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.uid.in_(uids), OutboxMessage.state.in_(_MAY_BOUNCE))
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).first()


def _is_final(delivery: Delivery) -> bool:
    return delivery.action == "failed" and delivery.status.startswith("5.")


def _not_final(message: OutboxMessage, deliveries: list[Delivery]) -> str:
    told = next(iter(deliveries), None)
    if told is not None and told.status in _MAILBOX_FULL:
        return f"The mailbox of {message.to_address} is full. Nothing is marked: it may still be delivered."
    if told is not None and told.action == "delayed":
        return f"A mail server is still trying to deliver to {message.to_address}."
    return f"A mail server reports on a message to {message.to_address}: it is not lost."


def _mark(message: OutboxMessage, row: ReceivedMessage, status: str, words: str) -> Finding:
    full = status in _MAILBOX_FULL
    if message.state in _MAY_BOUNCE:
        message.state, message.error = MessageState.BOUNCED, words or f"It came back: {status}"
    if message.programme_id is not None:
        db.session.add(
            Bounce(
                programme_id=message.programme_id,
                person_id=message.person_id,
                address=message.to_address.lower(),
                outbox_message_id=message.id,
                received_message_id=row.id,
                status=status,
                words=words,
                mailbox_full=full,
            )
        )
    because = "its mailbox is full" if full else (words or status or "the address does not work")
    return _about(message, Effect.BOUNCED, f"The message to {message.to_address} came back: {because}")


def _about(message: OutboxMessage, effect: Effect, why: str) -> Finding:
    invitation = db.session.get(Invitation, message.invitation_id) if message.invitation_id else None
    person = db.session.get(Person, message.person_id) if message.person_id else None
    uid = message.uid if message.method in (Method.REQUEST, Method.CANCEL) else None
    return Finding(effect, why, invitation=invitation, person=person, uid=uid)
