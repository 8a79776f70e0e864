"""How mail comes into the house: one folder of an IMAP mailbox, looked into and marked, never emptied (RFC 3501).

Nothing here knows the database. Every failure is one of a few kinds of trouble, in words that a stranger may read; what
the server said itself goes to the log.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
)

from scheduler.config import MailboxServer

POLL_SECONDS = 60.0  # between two looks where the server does not tell by itself what arrives
IDLE_SECONDS = 240.0  # how long to be told: RFC 2177 allows 29 minutes, home routers and Exchange often less
STOP_SECONDS = 0.5  # how long a wait may go on after it was told to end
_PATIENCE = SocketTimeout(connect=15, read=60)

log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """What keeps Convene from a mailbox, as home, ``/readyz`` and ``convene doctor`` say it."""

    AWAY = "the mailbox server does not answer"
    BROKE_OFF = "the mailbox server breaks the connection off"
    UNTRUSTED = "the mailbox server's certificate is not trusted"
    NO_TLS = "the mailbox server offers no encryption, so nobody logged in"
    REFUSED = "the mailbox refuses the log-in"
    NO_FOLDER = "the mailbox has no such folder"


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; ``kind`` says why."""

    def __init__(self, kind: Trouble) -> None:
        super().__init__(kind.value)
        self.kind = kind


class NotFetched(Exception):
    """The server refuses to hand over one message, or hands over what cannot be understood; others can be had."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message, or its beginning; ``size`` is what the server says of the whole, in bytes."""

    raw: bytes
    size: int
    arrived_at: datetime | None


@dataclass
class Mailbox:
    """An open folder. ``numbering`` is its UIDVALIDITY; UIDs below ``next_uid`` had been given when it was opened."""

    numbering: int
    next_uid: int | None
    read_only: bool
    _client: Any = field(repr=False)

    def arrived(self, *, after: int, since: date | None = None) -> list[int]:
        """The UIDs above ``after``, in order; of the messages that arrived on that day or later where one is given."""
        wanted: list[Any] = ["UID", f"{after + 1}:*", *(["SINCE", since] if since else [])]
        with _connection():
            found = self._client.search(wanted)
        # "n:*" names the last message whatever its number (RFC 3501 6.4.8).
        return sorted(uid for uid in found if uid > after)

    def fetch(self, uid: int, *, most: int) -> Fetched | None:
        """A message without marking it, no more than ``most`` bytes of it; None where it has gone.

        Raises NotFetched, and MailboxTrouble where the connection breaks.
        """
        try:
            with _connection():
                answer = self._client.fetch([uid], ["RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[]<0.{most}>"])
        except (IMAPClientError, ValueError, LookupError) as error:
            raise NotFetched(type(error).__name__) from error
        said = answer.get(uid)
        if said is None:
            return None
        raw = said.get(b"BODY[]<0>", said.get(b"BODY[]"))
        if raw is None:
            raise NotFetched("no body")
        arrived_at = said.get(b"INTERNALDATE")
        aware = arrived_at if isinstance(arrived_at, datetime) and arrived_at.tzinfo is not None else None
        return Fetched(raw[:most], int(said.get(b"RFC822.SIZE", len(raw))), aware)

    def mark_seen(self, uid: int) -> None:
        """Mark a message as read. Where that is not allowed nothing is lost: what was read is known without it."""
        if self.read_only:
            return
        try:
            with _connection():
                self._client.add_flags([uid], [SEEN], silent=True)
        except IMAPClientError as error:
            log.info("A message cannot be marked as read: %s", error)

    def wait(self, stop: threading.Event) -> None:
        """Return when something may have arrived, when it is time to look again, or when ``stop`` is set."""
        with _connection():
            if not self._client.has_capability("IDLE"):
                stop.wait(POLL_SECONDS)
                return
            self._client.idle()
            self._hear_of_news(stop)
            self._client.idle_done()  # tells of a connection that broke meanwhile

    def cut(self) -> None:
        """Break the connection off, from another thread: what waits for the server ends at once."""
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def _hear_of_news(self, stop: threading.Event) -> None:
        until = time.monotonic() + IDLE_SECONDS
        while not stop.is_set() and time.monotonic() < until:
            began = time.monotonic()
            said = self._client.idle_check(timeout=STOP_SECONDS)
            # A closed connection is readable and says nothing, again and again.
            if said or time.monotonic() - began < STOP_SECONDS / 2:
                return


