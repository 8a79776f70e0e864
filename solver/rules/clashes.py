"""No person is ever in two sittings that clash."""

from __future__ import annotations

from collections.abc import Sequence

from solver.clashes import clashing_sittings, moments_of_overlap, parties_sharing_a_person, sittings_of
from solver.rulebook import Rulebook
from solver.variables import Variables

ONE_PLACE_AT_A_TIME = "Nobody is in two places at once"


def keep_parties_from_clashes(book: Rulebook, variables: Variables) -> None:
    """At every moment a party attends at most one of the sittings that block it."""
    problem = variables.problem
    with book.rule(ONE_PLACE_AT_A_TIME):
        for party, sittings in sittings_of(problem).items():
            for group in moments_of_overlap(sittings, problem.gap):
                blocked = [variables.attends[party, s] for s in group if (party, s) in variables.attends]
                if len(blocked) > 1:
                    book.require(sum(blocked) <= 1)


def keep_people_from_clashes(book: Rulebook, variables: Variables) -> None:
    """Two parties that share a person are never in sittings that clash, nor in two sets that meet in one slot."""
    problem = variables.problem
    sharing = parties_sharing_a_person(problem.parties)
    if not sharing:
        return
    others = clashing_sittings(list(problem.sitting_by_id.values()), problem.gap)
    attends = variables.attends
    with book.rule(ONE_PLACE_AT_A_TIME):
        for one, other in sharing:
            for sitting, clashing in others.items():
                if (one, sitting) in attends:
                    for second in sorted(clashing):
                        if (other, second) in attends:
                            book.require(attends[one, sitting] + attends[other, second] <= 1)
            _meet_in_one_set(book, variables, one, other)


def _meet_in_one_set(book: Rulebook, variables: Variables, one: str, other: str) -> None:
    for entry in variables.problem.sets:
        for round_ in entry.rounds:
            for slot in round_.slots:
                both = [variables.attends[p, slot.id] for p in (one, other) if (p, slot.id) in variables.attends]
                if len(both) < 2:
                    continue
                for number in variables.numbers[entry.id]:
                    mine, theirs = (variables.joins.get((entry.id, number, party), 0) for party in (one, other))
                    book.require(mine - theirs <= 2 - sum(both))
                    book.require(theirs - mine <= 2 - sum(both))


def keep_after(book: Rulebook, variables: Variables) -> None:
    """A party attends an event's session only after its session of the events named in ``after`` has ended."""
    events = {event.id: event for event in variables.problem.events}
    for event in variables.problem.events:
        for earlier in (events[name] for name in event.after):
            both = [party for party in event.audience if party in frozenset(earlier.audience)]
            with book.rule(f"{event.id} comes after {earlier.id}"):
                for session in event.sessions:
                    too_late = [s.id for s in earlier.sessions if s.end > session.start]
                    _forbid_together(book, variables, both, session.id, too_late)


def _forbid_together(
    book: Rulebook, variables: Variables, parties: Sequence[str], session: str, others: Sequence[str]
) -> None:
    attends = variables.attends
    for party in parties:
        if (party, session) in attends:
            clashing = [attends[party, other] for other in others if (party, other) in attends]
            if clashing:
                book.require(attends[party, session] + sum(clashing) <= 1)
