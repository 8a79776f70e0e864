"""The outbox at work: each message leaves once, its stored bytes unchanged, whatever dies in between.

The promise (docs/decisions/0003): never lost; sent again only where the one answer to its DATA was missing, and then
byte for byte the same, so that mail programs and calendars show one. States are committed before each step that
cannot be taken back. Messages of one UID leave in order.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import aliased

from scheduler import background, heartbeats, mail
from scheduler.clock import now
from scheduler.collect.post import wake_the_post
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.mailboxes import mailbox_of
from scheduler.models import MessageState, Organiser, OutboxMessage, Programme, record
from scheduler.transaction import rows_changed, transaction

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=1)
UNDER_WAY = (MessageState.WAITING, MessageState.HELD, MessageState.SENDING, MessageState.UNCERTAIN)
MAY_GO_AGAIN = (MessageState.SENT, MessageState.FAILED, MessageState.BOUNCED, MessageState.UNCERTAIN)
DUE = (MessageState.WAITING, MessageState.UNCERTAIN)
PERHAPS_TWICE = "Perhaps sent twice: the connection broke while sending. Calendars show one entry."

log = logging.getLogger(__name__)
_in_hand: set[int] = set()
_hand = threading.Lock()


@dataclass(frozen=True)
class Claimed:
    """A message that this worker has taken, and nobody else has."""

    id: int
    to: str
    body: bytes
    uncertain: bool


def send_due() -> int:
    """Send what is due, one after the other, until nothing is; returns how many left. Many may run at once."""
    recover()
    sent = 0
    while not background.draining() and (claimed := _claim_next()) is not None:
        try:
            sent += _deliver(claimed)
        finally:
            with _hand:
                _in_hand.discard(claimed.id)
    return sent


def recover() -> int:
    """Take back what a worker that is gone had in hand; returns how many.

    If it had not begun DATA, nothing can have left and the message waits again; else it may have arrived.
    """
    lost = _lost()
    with transaction():
        unsure = rows_changed(
            sa.update(OutboxMessage)
            .where(lost, OutboxMessage.data_at.is_not(None))
            .values(state=MessageState.UNCERTAIN, due_at=now(), error=PERHAPS_TWICE)
        )
        waiting = rows_changed(sa.update(OutboxMessage).where(lost).values(state=MessageState.WAITING, due_at=now()))
    return unsure + waiting


def lies_waiting(*, since: datetime) -> bool:
    """Whether a message has been due since a moment, or a worker that is gone has one in hand: for the sweep."""
    due, lost = _next_due(since), sa.select(OutboxMessage.id).where(_lost()).limit(1)
    return any(db.session.scalar(found) is not None for found in (due, lost))


def release(programme: Programme, *, by: Organiser | None, only: int | None = None) -> int:
    """Let held messages go, all or one; returns how many."""
    with transaction():
        released = rows_changed(
            _each(programme, MessageState.HELD, only).values(state=MessageState.WAITING, due_at=now())
        )
        if released:
            wake_the_post()
            record("messages.released", programme=programme, by=by, messages=released)
    return released


def stop(programme: Programme, *, by: Organiser | None, only: int | None = None) -> int:
    """Hold what still waits, all or one; returns how many. What is being sent goes on."""
    with transaction():
        stopped = rows_changed(_each(programme, MessageState.WAITING, only).values(state=MessageState.HELD))
        if stopped:
            record("messages.stopped", programme=programme, by=by, messages=stopped)
    return stopped


def send_again(message: OutboxMessage, *, by: Organiser | None) -> None:
    """Send the stored bytes of a message once more: to a calendar it is the same message."""
    with transaction():
        again = OutboxMessage.id == message.id, OutboxMessage.state.in_(MAY_GO_AGAIN)
        if rows_changed(
            sa.update(OutboxMessage)
            .where(*again)
            .values(state=MessageState.WAITING, due_at=now(), queued_at=now(), error="", data_at=None)
        ):
            wake_the_post()
            record("message.sent-again", programme=_programme_of(message), by=by, thing=message.subject)


def _claim_next() -> Claimed | None:
    """Take the first message that is due and first in its lane; the UPDATE settles who takes it."""
    while True:
        with transaction() as tx:
            message_id = tx.scalar(_next_due(now()))
            if message_id is None:
                return None
            with _hand:
                _in_hand.add(message_id)
            taken = tx.execute(
                sa.update(OutboxMessage)
                .where(OutboxMessage.id == message_id, OutboxMessage.state.in_(DUE))
                .values(
                    state=MessageState.SENDING,
                    claimed_by=background.this_worker() or "",
                    claimed_at=now(),
                    tries=OutboxMessage.tries + 1,
                    data_at=None,
                )
                .returning(OutboxMessage.to_address, OutboxMessage.body, OutboxMessage.error)
            ).first()
        if taken is not None:
            return Claimed(message_id, taken.to_address, taken.body, taken.error == PERHAPS_TWICE)
        with _hand:
            _in_hand.discard(message_id)


def _lost() -> sa.ColumnElement[bool]:
    """What a worker that is gone had in hand, an earlier one of this worker's name too."""
    with _hand:
        mine = set(_in_hand)
    # Asked in the statement itself: another thread of this worker may claim a message at this very moment.
    gone = heartbeats.gone(OutboxMessage.claimed_by, OutboxMessage.claimed_at)
    return sa.and_(OutboxMessage.state == MessageState.SENDING, gone, OutboxMessage.id.not_in(mine))


