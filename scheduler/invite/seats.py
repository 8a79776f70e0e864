"""Free seats of the published plan: how many there are, who wants them, and what was offered to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from scheduler import formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import (
    Event,
    Invitation,
    OfferState,
    Pair,
    PartStat,
    Person,
    Programme,
    SeatOffer,
    Session,
)
from scheduler.plan.published import published_plan
from scheduler.plan.seats import Present, Want, events_with_seats, wants_of

CLOSES_AT = 17  # o'clock on a Friday: the time an offer ends unless the organiser says otherwise
LEAST_TIME = timedelta(hours=24)
BEFORE_THE_SESSION = timedelta(hours=1)
_STILL_OPEN = SeatOffer.state == OfferState.OFFERED


@dataclass(frozen=True)
class SessionSeats:
    """One session that runs: its seats that nobody has, and how many of them are offered now (None: no limit)."""

    session: Session
    free: int | None
    offered: int

    @property
    def left(self) -> int | None:
        """The seats that could still be offered."""
        return None if self.free is None else max(0, self.free - self.offered)


@dataclass(frozen=True)
class EventSeats:
    """One event of the published plan: sessions with free seats, who wants them, best first, and what stands against
    moving anybody."""

    event: Event
    sessions: tuple[SessionSeats, ...]
    wants: tuple[Want, ...]
    faults: tuple[str, ...]


def seats_in(programme: Programme) -> list[EventSeats]:
    """Every event of the published plan whose sessions have free seats; the queries grow with the events alone."""
    plan = published_plan(programme)
    if plan is None:
        return []
    found = []
    for event in events_with_seats(programme):
        present = Present(plan, event)
        sessions = _sessions_of(present)
        if any(each.left is None or each.left > 0 or each.offered for each in sessions):
            faults = tuple(present.faults())
            wants = [] if faults else wants_of(present, declined_people(event))
            found.append(EventSeats(event, tuple(sessions), tuple(wants), faults))
    return found


def offers_in(programme: Programme, most: int = 50) -> list[SeatOffer]:
    """The latest offers, open ones first."""
    return list(
        db.session.scalars(
            sa.select(SeatOffer)
            .where(SeatOffer.programme_id == programme.id)
            .options(*with_all(), joinedload(SeatOffer.offered_by), joinedload(SeatOffer.plan))
            .order_by(sa.case((_STILL_OPEN, 0), else_=1), SeatOffer.id.desc())
            .limit(most)
        )
    )


def offer_to(person: Person, offer_id: int) -> SeatOffer | None:
    """An offer made to a person, alone or with their partner; None where it is somebody else's."""
    found = db.session.scalar(_offers_to(person).where(SeatOffer.id == offer_id))
    return found if found is not None and person in people_of(found) else None


def open_offers_to(person: Person) -> list[SeatOffer]:
    """What a person may still take, the earliest end first."""
    found = db.session.scalars(
        _offers_to(person).where(_STILL_OPEN, SeatOffer.until > now()).order_by(SeatOffer.until, SeatOffer.id)
    )
    return [offer for offer in found if person in people_of(offer)]


def people_of(offer: SeatOffer) -> list[Person]:
    """Who an offer is for: the people of the pair as it is now, or the person alone."""
    if offer.person_id is not None:
        return [offer.person] if offer.person is not None else []
    return [] if offer.pair is None else [person for person in offer.pair.people if person.left_on is None]


def party_name(offer: SeatOffer) -> str:
    """What an organiser calls the pair, or the person, that an offer is for."""
    if offer.person is not None:
        return str(offer.person.name)
    return str(offer.pair.trust.name) if offer.pair is not None else offer.party


def declined_people(event: Event) -> set[int]:
    """The people whose calendars have declined the place they have in an event."""
    return set(
        db.session.scalars(
            sa.select(Invitation.person_id)
            .join(Session, Session.id == Invitation.session_id)
            .where(Session.event_id == event.id, Invitation.cancelled_at.is_(None))
            .where(Invitation.partstat == PartStat.DECLINED)
        )
    )


def usual_end(session: Session) -> datetime | None:
    """When an offer ends unless the organiser says otherwise: Friday at 5pm, a day away at least, before the session.

    None where the session is too near for any offer.
    """
    zone = ZoneInfo(session.programme.time_zone)
    today = now().astimezone(zone)
    friday = today.replace(hour=CLOSES_AT, minute=0, second=0, microsecond=0)
    friday += timedelta(days=(4 - today.weekday()) % 7)
    while friday < now() + LEAST_TIME:
        friday += timedelta(days=7)
    end = min(friday, session.starts_at - BEFORE_THE_SESSION)
    return end if end > now() else None


def _sessions_of(present: Present) -> list[SessionSeats]:
    offered: dict[int, int] = {}
    for each in open_offers(present.event):
        offered[each.session_id] = offered.get(each.session_id, 0) + each.seats
    running = set(present.places.values())
    return [
        SessionSeats(session, present.free_seats(session), offered.get(session.id, 0))
        for session in present.event.sessions
        if session.key in running
    ]


def open_offers(event: Event) -> Sequence[SeatOffer]:
    """The offers of an event that somebody may still take."""
    return db.session.scalars(
        sa.select(SeatOffer)
        .join(Session, Session.id == SeatOffer.session_id)
        .where(Session.event_id == event.id, _STILL_OPEN, SeatOffer.until > now())
    ).all()


def _offers_to(person: Person) -> sa.Select[SeatOffer]:
    mine = sa.select(Pair.id).where((Pair.director_id == person.id) | (Pair.manager_id == person.id))
    theirs = (SeatOffer.person_id == person.id) | SeatOffer.pair_id.in_(mine)
    return sa.select(SeatOffer).where(SeatOffer.programme_id == person.programme_id, theirs).options(*with_all())


def with_all() -> list[_AbstractLoad]:
    """What reads offers together with their parties and sessions."""
    pair = joinedload(SeatOffer.pair)
    return [
        pair.joinedload(Pair.trust),
        pair.joinedload(Pair.director),
        pair.joinedload(Pair.manager),
        joinedload(SeatOffer.person),
        joinedload(SeatOffer.ended_by),
        joinedload(SeatOffer.session).options(joinedload(Session.event), joinedload(Session.venue)),
    ]


def subject_of(session: Session, seats: int, until: datetime) -> str:
    """ "Two seats are free on 19 January, until Friday 5pm"; the day of the month too where Friday is not this one."""
    zone = session.programme.time_zone
    there = until.astimezone(ZoneInfo(zone))
    near = until - now() < timedelta(days=7)
    day = formatting.DAYS[there.weekday()] if near else formatting.short_day(there)
    return f"{seats_in_words(seats).capitalize()} free on {day_of(session)}, until {day} {formatting.clock_time(there)}"


def seats_in_words(number: int) -> str:
    """ "two seats are", "one seat is"."""
    words = {0: "no", 1: "one", 2: "two"}.get(number, formatting.number(number))
    return f"{words} seat is" if number == 1 else f"{words} seats are"


def day_of(session: Session) -> str:
    """ "19 January"."""
    return formatting.short_day(session.starts_at, session.time_zone)


def which_session(session: Session) -> str:
    """ "Workshop 1 on 19 January"."""
    return f"{session.event.title} on {day_of(session)}"
