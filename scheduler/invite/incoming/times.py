"""A time in somebody else's calendar as a moment: by the zone it names, else by the rules it brings along.

icalendar would unroll those rules, however many dates they make, and keep the zone for every later calendar that uses
its name. So it never sees a VTIMEZONE from outside: the yearly rules that mail programs write are read here, at a fixed
cost, and a zone that says anything else is not used (calendar-rules 37, abuse case C5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Component

ZONE = "X-CONVENE-ZONE"  # what a VTIMEZONE is called before icalendar reads it
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NTH_WEEKDAY = re.compile(r"(-?[1-5])(MO|TU|WE|TH|FR|SA|SU)")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_LONGEST_OFFSET = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Observance:
    """One half of a zone's year: since ``first`` or, each year, since the nth weekday of a month, an offset holds."""

    first: datetime  # on the wall, as all times here
    offset: timedelta
    month: int = 0  # 0: no rule, it holds since ``first`` alone
    nth: int = 0
    weekday: int = 0

    def last_before(self, wall: datetime) -> datetime | None:
        """When it last began before a wall time; None where it had not."""
        if not self.month:
            return self.first if self.first <= wall else None
        begun = [onset for year in (wall.year - 1, wall.year) if (onset := self._onset(year)) and onset <= wall]
        return max(begun, default=None)

    def _onset(self, year: int) -> datetime | None:
        if year < max(1, self.first.year):
            return None
        return datetime.combine(_nth_weekday(year, self.month, self.nth, self.weekday), self.first.time())


Zones = dict[str, tuple[Observance, ...]]


def zones_of(components: Iterable[Component]) -> Zones:
    """The zones that a calendar brings along, by their TZID; one that cannot be read in this simple way is left out."""
    zones: Zones = {}
    for component in components:
        if component.name != ZONE:
            continue
        try:
            observances = tuple(_observance(part) for part in component.subcomponents[:8])
            if observances:
                zones[str(component["TZID"])] = observances
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            continue
    return zones


def moment_of(prop: Any, zones: Zones) -> datetime | None:
    """A DATE-TIME property as a moment in UTC; None for a date, for floating time, for a zone nobody knows."""
    value = told(prop)
    if not isinstance(value, datetime):
        return None
    try:
        if value.tzinfo is not None:
            return value.astimezone(UTC)
        observances = zones.get(str(getattr(prop, "params", {}).get("TZID", "")))
        if not observances:
            return None
        begun = [(since, each) for each in observances if (since := each.last_before(value)) is not None]
        # Before every rule began the half that is not summer holds, or whatever comes first (RFC 5545 3.6.5).
        offset = max(begun, key=lambda pair: pair[0])[1].offset if begun else observances[0].offset
        return (value - offset).replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        return None


def told(prop: Any) -> Any:
    """The Python value of a property, None where it has none: what is broken in one raises when it is looked at."""
    try:
        return getattr(prop, "dt", None)
    except Exception:  # icalendar's own, and not an AttributeError
        return None


def _observance(part: Component) -> Observance:
    first = part["DTSTART"]
    begins = first.dt if hasattr(first, "dt") else datetime.strptime(str(first)[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if not isinstance(begins, datetime):
        raise ValueError("an observance begins at a time of day")
    offset = _offset(part["TZOFFSETTO"])
    rule = part.get("RRULE")
    if rule is None:
        return Observance(begins.replace(tzinfo=None), offset)
    if isinstance(rule, list) or [str(each).upper() for each in rule.get("FREQ", [])] != ["YEARLY"]:
        raise ValueError("only yearly rules are read")
    nth, weekday = _nth_of(rule)
    return Observance(begins.replace(tzinfo=None), offset, int(rule["BYMONTH"][0]), nth, weekday)


def _nth_of(rule: Any) -> tuple[int, int]:
    """Which weekday of the month: "-1SU", or as Exchange may write it, "SU" with BYSETPOS=-1."""
    by_day = str(rule["BYDAY"][0]).upper()
    found = _NTH_WEEKDAY.fullmatch(by_day)
    if found:
        return int(found.group(1)), _WEEKDAYS.index(found.group(2))
    return int(rule["BYSETPOS"][0]), _WEEKDAYS.index(by_day)


def _offset(prop: Any) -> timedelta:
    offset = getattr(prop, "td", None)
    if offset is None:
        found = _OFFSET.fullmatch(str(prop))
        if not found:
            raise ValueError("not an offset")
        sign, hours, minutes, seconds = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
        offset = -offset if sign == "-" else offset
    if not isinstance(offset, timedelta) or abs(offset) > _LONGEST_OFFSET:
        raise ValueError("not an offset")
    return offset


def _nth_weekday(year: int, month: int, nth: int, weekday: int) -> date:
    """The nth weekday of a month, counted from its end where nth is negative."""
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-nth - 1))
    first = date(year, month, 1)
    found = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    # The fifth one of a month that has four is its last, as Exchange means it.
    return found if found.month == month else found - timedelta(days=7)