def _next_due(by: datetime) -> sa.Select[int]:
    earlier = aliased(OutboxMessage)
    blocked = sa.exists().where(
        earlier.uid == OutboxMessage.uid, earlier.id < OutboxMessage.id, earlier.state.in_(UNDER_WAY)
    )
    return (
        sa.select(OutboxMessage.id)
        .where(OutboxMessage.state.in_(DUE), OutboxMessage.due_at <= by, ~blocked)
        .order_by(OutboxMessage.id)
        .limit(1)
    )


def _deliver(claimed: Claimed) -> bool:
    """Send one message and keep what came of it."""

    def before_the_dot() -> None:
        # From here on the message may arrive although nobody hears of it: say so before it can happen.
        _keep(claimed, data_at=now())

    settings: Settings = current_app.settings  # type: ignore[attr-defined]
    outcome = mail.transport_of(settings).deliver(
        claimed.body,
        envelope_from=mailbox_of(settings.mail_from).address,
        to=claimed.to,
        before_the_dot=before_the_dot,
    )
    match outcome.fate:
        case mail.Fate.SENT:
            file = str(outcome.file.relative_to(settings.instance)) if outcome.file else None
            error = PERHAPS_TWICE if claimed.uncertain else ""
            _keep(claimed, state=MessageState.SENT, sent_at=now(), file=file, error=error)
        case mail.Fate.REFUSED:
            _keep(claimed, state=MessageState.FAILED, error=outcome.words)
        case mail.Fate.UNCERTAIN:
            _keep(claimed, state=MessageState.UNCERTAIN, due_at=now() + FIRST_PAUSE, error=PERHAPS_TWICE)
        case mail.Fate.TRY_LATER:
            _try_later(claimed, outcome.words)
    return outcome.fate is mail.Fate.SENT


def _try_later(claimed: Claimed, words: str) -> None:
    """Growing pauses, a day at most (RFC 5321 section 4.5.4.1)."""
    row = db.session.execute(
        sa.select(OutboxMessage.tries, OutboxMessage.queued_at).where(OutboxMessage.id == claimed.id)
    ).one()
    db.session.rollback()
    if now() - row.queued_at > GIVE_UP_AFTER:
        _keep(claimed, state=MessageState.FAILED, error=words)
        return
    pause = min(FIRST_PAUSE * 2 ** min(row.tries - 1, 10), LONGEST_PAUSE)
    state = MessageState.UNCERTAIN if claimed.uncertain else MessageState.WAITING
    error = PERHAPS_TWICE if claimed.uncertain else words
    _keep(claimed, state=state, due_at=now() + pause, error=error)


def _keep(claimed: Claimed, **values: object) -> None:
    with transaction():
        mine = OutboxMessage.id == claimed.id, OutboxMessage.state == MessageState.SENDING
        kept = rows_changed(sa.update(OutboxMessage).where(*mine).values(**values))
    if not kept:
        log.warning("Message %d was taken from this worker", claimed.id)


def _each(programme: Programme, state: MessageState, only: int | None) -> sa.Update:
    these = sa.update(OutboxMessage).where(OutboxMessage.programme_id == programme.id, OutboxMessage.state == state)
    return these if only is None else these.where(OutboxMessage.id == only)


def _programme_of(message: OutboxMessage) -> Programme | None:
    return db.session.get(Programme, message.programme_id) if message.programme_id else None
