"""The form by which seats are offered until a time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from wtforms.validators import ValidationError

from scheduler.clock import now
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ClockField, DayField, TickField


class OfferForm(Form):
    """Until when the seats are kept for a pair, as the programme's clock shows it, and what happens then."""

    day = DayField("Last day", ask="Enter the last day of the offer")
    at = ClockField("Until", ask="Enter the time at which the offer ends")
    then_next = TickField("When it ends without a yes, offer the seats to the next in line")

    zone: ZoneInfo

    @classmethod
    def until(cls, end: datetime | None, time_zone: str) -> OfferForm:
        """The form as it is posted, or filled with the usual end."""
        zone = ZoneInfo(time_zone)
        there = end.astimezone(zone) if end is not None else None
        form = cls(day=there.date() if there else None, at=there.time() if there else None, then_next=True)
        form.zone = zone
        return form

    @property
    def is_readable(self) -> bool:
        """Whether day and time are there."""
        return bool(self.day.data and self.at.data is not None)

    @property
    def end(self) -> datetime:
        """When the offer ends."""
        return datetime.combine(self.day.data, self.at.data, self.zone).astimezone(UTC)

    def validate_at(self, field: ClockField) -> None:
        """An offer that has ended could not be taken."""
        if self.is_readable and self.end <= now():
            raise ValidationError("The offer must end after now")
