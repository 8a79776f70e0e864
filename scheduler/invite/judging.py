"""What an organiser does with a received message: look into it, decide one that is held, take back what one did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite.incoming import bounces, deciding, unwrapping
from scheduler.invite.incoming.comments import comment_of, first_words
from scheduler.invite.incoming.people import is_our_mailbox, spelled_alike, whose
from scheduler.invite.incoming.reading import CalendarSaid, Said
from scheduler.invite.settling import settle
from scheduler.models import (
    Decision,
    Effect,
    LearnedAddress,
    Organiser,
    Person,
    Programme,
    ReceivedMessage,
    Whose,
    record,
)
from scheduler.models.columns import InvalidToken
from scheduler.transaction import transaction

_LEARNS = {Decision.SAME_PERSON: Whose.OWN, Decision.ASSISTANT: Whose.ASSISTANT}


class CannotDecide(ValueError):
    """A decision that cannot be carried out; the message says why, in the organiser's words."""


@dataclass(frozen=True)
class Contents:
    """What a received message says, for the organiser who judges it.

    ``answers`` is what its calendar says, as "accepted", and ``answering`` the address it says it of; both "" where no
    calendar can be read. ``proposed`` is another time asked for, in UTC; ``text`` the letter without what it quotes.
    """

    sender: str
    sender_name: str
    subject: str
    text: str
    answers: str
    answering: str
    comment: str
    proposed: tuple[datetime, datetime] | None


def look_into(message: ReceivedMessage) -> Contents:
    """Read a kept message for a person; changes nothing, and never raises for what it holds."""
    mail = _taken_apart(message)
    if mail is None:
        return Contents(message.sender, message.sender_name, message.subject, "", "", "", "", None)
    calendar, event = _first_event(mail)
    who = next(iter(event.attendees), None) if event is not None else None
    proposed = None
    if calendar is not None and event is not None and calendar.method == "COUNTER" and event.start and event.end:
        proposed = (event.start, event.end)
    return Contents(
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mail.subject,
        text=first_words(mail.text) or mail.text,
        answers=who.partstat.lower() if who is not None else "",
        answering=who.address if who is not None else "",
        comment=comment_of(event, who, calendar.program, mail.text)
        if event is not None and calendar is not None
        else "",
        proposed=proposed,
    )


def address_to_learn(message: ReceivedMessage) -> str:
    """The address that "remember this address" would remember: who the answer names, else who wrote."""
    return message.answered_as or spelled_alike(message.sender)


