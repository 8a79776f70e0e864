"""A finished message as a person reads it: for previews, the outbox and the mail page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

import icalendar

from scheduler import formatting

ERASED = "The text has been erased."


@dataclass(frozen=True)
class Entry:
    """What the calendar part of a message says; ``start`` and ``end`` are dates where it takes whole days."""

    start: datetime | date
    end: datetime | date
    location: str
    summary: str
    description: str
    stamped: datetime

    def moments(self, time_zone: str) -> tuple[datetime, datetime]:
        """Start and end in UTC; those of whole days are midnights in a zone."""
        return _moment(self.start, time_zone), _moment(self.end, time_zone)


@dataclass(frozen=True)
class Letter:
    """The parts of one message: ``calendar`` holds what a calendar program reads, as (name, value) in words."""

    sender: str
    to: str
    subject: str
    date: str
    text: str
    calendar: tuple[tuple[str, str], ...]
    ics: bytes | None

    @property
    def entry(self) -> Entry | None:
        """The calendar part, if there is one."""
        if self.ics is None:
            return None
        event = icalendar.Calendar.from_ical(self.ics).walk("VEVENT")[0]
        return Entry(
            event.decoded("dtstart"),
            event.decoded("dtend"),
            str(event.get("location", "")),
            str(event.get("summary", "")),
            str(event.get("description", "")),
            event.decoded("dtstamp").astimezone(UTC),
        )


def read_letter(message: bytes) -> Letter:
    """Read a message of our own making; one whose text was erased (``retention``) says so."""
    if not message:
        return Letter("", "", "", "", ERASED, (), None)
    mail = message_from_bytes(message, policy=SMTP)
    assert isinstance(mail, EmailMessage)  # noqa: S101 (the policy says so)
    plain = mail.get_body(("plain",))
    ics = next((part for part in mail.walk() if part.get_content_type() == "text/calendar"), None)
    raw = ics.get_payload(decode=True) if ics is not None else None
    return Letter(
        sender=str(mail["From"]),
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        date=str(mail["Date"]),
        text=plain.get_content() if isinstance(plain, EmailMessage) else "",
        calendar=_in_words(raw) if isinstance(raw, bytes) else (),
        ics=raw if isinstance(raw, bytes) else None,
    )


def _moment(said: datetime | date, time_zone: str) -> datetime:
    if not isinstance(said, datetime):
        said = datetime.combine(said, time(0), ZoneInfo(time_zone))
    return said.astimezone(UTC)


def _in_words(raw: bytes) -> tuple[tuple[str, str], ...]:
    calendar = icalendar.Calendar.from_ical(raw)
    event = calendar.walk("VEVENT")[0]
    start, end = event.decoded("dtstart"), event.decoded("dtend")
    zone = str(event["dtstart"].params.get("TZID", "UTC")) if isinstance(start, datetime) else ""
    rows = [
        ("Method", str(calendar.get("method", ""))),
        ("Title", str(event.get("summary", ""))),
        ("When", _when(start, end, zone)),
        ("Time zone", zone),
        ("Where", str(event.get("location", ""))),
        ("Organizer", _address(event.get("organizer"))),
        ("Attendee", _address(event.get("attendee"))),
        ("UID", str(event.get("uid", ""))),
        ("Sequence", str(event.get("sequence", 0))),
    ]
    return tuple((name, value) for name, value in rows if value)


def _when(start: date, end: date, zone: str) -> str:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return formatting.when(start, end, zone)
    return formatting.all_day(start, end - timedelta(days=1))


def _address(value: object) -> str:
    return str(value).removeprefix("mailto:") if value is not None else ""
