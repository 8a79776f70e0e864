"""The form that publishes a plan."""

from __future__ import annotations

from scheduler import formatting
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, TickField, WholeNumberField

# So many messages leave at one press; for more their number is typed (abuse case C8).
MOST_UNTYPED = 50
HOLD = "hold"


class PublishForm(Form):
    """When the messages leave; ``replaces`` is the plan that was published when the page was read, ``messages`` how
    many it said would leave, and ``more`` how many more with new words."""

    when = ChoiceField(
        "When do the messages leave?",
        ask="Select when the messages leave",
        choices=[("now", "Send at once"), (HOLD, "Hold in the outbox until I release them")],
        default="now",
    )
    reword = TickField("Send the new wording too")
    typed = WholeNumberField("Number of messages", ask=None, least=0)
    replaces = WholeNumberField("Replaces plan")
    messages = WholeNumberField("Messages")
    more = WholeNumberField("Messages with new wording")

    @property
    def holds(self) -> bool:
        """Whether the messages wait until they are released."""
        return bool(self.when.data == HOLD)

    @property
    def counted(self) -> int:
        """How many messages the page said would leave."""
        return (self.messages.data or 0) + ((self.more.data or 0) if self.reword.data else 0)

    def confirms(self) -> bool:
        """Whether so many may leave at once: many only if their number was typed. Says so at the field if not."""
        return self.holds or is_typed(self, self.typed, self.counted)


class ReleaseForm(Form):
    """Let held messages go; ``messages`` is how many the page said were held, ``only`` the one that is meant."""

    typed = WholeNumberField("Number of messages to release", least=0)
    messages = WholeNumberField("Messages")
    only = WholeNumberField("One message")

    def confirms(self, held: int) -> bool:
        """Whether so many may leave: those the page spoke of, and many only if their number was typed."""
        if self.only.data is not None:
            return True
        if self.messages.data != held:
            now = formatting.count(held, "message")
            self.refuse("", f"{now} {'is' if held == 1 else 'are'} held now. Read the list again before you release")
            return False
        return is_typed(self, self.typed, held)


def is_typed(form: Form, field: WholeNumberField, messages: int) -> bool:
    """Whether so many messages may leave at once: many only if their number was typed. Says so at the field if not."""
    if messages <= MOST_UNTYPED or field.data == messages:
        return True
    form.refuse(field.name, f"Enter {formatting.number(messages)}, the number of messages that will leave")
    return False
