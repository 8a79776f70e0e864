"""What one person is asked: the dates of the events they are to come to, their answers, and their partner's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from scheduler.clock import now
from scheduler.collect.audience import Party, events_for, pairs_of
from scheduler.extensions import db
from scheduler.models import (
    Answer,
    AudienceName,
    Availability,
    Event,
    EventFacilitator,
    Facilitator,
    Pair,
    Person,
    Session,
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """As what somebody is asked: in a pair, alone (``pair`` None), or to lead sets."""

    pair: Pair | None = None
    leads_sets: bool = False


@dataclass(frozen=True, slots=True)
class PartnerAnswer:
    """What the other person of a pair says to a date; None is not answered."""

    partner: Person
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class AskedDate:
    """One date as one person is asked about it. ``new``: offered after they last answered dates of this event;
    ``also_alone``: they are asked besides as somebody without a partner, to lead sets or as a pair of one."""

    session: Session
    answer: Answer | None
    partners: tuple[PartnerAnswer, ...] = ()
    new: bool = False
    also_alone: bool = False

    @property
    def counts(self) -> bool:
        """Whether it stands in the person's counter: a partner's no takes it out until the partner changes."""
        return self.also_alone or any(said.answer is not Answer.NO for said in self.partners)

    @property
    def is_left(self) -> bool:
        """Whether it still waits for this person."""
        return self.answer is None and self.counts


@dataclass(frozen=True, slots=True)
class AskedEvent:
    """The dates of one event that a person is asked about, and in which capacities."""

    event: Event
    capacities: tuple[Capacity, ...]
    dates: tuple[AskedDate, ...]
    withdrawn: tuple[Session, ...] = ()  # answered once, and no longer offered
    last_answered: datetime | None = None


@dataclass(frozen=True)
class Questions:
    """Everything one person is asked. ``open`` events take answers now; ``closed`` ones did, and their dates lie
    ahead. A date stands once, however many capacities it is asked in."""

    person: Person
    pairs: tuple[Pair, ...]
    open: tuple[AskedEvent, ...]
    closed: tuple[AskedEvent, ...]

    @cached_property
    def dates(self) -> tuple[AskedDate, ...]:
        """Every date that takes an answer now, by event."""
        return tuple(asked for event in self.open for asked in event.dates)

    @cached_property
    def by_session(self) -> Mapping[int, AskedDate]:
        """The dates that take an answer now, by their session's id."""
        return {asked.session.id: asked for asked in self.dates}

    @property
    def total(self) -> int:
        """How many dates the counter counts."""
        return sum(asked.counts for asked in self.dates)

    @property
    def answered(self) -> int:
        """How many of them are answered."""
        return sum(asked.counts and asked.answer is not None for asked in self.dates)

    @property
    def left(self) -> int:
        """How many still wait for this person."""
        return self.total - self.answered

    @property
    def closes_at(self) -> datetime | None:
        """The first closing date of what is open."""
        return min((asked.event.closes_at for asked in self.open if asked.event.closes_at), default=None)

    @property
    def partners(self) -> tuple[Person, ...]:
        """Whose answers are shown beside this person's."""
        return tuple(dict.fromkeys(said.partner for asked in self.dates for said in asked.partners))


