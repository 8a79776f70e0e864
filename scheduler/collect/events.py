"""Events and their dates as an organiser sets them up: added, changed, withdrawn, with what that does to answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from string import ascii_lowercase

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import (
    AuditEntry,
    Availability,
    Event,
    EventKind,
    MixRule,
    Organiser,
    Programme,
    Round,
    Session,
    Venue,
    record,
)
from scheduler.transaction import rows_changed, transaction

KEY_LETTERS = {
    EventKind.NATIONAL: "N",
    EventKind.REGIONAL: "R",
    EventKind.WORKSHOP: "W",
    EventKind.CONFERENCE: "C",
    EventKind.SETS: "ALS",
    EventKind.INTERVIEWS: "I",
}


class SavedMeanwhile(Exception):
    """Someone else changed the row since the form was read."""


@dataclass(frozen=True)
class EventDetails:
    """What an organiser says of an event. ``max_share`` is a decimal as written; sizes and counts are of sets alone."""

    title: str
    kind: EventKind
    purpose: str = ""
    regions: tuple[str, ...] = ()
    open_min: int = 0
    open_max: int | None = None
    encounters: bool = True
    max_share: str | None = None
    min_distinct: int | None = None
    size_min: int | None = None
    size_max: int | None = None


@dataclass(frozen=True)
class SessionDetails:
    """What an organiser says of a date: aware times, and the zone whose clock they were read from."""

    start: datetime
    end: datetime
    time_zone: str
    venue: Venue | None = None
    min_seats: int = 0
    max_seats: int | None = None
    open_cost: int = 0
    max_sets: int | None = None

    @classmethod
    def of(cls, session: Session) -> SessionDetails:
        """What stands of a date."""
        return cls(
            start=session.starts_at,
            end=session.ends_at,
            time_zone=session.time_zone,
            venue=session.venue,
            min_seats=session.min_seats,
            max_seats=session.max_seats,
            open_cost=session.open_cost,
            max_sets=session.max_sets,
        )


@dataclass(frozen=True)
class VenueDetails:
    """What an organiser says of a venue; with ``joining_url`` it is online."""

    name: str
    address: str = ""
    town: str = ""
    postcode: str = ""
    joining_url: str = ""


def add_event(programme: Programme, details: EventDetails, *, by: Organiser) -> Event:
    """Add an event without dates."""
    with transaction() as tx:
        event = new_event(programme, details.kind)
        _write(event, details)
        tx.add(event)
        tx.flush()
        record("event.added", programme=programme, by=by, thing=event.title)
    return event


def new_event(programme: Programme, kind: EventKind) -> Event:
    """The last event of a programme, with a key of its own and nothing else yet; in the caller's transaction."""
    one_at_a_time(programme)
    last = db.session.scalar(sa.select(sa.func.max(Event.position)).where(Event.programme_id == programme.id))
    return Event(
        programme_id=programme.id,
        key=_new_key(programme, kind),
        position=0 if last is None else last + 1,
        kind=kind,
    )


def change_event(event: Event, details: EventDetails, *, version: int, by: Organiser) -> None:
    """Change what an event is. Raises SavedMeanwhile where ``version`` is not the row's own any more."""
    with saving(event, version):
        _write(event, details)
        db.session.flush()
        record("event.changed", programme=event.programme, by=by, thing=event.title)


def add_session(event: Event, details: SessionDetails, *, by: Organiser, round_number: int | None = None) -> Session:
    """Add a date; of action learning sets, to a round, which is made where it is the first slot of it."""
    return add_sessions(event, [(details, round_number)], by=by)[0]


def add_sessions(event: Event, dates: Sequence[tuple[SessionDetails, int | None]], *, by: Organiser) -> list[Session]:
    """Add many dates in one deed; of action learning sets, each with the number of its round (None is the first)."""
    with transaction():
        one_at_a_time(event.programme)
        added = [new_session(event, details, number) for details, number in dates]
        if len(added) == 1:
            record("session.added", programme=event.programme, by=by, thing=event.title)
        else:
            record("sessions.added", programme=event.programme, by=by, thing=event.title, dates=len(added))
    return added


def new_session(event: Event, details: SessionDetails, round_number: int | None = None) -> Session:
    """A date in the caller's transaction, who holds the programme by ``one_at_a_time``; recorded by the caller."""
    db.session.expire(event, ["rounds"])
    round_ = _round(event, round_number or 1) if event.has_sets else None
    session = Session(
        programme_id=event.programme_id,
        event=event,
        round=round_,
        key=_new_session_key(event, round_),
        **_columns(event, details),
    )
    db.session.add(session)
    db.session.flush()
    return session


def change_session(session: Session, details: SessionDetails, *, version: int, by: Organiser) -> int:
    """Change a date; returns how many answers were taken out because its time is another one now.

    Other dates keep their answers. Raises SavedMeanwhile.
    """
    with saving(session, version):
        moved = (session.starts_at, session.ends_at) != (details.start, details.end)
        for name, value in _columns(session.event, details).items():
            setattr(session, name, value)
        asked_again = 0
        if moved:
            session.added_at = now()
            asked_again = rows_changed(sa.delete(Availability).where(Availability.session_id == session.id))
        db.session.flush()
        record("session.changed", programme=session.programme, by=by, thing=session.event.title, answers=asked_again)
    return asked_again


