"""Letters that somebody asks for at their own page: a copy of their answers, a word to their partner or the organisers,
their link once more."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.dates import AskedEvent, Questions, asked_of
from scheduler.collect.links import page_url
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.models import Organiser, OrganiserRole, Person, Programme, Reminder, Role, Session, record
from scheduler.names import first_name
from scheduler.text import clean_text
from scheduler.transaction import transaction
from scheduler.words import ANSWERS

NUDGED_AGAIN_AFTER = timedelta(days=1)
SENT_AGAIN_AFTER = timedelta(minutes=10)
NUDGE = "nudge"


def may_nudge(person: Person, partner: Person) -> bool:
    """Whether "Remind Tom" is offered: he has dates left, and was not reminded by his partner since yesterday."""
    if asked_of(partner).left == 0:
        return False
    return not _written_lately(partner, NUDGE, NUDGED_AGAIN_AFTER)


def nudge(person: Person, partner: Person) -> bool:
    """Tell a partner that the other has answered and what waits for them; False where it is too early for another."""
    with transaction() as tx:
        _one_at_a_time(partner)
        asked = asked_of(partner)
        if asked.left == 0 or _written_lately(partner, NUDGE, NUDGED_AGAIN_AFTER):
            return False
        programme: Programme = partner.programme
        mine = {event.event.id for event in asked_of(person).open}
        open_together = [event for event in asked.open if event.event.id in mine]
        verb = "waits" if asked.left == 1 else "wait"
        queue_letter(
            "nudge",
            to=partner,
            subject=subject(
                f"{first_name(person.name)} has answered, {formatting.count(asked.left, 'date')} {verb} for you",
                programme,
            ),
            programme=programme,
            kind=NUDGE,
            about=listed_titles(open_together or list(asked.open)),
            other=person,
            asked=asked,
            closes=closing_words(asked),
            url=page_url(partner),
        )
        tx.add(Reminder(programme_id=programme.id, person_id=partner.id, kind=NUDGE))
    return True


def send_receipt(person: Person, *, given_by: Organiser | None = None, heard_how: str = "") -> None:
    """Mail a person all their answers, and who gave them."""
    asked = asked_of(person)
    events = asked.open + asked.closed
    with transaction():
        queue_letter(
            "receipt",
            to=person,
            subject=subject(f"Your answers for {listed_titles(events) or 'your dates'}", person.programme),
            programme=person.programme,
            about=listed_titles(events),
            events=[(event.event.title, answer_lines(event)) for event in events],
            given_by=given_by,
            heard_how=heard_how,
            closes=closing_words(asked),
            url=page_url(person),
        )


def receipt_was_sent_lately(person: Person) -> bool:
    """Whether a copy is on its way already: pressing twice sends one."""
    return _written_lately(person, "receipt", SENT_AGAIN_AFTER)


def send_receipt_once(person: Person) -> None:
    """Mail a person their answers, unless a copy left in the last ten minutes."""
    with transaction() as tx:
        _one_at_a_time(person)
        if not receipt_was_sent_lately(person):
            send_receipt(person)
            tx.add(Reminder(programme_id=person.programme_id, person_id=person.id, kind="receipt"))


def tell_organisers(person: Person, note: str) -> None:
    """Write a person's words to everyone who owns or plans the programme."""
    with transaction():
        for organiser in who_reads_notes(person.programme):
            queue_letter(
                "note",
                to=organiser,
                subject=subject(f"A note from {person.name}", person.programme),
                programme=person.programme,
                about=person.name,
                sender=person,
                note=clean_text(note),
            )
        record("note.written", programme=person.programme, by=person, thing=person.name)


def send_link_again(address: str) -> None:
    """Mail their own page to whoever has this address, in each programme that knows it; the worker's part of "Send me
    my link", so that the page takes the same time whether the address is known or not (abuse case A3)."""
    people = db.session.scalars(
        sa.select(Person).where(Person.email == address.strip().lower(), Person.left_on.is_(None)).order_by(Person.id)
    )
    for person in people.all():
        with transaction() as tx:
            _one_at_a_time(person)
            if _written_lately(person, "link", SENT_AGAIN_AFTER):
                continue
            queue_link(person)
            tx.add(Reminder(programme_id=person.programme_id, person_id=person.id, kind="link"))


def queue_link(person: Person) -> None:
    """Queue the letter with a person's link to their own page, as one of the deeds of a transaction."""
    queue_letter(
        "link-again",
        to=person,
        subject=subject("Your Convene link", person.programme),
        programme=person.programme,
        kind="link",
        url=page_url(person),
    )


def subject(words: str, programme: Programme) -> str:
    """A subject that ends with the programme's short name, where 60 characters hold both."""
    whole = f"{words} – {programme.short_name}"
    return whole if len(whole) <= 60 else words if len(words) <= 60 else f"{words[:59].rstrip()}…"


def listed_titles(events: tuple[AskedEvent, ...] | list[AskedEvent]) -> str:
    """The titles of a few events, or how many there are."""
    titles = [event.event.title for event in events]
    return formatting.listed(titles) if len(titles) <= 2 else formatting.count(len(titles), "event")


def closing_words(asked: Questions) -> str:
    """ "Friday 11 December 2026 at 5pm (UK time)"; "" where nothing closes by itself."""
    at, zone = asked.closes_at, asked.person.programme.time_zone
    return f"{formatting.day_and_time(at, zone)} ({formatting.zone_name(zone)})" if at else ""


def answer_lines(event: AskedEvent) -> list[str]:
    """ "Tuesday 12 January 2027, 9:30am to 4:30pm: Yes"."""
    return [f"{date_words(found.session)}: {ANSWERS[found.answer]}" for found in event.dates]


def date_words(session: Session) -> str:
    """When and where a date is, as mails say it."""
    words = formatting.when(session.starts_at, session.ends_at, session.time_zone, reader=session.programme.time_zone)
    place = session.venue and ("online" if session.venue.is_online else session.venue.town or session.venue.name)
    return f"{words}, {place}" if place else words


def _one_at_a_time(person: Person) -> None:
    """Hold the person's row, so that a button pressed twice at once sends one letter (see ``answers``)."""
    row = sa.update(Person).where(Person.id == person.id).execution_options(synchronize_session=False)
    db.session.execute(row.values(name=Person.name))


def _written_lately(person: Person, kind: str, since: timedelta) -> bool:
    lately = sa.select(Reminder.id).where(
        Reminder.person_id == person.id, Reminder.kind == kind, Reminder.sent_at > now() - since
    )
    return db.session.scalar(lately.limit(1)) is not None


def who_reads_notes(programme: Programme) -> list[Organiser]:
    """Everyone who owns or plans the programme."""
    return list(
        db.session.scalars(
            sa.select(Organiser)
            .join(OrganiserRole, OrganiserRole.organiser_id == Organiser.id)
            .where(OrganiserRole.programme_id == programme.id, OrganiserRole.role.in_([Role.OWNER, Role.PLANNER]))
            .order_by(Organiser.id)
        )
    )
