"""Forms of the co-design and of the inquiry: a proposal, an inquiry, what was heard, themes an event takes up."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from wtforms.validators import ValidationError

from scheduler.collect.interviews import Inquiry
from scheduler.models import EventKind, Pair, ProposalKind
from scheduler.text import clean_line
from scheduler.wall_times import WallTimeRefused, aware
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, ClockField, DayField, LineField, TextField, WholeNumberField
from scheduler.words import EVENT_KINDS, PROPOSAL_KINDS

MOST_INTERVIEWERS = 10
MOST_DAYS = 30
BECOMES = (EventKind.WORKSHOP, EventKind.CONFERENCE, EventKind.REGIONAL)


class ProposalForm(Form):
    """What a participant proposes."""

    kind = ChoiceField(
        "What do you propose?",
        ask="Select what you propose",
        choices=[(kind.value, PROPOSAL_KINDS[kind.value]) for kind in ProposalKind],
        of=ProposalKind,
    )
    title = LineField("In a few words", ask="Enter your proposal in a few words", most=120)
    text = TextField("Say more, if you like", hint="What for, when, where. Everyone in the programme reads it", rows=4)


class TakeUpForm(Form):
    """An event made of a proposal."""

    kind = ChoiceField(
        "Make it",
        ask="Select what it becomes",
        choices=[(k.value, EVENT_KINDS[k.value]) for k in BECOMES],
        of=EventKind,
    )
    version = WholeNumberField("Version")


class DeclineForm(Form):
    """Why a proposal is not taken up."""

    reply = TextField("What do you tell them?", ask="Enter what you tell them", hint="Everyone reads it", rows=3)
    version = WholeNumberField("Version")


class InquiryForm(Form):
    """Interviews with a sample of pairs: how many, by whom, on which days and at which times."""

    title = LineField("Name of the interviews", ask="Enter a name")
    number = WholeNumberField("How many pairs are interviewed?", ask="Enter how many pairs", least=1, most=500)
    interviewers = TextField("Who interviews?", ask="Enter who interviews", hint="One name a line", rows=3)
    day = DayField("First day", ask="Enter the first day")
    days = WholeNumberField("On how many weekdays?", ask="Enter how many weekdays", least=1, most=MOST_DAYS)
    starts = ClockField("First interview of the day", ask="Enter when the first begins")
    ends = ClockField("Last interview ends by", ask="Enter when the last has ended")
    minutes = WholeNumberField("Minutes for each", ask="Enter how many minutes", least=10, most=240)

    def validate_interviewers(self, field: TextField) -> None:
        """A name a line, each once."""
        names = self.names()
        if len(names) > MOST_INTERVIEWERS:
            raise ValidationError(f"Enter {MOST_INTERVIEWERS} names at most")
        if len({name.casefold() for name in names}) < len(names):
            raise ValidationError("Enter each name once")

    def validate_ends(self, field: ClockField) -> None:
        """Room for one interview at least."""
        if self.starts.data and field.data and self.minutes.data and not self._times():
            raise ValidationError(f"There is no room for {self.minutes.data} minutes between these times")

    def names(self) -> list[str]:
        """The interviewers."""
        return [name for line in (self.interviewers.data or "").splitlines() if (name := clean_line(line))]

    def inquiry(self, pairs: list[Pair], time_zone: str) -> Inquiry | None:
        """What was entered, for these pairs; None, with the fault at its field, where a clock does not show a time."""
        try:
            slots = [aware(datetime.combine(day, at), time_zone) for day in self._weekdays() for at in self._times()]
        except WallTimeRefused as refused:
            self.refuse("starts", str(refused))
            return None
        length = timedelta(minutes=self.minutes.data)
        return Inquiry(self.title.data, tuple(pairs), tuple(self.names()), tuple(slots), length, time_zone)

    def _weekdays(self) -> list[datetime]:
        first = datetime.combine(self.day.data, time())
        days = (first + timedelta(days=n) for n in range(2 * MOST_DAYS + 7))
        return [day for day in days if day.weekday() < 5][: self.days.data]

    def _times(self) -> list[time]:
        start, end = (datetime.combine(self.day.data or date.min, field.data) for field in (self.starts, self.ends))
        length = timedelta(minutes=self.minutes.data)
        return [(start + length * n).time() for n in range(max(0, (end - start) // length))]


class HeardForm(Form):
    """What was heard from one pair."""

    themes = LineField("Themes", hint="With commas between them. The same words for the same theme", most=300)
    text = TextField("What was said", hint="Organisers alone read it", rows=8, most=10_000)
    version = WholeNumberField("Version")

    def listed(self) -> list[str]:
        """The themes, one by one."""
        return [theme for each in (self.themes.data or "").split(",") if (theme := clean_line(each))]


class ThemesForm(Form):
    """Which themes an event takes up."""

    themes = LineField("Themes it takes up", hint="With commas between them", most=300)

    listed = HeardForm.listed
