"""What people type, read as they mean it: times of day, months; and when they tapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from scheduler.formatting import MONTHS

_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:. ]?(?P<minute>[0-9]{2}))?(?:\s*(?P<half>[ap])\.?(?:m\.?)?)?")
_NAMED_TIMES = {"midday": time(12), "noon": time(12), "12 noon": time(12), "12 midday": time(12), "midnight": time(0)}

# How long a page may have been open when somebody taps. Longer than its taps wait on a phone: one that were believed to
# be made now would win over what was said since.
_LONGEST_WAIT = timedelta(days=30)


def clock(text: str) -> time:
    """A time of day on a 12 or a 24 hour clock. Raises ValueError for what is no time."""
    words = text.strip().lower()
    if words in _NAMED_TIMES:
        return _NAMED_TIMES[words]
    found = _CLOCK.fullmatch(words)
    if not found:
        raise ValueError("not a time")
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("not an hour of a 12 hour clock")
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    elif found["minute"] is None:
        raise ValueError("9 alone could be morning or evening")
    return time(hour, minute)


def month(text: str) -> int | None:
    """The number of a month given as a number or as its English name, whole or by its first three letters."""
    words = text.strip().lower().rstrip(".")
    if re.fullmatch(r"[0-9]{1,2}", words):
        return int(words) if 1 <= int(words) <= 12 else None
    if len(words) < 3:
        return None
    return next((at for at, name in enumerate(MONTHS, start=1) if name.lower().startswith(words)), None)


def moment(posted: Mapping[str, str]) -> datetime | None:
    """When a tap was made, by our own clock: when the page was made, and the milliseconds since as the browser
    counted them. None where no script says so, or where it says something that cannot be."""
    try:
        made = datetime.fromisoformat(posted["made"])
        since = timedelta(milliseconds=int(posted["since"]))
    except (KeyError, ValueError, OverflowError):
        return None
    return made + since if made.tzinfo and timedelta() <= since <= _LONGEST_WAIT else None
