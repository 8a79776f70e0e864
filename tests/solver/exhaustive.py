"""Every plan of a tiny problem, one after another: what the solver is measured against.

Written from the problem format alone and slowly on purpose; it shares nothing with the model, nor with the recount.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from solver.problem import AttendanceLock, Problem, RunningLock, Session, SetsEntry, Slot


@dataclass(frozen=True)
class Formed:
    """One set of a candidate plan."""

    entry: str
    number: int
    parties: tuple[str, ...]
    facilitator: str | None
    slots: tuple[str, ...]  # one for each round


@dataclass(frozen=True)
class Candidate:
    """A candidate plan: (event, party) to session, and the sets."""

    placed: dict[tuple[str, str], str]
    sets: tuple[Formed, ...]


Formations = Callable[[Problem, SetsEntry], Iterator[tuple[Formed, ...]]]


def cheapest(problem: Problem) -> int | None:
    """The least objective of any plan, None where no plan keeps every rule."""
    best = None
    for candidate in candidates(problem):
        if allowed(problem, candidate):
            objective = cost(problem, candidate)
            best = objective if best is None else min(best, objective)
    return best


def candidates(problem: Problem) -> Iterator[Candidate]:
    """Every way to place the parties, rules or no rules."""
    return placings(problem, _formations)


def placings(problem: Problem, formations: Formations) -> Iterator[Candidate]:
    """Every way to place the parties with the sets that ``formations`` gives for an entry."""
    keys = [(event, party) for event in problem.events for party in event.audience]
    choices = [[None, *(s.id for s in event.sessions if problem.answer(party, s.id) != "no")] for event, party in keys]
    formed_in = [list(formations(problem, entry)) for entry in problem.sets]
    for chosen in itertools.product(*choices):
        placed = {(e.id, p): session for (e, p), session in zip(keys, chosen, strict=True) if session is not None}
        for formed in itertools.product(*formed_in):
            yield Candidate(placed, tuple(itertools.chain.from_iterable(formed)))


def _formations(problem: Problem, entry: SetsEntry) -> Iterator[tuple[Formed, ...]]:
    old = []
    if problem.previous is not None:
        old = sorted({s.number for s in problem.previous.sets if s.set == entry.id})
    numbers = list(dict.fromkeys([*old, *range(1, len(entry.audience) + len(old) + 1)]))
    leaders: list[str | None] = [f.id for f in entry.facilitators] or [None]
    for groups in _partitions(list(entry.audience)):
        fixed = max(1, entry.size_min)
        if any(len(g) < fixed or (entry.size_max is not None and len(g) > entry.size_max) for g in groups):
            continue
        slots = [
            list(itertools.product(*([s.id for s in r.slots if _all_can(problem, group, s.id)] for r in entry.rounds)))
            for group in groups
        ]
        useful = numbers[: len(old) + len(groups)]
        for numbering in itertools.permutations(useful, len(groups)):
            if not old and list(numbering) != sorted(numbering):
                continue
            for met in itertools.product(*slots):
                for led in itertools.product(leaders, repeat=len(groups)):
                    yield tuple(
                        Formed(entry.id, n, tuple(g), f, m)
                        for n, g, f, m in zip(numbering, groups, led, met, strict=True)
                    )


def _all_can(problem: Problem, group: list[str], slot: str) -> bool:
    return all(problem.answer(party, slot) != "no" for party in group)


def _partitions(parties: list[str]) -> Iterator[list[list[str]]]:
    """Every way to divide some of the parties into groups, the rest left over."""
    if not parties:
        yield []
        return
    first, *rest = parties
    for groups in _partitions(rest):
        yield groups
        yield [[first], *groups]
        for i, group in enumerate(groups):
            yield [*groups[:i], [first, *group], *groups[i + 1 :]]


def allowed(problem: Problem, plan: Candidate) -> bool:
    """Whether a plan keeps every rule of the format."""
    rules = (_events_hold, _sets_hold, _people_hold, _after_holds, _resources_hold, _locks_hold)
    return all(rule(problem, plan) for rule in rules)


def _groups(problem: Problem, plan: Candidate) -> list[tuple[object, tuple[str, ...]]]:
    """Every session that runs and every set, as (its event or entry, the parties in it)."""
    found: list[tuple[object, tuple[str, ...]]] = []
    for event in problem.events:
        for session in event.sessions:
            here = tuple(p for p in event.audience if plan.placed.get((event.id, p)) == session.id)
            if here:
                found.append((event, here))
    entries = {entry.id: entry for entry in problem.sets}
    found += [(entries[s.entry], s.parties) for s in plan.sets]
    return found


def _events_hold(problem: Problem, plan: Candidate) -> bool:
    seats = {p.id: len(p.people) for p in problem.parties}
    for event in problem.events:
        running = 0
        for session in event.sessions:
            taken = [seats[p] for p in event.audience if plan.placed.get((event.id, p)) == session.id]
            if taken:
                running += 1
                if sum(taken) < session.min_seats:
                    return False
                if session.max_seats is not None and sum(taken) > session.max_seats:
                    return False
        most = len(event.sessions) if event.open_max is None else event.open_max
        if event.audience and not event.open_min <= running <= most:
            return False
    return all(_mix_holds(problem, place, here) for place, here in _groups(problem, plan))


def _mix_holds(problem: Problem, place, here) -> bool:
    attributes = {p.id: p.attributes for p in problem.parties}
    for mix in place.mix:
        values = Counter(attributes[p].get(mix.attribute, "") for p in here)
        for present in values.values():
            if mix.max_share is not None and present > mix.max_share * len(here):
                return False
            if mix.max_count is not None and present > mix.max_count:
                return False
        if mix.min_distinct is not None and len(values) < mix.min_distinct:
            return False
    if place.encounters:
        return not any(one in here and other in here for one, other in problem.apart)
    return True


def _sets_hold(problem: Problem, plan: Candidate) -> bool:
    for entry in problem.sets:
        mine = [s for s in plan.sets if s.entry == entry.id]
        if entry.audience and len(mine) < entry.count_min:
            return False
        if entry.count_max is not None and len(mine) > entry.count_max:
            return False
        for round_ in entry.rounds:
            for slot in round_.slots:
                if slot.max_sets is not None and sum(slot.id in s.slots for s in mine) > slot.max_sets:
                    return False
        for facilitator in entry.facilitators:
            led = sum(s.facilitator == facilitator.id for s in mine)
            if facilitator.max_sets is not None and led > facilitator.max_sets:
                return False
    away = {f.id: set() for entry in problem.sets for f in entry.facilitators}
    for entry in problem.sets:
        for facilitator in entry.facilitators:
            away[facilitator.id] |= facilitator.unavailable
    return not any(slot in away[s.facilitator] for s in plan.sets if s.facilitator for slot in s.slots)


def _clash(problem: Problem, one: Session | Slot, other: Session | Slot) -> bool:
    return one.start < other.end + problem.gap and other.start < one.end + problem.gap


def _people_hold(problem: Problem, plan: Candidate) -> bool:
    """Nobody, facilitators included, is in two meetings that clash."""
    sitting = problem.sitting_by_id
    people = {p.id: p.people for p in problem.parties}
    busy: dict[tuple[str, str], set[tuple[str, object]]] = {}
    for (_, party), session in plan.placed.items():
        for person in people[party]:
            busy.setdefault(("person", person), set()).add((session, None))
    for formed in plan.sets:
        for slot in formed.slots:
            for party in formed.parties:
                for person in people[party]:
                    busy.setdefault(("person", person), set()).add((slot, (formed.entry, formed.number)))
            if formed.facilitator:
                busy.setdefault(("leader", formed.facilitator), set()).add((slot, (formed.entry, formed.number)))
    return not any(
        _clash(problem, sitting[one[0]], sitting[other[0]])
        for meetings in busy.values()
        for one, other in itertools.combinations(meetings, 2)
    )


def _after_holds(problem: Problem, plan: Candidate) -> bool:
    sitting = problem.sitting_by_id
    for event in problem.events:
        for earlier in event.after:
            for party in event.audience:
                mine, theirs = plan.placed.get((event.id, party)), plan.placed.get((earlier, party))
                if mine and theirs and sitting[mine].start < sitting[theirs].end:
                    return False
    return True


def _resources_hold(problem: Problem, plan: Candidate) -> bool:
    sitting = problem.sitting_by_id
    held = sorted(set(plan.placed.values())) + [slot for s in plan.sets for slot in s.slots]
    for resource in problem.resources:
        uses = [(sitting[x].start, sitting[x].end + resource.gap, sitting[x].uses.get(resource.id, 0)) for x in held]
        for moment, _, _ in uses:
            if sum(amount for start, end, amount in uses if start <= moment < end) > resource.capacity:
                return False
    return True


def _locks_hold(problem: Problem, plan: Candidate) -> bool:
    attended = {(party, session) for (_, party), session in plan.placed.items()}
    attended |= {(party, slot) for s in plan.sets for party in s.parties for slot in s.slots}
    running = {session for _, session in attended}
    for lock in problem.locks:
        if isinstance(lock, AttendanceLock):
            if ((lock.party, lock.session) in attended) is lock.never:
                return False
        elif isinstance(lock, RunningLock):
            if (lock.session in running) is not lock.runs:
                return False
        elif lock.parties:
            together = [s for s in plan.sets if s.entry == lock.set and set(lock.parties) <= set(s.parties)]
            if not together or (lock.facilitator is not None and together[0].facilitator != lock.facilitator):
                return False
    return True


def cost(problem: Problem, plan: Candidate) -> int:
    """The weighted sum of a plan."""
    return sum(getattr(problem.weights, term) * count for term, count in counts(problem, plan).items())


def counts(problem: Problem, plan: Candidate) -> dict[str, int]:
    """The terms of a plan before their weights."""
    attended = [(party, session) for (_, party), session in plan.placed.items()]
    attended += [(party, slot) for s in plan.sets for party in s.parties for slot in s.slots]
    in_need = Counter(party for party, x in attended if problem.answer(party, x) == "if-need-be")
    expected = sum(len(e.audience) for e in problem.events) + sum(len(e.audience) for e in problem.sets)
    running = set(plan.placed.values())
    return {
        "unplaced": expected - len(plan.placed) - sum(len(s.parties) for s in plan.sets),
        "open_cost": sum(s.open_cost for e in problem.events for s in e.sessions if s.id in running),
        "costs": sum(problem.cost(party, x) for party, x in attended),
        "if_need_be": sum(in_need.values()),
        "burden": sum(times - 1 for times in in_need.values()),
        "repeat_encounter": _repeats(problem, plan),
        "mix_imbalance": sum(_imbalance(problem, place, here) for place, here in _groups(problem, plan)),
        "change": _changes(problem, plan),
    }


def _repeats(problem: Problem, plan: Candidate) -> int:
    trust = {p.id: p.trust for p in problem.parties}
    times = Counter()
    for one, other, before in problem.previous_encounters:
        times[frozenset((one, other))] += before
    for place, here in _groups(problem, plan):
        if place.encounters:
            times.update(frozenset(pair) for pair in itertools.combinations(sorted({trust[p] for p in here}), 2))
    return sum(max(0, together - 1) for together in times.values())


def _imbalance(problem: Problem, place, here) -> int:
    attributes = {p.id: p.attributes for p in problem.parties}
    total = 0
    for mix in place.mix:
        everyone = Counter(attributes[p].get(mix.attribute, "") for p in place.audience)
        present = Counter(attributes[p].get(mix.attribute, "") for p in here)
        for value, n in everyone.items():
            total += max(0, present[value] - -(-len(here) * n // len(place.audience)))
    return total


def _changes(problem: Problem, plan: Candidate) -> int:
    if problem.previous is None:
        return 0
    differs = 0
    events = {e.id: e for e in problem.events}
    for was in problem.previous.assignments:
        event = events.get(was.event)
        if event and was.party in event.audience and was.session in {s.id for s in event.sessions}:
            differs += plan.placed.get((was.event, was.party)) != was.session
    entries = {e.id: e for e in problem.sets}
    for old in problem.previous.sets:
        entry = entries.get(old.set)
        for party in old.parties if entry else ():
            if party not in entry.audience:
                continue
            now = next((s for s in plan.sets if s.entry == old.set and party in s.parties), None)
            differs += now is None or now.number != old.number
            if old.facilitator in {f.id for f in entry.facilitators}:
                differs += now is None or now.facilitator != old.facilitator
            slots = {r.id: {s.id for s in r.slots} for r in entry.rounds}
            for meeting in old.meetings:
                if meeting.slot in slots.get(meeting.round, ()):
                    differs += now is None or meeting.slot not in now.slots
    return differs
