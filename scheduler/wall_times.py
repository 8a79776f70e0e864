"""Times as the clocks of a zone show them: each is one moment, or refused in words (calendar-rules 40)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler import formatting
from scheduler.formatting import clock_time, zone_name


class WallTimeRefused(ValueError):
    """A wall time that is not one moment; ``readings`` are the two it may have meant, in UTC, earlier first."""

    def __init__(self, message: str, readings: tuple[datetime, datetime]) -> None:
        super().__init__(message)
        self.readings = readings


class NoSuchTime(WallTimeRefused):
    """The clocks jump over it."""


class AmbiguousTime(WallTimeRefused):
    """The clocks show it twice."""


def aware(local: datetime, time_zone: str) -> datetime:
    """The one moment, in UTC, at which the clocks of a time zone show ``local`` (naive).

    Raises NoSuchTime or AmbiguousTime with both readings in words (calendar-rules 40): never a silent guess.
    """
    if local.tzinfo is not None:
        raise ValueError("a wall time carries no zone of its own")
    zone = ZoneInfo(time_zone)
    # In UTC, as two times of one zone are compared by their wall clock alone, and here both show the same.
    first, second = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    earlier, later = (clock_time(moment, zone) for moment in (first, second))
    asked = f"In {zone_name(time_zone)} {clock_time(local.time())} on {formatting.day(local)}"
    if first.astimezone(zone).replace(tzinfo=None) == local:
        raise AmbiguousTime(
            f"{asked} comes twice, as the clocks go back: at {earlier} and at {later}. Enter a time outside that hour.",
            (first, second),
        )
    raise NoSuchTime(
        f"{asked} does not exist, as the clocks go forward. Enter {earlier} or {later}.",
        (first, second),
    )


def clocks_changed(after: date, until: date, time_zone: str) -> date | None:
    """The latest day, after one and until another, on which the clocks of a zone changed; None where they did not."""
    zone = ZoneInfo(time_zone)

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(12), zone).utcoffset()

    days = (until - timedelta(days=n) for n in range((until - after).days))
    return next((day for day in days if offset(day) != offset(day - timedelta(days=1))), None)
