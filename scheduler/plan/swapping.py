"""Swaps that take a party out of its set and keep sizes, mix and dates: each counted again, at its price.

A swap exchanges two parties of two sets; where the sizes allow it one party moves alone. What cannot be, as somebody
says no to a date, is passed over unweighed; the rest is tried in the order in which it is likely to be cheap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.models import Event, MoveKind, Organiser
from scheduler.plan.editing import Draft, Moved, Step
from scheduler.plan.overruling import overrulings_of, standing_faults
from solver.problem import PlannedSet, SetsEntry

MOST_TRIED, LEAST_TRIED = 60, 12
"""How many exchanges are counted for one party: a recount takes 3 ms of a processor with 64 pairs, 62 with 1,000."""
COUNTED_AT_ONCE = 4_000
"""Parties times exchanges, so that a page of a large programme does not wait for long."""
MOST_SHOWN = 5


@dataclass(frozen=True)
class Swap:
    """One way out of a set: to set ``number``, in exchange for ``other`` or, where it is None, for nobody.

    ``cost`` is the whole plan's once it is taken, ``more`` by how much that differs from now.
    """

    party: str
    other: str | None
    number: int
    cost: int
    more: int


@dataclass(frozen=True)
class Swaps:
    """The cheapest swaps that break no rule, and of how many that could be they were found among how many tried."""

    found: tuple[Swap, ...]
    tried: int
    possible: int


def swaps_for(draft: Draft, event: Event, party: str) -> Swaps:
    """The cheapest ways for a party to be in another set of an event."""
    entry = next((entry for entry in draft.problem.sets if entry.id == event.key), None)
    here = draft.set_of(event, draft.place_of(event, party))
    if entry is None or here is None:
        return Swaps((), 0, 0)
    steps = sorted(_steps(draft, event, entry, here, party), key=lambda each: each[0])
    priced = []
    most = max(LEAST_TRIED, min(MOST_TRIED, COUNTED_AT_ONCE // len(draft.problem.parties)))
    for _, number, step in steps[:most]:
        moved = draft.with_step(step)
        priced.append((moved.objective or 0, number, step, moved))
    priced.sort(key=lambda each: (each[0], each[1], each[2].place))
    overruled, before = overrulings_of(draft.plan), draft.made.objective or 0
    found: list[Swap] = []
    for cost, number, step, moved in priced:
        if len(found) == MOST_SHOWN:
            break
        if not standing_faults(draft.problem, moved, overruled):
            other = step.place if step.kind is MoveKind.SWAP else None
            found.append(Swap(party, other, number, cost, cost - before))
    return Swaps(tuple(found), len(priced), len(steps))


def take(draft: Draft, event: Event, swap: Swap, *, by: Organiser | None) -> Moved:
    """Make a swap, as one change of the draft that "Undo" takes back whole. Raises as ``Draft.make`` does."""
    return draft.make(_step(event, swap.party, swap.other, swap.number), by=by)


def _step(event: Event, party: str, other: str | None, number: int) -> Step:
    if other is None:
        return Step(event, party, str(number))
    return Step(event, party, other, MoveKind.SWAP)


def _steps(
    draft: Draft, event: Event, entry: SetsEntry, here: PlannedSet, party: str
) -> Iterator[tuple[tuple[int, int, str], int, Step]]:
    """Every exchange that nobody's no stands against: how likely it is to be dear, the other set, and the step."""
    problem = draft.problem
    mine = problem.party_by_id[party].attributes
    attributes = [rule.attribute for rule in entry.mix]
    for there in draft.made.sets:
        if there.set != entry.id or there.number == here.number:
            continue
        bent = _bends(draft, party, there)
        if bent is None:
            continue
        fits = entry.size_max is None or len(there.parties) < entry.size_max
        if fits and len(here.parties) > entry.size_min:
            yield (len(attributes), bent, ""), there.number, _step(event, party, None, there.number)
        for other in there.parties:
            theirs = _bends(draft, other, here)
            if theirs is not None:
                unlike = sum(mine.get(a) != problem.party_by_id[other].attributes.get(a) for a in attributes)
                yield (unlike, bent + theirs, other), there.number, _step(event, party, other, there.number)


def _bends(draft: Draft, party: str, planned: PlannedSet) -> int | None:
    """On how many dates of a set a party comes only if need be; None where it says no to one."""
    answers = [draft.problem.answer(party, meeting.slot) for meeting in planned.meetings]
    return None if "no" in answers else answers.count("if-need-be")
