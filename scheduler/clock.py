"""The one place that asks what time it is, so that a test or the demo can hold it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


def today(time_zone: str) -> date:
    """The date on the wall in a time zone."""
    return now().astimezone(ZoneInfo(time_zone)).date()


def seconds_ago(seconds: float) -> datetime:
    """The moment so many seconds before now."""
    return now() - timedelta(seconds=seconds)


def whole_days(start: datetime, end: datetime) -> tuple[date, date] | None:
    """The first and the last day of what goes from midnight to midnight as its own clock shows; else None.

    Such a session is "all day" everywhere: on screens, in mails and in calendars (calendar-rules 39, decision 0017).
    """
    if start.time() != time(0) or end.time() != time(0) or end.date() <= start.date():
        return None
    return start.date(), end.date() - timedelta(days=1)
