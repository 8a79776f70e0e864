"""Who is together: how many sessions run and sets form, how full they are, whom they bring together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from solver.check.standing import Standing
from solver.faults import Violation, quoted
from solver.problem import MixRule, Problem


def opening(standing: Standing) -> Iterator[Violation]:
    """So many sessions of an event run as ``open`` asks for; an event without an audience asks for nothing."""
    for number, event in enumerate(standing.problem.events):
        running = sum(session.id in standing.parties_in for session in event.sessions)
        if event.audience:
            yield from _within(
                running, event.open_min, event.open_max, f"problem.events[{number}].open", f"{quoted(event.id)} runs"
            )


def seats(standing: Standing) -> Iterator[Violation]:
    """A session that runs has as many seats taken as it asks for and no more than there are."""
    parties = standing.problem.party_by_id
    for number, event in enumerate(standing.problem.events):
        for index, session in enumerate(event.sessions):
            if session.id in standing.parties_in:
                taken = sum(parties[party].seats for party in standing.parties_in[session.id])
                place = f"problem.events[{number}].sessions[{index}]"
                if taken < session.min_seats:
                    sentence = f"{quoted(session.id)} runs with {taken} seats taken, fewer than {session.min_seats}"
                    yield Violation(f"{place}.min_seats", sentence)
                if session.max_seats is not None and taken > session.max_seats:
                    sentence = f"{quoted(session.id)} has {taken} seats taken, more than {session.max_seats}"
                    yield Violation(f"{place}.max_seats", sentence)


def set_sizes(standing: Standing) -> Iterator[Violation]:
    """Each set has as many parties as ``size`` asks for, at least one, and there are as many sets as ``count``."""
    for number, entry in enumerate(standing.problem.sets):
        formed_of = list(standing.sets_of(entry))
        if entry.audience:
            place = f"problem.sets[{number}].count"
            yield from _within(len(formed_of), entry.count_min, entry.count_max, place, f"{quoted(entry.id)} forms")
        for formed in formed_of:
            least = max(1, entry.size_min)
            size = len(formed.parties)
            yield from _within(size, least, entry.size_max, f"{formed.place}.parties", "the set has")


def _within(count: int, least: int, most: int | None, place: str, who: str) -> Iterator[Violation]:
    if count < least:
        yield Violation(place, f"{who} {count}, fewer than {least}")
    if most is not None and count > most:
        yield Violation(place, f"{who} {count}, more than {most}")


def mixes(standing: Standing) -> Iterator[Violation]:
    """Every rule of ``mix`` holds in every session that runs and in every set."""
    problem = standing.problem
    for number, event in enumerate(problem.events):
        for session in event.sessions:
            present = standing.parties_in.get(session.id, ())
            yield from _mix(problem, event.mix, present, f"problem.events[{number}]", quoted(session.id))
    for number, entry in enumerate(problem.sets):
        for formed in standing.sets_of(entry):
            yield from _mix(problem, entry.mix, formed.parties, f"problem.sets[{number}]", formed.place)


def _mix(
    problem: Problem, rules: Sequence[MixRule], present: Sequence[str], place: str, group: str
) -> Iterator[Violation]:
    for index, rule in enumerate(rules if present else ()):
        values = Counter(problem.party_by_id[party].value_of(rule.attribute) for party in present)
        at = f"{place}.mix[{index}]"
        attribute = quoted(rule.attribute)
        for value, count in sorted(values.items()):
            have = f"{group} has {count} of {len(present)} parties with {attribute} {quoted(value)}"
            if rule.max_share is not None and Fraction(count, len(present)) > rule.max_share:
                yield Violation(f"{at}.max_share", f"{have}, a larger share than allowed")
            if rule.max_count is not None and count > rule.max_count:
                yield Violation(f"{at}.max_count", f"{have}, more than {rule.max_count}")
        if rule.min_distinct is not None and len(values) < rule.min_distinct:
            sentence = f"{group} has {len(values)} values of {attribute}, fewer than {rule.min_distinct}"
            yield Violation(f"{at}.min_distinct", sentence)


def apart(standing: Standing) -> Iterator[Violation]:
    """Two parties kept apart are in no session of an event with encounters together, nor in such a set."""
    problem = standing.problem
    together = [
        (quoted(session.id), frozenset(standing.parties_in.get(session.id, ())))
        for event in problem.events
        if event.encounters
        for session in event.sessions
    ]
    together += [(formed.place, frozenset(formed.parties)) for formed in standing.formed if formed.entry.encounters]
    for index, (one, other) in enumerate(problem.apart):
        for group, parties in together:
            if one in parties and other in parties:
                sentence = f"{quoted(one)} and {quoted(other)} are together in {group}"
                yield Violation(f"problem.apart[{index}]", sentence)
