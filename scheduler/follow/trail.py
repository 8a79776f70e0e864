"""The audit as a list that can be searched: who did what, on which day, to which thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import AuditEntry, Organiser, Person, Programme


@dataclass(frozen=True)
class Narrowing:
    """What of the audit is wanted: words of who did it and of the thing, and a day on the programme's clock."""

    who: str = ""
    thing: str = ""
    day: date | None = None


def entries(programme: Programme, wanted: Narrowing, *, first: int, most: int) -> tuple[list[AuditEntry], int]:
    """``most`` entries from place ``first`` on, the latest first, and how many there are in all."""
    chosen = sa.select(AuditEntry).where(AuditEntry.programme_id == programme.id)
    if wanted.who:
        named = [AuditEntry.organiser.has(_holds(Organiser.name, wanted.who))]
        named += [AuditEntry.person.has(_holds(Person.name, wanted.who))]
        if wanted.who.casefold() == "convene":
            named += [AuditEntry.organiser_id.is_(None) & AuditEntry.person_id.is_(None)]
        chosen = chosen.where(sa.or_(*named))
    if wanted.thing:
        chosen = chosen.where(_holds(AuditEntry.thing, wanted.thing))
    if wanted.day:
        midnight = datetime.combine(wanted.day, time(), ZoneInfo(programme.time_zone))
        next_midnight = datetime.combine(wanted.day + timedelta(days=1), time(), ZoneInfo(programme.time_zone))
        chosen = chosen.where(AuditEntry.at >= midnight, AuditEntry.at < next_midnight)
    rows = db.session.scalars(
        chosen.options(joinedload(AuditEntry.organiser), joinedload(AuditEntry.person))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .offset(first)
        .limit(most)
    ).all()
    return list(rows), db.session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0


def _holds(column: sa.orm.InstrumentedAttribute[str], words: str) -> sa.ColumnElement[bool]:
    return column.icontains(words, autoescape=True)
