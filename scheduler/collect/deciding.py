"""Asking people to decide whose best answer is "if need be": who they are, what a Yes would do, and the letter."""

from __future__ import annotations

from collections.abc import Collection as Group
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.audience import Party
from scheduler.collect.links import page_url
from scheduler.collect.notes import date_words, subject
from scheduler.collect.post import compose, queue_letter
from scheduler.collect.progress import Cell, Collection, DateProgress, PartyProgress, collections_of
from scheduler.collect.reminders import (
    ITS_OWN_LINK,
    PRESSED_TWICE,
    Draft,
    last_written_to,
    left_alone,
    one_at_a_time,
    titles_of,
)
from scheduler.collect.verdicts import Standing, noun_of, verdict_of
from scheduler.models import Answer, Event, Organiser, Person, Programme, Reminder, Session, record
from scheduler.text import clean_text
from scheduler.transaction import transaction

DECIDE = "decide"
MOST_LACKING = 3
"""With how many parties short of a date a Yes is still worth a word."""


@dataclass(frozen=True)
class Bend:
    """One date to which a party says "if need be". ``lacks`` is how many parties more with a Yes it needs to run
    without anybody who bends, where this party would be one of them; 0 where a Yes of theirs does not help, or where
    they are too many to promise anything."""

    event: Event
    session: Session
    lacks: int = 0
    noun: str = "pair"

    @property
    def reason(self) -> str:
        """ "one pair more and 21 January runs"; "" where none can be computed."""
        if not self.lacks:
            return ""
        day = formatting.short_day(self.session.starts_at, self.session.time_zone)
        if self.lacks == 1:
            return f"one {self.noun} more and {day} runs"
        return f"{formatting.count(self.lacks, self.noun)} more with a Yes and {day} runs"


@dataclass(frozen=True)
class Undecided:
    """One person who says "if need be" for a party that says Yes to no date of an event."""

    person: Person
    parties: tuple[Party, ...]
    dates: tuple[Bend, ...]
    last_written: datetime | None = None

    @property
    def events(self) -> list[Event]:
        """The events they are undecided about."""
        return list(dict.fromkeys(bend.event for bend in self.dates))

    @property
    def reasons(self) -> list[str]:
        """What a Yes would do, the nearest first; empty where nothing can be computed."""
        return [bend.reason for bend in sorted(self.dates, key=lambda bend: bend.lacks) if bend.reason]

    def left_alone(self, at: datetime | None = None) -> bool:
        """Whether they were written to within three days."""
        return left_alone(self.last_written, at)


def undecided(programme: Programme, collections: Sequence[Collection] | None = None) -> list[Undecided]:
    """Whom to ask to decide, in the events that are open: those whose Yes would do most first."""
    collections = collections_of(programme) if collections is None else collections
    written = last_written_to(programme)
    found: dict[int, Undecided] = {}
    for collection in collections:
        if not collection.event.is_open():
            continue
        bends = _Bends(collection)
        for progress in collection.by_party:
            if progress.if_need_be_only:
                for person, dates in bends.of(progress):
                    one = found.get(person.id) or Undecided(person, (), (), written.get(person.id))
                    parties = tuple(dict.fromkeys((*one.parties, progress.party)))
                    found[person.id] = replace(one, parties=parties, dates=(*one.dates, *dates))
    return sorted(found.values(), key=lambda one: (_nearest(one), one.person.name, one.person.id))


def ask_to_decide(programme: Programme, people: Group[int], *, by: Organiser, opening: str = "") -> int:
    """Write to the chosen people who are still undecided; says to how many.

    Who has decided since the page was shown, or was written to minutes ago by another press, is passed over.
    """
    since = now() - PRESSED_TWICE
    with transaction() as tx:
        one_at_a_time(programme)
        chosen = [one for one in undecided(programme) if one.person.id in people]
        chosen = [one for one in chosen if one.last_written is None or one.last_written < since]
        for one in chosen:
            queue_letter(
                DECIDE,
                to=one.person,
                subject=_subject(one),
                programme=programme,
                about=titles_of(one.events),
                **_context(one, opening),
                url=page_url(one.person),
            )
            tx.add(Reminder(programme_id=programme.id, person_id=one.person.id, kind=DECIDE))
        if chosen:
            record("collection.asked-to-decide", programme=programme, by=by, people=len(chosen))
    return len(chosen)


