"""Whose an address is: the invited one, the one on record, or one that an organiser said is theirs."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app

from scheduler.extensions import db
from scheduler.invite.incoming.unwrapping import Mail
from scheduler.mailboxes import AddressRefused, Mailbox, address_of, mailbox_of, same_mailbox
from scheduler.models import Invitation, LearnedAddress, OutboxMessage, Person, Programme
from scheduler.text import clean_line


def spelled_alike(address: str) -> str:
    """An address as it is compared: without its case, a foreign domain in ASCII; as it stands where it is none."""
    try:
        return Mailbox("", clean_line(address)).address.lower()
    except AddressRefused:
        return clean_line(address).lower()


def addresses_of(person: Person, invitation: Invitation | None = None) -> frozenset[str]:
    """Every address from which a person's answers count, an assistant's too, as they are compared."""
    learned = db.session.scalars(sa.select(LearnedAddress.address).where(LearnedAddress.person_id == person.id))
    invited = [invitation.attendee] if invitation is not None else []
    return frozenset(spelled_alike(each) for each in (person.email, *invited, *learned))


def own_addresses_of(person: Person, invitation: Invitation) -> frozenset[str]:
    """The addresses that are the person's own: who writes from another one gave the answer for them."""
    assistants = db.session.scalars(
        sa.select(LearnedAddress.address).where(
            LearnedAddress.person_id == person.id, LearnedAddress.whose == "assistant"
        )
    )
    return addresses_of(person, invitation) - {spelled_alike(each) for each in assistants}


def whose(address: str) -> list[Person]:
    """The people, in any programme, to whom an address belongs."""
    spelled = spelled_alike(address)
    if not spelled:
        return []
    learned = sa.select(LearnedAddress.person_id).where(LearnedAddress.address == spelled)
    theirs = Person.email.in_({spelled, _as_on_record(address)}) | Person.id.in_(learned)
    return list(db.session.scalars(sa.select(Person).where(theirs).order_by(Person.id)))


def _as_on_record(address: str) -> str:
    """An address as people's rows have it: a foreign domain in its own letters."""
    try:
        return address_of(address)
    except AddressRefused:
        return clean_line(address).lower()


def the_only_programme() -> Programme | None:
    """The programme, where there is one."""
    found = db.session.scalars(sa.select(Programme).order_by(Programme.id).limit(2)).all()
    return found[0] if len(found) == 1 else None


def message_of_ours(message_ids: list[str] | tuple[str, ...]) -> OutboxMessage | None:
    """The first message of ours among some Message-IDs."""
    found = db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.message_id.in_(message_ids[:50]))).all()
    by_id = {message.message_id: message for message in found}
    return next((by_id[each] for each in message_ids if each in by_id), None)


def invitation_by_tag(mail: Mail) -> Invitation | None:
    """The invitation to whose own address a message came; None where it came to the mailbox alone."""
    plain = our_mailbox().address.lower()
    tagged = [each for each in mail.recipients if each != plain and is_our_mailbox(each)]
    if not tagged:
        return None
    return db.session.scalars(sa.select(Invitation).where(sa.func.lower(Invitation.organizer).in_(tagged))).first()


def our_mailbox() -> Mailbox:
    """The mailbox invitations are sent from and answered to."""
    return mailbox_of(current_app.settings.mail_from)  # type: ignore[attr-defined]


def is_our_mailbox(address: str) -> bool:
    """Whether an address is ours, with or without a tag."""
    try:
        return bool(address) and same_mailbox(address, our_mailbox().address)
    except AddressRefused:
        return False
