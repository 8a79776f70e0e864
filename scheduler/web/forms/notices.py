"""Which mails around a session are sent."""

from __future__ import annotations

from scheduler.models import NoticeKind
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ManyField


class NoticesForm(Form):
    """The kinds that are wanted; none is an answer too."""

    sent = ManyField(
        "Which emails are sent around a session?",
        of=NoticeKind,
        choices=[
            (
                NoticeKind.DAY_BEFORE.value,
                "The day before",
                "From 10am by the session's clock, to everyone who has a place and has not sent apologies",
            ),
            (
                NoticeKind.THANK_YOU.value,
                "Thank you",
                "From 9am on the day after, to everyone who was marked as here, with their certificate",
            ),
        ],
    )
