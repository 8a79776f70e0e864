"""The form of an organiser's own account."""

from __future__ import annotations

from scheduler import words
from scheduler.models import AlertKind
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ManyField


class EmailsForm(Form):
    """Which emails an organiser gets."""

    kinds = ManyField(
        "Which emails do you want?",
        hint="What is not ticked is not sent. All of it is on the home page too",
        choices=[(kind.value, words.ALERT_KINDS[kind.value]) for kind in AlertKind],
        of=AlertKind,
    )
