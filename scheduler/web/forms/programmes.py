"""The form of a new programme: blank, or like an earlier one in later weeks."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms.validators import ValidationError

from scheduler.models import Programme
from scheduler.programmes import is_slug, slug_of
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, LineField, TickField, WholeNumberField

BLANK = "blank"


class NewProgrammeForm(Form):
    """What a programme is called, and whether it begins from another."""

    name = LineField(
        "Name of the programme",
        ask="Enter the name of the programme",
        hint="For example: R&D leadership programme 2028",
    )
    short_name = LineField("Short name", most=40, hint="Ends the subject of each mail. For example: R&D leaders")
    slug = LineField("Its part of the address", most=60, hint="Leave empty to make it from the name")
    source = ChoiceField("How should it begin?", ask="Select how it should begin")
    weeks = WholeNumberField(
        "Move its dates by so many weeks",
        hint="52 weeks keep the weekday. Leave empty for the same weekdays of the coming year",
        least=1,
        most=1_000,
    )
    facilitators = TickField("Bring those who lead sets")
    trusts = TickField("Bring its Trusts with their pairs, as joiners", hint="None of their answers come along")

    def offer(self, programmes: Sequence[Programme]) -> None:
        """Let the organiser begin from one of these, or from nothing."""
        copies = [(str(programme.id), f"Copy {programme.name}") for programme in programmes]
        self.source.offer([(BLANK, "Blank: no events yet"), *copies])

    def validate_slug(self, field: LineField) -> None:
        """Something that can stand in an address."""
        if field.data and not is_slug(field.data):
            raise ValidationError("Its part of the address must have lower case letters, digits and hyphens alone")
        if not field.data and self.name.data and not slug_of(self.name.data):
            raise ValidationError("Enter its part of the address, for example leaders-2028")

    @property
    def wanted_slug(self) -> str:
        """Its part of the address: as typed, else made from the name."""
        return self.slug.data or slug_of(self.name.data or "")