def asked_of(person: Person, *, at: datetime | None = None, also_closed: bool = False) -> Questions:
    """Read what a person is asked, with a number of queries that does not grow with the dates.

    ``also_closed`` counts what has closed among what is open: organisers may enter what they hear after that too.
    """
    moment = at or now()
    events = _events_with_sessions(person)
    capacities: dict[Event, list[tuple[Capacity, Party | None]]] = {}
    for event, party in events_for(person, events):
        capacities.setdefault(event, []).append((Capacity(party.pair), party))
    for event in events:
        if any(led.facilitator.person_id == person.id for led in event.facilitators):
            capacities.setdefault(event, []).append((Capacity(leads_sets=True), None))
    parties = [party for found in capacities.values() for _, party in found if party is not None]
    people = {person.id} | {other.id for party in parties for other in party.people}
    answers = _answers_of(people)

    def asked(event: Event) -> AskedEvent:
        found = capacities[event]
        partners = [other for _, party in found if party for other in party.people if other.id != person.id]
        alone = any(party is None or len(party.people) == 1 for _, party in found)
        own = {s.id: answers[person.id, s.id] for s in event.sessions if (person.id, s.id) in answers}
        last = max((answered_at for _, answered_at in own.values()), default=None)
        living = [session for session in event.sessions if session.withdrawn_at is None and session.ends_at > moment]
        return AskedEvent(
            event,
            tuple(capacity for capacity, _ in found),
            tuple(
                AskedDate(
                    session,
                    own[session.id][0] if session.id in own else None,
                    tuple(PartnerAnswer(p, _answer(answers, p, session)) for p in dict.fromkeys(partners)),
                    new=last is not None and session.id not in own and session.added_at > last,
                    also_alone=alone,
                )
                for session in living
            ),
            tuple(s for s in event.sessions if s.withdrawn_at is not None and s.id in own and s.ends_at > moment),
            last,
        )

    everything = [asked(event) for event in events if event in capacities]
    return Questions(
        person,
        tuple(pair for pair in pairs_of(person) if pair.left_on is None),
        tuple(
            found
            for found in everything
            if (also_closed or found.event.is_open(moment)) and (found.dates or found.withdrawn)
        ),
        tuple(found for found in everything if not also_closed and has_closed(found.event, moment) and found.dates),
    )


def has_closed(event: Event, at: datetime | None = None) -> bool:
    """Whether an event took answers once and takes no more."""
    return event.opened_at is not None and event.closes_at is not None and event.closes_at <= (at or now())


def week_of(session: Session) -> date:
    """The Monday of the week in which a session starts, on its venue's calendar."""
    day = session.local_start.date()
    return day - timedelta(days=day.weekday())


def touches(session: Session, first: date, last: date) -> bool:
    """Whether a session takes place on one of the days from ``first`` to ``last``, on its venue's calendar."""
    # An end at midnight belongs to the day before.
    end = (session.local_end - timedelta(microseconds=1)).date()
    return session.local_start.date() <= last and end >= first


def _events_with_sessions(person: Person) -> list[Event]:
    return list(
        db.session.scalars(
            sa.select(Event)
            .where(Event.programme_id == person.programme_id, Event.opened_at.is_not(None))
            .options(
                selectinload(Event.sessions).joinedload(Session.venue),
                selectinload(Event.audience_names).options(
                    joinedload(AudienceName.person),
                    joinedload(AudienceName.pair).options(
                        joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager)
                    ),
                ),
                selectinload(Event.facilitators)
                .joinedload(EventFacilitator.facilitator)
                .load_only(Facilitator.person_id),
            )
            .order_by(Event.position, Event.id)
            .execution_options(populate_existing=True)
        )
    )


def _answers_of(people: Iterable[int]) -> dict[tuple[int, int], tuple[Answer, datetime]]:
    rows = db.session.execute(
        sa.select(Availability.person_id, Availability.session_id, Availability.answer, Availability.answered_at).where(
            Availability.person_id.in_(sorted(people))
        )
    )
    return {(person_id, session_id): (answer, answered_at) for person_id, session_id, answer, answered_at in rows}


def _answer(
    answers: Mapping[tuple[int, int], tuple[Answer, datetime]], person: Person, session: Session
) -> Answer | None:
    found = answers.get((person.id, session.id))
    return found[0] if found else None


def weeks(dates: Iterable[AskedDate]) -> Iterator[tuple[date, list[AskedDate]]]:
    """Dates in order of time, by the week they start in."""
    found: dict[date, list[AskedDate]] = {}
    for asked in sorted(dates, key=lambda asked: (asked.session.starts_at, asked.session.id)):
        found.setdefault(week_of(asked.session), []).append(asked)
    yield from found.items()
