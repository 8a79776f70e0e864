"""The form by which an organiser writes to a group of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduler import formatting
from scheduler.invite.replies import ReplyState
from scheduler.invite.writing import WhoIs, Whom, Words
from scheduler.models import Session
from scheduler.plan.naming import session_name
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, LineField, SelectField, TextField, TickField, WholeNumberField
from scheduler.web.forms.publishing import HOLD, is_typed
from scheduler.words import REGION_LETTERS

ROLES = {
    WhoIs.DIRECTOR: "R&D directors",
    WhoIs.MANAGER: "R&D managers",
    WhoIs.FACILITATOR: "Facilitators",
    WhoIs.OUTSIDE: "People outside pairs",
}


class WriteForm(Form):
    """Whom a message goes to, what it says, when it leaves; ``counted`` is how many people the page said get it."""

    session = SelectField("Session")
    region = SelectField("Region", choices=[("", "Every region"), *((region, region) for region in REGION_LETTERS)])
    role = SelectField("Role", choices=[("", "Every role"), *((role.value, name) for role, name in ROLES.items())])
    reply = SelectField("Reply", choices=[("", "Any reply"), *((state.value, state.value) for state in ReplyState)])
    subject = LineField("Subject", ask="Enter the subject", most=60)
    text = TextField(
        "Text",
        ask="Enter the text",
        hint="“Hello” with the name stands above it, who sends it and whom to call below",
        most=5_000,
        rows=10,
    )
    with_link = TickField("Add each person's own link to their page")
    when = ChoiceField(
        "When do the messages leave?",
        choices=[("now", "Send at once"), (HOLD, "Hold in the outbox until I release them")],
        default="now",
    )
    typed = WholeNumberField("Number of messages", least=0)
    counted = WholeNumberField("People")

    @classmethod
    def to(cls, asked: Mapping[str, str]) -> WriteForm:
        """The empty form, for whom the address of the page names."""
        return cls(formdata=None, **{name: asked.get(name, "") for name in ("session", "region", "role", "reply")})

    @property
    def holds(self) -> bool:
        """Whether the messages wait until they are released."""
        return bool(self.when.data == HOLD)

    def offer(self, sessions: Sequence[Session]) -> None:
        """Let the organiser choose among the sessions that somebody is invited to."""
        named = ((str(each.id), session_name(each, event=True)) for each in sessions)
        self.session.offer([("", "Everyone, not by session"), *named])

    def whom(self, sessions: Sequence[Session]) -> Whom:
        """Whom it goes to; what was not chosen, or is not known, narrows nothing."""
        return Whom(
            session=next((each for each in sessions if str(each.id) == self.session.data), None),
            region=self.region.data or "",
            role=next((role for role in WhoIs if role.value == self.role.data), None),
            reply=next((state for state in ReplyState if state.value == self.reply.data), None),
        )

    def words(self) -> Words:
        """What was written."""
        return Words(self.subject.data or "", self.text.data or "", bool(self.with_link.data))

    def confirms(self, people: int) -> bool:
        """Whether it may leave to so many: those the page spoke of, and many at once only if their number was typed."""
        if self.counted.data != people:
            now = formatting.count(people, "person gets", "people get")
            self.refuse("", f"{now} this message now. Read the page again before you send it")
            return False
        return self.holds or is_typed(self, self.typed, people)
