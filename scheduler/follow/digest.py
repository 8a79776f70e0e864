"""The morning email to organisers: the list of home, on working days that bring something new to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import origin
from scheduler.collect.notes import subject
from scheduler.collect.post import queue_letter
from scheduler.collect.progress import collections_of
from scheduler.extensions import db
from scheduler.follow.alerts import page_address, people_told, turned_off
from scheduler.follow.needs import Need, needs_of
from scheduler.models import AlertKind, AlertWatch, Programme
from scheduler.transaction import rows_changed, transaction

FROM_HOUR, UNTIL_HOUR = 7, 12
"""By the programme's clock: a worker that was away at seven makes up for it until noon."""
SATURDAY = 5


def send_due(at: datetime | None = None) -> int:
    """Queue the digests of this morning that have not been looked at yet; returns how many."""
    moment = at or now()
    queued = 0
    for programme in db.session.scalars(sa.select(Programme).order_by(Programme.id)).all():
        local = moment.astimezone(ZoneInfo(programme.time_zone))
        if local.weekday() < SATURDAY and FROM_HOUR <= local.hour < UNTIL_HOUR:
            queued += _digest(programme, local.date(), moment)
    return queued


def _digest(programme: Programme, today: date, at: datetime) -> int:
    watch = db.session.get(AlertWatch, programme.id, populate_existing=True)
    if watch is not None and watch.digest_on is not None and watch.digest_on >= today:
        return 0
    said_before = set(watch.digest_said) if watch is not None else set()
    needs = needs_of(programme, collections_of(programme, asked_only=False), at)
    with transaction():
        if not _is_ours_to_send(programme, today, [need.news for need in needs]):
            return 0
        if all(need.news in said_before for need in needs):
            return 0
        return sum(_write_to(programme, needs))


def _is_ours_to_send(programme: Programme, today: date, said: Sequence[str]) -> bool:
    """Note this morning's list; False where another worker did it first. One UPDATE settles it."""
    db.session.execute(sa.update(Programme).where(Programme.id == programme.id).values(slug=Programme.slug))
    if db.session.get(AlertWatch, programme.id, populate_existing=True) is None:
        db.session.add(AlertWatch(programme_id=programme.id, digest_said=[]))
        db.session.flush()
    not_yet = AlertWatch.digest_on.is_(None) | (AlertWatch.digest_on < today)
    claim = sa.update(AlertWatch).where(AlertWatch.programme_id == programme.id, not_yet)
    return bool(rows_changed(claim.values(digest_on=today, digest_said=list(said))))


def _write_to(programme: Programme, needs: Sequence[Need]) -> list[int]:
    listed = [(need, page_address(programme, need.endpoint, need.values)) for need in needs]
    to = [one for one in people_told(programme) if AlertKind.DIGEST not in turned_off(one)]
    for organiser in to:
        queue_letter(
            "digest",
            to=organiser,
            subject=subject(f"{formatting.count(len(needs), 'thing needs', 'things need')} you", programme),
            programme=programme,
            needs=listed,
            home=page_address(programme, "home.home", {}),
            account=f"{origin()}/account",
        )
    return [1] * len(to)
