"""A series of dates: every so many weeks at one time of the clock, which stays 9:30am when the clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from scheduler.formatting import clock_time
from scheduler.public_holidays import holiday_on
from scheduler.wall_times import WallTimeRefused, aware, clocks_changed


@dataclass(frozen=True)
class Repeat:
    """Every ``weeks`` weeks from the first day on, so many ``times``, at one time of the zone's clock."""

    first: date
    starts: time
    length: timedelta
    times: int
    time_zone: str
    weeks: int = 1


@dataclass(frozen=True)
class ProposedDate:
    """One date of a series: its moments (UTC), and what an organiser should know of it, in words.

    ``fault`` says why there is no such moment; then ``start`` and ``end`` are None.
    """

    day: date
    start: datetime | None
    end: datetime | None
    notes: tuple[str, ...] = ()
    fault: str = ""


def dates_of(repeat: Repeat) -> list[ProposedDate]:
    """Every date of a series, noting where the clocks have changed since the one before, and public holidays."""
    days = [repeat.first + timedelta(weeks=repeat.weeks * n) for n in range(repeat.times)]
    return [_proposed(repeat, day, before) for before, day in zip([None, *days], days, strict=False)]


def _proposed(repeat: Repeat, day: date, before: date | None) -> ProposedDate:
    starts = datetime.combine(day, repeat.starts)
    try:
        start, end = (aware(wall, repeat.time_zone) for wall in (starts, starts + repeat.length))
    except WallTimeRefused as refused:
        return ProposedDate(day, None, None, fault=str(refused))
    notes = []
    if before and (changed := clocks_changed(before, day, repeat.time_zone)):
        notes.append(f"clocks changed on {changed.day} {changed:%B}, still {clock_time(repeat.starts)}")
    if holiday := holiday_on(day):
        notes.append(holiday)
    return ProposedDate(day, start, end, tuple(notes))
