"""Whether this copy can do its work: the checks behind ``/readyz`` and ``convene doctor``, in the same words.

What a check says is for strangers too, so it names no path, host, person or version. Each has its time; one that takes
longer is not well, and is not begun again before it came to an end, so that no number of questions piles them up.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa
from flask import current_app

from scheduler import background, heartbeats, upgrading
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.formatting import count
from scheduler.invite import outbox, watching
from scheduler.models import MessageState, OutboxMessage, RateWindow

if TYPE_CHECKING:
    from scheduler import Convene

PATIENCE = 5.0
"""Seconds a check may take."""
QUEUE_IS_OLD_AFTER = timedelta(minutes=15)
MAIL_IS_LATE_AFTER = timedelta(hours=4)  # when RFC 5321's senders begin to tell the author (abuse case D3)
TRIES_IN_VAIN = 4  # with the outbox's pauses: seven minutes
LEAST_FREE = 100 * 1024 * 1024  # bytes
TRIED_AGAIN = (MessageState.WAITING, MessageState.UNCERTAIN)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    well: bool
    says: str


def findings(patience: float = PATIENCE) -> list[Finding]:
    """Every check that can be made: of a database that is away or not migrated nothing more can be known."""
    disk = _Asked.begin("disk", _disk)
    found = [_Asked.begin("database", _database).answer(patience)]
    if found[-1].well:
        found.append(_Asked.begin("migrations", _migrations).answer(patience))
    if found[-1].well:
        rest = [_Asked.begin(*each) for each in _of_the_work()]
        found += [asked.answer(patience) for asked in rest]
    return [*found, disk.answer(patience)]


@dataclass(frozen=True, slots=True)
class WhatWaits:
    """The queue in figures: jobs nobody has begun and since when the oldest waits, and the same of mail to leave."""

    jobs: int
    oldest_job: datetime | None
    messages: int
    oldest_message: datetime | None


def what_waits() -> WhatWaits:
    """What waits to be done in the background, for the operator."""
    due = OutboxMessage.state.in_(outbox.DUE), OutboxMessage.due_at <= now()
    return WhatWaits(
        jobs=background.number_waiting(),
        oldest_job=background.oldest_waiting(),
        messages=db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(*due)) or 0,
        oldest_message=outbox.oldest_due(),
    )


def late_mail() -> sa.ColumnElement[bool]:
    """The condition that a message was tried and has not left for four hours."""
    since = now() - MAIL_IS_LATE_AFTER
    return sa.and_(OutboxMessage.state.in_(TRIED_AGAIN), OutboxMessage.tries > 0, tried_since() < since)


def tried_since() -> sa.ColumnElement[datetime]:
    """Since when a mail server has been asked to take a message; held mail has not been tried meanwhile."""
    return sa.func.coalesce(OutboxMessage.first_tried_at, OutboxMessage.queued_at)


def mail_stopped_since() -> datetime | None:
    """Since when mail has been tried again and again and none has left; None while it leaves."""
    tried = OutboxMessage.state.in_(TRIED_AGAIN), OutboxMessage.tries >= TRIES_IN_VAIN
    since = db.session.scalar(sa.select(sa.func.min(tried_since())).where(*tried))
    left = db.session.scalar(sa.select(sa.func.max(OutboxMessage.sent_at)))
    return since if since is not None and (left is None or left < since) else None


def _of_the_work() -> Iterator[tuple[str, Callable[[], str]]]:
    yield from (("worker", _worker), ("queue", _queue), ("mail", _mail))
    if watching.mailbox_is_set():
        yield "mailbox", _mailbox


class NotWell(Exception):
    """A check found that something is not right; the text says what."""


def _database() -> str:
    # Rolled back: it shows that the database takes writes, and leaves nothing.
    with db.engine.connect() as connection:
        connection.execute(sa.insert(RateWindow).values(key=f"health {uuid4()}", count=0, expires_at=now()))
        connection.rollback()
    return "takes writes"


def _migrations() -> str:
    if not upgrading.up_to_date():
        raise NotWell("the database is older or newer than the program. If older: convene db upgrade")
    return "all have run"


def _worker() -> str:
    alive = len(heartbeats.living())
    if not alive:
        seconds = int(heartbeats.LOST_AFTER.total_seconds())
        raise NotWell(f"none was heard of in the last {seconds} seconds. Start one: convene worker")
    return f"{alive} alive"


def _queue() -> str:
    """Work of whose kind none is under way, and mail that could leave while none is being sent."""
    old = now() - QUEUE_IS_OLD_AFTER
    job = background.oldest_waiting()
    if job is not None and job < old:
        raise NotWell(f"background work has waited for {_minutes_since(job)}")
    due = outbox.oldest_due()
    taken = sa.select(sa.func.max(OutboxMessage.claimed_at))
    last_taken = db.session.scalar(taken)
    if due is not None and due < old and (last_taken is None or last_taken < old):
        raise NotWell(f"mail has been due for {_minutes_since(due)} and none is being sent")
    return "nothing waits too long"


def _mail() -> str:
    late = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(late_mail())) or 0
    if late:
        raise NotWell(f"{count(late, 'message')} tried for over 4 hours without leaving. See: convene outbox")
    since = mail_stopped_since()
    if since is not None:
        raise NotWell(f"none has left for {_minutes_since(since)} though it was tried. See: convene outbox")
    return "nothing is tried in vain"


def _mailbox() -> str:
    state = watching.mailbox_state()
    if state is None:
        return "not connected"
    if not state.well:
        raise NotWell(state.says)
    return state.says


def _disk() -> str:
    for folder in _folders():
        if shutil.disk_usage(folder).free < LEAST_FREE:
            raise NotWell(f"less than {LEAST_FREE // 1024**2:,} MB are free where Convene writes")
        # A quota, a lack of inodes or a file system that turned read-only shows when something is written.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    return "has room"


def _folders() -> Iterator[Path]:
    instance = Path(current_app.instance_path)
    yield instance
    file = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and file and Path(file).parent != instance:
        yield Path(file).parent


def _minutes_since(moment: object) -> str:
    return count(int((now() - moment).total_seconds() // 60), "minute")  # type: ignore[operator]


@dataclass
class _Asked:
    """A check under way in a thread of its own, as nothing else ends a wait for a disk or a server."""

    check: str
    find: Callable[[], str]
    began: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    found: Finding | None = None

    @classmethod
    def begin(cls, check: str, find: Callable[[], str]) -> _Asked:
        """Begin a check, or join the one that has not come to an end."""
        app: Convene = current_app._get_current_object()  # type: ignore[attr-defined]
        with _asking:
            under_way: dict[str, _Asked] = app.extensions.setdefault("convene_health", {})
            asked = under_way.get(check)
            if asked is None or asked.done.is_set():
                asked = under_way[check] = cls(check, find)
                threading.Thread(target=asked._run, args=(app,), daemon=True).start()
        return asked

    def answer(self, patience: float) -> Finding:
        """What was found, or that nothing was in the time given."""
        left = self.began + patience - time.monotonic()
        if self.done.wait(max(0.0, left)) and self.found is not None:
            return self.found
        return Finding(self.check, False, f"no answer within {patience:g} seconds")

    def _run(self, app: Convene) -> None:
        try:
            with app.app_context():
                self.found = Finding(self.check, True, self.find())
        except NotWell as trouble:
            self.found = Finding(self.check, False, str(trouble))
        except Exception:
            log.exception("The check of %s failed", self.check)
            self.found = Finding(self.check, False, FAILED.get(self.check, "could not be checked"))
        finally:
            self.done.set()


_asking = threading.Lock()
FAILED = {
    "database": "does not answer or takes no writes",
    "disk": "nothing can be written in the folder Convene writes to",
}
