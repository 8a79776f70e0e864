"""Letters as mail servers take them: a data class in, the bytes of one finished message out.

A letter is built once and stored; every try sends these bytes, so a copy too many is one message to every reader
(calendar-rules 11). So nothing here is random or asks the time: equal input gives equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import MIMEPart
from email.policy import SMTP
from hashlib import sha256
from uuid import uuid4

from icalendar import Calendar

from scheduler.mailboxes import Mailbox
from scheduler.text import clean_line, clean_text

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.+=_-]+@[A-Za-z0-9.-]+>")
# Python's email reads a header's own text again while folding it: what looks like an encoded word is decoded, line
# ends and all, and a quoted name too long for one line loses its quotes (seen in 3.11.7). So neither gets there.
_ENCODED_WORD = re.compile(r"=(?=\?)")
_PLAIN_IN_NAMES = str.maketrans({'"': "'", "\\": "/", "<": "(", ">": ")", "@": " at "})
_LONGEST_NAME = 60
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one person.

    ``dated`` is when it was finished; ``html`` is a whole document that says what ``text`` says. ``reply_to`` is where
    written words go, the sender if left out; ``follows`` is the Message-ID of the first letter about the same thing,
    so that people see one thread.
    """

    message_id: str
    dated: datetime
    sender: Mailbox
    to: Mailbox
    subject: str
    text: str
    html: str
    reply_to: Mailbox | None = None
    follows: str = ""

    def __post_init__(self) -> None:
        for message_id in filter(None, (self.message_id, self.follows)):
            if not _MESSAGE_ID.fullmatch(message_id):
                raise ValueError(f"not a Message-ID: {message_id!r}")
        if not self.message_id:
            raise ValueError("a letter has a Message-ID")
        if self.dated.tzinfo is None:
            raise ValueError("dated must be aware")


def new_message_id(host: str) -> str:
    """A Message-ID for one finished message; a retry keeps it, so that two copies are one to every reader."""
    return f"<{uuid4()}@{host_in_ids(host)}>"


def host_in_ids(host: str) -> str:
    """A host as a Message-ID or a UID may end with it; the colons of an IPv6 address may not stand there."""
    return f"ipv6.{host.replace(':', '-')}" if ":" in host else host.lower()


def build(letter: Letter, calendar: bytes | None = None) -> bytes:
    """The whole message with CRLF lines, 7-bit throughout: plain text, HTML and, if given, the calendar, richest last.

    Raises ValueError if the calendar is not for the letter's one recipient alone: an invitation to somebody else shows
    no buttons, and would tell one person's address to another (calendar-rules 6).
    """
    parts = [_text("plain", letter.text), _text("html", letter.html)]
    if calendar is not None:
        parts.append(_calendar(calendar, letter.to))
    message = MIMEPart(policy=SMTP)
    message["From"] = _address(letter.sender)
    message["To"] = _address(letter.to)
    message["Reply-To"] = _address(letter.reply_to or letter.sender)
    message["Subject"] = _in_one_header(letter.subject, _LONGEST_SUBJECT)
    message["Date"] = letter.dated.astimezone(UTC).replace(microsecond=0)
    message["Message-ID"] = letter.message_id
    if letter.follows:
        message["In-Reply-To"] = letter.follows
        message["References"] = letter.follows
    message["MIME-Version"] = "1.0"
    # RFC 3834 5 for everybody, the other for Exchange: no out-of-office notes, please. Bounces are wanted.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.make_alternative(boundary=_boundary(letter.message_id))
    for part in parts:
        message.attach(part)
    return message.as_bytes()


def _address(mailbox: Mailbox) -> Address:
    name = _in_one_header(mailbox.name.translate(_PLAIN_IN_NAMES), _LONGEST_NAME)
    return Address(display_name=name, addr_spec=mailbox.address)


def _in_one_header(text: str, longest: int) -> str:
    line = _ENCODED_WORD.sub("= ", clean_line(text))
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _text(subtype: str, text: str) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(f"{clean_text(text)}\n", subtype=subtype, charset="utf-8", cte="quoted-printable")
    return part


def _calendar(data: bytes, recipient: Mailbox) -> MIMEPart:
    """The calendar part: bytes, as a string would lose its CRLF; base64, as relays rewrap; no disposition, which hides.

    The method in the header is the object's own, so the two cannot differ (RFC 6047 2.4).
    """
    calendar = Calendar.from_ical(data)
    invited = [str(attendee) for event in calendar.walk("VEVENT") for attendee in _each(event.get("attendee"))]
    if invited != [f"mailto:{recipient.address}"]:
        raise ValueError(f"the calendar asks {', '.join(invited) or 'nobody'}, the letter goes to {recipient.address}")
    part = MIMEPart(policy=SMTP)
    parameters = {"method": str(calendar["method"]), "charset": "utf-8"}
    part.set_content(data, maintype="text", subtype="calendar", cte="base64", params=parameters)
    return part


def _each(value: object) -> Sequence[object]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _boundary(message_id: str) -> str:
    """A line that no part can hold: "=_" occurs in neither base64 nor quoted-printable."""
    return f"=_{sha256(message_id.encode()).hexdigest()[:32]}"
