"""Small words for sentences that the solver says: lists and numbers of things."""

from __future__ import annotations

from collections.abc import Iterable

MOST_NAMED = 6


def listed(names: Iterable[str], *, most: int = MOST_NAMED) -> str:
    """ "A", "A and B", "A, B and C"; beyond ``most`` the rest is counted: "A, B and 7 more"."""
    known = list(names)
    if len(known) > most:
        known = [*known[: most - 1], f"{len(known) - most + 1} more"]
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"


def counted(number: int, one: str, several: str | None = None) -> str:
    """ "1 set", "2 sets"; ``several`` where an s is not enough."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
