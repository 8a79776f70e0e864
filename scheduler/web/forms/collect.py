"""The forms of asking, reminding and closing."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from scheduler.models import Event
from scheduler.wall_times import WallTimeRefused, aware
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ClockField, DayField, ManyField, TextField, WholeNumberField

MOST_OPENING = 1_000


class ClosingForm(Form):
    """Until when answers are taken, by the programme's clock."""

    day = DayField("Closing date", ask="Enter the closing date")
    at = ClockField("Closing time", ask="Enter the closing time", default=time(17))
    version = WholeNumberField("Version")

    @classmethod
    def of(cls, event: Event) -> ClosingForm:
        """The form filled with an event's closing date."""
        local = event.closes_at.astimezone(ZoneInfo(event.programme.time_zone)) if event.closes_at else None
        return cls(
            formdata=None,
            day=local.date() if local else None,
            at=local.time().replace(second=0, microsecond=0) if local else time(17),
            version=event.version,
        )

    def moment(self, time_zone: str) -> datetime | None:
        """When it closes; None, with the fault at its field, where the clocks never show that time or show it twice."""
        try:
            return aware(datetime.combine(self.day.data, self.at.data), time_zone)
        except WallTimeRefused as refused:
            self.refuse("at", str(refused))
            return None


class AskForm(ClosingForm):
    """Which events to ask about, until when, and a line of one's own."""

    events = ManyField("Which events?", ask="Select the events to ask about", of=int)
    opening = TextField("Your opening line", hint="Stands above the rest of the email", most=MOST_OPENING, rows=3)

    def offer(self, events: list[Event]) -> None:
        """Let the organiser choose among events with dates ahead."""
        self.events.offer([(str(event.id), event.title) for event in events])


class RemindForm(Form):
    """Whom to remind, and a line of one's own."""

    people = ManyField("Who gets a reminder?", ask="Select who gets a reminder", of=int)
    opening = TextField("Your opening line", hint="Stands above the rest of the email", most=MOST_OPENING, rows=3)


class DecideForm(Form):
    """Whom to ask to decide, and a line of one's own."""

    people = ManyField("Who is asked to decide?", ask="Select who is asked to decide", of=int)
    opening = TextField("Your opening line", hint="Stands above the rest of the email", most=MOST_OPENING, rows=3)


class TellForm(Form):
    """Whom to tell that there is no place for them, and a line of one's own."""

    people = ManyField("Who is told?", ask="Select who is told", of=int)
    opening = TextField("Your opening line", hint="Stands above the rest of the email", most=MOST_OPENING, rows=3)