def draft(one: Undecided, opening: str = "") -> Draft:
    """The letter as a person would get it, for a preview."""
    written = _subject(one)
    programme: Programme = one.person.programme
    context = _context(one, opening)
    words = compose(DECIDE, to=one.person, programme=programme, subject=written, **context, url=ITS_OWN_LINK)
    return Draft(one.person, words.subject, words.text)


class _Bends:
    """The "if need be" dates of the parties of one event, each with what a Yes to it would do."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.noun = noun_of(collection.parties)[0]
        # As if "if need be" were a no: what could run without anybody bending.
        self.firm = [
            DateProgress(date.session, tuple((p, Cell.NO if c is Cell.IF_NEED_BE else c) for p, c in date.cells))
            for date in collection.by_date
        ]
        self.lacking: dict[tuple[int, tuple[str, ...]], int] = {}

    def of(self, progress: PartyProgress) -> Iterator[tuple[Person, list[Bend]]]:
        """Each person of a party who bends, with the dates they bend for."""
        event, answers = self.collection.event, self.collection.answers
        for person in progress.party.people:
            bends = [
                Bend(event, date.session, self._lacks(at, progress.party), self.noun)
                for at, (date, cell) in enumerate(zip(self.firm, progress.cells, strict=True))
                if cell is Cell.IF_NEED_BE and answers.get((person.id, date.session.id)) is Answer.IF_NEED_BE
            ]
            if bends:
                yield person, bends

    def _lacks(self, at: int, party: Party) -> int:
        """How many parties a date is short of without anybody who bends, if this party's Yes is one of them."""
        kind = _kind_of(party)
        if (at, kind) not in self.lacking:  # parties that no rule can tell apart make the same difference
            self.lacking[at, kind] = self._reckon(self.firm[at], party)
        return self.lacking[at, kind]

    def _reckon(self, date: DateProgress, party: Party) -> int:
        short = verdict_of(self.collection, date)
        if short.standing is not Standing.LACKS or not 0 < short.needs <= MOST_LACKING:
            return 0
        cells = tuple((other, Cell.YES if other.key == party.key else cell) for other, cell in date.cells)
        then = verdict_of(self.collection, DateProgress(date.session, cells))
        helps = then.standing in (Standing.RUNS, Standing.MAY_RUN) or (
            then.standing is Standing.LACKS and 0 < then.needs < short.needs
        )
        return short.needs if helps else 0


def _kind_of(party: Party) -> tuple[str, ...]:
    if party.trust is None:
        return (str(len(party.people)),)
    trust = party.trust
    return str(len(party.people)), trust.region, trust.trust_type.value, trust.research_activity.value


def _nearest(one: Undecided) -> int:
    return min((bend.lacks for bend in one.dates if bend.lacks), default=MOST_LACKING + 1)


def _subject(one: Undecided) -> str:
    programme: Programme = one.person.programme
    if one.reasons:
        return subject(one.reasons[0][0].upper() + one.reasons[0][1:], programme)
    return subject(f"If need be on {formatting.count(len(one.dates), 'date')}: can you decide?", programme)


def _context(one: Undecided, opening: str) -> dict[str, Any]:
    programme: Programme = one.person.programme
    closes = min((event.closes_at for event in one.events if event.closes_at), default=None)
    zone = programme.time_zone
    return {
        "opening": clean_text(opening),
        "dates": [(bend.event.title, date_words(bend.session), bend.reason) for bend in one.dates],
        "closes": f"{formatting.day_and_time(closes, zone)} ({formatting.zone_name(zone)})" if closes else "",
    }