@contextmanager
def opened(server: MailboxServer) -> Iterator[Mailbox]:
    """Log in and open the folder while inside. Raises MailboxTrouble."""
    with _client_of(server) as client:
        _log_in(client, server)
        yield _select(client, server.folder)


@contextmanager
def _client_of(server: MailboxServer) -> Iterator[Any]:
    context = ssl.create_default_context()
    try:
        client = IMAPClient(
            server.host, server.port, ssl=server.scheme == "imaps", ssl_context=context, timeout=_PATIENCE
        )
    except (OSError, IMAPClientError, ValueError) as error:
        raise _trouble(error, Trouble.AWAY) from error
    client.normalise_times = False  # moments as the server gives them, with their offset
    try:
        if server.scheme == "imap+starttls":
            _begin_tls(client, context)
        yield client
    finally:
        _close(client)


def _begin_tls(client: Any, context: ssl.SSLContext) -> None:
    with _connection():
        if not client.has_capability("STARTTLS"):
            raise MailboxTrouble(Trouble.NO_TLS)
        try:
            client.starttls(context)
        except IMAPClientError as error:
            raise _trouble(error, Trouble.NO_TLS) from error


def _log_in(client: Any, server: MailboxServer) -> None:
    with _connection():
        # AUTHENTICATE PLAIN takes any character, LOGIN only those of ASCII.
        log_in = client.plain_login if client.has_capability("AUTH=PLAIN") else client.login
        try:
            log_in(server.user, server.password)
        except (LoginError, UnicodeEncodeError) as error:
            # RFC 5530: the server could not check it, which says nothing about who we are.
            busy = any(code in str(error).upper() for code in ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]"))
            if isinstance(error.__context__, IMAPClientAbortError):  # IMAPClient calls a connection that broke so too
                raise _trouble(error, Trouble.BROKE_OFF) from error
            raise _trouble(error, Trouble.AWAY if busy else Trouble.REFUSED) from error


def _select(client: Any, folder: str) -> Mailbox:
    with _connection():
        try:
            said, read_only = client.select_folder(folder), False
        except IMAPClientReadOnlyError:
            said, read_only = client.select_folder(folder, readonly=True), True
        except IMAPClientAbortError:
            raise
        except (IMAPClientError, UnicodeError) as error:
            raise _trouble(error, Trouble.NO_FOLDER) from error
    return Mailbox(int(said.get(b"UIDVALIDITY", 0)), said.get(b"UIDNEXT"), read_only, client)


@contextmanager
def _connection() -> Iterator[None]:
    """What breaks a connection, or makes no sense on it, is trouble; a plain "no" is for the caller."""
    try:
        yield
    except (OSError, IMAPClientAbortError) as error:
        if isinstance(error, IMAPClientReadOnlyError):
            raise
        raise _trouble(error, Trouble.BROKE_OFF) from error


def _trouble(error: Exception, kind: Trouble) -> MailboxTrouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = Trouble.UNTRUSTED
    elif isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError) and kind is Trouble.AWAY:
        kind = Trouble.NO_TLS
    log.warning("%s: %s", kind.value.capitalize(), str(error)[:300] or type(error).__name__)
    return MailboxTrouble(kind)


def _close(client: Any) -> None:
    """Say goodbye, or close what does not listen any more."""
    try:
        client.logout()
    except (OSError, IMAPClientError):
        with suppress(OSError):
            client.shutdown()
