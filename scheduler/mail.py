"""How a finished message leaves the house: over SMTP, or into a folder until a mail server is set.

One call, one message, one recipient, one honest outcome; many calls may share a connection. Who may be told what, and
how often to try, is for the caller.
"""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC
from email.parser import BytesHeaderParser
from email.policy import SMTP
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from scheduler.config import MailServer, Settings
from scheduler.mailboxes import AddressRefused, Mailbox
from scheduler.text import clean_line

_LONGEST_ANSWER = 500


def nothing() -> None:
    """Do nothing."""


class Fate(StrEnum):
    """What became of one try to deliver."""

    SENT = "sent"  # the mail server took it
    REFUSED = "refused"  # it will never take this message for this recipient
    TRY_LATER = "try-later"  # nothing left the house; the same bytes may go later
    UNCERTAIN = "uncertain"  # all of it was handed over, the answer is missing (RFC 1047): perhaps sent


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one try, the mail server's own words for it, and the file if it went to the folder.

    ``about_this_one``: the server spoke about this message or its recipient, not about itself or who we are.
    """

    fate: Fate
    words: str
    file: Path | None = None
    about_this_one: bool = False


def say_nothing(outcome: Outcome) -> None:
    """Leave an outcome to whoever gets it in the end."""


class Transport(Protocol):
    """A way out of the house."""

    def deliver(
        self,
        message: bytes,
        *,
        envelope_from: str,
        to: str,
        before_the_dot: Callable[[], None] = nothing,
        answered: Callable[[Outcome], None] = say_nothing,
    ) -> Outcome:
        """Hand one finished message over for one recipient; never raises for what a server or a disk says.

        ``before_the_dot`` is called when all but the end was handed over: after it the message may arrive unheard of.
        What it raises ends the try, with nothing sent. ``answered`` gets the outcome the moment the server has spoken
        about the whole message, before the goodbyes, which may take seconds.
        """

    def batch(self) -> AbstractContextManager[Transport]:
        """The same way out for many messages one after the other, in which what is costly to open stays open."""


def transport_of(settings: Settings) -> Transport:
    """The way out an operator has set: CONVENE_SMTP_URL, else ``instance/mail``."""
    server = settings.mail_server
    return MailFolder(settings.mail_folder) if server is None else SmtpServer(server)


@dataclass(frozen=True, slots=True)
class MailFolder:
    """Each message as ``<time>-<id>.eml``, named by its Date and Message-ID: delivered twice it is one file."""

    folder: Path

    def deliver(
        self,
        message: bytes,
        *,
        envelope_from: str,
        to: str,
        before_the_dot: Callable[[], None] = nothing,
        answered: Callable[[Outcome], None] = say_nothing,
    ) -> Outcome:
        """Write the message aside, force it to the disk, then name it: a reader finds all of it or nothing.

        Neither function is called: a file can be written again, so no try is ever uncertain.
        """
        _refuse_bad_addresses(envelope_from, to)
        path = self.folder / _file_name(message)
        aside = path.with_suffix(".part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # For the owner's eyes alone: a letter may hold a link that logs in.
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            _force_names_to_disk(self.folder)
        except OSError as error:
            return Outcome(Fate.TRY_LATER, f"{path}: {error.strerror or error}")
        return Outcome(Fate.SENT, f"written to {path.name}", path)

    def batch(self) -> AbstractContextManager[MailFolder]:
        """The folder itself: nothing is open."""
        return nullcontext(self)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server that takes our messages. Waits are in seconds.

    RFC 5321 4.5.3.2 allows a server ten minutes after the final dot; who gives up sooner sends twice.
    """

    server: MailServer
    patience: float = 60
    patience_after_the_dot: float = 600

    def deliver(
        self,
        message: bytes,
        *,
        envelope_from: str,
        to: str,
        before_the_dot: Callable[[], None] = nothing,
        answered: Callable[[Outcome], None] = say_nothing,
    ) -> Outcome:
        """Hand one message over in a connection of its own, as ``Line.deliver`` does."""
        with self.batch() as line:
            return line.deliver(
                message, envelope_from=envelope_from, to=to, before_the_dot=before_the_dot, answered=answered
            )

    @contextmanager
    def batch(self) -> Iterator[Line]:
        """A line to the server, opened for the first message and kept for the next ones."""
        line = Line(self)
        try:
            yield line
        finally:
            line.end()

    def connect(self, hello: str) -> smtplib.SMTP:
        """Open a connection, encrypted and logged in as the settings say; ``hello`` is the domain we say we are."""
        server = self.server
        smtp: smtplib.SMTP
        if server.scheme == "smtps":
            smtp = smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=hello,
                timeout=self.patience,
                context=ssl.create_default_context(),
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, local_hostname=hello, timeout=self.patience)
        try:
            if smtp.sock is not None:
                # The final dot is a small packet of its own: it must not wait for word that the message came.
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if server.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if server.user is not None:
                smtp.login(server.user, server.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def trouble(self, error: Exception) -> str:
        """What went wrong with the connection, with the server's name and never the password."""
        if isinstance(error, UnicodeError):  # its own words would show the password
            return f"{self.server.host}:{self.server.port}: host, user and password may hold ASCII letters only"
        told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return clean_line(f"{self.server.host}:{self.server.port}: {told or type(error).__name__}")[:_LONGEST_ANSWER]


class Line:
    """A connection to a mail server, kept from message to message; what is said about one concerns no other."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def deliver(
        self,
        message: bytes,
        *,
        envelope_from: str,
        to: str,
        before_the_dot: Callable[[], None] = nothing,
        answered: Callable[[Outcome], None] = say_nothing,
    ) -> Outcome:
        """Hand one message over.

        Refused for good is only what concerns this recipient or this message (RFC 5321 4.2.1: 5yz to RCPT or DATA).
        A refused log-in or sender concerns the settings: the message waits until an operator has mended them.
        """
        _refuse_bad_addresses(envelope_from, to)
        try:
            with self._dropped_where_it_breaks():
                smtp, refused = self._begun(envelope_from, len(message))
                refused = refused or self._announce(smtp, to)
                if refused is not None:
                    self._start_afresh(smtp)
                    return refused
                # A send that fails here has left the final dot unsent, and without it no server keeps a message.
                smtp.send(_dot_stuffed(message))
                before_the_dot()
                smtp.send(b".\r\n")
                outcome = self._end_of_data(smtp)
                answered(outcome)
                return outcome
        except smtplib.SMTPResponseException as error:
            return Outcome(Fate.TRY_LATER, _words(error.smtp_code, error.smtp_error))
        except (smtplib.SMTPException, OSError, UnicodeError) as error:  # smtplib knows no password but ASCII
            return Outcome(Fate.TRY_LATER, self._server.trouble(error))

    def end(self) -> None:
        """Say goodbye, if there is a connection; what was said about messages is settled, so nothing hangs on it."""
        if self._smtp is not None:
            _say_goodbye(self._smtp)
            self._smtp = None

    def batch(self) -> AbstractContextManager[Line]:
        """The line itself: it is open already."""
        return nullcontext(self)

    def _begun(self, envelope_from: str, size: int) -> tuple[smtplib.SMTP, Outcome | None]:
        """A connection on which the server has heard from whom a message comes, and its refusal if it will have none.

        Servers end a connection that has lain or that has carried enough: the next message goes on another, at once.
        """
        if self._smtp is not None:
            try:
                refused = _sender_refused(self._smtp, envelope_from, size)
                if refused is None or refused.fate is Fate.REFUSED:
                    return self._smtp, refused
                self.end()
            except (smtplib.SMTPException, OSError):
                self._drop()
        self._smtp = self._server.connect(Mailbox("", envelope_from).domain)
        return self._smtp, _sender_refused(self._smtp, envelope_from, size)

    def _announce(self, smtp: smtplib.SMTP, to: str) -> Outcome | None:
        """Say to whom; None where the server is ready for the message."""
        code, said = smtp.rcpt(to)
        if code not in (250, 251):
            return _refusal(code, said)
        code, said = smtp.docmd("DATA")
        return None if code == 354 else _refusal(code, said)

    def _end_of_data(self, smtp: smtplib.SMTP) -> Outcome:
        """Wait for the answer to the final dot: until it comes only the server knows whether it took the message."""
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.patience_after_the_dot)
            code, said = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.patience)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            words = f"No answer after the whole message was sent: {self._server.trouble(error)}"
            return Outcome(Fate.UNCERTAIN, words)
        if 200 <= code <= 299:
            return Outcome(Fate.SENT, _words(code, said))
        if 400 <= code <= 599:
            return _refusal(code, said)
        self._drop()
        return Outcome(Fate.UNCERTAIN, f"An answer that is none after the whole message was sent: {_words(code, said)}")

    def _start_afresh(self, smtp: smtplib.SMTP) -> None:
        """Have the server forget the message it refused, so that the next one is not taken for its end."""
        try:
            forgotten = smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            forgotten = False
        if not forgotten:
            self._drop()

    @contextmanager
    def _dropped_where_it_breaks(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        """Leave without QUIT: in the middle of DATA it would be a line of the message."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _sender_refused(smtp: smtplib.SMTP, envelope_from: str, size: int) -> Outcome | None:
    """Say from whom; None where the server will hear to whom."""
    code, said = smtp.mail(envelope_from, [f"SIZE={size}"] if smtp.has_extn("size") else [])
    if code == 250:
        return None
    # 552 is about the message ("too big"), any other is about who we say we are.
    return Outcome(Fate.REFUSED if code == 552 else Fate.TRY_LATER, _words(code, said))


def _refusal(code: int, said: bytes) -> Outcome:
    # 421 is "closing down" whatever it answers (RFC 5321 4.2.3).
    fate = Fate.REFUSED if 500 <= code <= 599 else Fate.TRY_LATER
    return Outcome(fate, _words(code, said), about_this_one=code != 421)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return clean_line(f"{code} {text}")[:_LONGEST_ANSWER]


def _dot_stuffed(message: bytes) -> bytes:
    """The message as it stands between DATA and the final dot (RFC 5321 4.5.2)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", message)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _say_goodbye(smtp: smtplib.SMTP) -> None:
    """End the connection; the outcome is settled, so a server that leaves first changes nothing."""
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(5)
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()


def _refuse_bad_addresses(*addresses: str) -> None:
    for address in addresses:
        if Mailbox("", address).address != address:
            raise AddressRefused(f"not an address in the form mail servers take: {address!r}")


def _file_name(message: bytes) -> str:
    headers = BytesHeaderParser(policy=SMTP).parsebytes(message)
    date = headers["Date"].datetime.astimezone(UTC)
    identity = re.sub(r"[^A-Za-z0-9-]", "-", str(headers["Message-ID"]).strip("<> ").partition("@")[0])
    return f"{date:%Y%m%dT%H%M%SZ}-{identity[:80]}.eml"


def _force_names_to_disk(folder: Path) -> None:
    """After a rename the folder itself must reach the disk, where the system lets one open a folder (not Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
