"""The one place that asks what time it is, so that a test or the demo can hold it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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
