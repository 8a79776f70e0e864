"""What a person's calendar shows of their dates: read from the page's address, as it becomes part of the feed's."""

from __future__ import annotations

from scheduler.invite.feeds import REMINDERS, Wishes
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, TickField

NEVER = "never"


class WishesForm(Form):
    """A reminder, and whole days; what nobody offers counts as not wished."""

    remind = ChoiceField(
        "Remind me",
        hint="Google Calendar and Outlook use their own reminders whatever you choose here",
        choices=[
            (NEVER, "Never"),
            ("30-minutes", "30 minutes before"),
            ("2-hours", "2 hours before"),
            ("1-day", "1 day before"),
        ],
    )
    whole_days = TickField("Show each date as a whole day", name="whole-days")

    @property
    def wishes(self) -> Wishes:
        """What is wished."""
        return Wishes(REMINDERS.get(self.remind.data or ""), bool(self.whole_days.data))
