"""Attendances on an "if need be", and how often they fall on the same party."""

from __future__ import annotations

from solver.rulebook import Expression, Literal, Rulebook
from solver.variables import Variables


def by_party(variables: Variables) -> dict[str, list[Literal]]:
    """Each party's attendances on an "if need be"."""
    found: dict[str, list[Literal]] = {}
    for (party, sitting), literal in variables.attends.items():
        if variables.problem.answer(party, sitting) == "if-need-be":
            found.setdefault(party, []).append(literal)
    return found


def if_need_be(variables: Variables) -> Expression:
    """Each attendance, at a session or at a set meeting, on an "if need be"."""
    return sum(literal for attendances in by_party(variables).values() for literal in attendances)


def burden(book: Rulebook, variables: Variables) -> Expression:
    """Over every party: its attendances on an "if need be" beyond the first."""
    beyond = []
    for party, attendances in by_party(variables).items():
        if len(attendances) > 1:
            extra = book.count(len(attendances) - 1, f"burden of {party}")
            book.require(extra >= sum(attendances) - 1)
            beyond.append(extra)
    return sum(beyond)
