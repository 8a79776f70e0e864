"""A calendar program as RFC 5546 describes one: what an attendee's diary shows after the mails that reached it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import icalendar

Entry = tuple[datetime, datetime, str]


@dataclass
class CalendarProgram:
    """One mailbox's diary. Of two versions of a UID the one with the higher SEQUENCE, then DTSTAMP, counts (2.1.5)."""

    versions: dict[str, tuple[tuple[int, datetime], Entry | None]] = field(default_factory=dict)

    def receive(self, mail: bytes) -> None:
        """Read one mail, in whatever order it comes and however often."""
        message = message_from_bytes(mail, policy=default)
        part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
        calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
        (event,) = calendar.walk("VEVENT")
        version = int(event["sequence"]), event["dtstamp"].dt.astimezone(UTC)
        known = self.versions.get(str(event["uid"]))
        if known is not None and version <= known[0]:
            return
        self.versions[str(event["uid"])] = version, None if str(calendar["method"]) == "CANCEL" else _entry(event)

    @property
    def dates(self) -> list[Entry]:
        """What stands in the diary."""
        return sorted(entry for _, entry in self.versions.values() if entry is not None)


def _entry(event: icalendar.Event) -> Entry:
    return _moment(event["dtstart"].dt), _moment(event["dtend"].dt), str(event.get("location", ""))


def _moment(when: datetime | date) -> datetime:
    """A moment in UTC; a whole day begins where London's clocks show midnight."""
    if not isinstance(when, datetime):
        when = datetime.combine(when, time(0), ZoneInfo("Europe/London"))
    return when.astimezone(UTC)


def dates_in(feed: bytes) -> list[Entry]:
    """What a program shows that has subscribed to a feed."""
    return sorted(map(_entry, icalendar.Calendar.from_ical(feed).walk("VEVENT")))


def diaries_after(mails: list[tuple[str, bytes]]) -> dict[str, list[Entry]]:
    """The diary of each mailbox that got anything, empty ones left out."""
    programs: dict[str, CalendarProgram] = {}
    for to, mail in mails:
        programs.setdefault(to, CalendarProgram()).receive(mail)
    return {to: program.dates for to, program in programs.items() if program.dates}
