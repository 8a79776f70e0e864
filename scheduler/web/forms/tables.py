"""How tables are to be planned."""

from __future__ import annotations

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, WholeNumberField


class TablesForm(Form):
    """How many sit at one table, and whether pairs sit together."""

    seats = WholeNumberField("Most seats at one table", ask="Enter the most seats at one table", least=2, most=100)
    together = ChoiceField(
        "Do the two of a pair sit together?",
        ask="Select whether the two of a pair sit together",
        choices=[("no", "No, at two tables, so that each meets others"), ("yes", "Yes, at one table")],
    )
