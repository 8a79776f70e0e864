"""What is erased when: needs some days after a person's last session, mail some days after it came or left.

The worker erases what is due, every hour; the audit keeps counts alone. The rows stay, so that what happened can still
be told; what they said is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import now
from scheduler.collect.people import ChangedMeanwhile
from scheduler.extensions import db
from scheduler.models import (
    AccessNeeds,
    Invitation,
    MessageState,
    Organiser,
    OutboxMessage,
    Programme,
    ReceivedMessage,
    Retention,
    Session,
    record,
)
from scheduler.transaction import transaction

NEEDS_DAYS, RECEIVED_DAYS, SENT_DAYS = 30, 180, 365
MOST_AT_ONCE = 500
SOON = timedelta(days=30)
LENGTH_OF_NOTHING = 100  # of an empty body, sealed: Fernet adds 73 bytes, written as base64
_OVER = (MessageState.SENT, MessageState.FAILED, MessageState.BOUNCED, MessageState.UNCERTAIN, MessageState.WITHDRAWN)


@dataclass(frozen=True)
class Days:
    """How many days each kind is kept: ``needs`` after a person's last session, mail after it came or left."""

    needs: int = NEEDS_DAYS
    received: int = RECEIVED_DAYS
    sent: int = SENT_DAYS


@dataclass(frozen=True)
class Going:
    """Of one kind: how many are kept, how many go within 30 days, and when the next one does."""

    kept: int
    soon: int
    next_on: datetime | None


@dataclass(frozen=True)
class Outlook:
    """What goes next."""

    needs: Going
    received: Going
    sent: Going


def days_of(programme: Programme) -> tuple[Days, int]:
    """How long a programme keeps things, and the version of that setting (0: never set)."""
    row = _row(programme)
    return (Days(row.needs_days, row.received_days, row.sent_days), row.version) if row else (Days(), 0)


def save_days(programme: Programme, days: Days, *, version: int, by: Organiser) -> bool:
    """Keep things so long from now on; says whether anything changed. Raises ChangedMeanwhile for an old version."""
    present, at_version = days_of(programme)
    if version != at_version:
        raise ChangedMeanwhile
    if days == present:
        return False
    try:
        with transaction() as tx:
            row = _row(programme)
            if row is None:
                row = Retention(programme_id=programme.id)
                tx.add(row)
            row.needs_days, row.received_days, row.sent_days = days.needs, days.received, days.sent
            tx.flush()
            record("retention.changed", programme=programme, by=by, thing=programme.name)
    except (StaleDataError, sa.exc.IntegrityError):
        raise ChangedMeanwhile from None
    return True


def outlook(programme: Programme) -> Outlook:
    """What is kept, and what goes next."""
    days, _ = days_of(programme)
    at = now()
    needs = [due for _, due in _needs_due(programme, days)]
    return Outlook(
        Going(len(needs), sum(due <= at + SOON for due in needs), max(min(needs), at) if needs else None),
        _going(_received(programme), ReceivedMessage.received_at, days.received, at),
        _going(_sent(programme), _last_use(), days.sent, at),
    )


def erase_due() -> int:
    """Erase in every programme what has been kept long enough, a few hundred rows at a time; returns how many."""
    return sum(_erase_in(programme) for programme in db.session.scalars(sa.select(Programme)).all())


def _erase_in(programme: Programme) -> int:
    days, _ = days_of(programme)
    at = now()
    files: list[str] = []
    with transaction():
        needs = _erase_needs([row.id for row, due in _needs_due(programme, days) if due <= at])
        received = _erase_received(programme, at - timedelta(days=days.received))
        sent = _erase_sent(programme, at - timedelta(days=days.sent), files)
        if needs or received or sent:
            record("retention.erased", programme=programme, by=None, needs=needs, received=received, sent=sent)
    for name in files:
        forget_file(name)
    return needs + received + sent


def empty_message(message: OutboxMessage) -> None:
    """Take the text out of a message that has left: what is known of it stays, what it said is gone."""
    message.body = b""
    message.file = None


