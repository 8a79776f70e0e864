"""Reading the mailbox that replies come to, beside a worker's jobs: each message kept, then marked, then read, once.

What has been kept is known by UIDVALIDITY and UID, written in the transaction that keeps the message; a message that
comes again under other numbers is told by its Message-ID and body (calendar-rules 57). Whether somebody has opened it
in a mail program says nothing. Nothing is ever deleted or moved.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app

from scheduler import heartbeats, inbox
from scheduler.clock import now
from scheduler.config import MailboxServer
from scheduler.extensions import db
from scheduler.formatting import count
from scheduler.invite import receiving
from scheduler.models import MailboxWatch, OutboxMessage, WorkerBeat
from scheduler.transaction import rows_changed, transaction

if TYPE_CHECKING:
    from scheduler import Convene

TURN_SECONDS = 10.0
"""How often a worker asks whether the one that looks into the mailbox is gone."""
MOST_TRIES = 5
"""How often one message is asked for before it is left in the mailbox, and an organiser told."""
STALE_AFTER = timedelta(minutes=15)
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 900.0
REFUSED_PAUSE = 60.0  # a wrong password that is tried often locks an account
END_SECONDS = 1.0  # for the thread to end by itself; then its connection is cut

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailboxState:
    """How it stands with the mailbox: the last look that came to its end, and what is wrong, in words, since when."""

    looked_at: datetime | None
    trouble: str
    since: datetime | None

    @property
    def well(self) -> bool:
        """Whether replies are being read."""
        return not self.trouble

    @property
    def says(self) -> str:
        """One line for home, ``/readyz`` and ``convene doctor``, without a name or an address."""
        if self.trouble:
            return f"{self.trouble}, for {_minutes_since(self.since)}" if self.since else self.trouble
        if self.looked_at is None:
            return "not looked into yet"
        return f"last looked into {_minutes_since(self.looked_at)} ago"


def mailbox_state() -> MailboxState | None:
    """How it stands with the mailbox of CONVENE_INBOX_URL; None where none is set."""
    server = _server()
    if server is None:
        return None
    row = db.session.get(MailboxWatch, server.name, populate_existing=True)
    looked_at = row.looked_at if row is not None else None
    if row is not None and row.trouble:
        return MailboxState(looked_at, row.trouble, row.trouble_since)
    # A worker that was started before the mailbox was set looks into none, and nobody would notice.
    last = looked_at or db.session.scalar(sa.select(sa.func.min(WorkerBeat.started_at)))
    if last is not None and last < now() - STALE_AFTER:
        return MailboxState(looked_at, "no worker looks into the mailbox", last)
    return MailboxState(looked_at, "", None)


@contextmanager
def beside(app: Convene, worker: str, *, once: bool = False) -> Iterator[threading.Thread | None]:
    """Look into the mailbox while inside, in a thread of its own, or ``once``; None where no mailbox is set.

    Leaving takes no longer than two seconds, whatever the server does: what was being fetched is fetched again.
    """
    server = app.settings.inbox
    if server is None:
        yield None
        return
    watch = Watch(app, server, worker, once=once)
    watch.start()
    try:
        yield watch
    finally:
        watch.end()


class Watch(threading.Thread):
    """One worker's look into one mailbox, over and over, whatever the mailbox does."""

    def __init__(self, app: Convene, server: MailboxServer, worker: str, *, once: bool = False) -> None:
        # Nothing ends a wait for a name server: such a thread must not hold up the end of the process.
        super().__init__(name="mailbox", daemon=True)
        self._app, self._server, self._worker, self._once = app, server, worker, once
        self._ending = threading.Event()
        self._open: inbox.Mailbox | None = None
        self._failures = 0

    def end(self) -> None:
        """End soon: after the message in hand, or at once where the server does not answer."""
        self._ending.set()
        self.join(END_SECONDS)
        if self.is_alive() and (mailbox := self._open) is not None:
            mailbox.cut()
            self.join(END_SECONDS / 2)

    def run(self) -> None:
        """Take turns with other workers, look, wait for news, and begin anew after every trouble."""
        while not self._ending.is_set():
            pause = TURN_SECONDS
            try:
                if self._has_the_turn():
                    self._stay()
            except inbox.MailboxTrouble as trouble:
                pause = self._pause_after(trouble.kind)
            except sa.exc.DBAPIError as error:
                log.warning("The mailbox waits, the database does not answer: %s", type(error.orig).__name__)
            except Exception:
                log.exception("The look into the mailbox failed")
                pause = self._pause_after(inbox.Trouble.BROKE_OFF)
            if self._once:
                break
            self._ending.wait(pause)
        self._give_the_turn_away()

    def _stay(self) -> None:
        """Look into the mailbox, again whenever something arrives, while it is this worker's turn."""
        with inbox.opened(self._server) as mailbox:
            self._open = mailbox
            try:
                while not self._ending.is_set() and self._has_the_turn():
                    with self._app.app_context():
                        look_into(mailbox, self._server, self._ending)
                    self._failures = 0
                    if self._once:
                        return
                    mailbox.wait(self._ending)
            finally:
                self._open = None

    def _pause_after(self, kind: inbox.Trouble) -> float:
        """Note the trouble, and say how many seconds to leave the server alone."""
        if self._ending.is_set():
            return 0.0  # we broke it off ourselves
        self._failures += 1
        if kind is inbox.Trouble.BROKE_OFF and self._failures == 1 and not self._once:
            return 0.0  # connections end; one that can be made again is no trouble
        try:
            with self._app.app_context():
                _note_trouble(self._server, kind)
        except sa.exc.DBAPIError:
            log.warning("That %s could not be noted", kind.value)
        first = REFUSED_PAUSE if kind is inbox.Trouble.REFUSED else FIRST_PAUSE
        return min(first * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE)

    def _has_the_turn(self) -> bool:
        with self._app.app_context():
            return _take_turn(self._server, self._worker)

    def _give_the_turn_away(self) -> None:
        try:
            with self._app.app_context(), transaction() as tx:
                mine = MailboxWatch.mailbox == self._server.name, MailboxWatch.held_by == self._worker
                tx.execute(sa.update(MailboxWatch).where(*mine).values(held_by="", held_at=None))
        except sa.exc.DBAPIError:
            log.warning("The turn at the mailbox could not be given away: others take it when this worker is gone")


