"""Each party of an audience has exactly one place, or stands in the list of the unplaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from solver.check.standing import Standing
from solver.faults import Violation, quoted
from solver.problem import Event, SetsEntry


def one_session_each(standing: Standing) -> Iterator[Violation]:
    """A party attends exactly one session of an event it is in the audience of, and none of another."""
    for event in standing.problem.events:
        audience = frozenset(event.audience)
        visits_of = standing.visits[event.id]
        for party, visits in visits_of.items():
            if party not in audience:
                for visit in visits:
                    yield Violation(visit.place, f"{quoted(party)} is not in the audience of {quoted(event.id)}")
            for visit in visits[1:]:
                yield Violation(visit.place, f"{quoted(party)} has a session of {quoted(event.id)} already")
        yield from _placed_or_listed(standing, event, frozenset(visits_of))


def one_set_each(standing: Standing) -> Iterator[Violation]:
    """A party joins exactly one set of an entry it is in the audience of, and none of another."""
    for entry in standing.problem.sets:
        audience = frozenset(entry.audience)
        placed: dict[str, str] = {}
        for formed in standing.sets_of(entry):
            for index, party in enumerate(formed.planned.parties):
                place = f"{formed.place}.parties[{index}]"
                if party in standing.problem.party_by_id and party not in audience:
                    yield Violation(place, f"{quoted(party)} is not in the audience of {quoted(entry.id)}")
                if party in placed:
                    yield Violation(place, f"{quoted(party)} is in {placed[party]} already")
                placed.setdefault(party, formed.place)
        yield from _placed_or_listed(standing, entry, frozenset(placed))


def _placed_or_listed(standing: Standing, group: Event | SetsEntry, placed: frozenset[str]) -> Iterator[Violation]:
    listed = standing.left_out.get(group.id, {})
    what = "session" if isinstance(group, Event) else "set"
    for party in group.audience:
        if party not in placed and party not in listed:
            sentence = f"{quoted(party)} has no {what} of {quoted(group.id)} and is not listed here"
            yield Violation("unplaced", sentence)
    audience = frozenset(group.audience)
    for party, places in listed.items():
        for place in places[1:]:
            yield Violation(place, f"{quoted(party)} is listed for {quoted(group.id)} already")
        if party in placed:
            yield Violation(places[0], f"{quoted(party)} has a {what} of {quoted(group.id)}")
        elif party in standing.problem.party_by_id and party not in audience:
            yield Violation(places[0], f"{quoted(party)} is not in the audience of {quoted(group.id)}")


def set_numbers(standing: Standing) -> Iterator[Violation]:
    """Set numbers are different integers from 1 within an entry; gaps are allowed."""
    for entry in standing.problem.sets:
        times = Counter[int]()
        for formed in standing.sets_of(entry):
            number = formed.planned.number
            times[number] += 1
            if number < 1:
                yield Violation(f"{formed.place}.number", "must be at least 1")
            if times[number] > 1:
                yield Violation(
                    f"{formed.place}.number", f"{number} is the number of another set of {quoted(entry.id)}"
                )
