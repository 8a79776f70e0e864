"""Board sponsors: who stands behind which pair, what they confirmed, and asking them to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.clock import now, today
from scheduler.collect.audience import living_pairs
from scheduler.collect.links import page_url
from scheduler.collect.notes import subject
from scheduler.collect.post import compose, queue_letter
from scheduler.collect.reminders import ITS_OWN_LINK, PRESSED_TWICE, Draft, one_at_a_time
from scheduler.extensions import db
from scheduler.models import Organiser, Pair, Person, Programme, Reminder, SponsorConfirmation, record
from scheduler.text import clean_text
from scheduler.transaction import transaction

KIND = "sponsor"


class PairChanged(Exception):
    """The pair is no longer the one that the sponsor's page showed."""


@dataclass(frozen=True)
class ToAsk:
    """A sponsor who has not confirmed all their pairs, and when they were last asked."""

    person: Person
    pairs: tuple[Pair, ...]
    last_written: datetime | None = None

    def left_alone(self) -> bool:
        """Whether they were asked before: then they are asked again only where somebody ticks them."""
        return self.last_written is not None


def sponsored_by(person: Person) -> list[Pair]:
    """The living pairs that a person sponsors: mostly none or one."""
    return list(
        db.session.scalars(
            sa.select(Pair)
            .where(Pair.sponsor_id == person.id, Pair.left_on.is_(None))
            .options(joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager))
            .order_by(Pair.id)
        )
    )


def confirm(pair: Pair, *, director_id: int | None, manager_id: int | None, by: Person) -> None:
    """Keep that a sponsor confirmed these two people; a second press changes nothing.

    Raises PairChanged where the pair is another one than they were shown, or another person is its sponsor.
    """
    with transaction() as tx:
        one_at_a_time(pair.programme)
        tx.refresh(pair)
        if (pair.director_id, pair.manager_id, pair.sponsor_id) != (director_id, manager_id, by.id) or not pair.people:
            raise PairChanged
        if pair.sponsor_confirmed_on is not None:
            return
        pair.sponsor_confirmed_on = today(pair.programme.time_zone)
        tx.add(
            SponsorConfirmation(
                programme_id=pair.programme_id,
                pair_id=pair.id,
                sponsor_id=by.id,
                director_id=director_id,
                manager_id=manager_id,
            )
        )
        record("sponsor.confirmed", programme=pair.programme, by=by, thing=pair.trust.name)


def last_confirmations(pairs: Collection[Pair]) -> dict[int, SponsorConfirmation]:
    """By pair, the last time its sponsor confirmed it, whether or not that still holds."""
    newest = (
        sa.select(sa.func.max(SponsorConfirmation.id))
        .where(SponsorConfirmation.pair_id.in_([pair.id for pair in pairs]))
        .group_by(SponsorConfirmation.pair_id)
    )
    names = (SponsorConfirmation.sponsor, SponsorConfirmation.director, SponsorConfirmation.manager)
    rows = sa.select(SponsorConfirmation).where(SponsorConfirmation.id.in_(newest))
    return {row.pair_id: row for row in db.session.scalars(rows.options(*(joinedload(name) for name in names)))}


def what_ended(pair: Pair, confirmation: SponsorConfirmation | None) -> str:
    """Why what was confirmed no longer holds, as a sentence; "" where it holds or nothing ever was confirmed."""
    if confirmation is None or pair.sponsor_confirmed_on is not None:
        return ""
    people = [person.name for person in (confirmation.director, confirmation.manager) if person is not None]
    day = formatting.day(confirmation.confirmed_at, pair.programme.time_zone, weekday=False)
    who = f"{confirmation.sponsor.name} confirmed {formatting.listed(people)} on {day}"
    if pair.sponsor_id != confirmation.sponsor_id:
        return f"{who}. The sponsor has changed since, so this no longer holds"
    return f"{who}. The pair has changed since, so this no longer holds"


def to_ask(programme: Programme) -> list[ToAsk]:
    """The sponsors with a pair that is not confirmed, by name, in a fixed number of queries."""
    waiting: dict[Person, list[Pair]] = {}
    for pair in living_pairs(programme):
        sponsor = pair.sponsor
        if sponsor is not None and sponsor.left_on is None and pair.people and pair.sponsor_confirmed_on is None:
            waiting.setdefault(sponsor, []).append(pair)
    asked = last_asked(programme)
    found = [ToAsk(sponsor, tuple(pairs), asked.get(sponsor.id)) for sponsor, pairs in waiting.items()]
    return sorted(found, key=lambda one: (one.person.name, one.person.id))


def last_asked(programme: Programme) -> dict[int, datetime]:
    """By sponsor, when they were last asked to confirm."""
    rows = db.session.execute(
        sa.select(Reminder.person_id, sa.func.max(Reminder.sent_at))
        .where(Reminder.programme_id == programme.id, Reminder.kind == KIND)
        .group_by(Reminder.person_id)
    )
    return dict(rows.all())


def ask(programme: Programme, people: Collection[int], *, by: Organiser, opening: str = "") -> int:
    """Ask the chosen sponsors to confirm their pairs; says how many were written to.

    Who has confirmed since the page was shown, or was asked minutes ago by another press, is passed over.
    """
    with transaction() as tx:
        one_at_a_time(programme)
        since = now() - PRESSED_TWICE
        chosen = [
            one
            for one in to_ask(programme)
            if one.person.id in people and (one.last_written is None or one.last_written < since)
        ]
        for one in chosen:
            queue_letter(
                KIND,
                to=one.person,
                subject=_subject(programme),
                programme=programme,
                about=formatting.listed(pair.trust.name for pair in one.pairs),
                url=page_url(one.person),
                **_context(one, opening),
            )
            tx.add(Reminder(programme_id=programme.id, person_id=one.person.id, kind=KIND))
        if chosen:
            record("sponsors.asked", programme=programme, by=by, people=len(chosen))
    return len(chosen)


def draft(one: ToAsk, opening: str = "") -> Draft:
    """The mail as a sponsor would get it, for a preview."""
    programme: Programme = one.person.programme
    words = compose(
        KIND,
        to=one.person,
        programme=programme,
        subject=_subject(programme),
        url=ITS_OWN_LINK,
        **_context(one, opening),
    )
    return Draft(one.person, words.subject, words.text)


def _subject(programme: Programme) -> str:
    return subject("Confirm your pair", programme)


def _context(one: ToAsk, opening: str) -> dict[str, Any]:
    zone = one.person.programme.time_zone
    asked_on = formatting.day(one.last_written, zone, year=False) if one.last_written else ""
    return {"opening": clean_text(opening), "pairs": one.pairs, "asked_on": asked_on}