def look_into(mailbox: inbox.Mailbox, server: MailboxServer, ending: threading.Event) -> None:
    """Keep, mark and read what has arrived since the last look, message by message, until ``ending`` is set.

    Raises MailboxTrouble where the connection breaks; what was kept until then is not asked for again.
    """
    row = _row(server)
    anew = row.uid_validity != mailbox.numbering
    after, failed = (0, {}) if anew else (row.uid, dict(row.failed))
    db.session.rollback()
    if anew:
        _set(server, uid_validity=mailbox.numbering, uid=0, failed={})
    since = _first_day_of_answers() if after == 0 else None
    arrived = mailbox.arrived(after=after, since=since)
    for uid in [*arrived, *sorted(map(int, failed))]:
        if ending.is_set():
            return
        _bring_in(mailbox, server, uid)
    # All below the next number were there, and those that were left alone stay so.
    seen = [*arrived, (mailbox.next_uid or 1) - 1 if after == 0 else 0]
    _set(server, uid=max([after, *seen]), looked_at=now(), trouble="", trouble_since=None)


def _bring_in(mailbox: inbox.Mailbox, server: MailboxServer, uid: int) -> None:
    """Keep one message and commit; then mark it; then read it."""
    try:
        fetched = mailbox.fetch(uid, most=receiving.LARGEST + 1)
    except (inbox.MailboxTrouble, inbox.NotFetched) as trouble:
        if _tried_in_vain(server, uid) >= MOST_TRIES:
            log.error("Message %d is left in the mailbox: %s", uid, trouble)
            _read(_keep(server, mailbox, uid, inbox.Fetched(_stand_in(mailbox.numbering, uid), 0, None)))
        if isinstance(trouble, inbox.MailboxTrouble):
            raise
        return
    if fetched is None:
        _forget_failure(server, uid)  # somebody has taken it out of the mailbox
        return
    kept = _keep(server, mailbox, uid, fetched)
    mailbox.mark_seen(uid)
    _read(kept)


