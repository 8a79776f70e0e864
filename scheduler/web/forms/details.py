"""Forms of a person's own details: name and needs, a new address, an assistant."""

from __future__ import annotations

from scheduler.collect.details import Needs, needs_of
from scheduler.models import Assistant, Person
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import LineField, TextField, TickField, WrittenToField

MOST_NEEDS = 500


class DetailsForm(Form):
    """What may change at once."""

    name = LineField("Name", ask="Enter your name")
    access = TextField(
        "Access needs (optional)",
        most=MOST_NEEDS,
        rows=3,
        hint="What you need at a session, for example step-free access or a hearing loop. Give no reasons of health",
    )
    dietary = TextField(
        "Dietary needs (optional)", most=MOST_NEEDS, rows=2, hint="For example, vegetarian, halal or no nuts"
    )
    wants_receipt = TickField("Email me a copy each time I save my answers")

    @classmethod
    def of(cls, person: Person) -> DetailsForm:
        """The form as it is posted, or filled with what is known."""
        needs = needs_of(person)
        return cls(
            name=person.name,
            access=needs.access or None,
            dietary=needs.dietary or None,
            wants_receipt=person.wants_receipt,
        )

    @property
    def needs(self) -> Needs:
        """What they need."""
        return Needs(self.access.data or "", self.dietary.data or "")


class NewAddressForm(Form):
    """An address to be confirmed."""

    new_email = WrittenToField("New email address", ask="Enter your new email address")


class AssistantForm(Form):
    """Who gets copies."""

    assistant_name = LineField("Your assistant's name", ask="Enter the name of your assistant")
    assistant_email = WrittenToField("Your assistant's email address", ask="Enter the email address of your assistant")

    @classmethod
    def of(cls, assistant: Assistant | None) -> AssistantForm:
        """The form as it is posted, or filled with who is named."""
        if assistant is None:
            return cls()
        return cls(assistant_name=assistant.name, assistant_email=assistant.address)
