"""Who comes too, as an invitation says it: by a plan, or in a set that runs itself."""

from __future__ import annotations

from typing import Protocol

from scheduler import formatting
from scheduler.collect.audience import pairs_of
from scheduler.invite.changes import Place
from scheduler.models import OwnSet, Pair, Person, Plan
from scheduler.plan.overview import placements_of, sets_of


class Company(Protocol):
    """Who else is where somebody is invited."""

    def of(self, place: Place) -> str:
        """Who else comes, in a sentence; "" where nobody does."""

    def set_of(self, place: Place) -> str:
        """Which set meets there, for one who is in it or leads it; "" for a session."""

    def partner_of(self, person: Person, place: Place) -> str:
        """Who comes with them; "" for one who comes alone."""


class PlanCompany:
    """Who comes too by a plan: the number of pairs in a session, the Trusts of a set, and each person's partner."""

    def __init__(self, plan: Plan) -> None:
        self.parties: dict[int, int] = {}
        self.partners: dict[tuple[int, int], list[str]] = {}
        for placement in placements_of(plan):
            self.parties[placement.session_id] = self.parties.get(placement.session_id, 0) + 1
            self._note_partners(placement.pair, placement.session_id)
        self.sets: dict[tuple[int, int], str] = {}
        self.meet: dict[tuple[int, int], str] = {}
        for learning_set in sets_of(plan):
            trusts = [member.pair.trust.name for member in learning_set.members if member.pair]
            words = f"Set {learning_set.number}: {formatting.listed(sorted(trusts))}." if trusts else ""
            size = formatting.count(len(trusts), "Trust")
            times = formatting.count(len(learning_set.meetings), "time")
            meets = f"Set {learning_set.number} of {learning_set.event.title}: {size}, meets {times}"
            for meeting in learning_set.meetings:
                for member in learning_set.members:
                    self._note_partners(member.pair, meeting.session_id)
                    people = member.pair.people if member.pair else [member.person]
                    self.sets.update({(person.id, meeting.session_id): words for person in people})
                    self.meet.update({(person.id, meeting.session_id): meets for person in people})
                if learning_set.facilitator is not None:
                    self.sets[learning_set.facilitator.person_id, meeting.session_id] = words
                    self.meet[learning_set.facilitator.person_id, meeting.session_id] = meets

    def of(self, place: Place) -> str:
        """Who else comes, in a sentence; "" where nobody does."""
        in_set = self.sets.get(place.key)
        if in_set is not None:
            return in_set
        others = self.parties.get(place.session, 1) - 1
        return f"{formatting.count(others, 'other pair comes', 'other pairs come')} too." if others > 0 else ""

    def set_of(self, place: Place) -> str:
        """Which set meets there, and how often, for one who is in it or leads it; "" for a session."""
        return self.meet.get(place.key, "")

    def partner_of(self, person: Person, place: Place) -> str:
        """Who comes with them, in both pairs of who is in two; "" for one who comes alone."""
        return formatting.listed(self.partners.get((person.id, place.session), []))

    def _note_partners(self, pair: Pair | None, session_id: int) -> None:
        people = pair.people if pair is not None else []
        for person in people:
            mine = self.partners.setdefault((person.id, session_id), [])
            mine += [other.name for other in people if other.id != person.id and other.name not in mine]


class OwnSetCompany:
    """Who comes to the meetings of a set that runs itself: its members, under the names of their Trusts."""

    def __init__(self, own_set: OwnSet) -> None:
        self.own_set = own_set
        self.members = own_set.members
        self.pairs = {person.id: pairs_of(person) for person in self.members}
        self.trusts = sorted({pair.trust.name for pairs in self.pairs.values() for pair in pairs})

    def of(self, place: Place) -> str:
        """The Trusts of the set."""
        return f"{self.own_set.name}: {formatting.listed(self.trusts)}." if self.trusts else ""

    def set_of(self, place: Place) -> str:
        """The set and how many are in it."""
        people = formatting.count(len(self.members), "person", "people")
        return f"{self.own_set.name} of {self.own_set.event.title}: {people}, runs itself"

    def partner_of(self, person: Person, place: Place) -> str:
        """The other of their pair, where both are in the set."""
        here = {member.id for member in self.members}
        partners = [pair.partner_of(person) for pair in self.pairs.get(person.id, [])]
        return formatting.listed(other.name for other in partners if other is not None and other.id in here)