def _keep(server: MailboxServer, mailbox: inbox.Mailbox, uid: int, fetched: inbox.Fetched) -> receiving.Kept:
    """The message and how far the mailbox has been read, in one commit: neither is known without the other."""
    at = now()
    with transaction():
        place = receiving.MailboxPlace(mailbox.numbering, uid)
        arrived_at = min(fetched.arrived_at, at) if fetched.arrived_at else at
        kept = receiving.keep(fetched.raw, size=fetched.size, mailbox=place, received_at=arrived_at)
        row = _row(server)
        row.uid = max(row.uid, uid)
        row.failed = {number: tries for number, tries in row.failed.items() if number != str(uid)}
    return kept


def _read(kept: receiving.Kept) -> None:
    try:
        receiving.read(kept.id, is_copy=kept.is_copy)
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        log.exception("Received message %d is kept and will be read later", kept.id)


def _tried_in_vain(server: MailboxServer, uid: int) -> int:
    """Note that a message could not be had, and that others may be asked for; says how often it was tried."""
    with transaction():
        row = _row(server)
        tries = row.failed.get(str(uid), 0) + 1
        row.uid = max(row.uid, uid)
        row.failed = {**row.failed, str(uid): tries}
    return tries


def _forget_failure(server: MailboxServer, uid: int) -> None:
    with transaction():
        row = _row(server)
        row.failed = {number: tries for number, tries in row.failed.items() if number != str(uid)}


def _stand_in(numbering: int, uid: int) -> bytes:
    """What an organiser reads in the place of a message that the server does not hand over."""
    return (
        "Subject: A message in the mailbox could not be fetched\r\n\r\n"
        f"The mailbox server does not hand over message {uid} (numbering {numbering}). It is still in the mailbox, "
        "unread. Open it there.\r\n"
    ).encode()


def _first_day_of_answers() -> date:
    """The day before Convene first wrote to anybody: older mail in the mailbox can be no answer, and is left alone.

    A day earlier, as a server reads dates in a time zone of its own.
    """
    first = db.session.scalar(sa.select(sa.func.min(OutboxMessage.queued_at))) or now()
    db.session.rollback()
    return (first - timedelta(days=1)).date()


def _take_turn(server: MailboxServer, worker: str) -> bool:
    """Whether it is this worker who looks into the mailbox; it takes the turn of one that is gone."""
    free = sa.or_(MailboxWatch.held_by.in_(("", worker)), heartbeats.gone(MailboxWatch.held_by, MailboxWatch.held_at))
    take = sa.update(MailboxWatch).where(MailboxWatch.mailbox == server.name, free)
    with transaction() as tx:
        if tx.get(MailboxWatch, server.name) is None:
            try:
                with tx.begin_nested():
                    tx.add(MailboxWatch(mailbox=server.name))
            except sa.exc.IntegrityError:
                log.debug("Another worker made the row in this very moment")
        return rows_changed(take.values(held_by=worker, held_at=now())) > 0


def _note_trouble(server: MailboxServer, kind: inbox.Trouble) -> None:
    with transaction():
        row = _row(server)
        row.trouble, row.trouble_since = kind.value, row.trouble_since or now()


def _set(server: MailboxServer, **values: object) -> None:
    with transaction() as tx:
        tx.execute(sa.update(MailboxWatch).where(MailboxWatch.mailbox == server.name).values(**values))


def _row(server: MailboxServer) -> MailboxWatch:
    return db.session.get_one(MailboxWatch, server.name, populate_existing=True)


def mailbox_is_set() -> bool:
    """Whether replies come to a mailbox at all."""
    return _server() is not None


def _server() -> MailboxServer | None:
    app: Convene = current_app._get_current_object()  # type: ignore[attr-defined]
    return app.settings.inbox


def _minutes_since(moment: datetime) -> str:
    return count(int((now() - moment).total_seconds() // 60), "minute")
