"""What people type, read as they mean it: lines, texts, times of day, months."""

from __future__ import annotations

import re
import unicodedata
from datetime import time

from scheduler.formatting import MONTHS

# Directional overrides and isolates can make a name read as another one (CWE-1007); a byte order mark is never meant.
_UNSEEN = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x2060, 0xFEFF])
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:. ]?(?P<minute>[0-9]{2}))?(?:\s*(?P<half>[ap])\.?(?:m\.?)?)?")
_NAMED_TIMES = {"midday": time(12), "noon": time(12), "12 noon": time(12), "12 midday": time(12), "midnight": time(0)}


def clean_line(text: str) -> str:
    """One line: composed characters (NFC), runs of white space as one space, nothing unseen."""
    return " ".join(_visible(re.sub(r"\s+", " ", text)).split())


def clean_text(text: str) -> str:
    """Several lines, each without trailing white space; line ends as \\n; nothing unseen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_visible(line.replace("\t", " ")).rstrip() for line in lines).strip()


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


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).translate(_UNSEEN)
    return "".join(c for c in composed if c == " " or unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
