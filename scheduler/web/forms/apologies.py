"""The form by which somebody says that they can no longer come to one of their dates."""

from __future__ import annotations

from typing import Any

from scheduler.collect.apologies import Word
from scheduler.models import Apology, Person, WhoComes
from scheduler.names import first_name
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, EmailField, LineField, TextField
from scheduler.words import WHO_COMES

MOST_REASON = 500


class ApologyForm(Form):
    """Who comes instead; the deputy's fields count where somebody else does, and only then."""

    who_comes = ChoiceField("Who comes?", ask="Select who comes", of=WhoComes)
    name = LineField("Their name")
    role = LineField("Their role", hint="For example, deputy R&D manager")
    email = EmailField("Their email address", hint="So that the organisers can write to them")
    reason = TextField(
        "Reason (optional)",
        hint="Do not give health reasons. Only the organisers of this programme read it",
        most=MOST_REASON,
        rows=3,
    )

    @classmethod
    def of(cls, apology: Apology | None) -> ApologyForm:
        """The form as it is posted, or filled with what the person said before."""
        if apology is None:
            return cls()
        return cls(
            who_comes=apology.who_comes,
            name=apology.deputy_name or None,
            role=apology.deputy_role or None,
            email=apology.deputy_email or None,
            reason=apology.reason or None,
        )

    def offer(self, partner: Person | None, *, said_before: bool) -> None:
        """The choices that fit: without a partner there are two; what was said before can be taken back."""
        choices = [(WhoComes.SOMEONE, "Someone comes for me"), (WhoComes.NOBODY, "Nobody comes for me")]
        if partner is not None:
            choices = [
                (WhoComes.PARTNER, f"{first_name(partner.name)} still comes"),
                (WhoComes.SOMEONE, "Someone comes for me"),
                (WhoComes.NOBODY, "Neither of us"),
            ]
        if said_before:
            choices.append((WhoComes.SELF, "I can come after all"))
        self.who_comes.offer([(value.value, text) for value, text in choices])

    def validate(self, extra_validators: Any = None) -> bool:
        """A deputy needs a name, a role and an address; where none comes, what stands in their fields is no fault."""
        super().validate(extra_validators)
        asked = {
            self.name: "Enter the name of who comes for you",
            self.role: "Enter the role of who comes for you",
            self.email: "Enter the email address of who comes for you",
        }
        for field, ask in asked.items():
            if self.who_comes.data is not WhoComes.SOMEONE:
                field.errors = []
            elif field.is_empty() and not field.errors:
                self.refuse(field.name, ask)
        return not self.errors

    @property
    def word(self) -> Word:
        """What was said."""
        return Word(
            self.who_comes.data, self.name.data or "", self.role.data or "", self.email.data or "",
            self.reason.data or "",
        )  # fmt: skip


def told_before(apology: Apology) -> str:
    """What a person said of who comes, said back to them: "Tom Reid still comes", "Sam Lee comes for you"."""
    if apology.who_comes is WhoComes.SOMEONE:
        return f"{apology.deputy_name} comes for you"
    if apology.who_comes is WhoComes.NOBODY:
        return "neither of you comes" if apology.partner else "nobody comes for you"
    return f"{apology.partner.name} still comes" if apology.partner else WHO_COMES[apology.who_comes.value]