def empty_received(message: ReceivedMessage) -> None:
    """The same of a mail that came in."""
    message.raw = b""
    message.size_kept = 0
    message.subject = ""


def forget_file(name: str) -> None:
    """Delete the file of a mail below the instance folder, where one was written."""
    instance: Path = current_app.settings.instance  # type: ignore[attr-defined]
    found = (instance / name).resolve()
    if found.is_relative_to(instance.resolve()):
        found.unlink(missing_ok=True)


def _needs_due(programme: Programme, days: Days) -> list[tuple[AccessNeeds, datetime]]:
    """The needs kept, each with when it is to go: so many days after the person's last session, or the programme's."""
    last_of_all = db.session.scalar(
        sa.select(sa.func.max(Session.ends_at)).where(
            Session.programme_id == programme.id, Session.withdrawn_at.is_(None)
        )
    )
    last_of = {
        row.person_id: row.last
        for row in db.session.execute(
            sa.select(Invitation.person_id, sa.func.max(Invitation.ends_at).label("last"))
            .where(Invitation.programme_id == programme.id, Invitation.cancelled_at.is_(None))
            .group_by(Invitation.person_id)
        )
    }
    keep = timedelta(days=days.needs)
    rows = db.session.scalars(sa.select(AccessNeeds).where(AccessNeeds.programme_id == programme.id)).all()
    return [(row, max(last_of.get(row.person_id) or last_of_all or row.saved_at, row.saved_at) + keep) for row in rows]


def _erase_needs(ids: list[int]) -> int:
    db.session.execute(sa.delete(AccessNeeds).where(AccessNeeds.id.in_(ids)))
    return len(ids)


def _erase_received(programme: Programme, before: datetime) -> int:
    old = _received(programme).where(ReceivedMessage.received_at < before).limit(MOST_AT_ONCE)
    rows = db.session.scalars(old).all()
    for row in rows:
        empty_received(row)
    return len(rows)


def _erase_sent(programme: Programme, before: datetime, files: list[str]) -> int:
    rows = db.session.scalars(_sent(programme).where(_last_use() < before).limit(MOST_AT_ONCE)).all()
    files += [row.file for row in rows if row.file]
    for row in rows:
        empty_message(row)
    return len(rows)


def _received(programme: Programme) -> sa.Select[ReceivedMessage]:
    """Mail that came in, was read, and whose text is still here."""
    return sa.select(ReceivedMessage).where(
        ReceivedMessage.programme_id == programme.id,
        ReceivedMessage.read_at.is_not(None),
        ReceivedMessage.waits.is_(False),
        ReceivedMessage.size_kept > 0,
    )


def _sent(programme: Programme) -> sa.Select[OutboxMessage]:
    """Mail that is done with and whose text is still here."""
    return (
        sa.select(OutboxMessage)
        .outerjoin(OutboxMessage.invitation)
        .where(
            OutboxMessage.programme_id == programme.id,
            OutboxMessage.state.in_(_OVER),
            sa.func.length(OutboxMessage.body) > LENGTH_OF_NOTHING,
        )
    )


def _last_use() -> sa.ColumnElement[datetime]:
    """When a message was of use last: it left, or what it invites to is over, whichever is later."""
    left = sa.func.coalesce(OutboxMessage.sent_at, OutboxMessage.queued_at)
    return sa.case((Invitation.ends_at > left, Invitation.ends_at), else_=left)


def _going(
    kept: sa.Select[Any], used: sa.ColumnElement[datetime] | InstrumentedAttribute[datetime], days: int, at: datetime
) -> Going:
    keep = timedelta(days=days)
    soon = sa.case((used <= at + SOON - keep, 1), else_=0)
    count, going, first = db.session.execute(
        kept.with_only_columns(sa.func.count(), sa.func.sum(soon), sa.func.min(used))
    ).one()
    return Going(count, going or 0, max(first + keep, at) if first is not None else None)


def _row(programme: Programme) -> Retention | None:
    return db.session.scalar(sa.select(Retention).where(Retention.programme_id == programme.id))
