"""Which rules a candidate plan breaks, each in the words a conflict names it with: written from the format alone.

The candidates are all that keep what is not a rule that could be switched off: answers, one session and one set for
each party, one meeting a round and one facilitator for each set. Shares nothing with the model.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from solver.problem import AttendanceLock, Problem, RunningLock, SetLock
from tests.solver.exhaustive import Candidate, Formed, _partitions, placings


def candidates(problem: Problem) -> Iterator[Candidate]:
    """Every way to place the parties, whatever rule it breaks."""
    return placings(problem, _formations)


def _formations(problem: Problem, entry) -> Iterator[tuple[Formed, ...]]:
    leaders = [f.id for f in entry.facilitators] or [None]
    for groups in _partitions(list(entry.audience)):
        met_in = [
            list(
                itertools.product(
                    *([s.id for s in r.slots if all(problem.answer(p, s.id) != "no" for p in g)] for r in entry.rounds)
                )
            )
            for g in groups
        ]
        for met in itertools.product(*met_in):
            for led in itertools.product(leaders, repeat=len(groups)):
                parts = zip(itertools.count(1), groups, led, met, strict=False)
                yield tuple(Formed(entry.id, n, tuple(g), f, m) for n, g, f, m in parts)


def broken(problem: Problem, plan: Candidate) -> frozenset[str]:
    """The beginnings of the sentences of all rules a candidate breaks."""
    rules = (_events, _groups, _sets, _away, _people, _leaders, _after, _resources, _locks)
    return frozenset(itertools.chain.from_iterable(rule(problem, plan) for rule in rules))


def _events(problem, plan):
    seats = {p.id: len(p.people) for p in problem.parties}
    for event in problem.events:
        running = 0
        for session in event.sessions:
            taken = sum(seats[p] for p in event.audience if plan.placed.get((event.id, p)) == session.id)
            running += taken > 0
            if taken and taken < session.min_seats:
                yield f"{session.id} takes at least {session.min_seats} people"
            if session.max_seats is not None and taken > session.max_seats:
                yield f"{session.id} has seats for {session.max_seats}"
        if event.audience and running < event.open_min:
            yield f"{event.id} runs at least {event.open_min} of its sessions"
        if event.audience and event.open_max is not None and running > event.open_max:
            yield f"{event.id} runs at most {event.open_max} of its sessions"


def _together(problem, plan):
    for event in problem.events:
        for session in event.sessions:
            here = [p for p in event.audience if plan.placed.get((event.id, p)) == session.id]
            if here:
                yield event, here
    entries = {entry.id: entry for entry in problem.sets}
    yield from ((entries[s.entry], s.parties) for s in plan.sets)


def _groups(problem, plan):
    attributes = {p.id: p.attributes for p in problem.parties}
    for place, here in _together(problem, plan):
        for mix in place.mix:
            values = Counter(attributes[p].get(mix.attribute, "") for p in here)
            most = max(values.values())
            if mix.max_share is not None and most > mix.max_share * len(here):
                yield f"{place.id} keeps each {mix.attribute} to a share of "
            if mix.max_count is not None and most > mix.max_count:
                yield f"{place.id} keeps each {mix.attribute} to {mix.max_count} in one place"
            if mix.min_distinct is not None and len(values) < mix.min_distinct:
                yield f"{place.id} brings together at least {mix.min_distinct} different"
        if place.encounters:
            for one, other in problem.apart:
                if one in here and other in here:
                    yield f"{one} and {other} are kept apart"


def _sets(problem, plan):
    for entry in problem.sets:
        mine = [s for s in plan.sets if s.entry == entry.id]
        if entry.audience and len(mine) < entry.count_min:
            yield f"{entry.id} forms at least {entry.count_min} set"
        if entry.audience and entry.count_max is not None and len(mine) > entry.count_max:
            yield f"{entry.id} forms at most {entry.count_max} set"
        for formed in mine:
            if len(formed.parties) < entry.size_min:
                yield f"A set of {entry.id} has at least {entry.size_min} member"
            if entry.size_max is not None and len(formed.parties) > entry.size_max:
                yield f"A set of {entry.id} has at most {entry.size_max} member"
        met = Counter(slot for s in mine for slot in s.slots)
        for slot in (slot for r in entry.rounds for slot in r.slots):
            if slot.max_sets is not None and met[slot.id] > slot.max_sets:
                yield f"{slot.id} has room for {slot.max_sets} set"
        led = Counter(s.facilitator for s in mine)
        for leader in entry.facilitators:
            if leader.max_sets is not None and led[leader.id] > leader.max_sets:
                yield f"{leader.id} leads at most {leader.max_sets} set"


def _away(problem, plan):
    away = {}
    for leader in (f for entry in problem.sets for f in entry.facilitators):
        away[leader.id] = away.get(leader.id, frozenset()) | leader.unavailable
    for formed in plan.sets:
        if formed.facilitator is not None and not away[formed.facilitator].isdisjoint(formed.slots):
            yield f"{formed.facilitator} leads no meeting when away"


def _clash(problem, one, other):
    first, second = problem.sitting_by_id[one], problem.sitting_by_id[other]
    return first.start < second.end + problem.gap and second.start < first.end + problem.gap


def _people(problem, plan):
    meetings: dict[str, set[tuple[str, str]]] = {}
    people = {p.id: p.people for p in problem.parties}
    for (_, party), session in plan.placed.items():
        for person in people[party]:
            meetings.setdefault(person, set()).add((session, session))
    for formed in plan.sets:
        for party, slot in itertools.product(formed.parties, formed.slots):
            for person in people[party]:
                meetings.setdefault(person, set()).add((slot, f"{formed.entry} {formed.number} {slot}"))
    for visits in meetings.values():
        if any(_clash(problem, one[0], other[0]) for one, other in itertools.combinations(sorted(visits), 2)):
            yield "Nobody is in two places at once"


def _leaders(problem, plan):
    led: dict[str, list[str]] = {}
    for formed in plan.sets:
        if formed.facilitator is not None:
            led.setdefault(formed.facilitator, []).extend(formed.slots)
    for leader, slots in led.items():
        if any(_clash(problem, one, other) for one, other in itertools.combinations(slots, 2)):
            yield f"{leader} leads one meeting at a time"


def _after(problem, plan):
    sitting = problem.sitting_by_id
    for event in problem.events:
        for earlier, party in itertools.product(event.after, event.audience):
            mine, theirs = plan.placed.get((event.id, party)), plan.placed.get((earlier, party))
            if mine and theirs and sitting[mine].start < sitting[theirs].end:
                yield f"{event.id} comes after {earlier}"


def _resources(problem, plan):
    sitting = problem.sitting_by_id
    held = sorted(set(plan.placed.values())) + [slot for s in plan.sets for slot in s.slots]
    for resource in problem.resources:
        uses = [(sitting[x].start, sitting[x].end + resource.gap, sitting[x].uses.get(resource.id, 0)) for x in held]
        for moment, _, _ in uses:
            if sum(amount for start, end, amount in uses if start <= moment < end) > resource.capacity:
                yield f"There is no more of {resource.id} than {resource.capacity} at a time"


def _locks(problem, plan):
    attended = {(party, session) for (_, party), session in plan.placed.items()}
    attended |= {(party, slot) for s in plan.sets for party in s.parties for slot in s.slots}
    running = {session for _, session in attended}
    for lock in problem.locks:
        match lock:
            case AttendanceLock(party, session, never):
                if ((party, session) in attended) is never:
                    yield f"{party} is locked {'out of' if never else 'to'} {session}"
            case RunningLock(session, runs):
                if (session in running) is not runs:
                    yield f"{session} is locked to {'run' if runs else 'not run'}"
            case SetLock(entry, parties, leader):
                together = [s for s in plan.sets if s.entry == entry and set(parties) <= set(s.parties)]
                if parties and (not together or (leader is not None and together[0].facilitator != leader)):
                    led = "" if leader is None else f", led by {leader}"
                    who = f"{' and '.join(parties)} are locked into one set"
                    yield f"{who if len(parties) > 1 else parties[0] + ' is locked into a set'} of {entry}{led}"
