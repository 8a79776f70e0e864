"""The form that publishes a plan."""

from __future__ import annotations

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, WholeNumberField


class PublishForm(Form):
    """When the messages leave, and which plan was the published one when the page was read."""

    when = ChoiceField(
        "When do the messages leave?",
        ask="Select when the messages leave",
        choices=[("now", "Send at once"), ("hold", "Hold in the outbox until I release them")],
        default="now",
    )
    replaces = WholeNumberField("Replaces plan")
