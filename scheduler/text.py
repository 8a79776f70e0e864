"""Text that people typed, made fit to be kept and to leave the house: the one cleaning of lines and of longer texts.

Forms, imports, commands, mail and calendars all clean here, so that a name reads and compares the same everywhere.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
_BLANKS = str.maketrans(dict.fromkeys("\t\x1c\x1d\x1e\x1f", " "))
# Characters nobody sees beyond the categories below: fillers that count as letters, and what Unicode says may be
# ignored (Default_Ignorable_Code_Point). "⠀" is a name that looks like none.
_UNSEEN = frozenset(map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x2800, 0x3164, 0xFFA0)))
# Of the format characters (Cf) these alone are seen: they stand before Arabic, Syriac and Kaithi numbers.
_SEEN_FORMATS = frozenset(map(chr, (*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD)))
_JOINERS = frozenset("\u200c\u200d")
_SELECTORS = frozenset(map(chr, (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def clean_text(text: str) -> str:
    """Text of several lines: line ends become line feeds, tabs blanks; controls, bidi overrides, the unseen go; NFC.

    No line ends in white space. Source: calendar-rules 43, abuse cases I7 and I9 (CWE-93, CWE-150, CWE-1007).
    """
    lines = _LINE_ENDS.sub("\n", text).translate(_BLANKS)
    written = unicodedata.normalize("NFC", _without_the_unseen(lines))
    return "\n".join(line.rstrip() for line in written.split("\n")).strip()


def clean_line(text: str) -> str:
    """Text of one line: as ``clean_text``, with every run of white space and line ends made one blank."""
    return " ".join(clean_text(text).split())


def _without_the_unseen(text: str) -> str:
    """The text without what nobody sees, but for joiners and selectors where a script is written with them.

    Persian, Indic and Mongolian names need them after a letter, emoji after a picture, some Han names after a sign;
    after Latin letters they only make one name look like another. Marks on a letter are looked past, since composing
    changes them.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text  # nearly all of what is written, and a feed is written often
    kept: list[str] = []
    base, before = "", ""
    for character in text:
        if character in _SELECTORS or character in _JOINERS:
            # One selector behind what is seen, one joiner behind either: a run of them hides text in a name.
            follows_too_many = before in _JOINERS or (before in _SELECTORS and character in _SELECTORS)
            if base not in ("Lo", "So") or follows_too_many:
                continue
        elif not _is_seen(character):
            continue
        elif (category := unicodedata.category(character)) not in ("Mn", "Mc", "Me", "Sk"):
            base = category
        kept.append(character)
        before = character
    return "".join(kept)


def _is_seen(character: str) -> bool:
    if character == "\n" or character in _SEEN_FORMATS:
        return True
    code = ord(character)
    if character in _UNSEEN or 0xFFF0 <= code <= 0xFFF8 or 0xE0000 <= code <= 0xE0FFF:
        return False
    # Cc are controls, Cf formats, Co a firm's own, Cs lone halves of a surrogate pair (UTF-8 has none). Letters that
    # this Python does not know yet (Cn) stay, but for the codes that will never be letters.
    never = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not never and unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs")
