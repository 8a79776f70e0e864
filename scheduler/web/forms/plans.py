"""The forms of planning: a new plan, a move by hand, a lock."""

from __future__ import annotations

from collections.abc import Iterable

from scheduler.models import Event
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, LineField, ManyField, TickField, WholeNumberField

LEAST_CHANGE, AFRESH = "least-change", "afresh"


class NewPlanForm(Form):
    """What is planned, how near to the published plan, and for how long."""

    events = ManyField(
        "Which events are planned?",
        ask="Select at least one event to plan",
        hint="Events you leave out keep the places they have in the published plan",
    )
    how = ChoiceField("How should it begin?", ask="Select how it should begin")
    fair = TickField(
        "Spare the pairs of whom most was asked this year",
        hint="A pair that has bent, travelled, been left out or moved more than most costs more "
        "wherever it would bend or travel again",
    )
    time_limit = WholeNumberField(
        "How long may it look for a better plan?",
        ask="Enter how many seconds it may look for a better plan",
        hint="In seconds. One minute is enough for most programmes; a longer search may cost less",
        least=1,
        most=86_400,
        default=60,
    )

    def offer(self, events: Iterable[Event], published: int | None) -> None:
        """Fill in the choices: the events, and the published plan to keep near to, if there is one."""
        self.events.offer([(event.key, event.title) for event in events])
        least = [] if published is None else [(LEAST_CHANGE, f"Change as little as possible from plan {published}")]
        self.how.offer([*least, (AFRESH, "Start afresh")])


class MoveForm(Form):
    """Where a party goes, and which edit of the draft the page showed."""

    place = ChoiceField("Where should it go?", ask="Select where it should go")
    version = WholeNumberField("Version")


class LockForm(Form):
    """What is fixed, and why."""

    kind = ChoiceField("What should every plan keep to?", ask="Select what every plan should keep to")
    reason = LineField("Why?", ask="Enter why, so that others know when it can go", most=500)


class BoardMoveForm(Form):
    """A move on the board: what is moved where, which edit of the draft the page showed, and the price it named."""

    event = LineField("Event")
    subject = LineField("Subject")
    round = LineField("Round")
    place = ChoiceField("Where should it go?", ask="Select where it should go")
    reason = LineField(
        "Why may the mix be overruled?",
        hint="It stays on the plan and in the audit. Only for a place that breaks a mix rule",
        most=500,
    )
    version = WholeNumberField("Version")
    cost = WholeNumberField("Cost")


class PlanTheRestForm(Form):
    """Why the moves by hand are locked, and for how long the rest may be planned."""

    reason = LineField("Why are these fixed?", ask="Enter why, so that others know when it can go", most=500)
    time_limit = WholeNumberField(
        "How long may it look for a better plan?",
        ask="Enter how many seconds it may look for a better plan",
        hint="In seconds",
        least=1,
        most=86_400,
        default=60,
    )
