"""Cohorts: the Trusts that joined together, those of them that have no place yet, and those that are alumni."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import today
from scheduler.collect.people import ChangedMeanwhile
from scheduler.extensions import db
from scheduler.models import (
    Cohort,
    LearningSet,
    Organiser,
    Pair,
    Placement,
    Plan,
    PlanStatus,
    Programme,
    SetMember,
    Trust,
    audit,
    record,
)
from scheduler.transaction import rows_changed, transaction


class NameTaken(Exception):
    """Another cohort of the programme has this name."""


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A cohort in the list: its living pairs, and how many of them have no place in the published plan."""

    cohort: Cohort
    pairs: int
    without_place: int
    is_alumni: bool


def cohort_lines(programme: Programme) -> tuple[list[CohortLine], int]:
    """The cohorts, those that joined first before, and how many pairs are in none; in a fixed number of queries."""
    cohorts = db.session.scalars(sa.select(Cohort).where(Cohort.programme_id == programme.id)).all()
    living = db.session.execute(
        sa.select(Pair.id, Pair.cohort_id).where(Pair.programme_id == programme.id, Pair.left_on.is_(None))
    ).all()
    placed = _placed(programme)
    pairs = Counter(cohort_id for _, cohort_id in living)
    waiting = Counter(cohort_id for pair_id, cohort_id in living if pair_id not in placed)
    day = today(programme.time_zone)
    lines = [
        CohortLine(cohort, pairs[cohort.id], waiting[cohort.id], is_alumni(cohort, day))
        for cohort in sorted(cohorts, key=lambda cohort: (cohort.joined_on or date.min, cohort.name))
    ]
    return lines, pairs[None]


def is_alumni(cohort: Cohort, day: date) -> bool:
    """Whether the last day of a cohort is over."""
    return cohort.ended_on is not None and cohort.ended_on < day


def pairs_without_place(cohort: Cohort) -> list[Pair]:
    """The pairs of a cohort that the published plan places nowhere, by the name of their Trust."""
    placed = _placed(cohort.programme)
    return [pair for pair in _pairs(cohort.programme, cohort.id) if pair.id not in placed]


def pairs_in_none(programme: Programme) -> list[Pair]:
    """The living pairs without a cohort, by the name of their Trust."""
    return _pairs(programme, None)


def add(programme: Programme, name: str, joined_on: date | None, *, by: Organiser) -> Cohort:
    """Add a cohort. Raises NameTaken."""
    try:
        with transaction() as tx:
            cohort = Cohort(programme_id=programme.id, name=name, joined_on=joined_on)
            tx.add(cohort)
            tx.flush()
            record("cohort.added", programme=programme, by=by, thing=name)
    except IntegrityError:
        raise NameTaken from None
    return cohort


def change(
    cohort: Cohort, *, name: str, joined_on: date | None, ended_on: date | None, version: int, by: Organiser
) -> None:
    """Change a cohort's name and days. Raises NameTaken, or ChangedMeanwhile where ``version`` is not its own."""
    if cohort.version != version:
        raise ChangedMeanwhile
    try:
        with transaction() as tx:
            cohort.name, cohort.joined_on, cohort.ended_on = name, joined_on, ended_on
            tx.flush()
            record("cohort.changed", programme=cohort.programme, by=by, thing=name, id=cohort.id)
    except IntegrityError:
        raise NameTaken from None
    except StaleDataError:
        raise ChangedMeanwhile from None


def last_saved(cohort: Cohort) -> tuple[str, datetime] | None:
    """Who changed a cohort on its page last, and when; None while nobody has."""
    return audit.last_saved(cohort.programme_id, "cohort.changed", cohort.id)


def put_in(cohort: Cohort, pair_ids: Collection[int], *, by: Organiser) -> int:
    """Put pairs that are in no cohort into this one; says how many. One that is in another by now stays there."""
    free = (Pair.programme_id == cohort.programme_id, Pair.id.in_(pair_ids), Pair.cohort_id.is_(None))
    with transaction():
        joined = rows_changed(sa.update(Pair).where(*free).values(cohort_id=cohort.id, version=Pair.version + 1))
        if joined:
            record("cohort.joined", programme=cohort.programme, by=by, thing=cohort.name, pairs=joined)
    return joined


def _pairs(programme: Programme, cohort_id: int | None) -> list[Pair]:
    rows = (
        sa.select(Pair)
        .join(Pair.trust)
        .where(Pair.programme_id == programme.id, Pair.left_on.is_(None), Pair.cohort_id == cohort_id)
        .options(joinedload(Pair.trust))
        .order_by(Trust.name, Pair.id)
    )
    return list(db.session.scalars(rows))


def _placed(programme: Programme) -> set[int]:
    """The pairs, by id, that have a session or a set in the published plan."""
    published = (Plan.programme_id == programme.id, Plan.status == PlanStatus.PUBLISHED)
    sessions = sa.select(Placement.pair_id).join(Placement.plan).where(*published)
    sets = sa.select(SetMember.pair_id).join(SetMember.learning_set).join(LearningSet.plan).where(*published)
    return {pair_id for rows in (sessions, sets) for pair_id in db.session.scalars(rows) if pair_id is not None}
