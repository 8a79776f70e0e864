"""What people type, read as they mean it: times of day, months."""

from __future__ import annotations

import re
from datetime import time

from scheduler.formatting import MONTHS

_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:. ]?(?P<minute>[0-9]{2}))?(?:\s*(?P<half>[ap])\.?(?:m\.?)?)?")
_NAMED_TIMES = {"midday": time(12), "noon": time(12), "12 noon": time(12), "12 midday": time(12), "midnight": time(0)}


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
