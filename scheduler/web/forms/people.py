"""Forms of the people's pages: bringing in a file, how its columns are read, a person's and a Trust's details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from scheduler.models import Cohort, Person, ResearchActivity, TrustType
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import FileField, LineField, SelectField, TextField, WholeNumberField, WrittenToField
from scheduler.words import REGION_LETTERS

SPREADSHEETS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
MOST_PASTED = 1_000_000


class PastedField(TextField):
    """Cells copied out of a spreadsheet, byte for byte: tabs part them, blank lines count."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = text if text.strip() else None


class ImportForm(Form):
    """A file, or cells pasted from one."""

    file = FileField("Choose a file", endings=SPREADSHEETS, hint="CSV, XLSX, XLS or ODS, up to 10 MB")
    pasted = PastedField(
        "Or paste cells", most=MOST_PASTED, rows=6, hint="Copy them in your spreadsheet program, with their headings"
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """One of the two, and not both."""
        if not super().validate(extra_validators):
            return False
        if (self.file.data is None) == (self.pasted.data is None):
            both = self.file.data is not None
            self.refuse("file", "Choose a file or paste cells, not both" if both else "Choose a file or paste cells")
            return False
        return True


class PersonForm(Form):
    """What is known of a person."""

    name = LineField("Name", ask="Enter the name")
    email = WrittenToField("Email address", ask="Enter the email address")
    phone = LineField("Phone", most=40)
    affiliation = LineField("Organisation")


class AddressForm(Form):
    """Another address for somebody whom mail did not reach."""

    email = WrittenToField("Email address", ask="Enter the email address")
    version = WholeNumberField("Version")

    @classmethod
    def of(cls, person: Person) -> AddressForm:
        """The form with the address on record."""
        return cls(formdata=None, email=person.email, version=person.version)


class TrustForm(Form):
    """What is known of a Trust."""

    name = LineField("Name", ask="Enter the name of the Trust")
    region = SelectField("Region", ask="Select a region", choices=[(region, region) for region in REGION_LETTERS])
    trust_type = SelectField(
        "Type of Trust", ask="Select a type", choices=[(kind.value, kind.value.capitalize()) for kind in TrustType]
    )
    research_activity = SelectField(
        "Research activity",
        ask="Select how much research it does",
        choices=[(level.value, level.value.capitalize()) for level in ResearchActivity],
        hint="At first an estimate: change it where you know better",
    )


class PeopleFilter(Form):
    """Which pairs the list shows; all may be left open."""

    find = LineField("Name, ODS code or email")
    region = SelectField("Region", choices=[("", "All regions"), *((region, region) for region in REGION_LETTERS)])
    kind = SelectField(
        "Type of Trust", choices=[("", "All types"), *((kind.value, kind.value.capitalize()) for kind in TrustType)]
    )
    cohort = SelectField("Cohort", choices=[("", "All cohorts")])
    missing = SelectField(
        "Show",
        choices=[
            ("", "All pairs"),
            ("person", "One person missing"),
            ("sponsor", "No sponsor confirmed"),
            ("address", "Email bounced"),
        ],
    )

    @classmethod
    def among(cls, cohorts: Sequence[Cohort], args: MultiDict[str, str]) -> PeopleFilter:
        """The filters of an address; a value that is not offered narrows nothing, so nothing is said about it."""
        form = cls(MultiDict())
        form.cohort.choices += [(str(cohort.id), cohort.name) for cohort in cohorts]
        form.process(args)
        return form
