"""Text in a spreadsheet's cells: formulas kept harmless on the way out, and every value cleaned on the way in."""

import re
import unicodedata

_BEGINS_A_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_FORMULA_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_SAYS_NOTHING = frozenset({"tbc", "tba", "n/a", "none", "vacant", "vacancy", "unknown", "-", "–", "—", "?", "."})


def guarded(text: str) -> str:
    """A value for a CSV cell that a spreadsheet program would otherwise take for a formula (CWE-1236)."""
    return f"'{text}" if _BEGINS_A_FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What ``guarded`` was given: the apostrophe is taken off only where it stands before a formula."""
    return text[1:] if text.startswith("'") and _BEGINS_A_FORMULA.match(text[1:]) else text


def is_formula_error(text: str) -> bool:
    """Whether a cell holds what a formula shows when it fails."""
    return text.upper() in _FORMULA_ERRORS


def cleaned(text: str) -> str:
    """One line in Unicode's composed form, without controls or invisible characters; "" for "TBC", "n/a" and "-".

    The two joiners stay between letters of scripts that are written with them (Arabic, Indic scripts).
    """
    text = unicodedata.normalize("NFC", unguarded(text))
    kept = [letter for at, letter in enumerate(text) if _is_seen(text, at)]
    line = " ".join("".join(kept).split())
    return "" if line.casefold() in _SAYS_NOTHING else line


def _is_seen(text: str, at: int) -> bool:
    letter = text[at]
    if letter.isspace():
        return True
    if letter in "\u200c\u200d":
        return at > 0 and unicodedata.category(text[at - 1]) in {"Lo", "Mn", "Mc"}
    return unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
