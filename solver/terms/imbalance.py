"""How far the values of an attribute are from an even spread over sessions and sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from solver.problem import Event, SetsEntry
from solver.rulebook import Expression, Literal, Rulebook
from solver.rules.mix import literals_by_value
from solver.variables import Variables


def mix_imbalance(book: Rulebook, variables: Variables) -> Expression:
    """In every group, for each mix attribute and value v: max(0, present(v) − ceil(present · N(v) / N))."""
    beyond: list[Expression] = []
    for event in variables.free_events():
        for session in event.sessions:
            beyond += group_imbalance(book, variables, event, variables.in_session(event, session.id))
    for entry in variables.free_entries():
        for number in variables.numbers[entry.id]:
            if variables.scope.frees_set(entry.id, number):
                beyond += group_imbalance(book, variables, entry, variables.in_set(entry, number))
    return sum(beyond)


def group_imbalance(
    book: Rulebook, variables: Variables, place: Event | SetsEntry, here: Mapping[str, Literal]
) -> list[Expression]:
    """The parties beyond their share in one session or set, one expression for each attribute and value.

    c ≤ ceil(present · N(v) / N) is N · c ≤ present · N(v) + N − 1 in integers; c grows as far as that lets it.
    """
    parties = variables.problem.party_by_id
    audience = len(place.audience)
    beyond = []
    for mix in place.mix:
        value_of = {party: parties[party].value_of(mix.attribute) for party in here}
        share_of = Counter(parties[party].value_of(mix.attribute) for party in place.audience)
        for value, members in literals_by_value(here, value_of).items():
            if len(members) == 1:
                continue  # one present of one is never more than ceil of something above 0
            due = book.count(len(members), f"{value} due")
            book.require(audience * due <= share_of[value] * sum(here.values()) + audience - 1)
            extra = book.count(len(members), f"{value} beyond")
            book.require(extra >= sum(members) - due)
            beyond.append(extra)
    return beyond
