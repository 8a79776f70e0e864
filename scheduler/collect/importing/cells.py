"""Text in a spreadsheet's cells: formulas kept harmless on the way out, and every value cleaned on the way in."""

import re

from scheduler.text import clean_line

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
    """One line as people typed it, without the guard against formulas; "" for "TBC", "n/a" and "-"."""
    line = clean_line(unguarded(text))
    return "" if line.casefold() in _SAYS_NOTHING else line
