"""What is supposed: one short form for each kind of fact, several on one page."""

from __future__ import annotations

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ClockField, DayField, SelectField, WholeNumberField


class SeatsForm(Form):
    """Other most seats of a session."""

    session = SelectField("Seats on", ask="Select the date whose seats change")
    to = WholeNumberField("Most seats", ask="Enter the most seats", least=1, most=100_000)


class DateForm(Form):
    """One more date of an event."""

    event = SelectField("A new date of", ask="Select the event that gets a date")
    day = DayField("Date", ask="Enter the date")
    starts = ClockField("Start time", ask="Enter when it starts")
    ends = ClockField("End time", ask="Enter when it ends")
    max_seats = WholeNumberField("Most seats", hint="Leave empty for no limit", least=1, most=100_000)


class ClosedForm(Form):
    """A session that does not run."""

    session = SelectField("Close", ask="Select the date that does not run")


class ShareForm(Form):
    """Another share of one region."""

    event = SelectField("In each session or set of", ask="Select the event whose rule changes")
    to = WholeNumberField("At most from one region", ask="Enter the largest share", least=1, most=100, suffix="%")


class OutForm(Form):
    """A pair that is left out."""

    party = SelectField("Leave out", ask="Select who is left out")
