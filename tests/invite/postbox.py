"""A real mail server on loopback that keeps what arrives, says no when told to, and pulls the plug at any command."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# The moments of one delivery at which a test may step in, in order.
GREETED, SENDER, RECIPIENT, AFTER_DOT, GOODBYE = "EHLO", "MAIL", "RCPT", "after the dot", "QUIT"


@dataclass
class Postbox:
    """What arrived, as (recipient, bytes); ``says`` is the answer at RCPT and after the dot by recipient.

    ``when`` maps (moment, how many times it was reached) to what happens then. With ``takes`` False a message whose
    delivery was interrupted after the dot is thrown away; ``hangs_up`` leaves the sender without an answer.
    """

    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    rcpt_says: Callable[[str], str] = lambda address: "250 OK"
    data_says: Callable[[str], str] = lambda address: "250 2.0.0 taken"
    when: dict[tuple[str, int], Callable[[], None]] = field(default_factory=dict)
    takes: bool = True
    hangs_up: bool = False
    pause: float = 0.0
    most: int | None = None  # once so many have arrived the next recipient gets no answer until this is raised
    at_once: int = 0
    most_at_once: int = 0
    carries: int = 0  # so many messages a connection; to the next one ``enough`` is said, or nothing and it is cut
    enough: str = ""
    wait_for: int = 0  # answer nobody before so many connections were open at once
    senders: list[str] = field(default_factory=list)  # of each envelope, in order
    reached: Counter[str] = field(default_factory=Counter)
    url: str = ""

    @property
    def recipients(self) -> list[str]:
        return [to for to, _ in self.arrived]

    @property
    def message_ids(self) -> list[str]:
        return [str(message_from_bytes(body, policy=default)["Message-ID"]) for _, body in self.arrived]

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses):
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        while self.most_at_once < self.wait_for:
            await asyncio.sleep(0.02)
        self._reach(GREETED)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]):
        self._reach(SENDER)
        session.carried = getattr(session, "carried", 0) + 1
        if self.carries and session.carried > self.carries:
            if not self.enough:
                server.transport.abort()
            return self.enough
        envelope.mail_from = address
        self.senders.append(address)
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]):
        self._reach(RECIPIENT)
        while self.most is not None and len(self.arrived) >= self.most:
            await asyncio.sleep(0.01)
        says = self.rcpt_says(address)
        if says.startswith("250"):
            envelope.rcpt_tos.append(address)
        return says

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope):
        (to,) = envelope.rcpt_tos
        await asyncio.sleep(self.pause)
        interrupted = self._reach(AFTER_DOT)
        says = self.data_says(to)
        if says.startswith("250") and (self.takes or not (interrupted or self.hangs_up)):
            self.arrived.append((to, envelope.original_content))
        if self.hangs_up:
            server.transport.abort()
        return says

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope):
        self._reach(GOODBYE)
        return "221 Bye"

    def connection_lost(self) -> None:
        self.at_once -= 1

    def _reach(self, moment: str) -> bool:
        self.reached[moment] += 1
        action = self.when.pop((moment, self.reached[moment]), None)
        if action is not None:
            action()
        return action is not None


class _Counted(SMTP):
    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connection_lost()
        super().connection_lost(error)


class _OnAnyPort(Controller):
    """A server on whatever port is free; the library's own start knocks at the number it was given."""

    def factory(self) -> SMTP:
        return _Counted(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def open_postbox(**given: object) -> Iterator[Postbox]:
    """Run a mail server while inside; ``postbox.url`` is its address as CONVENE_SMTP_URL."""
    postbox = Postbox(**given)  # type: ignore[arg-type]
    controller = _OnAnyPort(postbox, hostname="127.0.0.1", port=0, server_hostname="mail.example")
    controller.start()
    postbox.at_once = postbox.most_at_once = 0  # the library's own knock does not count
    postbox.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield postbox
    finally:
        controller.stop()
