"""The forms of a facilitator: who it is, and how many sets they lead at most."""

from __future__ import annotations

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import LineField, WholeNumberField, WrittenToField


class MostSetsForm(Form):
    """How many sets of one event somebody leads."""

    max_sets = WholeNumberField("Most sets they lead", ask="Enter the most sets they lead", least=1, most=50)


class FacilitatorForm(Form):
    """Somebody who can lead sets."""

    name = LineField("Name", ask="Enter the name")
    email = WrittenToField("Email address", ask="Enter the email address")
    max_sets = WholeNumberField("Most sets they lead", ask="Enter the most sets they lead", least=1, most=50)
