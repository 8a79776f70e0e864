"""Appointments as calendar programs read them: data classes in, the bytes of an iCalendar object out.

Pure: no database, no clock, no settings. The caller gives UID, SEQUENCE and DTSTAMP, and keeps them; equal input gives
equal bytes. Sources: RFC 5545 (format), 5546 (what each METHOD means), 7986 (feeds), docs/calendars.md (why so).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vDuration, vText, vUri

from scheduler.clock import whole_days
from scheduler.invite.zones import timezone_for, universal_timezone
from scheduler.mailboxes import Mailbox, same_mailbox
from scheduler.text import clean_line, clean_text

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
PartStat = Literal["NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "DECLINED"]

REFRESH = timedelta(hours=1)  # a wish: Google asks again after 8 to 24 hours whatever a feed says
# A parameter value cannot hold a double quote; the caret that would escape it (RFC 6868) is not read everywhere, and
# some readers take a backslash for an escape that RFC 5545 does not know there.
_PLAIN_IN_CN = str.maketrans({'"': "'", "\\": "/", "^": ""})
_UID = re.compile(r"[A-Za-z0-9.-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Times:
    """From a moment to a moment, both aware, as the clocks of one IANA time zone show them."""

    start: datetime
    end: datetime
    time_zone: str

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("start and end must be aware: a floating time is another moment to each reader")
        # In UTC: Python compares two times of one zone by their wall clock, which goes back once a year.
        if self.start.astimezone(UTC) >= self.end.astimezone(UTC):
            raise ValueError("an appointment ends after it starts")

    @property
    def clock_shows_it_twice(self) -> bool:
        """Whether start or end is in the hour that comes twice: its local time would be read as either (5545 3.3.5)."""
        local = [moment.astimezone(ZoneInfo(self.time_zone)) for moment in (self.start, self.end)]
        return any(each.replace(fold=0).utcoffset() != each.replace(fold=1).utcoffset() for each in local)


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, whatever the zone of the reader; ``last`` is the last day it takes."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("the last day is not before the first")


def when_of(start: datetime, end: datetime, time_zone: str) -> Times | Days:
    """Two aware moments as a calendar shows them: whole days where they are midnights in their zone."""
    zone = ZoneInfo(time_zone)
    days = whole_days(start.astimezone(zone), end.astimezone(zone))
    return Days(*days) if days else Times(start, end, time_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One entry in one person's calendar.

    ``stamped`` is when this version was made (UTC to the second, later than the version before), ``created`` when the
    first was; ``location`` is one line, room first and postcode last, or the joining link of an online session.
    """

    uid: str
    sequence: int
    stamped: datetime
    created: datetime
    when: Times | Days
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if not _UID.fullmatch(self.uid):
            raise ValueError(f"not a UID of ours: {self.uid!r}")
        if self.sequence < 0:
            raise ValueError("SEQUENCE starts at 0")
        if self.stamped.tzinfo is None or self.created.tzinfo is None:
            raise ValueError("stamped and created must be aware")


def request(
    appointment: Appointment, *, organizer: Mailbox, attendee: Mailbox, partstat: PartStat = "NEEDS-ACTION"
) -> bytes:
    """An invitation, or an update: the whole appointment again under its UID with a raised SEQUENCE (RFC 5546 3.2.2).

    ``partstat`` is the answer on record when SEQUENCE was kept, else NEEDS-ACTION: people are asked again.
    Raises ValueError if the attendee's mailbox is the organizer's own.
    """
    event = _event(appointment)
    _add_people(event, organizer, attendee, partstat)
    event.add("status", "CONFIRMED")
    _add_busy(event, busy=True)
    return _calendar("REQUEST", [event], [appointment])


def cancel(appointment: Appointment, *, organizer: Mailbox, attendee: Mailbox) -> bytes:
    """The end of an invitation: its appointment with SEQUENCE one higher than the last sent (RFC 5546 3.2.5)."""
    event = _event(appointment)
    _add_people(event, organizer, attendee, None)
    event.add("status", "CANCELLED")
    _add_busy(event, busy=False)
    return _calendar("CANCEL", [event], [appointment])


def download(appointment: Appointment) -> bytes:
    """One appointment as a file, under the UID of its invitation; nobody is asked, so it names no person."""
    event = _event(appointment)
    event.add("status", "CONFIRMED")
    _add_busy(event, busy=True)
    return _calendar("PUBLISH", [event], [appointment])


