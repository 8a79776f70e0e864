"""Mail that comes in: kept as it is before anything of it is understood, then read, once.

A message that makes trouble is a row with its reason, never an exception and never a message read in a circle
(calendar-rules 56, abuse case C4). ``convene receive`` and whoever polls a mailbox call ``receive``; a worker calls
``read_waiting`` for what a process that died has kept and not read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite.incoming import deciding, unwrapping
from scheduler.invite.incoming.findings import Finding
from scheduler.models import Effect, ReceivedMessage
from scheduler.models.columns import InvalidToken
from scheduler.transaction import rows_changed, transaction

LARGEST = 25 * 1024 * 1024  # bytes; of a larger message the beginning alone is kept
KEPT_OF_LARGER = 256 * 1024
MOST_TRIES = 3  # a message that took its reader down so often is read no more
UNREADABLE = "Convene could not make sense of this message. It is kept as it came."
OTHER_KEY = "This message was kept under another signing key, so it cannot be read any more."

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(\S+)", re.IGNORECASE | re.MULTILINE)
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailboxPlace:
    """Where a message lay in an IMAP mailbox (RFC 3501 2.3.1.1)."""

    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Received:
    """What was done with a message, as ``convene receive --json`` says it."""

    id: int
    effect: Effect
    why: str
    uid: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """The row of a message; ``is_copy`` where it had been kept before, and nothing but its count changed."""

    id: int
    is_copy: bool


def receive(
    raw: bytes, *, size: int | None = None, mailbox: MailboxPlace | None = None, received_at: datetime | None = None
) -> Received:
    """Keep a message, then read it; returns what was done.

    Raises what the database raises while it cannot be kept: the message must then be offered again. Once it is kept
    nothing is raised: what cannot be read now is read by ``read_waiting``.
    """
    kept = keep(raw, size=size, mailbox=mailbox, received_at=received_at)
    try:
        return read(kept.id, is_copy=kept.is_copy)
    except sa.exc.SQLAlchemyError:
        log.exception("Received message %d is kept and will be read later", kept.id)
        return Received(kept.id, Effect.HELD, "The message is kept and will be read later.", None)


def keep(
    raw: bytes, *, size: int | None = None, mailbox: MailboxPlace | None = None, received_at: datetime | None = None
) -> Kept:
    """Put a message into the database as it came, in one transaction; whatever its content, this does not fail.

    ``size`` is given where ``raw`` is the beginning of a message that is larger than ``LARGEST`` bytes.
    """
    size = max(size or 0, len(raw))
    stored = raw if size <= LARGEST else raw[:KEPT_OF_LARGER]
    seen = fingerprint(raw[:LARGEST])
    place = {"mailbox_uidvalidity": mailbox.uidvalidity, "mailbox_uid": mailbox.uid} if mailbox else {}
    again = (
        sa.update(ReceivedMessage)
        .where(ReceivedMessage.fingerprint == seen)
        .values(copies=ReceivedMessage.copies + 1, **place)
    )
    with transaction() as tx:
        is_copy = rows_changed(again) > 0
        if not is_copy:
            row = ReceivedMessage(raw=stored, size=size, size_kept=len(stored), fingerprint=seen, **place)
            row.received_at = received_at or now()
            try:
                with tx.begin_nested():
                    tx.add(row)
            except sa.exc.IntegrityError:  # another process kept a copy in this very moment
                is_copy = rows_changed(again) > 0
        kept = tx.scalars(sa.select(ReceivedMessage.id).where(ReceivedMessage.fingerprint == seen)).one()
    return Kept(kept, is_copy)


def read(message: int, *, is_copy: bool = False) -> Received:
    """Read a kept message by its id, unless it has been read; returns what was done with it.

    ``is_copy`` says that one more copy came in: of a message that had been read already the answer is "duplicate".
    Not to be called inside a transaction: taking a message apart may take seconds, and holds none open.
    Raises what the database raises; the message then waits for ``read_waiting``.
    """
    tries = _begin(message, never_tried=is_copy)
    if tries is None:
        return _as_it_stands(message, is_copy=is_copy)
    if tries > MOST_TRIES:
        return _finish(message, lambda _: Finding(Effect.HELD, UNREADABLE), None)
    try:
        row = db.session.scalars(
            sa.select(ReceivedMessage).where(ReceivedMessage.id == message).options(undefer(ReceivedMessage.raw))
        ).one()
        mail = unwrapping.unwrap(row.raw, size=row.size)
    except InvalidToken:
        return _finish(message, lambda _: Finding(Effect.HELD, OTHER_KEY), None)
    finally:
        db.session.rollback()  # nothing was written; what follows begins its own transaction
    try:
        return _finish(message, lambda row: deciding.decide(mail, row), mail)
    except sa.exc.DBAPIError:
        raise
    except Exception:
        # Whatever nobody foresaw in somebody's mail must not keep the next one from being read.
        log.exception("Received message %d could not be read", message)
        return _finish(message, lambda _: Finding(Effect.HELD, UNREADABLE), mail)


def read_waiting(most: int = 200) -> int:
    """Read what was kept and not read, oldest first, at most so many; returns how many were read."""
    waiting = sa.select(ReceivedMessage.id).where(ReceivedMessage.effect.is_(None)).order_by(ReceivedMessage.id)
    found = list(db.session.scalars(waiting.limit(most)))
    db.session.rollback()
    for message in found:
        read(message)
    return len(found)


def last_uid(uidvalidity: int) -> int | None:
    """The highest UID of a mailbox, under this UIDVALIDITY, from which a message was kept; None where none was."""
    return db.session.scalar(
        sa.select(sa.func.max(ReceivedMessage.mailbox_uid)).where(ReceivedMessage.mailbox_uidvalidity == uidvalidity)
    )


def fingerprint(raw: bytes) -> str:
    """What two copies of a message have in common, whatever servers added on the way: Message-ID and body.

    Line ends do not count, as a pipe and a mailbox write them differently. Without a Message-ID all of it counts.
    """
    end = _END_OF_HEADER.search(raw)
    header, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    named = _MESSAGE_ID.search(header)
    counts = named.group(1) + b"\0" + body if named else header + b"\n\n" + body
    return sha256(counts.replace(b"\r\n", b"\n").rstrip()).hexdigest()


def _begin(message: int, *, never_tried: bool = False) -> int | None:
    """Count a try before it is made, so that a message that kills its reader is known; None where it has been read.

    ``never_tried``: None too where somebody is at it, as many copies at once would count as many failed tries.
    """
    unread = [ReceivedMessage.id == message, ReceivedMessage.effect.is_(None)]
    if never_tried:
        unread.append(ReceivedMessage.tries == 0)
    with transaction() as tx:
        if not rows_changed(sa.update(ReceivedMessage).where(*unread).values(tries=ReceivedMessage.tries + 1)):
            return None
        return tx.scalar(sa.select(ReceivedMessage.tries).where(ReceivedMessage.id == message))


def _finish(message: int, decide: Callable[[ReceivedMessage], Finding], mail: unwrapping.Mail | None) -> Received:
    """Decide, and write down what was decided, in one transaction; the first to claim the row does it."""
    unread = ReceivedMessage.id == message, ReceivedMessage.effect.is_(None), ReceivedMessage.read_at.is_(None)
    with transaction() as tx:
        if not rows_changed(sa.update(ReceivedMessage).where(*unread).values(read_at=now())):
            return _as_it_stands(message)
        row = tx.get_one(ReceivedMessage, message, populate_existing=True)
        if mail is not None:
            deciding.note_envelope(row, mail)
        found = decide(row)
        deciding.note_finding(row, found)
        return Received(row.id, found.effect, row.why, row.uid)


def _as_it_stands(message: int, *, is_copy: bool = False) -> Received:
    row = db.session.get_one(ReceivedMessage, message, populate_existing=True)
    effect = row.effect or Effect.HELD
    if is_copy and row.effect is not None:
        return Received(row.id, Effect.DUPLICATE, f"This message has come before: it was {effect.value}.", row.uid)
    return Received(row.id, effect, row.why, row.uid)
