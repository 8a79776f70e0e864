"""What an organiser should know before a plan is made: sentences, each with where to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from scheduler.clock import now
from scheduler.collect.audience import Party, living_pairs, parties_of
from scheduler.extensions import db
from scheduler.formatting import count, day_and_time, number
from scheduler.models import Availability, Event, Programme, Session


@dataclass(frozen=True)
class Check:
    """One sentence; ``endpoint`` and ``values`` lead to where it can be mended, "" where nowhere."""

    text: str
    action: str = ""
    endpoint: str = ""
    values: dict[str, object] = field(default_factory=dict)


def before_you_start(programme: Programme, events: Sequence[Event]) -> list[Check]:
    """What stands in the way of a good plan of these events, most important first; none where all is well."""
    pairs = living_pairs(programme)
    audiences = {event.id: parties_of(event, pairs) for event in events}
    return [
        *_not_answered(programme, events, audiences),
        *_still_open(events),
        *_too_few_seats(events, audiences),
        *_nobody_leads(events),
    ]


def _not_answered(programme: Programme, events: Sequence[Event], audiences: dict[int, list[Party]]) -> Iterator[Check]:
    given = {
        (person, session)
        for person, session in db.session.execute(
            db.select(Availability.person_id, Availability.session_id).where(Availability.programme_id == programme.id)
        )
    }
    lacking = {
        party.key: party
        for event in events
        for session in _ahead(event)
        for party in audiences[event.id]
        if any((person.id, session.id) not in given for person in party.people)
    }
    if lacking:
        have = "has" if len(lacking) == 1 else "have"
        noun = "pair" if all(party.pair and not party.alone for party in lacking.values()) else "participant"
        text = f"{count(len(lacking), noun)} {have} not answered fully: what is missing counts as no."
        yield Check(text, "See who", "collect.missing_people")


def _still_open(events: Sequence[Event]) -> Iterator[Check]:
    by_closing: dict[datetime, list[Event]] = {}
    for event in events:
        if event.is_open() and event.closes_at is not None:
            by_closing.setdefault(event.closes_at, []).append(event)
    for closes_at, still_open in sorted(by_closing.items()):
        until = day_and_time(closes_at, still_open[0].programme.time_zone)
        one = len(still_open) == 1
        which = still_open[0].title if one else count(len(still_open), "event")
        text = f"{which} {'is' if one else 'are'} open for answers until {until}. Later answers are not in this plan."
        yield Check(text)


def _too_few_seats(events: Sequence[Event], audiences: dict[int, list[Party]]) -> Iterator[Check]:
    for event in events:
        seats = [session.max_seats for session in _ahead(event)]
        if event.has_sets or None in seats:
            continue
        there = sum(sorted((s for s in seats if s is not None), reverse=True)[: event.open_max])
        needed = sum(len(party.people) for party in audiences[event.id])
        if there < needed:
            text = f"{event.title} has {number(there)} seats for {count(needed, 'person', 'people')}."
            yield Check(text, "Change its dates", "events.event", {"event_id": event.id})


def _nobody_leads(events: Sequence[Event]) -> Iterator[Check]:
    for event in events:
        if event.has_sets and not event.facilitators:
            text = f"{event.title} has no facilitator: its sets meet without one."
            yield Check(text, "See the event", "events.event", {"event_id": event.id})


def _ahead(event: Event) -> list[Session]:
    at = now()
    return [session for session in event.sessions if session.withdrawn_at is None and session.starts_at > at]
