"""Whatever stands in a field of a problem or plan file: it is accepted, or refused in one line that names the field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver import read_plan, read_problem
from solver.faults import place_of
from tests.solver.builders import Data, refusal, small_plan, small_problem

Path = tuple[str | int, ...]
MARK = "@put the value here@"

NEVER_ACCEPTED = {
    "null": "null",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "1e400": "1e400",
    "1e999": "-1e999",
    "an exponent beyond measure": "1e99999999999999999999",
    "5,000 digits": "9" * 5000,
    "2^63": str(2**63),
    "-1": "-1",
    "a lone surrogate": '"\\udc80"',
    "100 lists in lists": "[" * 100 + "]" * 100,
    "half a number": "0.5",
}
"""JSON text that no field takes (but a share, half a number), by name."""

PERHAPS_ACCEPTED = [
    "true",
    "0",
    "1",
    '"\\u0000"',
    '""',
    '"\\u202e"',
    "[]",
    "{}",
    '"--help"',
    "1e-400",
    '"' + "x" * 9999 + '"',
]


def _paths(node: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value in the data, but the whole itself."""
    if path:
        yield path
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield from _paths(value, (*path, step))


def _with(data: Data, path: Path, written: str) -> bytes:
    """The data as a file, with JSON text instead of the value at a path."""
    copy = json.loads(json.dumps(data))
    node = copy
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = MARK
    return json.dumps(copy).replace(json.dumps(MARK), written).encode()


FILES: dict[str, tuple[Callable[[], Data], Callable[[bytes], object]]] = {
    "problem": (small_problem, read_problem),
    "plan": (small_plan, read_plan),
}
FIELDS = [(name, path) for name, (make, _) in FILES.items() for path in _paths(make())]


@pytest.mark.parametrize("hostile", NEVER_ACCEPTED.values(), ids=NEVER_ACCEPTED)
@pytest.mark.parametrize("file", FILES)
def test_what_no_field_takes_is_refused_at_the_field_it_stands_in(file: str, hostile: str):
    make, reader = FILES[file]
    for path in _paths(make()):
        if hostile == "0.5" and path[-1] in ("max_share", "seconds"):
            continue

        lines = refusal(_with(make(), path, hostile), reader)

        place = place_of(path)
        assert any(line.startswith(place) for line in lines), f"{place}: {lines}"
        assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("hostile", PERHAPS_ACCEPTED)
@pytest.mark.parametrize("file", FILES)
def test_what_some_fields_take_is_accepted_or_refused_but_never_an_error(file: str, hostile: str):
    make, reader = FILES[file]

    for path in _paths(make()):
        lines = refusal(_with(make(), path, hostile), reader)

        assert all(line.isprintable() and len(line) < 500 for line in lines)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["A", "W1-a", "ALS"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["id", "min", "party", "session", "set"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(field=st.sampled_from(FIELDS), value=anything)
def test_any_json_in_any_field_is_accepted_or_refused(field: tuple[str, Path], value: Any):
    file, path = field
    make, reader = FILES[file]

    lines = refusal(_with(make(), path, json.dumps(value)), reader)

    assert all(line.isprintable() for line in lines)


@given(field=st.sampled_from(FIELDS), key=st.text(max_size=4) | st.sampled_from(["id", "\x1b[2J", "a.b", "[0]"]))
def test_any_key_in_any_object_is_accepted_or_refused(field: tuple[str, Path], key: str):
    file, path = field
    make, reader = FILES[file]

    lines = refusal(_with(make(), path, json.dumps({key: 1})), reader)

    assert all(line.isprintable() for line in lines)


@given(text=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_refused_as_a_whole(text: bytes):
    assert refusal(text)
    assert refusal(text, read_plan)


@given(cut=st.integers(0, len(json.dumps(small_problem())) - 1))
def test_a_file_cut_short_is_refused_where_it_ends(cut: int):
    lines = refusal(json.dumps(small_problem())[:cut].encode())

    assert len(lines) == 1
    assert lines[0].startswith("line 1, column ")
