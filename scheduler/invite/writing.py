"""A message in an organiser's own words: to a session, a region, a role, those who replied so, or all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.collect.audience import living_pairs
from scheduler.collect.links import page_url
from scheduler.collect.post import compose, queue_letter, wake_the_post
from scheduler.collect.reminders import ITS_OWN_LINK, Draft
from scheduler.extensions import db
from scheduler.invite import outbox
from scheduler.invite.replies import ReplyState, replies_in
from scheduler.models import (
    Facilitator,
    Invitation,
    MessageState,
    Organiser,
    OutboxMessage,
    Person,
    Programme,
    Session,
    record,
)
from scheduler.text import clean_line, clean_text
from scheduler.transaction import transaction

KIND = "message"
PRESSED_TWICE = timedelta(minutes=10)


class WhoIs(StrEnum):
    """Which role people have."""

    DIRECTOR = "director"
    MANAGER = "manager"
    FACILITATOR = "facilitator"
    OUTSIDE = "outside"  # stakeholders, speakers: in the programme, in no pair


class SomebodyElse(Exception):
    """The message would go to another number of people than the page said."""

    def __init__(self, people: int) -> None:
        super().__init__(people)
        self.people = people


@dataclass(frozen=True)
class Whom:
    """Whom a message goes to; what is left out narrows nothing, and all that is given must be so."""

    session: Session | None = None
    region: str = ""
    role: WhoIs | None = None
    reply: ReplyState | None = None


@dataclass(frozen=True)
class Words:
    """What is written: with ``with_link`` each person's own link stands below it."""

    subject: str
    text: str
    with_link: bool = False


def people_meant(programme: Programme, whom: Whom) -> list[Person]:
    """Who a message would go to, by name.

    With a session or a reply those invited, to any date that lies ahead where no session is named; else everyone in
    the programme.
    """
    pairs = living_pairs(programme)
    directors = {pair.director_id for pair in pairs}
    managers = {pair.manager_id for pair in pairs}
    in_role: dict[WhoIs, set[int | None]] = {
        WhoIs.DIRECTOR: directors,
        WhoIs.MANAGER: managers,
        WhoIs.FACILITATOR: set(
            db.session.scalars(sa.select(Facilitator.person_id).where(Facilitator.programme_id == programme.id))
        ),
    }
    region_of = {person.id: pair.trust.region for pair in pairs for person in pair.people}
    of_the_invited = whom.session is not None or whom.reply is not None
    people = _invited(programme, whom) if of_the_invited else _everyone(programme)

    def fits(person: Person) -> bool:
        if whom.region and region_of.get(person.id) != whom.region:
            return False
        if whom.role is WhoIs.OUTSIDE:
            return person.id not in region_of
        return whom.role is None or person.id in in_role[whom.role]

    return sorted({person for person in people if fits(person)}, key=lambda one: (one.name, one.id))


def send(programme: Programme, whom: Whom, words: Words, *, expected: int, hold: bool = False, by: Organiser) -> int:
    """Queue a message to everyone meant, in one transaction; says to how many it goes.

    Who was sent the same subject minutes ago, by another press, is passed over. Raises SomebodyElse.
    """
    with transaction() as tx:
        people = people_meant(programme, whom)
        if len(people) != expected:
            raise SomebodyElse(len(people))
        # All that is slow comes before the first write: nobody waits while a thousand letters are finished.
        urls = {person.id: page_url(person) if words.with_link else "" for person in people}
        with tx.no_autoflush:
            letters = {person.id: _letter(programme, person, words, urls[person.id]) for person in people}
            outbox.hold_still(programme)
            for person_id in letters.keys() & _just_written_to(programme, words.subject):
                tx.expunge(letters.pop(person_id))
        for letter in letters.values():
            letter.state = MessageState.HELD if hold else MessageState.WAITING
        if letters:
            tx.flush()
            if not hold:
                wake_the_post()
            record("message.written", programme=programme, by=by, thing=clean_line(words.subject), people=len(letters))
    return len(letters)


def draft(programme: Programme, person: Person, words: Words) -> Draft:
    """The message as a person would get it, for a preview."""
    url = ITS_OWN_LINK if words.with_link else ""
    made = compose(
        KIND, to=person, programme=programme, subject=clean_line(words.subject), text=clean_text(words.text), url=url
    )
    return Draft(person, made.subject, made.text)


def _letter(programme: Programme, person: Person, words: Words, url: str) -> OutboxMessage:
    return queue_letter(
        KIND,
        to=person,
        subject=clean_line(words.subject),
        programme=programme,
        hold=True,
        text=clean_text(words.text),
        url=url,
    )


def _everyone(programme: Programme) -> Sequence[Person]:
    return db.session.scalars(
        sa.select(Person).where(Person.programme_id == programme.id, Person.left_on.is_(None))
    ).all()


def _invited(programme: Programme, whom: Whom) -> list[Person]:
    found = replies_in(programme, session=whom.session)
    return [
        each.invitation.person
        for each in found
        if each.invitation.person.left_on is None
        and (whom.session is not None or each.invitation.ends_at > now())
        and whom.reply in (None, each.state)
    ]


def _just_written_to(programme: Programme, subject: str) -> set[int | None]:
    return set(
        db.session.scalars(
            sa.select(OutboxMessage.person_id).where(
                OutboxMessage.programme_id == programme.id,
                OutboxMessage.kind == KIND,
                OutboxMessage.subject == clean_line(subject),
                OutboxMessage.queued_at > now() - PRESSED_TWICE,
            )
        )
    )


def sessions_to_write_to(programme: Programme) -> list[Session]:
    """The sessions that somebody is invited to, latest first."""
    invited = sa.select(Invitation.session_id).where(
        Invitation.programme_id == programme.id, Invitation.cancelled_at.is_(None)
    )
    wanted = (
        sa.select(Session).where(Session.id.in_(invited)).options(joinedload(Session.event), joinedload(Session.venue))
    )
    return list(db.session.scalars(wanted.order_by(Session.starts_at.desc(), Session.id)))
