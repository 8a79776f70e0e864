"""The largest sum the objective could reach: it must fit 2^62, so that no sum in any solver overflows 64 bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from solver.faults import Faults
from solver.problem import Event, Problem, Session, SetsEntry, Slot
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
    places = list(_places(problem))
    likely: Counter[str] = Counter()
    costs = 0
    for party, choices in places:
        costs += max((problem.cost(party, choice.id) for choice in choices), default=0)
        likely[party] += any(problem.answer(party, choice.id) == "if-need-be" for choice in choices)
    return {
        "unplaced": sum(len(group.audience) for group in _groups(problem)),
        "open_cost": sum(session.open_cost for event in problem.events for session in event.sessions),
        "costs": costs,
        "if_need_be": likely.total(),
        "burden": sum(max(0, times - 1) for times in likely.values()),
        "repeat_encounter": _most_repeats(problem),
        "mix_imbalance": sum(len(group.audience) * len(group.mix) for group in _groups(problem)),
        "change": _most_changes(problem),
    }


def _groups(problem: Problem) -> Iterator[Event | SetsEntry]:
    yield from problem.events
    yield from problem.sets


def _places(problem: Problem) -> Iterator[tuple[str, Iterable[Session | Slot]]]:
    """Each attendance there can be: a party and the sessions or slots of which it can attend one."""
    offered: list[tuple[tuple[str, ...], Iterable[Session | Slot]]] = []
    offered += ((event.audience, event.sessions) for event in problem.events)
    offered += ((entry.audience, round_.slots) for entry in problem.sets for round_ in entry.rounds)
    for audience, sittings in offered:
        for party in audience:
            yield party, [sitting for sitting in sittings if problem.answer(party, sitting.id) != "no"]


def _most_repeats(problem: Problem) -> int:
    """Previous encounters less the one that is free, and every later meeting of two Trusts as a repeat."""
    met: Counter[frozenset[str]] = Counter()
    for one, other, times in problem.previous_encounters:
        met[frozenset((one, other))] += times
    repeats = sum(times - 1 for times in met.values() if times)
    trust_of = {party.id: party.trust for party in problem.parties}
    for group in _groups(problem):
        if group.encounters:
            of_trust = Counter(trust_of[party] for party in group.audience)
            repeats += (len(group.audience) ** 2 - sum(parties**2 for parties in of_trust.values())) // 2
    return repeats


def _most_changes(problem: Problem) -> int:
    if problem.previous is None:
        return 0
    in_sets = sum(len(planned.parties) * (2 + len(planned.meetings)) for planned in problem.previous.sets)
    return len(problem.previous.assignments) + in_sets
