"""Bytes of a mail as text, whatever charset they declare or do not (calendar-rules 54 and 55)."""

from __future__ import annotations

import codecs
from email.header import decode_header

from scheduler.text import clean_line

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python calls these charsets too; no mail is written in them, and some take quadratic time (CVE-2022-45061).
_NEVER = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})


def text_of(data: bytes, declared: str = "") -> str:
    """Text from bytes: by their byte order mark, else as declared, else UTF-8, else as Windows writes in the West.

    Never raises: bytes that mean nothing in any of these become U+FFFD.
    """
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return data.decode(charset, errors="replace")
    for charset in (declared, _unmarked_utf_16(data), "utf-8", "cp1252"):
        if charset and (text := _decoded(data, charset)) is not None:
            return text
    return data.decode("cp1252", errors="replace")


def header_text(raw: object) -> str:
    """A header as one line of text, its encoded words decoded; one that cannot be decoded stays as it is."""
    line = str(raw)
    try:
        parts = decode_header(line)
    except Exception:  # email raises what it likes over what strangers write
        return clean_line(line)
    decoded = (text if isinstance(text, str) else text_of(text, charset or "") for text, charset in parts)
    return clean_line("".join(decoded))


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        if codecs.lookup(charset).name.replace("-", "_") in _NEVER:
            return None
        return data.decode(charset)
    except (LookupError, ValueError, TypeError):
        return None


def _unmarked_utf_16(data: bytes) -> str:
    """UTF-16 without a mark, told by the NULs beside "BEGIN"."""
    start = data[:40]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > len(start) // 4 else ""
