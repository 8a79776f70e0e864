"""The only writer of dates, times, counts and lists on screens and in mails (NHS content style guide).

A moment is an aware datetime; the zone is where it takes place, as an IANA name or a ZoneInfo. Nothing here
looks at the machine's own zone or locale.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from scheduler.clock import whole_days

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
Zone = ZoneInfo | str
NO_BREAK_SPACE = "\u00a0"


def day(when: date | datetime, zone: Zone | None = None, *, year: bool = True, weekday: bool = True) -> str:
    """A date in words: "Tuesday 12 January 2027". A moment needs the zone whose calendar counts."""
    there = _date(when, zone)
    words = f"{there.day} {MONTHS[there.month - 1]}"
    if weekday:
        words = f"{DAYS[there.weekday()]} {words}"
    return f"{words} {there.year}" if year else words


def short_day(when: date | datetime, zone: Zone | None = None) -> str:
    """A date where the year is plain from its surroundings: "12 January"."""
    return day(when, zone, year=False, weekday=False)


def partial_day(when: str) -> str:
    """As much of a date as is known: "2025", "March 2025", "12 March 2025" for "2025", "2025-03", "2025-03-12"."""
    if len(when) == len("2025-03-12"):
        return day(date.fromisoformat(when), weekday=False)
    year, dash, month = when.partition("-")
    return f"{MONTHS[int(month) - 1]} {year}" if dash else year


def clock_time(when: time | datetime, zone: Zone | None = None) -> str:
    """A time on a 12 hour clock: "9:30am", "5pm", "midday", "midnight".

    Where a clock shows the same time twice, on the night it goes back, the time says which: "1:30am BST".
    """
    there = _local(when, zone) if isinstance(when, datetime) else when
    words = _on_the_clock(there.hour, there.minute)
    if isinstance(there, datetime) and there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset():
        return f"{words} {there.tzname()}"
    return words


def day_and_time(when: datetime, zone: Zone, *, year: bool = True) -> str:
    """A moment in words: "Friday 11 December 2026 at 5pm"."""
    return f"{day(when, zone, year=year)} at {clock_time(when, zone)}"


def time_range(start: time | datetime, end: time | datetime, zone: Zone | None = None) -> str:
    """From and to on one day: "9:30am to 4:30pm"; "all day" from a midnight to the next."""
    match start, end:
        case datetime(), datetime() if whole_days(_local(start, zone), _local(end, zone)):
            return "all day"
    return f"{clock_time(start, zone)} to {clock_time(end, zone)}"


def when(start: datetime, end: datetime, zone: Zone, *, reader: Zone | None = None, year: bool = True) -> str:
    """When something takes place: "Tuesday 12 January 2027, 9:30am to 4:30pm".

    The zone is named where the ``reader``'s clock shows another time at that moment, and an end on another day
    is written out in full. An end at midnight belongs to the day before; from midnight to midnight is "all day".
    """
    first, last = _local(start, zone), _local(end, zone)
    if days := whole_days(first, last):
        words = all_day(*days, year=year)
    elif last.time() == time(0) and last.date() == first.date() + timedelta(days=1):
        words = f"{day(first, year=year)}, {clock_time(first)} to midnight"
    elif first.date() == last.date():
        words = f"{day(first, year=year)}, {time_range(first, last)}"
    else:
        words = f"{day(first, year=year)}, {clock_time(first)} to {day(last, year=year)}, {clock_time(last)}"
    if reader is not None and _local(start, reader).utcoffset() != first.utcoffset():
        words += f" ({zone_name(zone)})"
    return words


def zone_name(zone: Zone) -> str:
    """A time zone as people say it: "UK time" for Europe/London, "Paris time" for Europe/Paris."""
    key = str(zone)
    if key in ("Europe/London", "GB", "Europe/Belfast"):
        return "UK time"
    if key in ("UTC", "Etc/UTC", "GMT", "Etc/GMT"):
        return "UTC"
    return f"{key.rpartition('/')[2].replace('_', ' ')} time"


def machine_time(moment: datetime) -> str:
    """A moment for ``<time datetime="…">``: "2027-01-12T09:30:00Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(value: int) -> str:
    """A whole number with its thousands apart: "1,204"."""
    return f"{value:,}"


def count(value: int, one: str, many: str | None = None) -> str:
    """A number and its noun: "1 pair", "2 pairs", "1 person", "2 people" (``many`` where no s will do)."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def of(part: int, whole: int) -> str:
    """A part and what it is a part of: "12 of 16"."""
    return f"{number(part)} of {number(whole)}"


def percentage(share: Fraction | float) -> str:
    """A share as a whole percentage: "60%"; never rounded to all or nothing where it is neither."""
    exact = Fraction(share) * 100
    rounded = round(exact)
    if rounded == 0 < exact:
        return "less than 1%"
    if rounded == 100 > exact:
        return "more than 99%"
    return f"{rounded}%"


def listed(items: Iterable[object], last: str = "and") -> str:
    """Items as a sentence has them: "A, B and C"."""
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def duration(seconds: float) -> str:
    """A span of time in its two largest units: "24 seconds", "1 minute and 5 seconds", "2 hours"."""
    rest = round(seconds)
    parts = []
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        whole, rest = divmod(rest, size)
        if whole:
            parts.append(count(whole, unit))
    return listed(parts[:2]) if parts else "0 seconds"


def file_size(size: int) -> str:
    """A number of bytes as people compare files: "10 MB", "640 kB"; rounded up to what is surely enough."""
    for unit, name in ((1_048_576, "MB"), (1_024, "kB")):
        if size >= unit:
            return f"{-(-size // unit)} {name}"
    return count(size, "byte")


def unbroken(words: str) -> str:
    """The same words kept on one line."""
    return words.replace(" ", NO_BREAK_SPACE)


def all_day(first: date, last: date, *, year: bool = True) -> str:
    """Whole days: "Tuesday 12 January 2027, all day"."""
    return f"{' to '.join(day(each, year=year) for each in dict.fromkeys((first, last)))}, all day"


def _on_the_clock(hour: int, minute: int) -> str:
    if minute == 0 and hour in (0, 12):
        return "midnight" if hour == 0 else "midday"
    minutes = f":{minute:02}" if minute else ""
    return f"{hour % 12 or 12}{minutes}{'am' if hour < 12 else 'pm'}"


def _date(when: date | datetime, zone: Zone | None) -> date:
    return _local(when, zone).date() if isinstance(when, datetime) else when


def _local(moment: datetime, zone: Zone | None) -> datetime:
    if zone is None:
        return moment
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone before it can be shown in another")
    return moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
