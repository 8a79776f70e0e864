"""The forms of cohorts: a new one, its name and days, and the pairs that are put into it."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms.validators import ValidationError

from scheduler import formatting
from scheduler.models import Cohort, Pair
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import AskedField, DayField, LineField, ManyField, WholeNumberField


class NewCohortForm(Form):
    """The Trusts that join together."""

    name = LineField("Name of the cohort", ask="Enter the name of the cohort", hint="For example: Cohort 2", most=100)
    joined_on = DayField("When does it join?")


class CohortForm(NewCohortForm):
    """A cohort as it is; its last day makes its pairs alumni."""

    ended_on = DayField(
        "Last day of its programme",
        hint="After it its pairs are alumni: later events ask them only where they name this cohort",
    )
    version = WholeNumberField("Version")

    def validate_ended_on(self, field: DayField) -> None:
        """Not before it began."""
        if field.data and self.joined_on.data and field.data < self.joined_on.data:
            raise ValidationError(f"Last day must be {formatting.day(self.joined_on.data)} or later")

    @classmethod
    def of(cls, cohort: Cohort) -> CohortForm:
        """The form filled with a cohort as it is."""
        return cls(formdata=None, obj=cohort)

    @staticmethod
    def in_words(field: AskedField) -> str:
        """What a field holds, as a reader knows it."""
        if isinstance(field, DayField):
            return formatting.day(field.data) if field.data else "No day"
        return field.typed


class JoinersForm(Form):
    """Which pairs join."""

    pairs = ManyField("Which Trusts join?", ask="Select the Trusts that join", of=int)

    def offer(self, pairs: Sequence[Pair]) -> None:
        """Let the organiser choose among pairs that are in no cohort."""
        self.pairs.offer([(str(pair.id), f"{pair.trust.name} ({pair.trust.ods_code})") for pair in pairs])
