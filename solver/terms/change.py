"""What differs from an earlier plan."""

from __future__ import annotations

from solver.problem import PlannedSet, SetsEntry
from solver.rulebook import Expression, Literal, Rulebook
from solver.variables import Variables


def change(book: Rulebook, variables: Variables) -> Expression:
    """Parties whose session, set number, facilitator or slot in a round differs from ``previous``.

    To be left out now counts as a difference. What names anything that is no longer in the file is skipped.
    """
    previous = variables.problem.previous
    if previous is None:
        return 0
    kept: list[Expression] = []
    events = {event.id: event for event in variables.problem.events}
    for was in previous.assignments:
        event = events.get(was.event)
        if event and was.party in event.audience and any(s.id == was.session for s in event.sessions):
            kept.append(variables.attends.get((was.party, was.session), 0))
    entries = {entry.id: entry for entry in variables.problem.sets}
    for planned in previous.sets:
        entry = entries.get(planned.set)
        if entry is not None:
            for party in planned.parties:
                if party in entry.audience:
                    kept += kept_in_sets(book, variables, entry, planned, party)
    return len(kept) - sum(kept)


def kept_in_sets(
    book: Rulebook, variables: Variables, entry: SetsEntry, was: PlannedSet, party: str
) -> list[Expression]:
    """What can stay as it was for one party of a previous set: its number, its facilitator, its slot in each round."""
    kept: list[Expression] = [variables.joins.get((entry.id, was.number, party), 0)]
    if was.facilitator is not None and any(f.id == was.facilitator for f in entry.facilitators):
        kept.append(led_by(book, variables, entry, party, was.facilitator))
    slots = {round_.id: {slot.id for slot in round_.slots} for round_ in entry.rounds}
    for meeting in was.meetings:
        if meeting.slot in slots.get(meeting.round, ()):
            kept.append(variables.attends.get((party, meeting.slot), 0))
    return kept


def led_by(book: Rulebook, variables: Variables, entry: SetsEntry, party: str, facilitator: str) -> Literal:
    """A literal that can hold only where the party's set has this facilitator."""
    led = book.literal(f"{party} stays with {facilitator}")
    book.require(led <= sum(variables.sets_of(entry, party)))
    for number in variables.numbers[entry.id]:
        joins = variables.joins.get((entry.id, number, party), 0)
        leads = variables.leads.get((entry.id, number, facilitator), 0)
        book.require(led + joins - 1 <= leads)
    return led
