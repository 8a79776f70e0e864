"""Asking people for their dates and reminding them: only those with dates left, nobody twice in three days."""

from __future__ import annotations

from collections.abc import Collection as Group
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now, today
from scheduler.collect.audience import Party
from scheduler.collect.closing import open_events
from scheduler.collect.links import page_url
from scheduler.collect.notes import subject
from scheduler.collect.post import compose, queue_letter
from scheduler.collect.progress import Collection, collections_of, people_in
from scheduler.extensions import db
from scheduler.models import Event, Organiser, Person, Programme, Reminder, record
from scheduler.text import clean_text
from scheduler.transaction import transaction

LEFT_ALONE_FOR = timedelta(days=3)
PRESSED_TWICE = timedelta(minutes=10)
WRITTEN = ("ask", "reminder", "nudge", "decide")
ASK, REMINDER = "ask", "reminder"
ITS_OWN_LINK = "(their own link)"
NEXT_TO_ANSWER = "#next"
"""Where a page that has some answers shows the first date that has none."""


@dataclass(frozen=True)
class Asked:
    """One person and what waits for them: dates left by event, when they were last written to, until when."""

    person: Person
    events: tuple[tuple[Event, int], ...]
    partners: tuple[Person, ...] = ()
    last_written: datetime | None = None

    @property
    def left(self) -> int:
        """How many dates they still have to answer."""
        return sum(left for _, left in self.events)

    @property
    def closes_at(self) -> datetime | None:
        """The first closing date of what is left."""
        return min((event.closes_at for event, _ in self.events if event.closes_at), default=None)

    def left_alone(self, at: datetime | None = None) -> bool:
        """Whether they were written to within three days."""
        return left_alone(self.last_written, at)


@dataclass(frozen=True)
class Draft:
    """A letter as it would be sent; the link stands for the person's own, which nobody else is shown."""

    to: Person
    subject: str
    text: str


def missing(programme: Programme, collections: Sequence[Collection] | None = None) -> list[Asked]:
    """Everyone who has dates left in an event that is open, most first, in a fixed number of queries."""
    collections = collections_of(programme) if collections is None else collections
    taking = [collection for collection in collections if collection.event.is_open()]
    return _with_dates_left(programme, taking)


def ask(events: Sequence[Event], closes_at: datetime, *, by: Organiser, opening: str = "") -> int:
    """Open events until a closing date and write to everyone who has dates to answer in them; says to how many.

    Raises ClosingDateRefused or NothingToAsk, and then nothing is opened and nobody written to.
    """
    programme: Programme = events[0].programme
    with transaction() as tx:
        one_at_a_time(programme)
        open_events(events, closes_at, by=by)
        tx.flush()
        chosen = {event.id for event in events}
        collections = [found for found in collections_of(programme) if found.event.id in chosen]
        asked = _not_just_written_to(_with_dates_left(programme, collections))
        for one in asked:
            _queue(ASK, one, opening)
        record("collection.asked", programme=programme, by=by, thing=titles_of(events), people=len(asked))
    return len(asked)


def asked_by(events: Sequence[Event], closes_at: datetime | None = None) -> list[Asked]:
    """Whom ``ask`` would write to if events were opened now, for its preview; changes nothing."""
    programme: Programme = events[0].programme
    chosen = {event.id for event in events}
    collections = [found for found in collections_of(programme, asked_only=False) if found.event.id in chosen]
    return _with_dates_left(programme, collections)


def remind(programme: Programme, people: Group[int], *, by: Organiser, opening: str = "") -> int:
    """Remind the chosen people who still have dates left; says how many.

    Who has answered since the page was shown, or was written to minutes ago by another press, is passed over.
    """
    with transaction():
        one_at_a_time(programme)
        chosen = [one for one in _not_just_written_to(missing(programme)) if one.person.id in people]
        for one in chosen:
            _queue(REMINDER, one, opening)
        if chosen:
            record("collection.reminded", programme=programme, by=by, people=len(chosen))
    return len(chosen)


def draft(kind: str, one: Asked, opening: str = "", closes_at: datetime | None = None) -> Draft:
    """The letter as a person would get it, for a preview."""
    written = _subject(kind, one, closes_at)
    words = compose(
        kind,
        to=one.person,
        programme=one.person.programme,
        subject=written,
        **_context(one, opening, closes_at),
        url=ITS_OWN_LINK,
    )
    return Draft(one.person, words.subject, words.text)


