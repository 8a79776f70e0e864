"""When people and things are needed: availability, meetings, order, clashes, resources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TypeVar

from solver.check.standing import Attendance, FormedSet, Held, Standing
from solver.faults import Violation, quoted
from solver.problem import Session, Slot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T = TypeVar("T")


def availability(standing: Standing) -> Iterator[Violation]:
    """Nobody is placed where the answer is "no"; no answer is "no"."""
    for visit in standing.attendances:
        if standing.problem.answer(visit.party, visit.sitting.id) == "no":
            yield Violation(visit.place, f"{quoted(visit.party)} is not available for {quoted(visit.sitting.id)}")


def meetings(standing: Standing) -> Iterator[Violation]:
    """Every set meets once in every round, and no more sets use a slot than it allows."""
    for formed in standing.formed:
        times = Counter(held.round.id for held in formed.meetings)
        for round_ in formed.entry.rounds:
            if times[round_.id] != 1:
                sentence = f"meets {times[round_.id]} times in the round {quoted(round_.id)}, not once"
                yield Violation(f"{formed.place}.meetings", sentence)
    for number, entry in enumerate(standing.problem.sets):
        for round_number, round_ in enumerate(entry.rounds):
            for index, slot in enumerate(round_.slots):
                met = len(standing.slots_in_use.get(slot.id, ()))
                if slot.max_sets is not None and met > slot.max_sets:
                    place = f"problem.sets[{number}].rounds[{round_number}].slots[{index}].max_sets"
                    yield Violation(place, f"{met} sets meet in {quoted(slot.id)}, more than {slot.max_sets}")


def after(standing: Standing) -> Iterator[Violation]:
    """A party attends an event's session once its sessions of the events named in ``after`` have ended."""
    for event in standing.problem.events:
        for name in event.after:
            for party, visits in standing.visits[event.id].items():
                for visit, earlier in product(visits, standing.visits[name].get(party, ())):
                    if visit.sitting.start < earlier.sitting.end:
                        attends = f"{quoted(party)} attends {quoted(visit.sitting.id)}"
                        sentence = f"{attends} before {quoted(earlier.sitting.id)} of {quoted(name)} has ended"
                        yield Violation(visit.place, sentence)


def clashes(standing: Standing) -> Iterator[Violation]:
    """No person is in two sittings that clash, whichever parties they belong to."""
    of_person: defaultdict[str, dict[tuple[str, int], Attendance]] = defaultdict(dict)
    for visit in standing.attendances:
        for person in standing.problem.party_by_id[visit.party].people:
            of_person[person].setdefault(visit.meeting, visit)
    for person, visits in of_person.items():
        for first, second in _clashing(standing, ((v.sitting, v) for v in visits.values())):
            sentence = f"{quoted(person)} is in {quoted(first.sitting.id)} and {quoted(second.sitting.id)}, which clash"
            yield Violation(second.place, sentence)


def facilitators(standing: Standing) -> Iterator[Violation]:
    """A set has one facilitator where any are listed; each leads when it can, one at a time, no more than it may."""
    away: defaultdict[str, set[str]] = defaultdict(set)
    for entry in standing.problem.sets:
        for facilitator in entry.facilitators:
            away[facilitator.id] |= facilitator.unavailable
    led: defaultdict[str, list[tuple[FormedSet, Held]]] = defaultdict(list)
    for formed in standing.formed:
        leader = formed.planned.facilitator
        if leader is None:
            if formed.entry.facilitators:
                yield Violation(f"{formed.place}.facilitator", "is missing: one facilitator leads all rounds")
            continue
        led[leader] += ((formed, held) for held in formed.meetings)
        for held in formed.meetings:
            if held.slot.id in away[leader]:
                yield Violation(held.place, f"{quoted(leader)} is unavailable in {quoted(held.slot.id)}")
    yield from _sets_led(standing)
    for leader, meetings_led in led.items():
        for (_, first), (_, second) in _clashing(standing, ((held.slot, (f, held)) for f, held in meetings_led)):
            sentence = f"{quoted(leader)} leads in {quoted(first.slot.id)} and {quoted(second.slot.id)}, which clash"
            yield Violation(second.place, sentence)


def _sets_led(standing: Standing) -> Iterator[Violation]:
    for number, entry in enumerate(standing.problem.sets):
        times = Counter(formed.planned.facilitator for formed in standing.sets_of(entry))
        for index, facilitator in enumerate(entry.facilitators):
            most = facilitator.max_sets
            if most is not None and times[facilitator.id] > most:
                sentence = f"{quoted(facilitator.id)} leads {times[facilitator.id]} sets, more than {most}"
                yield Violation(f"problem.sets[{number}].facilitators[{index}].max_sets", sentence)


def _clashing(standing: Standing, timed: Iterable[tuple[Session | Slot, T]]) -> Iterator[tuple[T, T]]:
    """Every two of what is timed with less than the gap between the end of one and the start of the other."""
    ordered = sorted(timed, key=lambda pair: pair[0].start)
    for index, (sitting, first) in enumerate(ordered):
        for later, second in ordered[index + 1 :]:
            # Sorted by start, all further ones begin even later.
            if later.start - sitting.end >= standing.problem.gap:
                break
            yield first, second


def resources(standing: Standing) -> Iterator[Violation]:
    """At no moment is more of a resource in use than there is; each use lasts its turnaround longer."""
    held = [s for event in standing.problem.events for s in event.sessions if s.id in standing.parties_in]
    uses: list[tuple[Session | Slot, int]] = [(session, 1) for session in held]
    uses += ((slot, len(standing.slots_in_use.get(slot.id, ()))) for _, _, slot in standing.problem.slots())
    for index, resource in enumerate(standing.problem.resources):
        change_at: Counter[int] = Counter()
        for sitting, times in uses:
            amount = sitting.uses.get(resource.id, 0) * times
            change_at[_microseconds(sitting.start - _EPOCH)] += amount
            change_at[_microseconds(sitting.end - _EPOCH) + _microseconds(resource.gap)] -= amount
        in_use, fits = 0, True
        for moment in sorted(change_at):
            in_use += change_at[moment]
            if fits and in_use > resource.capacity:
                since = _EPOCH + timedelta(microseconds=moment)
                sentence = f"{in_use} of {quoted(resource.id)} in use from {since:%Y-%m-%d %H:%M} UTC"
                yield Violation(f"problem.resources[{index}].capacity", f"{sentence}, more than {resource.capacity}")
            fits = in_use <= resource.capacity


def _microseconds(time: timedelta) -> int:
    """Whole microseconds: an end and a long turnaround may lie beyond what a date can say."""
    return time // timedelta(microseconds=1)
