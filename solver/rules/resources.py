"""Rooms, teams and kits that sessions and set meetings share."""

from __future__ import annotations

from solver.clashes import uses_at_once
from solver.problem import Resource
from solver.rulebook import Expression, Rulebook
from solver.variables import Variables


def share_resource(book: Rulebook, variables: Variables, resource: Resource) -> None:
    """At no moment is more of the resource in use than its capacity; a use lasts ``gap_minutes`` longer.

    A session that runs uses its amount once, a slot once for each set that meets in it.
    """
    problem = variables.problem
    times: dict[str, Expression] = {}
    sittings = []
    for event in problem.events:
        for session in event.sessions:
            amount = session.uses.get(resource.id, 0)
            if amount and session.id in variables.runs:
                times[session.id] = variables.runs[session.id]
                sittings.append((session.id, session.start, session.end, amount))
    for entry, _, slot in problem.slots():
        amount = slot.uses.get(resource.id, 0)
        meetings = variables.meetings_in(entry, slot.id)
        if amount and meetings:
            times[slot.id] = sum(meetings.values())
            sittings.append((slot.id, slot.start, slot.end, amount))
    with book.rule(f"There is no more of {resource.id} than {resource.capacity} at a time"):
        for group in uses_at_once(sittings, resource.gap):
            book.require(sum(amount * times[sitting] for sitting, amount in group) <= resource.capacity)
