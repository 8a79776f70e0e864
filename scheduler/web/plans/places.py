"""The places that a party could have, in words: what each is called, what the party said, the price or the rules."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler import formatting
from scheduler.models import Plan
from scheduler.plan.editing import UNPLACED, Choice
from scheduler.plan.naming import Names, session_name
from scheduler.plan.overview import EventView, Overview, PartyLine


@dataclass(frozen=True)
class Place:
    """A place a party could have, in words: what it is, what the party said, the price, the rules it would break."""

    value: str
    name: str
    says: str
    cost: str
    more: str
    now: bool
    broken: tuple[str, ...]
    rules: frozenset[str] = frozenset()
    can_be_overruled: bool = False


class PlaceNames:
    """Says the choices of a plan's parties with names instead of ids."""

    def __init__(self, plan: Plan, seen: Overview) -> None:
        self.seen = seen
        self.names = Names(plan)

    def name(self, view: EventView, value: str) -> str:
        """What a place of an event is called."""
        if value == UNPLACED:
            return "Unplaced"
        if view.event.has_sets:
            found = next((s for s in view.sets if str(s.number) == value), None)
            leader = f", {found.facilitator.person.name}" if found is not None and found.facilitator else ""
            size = f": {formatting.count(len(found.parties), 'pair')}" if found is not None else ""
            return f"Set {value}{size}{leader}"
        session = next((session for session in view.event.sessions if session.key == value), None)
        return session_name(session) if session is not None else value

    def in_words(self, view: EventView, party: PartyLine, choice: Choice) -> Place:
        """A choice of a party in an event."""
        broken = tuple(self.names.in_words(sentence) for sentence in choice.broken)
        says = ""
        if choice.answer:
            session = next(s for s in view.event.sessions if s.key == choice.place)
            answer = self.seen.answer(party.key, session)
            says = {"yes": "Yes", "if-need-be": "If need be", "no": "No"}.get(answer or "", "Not answered") + ", "
            if answer in (None, "no"):
                why = "says no" if answer == "no" else "has not answered this date, which counts as no"
                at_home = f'"{party.key}" is not available for "{choice.place}"'
                rest = tuple(self.names.in_words(sentence) for sentence in choice.broken if sentence != at_home)
                broken = (f"{party.name} {why}: it cannot go there.", *rest)
        return Place(
            choice.place,
            self.name(view, choice.place),
            says,
            f"cost {formatting.number(choice.cost)}",
            more(choice.more),
            choice.now,
            () if choice.now else broken,
            choice.rules,
            choice.can_be_overruled and not choice.now,
        )


def more(points: int) -> str:
    """By how much a price differs from what is now."""
    if points == 0:
        return "the same as now"
    return f"{formatting.number(abs(points))} {'more' if points > 0 else 'less'}"
