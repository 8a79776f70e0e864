"""A received message taken apart: who wrote it, what they wrote, its calendar parts, and what it reports.

Pure, and never raises for what a message holds: one that goes beyond the limits says so in ``trouble`` and is not read
further (calendar-rules 54 and 56). Nothing in a message that lies in another message is read as an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

from scheduler.invite.incoming.charsets import header_text, text_of
from scheduler.text import clean_text

LARGEST = 25 * 1024 * 1024  # bytes
LARGEST_CALENDAR = 1024 * 1024
DEEPEST = 20
MOST_PARTS = 200
LONGEST_TEXT = 100_000  # characters of a letter that are looked at

TOO_LARGE = "The message is larger than 25 MB, so only its beginning was kept and it was not read."
TOO_DEEP = "The message is nested so deeply, or has so many parts, that it was not read."
TOO_LARGE_A_CALENDAR = "The calendar part is larger than 1 MB, so it was not read."

_CALENDAR_TYPES = frozenset({"text/calendar", "application/ics", "text/x-vcalendar", "application/calendar"})
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,480}>")
_UID_LINE = re.compile(rb"^UID:(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A calendar as it stands in a message; ``method`` is the header's, in capitals, "" where it says none."""

    method: str
    data: bytes
    charset: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery status notification says about one recipient (RFC 3464 2.3)."""

    action: str
    status: str
    recipient: str
    words: str


@dataclass
class Mail:
    """A message taken apart. Addresses are as written, without their case; ``trouble`` says why it was not read."""

    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    machine_sender: str = ""  # Sender, where there is one: a delegate, or a system that writes for many
    recipients: tuple[str, ...] = ()
    subject: str = ""
    dated: datetime | None = None
    thread: tuple[str, ...] = ()  # the Message-IDs of In-Reply-To and References, last first
    headers: tuple[tuple[str, str], ...] = ()  # in their order, names in lower case
    text: str = ""
    calendars: list[CalendarPart] = field(default_factory=list)
    report: str = ""  # the report-type of a multipart/report
    deliveries: list[Delivery] = field(default_factory=list)
    returned_ids: list[str] = field(default_factory=list)  # Message-IDs of messages that came back inside this one
    returned_uids: list[str] = field(default_factory=list)
    has_tnef: bool = False
    trouble: str = ""

    def header(self, name: str) -> str:
        """The first header of a name, "" where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def from_nobody(self) -> bool:
        """Whether the envelope's sender was empty, as the last mail server notes it: nobody wants an answer."""
        return re.sub(r"\s", "", self.header("return-path")) == "<>"


def unwrap(raw: bytes, *, size: int | None = None) -> Mail:
    """Take a message apart; ``size`` is its true size where only the beginning was kept."""
    too_large = max(size or 0, len(raw)) > LARGEST
    # Each level of nesting needs a boundary of its own: so many of them are found without climbing down.
    too_deep = raw.lower().count(b"boundary") > MOST_PARTS
    try:
        message = message_from_bytes(_head_of(raw) if too_large or too_deep else raw)
        mail = _with_headers(message)
        if too_large or too_deep:
            mail.trouble = TOO_LARGE if too_large else TOO_DEEP
        else:
            _read_parts(message, mail)
    except RecursionError:
        mail = _with_headers(message_from_bytes(_head_of(raw)))
        mail.trouble = TOO_DEEP
    return mail


def _head_of(raw: bytes) -> bytes:
    end = re.search(rb"\r?\n\r?\n", raw[:LARGEST_CALENDAR])
    return raw[: end.start() if end else 0] + b"\r\n\r\n"


def _with_headers(message: Message) -> Mail:
    headers = tuple((name.lower(), _line(value)) for name, value in list(message.raw_items())[:500])
    mail = Mail(headers=headers)
    found = _MESSAGE_ID.search(mail.header("message-id"))
    mail.message_id = found.group() if found else mail.header("message-id")[:500]
    mail.sender_name, mail.sender = _first_mailbox(mail.header("from"))
    mail.machine_sender = _first_mailbox(mail.header("sender"))[1]
    delivered = [value for name, value in headers if name in ("to", "cc", "delivered-to", "x-original-to")]
    mail.recipients = tuple(dict.fromkeys(address.lower() for _, address in _addresses(delivered) if address))[:50]
    mail.subject = header_text(mail.header("subject"))[:300]
    mail.dated = _moment(mail.header("date"))
    thread = f"{mail.header('references')} {mail.header('in-reply-to')}"
    mail.thread = tuple(dict.fromkeys(reversed(_MESSAGE_ID.findall(thread)[-50:])))
    return mail


