"""A calendar part of a received message: what each of its events says, and whether it can be believed to be whole.

icalendar forgives silently (calendar-rules 55), so what it dropped, and what a broken fold hides, is looked for here:
an answer out of a damaged line is no answer. Pure; never raises for what a part holds.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Component

from scheduler.invite.incoming.charsets import text_of
from scheduler.invite.incoming.times import ZONE, Zones, moment_of, told, zones_of
from scheduler.invite.incoming.unwrapping import CalendarPart
from scheduler.text import clean_line, clean_text

DAMAGED = "The calendar part is damaged"
MOST_EVENTS = 50
MOST_ATTENDEES = 1000
LONGEST_COMMENT = 2000  # characters
_ADDRESS_BEGINS = re.compile(r"\s*(?:mailto:\s*)+", re.IGNORECASE)
_KEYS = ("ATTENDEE", "UID", "SEQUENCE", "DTSTAMP")
_LINE = re.compile(r'[A-Za-z0-9-]+(?:;(?:[^":]|"[^"]*")*)?:.*', re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9-]+")
_ZONE_ENDS = re.compile(r"(BEGIN|END):VTIMEZONE\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who an event is for, as it says itself; addresses in lower case, without ``mailto:``."""

    address: str
    partstat: str
    sent_by: str
    delegated_to: str
    delegated_from: str
    comment: str


@dataclass(frozen=True, slots=True)
class Said:
    """One VEVENT. ``damage`` says what keeps it from being believed; ``sequence`` None: it says none."""

    uid: str
    sequence: int | None
    stamp: datetime | None
    attendees: tuple[Attendee, ...]
    organizer: str
    start: datetime | None
    end: datetime | None
    comment: str
    recurs: bool
    damage: str = ""


@dataclass(frozen=True, slots=True)
class CalendarSaid:
    """One VCALENDAR: its METHOD in capitals, "" where it has none, its program, and its events."""

    method: str
    program: str
    events: tuple[Said, ...]
    damage: str = ""


def read_calendars(part: CalendarPart) -> list[CalendarSaid]:
    """Every calendar in a part; a part in which none can be found is one calendar that is damaged."""
    lines = list(_unfolded(text_of(part.data, part.charset)))
    try:
        text = "\r\n".join(_ZONE_ENDS.sub(rf"\1:{ZONE}", line) for line in lines)
        calendars = Calendar.from_ical(text, multiple=True)
        found = [_calendar(each, _broken_keys(lines)) for each in calendars if each.name == "VCALENDAR"]
    except Exception as fault:  # icalendar raises what it likes over what strangers write, RecursionError too
        return [CalendarSaid("", "", (), f"{DAMAGED} ({type(fault).__name__}).")]
    return found or [CalendarSaid("", "", (), f"{DAMAGED}: there is no calendar in it.")]


def _unfolded(text: str) -> Iterator[str]:
    """The lines of a calendar, folds joined (RFC 5545 3.1), whatever its line ends are."""
    line: str | None = None
    for piece in re.split(r"\r\n|\n|\r", text.lstrip("\ufeff")):
        if piece[:1] in (" ", "\t") and line is not None:
            line += piece[1:]
        else:
            if line:
                yield line
            line = piece.lstrip("\x00").rstrip("\x00")
    if line:
        yield line


def _broken_keys(lines: list[str]) -> frozenset[str]:
    """Which properties that decide an answer stand on, or just before, a line that is none: a fold broke there."""
    broken: set[str] = set()
    before = ""
    for line in lines:
        found = _NAME.match(line)
        name = found.group().upper() if found else ""
        if _LINE.fullmatch(line):
            before = name
        else:
            broken.update(key for key in (name, before) if key in _KEYS)
    return frozenset(broken)


def _calendar(calendar: Component, broken: frozenset[str]) -> CalendarSaid:
    zones = zones_of(calendar.subcomponents)
    events = [each for each in calendar.subcomponents if each.name == "VEVENT"]
    method = _one(calendar, "METHOD")
    program = clean_line(str(calendar.get("PRODID", "")))[:200]
    if len(events) > MOST_EVENTS:
        return CalendarSaid(_text(method).upper(), program, (), f"{DAMAGED}: it has {len(events)} events.")
    said = tuple(_event(event, zones, broken) for event in events)
    return CalendarSaid(_text(method).upper(), program, said, "" if said else f"{DAMAGED}: there is no event in it.")


