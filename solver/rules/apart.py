"""Parties that are kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from solver.problem import Event, SetsEntry
from solver.rulebook import Literal, Rulebook


def keep_apart(
    book: Rulebook, place: Event | SetsEntry, here: Mapping[str, Literal], apart: Iterable[tuple[str, str]]
) -> None:
    """No two parties of ``apart`` share a session or set of a place with ``encounters``."""
    if not place.encounters:
        return
    for one, other in apart:
        if one in here and other in here:
            with book.rule(f"{one} and {other} are kept apart"):
                book.require(here[one] + here[other] <= 1)