def decide_held(
    message: ReceivedMessage, decision: Decision, *, by: Organiser | None, person: Person | None = None
) -> Effect:
    """Carry out what an organiser decided about a message that is held; returns what the message does now.

    SAME_PERSON and ASSISTANT remember its address as the invited person's own, or as one that answers for them, from
    now on, and read the message again; ``person`` is whose it is where the message does not say. NOT_THEIRS and SEEN
    change nothing but that it waits no more. Raises CannotDecide, with nothing changed.
    """
    with transaction() as tx:
        row = tx.scalars(
            sa.select(ReceivedMessage)
            .where(ReceivedMessage.id == message.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if not row.waits or row.decided_at is not None:
            raise CannotDecide("Somebody has decided this message already.")
        row.decision, row.decided_at, row.decided_by_id = decision, now(), by.id if by is not None else None
        row.undone_at = row.undone_by_id = None
        if decision in _LEARNS:
            _learn(row, row.person or person, _LEARNS[decision], by)
            _read_again(row)
        elif row.effect is Effect.HELD:
            row.effect = Effect.IGNORED
        record("reply.decided", programme=_programme_of(row), by=by, thing=row.sender[:200])
        return row.effect or Effect.HELD


def undo(message: ReceivedMessage, *, by: Organiser | None) -> bool:
    """Take back what a message did: its answer, its bounce, and what was decided about it. False where it did nothing.

    An answer that was taken back leaves the one before it standing. A message that was decided waits again. Mail that
    was sent because of it cannot come back.
    """
    with transaction() as tx:
        row = tx.scalars(
            sa.select(ReceivedMessage)
            .where(ReceivedMessage.id == message.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        replies = [each for each in row.replies if each.undone_at is None]
        if row.undone_at is not None or not (replies or row.decided_at or row.effect is Effect.BOUNCED):
            return False
        for reply in replies:
            reply.undone_at = now()
        bounces.take_back(row)
        tx.execute(sa.delete(LearnedAddress).where(LearnedAddress.received_message_id == row.id))
        tx.flush()
        for reply in replies:
            settle(reply.invitation)
        if row.decided_at is not None:
            row.decision = row.decided_at = row.decided_by_id = None
            row.effect, row.waits = Effect.HELD, True
        else:
            row.undone_at, row.undone_by_id = now(), by.id if by is not None else None
            row.waits = False
        record("reply.undone", programme=_programme_of(row), by=by, thing=row.sender[:200])
    return True


def _learn(row: ReceivedMessage, person: Person | None, as_whose: Whose, by: Organiser | None) -> None:
    address = address_to_learn(row)
    if person is None:
        raise CannotDecide("Nothing in this message says whose it is. Choose the person first.")
    if "@" not in address:
        raise CannotDecide("This message names no address that could be remembered.")
    if is_our_mailbox(address):
        raise CannotDecide(f"{address} is the mailbox that invitations are sent from.")
    others = [each for each in whose(address) if each.id != person.id and each.programme_id == person.programme_id]
    on_record = next((each for each in others if spelled_alike(each.email) == address), None)
    if on_record is not None:
        raise CannotDecide(f"{address} is the address of {on_record.name}, so it cannot be {person.name}'s as well.")
    known = LearnedAddress.person_id == person.id, LearnedAddress.address == address
    if db.session.scalar(sa.select(sa.exists().where(*known))):
        return
    db.session.add(
        LearnedAddress(
            programme_id=person.programme_id,
            person_id=person.id,
            address=address,
            whose=as_whose,
            learned_by_id=by.id if by is not None else None,
            received_message_id=row.id,
        )
    )
    row.person_id, row.programme_id = person.id, person.programme_id
    db.session.flush()


def _read_again(row: ReceivedMessage) -> None:
    """Let a message do what it does now that its address is known; what a person must read has been read."""
    mail = _taken_apart(row)
    if mail is None:
        row.effect, row.waits = Effect.IGNORED, False
        return
    person, answered_as = row.person, row.answered_as
    found = deciding.decide(mail, row)
    deciding.note_finding(row, found)
    row.answered_as = row.answered_as or answered_as
    if row.person_id is None and person is not None:
        row.person_id, row.programme_id = person.id, person.programme_id
    if found.effect is Effect.HELD and found.why in (deciding.LETTER, deciding.TNEF):
        row.effect, row.waits = Effect.IGNORED, False
        row.why = f"{deciding.LETTER} Its sender's address is remembered."
    elif found.waits:
        row.decided_at = row.decided_by_id = row.decision = None


def _taken_apart(row: ReceivedMessage) -> unwrapping.Mail | None:
    try:
        raw = (
            db.session.scalars(
                sa.select(ReceivedMessage)
                .where(ReceivedMessage.id == row.id)
                .options(undefer(ReceivedMessage.raw))
                .execution_options(populate_existing=False)
            )
            .one()
            .raw
        )
    except InvalidToken:
        return None
    return unwrapping.unwrap(raw, size=row.size)


def _programme_of(row: ReceivedMessage) -> Programme | None:
    return db.session.get(Programme, row.programme_id) if row.programme_id else None


def _first_event(mail: unwrapping.Mail) -> tuple[CalendarSaid | None, Said | None]:
    for _, calendar in deciding.calendars_in(mail):
        for event in calendar.events:
            return calendar, event
    return None, None
