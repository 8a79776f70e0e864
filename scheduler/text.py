"""Text that people typed, made fit to leave the house: no controls, no invisible tricks, one form of each letter."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Characters nobody sees: those that turn reading direction about (CVE-2021-42574), and fillers of no width. The two
# joiners U+200C and U+200D stay: Persian and Indic names, and emoji, are spelled with them.
_UNSEEN = frozenset("\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff") | {
    chr(code)
    for first, last in ((0x202A, 0x202E), (0x2061, 0x206F), (0xFFF9, 0xFFFB))
    for code in range(first, last + 1)
}


def clean_text(text: str) -> str:
    """Text of several lines: line ends become line feeds, tabs blanks; controls, bidi overrides, the unseen go; NFC.

    Source: calendar-rules 43, abuse cases I7 and I9 (CWE-93, CWE-150, CWE-1007).
    """
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    kept = "".join(c for c in lines if c == "\n" or _can_be_written(c))
    return unicodedata.normalize("NFC", kept).strip()


def clean_line(text: str) -> str:
    """Text of one line: as ``clean_text``, with every run of white space and line ends made one blank."""
    return " ".join(clean_text(text).split())


def _can_be_written(character: str) -> bool:
    if character in _UNSEEN:
        return False
    # Cc are controls, Cs lone halves of a surrogate pair (UTF-8 has none); xxFFFE and xxFFFF are never letters.
    return unicodedata.category(character) not in ("Cc", "Cs") and ord(character) & 0xFFFE != 0xFFFE
