"""What pydantic found, in the words of someone who wrote the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from solver.faults import Faults, place_of, printable, quoted
from solver.reading.jsontext import NotANumber
from solver.reading.shapes import MOST_WHOLE

_MOST_SHOWN_DIGITS = 20


def tell(error: ValidationError, faults: Faults) -> None:
    """Add each fault of the shape with its place."""
    for detail in error.errors(include_url=False):
        path = [step for step in detail["loc"] if step != "[key]"]
        faults.add(place_of(path), sentence_for(detail))


def sentence_for(detail: ErrorDetails) -> str:
    """One sentence for one fault of the shape."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]) + ("" if value is None or isinstance(value, dict) else _instead(value))
    if kind in _SENTENCES:
        return _SENTENCES[kind](context)
    return _wanted(kind, context) + _instead(value)


def _wanted(kind: str, context: Mapping[str, Any]) -> str:
    if kind in _WANTED:
        return _WANTED[kind]
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']}"
    if kind == "literal_error":
        return f"must be {context['expected'].replace(chr(39), chr(34))}"
    return "is not what the format asks for here"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not a field of the format",
    "string_pattern_mismatch": lambda _: "must not hold a control character",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda context: f"must be at most {context['max_length']} characters long",
    "string_unicode": lambda _: "holds half a character (a lone surrogate)",
    "too_short": lambda _: "must not be empty",
}

_WANTED = {
    "int_type": f"must be a whole number from 0 to {MOST_WHOLE}",
    "bool_type": "must be true or false",
    "string_type": "must be text in double quotes",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _instead(value: object) -> str:
    """What stands there instead, where that can be said shortly."""
    given = _given(value)
    return f", not {given}" if given else ""


def _given(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | Decimal):
        return str(value) if len(str(value)) <= _MOST_SHOWN_DIGITS else ""
    if isinstance(value, NotANumber):
        return f"{printable(value.written)}, which is not a JSON number"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {type(None): "null", dict: "an object"}.get(type(value), "")
