"""What members of a set that runs itself enter: dates to choose from, a meeting's new time, whom to ask to join."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms.validators import ValidationError

from scheduler.clock import now
from scheduler.formatting import clock_time, duration
from scheduler.invite.choosing import MOST_OFFERED
from scheduler.invite.own_meetings import When
from scheduler.models import Session
from scheduler.wall_times import WallTimeRefused, aware
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import (
    ClockField,
    DayField,
    EmailField,
    LineField,
    SelectField,
    TextField,
    WholeNumberField,
)

_LENGTHS = (60, 90, 120, 150, 180, 240, 360)  # minutes
_USUAL_LENGTH = 180
_PAST = "Date must be in the future"


class _PlaceForm(Form):
    """A form that asks where, in the set's own words."""

    place = LineField(
        "Where", hint="A place or a joining link. Everybody in the set sees it, and their calendars show it", most=500
    )


class OfferDatesForm(_PlaceForm):
    """Up to six dates, each with its start; all last as long. Their fields are added below, as they are alike."""

    length = SelectField("How long", choices=[(str(minutes), duration(minutes * 60)) for minutes in _LENGTHS])

    @property
    def rows(self) -> list[tuple[DayField, ClockField]]:
        """The dates with their starts, as the page shows them."""
        return [(self[f"day_{number}"], self[f"starts_{number}"]) for number in range(1, MOST_OFFERED + 1)]

    @classmethod
    def after(cls, last: Session | None) -> OfferDatesForm:
        """An empty form that knows how long and where the set met last."""
        minutes = int((last.ends_at - last.starts_at).total_seconds() // 60) if last is not None else _USUAL_LENGTH
        place = last.own_meeting.place if last is not None and last.own_meeting is not None else ""
        return cls(formdata=None, length=str(minutes if minutes in _LENGTHS else _USUAL_LENGTH), place=place or None)

    def validate(self, extra_validators: Any = None) -> bool:
        """Each date has a start, and each start a date."""
        super().validate(extra_validators)
        for day, starts in self.rows:
            if day.data is not None and starts.data is None and not starts.errors:
                starts.errors = [f"Enter when {day.label.text.lower()} starts"]
            if day.data is None and starts.data is not None and not day.errors:
                day.errors = ["Enter the day, or take its start time out"]
        return not self.error_summary

    def dates(self, time_zone: str) -> list[When]:
        """What was entered; a date that cannot be is refused at its field, and then there are none."""
        found = []
        for day, starts in self.rows:
            if day.data is None:
                continue
            when = _moment(datetime.combine(day.data, starts.data), time_zone)
            if isinstance(when, str):
                self.refuse(starts.name, when)
            elif when <= now():
                self.refuse(day.name, _PAST)
            else:
                length = timedelta(minutes=int(self.length.data or _USUAL_LENGTH))
                found.append(When(when, when + length, time_zone, self.place.data or ""))
        return [] if self.error_summary else found


for _number in range(1, MOST_OFFERED + 1):
    _ask = "Enter the first date" if _number == 1 else None
    setattr(OfferDatesForm, f"day_{_number}", DayField(f"Date {_number}", ask=_ask))
    setattr(OfferDatesForm, f"starts_{_number}", ClockField(f"Start time of date {_number}"))


class MeetingForm(_PlaceForm):
    """Another time or place for a meeting that is settled."""

    day = DayField("Date", ask="Enter the date of the meeting")
    starts = ClockField("Start time", ask="Enter when the meeting starts")
    ends = ClockField("End time", ask="Enter when the meeting ends")
    version = WholeNumberField("Version")

    def validate_ends(self, field: ClockField) -> None:
        """A meeting ends on the day it starts, after it starts."""
        if self.starts.data and field.data and field.data <= self.starts.data:
            raise ValidationError(f"End time must be after {clock_time(self.starts.data)}")

    @classmethod
    def of(cls, session: Session) -> MeetingForm:
        """The form filled with a meeting as it is."""
        return cls(
            formdata=None,
            day=session.local_start.date(),
            starts=session.local_start.time(),
            ends=session.local_end.time(),
            place=session.own_meeting.place if session.own_meeting is not None else None,
            version=session.version,
        )

    def when(self, time_zone: str) -> When | None:
        """What was entered; None, with the fault at its field, where it cannot be."""
        moments = []
        for field in (self.starts, self.ends):
            moment = _moment(datetime.combine(self.day.data, field.data), time_zone)
            if isinstance(moment, str):
                self.refuse(field.name, moment)
            else:
                moments.append(moment)
        if len(moments) < 2:
            return None
        if moments[0] <= now():
            self.refuse("day", _PAST)
            return None
        return When(moments[0], moments[1], time_zone, self.place.data or "")


class AskForm(Form):
    """Whom to ask to join."""

    email = EmailField(
        "Their email address", ask="Enter their email address", hint="Somebody who takes part in this programme"
    )


class ObjectionForm(Form):
    """Why somebody should not be in the set that is proposed to them."""

    reason = TextField(
        "Is there a reason you should not be in this set?",
        ask="Enter the reason",
        hint="Only the programme's owners read this: not your partner, and nobody in the set.",
        rows=4,
    )


class MessageForm(Form):
    """A few words from who leads a set to everybody in it."""

    message = TextField("Your message", ask="Enter what you want to tell the set", rows=6)


def _moment(wall_time: datetime, time_zone: str) -> datetime | str:
    """A moment by the clock of a zone, or why there is none."""
    try:
        return aware(wall_time, time_zone).astimezone(ZoneInfo("UTC"))
    except WallTimeRefused as refused:
        return str(refused)
