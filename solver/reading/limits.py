"""The largest sum the objective could reach: it must fit 2^62, so that no sum in any solver overflows 64 bits.

Everything here takes time in proportion to the file, however many parties an audience left out stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from solver.faults import Faults
from solver.problem import Event, Problem, SetsEntry
from solver.reading.shapes import MOST_OBJECTIVE


def check_largest_objective(problem: Problem, faults: Faults) -> None:
    """Refuse a problem whose terms, each at its largest and weighted, add up to more than 2^62."""
    largest = {term: count * getattr(problem.weights, term) for term, count in largest_terms(problem).items()}
    total = sum(largest.values())
    if total > MOST_OBJECTIVE:
        most = max(largest, key=lambda term: largest[term])
        faults.add(
            f"weights.{most}",
            f"the objective could reach {total:,}, of which {most} {largest[most]:,}; it must fit 2^62. "
            "Lower the weights or what they count",
        )


def largest_terms(problem: Problem) -> Mapping[str, int]:
    """For each term a count that no plan exceeds: every attendance at its dearest, every group at its worst."""
    groups: list[Event | SetsEntry] = [*problem.events, *problem.sets]
    return {
        "unplaced": sum(len(group.audience) for group in groups),
        "open_cost": sum(session.open_cost for event in problem.events for session in event.sessions),
        **_dearest_attendances(problem),
        "repeat_encounter": _most_repeats(problem, groups),
        "mix_imbalance": sum(len(group.audience) * len(group.mix) for group in groups),
        "change": _most_changes(problem),
    }


def _dearest_attendances(problem: Problem) -> Mapping[str, int]:
    """``costs``, ``if_need_be`` and ``burden`` where each party attends what is worst for each."""
    choice_of: dict[str, tuple[str, str]] = {}
    for event in problem.events:
        choice_of |= {session.id: (event.id, "") for session in event.sessions}
    choice_of |= {slot.id: (entry.id, round_.id) for entry, round_, slot in problem.slots()}
    audience_of = _audiences([*problem.events, *problem.sets])
    costs = likely = burden = 0
    for party, answers in problem.availability.items():
        dearest: dict[tuple[str, str], int] = {}
        reluctant: set[tuple[str, str]] = set()
        for sitting, answer in answers.items():
            choice = choice_of[sitting]
            if answer != "no" and party in audience_of[choice[0]]:
                dearest[choice] = max(dearest.get(choice, 0), problem.cost(party, sitting))
                if answer == "if-need-be":
                    reluctant.add(choice)
        costs += sum(dearest.values())
        likely += len(reluctant)
        burden += max(0, len(reluctant) - 1)
    return {"costs": costs, "if_need_be": likely, "burden": burden}


def _audiences(groups: list[Event | SetsEntry]) -> Mapping[str, frozenset[str]]:
    """The audience of each event or entry; those left out are one and the same, and become one set."""
    made = {id(group.audience): frozenset(group.audience) for group in groups}
    return {group.id: made[id(group.audience)] for group in groups}


def _most_repeats(problem: Problem, groups: list[Event | SetsEntry]) -> int:
    """Previous encounters less the one that is free, and every later meeting of two Trusts as a repeat."""
    repeats = sum(max(0, times - 1) for times in problem.met_before.values())
    pairs: dict[int, int] = {}
    for group in groups:
        if group.encounters:
            if id(group.audience) not in pairs:
                pairs[id(group.audience)] = _pairs_of_trusts(problem, group.audience)
            repeats += pairs[id(group.audience)]
    return repeats


def _pairs_of_trusts(problem: Problem, audience: tuple[str, ...]) -> int:
    """How many two parties of different Trusts there are: two Trusts are not together more often than these."""
    of_trust = Counter(problem.party_by_id[party].trust for party in audience)
    return (len(audience) ** 2 - sum(parties**2 for parties in of_trust.values())) // 2


def _most_changes(problem: Problem) -> int:
    if problem.previous is None:
        return 0
    in_sets = sum(len(planned.parties) * (2 + len(planned.meetings)) for planned in problem.previous.sets)
    return len(problem.previous.assignments) + in_sets
