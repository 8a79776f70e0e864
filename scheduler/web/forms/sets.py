"""Who leads a set."""

from __future__ import annotations

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField


class FacilitatorForm(Form):
    """The choice among the facilitators of the event."""

    leader = ChoiceField("Who leads it?", ask="Select who leads it")
