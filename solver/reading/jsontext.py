"""Bytes to JSON values, strictly: RFC 8259 in UTF-8, each key once, decimals exactly as written."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any, cast

from solver.faults import Faults, place_of

MOST_BYTES = 64 * 1024 * 1024

_TOO_LONG = 40
"""An integer with more digits is out of every range; Python would refuse to read it at 4,300."""

_NESTING = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class NotANumber:
    """What Python's reader takes for a number and JSON does not: NaN, Infinity, a decimal beyond all measure."""

    written: str


def read_json(text: bytes, faults: Faults) -> Any:
    """The JSON value that ``text`` holds; what is wrong with it goes to ``faults``.

    Whole numbers are ``int``, decimals ``Decimal``; NaN and the like stay in place as ``NotANumber``, so that they are
    refused where they stand. Returns None where nothing could be read at all. Source: RFC 8259, sections 2 to 8.
    """
    if len(text) > MOST_BYTES:
        faults.add("file", "is larger than 64 MiB")
        return None
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in text[:4]:
        faults.add("file", "is UTF-16 or binary; save it as UTF-8")
        return None
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(f"byte {error.start + 1}", "is not UTF-8; save the file as UTF-8")
        return None
    objects = _Objects()
    try:
        value = json.loads(
            decoded,
            object_pairs_hook=objects.made_of,
            parse_constant=NotANumber,
            parse_float=_decimal,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        faults.add(f"line {error.lineno}, column {error.colno}", _not_json(error))
        return None
    except RecursionError:
        line, column = _too_deep(decoded)
        faults.add(f"line {line}, column {column}", f"lists and objects are nested more than {_DEEPEST} deep here")
        return None
    if objects.with_repeats:
        _find_repeats(value, objects, faults)
    if _HALF_ESCAPED.search(decoded):
        value = _mend_half_characters(value, faults)
    return value


class _Objects:
    """Makes JSON objects and remembers those in which a key stood twice."""

    def __init__(self) -> None:
        # By identity, as two equal objects stand in two places; the object is kept so that its identity stays its own.
        self.with_repeats: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def made_of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            twice = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
            self.with_repeats[id(made)] = (made, twice)
        return made


def _whole(written: str) -> int:
    if len(written) <= _TOO_LONG:
        return int(written)
    beyond: int = 10**_TOO_LONG
    return -beyond if written.startswith("-") else beyond


def _decimal(written: str) -> Decimal | NotANumber:
    try:
        return Decimal(written)
    except DecimalException:
        return NotANumber(written)


def _walk(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value with its path, outer before inner, in the order of the file; without recursion."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        path, node = waiting.pop()
        yield path, node
        if isinstance(node, dict):
            waiting.extend(((*path, key), inner) for key, inner in reversed(node.items()))
        elif isinstance(node, list):
            waiting.extend(((*path, index), node[index]) for index in range(len(node) - 1, -1, -1))


def _find_repeats(value: Any, objects: _Objects, faults: Faults) -> None:
    for path, node in _walk(value):
        if isinstance(node, dict) and id(node) in objects.with_repeats:
            for key in objects.with_repeats[id(node)][1]:
                faults.add(place_of((*path, key)), "stands more than once in the same object")


def _mend_half_characters(value: Any, faults: Faults) -> Any:
    """Refuse lone surrogates (RFC 8259, section 8.2) and take U+FFFD for them, so that the rest can be read."""
    for path, node in _walk(value):
        if isinstance(node, dict):
            for key in [key for key in node if _HALF_CHARACTER.search(key)]:
                faults.add(place_of((*path, key)), "the key holds half a character (a lone surrogate)")
                node[_mended(key)] = node.pop(key)
        texts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for step, inner in list(texts):
            if isinstance(inner, str) and _HALF_CHARACTER.search(inner):
                faults.add(place_of((*path, cast("str | int", step))), "holds half a character (a lone surrogate)")
                node[step] = _mended(inner)
    return value


def _mended(text: str) -> str:
    return _HALF_CHARACTER.sub("\ufffd", text)


def _too_deep(text: str) -> tuple[int, int]:
    """Line and column at which the nesting passes what any file of ours needs."""
    depth = 0
    for token in _NESTING.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > _DEEPEST:
            before = text[: token.start()]
            return before.count("\n") + 1, token.start() - (before.rfind("\n") + 1) + 1
    return 1, 1


_JSON_WORDS = {
    "Expecting value": "not JSON: a value is missing here",
    "Expecting property name enclosed in double quotes": "not JSON: a key in double quotes is missing here",
    "Expecting ':' delimiter": "not JSON: a colon is missing here",
    "Expecting ',' delimiter": "not JSON: a comma or a closing bracket is missing here",
    "Extra data": "not JSON: there is more text after the end of the value",
    "Unterminated string starting at": "not JSON: the text that begins here has no closing quote",
    "Invalid control character at": "not JSON: a control character stands raw in a text",
    "Invalid \\escape": "not JSON: a backslash is followed by a character that needs none",
    "Invalid \\uXXXX escape": "not JSON: \\u is not followed by four hexadecimal digits",
    "Illegal trailing comma before end of object": "not JSON: a comma stands before a closing bracket",
    "Illegal trailing comma before end of array": "not JSON: a comma stands before a closing bracket",
}


def _not_json(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "the file is empty"
    return _JSON_WORDS.get(error.msg.rstrip(": "), "not JSON")
