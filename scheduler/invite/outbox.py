"""The outbox at work: each message leaves once, its stored bytes unchanged, whatever dies in between.

The promise (docs/decisions/0003): never lost; sent again only where the one answer to its DATA was missing, and then
byte for byte the same, so that mail programs and calendars show one. States are committed before each step that
cannot be taken back. Messages of one UID leave in order, and no cancellation leaves where no invitation did.

``data_at`` says since when a message may have arrived though nobody heard of it. It stays until an answer denies it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import aliased

from scheduler import background, heartbeats, mail
from scheduler.clock import now
from scheduler.collect.post import wake_the_post
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.invite.places import may_have_left, may_have_left_in
from scheduler.mailboxes import AddressRefused, mailbox_of, same_mailbox
from scheduler.models import DeliveryTry, Invitation, MessageState, Method, Organiser, OutboxMessage, Programme, record
from scheduler.models.columns import InvalidToken
from scheduler.transaction import rows_changed, transaction

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)
# A mailbox that is full, greylisted or away for longer than a day is told to the organiser, who may know another.
GIVE_UP_AFTER = timedelta(days=1)
# A mail server of ours that is away is no fault of any message: "at least 4-5 days" (RFC 5321 4.5.4.1).
GIVE_UP_UNANSWERED_AFTER = timedelta(days=4)
UNDER_WAY = (MessageState.WAITING, MessageState.HELD, MessageState.SENDING, MessageState.UNCERTAIN)
MAY_GO_AGAIN = (MessageState.SENT, MessageState.FAILED, MessageState.BOUNCED, MessageState.UNCERTAIN)
DUE = (MessageState.WAITING, MessageState.UNCERTAIN)
PERHAPS_TWICE = "Perhaps sent twice: the connection broke while sending. Calendars show one entry."
PERHAPS_SENT = "The connection broke while sending, so it may have arrived. Sending again makes no second entry."
NOTHING_TO_CANCEL = "Not sent: the invitation it would cancel never left."
OVERTAKEN = "Not sent: a newer message about the same date was written before this one could leave."
UNREADABLE = "This message cannot be read any more: it was written under another signing key."

ONE_TURN_AT_A_TIME = 6_047  # the key of the lock under which turns are given out on PostgreSQL
LONGEST_NAP = 0.5  # seconds

log = logging.getLogger(__name__)
_in_hand: set[int] = set()
_hand = threading.Lock()


@dataclass(frozen=True)
class Claimed:
    """A message that this worker has taken, and nobody else has."""

    id: int
    to: str
    uncertain: bool  # an earlier try may have arrived
    nth_try: int = 0  # the row of this try, once it has begun


def send_due() -> int:
    """Send what is due, one after the other, until nothing is; returns how many left. Many may run at once."""
    recover()
    sent = 0
    settings: Settings = current_app.settings  # type: ignore[attr-defined]
    with mail.transport_of(settings).batch() as way_out:
        while not background.draining() and (claimed := _claim_next()) is not None:
            try:
                sent += _deliver(claimed, way_out)
            finally:
                with _hand:
                    _in_hand.discard(claimed.id)
    return sent


def recover() -> int:
    """Take back what a worker that is gone had in hand, and what this one let fall; returns how many.

    If it had not come to the end of DATA, nothing can have left and the message waits again; else it may have arrived.
    """
    # While the hand is held no other thread of this worker can take a message, so what it took is in it.
    with _hand, transaction():
        lost = _lost(_in_hand)
        unsure = rows_changed(
            sa.update(OutboxMessage)
            .where(lost, OutboxMessage.data_at.is_not(None))
            .values(state=MessageState.UNCERTAIN, due_at=now(), error=PERHAPS_SENT)
        )
        waiting = rows_changed(sa.update(OutboxMessage).where(lost).values(state=MessageState.WAITING, due_at=now()))
    return unsure + waiting


def lies_waiting(*, since: datetime) -> bool:
    """Whether a message has been due since a moment, or a worker that is gone has one in hand: for the sweep."""
    with _hand:
        lost = sa.select(OutboxMessage.id).where(_lost(_in_hand)).limit(1)
    return any(db.session.scalar(found, {"by": since}) is not None for found in (_next_due(), lost))


def oldest_due() -> datetime | None:
    """Since when the message could leave that has waited longest; None where none is due."""
    due = _next_due().with_only_columns(sa.func.min(OutboxMessage.due_at)).order_by(None)
    return db.session.scalar(due, {"by": now()})


def release(programme: Programme, *, by: Organiser | None, only: int | None = None) -> int:
    """Let held messages go, all or one; returns how many."""
    with transaction():
        hold_still(programme)
        waits = {"state": MessageState.WAITING, "due_at": now(), "first_tried_at": None}
        released = rows_changed(_each(programme, MessageState.HELD, only).values(waits))
        if released:
            wake_the_post()
            record("messages.released", programme=programme, by=by, messages=released)
    return released


def stop(programme: Programme, *, by: Organiser | None, only: int | None = None) -> int:
    """Hold what still waits, all or one; returns how many. What is being sent goes on."""
    with transaction():
        hold_still(programme)
        stopped = rows_changed(_each(programme, MessageState.WAITING, only).values(state=MessageState.HELD))
        if stopped:
            record("messages.stopped", programme=programme, by=by, messages=stopped)
    return stopped


def hold_still(programme: Programme) -> None:
    """Until the commit nobody else publishes, stops or releases in this programme."""
    db.session.execute(sa.update(Programme).where(Programme.id == programme.id).values(slug=Programme.slug))


def may_go_again(message: OutboxMessage) -> bool:
    """Whether the stored bytes of a message may be sent once more: what it says must be the last word on its date."""
    if message.state not in MAY_GO_AGAIN or not message.body:  # erased (retention)
        return False
    if message.uid is None:
        return True
    newer = OutboxMessage.uid == message.uid, OutboxMessage.id > message.id
    overtaken = db.session.scalar(sa.select(sa.exists().where(*newer, OutboxMessage.state != MessageState.WITHDRAWN)))
    called_off = db.session.scalar(
        sa.select(Invitation.cancelled_at.is_not(None)).where(Invitation.id == message.invitation_id)
    )
    return not overtaken and (message.method is Method.CANCEL or not called_off)


def send_again(message: OutboxMessage, *, by: Organiser | None) -> bool:
    """Send the stored bytes of a message once more: to a calendar it is the same message. False where it may not."""
    with transaction():
        if programme := _programme_of(message):
            hold_still(programme)
        if not may_go_again(message):
            return False
        # What may have arrived stays uncertain: its date must still be cancelled if it comes to that.
        unsure = OutboxMessage.state == MessageState.UNCERTAIN
        state = sa.case((unsure, MessageState.UNCERTAIN.value), else_=MessageState.WAITING.value)
        this = OutboxMessage.id == message.id, OutboxMessage.state.in_(MAY_GO_AGAIN)
        values = {"state": state, "due_at": now(), "queued_at": now(), "first_tried_at": None}
        if not rows_changed(sa.update(OutboxMessage).where(*this).values(values)):
            return False
        wake_the_post()
        record("message.sent-again", programme=programme, by=by, thing=message.subject)
    return True


def _claim_next() -> Claimed | None:
    """Take the first message that is due and first in its lane; the UPDATE settles who takes it."""
    while _wait_for_our_turn():
        with transaction() as tx:
            found = tx.scalar(_next_due(), {"by": now()})
            if found is None:
                return None
            if why := _why_not(found):
                found.state, found.error = MessageState.WITHDRAWN, why
                continue
            claimed = Claimed(found.id, found.to_address, uncertain=found.state is MessageState.UNCERTAIN)
            with _hand:
                _in_hand.add(claimed.id)
            at = now()
            taken = rows_changed(
                sa.update(OutboxMessage)
                .where(OutboxMessage.id == claimed.id, OutboxMessage.state == found.state, *_it_is_our_turn(at))
                .values(
                    state=MessageState.SENDING,
                    claimed_by=background.this_worker() or "",
                    claimed_at=at,
                    first_tried_at=sa.func.coalesce(OutboxMessage.first_tried_at, at),
                    tries=OutboxMessage.tries + 1,
                )
            )
            if taken:
                return replace(claimed, nth_try=_begin_a_try(claimed.id, at))
        with _hand:
            _in_hand.discard(claimed.id)
    return None


def _begin_a_try(message: int, at: datetime) -> int:
    begun = sa.insert(DeliveryTry).values(message_id=message, began_at=at, words="").returning(DeliveryTry.id)
    return db.session.scalars(begun).one()


def _gap() -> timedelta | None:
    """The time between two messages that leave, whoever sends them; None where there is no limit."""
    settings: Settings = current_app.settings  # type: ignore[attr-defined]
    return None if settings.mail_per_minute is None else timedelta(minutes=1) / settings.mail_per_minute


def _wait_for_our_turn() -> bool:
    """Wait until a message may leave; False where this worker is to end meanwhile."""
    gap = _gap()
    while gap is not None and not background.draining():
        with transaction() as tx:
            last = tx.scalar(sa.select(sa.func.max(OutboxMessage.claimed_at)))
        # A clock that was set back must not hold up the mail: no wait is longer than the gap.
        left = min(last + gap - now(), gap) if last is not None else timedelta()
        if left <= timedelta():
            break
        time.sleep(min(left.total_seconds(), LONGEST_NAP))
    return not background.draining()


def _it_is_our_turn(at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition under which a message may be taken at a moment; of several workers it lets one through."""
    gap = _gap()
    if gap is None:
        return ()
    if db.session.connection().dialect.name == "postgresql":  # SQLite has one writer at a time anyhow
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_TURN_AT_A_TIME)))
    other = aliased(OutboxMessage)
    return (~sa.exists().where(other.claimed_at > at - gap, other.claimed_at <= at),)


