"""Facilitators: one to each set, no more sets than each can lead, and never two meetings that clash."""

from __future__ import annotations

from solver.clashes import moments_of_overlap
from solver.problem import SetsEntry
from solver.rulebook import Literal, Rulebook
from solver.variables import Variables
from solver.wording import counted


def lead_each_set(book: Rulebook, variables: Variables, entry: SetsEntry, number: int) -> None:
    """A set that forms has exactly one facilitator for all rounds, where the entry lists any."""
    if entry.facilitators:
        leading = [variables.leads.get((entry.id, number, f.id), 0) for f in entry.facilitators]
        book.require(sum(leading) == variables.forms[entry.id, number])


def lead_no_more_than(book: Rulebook, variables: Variables, entry: SetsEntry) -> None:
    """A facilitator leads at most ``max_sets`` sets of the entry."""
    for facilitator in entry.facilitators:
        if facilitator.max_sets is not None:
            led = [
                variables.leads[entry.id, number, facilitator.id]
                for number in variables.numbers[entry.id]
                if (entry.id, number, facilitator.id) in variables.leads
            ]
            with book.rule(f"{facilitator.id} leads at most {counted(facilitator.max_sets, 'set')} of {entry.id}"):
                book.require(sum(led) <= facilitator.max_sets)


def lead_when_available(book: Rulebook, variables: Variables) -> None:
    """A facilitator leads no meeting in a slot it is away from; ``unavailable`` holds in every entry that lists it."""
    away: dict[str, frozenset[str]] = {}
    for entry in variables.problem.sets:
        for facilitator in entry.facilitators:
            away[facilitator.id] = away.get(facilitator.id, frozenset()) | facilitator.unavailable
    for (entry_id, number, name), leads in variables.leads.items():
        slots = [slot for slot in sorted(away[name]) if (entry_id, number, slot) in variables.meets]
        with book.rule(f"{name} leads no meeting when away"):
            for slot in slots:
                book.require(leads + variables.meets[entry_id, number, slot] <= 1)


def lead_one_meeting_at_a_time(book: Rulebook, variables: Variables) -> None:
    """No facilitator leads two meetings that clash, in one entry or in two; two sets in one slot clash too."""
    leading: dict[str, dict[str, list[Literal]]] = {}
    slots = {slot.id: slot for _, _, slot in variables.problem.slots()}
    for (entry_id, number, name), leads in variables.leads.items():
        for slot in slots:
            meets = variables.meets.get((entry_id, number, slot))
            if meets is not None:
                leading.setdefault(name, {}).setdefault(slot, []).append((leads, meets))
    for name, by_slot in leading.items():
        with book.rule(f"{name} leads one meeting at a time"):
            busy = {slot: _busy(book, name, slot, pairs) for slot, pairs in by_slot.items()}
            for group in moments_of_overlap([slots[slot] for slot in by_slot], variables.problem.gap):
                book.require(sum(literal for slot in group for literal in busy[slot]) <= 1)


def _busy(book: Rulebook, name: str, slot: str, pairs: list[Literal]) -> list[Literal]:
    busy = []
    for leads, meets in pairs:
        literal = book.literal(f"{name} leads in {slot}")
        book.require(leads + meets - 1 <= literal)
        busy.append(literal)
    return busy
