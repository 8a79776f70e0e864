"""What a desk posts: which button on which line, when it was tapped, and who walked in or came for somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import uuid4

from werkzeug.datastructures import MultiDict

from scheduler.follow.checking_in import Tap, Visitor
from scheduler.follow.rooms import Attendee
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import EmailField, LineField, SelectField
from scheduler.web.forms.typed import moment

_MADE_BY_A_DESK = re.compile(r"[A-Za-z0-9-]{8,64}")


def read_tap(posted: MultiDict[str, str]) -> Tap:
    """The tap as the desk made it; without scripts each post is one, made now."""
    key = posted.get("tap", "")
    return Tap(key if _MADE_BY_A_DESK.fullmatch(key) else uuid4().hex, moment(posted))


class WalkInForm(Form):
    """Somebody who came without a place."""

    name = LineField("Their name", ask="Enter the name of who came")
    trust = LineField("Their Trust or organisation", ask="Enter their Trust, or where else they are from")
    email = EmailField("Their email address (optional)")

    def __init__(self, **given: object) -> None:
        super().__init__(prefix="walk-in-", **given)

    @property
    def visitor(self) -> Visitor:
        """Who it is."""
        return Visitor(self.name.data or "", self.email.data or "", trust=self.trust.data or "")


class DeputyForm(Form):
    """Somebody who came in another's place."""

    for_whom = SelectField("Who do they come for?", ask="Select who they come for")
    name = LineField("Their name", ask="Enter the name of who came")
    role = LineField("Their role (optional)", hint="For example, deputy R&D manager")
    email = EmailField("Their email address (optional)")

    def __init__(self, **given: object) -> None:
        super().__init__(prefix="deputy-", **given)

    def offer(self, attendees: Iterable[Attendee]) -> None:
        """Let it be for any of these."""
        named = [(one.key, f"{one.name}, {one.whence}" if one.whence else one.name) for one in attendees]
        self.for_whom.offer([("", "Select a name"), *named])

    @property
    def visitor(self) -> Visitor:
        """Who it is."""
        return Visitor(self.name.data or "", self.email.data or "", role=self.role.data or "")


class HelperForm(Form):
    """Whom a helper's link is for."""

    helper = LineField(
        "Name of the helper", ask="Enter who the link is for", hint="So that you know whose link it is", most=100
    )
