"""Forms by which somebody joins the programme, and by which one leaves it."""

from __future__ import annotations

from typing import Any

from scheduler.collect.joining import IN_A_PAIR, Newcomer
from scheduler.invite.leaving import Departure, Going
from scheduler.models import Person, Standing
from scheduler.names import first_name
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import Choice, ChoiceField, LineField, TickField, WrittenToField
from scheduler.words import PAIR_ROLES, STANDINGS

ROLES: list[Choice] = [
    *((role, PAIR_ROLES.get(role, STANDINGS.get(role, role)), "Of the Trust below") for role in IN_A_PAIR),
    *((each.value, STANDINGS[each.value]) for each in (Standing.STAKEHOLDER, Standing.SPEAKER, Standing.FACILITATOR)),
]


class NewPersonForm(Form):
    """Somebody who is to take part."""

    name = LineField("Name", ask="Enter the name")
    email = WrittenToField("Email address", ask="Enter the email address")
    phone = LineField("Phone (optional)", most=40)
    role = ChoiceField("Takes part as", ask="Select what they take part as", choices=ROLES)
    ods_code = LineField("ODS code of their Trust", most=10, hint="For a director, manager or board sponsor")
    affiliation = LineField("Organisation (optional)", hint="For people outside pairs")

    def validate(self, extra_validators: Any = None) -> bool:
        """A role in a pair needs its Trust."""
        super().validate(extra_validators)
        if self.role.data in IN_A_PAIR and self.ods_code.is_empty() and not self.ods_code.errors:
            self.refuse("ods_code", "Enter the ODS code of the Trust")
        return not self.errors

    @property
    def who(self) -> Newcomer:
        """Who joins."""
        affiliation = "" if self.role.data in IN_A_PAIR else self.affiliation.data or ""
        return Newcomer(self.name.data, self.email.data, self.phone.data or "", affiliation)


class LeavingForm(Form):
    """What becomes of the place of somebody who leaves; the successor's fields count where there is one."""

    going = ChoiceField("Who comes in their place?", ask="Select who comes in their place", of=Going)
    name = LineField("Their name")
    email = WrittenToField("Their email address")
    phone = LineField("Their phone (optional)", most=40)
    hold = TickField("Hold invitations and cancellations in the outbox until I release them")

    def offer(self, person: Person, partner: Person | None, *, in_a_pair: bool) -> None:
        """The choices that fit: outside pairs nobody takes over a role."""
        alone = f"Nobody yet: {first_name(partner.name)} comes alone" if partner else "Nobody yet"
        choices = [(Going.REPLACED, "Somebody takes over"), (Going.ALONE, alone), (Going.PAIR, "The Trust leaves too")]
        if not in_a_pair:
            choices = [(Going.ALONE, "Nobody"), (Going.REPLACED, "Somebody takes over their places")]
        self.going.offer([(value.value, text) for value, text in choices])

    def validate(self, extra_validators: Any = None) -> bool:
        """A successor needs a name and an address; where there is none, what stands in their fields is no fault."""
        super().validate(extra_validators)
        asked = {self.name: "Enter the name of who takes over", self.email: "Enter the email address of who takes over"}
        for field, ask in asked.items():
            if self.going.data is not Going.REPLACED:
                field.errors = []
            elif field.is_empty() and not field.errors:
                self.refuse(field.name, ask)
        return not self.errors

    def departure(self, person: Person) -> Departure:
        """What is to happen."""
        if self.going.data is not Going.REPLACED:
            return Departure(person, self.going.data)
        return Departure(person, Going.REPLACED, Newcomer(self.name.data, self.email.data, self.phone.data or ""))