def _with_dates_left(programme: Programme, collections: Sequence[Collection]) -> list[Asked]:
    people = people_in(collections)
    written = last_written_to(programme)
    events: dict[int, list[tuple[Event, int]]] = {}
    partners: dict[int, list[Person]] = {}
    for collection in collections:
        for person_id, left in collection.left.items():
            events.setdefault(person_id, []).append((collection.event, left))
        for party in collection.parties:
            for person in party.people:
                partners.setdefault(person.id, []).extend(_others(party, person))
    asked = [
        Asked(
            people[person_id],
            tuple(found),
            tuple(dict.fromkeys(partners.get(person_id, ()))),
            written.get(person_id),
        )
        for person_id, found in events.items()
    ]
    return sorted(asked, key=lambda one: (-one.left, one.person.name, one.person.id))


def left_alone(last_written: datetime | None, at: datetime | None = None) -> bool:
    """Whether somebody who was last written to then is to be left alone for now."""
    return last_written is not None and last_written > (at or now()) - LEFT_ALONE_FOR


def _others(party: Party, person: Person) -> list[Person]:
    return [other for other in party.people if other.id != person.id]


def last_written_to(programme: Programme) -> dict[int, datetime]:
    """By person, when they were last asked for something."""
    rows = db.session.execute(
        sa.select(Reminder.person_id, sa.func.max(Reminder.sent_at))
        .where(Reminder.programme_id == programme.id, Reminder.kind.in_(WRITTEN))
        .group_by(Reminder.person_id)
    )
    return dict(rows.all())


def _not_just_written_to(asked: Sequence[Asked]) -> list[Asked]:
    since = now() - PRESSED_TWICE
    return [one for one in asked if one.last_written is None or one.last_written < since]


def _queue(kind: str, one: Asked, opening: str) -> None:
    programme: Programme = one.person.programme
    queue_letter(
        kind,
        to=one.person,
        subject=_subject(kind, one),
        programme=programme,
        about=titles_of([event for event, _ in one.events]),
        **_context(one, opening),
        url=page_url(one.person) + (NEXT_TO_ANSWER if kind == REMINDER else ""),
    )
    db.session.add(Reminder(programme_id=programme.id, person_id=one.person.id, kind=kind))


def _subject(kind: str, one: Asked, closes_at: datetime | None = None) -> str:
    programme: Programme = one.person.programme
    at = closes_at or one.closes_at
    dates = formatting.count(one.left, "date")
    if kind == ASK:
        until = f" by {formatting.short_day(at, programme.time_zone)}" if at else ""
        return subject(f"{dates} to answer{until}", programme)
    return subject(f"{dates} left{_closes_soon(programme, at)}", programme)


def _closes_soon(programme: Programme, at: datetime | None) -> str:
    if at is None:
        return ""
    day = formatting.day(at, programme.time_zone, year=False)
    in_days = (at.date() - today(programme.time_zone)).days
    return (
        f", closes {day.split()[0]}"
        if 0 <= in_days < 7
        else f", closes {formatting.short_day(at, programme.time_zone)}"
    )


def _context(one: Asked, opening: str, closes_at: datetime | None = None) -> dict[str, Any]:
    programme: Programme = one.person.programme
    at, zone = closes_at or one.closes_at, programme.time_zone
    return {
        "opening": clean_text(opening),
        "left": one.left,
        "events": one.events,
        "partners": [partner.name for partner in one.partners],
        "closes": f"{formatting.day_and_time(at, zone)} ({formatting.zone_name(zone)})" if at else "",
    }


def titles_of(events: Sequence[Event]) -> str:
    """The titles of a few events, or how many there are."""
    titles = [event.title for event in events]
    return formatting.listed(titles) if len(titles) <= 2 else formatting.count(len(titles), "event")


def one_at_a_time(programme: Programme) -> None:
    """Hold the programme's row, so that two organisers who press at once do not both write to everyone."""
    row = sa.update(Programme).where(Programme.id == programme.id).execution_options(synchronize_session=False)
    db.session.execute(row.values(name=Programme.name))
