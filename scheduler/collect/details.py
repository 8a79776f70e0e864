"""What people keep of themselves on their own page: name, address, assistant, needs, whether they want receipts."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.joining import who_has
from scheduler.collect.links import LinkUnknown, hash_of, origin
from scheduler.collect.notes import subject, who_reads_notes
from scheduler.collect.people import AddressTaken
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.models import (
    AccessNeeds,
    AddressChange,
    Assistant,
    LearnedAddress,
    Organiser,
    Person,
    Whose,
    WishToLeave,
    record,
)
from scheduler.transaction import transaction

CONFIRMED_WITHIN = timedelta(days=2)
ADDRESSES_A_DAY = 3


class TooManyAddresses(Exception):
    """Three new addresses were given within a day already: mail is not sent to more."""


class NotTheirs(Exception):
    """An assistant must be somebody else; the text says whose address it is."""


class LinkSpent(Exception):
    """The link that confirms an address was used, is too old, or was overtaken by a later one."""


@dataclass(frozen=True)
class Needs:
    """What a person needs at their sessions; "" for nothing."""

    access: str = ""
    dietary: str = ""


def needs_of(person: Person) -> Needs:
    """What a person has said they need."""
    row = _needs_row(person)
    return Needs(row.access, row.dietary) if row is not None else Needs()


def needs_of_people(people: Collection[int]) -> dict[int, Needs]:
    """By person id, for those who said anything: what a session's organisers prepare for."""
    rows = db.session.scalars(sa.select(AccessNeeds).where(AccessNeeds.person_id.in_(people)))
    return {row.person_id: Needs(row.access, row.dietary) for row in rows}


def save_details(person: Person, *, name: str, wants_receipt: bool, needs: Needs) -> list[str]:
    """Save what is not an address, and say which parts changed, in words. The audit keeps no contents."""
    changed = []
    with transaction() as tx:
        if person.name != name:
            person.name = name
            changed.append("name")
        if person.wants_receipt != wants_receipt:
            person.wants_receipt = wants_receipt
            changed.append("receipts")
        if needs_of(person) != needs:
            _save_needs(person, needs)
            changed.append("needs")
        if changed:
            tx.flush()
            record("person.own-details", programme=person.programme, by=person, thing=person.name, fields=changed)
    return changed


def ask_to_confirm(person: Person, address: str) -> None:
    """Mail a link to a new address; the old one stays until it is confirmed there.

    Raises AddressTaken, and TooManyAddresses for the fourth within a day.
    """
    holder = who_has(person.programme, address)
    if holder is not None and holder is not person:
        raise AddressTaken(holder)
    with transaction() as tx:
        lately = sa.select(sa.func.count()).where(
            AddressChange.person_id == person.id, AddressChange.made_at > now() - timedelta(days=1)
        )
        if (tx.scalar(lately) or 0) >= ADDRESSES_A_DAY:
            raise TooManyAddresses
        _end_earlier(person)
        token = secrets.token_urlsafe(20)
        tx.add(
            AddressChange(
                programme=person.programme,
                person=person,
                address=address.lower(),
                token_hash=hash_of(token),
                expires_at=now() + CONFIRMED_WITHIN,
            )
        )
        queue_letter(
            "confirm-address",
            to=person,
            address=address,
            subject=subject("Confirm your new email address", person.programme),
            programme=person.programme,
            kind="confirm-address",
            url=f"{origin()}/confirm-address/{token}",
        )


def address_to_confirm(token: str) -> AddressChange:
    """What a link would change; changes nothing. Raises LinkUnknown, and LinkSpent for one that was right once."""
    row = db.session.scalar(sa.select(AddressChange).where(AddressChange.token_hash == hash_of(token)))
    if row is None:
        raise LinkUnknown
    if row.ended_at is not None or row.expires_at <= now() or row.person.left_on is not None:
        raise LinkSpent
    return row


def waiting_address(person: Person) -> str:
    """The new address that waits to be confirmed; "" where none does."""
    waits = sa.select(AddressChange.address).where(
        AddressChange.person_id == person.id, AddressChange.ended_at.is_(None), AddressChange.expires_at > now()
    )
    return db.session.scalar(waits.order_by(AddressChange.id.desc()).limit(1)) or ""