def feed(
    appointments: Sequence[Appointment], *, name: str, time_zone: str, remind_before: timedelta | None = None
) -> bytes:
    """All appointments of one person, to subscribe to; free time, as the invitation already blocks the diary.

    Ordered by start and UID, so that bytes change only with content (a strong ETag); a person with nothing gets a
    whole, empty calendar. ``remind_before`` adds a reminder, which Google and Outlook ignore in feeds.
    """
    ordered = sorted(appointments, key=lambda each: (_start_of(each.when), each.uid))
    events = []
    for appointment in ordered:
        event = _event(appointment)
        event.add("status", "CONFIRMED")
        _add_busy(event, busy=False)
        if remind_before is not None:
            event.add_component(_reminder(appointment, remind_before))
        events.append(event)
    return _calendar("PUBLISH", events, ordered, feed_name=clean_line(name), feed_zone=time_zone)


def _calendar(
    method: Method,
    events: Sequence[Event],
    appointments: Sequence[Appointment],
    *,
    feed_name: str = "",
    feed_zone: str = "",
) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//Convene//Convene {version('convene').partition('.')[0]}//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if feed_zone:
        calendar.add("name", vText(feed_name))
        calendar.add("x-wr-calname", vText(feed_name))
        calendar.add("x-wr-timezone", feed_zone)
        calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(REFRESH))
    zones = _timezones(appointments)
    for zone in zones.values():
        if zone is not None:
            calendar.add_component(zone)
    for event, appointment in zip(events, appointments, strict=True):
        _add_when(event, appointment.when, zones)
        calendar.add_component(event)
    if not calendar.subcomponents:
        calendar.add_component(universal_timezone())
    return calendar.to_ical(sorted=False)


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", _whole_second(appointment.stamped))
    event.add("created", _whole_second(appointment.created))
    event.add("last-modified", _whole_second(appointment.stamped))
    event.add("summary", vText(clean_line(appointment.summary)))
    for name, text in (
        ("description", clean_text(appointment.description)),
        ("location", clean_line(appointment.location)),
    ):
        if text:
            event.add(name, vText(text))
    if appointment.url:
        event.add("url", vUri(clean_line(appointment.url)))
    return event


def _add_people(event: Event, organizer: Mailbox, attendee: Mailbox, partstat: PartStat | None) -> None:
    if same_mailbox(organizer.address, attendee.address):
        raise ValueError(
            f"{attendee.address} is the mailbox invitations are sent from: calendar programs show its owner "
            "no buttons. Invite this person at another address."
        )
    event.add("organizer", _address(organizer))
    invited = _address(attendee)
    invited.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT"})
    if partstat is not None:
        invited.params.update({"PARTSTAT": partstat, "RSVP": "TRUE" if partstat == "NEEDS-ACTION" else "FALSE"})
    event.add("attendee", invited)


def _address(mailbox: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{mailbox.address}")
    if name := mailbox.name.translate(_PLAIN_IN_CN):
        address.params["CN"] = name
    return address


def _add_busy(event: Event, *, busy: bool) -> None:
    event.add("transp", "OPAQUE" if busy else "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "BUSY" if busy else "FREE")


def _add_when(event: Event, when: Times | Days, zones: dict[str, Timezone | None]) -> None:
    if isinstance(when, Days):
        event.add("dtstart", when.first)
        event.add("dtend", when.last + timedelta(days=1))  # DTEND is the first day that is free again
        event.add("x-microsoft-cdo-alldayevent", "TRUE")
        return
    local = not when.clock_shows_it_twice and zones[when.time_zone] is not None
    zone = ZoneInfo(when.time_zone) if local else UTC
    event.add("dtstart", _whole_second(when.start).astimezone(zone))
    event.add("dtend", _whole_second(when.end).astimezone(zone))


def _timezones(appointments: Sequence[Appointment]) -> dict[str, Timezone | None]:
    """One VTIMEZONE for each zone used, right for all its appointments; None where their times go out in UTC."""
    years: dict[str, list[int]] = {}
    for appointment in appointments:
        if isinstance(appointment.when, Times) and not appointment.when.clock_shows_it_twice:
            used = (appointment.when.start.year, appointment.when.end.year)
            years.setdefault(appointment.when.time_zone, []).extend(used)
    return {zone: timezone_for(zone, min(used), max(used)) for zone, used in sorted(years.items())}


def _reminder(appointment: Appointment, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", vText(clean_line(appointment.summary)))
    alarm.add("trigger", -before)
    return alarm


def _start_of(when: Times | Days) -> datetime:
    if isinstance(when, Days):
        return datetime(when.first.year, when.first.month, when.first.day, tzinfo=UTC)
    return when.start.astimezone(UTC)


def _whole_second(moment: datetime) -> datetime:
    """The moment in UTC; iCalendar knows nothing finer than a second."""
    return moment.astimezone(UTC).replace(microsecond=0)
