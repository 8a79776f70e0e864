"""Time zones as calendar programs need them: a VTIMEZONE of yearly rules, proven.

Outlook reads a zone as "the nth, or the last, weekday of a month", so that is the only form written here. icalendar's
own generator lists every change as a date (RDATE), which Outlook misreads (calendar-rules 35 and 36).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RULES_BEGIN = 1970  # as Exchange and the RFC's own examples date a rule that has always held
_YEARS_EACH_SIDE = 3  # clients show an event, and its neighbours, by the same rule


@dataclass(frozen=True, slots=True)
class Onset:
    """A yearly change of the clocks: the ``nth`` (-1: last) ``weekday`` (0 is Monday) of ``month``.

    ``wall`` is the time of day the clocks show just before, that is in the offset they leave.
    """

    month: int
    nth: int
    weekday: int
    wall: timedelta
    leaves: timedelta
    enters: timedelta
    name: str

    @property
    def is_daylight(self) -> bool:
        """Whether clocks go forward. Not tzinfo.dst(): Ireland's law, and the tz database, call winter the odd time."""
        return self.enters > self.leaves

    def rrule(self) -> dict[str, object]:
        """The yearly rule, with a weekday: a month and day alone is misread (skarim/vobject#151)."""
        return {"FREQ": "YEARLY", "BYMONTH": self.month, "BYDAY": f"{self.nth}{_WEEKDAYS[self.weekday]}"}

    def first(self) -> datetime:
        """The first time the rule holds, on the wall of the offset it leaves."""
        return datetime.combine(_nth_weekday(_RULES_BEGIN, self.month, self.nth, self.weekday), time()) + self.wall


@dataclass(frozen=True, slots=True)
class _Change:
    """One real change of the clocks."""

    wall: datetime
    leaves: timedelta
    enters: timedelta
    name: str

    def could_be(self) -> set[Onset]:
        """The one or two yearly rules it is an instance of: nth weekday, and last weekday when no later one follows."""
        midnight = datetime.combine(self.wall, time())
        counts = {(self.wall.day - 1) // 7 + 1}
        if (midnight + timedelta(days=7)).month != midnight.month:
            counts.add(-1)
        time_of_day, weekday = self.wall - midnight, midnight.weekday()
        return {Onset(midnight.month, nth, weekday, time_of_day, self.leaves, self.enters, self.name) for nth in counts}


def offered_zones() -> tuple[str, ...]:
    """The names an organiser may choose from: one for each place of the tz database's zone.tab, and UTC; sorted."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    places = {line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#")}
    return (*sorted(places & available_timezones()), "UTC")


def timezone_for(time_zone: str, first_year: int, last_year: int) -> Timezone | None:
    """The zone as a VTIMEZONE that is right from three years before the first year to three after the last.

    None where no pair of yearly rules says what the clocks do (Ramadan in Morocco, "the Sunday after the 2nd" in
    Chile, a law that changed in those years) and for UTC itself: the caller then writes UTC times, which are always
    right. Source: RFC 5545 3.6.5; calendar-rules 34 to 36.
    """
    if time_zone in ("UTC", "Etc/UTC"):
        return None
    onsets = _yearly_onsets(time_zone, first_year - _YEARS_EACH_SIDE, last_year + _YEARS_EACH_SIDE)
    if onsets is None:
        return None
    component = Timezone()
    component.add("tzid", time_zone)
    for onset in onsets:
        component.add_component(_observance(onset))
    return component


def universal_timezone() -> Timezone:
    """UTC as a VTIMEZONE: what an empty feed carries, as RFC 5545 wants one component in every calendar."""
    component = Timezone()
    component.add("tzid", "UTC")
    component.add_component(_observance(Onset(1, 1, 3, timedelta(), timedelta(), timedelta(), "UTC")))
    return component


def _observance(onset: Onset) -> TimezoneDaylight | TimezoneStandard:
    part = TimezoneDaylight() if onset.is_daylight else TimezoneStandard()
    part.add("dtstart", onset.first())
    if onset.leaves != onset.enters:
        part.add("rrule", onset.rrule())
    part.add("tzoffsetfrom", onset.leaves)
    part.add("tzoffsetto", onset.enters)
    if onset.name.isalpha():  # the tz database invents no letters: "+0330" says nothing the offset does not
        part.add("tzname", onset.name)
    return part


@lru_cache(maxsize=256)
def _yearly_onsets(time_zone: str, first_year: int, last_year: int) -> tuple[Onset, ...] | None:
    """The rules that reproduce each change of the clocks in those years, in the order of the year; none: None.

    This is the proof: a rule is kept only if every year's change is an instance of it, and every change is covered.
    """
    zone = ZoneInfo(time_zone)
    by_year = [_changes(zone, year) for year in range(first_year, last_year + 1)]
    if not any(by_year):
        january = datetime(first_year, 1, 1, tzinfo=zone)
        offset = _offset(january)
        return (Onset(1, 1, 3, timedelta(), offset, offset, january.tzname() or ""),)
    if any(len(changes) != 2 for changes in by_year):
        return None
    onsets = [set.intersection(*(change.could_be() for change in each)) for each in zip(*by_year, strict=True)]
    if not all(onsets):
        return None
    # "Last" before "fourth" where both fit: laws say last, and a year outside the window may have five.
    return tuple(min(same, key=lambda onset: onset.nth) for same in onsets)


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[_Change, ...]:
    """Every change of the offset in a UTC year; zoneinfo tells only offsets, so each day is compared with the next."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range((datetime(year + 1, 1, 1, tzinfo=UTC) - start).days + 1)]
    changes = []
    for before, after in pairwise(days):
        leaves, enters = _offset(before, zone), _offset(after, zone)
        if leaves != enters:
            moment = _first_moment_of(enters, before, after, zone)
            wall = (moment + leaves).replace(tzinfo=None)
            changes.append(_Change(wall, leaves, enters, moment.astimezone(zone).tzname() or ""))
    return tuple(changes)


def _first_moment_of(offset: timedelta, before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second at which an offset begins to hold, found by halving the day."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (before, middle) if _offset(middle, zone) == offset else (middle, after)
    return after


def _nth_weekday(year: int, month: int, nth: int, weekday: int) -> date:
    """The nth weekday of a month; -1 is the last."""
    if nth == -1:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _offset(moment: datetime, zone: tzinfo | None = None) -> timedelta:
    offset = moment.astimezone(zone).utcoffset() if zone else moment.utcoffset()
    if offset is None:
        raise ValueError("a moment without a zone has no offset")
    return offset
