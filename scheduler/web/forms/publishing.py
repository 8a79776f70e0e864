"""The form that publishes a plan."""

from __future__ import annotations

from scheduler import formatting
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, WholeNumberField

# So many messages leave at one press; for more their number is typed (abuse case C8).
MOST_UNTYPED = 50
HOLD = "hold"


class PublishForm(Form):
    """When the messages leave; ``replaces`` is the plan that was published when the page was read, ``messages`` how
    many it said would leave."""

    when = ChoiceField(
        "When do the messages leave?",
        ask="Select when the messages leave",
        choices=[("now", "Send at once"), (HOLD, "Hold in the outbox until I release them")],
        default="now",
    )
    typed = WholeNumberField("Number of messages", ask=None, least=0)
    replaces = WholeNumberField("Replaces plan")
    messages = WholeNumberField("Messages")

    @property
    def holds(self) -> bool:
        """Whether the messages wait until they are released."""
        return bool(self.when.data == HOLD)

    def confirms(self, messages: int) -> bool:
        """Whether so many may leave at once: many only if their number was typed. Says so at the field if not."""
        if self.holds or messages <= MOST_UNTYPED or self.typed.data == messages:
            return True
        self.refuse("typed", f"Enter {formatting.number(messages)}, the number of messages that will leave")
        return False
