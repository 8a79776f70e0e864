"""A set's other facilitators and other dates, each at its exact price or with the rules against it."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.models import Event, MoveKind
from scheduler.plan.editing import Choice, Draft, NotEditable, Step
from scheduler.plan.overruling import overrulings_of, standing_faults


def choices_for_set(draft: Draft, event: Event, number: str, round_key: str | None = None) -> list[Choice]:
    """Who could lead a set instead, or, with a round, when it could meet in it; all else held.

    Raises NotEditable where there is no such set or round.
    """
    kind = MoveKind.FACILITATOR if round_key is None else MoveKind.MEETING
    places = list(_places(draft, event, round_key))
    if not places or draft.set_of(event, number) is None:
        raise NotEditable(number)
    now = draft.now_of(Step(event, number, "", kind, round_key))
    overruled = overrulings_of(draft.plan)
    before = draft.made.objective or 0
    found = []
    for place in places:
        moved = draft.with_step(Step(event, number, place, kind, round_key))
        cost = moved.objective or 0
        faults = standing_faults(draft.problem, moved, overruled) if place != now else []
        broken = tuple(dict.fromkeys(fault.sentence for fault in faults))
        found.append(Choice(event.key, place, place == now, cost, cost - before, broken))
    return found


def _places(draft: Draft, event: Event, round_key: str | None) -> Iterator[str]:
    for entry in draft.problem.sets:
        if entry.id == event.key and round_key is None:
            yield from (leader.id for leader in entry.facilitators)
        elif entry.id == event.key:
            yield from (slot.id for r in entry.rounds if r.id == round_key for slot in r.slots)