def confirm_address(token: str) -> Person:
    """Write to a person at their new address from now on. Raises LinkSpent, or AddressTaken meanwhile."""
    with transaction() as tx:
        row = address_to_confirm(token)
        holder = who_has(row.person.programme, row.address)
        if holder is not None and holder is not row.person:
            raise AddressTaken(holder)
        row.person.email = row.address
        _end_earlier(row.person)
        tx.flush()
        record("person.own-details", programme=row.programme, by=row.person, thing=row.person.name, fields=["email"])
    return row.person


def assistant_of(person: Person) -> Assistant | None:
    """Who gets copies of a person's invitations."""
    return db.session.scalar(sa.select(Assistant).where(Assistant.person_id == person.id))


def set_assistant(person: Person, name: str, address: str, *, by: Person | Organiser) -> None:
    """Let somebody get a copy of each invitation from now on, and answer on the person's behalf.

    Replaces who was named before. Raises NotTheirs for the person's own address.
    """
    address = address.lower()
    if address == person.email:
        raise NotTheirs("This is your own address. Enter your assistant's")
    with transaction() as tx:
        present = assistant_of(person)
        if present is not None and (present.name, present.address) == (name, address):
            return
        if present is not None:
            _take_away(present)
        tx.add(Assistant(programme=person.programme, person=person, name=name, address=address))
        # A learned address is how a calendar program's answer is known to be theirs (calendar-rules 63).
        if tx.scalar(_learned(person, address)) is None:
            tx.add(LearnedAddress(programme=person.programme, person=person, address=address, whose=Whose.ASSISTANT))
        record("person.assistant-set", programme=person.programme, by=by, thing=person.name, id=person.id)


def remove_assistant(person: Person, *, by: Person | Organiser) -> bool:
    """Send no more copies; their answers no longer count. False where there was nobody."""
    with transaction():
        present = assistant_of(person)
        if present is None:
            return False
        _take_away(present)
        record("person.assistant-removed", programme=person.programme, by=by, thing=person.name, id=person.id)
    return True


def wish_to_leave(person: Person) -> WishToLeave | None:
    """That a person told the organisers they want to leave, while it waits."""
    found = sa.select(WishToLeave).where(WishToLeave.person_id == person.id, WishToLeave.settled_at.is_(None))
    return db.session.scalar(found)


def ask_to_leave(person: Person) -> None:
    """Tell the organisers that a person wants to leave. It gives no place away: an organiser does that."""
    with transaction() as tx:
        if wish_to_leave(person) is not None:
            return
        tx.execute(sa.delete(WishToLeave).where(WishToLeave.person_id == person.id))
        tx.add(WishToLeave(programme=person.programme, person=person))
        for organiser in who_reads_notes(person.programme):
            queue_letter(
                "wants-to-leave",
                to=organiser,
                subject=subject(f"{person.name} wants to leave", person.programme),
                programme=person.programme,
                about=person.name,
                leaver=person,
                url=f"{origin()}/programmes/{person.programme.slug}/people/{person.id}/leave",
            )
        record("person.wants-to-leave", programme=person.programme, by=person, thing=person.name, id=person.id)


def stay_after_all(person: Person, *, by: Person | Organiser) -> None:
    """Settle a wish to leave: the person stays."""
    with transaction():
        row = wish_to_leave(person)
        if row is not None:
            row.settled_at = now()
            record("person.stays", programme=person.programme, by=by, thing=person.name, id=person.id)


def _needs_row(person: Person) -> AccessNeeds | None:
    return db.session.scalar(sa.select(AccessNeeds).where(AccessNeeds.person_id == person.id))


def _save_needs(person: Person, needs: Needs) -> None:
    row = _needs_row(person)
    if needs == Needs():
        if row is not None:
            db.session.delete(row)
        return
    if row is None:
        row = AccessNeeds(programme=person.programme, person=person)
        db.session.add(row)
    row.access, row.dietary, row.saved_at = needs.access, needs.dietary, now()


def _end_earlier(person: Person) -> None:
    earlier = AddressChange.person_id == person.id, AddressChange.ended_at.is_(None)
    db.session.execute(sa.update(AddressChange).where(*earlier).values(ended_at=now()))


def _take_away(assistant: Assistant) -> None:
    learned = db.session.scalar(_learned(assistant.person, assistant.address))
    if learned is not None and learned.whose is Whose.ASSISTANT:
        db.session.delete(learned)
    db.session.delete(assistant)
    db.session.flush()


def _learned(person: Person, address: str) -> sa.Select[LearnedAddress]:
    return sa.select(LearnedAddress).where(LearnedAddress.person_id == person.id, LearnedAddress.address == address)
