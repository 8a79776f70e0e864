"""Forms of the settings: the programme's details, who runs it, and the filters of its audit."""

from __future__ import annotations

from zoneinfo import available_timezones

from wtforms.validators import ValidationError

from scheduler import words
from scheduler.collect.programme import Settings
from scheduler.models import Programme, Role
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import (
    ChoiceField,
    DayField,
    LineField,
    TextField,
    WholeNumberField,
    WrittenToField,
)

NO_ROLE = "none"
ROLES = [(role.value, words.ROLES[role.value], words.ROLES_EXPLAINED[role.value]) for role in Role]
MINUTES_OF_A_DAY = 24 * 60


class ProgrammeForm(Form):
    """What the programme is called, whom its mails name, and its hours."""

    name = LineField("Name of the programme", ask="Enter the name of the programme")
    short_name = LineField(
        "Short name", ask="Enter a short name", most=40, hint="Ends the subject of each mail. For example: R&D leaders"
    )
    purpose = TextField("What is it for?", hint="Two sentences that people read on their page", rows=3)
    contact_name = LineField("Who answers questions?", hint="Every mail ends with this name, address and number")
    contact_email = WrittenToField("Their email address")
    contact_phone = LineField("Their phone number", most=40)
    time_zone = LineField("Time zone", ask="Enter a time zone", hint="For example: Europe/London")
    gap_minutes = WholeNumberField(
        "Leave so many minutes between two dates of one person",
        ask="Enter a number of minutes, 0 for none",
        hint="From the next plan on",
        least=0,
        most=MINUTES_OF_A_DAY,
    )
    hear_by = DayField("When will people hear where they are placed?", hint="Shown on their page while you plan")
    ends_on = DayField("Last day of the programme", hint="After it every page says so; sets and the directory go on")
    version = WholeNumberField("Version")

    def validate_time_zone(self, field: LineField) -> None:
        """One that calendars know."""
        if field.data and field.data not in available_timezones():
            raise ValidationError("Time zone must be a name such as Europe/London")

    def settings(self) -> Settings:
        """What was entered, once valid."""
        return Settings(
            name=self.name.data,
            short_name=self.short_name.data,
            purpose=self.purpose.data or "",
            contact_name=self.contact_name.data or "",
            contact_email=self.contact_email.data or "",
            contact_phone=self.contact_phone.data or "",
            time_zone=self.time_zone.data,
            gap_minutes=self.gap_minutes.data,
            hear_by=self.hear_by.data,
            ends_on=self.ends_on.data,
        )

    @classmethod
    def of(cls, programme: Programme) -> ProgrammeForm:
        """The form filled with a programme as it is."""
        return cls(formdata=None, obj=programme)


class AddOrganiserForm(Form):
    """Somebody new who is to log in."""

    name = LineField("Name", ask="Enter their name")
    email = WrittenToField("Email address", ask="Enter their email address")
    role = ChoiceField("What may they do?", ask="Select what they may do", choices=ROLES, of=Role)


class RoleForm(Form):
    """What one organiser may do; ``was`` is the role that the page showed."""

    role = ChoiceField(
        "What may they do?",
        ask="Select what they may do",
        choices=[*ROLES, (NO_ROLE, "Nothing any more", "They can no longer open this programme")],
    )
    was = LineField("Was")

    @property
    def wanted(self) -> Role | None:
        """The role that was chosen; None is none any more."""
        return None if self.role.data == NO_ROLE else Role(self.role.data)

    @property
    def known(self) -> Role | None:
        """The role that the page showed when it was opened."""
        return Role(self.was.data) if self.was.data in {role.value for role in Role} else None

    def read(self, role: Role | None) -> None:
        """Take the role that stands now as the one this page shows."""
        self.was.raw_data = None
        self.was.data = role.value if role else NO_ROLE


class AuditFilter(Form):
    """Which entries the audit shows; all may be left open."""

    who = LineField("Who did it")
    thing = LineField("To what", hint="A Trust, a person, an event, a plan")
    day = DayField("On which day")