def _read_parts(message: Message, mail: Mail) -> None:
    """Read each part of a message as what it is; the first plain text is its letter."""
    mail.report = _parameter(message, "report-type") if message.get_content_type() == "multipart/report" else ""
    plain: str | None = None
    html: str | None = None
    for count, (depth, part) in enumerate(_parts(message, 0)):
        if depth > DEEPEST or count >= MOST_PARTS:
            mail.trouble = TOO_DEEP
            return
        kind, name = part.get_content_type(), _file_name(part)
        if kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
            _note_returned(part, mail)
        elif kind in ("message/delivery-status", "message/global-delivery-status"):
            mail.deliveries.extend(_deliveries(part))
        elif part.is_multipart():
            continue
        elif kind in _CALENDAR_TYPES or name.endswith((".ics", ".vcs")):
            data = _payload(part)
            if len(data) > LARGEST_CALENDAR:
                mail.trouble = TOO_LARGE_A_CALENDAR
                return
            method = _parameter(part, "method").upper()
            mail.calendars.append(CalendarPart(method, data, _parameter(part, "charset")))
        elif kind in _TNEF_TYPES or name == "winmail.dat":
            mail.has_tnef = True
        elif kind == "text/plain" and plain is None:
            plain = text_of(_payload(part), _parameter(part, "charset"))
        elif kind == "text/html" and html is None:
            html = text_of(_payload(part), _parameter(part, "charset"))
    written = plain if plain is not None and plain.strip() else _words_of(html or "")
    mail.text = clean_text(written[:LONGEST_TEXT])


def _parts(message: Message, depth: int) -> Iterator[tuple[int, Message]]:
    """Every part with its depth, but none inside a message that lies in this one; no deeper than may be."""
    yield depth, message
    if message.get_content_maintype() == "multipart" and message.is_multipart() and depth <= DEEPEST:
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)


def _note_returned(part: Message, mail: Mail) -> None:
    """Note which messages came back, and which invitations in them: for reports, never for answers."""
    inner = part.get_payload()
    if isinstance(inner, list):
        returned = [message for message in inner if isinstance(message, Message)]
    else:
        returned = [message_from_bytes(_payload(part))]
    for message in returned[:5]:
        mail.returned_ids.extend(_MESSAGE_ID.findall(_line(message.get("message-id", "")))[:1])
        for _, piece in _parts(message, 0):
            if piece.get_content_type() in _CALENDAR_TYPES:
                uids = _UID_LINE.findall(_payload(piece)[:LARGEST_CALENDAR])
                mail.returned_uids.extend(uid.decode("ascii", "replace") for uid in uids[:5])


def _deliveries(part: Message) -> list[Delivery]:
    """The fields for each recipient of a report; the first block, which is about the message, names none."""
    blocks = part.get_payload()
    found = []
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or "action" not in block:
            continue
        recipient = _line(block.get("final-recipient", "") or block.get("original-recipient", ""))
        found.append(
            Delivery(
                action=_line(block.get("action", "")).lower().split(" ")[0].strip("()"),
                status=_line(block.get("status", "")).split(" ")[0][:20],
                recipient=recipient.rpartition(";")[2].strip().lower()[:320],
                words=_line(block.get("diagnostic-code", ""))[:500],
            )
        )
    return found[:MOST_PARTS]


def _payload(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding taken off; none where it has none."""
    try:
        data = part.get_payload(decode=True)
    except Exception:  # email raises what it likes over what strangers write
        data = None
    return data if isinstance(data, bytes) else b""


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name, "")
    except Exception:
        return ""
    if isinstance(value, tuple):  # RFC 2231: charset, language, value
        value = value[2]
    return str(value or "").strip().strip("'\"").lower()


def _file_name(part: Message) -> str:
    try:
        return (part.get_filename("") or "").strip().lower()
    except Exception:
        return ""


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    try:
        return getaddresses(values)
    except Exception:
        return []


def _first_mailbox(value: str) -> tuple[str, str]:
    """Name and address of the first mailbox in a header: an encoded name may hold a comma, so it is read afterwards."""
    for name, address in _addresses([value]):
        if "@" in address:
            return header_text(name)[:200], address.strip().lower()[:320]
    return header_text(value)[:200], ""


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except Exception:  # ValueError, TypeError, OverflowError, by version
        return None


def _line(value: object) -> str:
    """A raw header on one line, its bytes beyond ASCII read as text."""
    text = str(value) if isinstance(value, Header | str) else ""
    text = text_of(text.encode("utf-8", "surrogateescape"))
    return " ".join(text.split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is not shown, and where lines end."""
        if tag in ("script", "style", "head"):
            self.hidden += 1
        elif tag in ("p", "br", "div", "tr", "li"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Note what is shown again."""
        if tag in ("script", "style", "head"):
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self.hidden:
            self.words.append(data)


def _words_of(html: str) -> str:
    """The words of an HTML part, without its marks."""
    reader = _Words()
    try:
        reader.feed(html[:LONGEST_TEXT])
        reader.close()
    except Exception:
        return ""
    return "".join(reader.words)
