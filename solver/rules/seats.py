"""Who sits where: one session per party and event, and the seats of a session that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solver.problem import Party, Session
from solver.rulebook import Literal, Rulebook


def attend_at_most_one(book: Rulebook, sessions: Sequence[Literal]) -> None:
    """A party attends no more than one session of an event; with none it is unplaced, which the objective prices."""
    if sessions:
        book.require(sum(sessions) <= 1)


def run_when_attended(book: Rulebook, runs: Literal, here: Mapping[str, Literal]) -> None:
    """A session runs exactly when anyone attends it."""
    for attends in here.values():
        book.require(attends <= runs)
    book.require(sum(here.values()) >= runs)


def hold_seats(
    book: Rulebook, session: Session, runs: Literal, here: Mapping[str, Literal], parties: Mapping[str, Party]
) -> None:
    """Seats taken in a session that runs lie between its least and most; a party takes a seat per person.

    Source: problem format, ``min_seats`` and ``max_seats``.
    """
    taken = sum(parties[party].seats * attends for party, attends in here.items())
    if session.min_seats > 0:
        words = f"{session.id} takes at least {session.min_seats} people when it runs"
        able = sum(parties[party].seats for party in here)
        with book.rule(words if able >= session.min_seats else f"{words}, but only {able} can come"):
            book.require(taken >= session.min_seats * runs)
    if session.max_seats is not None:
        with book.rule(f"{session.id} has seats for {session.max_seats}"):
            book.require(taken <= session.max_seats * runs)
