"""How many sessions of an event run."""

from __future__ import annotations

from collections.abc import Sequence

from solver.problem import Event
from solver.rulebook import Literal, Rulebook


def open_within(book: Rulebook, event: Event, runs: Sequence[Literal]) -> None:
    """Between ``open.min`` and ``open.max`` sessions run; an event with an empty audience asks for nothing."""
    if not event.audience:
        return
    if event.open_min > 0:
        words = f"{event.id} runs at least {event.open_min} of its sessions"
        there_are = len(event.sessions)
        with book.rule(words if event.open_min <= there_are else f"{words}, but has {there_are or 'none'}"):
            book.require(sum(runs) >= event.open_min)
    if event.open_max is not None and event.open_max < len(event.sessions):
        with book.rule(f"{event.id} runs at most {event.open_max} of its sessions"):
            book.require(sum(runs) <= event.open_max)