def withdraw_session(session: Session, *, by: Organiser) -> None:
    """Offer a date no longer. Its answers are kept; the next publication cancels published places in it."""
    with transaction():
        if session.withdrawn_at is None:
            session.withdrawn_at = now()
            record("session.withdrawn", programme=session.programme, by=by, thing=session.event.title)


def offer_again(session: Session, *, by: Organiser) -> None:
    """Offer a withdrawn date again: the undo of ``withdraw_session``."""
    with transaction():
        if session.withdrawn_at is not None:
            session.withdrawn_at = None
            record("session.offered-again", programme=session.programme, by=by, thing=session.event.title)


def add_venue(programme: Programme, details: VenueDetails, *, by: Organiser) -> Venue:
    """Add a place, or with a joining link a room online."""
    with transaction() as tx:
        venue = Venue(programme_id=programme.id, **asdict(details))
        tx.add(venue)
        tx.flush()
        record("venue.added", programme=programme, by=by, thing=venue.name)
    return venue


def venues_of(programme: Programme) -> list[Venue]:
    """The programme's venues, by name."""
    rows = sa.select(Venue).where(Venue.programme_id == programme.id).order_by(Venue.name, Venue.id)
    return list(db.session.scalars(rows))


def last_change(programme: Programme, title: str) -> AuditEntry | None:
    """Who changed an event of this title, or a date of it, last, and when."""
    return db.session.scalar(
        sa.select(AuditEntry)
        .where(
            AuditEntry.programme_id == programme.id,
            AuditEntry.what.in_(("event.changed", "session.changed", "collection.closing-date-changed")),
            AuditEntry.thing == title,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )


def answers_to(sessions: Sequence[Session]) -> dict[int, int]:
    """By session, how many people have answered it."""
    rows = db.session.execute(
        sa.select(Availability.session_id, sa.func.count())
        .where(Availability.session_id.in_([session.id for session in sessions]))
        .group_by(Availability.session_id)
    )
    return dict(rows.all())


def _write(event: Event, details: EventDetails) -> None:
    event.title, event.purpose = details.title, details.purpose
    audience = {key: value for key, value in (event.audience or {}).items() if key != "regions"}
    event.audience = {"who": "pairs"} | audience | ({"regions": list(details.regions)} if details.regions else {})
    # Sets have sizes, all other events a number of sessions that run: what was typed for the other kind says nothing.
    event.open_min, event.open_max = (0, None) if event.has_sets else (details.open_min, details.open_max)
    event.encounters = details.encounters
    event.size_min, event.size_max = (details.size_min, details.size_max) if event.has_sets else (None, None)
    region = next((rule for rule in event.mix if rule.attribute == "region"), None)
    if details.max_share is None and details.min_distinct is None:
        if region is not None:
            event.mix.remove(region)
        return
    if region is None:
        region = MixRule(programme_id=event.programme_id, attribute="region")
        event.mix.append(region)
    region.max_share_text, region.min_distinct = details.max_share, details.min_distinct


@contextmanager
def saving(row: Event | Session, version: int) -> Iterator[None]:
    """A transaction that changes a row as it was read. Raises SavedMeanwhile, for a save in the same moment too."""
    if row.version != version:
        raise SavedMeanwhile
    try:
        with transaction():
            yield
    except StaleDataError:
        raise SavedMeanwhile from None


def one_at_a_time(programme: Programme) -> None:
    """Hold the programme's row until the commit: what is added takes the first key that is free."""
    row = sa.update(Programme).where(Programme.id == programme.id).execution_options(synchronize_session=False)
    db.session.execute(row.values(name=Programme.name))


def _columns(event: Event, details: SessionDetails) -> dict[str, object]:
    """What a date of an event keeps: seats are counted where people are placed, sets where sets meet."""
    return {
        "starts_at": details.start,
        "ends_at": details.end,
        "time_zone": details.time_zone,
        "venue": details.venue,
        "min_seats": 0 if event.has_sets else details.min_seats,
        "max_seats": None if event.has_sets else details.max_seats,
        "open_cost": details.open_cost,
        "max_sets": details.max_sets if event.has_sets else None,
    }


def _new_key(programme: Programme, kind: EventKind) -> str:
    letters = KEY_LETTERS[kind]
    taken = set(db.session.scalars(sa.select(Event.key).where(Event.programme_id == programme.id)))
    return next(key for n in range(1, len(taken) + 2) if (key := f"{letters}{n}") not in taken)


def _round(event: Event, number: int) -> Round:
    found = next((round_ for round_ in event.rounds if round_.number == number), None)
    if found is None:
        found = Round(programme_id=event.programme_id, event=event, number=number, key=f"{event.key}-R{number}")
        db.session.add(found)
        db.session.flush()
    return found


def _new_session_key(event: Event, round_: Round | None) -> str:
    """The next letter, or number once letters have run out; a key is never given twice, withdrawn or not."""
    stem = round_.key if round_ else event.key
    taken = set(db.session.scalars(sa.select(Session.key).where(Session.programme_id == event.programme_id)))
    used = [key for key in taken if re.fullmatch(rf"{re.escape(stem)}-[a-z0-9]+", key)]
    endings = [*ascii_lowercase, *(str(n) for n in range(27, len(used) + 28))]
    return next(key for ending in endings if (key := f"{stem}-{ending}") not in taken)