def _event(event: Component, zones: Zones, broken: frozenset[str]) -> Said:
    damaged = {str(name).upper() for name, _ in event.errors if name} & set(_KEYS) | broken
    uid, sequence, stamp = _one(event, "UID"), _one(event, "SEQUENCE"), _one(event, "DTSTAMP")
    damaged |= {key for key, value in (("UID", uid), ("SEQUENCE", sequence), ("DTSTAMP", stamp)) if value is _SEVERAL}
    everyone = _each(event.get("ATTENDEE"))
    attendees = tuple(_attendee(each) for each in everyone[:MOST_ATTENDEES])
    if any(not each.address for each in attendees):
        damaged.add("ATTENDEE")
    try:
        number = int(sequence) if sequence is not None and sequence is not _SEVERAL else None
    except (TypeError, ValueError):
        number = None
        damaged.add("SEQUENCE")
    start, end = _one(event, "DTSTART"), _one(event, "DTEND")
    begins = moment_of(start, zones)
    return Said(
        uid=clean_line(_text(uid))[:255],
        sequence=min(number, 2**31 - 1) if number is not None else None,
        stamp=_stamp(stamp),
        attendees=attendees,
        organizer=_address(event.get("ORGANIZER")),
        start=begins,
        end=moment_of(end, zones) or _after(begins, _one(event, "DURATION")),
        comment=clean_text("\n".join(_text(each) for each in _each(event.get("COMMENT"))))[:LONGEST_COMMENT],
        recurs="RECURRENCE-ID" in event,
        damage=f"{DAMAGED} at {', '.join(sorted(damaged))}." if damaged else "",
    )


def _attendee(prop: Any) -> Attendee:
    params = getattr(prop, "params", {})
    return Attendee(
        address=_address(prop),
        partstat=_parameter(params, "PARTSTAT").upper(),
        sent_by=_address(_parameter(params, "SENT-BY")),
        delegated_to=_address(_parameter(params, "DELEGATED-TO")),
        delegated_from=_address(_parameter(params, "DELEGATED-FROM")),
        comment=_unescaped(_parameter(params, "X-RESPONSE-COMMENT"))[:LONGEST_COMMENT],
    )


class _Several:
    """What stands for a property that says two things."""


_SEVERAL: Any = _Several()


def _one(component: Component, name: str) -> Any:
    """A property that may stand once; said twice alike it counts once, said twice differently it is ``_SEVERAL``."""
    values = _each(component.get(name))
    if not values:
        return None
    spelled = {_spelled(value) for value in values}
    return values[0] if len(spelled) == 1 else _SEVERAL


def _spelled(value: Any) -> str:
    try:
        return str(value.to_ical())
    except Exception:
        return str(value)


def _each(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return "" if value is None or value is _SEVERAL else str(value).strip()


def _parameter(params: Any, name: str) -> str:
    value = params.get(name, "")
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    return str(value).strip().strip('"').strip()


def _address(value: Any) -> str:
    """The address in a ``mailto:`` of any spelling, in lower case; "" where there is none."""
    text = _ADDRESS_BEGINS.sub("", _text(_each(value)[0] if _each(value) else ""), count=1)
    address = clean_line(text.strip("<> \t\"'")).lower()[:320]
    return address if "@" in address else ""


def _stamp(prop: Any) -> datetime | None:
    """DTSTAMP, which is in UTC (RFC 5545 3.8.7.2); one in local time says no moment."""
    value = told(prop)
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    try:
        return value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _after(start: datetime | None, duration: Any) -> datetime | None:
    length = told(duration)
    if start is None or not isinstance(length, timedelta):
        return None
    try:
        return start + length
    except OverflowError:
        return None


def _unescaped(text: str) -> str:
    r"""Google's words in a parameter: HTML entities, and the ``\;``, ``\,``, ``\n`` of a TEXT (calendar-rules 71)."""
    plain = re.sub(r"\\([\\;,nN])", lambda found: "\n" if found.group(1) in "nN" else found.group(1), text)
    return clean_text(html.unescape(html.unescape(plain)))
