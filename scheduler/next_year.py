"""Last year's programme once more: its events, rules, venues and wording in later weeks, without people or answers.

Dates keep their weekday and the time on the clock. Facilitators, and Trusts with their pairs, come along on request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from scheduler.clock import now, today
from scheduler.collect.copying import later
from scheduler.extensions import Model, db
from scheduler.models import (
    Apart,
    Cohort,
    Event,
    EventKind,
    Facilitator,
    Organiser,
    OwnWording,
    Pair,
    PairRole,
    Person,
    Programme,
    RoleHeld,
    Round,
    Session,
    SessionUse,
    SharedResource,
    Theme,
    Venue,
    record,
)
from scheduler.programmes import add_programme
from scheduler.public_holidays import holiday_on
from scheduler.transaction import transaction
from scheduler.wall_times import WallTimeRefused

Row = TypeVar("Row", bound=Model)
# What a copy does not take over: what it is told by itself, and what has happened to the original.
LEFT_BEHIND = frozenset(
    {
        *("id", "version", "added_at", "withdrawn_at", "opened_at", "closes_at", "changed_at"),
        *("left_on", "intention", "themes", "sponsor_confirmed_on"),
    }
)
DAYS_OF_A_YEAR = 365.2425


@dataclass(frozen=True, slots=True)
class Carried:
    """What comes along on request: those who lead sets; Trusts with their pairs, as joiners of a first cohort."""

    facilitators: bool = False
    trusts: bool = False


@dataclass(frozen=True, slots=True)
class MovedDate:
    """A date and where it goes: ``fault`` says why its clock does not allow that, ``holiday`` what day it would be."""

    session: Session
    start: datetime | None
    end: datetime | None
    holiday: str = ""
    fault: str = ""


def weeks_to_next_year(programme: Programme, at: date | None = None) -> int:
    """By how many weeks its dates move so that the first lies ahead, on the same weekday near the same date."""
    first = min((session.local_start.date() for session in _offered(programme)), default=None)
    if first is None:
        return 52
    day = at or today(programme.time_zone)
    years = 1
    while first + timedelta(weeks=_weeks(years)) <= day:
        years += 1
    return _weeks(years)


def moved_dates(programme: Programme, weeks: int) -> list[MovedDate]:
    """Every date that is offered, with where it goes, in order."""
    found = []
    for session in _offered(programme):
        try:
            details = later(session, weeks)
        except WallTimeRefused as refused:
            found.append(MovedDate(session, None, None, fault=str(refused)))
            continue
        day = (session.local_start + timedelta(weeks=weeks)).date()
        found.append(MovedDate(session, details.start, details.end, holiday=holiday_on(day) or ""))
    return found


def copy_programme(
    source: Programme, slug: str, name: str, *, short_name: str, weeks: int, carried: Carried, by: Organiser
) -> Programme:
    """Make a programme like another, its dates ``weeks`` later; nobody is asked yet, and ``by`` owns it.

    Raises programmes.SlugTaken, or WallTimeRefused where a clock does not show a time on the later day (see
    ``moved_dates``), and then nothing is made.
    """
    with transaction() as tx:
        made = add_programme(slug, name, short_name=short_name, by=by)
        for column in ("purpose", "contact_name", "contact_email", "contact_phone", "time_zone", "gap_minutes"):
            setattr(made, column, getattr(source, column))
        made.weights = dict(source.weights)
        shift = timedelta(weeks=weeks)
        made.hear_by, made.ends_on = (day + shift if day else None for day in (source.hear_by, source.ends_on))
        with tx.no_autoflush:
            _Copy(source, made, weeks, carried).run()
        tx.flush()
        record("programme.copied", programme=made, by=by, thing=name, source=source.name)
    return made


class _Copy:
    """One programme while it is being copied into another; maps hold what each row became."""

    def __init__(self, source: Programme, made: Programme, weeks: int, carried: Carried) -> None:
        self.source, self.made, self.weeks, self.carried = source, made, weeks, carried
        self.people: dict[int, Person] = {}
        self.pairs: dict[int, Pair] = {}
        self.facilitators: dict[int, Facilitator] = {}
        self.resources: dict[int, SharedResource] = {}

    def run(self) -> None:
        self.venues = {row.id: self.like(row) for row in self.rows(Venue)}
        for wording in self.rows(OwnWording):
            self.like(wording)
        for theme in self.rows(Theme):
            self.like(theme)
        if self.carried.facilitators:
            for facilitator in self.rows(Facilitator):
                if facilitator.person.left_on is None:
                    self.facilitators[facilitator.id] = self.like(facilitator, person=self.person(facilitator.person))
        if self.carried.trusts:
            self.copy_pairs()
        self.copy_events()

    def rows(self, kind: type[Row]) -> list[Row]:
        """The rows of the source, in the order in which they were made."""
        return list(db.session.scalars(sa.select(kind).filter_by(programme_id=self.source.id).order_by(sa.text("id"))))

    def like(self, row: Row, **given: Any) -> Row:
        """A row of the new programme with the values of another; what it refers to is ``given``."""
        columns = {attribute.key: attribute.columns[0] for attribute in sa.inspect(type(row)).column_attrs}
        values = {
            key: getattr(row, key)
            for key, column in columns.items()
            if key not in LEFT_BEHIND and not getattr(column, "foreign_keys", None)
        }
        if "programme_id" in columns:
            given["programme_id"] = self.made.id
        copy = type(row)(**(values | given))
        db.session.add(copy)
        return copy

    def person(self, person: Person) -> Person:
        """A person's copy, once however many roles they have: how to reach them, and nothing else known of them."""
        if person.id not in self.people:
            reached = {key: getattr(person, key) for key in ("name", "email", "phone", "standing", "affiliation")}
            self.people[person.id] = Person(programme_id=self.made.id, **reached)
            db.session.add(self.people[person.id])
        return self.people[person.id]

    def copy_pairs(self) -> None:
        """Trusts and living pairs, as joiners of a first cohort."""
        cohort = Cohort(programme_id=self.made.id, name="Cohort 1")
        db.session.add(cohort)
        held = selectinload(Pair.director), selectinload(Pair.manager), selectinload(Pair.sponsor)
        pairs = db.session.scalars(
            sa.select(Pair)
            .where(Pair.programme_id == self.source.id, Pair.left_on.is_(None))
            .options(selectinload(Pair.trust), *held)
            .order_by(Pair.id)
        )
        for pair in pairs:
            roles = {
                role: self.person(person) if person and person.left_on is None else None
                for role, person in (("director", pair.director), ("manager", pair.manager), ("sponsor", pair.sponsor))
            }
            copy = self.like(pair, trust=self.like(pair.trust), cohort=cohort, **roles)
            for role in PairRole:
                if (person := roles[role.value]) is not None:
                    since = today(self.made.time_zone)
                    copy.roles_held.append(RoleHeld(programme_id=self.made.id, person=person, role=role, since=since))
            self.pairs[pair.id] = copy
        db.session.flush()
        for apart in self.rows(Apart):
            if {apart.one_id, apart.other_id} <= self.pairs.keys():
                one, other = self.pairs[apart.one_id], self.pairs[apart.other_id]
                self.like(apart, one_id=one.id, other_id=other.id)

    def copy_events(self) -> None:
        events = {event: self.copy_event(event) for event in _events_of(self.source)}
        for event, copy in events.items():
            copy.after = [events[earlier] for earlier in event.after]

    def copy_event(self, event: Event) -> Event:
        """An event with its rules and dates. Names and cohorts of the source are not in the new programme."""
        copy = self.like(event)
        copy.audience = {key: value for key, value in event.audience.items() if key != "cohorts"}
        copy.mix = [self.like(rule) for rule in event.mix]
        copy.facilitators = [
            self.like(each, facilitator=self.facilitators[each.facilitator_id])
            for each in event.facilitators
            if each.facilitator_id in self.facilitators
        ]
        rounds: dict[int, Round] = {}
        for round_ in event.rounds:
            rounds[round_.id] = self.like(round_, event=copy)
        for session in event.sessions:
            if session.withdrawn_at is None:
                self.copy_session(session, copy, rounds.get(session.round_id or 0))
        return copy

    def copy_session(self, session: Session, event: Event, round_: Round | None) -> None:
        details = later(session, self.weeks)
        copy = self.like(
            session,
            event=event,
            round=round_,
            venue=self.venues.get(session.venue_id or 0),
            starts_at=details.start,
            ends_at=details.end,
            added_at=now(),
        )
        for use in session.uses:
            if use.resource_id not in self.resources:
                self.resources[use.resource_id] = self.like(use.resource)
            copy.uses.append(SessionUse(resource=self.resources[use.resource_id], amount=use.amount))


def _weeks(years: int) -> int:
    return round(years * DAYS_OF_A_YEAR / 7)


def named_audiences(programme: Programme) -> list[Event]:
    """The events that are for named people, or for named cohorts: their copies do not know those names."""
    return [
        event
        for event in _events_of(programme)
        if event.audience_names or event.audience.get("who") == "named" or "cohorts" in event.audience
    ]


def _events_of(programme: Programme) -> list[Event]:
    """The events that come along: not interviews, which were of last year's sample."""
    return list(
        db.session.scalars(
            sa.select(Event)
            .where(Event.programme_id == programme.id, Event.kind != EventKind.INTERVIEWS)
            .options(
                selectinload(Event.sessions).selectinload(Session.uses).selectinload(SessionUse.resource),
                selectinload(Event.audience_names),
                selectinload(Event.rounds),
                selectinload(Event.mix),
                selectinload(Event.after),
                selectinload(Event.facilitators),
            )
            .order_by(Event.position, Event.id)
        )
    )


def _offered(programme: Programme) -> list[Session]:
    """Every date of the programme that is offered, by event and time."""
    return [session for event in _events_of(programme) for session in event.sessions if session.withdrawn_at is None]
