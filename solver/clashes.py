"""Which sessions and slots clash, and who shares a person.

A sitting blocks its people from its start until ``gap`` after its end. Two sittings clash exactly when these blocks
overlap, so that "no person is in two that clash" needs one constraint per moment at which a block begins, not one per
pair of sittings. Source: problem format, "clash".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from solver.problem import Party, Problem, Session, Slot

Sitting = Session | Slot


def clash(one: Sitting, other: Sitting, gap: timedelta) -> bool:
    """Whether less than ``gap`` lies between the two; sittings that just touch do not clash when ``gap`` is 0."""
    return max(one.start, other.start) - min(one.end, other.end) < gap


def moments_of_overlap(sittings: Iterable[Sitting], gap: timedelta) -> list[tuple[str, ...]]:
    """The largest groups of sittings that all block one moment, as ids: two sittings share a group if they clash.

    Groups of one are included, so that each sitting stands in at least one group.
    """
    # "start − end < gap", not "end + gap > start": a long gap may lie beyond what a date can say.
    ordered = sorted(sittings, key=lambda sitting: (sitting.start, sitting.end, sitting.id))
    groups: list[tuple[str, ...]] = []
    active: list[Sitting] = []
    for sitting in ordered:
        still = [other for other in active if sitting.start - other.end < gap]
        if len(still) < len(active):
            groups.append(tuple(other.id for other in active))
        active = [*still, sitting]
    if active:
        groups.append(tuple(other.id for other in active))
    return groups


def clashing_sittings(sittings: Sequence[Sitting], gap: timedelta) -> dict[str, frozenset[str]]:
    """For each sitting the ids of the others that clash with it."""
    others: dict[str, set[str]] = {sitting.id: set() for sitting in sittings}
    for group in moments_of_overlap(sittings, gap):
        members = set(group)
        for sitting in group:
            others[sitting] |= members
    return {sitting: frozenset(found - {sitting}) for sitting, found in others.items()}


def parties_sharing_a_person(parties: Iterable[Party]) -> list[tuple[str, str]]:
    """Every two parties that share a person, in the order of the parties."""
    parties_of: dict[str, list[str]] = {}
    for party in parties:
        for person in party.people:
            parties_of.setdefault(person, []).append(party.id)
    found: dict[tuple[str, str], None] = {}
    for sharing in parties_of.values():
        for pair in combinations(dict.fromkeys(sharing), 2):
            found[pair] = None
    return list(found)


def sittings_of(problem: Problem) -> dict[str, list[Sitting]]:
    """For each party the sessions and slots of all it is in the audience of and did not say "no" to."""
    open_to: dict[str, list[Sitting]] = {party.id: [] for party in problem.parties}
    for event in problem.events:
        for party in event.audience:
            open_to[party] += [s for s in event.sessions if problem.answer(party, s.id) != "no"]
    for entry in problem.sets:
        for party in entry.audience:
            slots = (slot for round_ in entry.rounds for slot in round_.slots)
            open_to[party] += [slot for slot in slots if problem.answer(party, slot.id) != "no"]
    return open_to


def uses_at_once(
    uses: Iterable[tuple[str, datetime, datetime, int]], gap: timedelta
) -> list[tuple[tuple[str, int], ...]]:
    """The largest groups of uses of one resource that last through one moment, as (sitting id, amount).

    ``uses`` holds (sitting id, start, end, amount); each lasts ``gap`` longer than its sitting.
    """
    ordered = sorted(uses, key=lambda use: (use[1], use[2], use[0]))
    groups: list[tuple[tuple[str, int], ...]] = []
    active: list[tuple[str, datetime, datetime, int]] = []
    for use in ordered:
        still = [other for other in active if use[1] - other[2] < gap]
        if len(still) < len(active):
            groups.append(tuple((other[0], other[3]) for other in active))
        active = [*still, use]
    if active:
        groups.append(tuple((other[0], other[3]) for other in active))
    return groups
