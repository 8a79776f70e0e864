"""Encounters repeated: Trusts that meet more than once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from solver.problem import Party
from solver.rulebook import Expression, Literal, Rulebook
from solver.variables import Variables

Pair = tuple[str, str]
Groups = tuple[bool, Sequence[Mapping[str, Literal]]]


def repeat_encounter(book: Rulebook, variables: Variables) -> Expression:
    """Over every two Trusts: max(0, times together + previous encounters − 1).

    Together means in the same session of an event with encounters, or in the same set, once for all its rounds.
    """
    together: dict[Pair, list[Expression]] = {}
    fixed: dict[Pair, int] = dict(variables.problem.met_before)
    for groups in _kinds_of_group(variables):
        _meet(book, variables, groups, together, fixed)
    repeats: list[Expression] = [max(0, times - 1) for pair, times in fixed.items() if pair not in together]
    for pair, meetings in together.items():
        known = fixed.get(pair, 0)
        if known >= 1:
            repeats.append(sum(meetings) + known - 1)
        elif len(meetings) > 1:
            extra = book.count(len(meetings) - 1, f"{pair[0]} and {pair[1]} again")
            book.require(extra >= sum(meetings) - 1)
            repeats.append(extra)
    return sum(repeats)


def _kinds_of_group(variables: Variables) -> list[Groups]:
    """The groups in which Trusts meet, by event or entry: (are they free, who may be in each)."""
    kinds: list[Groups] = []
    for event in variables.problem.events:
        if event.encounters:
            here = [variables.in_session(event, session.id) for session in event.sessions]
            kinds.append((variables.scope.frees_event(event.id), here))
    for entry in variables.problem.sets:
        if entry.encounters:
            for free in (False, True):
                numbers = [n for n in variables.numbers[entry.id] if variables.scope.frees_set(entry.id, n) is free]
                kinds.append((free, [variables.in_set(entry, n) for n in numbers]))
    return kinds


def _meet(
    book: Rulebook,
    variables: Variables,
    groups: Groups,
    together: dict[Pair, list[Expression]],
    fixed: dict[Pair, int],
) -> None:
    """Add the meetings of one event or entry: literals where it is free, counts where it stands."""
    free, places = groups
    one_each = _each_trust_once(variables, places)
    shared: dict[Pair, Literal] = {}
    for here in places:
        present = _trusts_present(book, variables.problem.party_by_id, here, free)
        for one, other in combinations(sorted(present), 2):
            pair = (one, other)
            if not free:
                fixed[pair] = fixed.get(pair, 0) + 1
                continue
            if not one_each or pair not in shared:
                shared[pair] = book.literal(f"{one} meets {other}")
                together.setdefault(pair, []).append(shared[pair])
            book.require(present[one] + present[other] - 1 <= shared[pair])


def _each_trust_once(variables: Variables, places: Sequence[Mapping[str, Literal]]) -> bool:
    """Whether no Trust has two parties here: then two Trusts meet once at most, and one literal says it."""
    parties = {party for here in places for party in here}
    return len({variables.problem.party_by_id[party].trust for party in parties}) == len(parties)


def _trusts_present(
    book: Rulebook, parties: Mapping[str, Party], here: Mapping[str, Literal], free: bool
) -> dict[str, Literal]:
    """The Trusts that may be in a group, each with the literal "is there"."""
    by_trust: dict[str, list[Literal]] = {}
    for party, literal in here.items():
        by_trust.setdefault(parties[party].trust, []).append(literal)
    present: dict[str, Literal] = {}
    for trust, literals in by_trust.items():
        if len(literals) == 1 or not free:
            present[trust] = literals[0]
        else:
            present[trust] = book.literal(f"{trust} is there")
            for literal in literals:
                book.require(literal <= present[trust])
    return present