def _why_not(message: OutboxMessage) -> str:
    """Why a message whose turn it is must not leave after all; "" where it may (calendar-rules 30)."""
    if message.uid is None or may_have_left(message):
        return ""
    same = aliased(OutboxMessage)
    if message.method is Method.CANCEL:
        asked = same.uid == message.uid, same.method == Method.REQUEST, may_have_left_in(same)
        return "" if db.session.scalar(sa.select(sa.exists().where(*asked))) else NOTHING_TO_CANCEL
    newer = same.uid == message.uid, same.id > message.id, same.state == MessageState.WAITING
    return OVERTAKEN if db.session.scalar(sa.select(sa.exists().where(*newer))) else ""


def _lost(in_hand: set[int]) -> sa.ColumnElement[bool]:
    """What a worker that is gone had in hand, an earlier one of this worker's name too, and what this one let fall."""
    gone = heartbeats.gone(OutboxMessage.claimed_by, OutboxMessage.claimed_at)
    ours = OutboxMessage.claimed_by == (background.this_worker() or "")
    return sa.and_(OutboxMessage.state == MessageState.SENDING, gone | ours, OutboxMessage.id.not_in(set(in_hand)))


@cache  # to build it takes longer than to run it, and it runs for every message
def _next_due() -> sa.Select[OutboxMessage]:
    """The first message due ``by`` a moment, its one parameter, that no earlier one of its UID holds up."""
    earlier = aliased(OutboxMessage)
    blocked = sa.exists().where(
        earlier.uid == OutboxMessage.uid, earlier.id < OutboxMessage.id, earlier.state.in_(UNDER_WAY)
    )
    return (
        sa.select(OutboxMessage)
        .where(OutboxMessage.state.in_(DUE), OutboxMessage.due_at <= sa.bindparam("by"), ~blocked)
        # A log-in link is awaited by someone who sits there, and works for minutes only.
        .order_by(OutboxMessage.programme_id.is_not(None), OutboxMessage.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _deliver(claimed: Claimed, way_out: mail.Transport) -> bool:
    """Send one message and keep what came of it; whether it left."""
    heard: list[mail.Outcome] = []

    def answered(outcome: mail.Outcome) -> None:
        heard.append(outcome)
        _settle(claimed, outcome)

    try:
        outcome = _hand_over(claimed, way_out, answered)
    except Exception as fault:
        if heard:
            raise  # it left, but that could not be written down: ``recover`` will call it uncertain
        # One message that nobody foresaw must not hold up the others; a try that raises has left nothing (mail).
        log.exception("Message %d could not be sent", claimed.id)
        outcome = mail.Outcome(mail.Fate.TRY_LATER, f"Could not be sent: {type(fault).__name__}")
    if not heard:
        _settle(claimed, outcome)
    return outcome.fate is mail.Fate.SENT


def _hand_over(claimed: Claimed, way_out: mail.Transport, answered: Callable[[mail.Outcome], None]) -> mail.Outcome:
    def before_the_dot() -> None:
        # From here on the message may arrive although nobody hears of it: say so before it can happen.
        _keep(claimed, data_at=now())

    settings: Settings = current_app.settings  # type: ignore[attr-defined]
    try:
        with transaction() as tx:
            body, organizer = tx.execute(
                sa.select(OutboxMessage.body, Invitation.organizer)
                .outerjoin(Invitation, Invitation.id == OutboxMessage.invitation_id)
                .where(OutboxMessage.id == claimed.id)
            ).one()
        return way_out.deliver(
            body,
            envelope_from=_envelope_sender(mailbox_of(settings.mail_from).address, organizer),
            to=claimed.to,
            before_the_dot=before_the_dot,
            answered=answered,
        )
    except InvalidToken:
        return mail.Outcome(mail.Fate.REFUSED, UNREADABLE)
    except AddressRefused as refusal:
        return mail.Outcome(mail.Fate.REFUSED, str(refusal))


def _envelope_sender(sender: str, organizer: str | None) -> str:
    """Whom a bounce goes to: the sender, with the tag of the invitation where it has one, so that the bounce names it.

    An ORGANIZER from before the setting was changed may be of another domain, and would fail SPF (calendar-rules 12).
    """
    return organizer if organizer is not None and same_mailbox(organizer, sender) else sender


def _settle(claimed: Claimed, outcome: mail.Outcome) -> None:
    """Write down what became of a try.

    The word that a message was not taken is proof for this try alone, not for an earlier one that was cut off.
    """
    denied = {} if claimed.uncertain else {"data_at": None}
    match outcome.fate:
        case mail.Fate.SENT:
            settings: Settings = current_app.settings  # type: ignore[attr-defined]
            file = str(outcome.file.relative_to(settings.instance)) if outcome.file else None
            told = PERHAPS_TWICE if claimed.uncertain else ""
            _keep(claimed, outcome, state=MessageState.SENT, sent_at=now(), file=file, error=told)
        case mail.Fate.REFUSED:
            _keep(claimed, outcome, state=MessageState.FAILED, error=outcome.words, **denied)
        case mail.Fate.UNCERTAIN:
            _keep(claimed, outcome, state=MessageState.UNCERTAIN, due_at=now() + FIRST_PAUSE, error=PERHAPS_SENT)
        case mail.Fate.TRY_LATER:
            _keep(claimed, outcome, **_another_try(claimed, outcome), **denied)


def _another_try(claimed: Claimed, outcome: mail.Outcome) -> dict[str, object]:
    """When a message is tried again: after growing pauses, for as long as its answer deserves, from the first try."""
    words = outcome.words
    with transaction() as tx:
        row = tx.execute(
            sa.select(OutboxMessage.tries, OutboxMessage.first_tried_at).where(OutboxMessage.id == claimed.id)
        ).one()
    patience = GIVE_UP_AFTER if outcome.about_this_one else GIVE_UP_UNANSWERED_AFTER
    if row.first_tried_at is not None and now() - row.first_tried_at > patience:
        return {"state": MessageState.FAILED, "error": words}
    pause = min(FIRST_PAUSE * 2 ** min(row.tries - 1, 10), LONGEST_PAUSE)
    waits = MessageState.UNCERTAIN if claimed.uncertain else MessageState.WAITING
    return {"state": waits, "due_at": now() + pause, "error": PERHAPS_SENT if claimed.uncertain else words}


def _keep(claimed: Claimed, outcome: mail.Outcome | None = None, /, **values: object) -> None:
    """Write to a message in hand, if it still is, and with the outcome of its try end that one.

    Not lost where the database is away: the message stays in sending, and ``recover`` finds it.
    """
    with transaction():
        mine = OutboxMessage.id == claimed.id, OutboxMessage.state == MessageState.SENDING
        kept = rows_changed(sa.update(OutboxMessage).where(*mine).values(**values))
        if outcome is not None:
            ended = {"ended_at": now(), "fate": outcome.fate.value, "words": outcome.words}
            rows_changed(sa.update(DeliveryTry).where(DeliveryTry.id == claimed.nth_try).values(ended))
    if not kept:
        log.warning("Message %d was taken from this worker", claimed.id)


def _each(programme: Programme, state: MessageState, only: int | None) -> sa.Update:
    these = sa.update(OutboxMessage).where(OutboxMessage.programme_id == programme.id, OutboxMessage.state == state)
    return these if only is None else these.where(OutboxMessage.id == only)


def _programme_of(message: OutboxMessage) -> Programme | None:
    return db.session.get(Programme, message.programme_id) if message.programme_id else None
