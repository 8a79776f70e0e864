"""What a plan names must be in the problem, and where the plan says it is."""

from __future__ import annotations

from collections.abc import Iterator

from solver.check.standing import Standing
from solver.faults import Violation, quoted
from solver.problem import PlannedSet, SetsEntry


def unknown_names(standing: Standing) -> Iterator[Violation]:
    """Each event, party, session, entry, facilitator, round or slot that the problem does not have there."""
    yield from _in_assignments(standing)
    for index, planned in enumerate(standing.plan.sets):
        place = f"sets[{index}]"
        entry = standing.entry_by_id.get(planned.set)
        if entry is None:
            yield Violation(f"{place}.set", f"{quoted(planned.set)} is not an entry of sets in the problem")
        else:
            yield from _in_set(standing, planned, entry, place)
    groups = {**standing.event_by_id, **standing.entry_by_id}
    for index, left_out in enumerate(standing.plan.unplaced):
        place = f"unplaced[{index}]"
        if left_out.event not in groups:
            yield Violation(f"{place}.event", f"{quoted(left_out.event)} is no event or entry of sets in the problem")
        yield from _unknown_party(standing, left_out.party, f"{place}.party")


def _in_assignments(standing: Standing) -> Iterator[Violation]:
    for index, assigned in enumerate(standing.plan.assignments):
        place = f"assignments[{index}]"
        event = standing.event_by_id.get(assigned.event)
        if event is None:
            yield Violation(f"{place}.event", f"{quoted(assigned.event)} is not an event in the problem")
        elif assigned.session not in standing.sessions_of[event.id]:
            sentence = f"{quoted(assigned.session)} is not a session of {quoted(event.id)}"
            yield Violation(f"{place}.session", sentence)
        yield from _unknown_party(standing, assigned.party, f"{place}.party")


def _in_set(standing: Standing, planned: PlannedSet, entry: SetsEntry, place: str) -> Iterator[Violation]:
    for number, party in enumerate(planned.parties):
        yield from _unknown_party(standing, party, f"{place}.parties[{number}]")
    leader = planned.facilitator
    if leader is not None and all(facilitator.id != leader for facilitator in entry.facilitators):
        yield Violation(f"{place}.facilitator", f"{quoted(leader)} is not a facilitator of {quoted(entry.id)}")
    slots = {round_.id: [slot.id for slot in round_.slots] for round_ in entry.rounds}
    for number, meeting in enumerate(planned.meetings):
        at = f"{place}.meetings[{number}]"
        if meeting.round not in slots:
            yield Violation(f"{at}.round", f"{quoted(meeting.round)} is not a round of {quoted(entry.id)}")
        elif meeting.slot not in slots[meeting.round]:
            yield Violation(f"{at}.slot", f"{quoted(meeting.slot)} is not a slot of the round {quoted(meeting.round)}")


def _unknown_party(standing: Standing, party: str, place: str) -> Iterator[Violation]:
    if party not in standing.problem.party_by_id:
        yield Violation(place, f"{quoted(party)} is not a party in the problem")
