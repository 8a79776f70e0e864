"""The inquiry before the design: one-to-one interviews with a sample of pairs, and what was heard, as themes.

An inquiry is an event whose audience is named: the sample. Each of its dates is for one pair and one interviewer, who
is a shared resource of capacity one, so the plan never has an interviewer in two places.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.collect.events import SavedMeanwhile, SessionDetails, new_event, new_session
from scheduler.collect.intentions import distinct
from scheduler.extensions import db
from scheduler.models import (
    AudienceName,
    Event,
    EventKind,
    Heard,
    Organiser,
    Pair,
    Programme,
    SessionUse,
    SharedResource,
    record,
)
from scheduler.transaction import transaction

PEOPLE_OF_A_PAIR = 2


@dataclass(frozen=True)
class Inquiry:
    """What an organiser plans: who is heard, by whom, when; ``slots`` are aware starts, ``length`` is of one talk."""

    title: str
    pairs: tuple[Pair, ...]
    interviewers: tuple[str, ...]
    slots: tuple[datetime, ...]
    length: timedelta
    time_zone: str


@dataclass(frozen=True)
class ThemeHeard:
    """A theme, from how many pairs it was heard, and which events take it up."""

    theme: str
    pairs: int
    events: tuple[Event, ...]


def sample(pairs: Sequence[Pair], number: int, *, seed: int) -> list[Pair]:
    """So many pairs, drawn by lot, spread over regions and types of Trust as evenly as they are in the programme.

    Systematic sampling: the pairs in order of region and type, shuffled within both, every k-th from a drawn start.
    """
    chance = random.Random(seed)  # noqa: S311 (a lot that can be drawn again, not a secret)
    number = min(number, len(pairs))
    if number <= 0:
        return []
    order = sorted(pairs, key=lambda pair: (pair.trust.region, pair.trust.trust_type.value, chance.random()))
    step = len(order) / number
    start = chance.random() * step
    return [order[int(start + step * n)] for n in range(number)]


def set_up(programme: Programme, inquiry: Inquiry, *, by: Organiser) -> Event:
    """Make the event of an inquiry, with a date for each interviewer at each time. Nobody is asked yet."""
    with transaction() as tx:
        event = new_event(programme, EventKind.INTERVIEWS)
        event.title, event.encounters, event.audience = inquiry.title, False, {"who": "named"}
        event.audience_names = [
            AudienceName(programme_id=programme.id, party=pair.trust.ods_code, pair_id=pair.id)
            for pair in inquiry.pairs
        ]
        tx.add(event)
        tx.flush()
        for name in inquiry.interviewers:
            resource = _interviewer(programme, name)
            for start in inquiry.slots:
                end = start + inquiry.length
                details = SessionDetails(start, end, inquiry.time_zone, max_seats=PEOPLE_OF_A_PAIR)
                tx.add(SessionUse(session_id=new_session(event, details).id, resource_id=resource.id))
        record("event.added", programme=programme, by=by, thing=event.title)
    return event


def inquiries_of(programme: Programme) -> list[Event]:
    """The programme's inquiries, the first first."""
    rows = sa.select(Event).filter_by(programme_id=programme.id, kind=EventKind.INTERVIEWS)
    return list(db.session.scalars(rows.order_by(Event.position, Event.id)))


def interviewers_of(event: Event) -> dict[int, str]:
    """Who holds each interview, by session."""
    return {use.session_id: use.resource.name for session in event.sessions for use in session.uses}


def heard_in(event: Event) -> dict[int, Heard]:
    """What was written down, by pair."""
    rows = sa.select(Heard).where(Heard.event_id == event.id).options(joinedload(Heard.written_by))
    return {row.pair_id: row for row in db.session.scalars(rows)}


def write_down(event: Event, pair: Pair, themes: Iterable[str], text: str, *, version: int, by: Organiser) -> None:
    """Keep what was heard from a pair; ``version`` 0 is the first time. Raises events.SavedMeanwhile."""
    try:
        with transaction() as tx:
            row = tx.scalar(
                sa.select(Heard).filter_by(event_id=event.id, pair_id=pair.id).execution_options(populate_existing=True)
            )
            if (row.version if row else 0) != version:
                raise SavedMeanwhile
            if row is None:
                row = Heard(programme_id=event.programme_id, event_id=event.id, pair_id=pair.id)
                tx.add(row)
            row.themes, row.text = distinct(themes, most=None), text
            row.written_at, row.written_by_id = now(), by.id
            tx.flush()
            record("inquiry.heard", programme=event.programme, by=by, thing=pair.trust.name)
    except IntegrityError:
        raise SavedMeanwhile from None


def themes_heard(programme: Programme) -> list[ThemeHeard]:
    """Every theme, from how many pairs it was heard, most first, with the events that take it up."""
    spelled: dict[str, str] = {}
    heard: defaultdict[str, set[int]] = defaultdict(set)
    for row in db.session.scalars(sa.select(Heard).where(Heard.programme_id == programme.id).order_by(Heard.id)):
        for theme in row.themes:
            key = theme.casefold()
            spelled.setdefault(key, theme)
            heard[key].add(row.pair_id)
    events = db.session.scalars(sa.select(Event).where(Event.programme_id == programme.id).order_by(Event.position))
    taken: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        for theme in event.themes:
            taken[theme.casefold()].append(event)
    number = Counter({key: len(pairs) for key, pairs in heard.items()})
    return [ThemeHeard(spelled[key], count, tuple(taken[key])) for key, count in number.most_common()]


def refer(event: Event, themes: Iterable[str], *, by: Organiser) -> None:
    """Say which of the themes that were heard an event takes up."""
    with transaction():
        event.themes = distinct(themes, most=None)
        record("event.themes-changed", programme=event.programme, by=by, thing=event.title)


def _interviewer(programme: Programme, name: str) -> SharedResource:
    key = f"interviewer {name}"
    found = db.session.scalar(sa.select(SharedResource).filter_by(programme_id=programme.id, key=key))
    if found is None:
        found = SharedResource(programme_id=programme.id, key=key, name=name, capacity=1)
        db.session.add(found)
        db.session.flush()
    return found
