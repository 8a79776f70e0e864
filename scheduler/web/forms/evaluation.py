"""The evaluation's question as a participant answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduler.models import Tie, Trust
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import SelectField, TickField
from scheduler.words import TIES


class RelationsForm(Form):
    """Consent, and a choice for each Trust; ``of_trusts`` makes the form for those that are asked about."""

    agree = TickField(
        "I agree that the evaluator may use my answers, without my name",
        ask="Tick that you agree, or leave this page: taking part is voluntary",
    )

    @classmethod
    def of_trusts(cls, trusts: Sequence[Trust], ties: Mapping[int, Tie] | None = None) -> RelationsForm:
        """The form for these Trusts; ``ties`` are what was said before, None if nothing was."""
        choices = [("", "Nobody"), *TIES.items()]
        fields = {f"trust_{t.id}": SelectField(t.name, choices=choices) for t in trusts}
        said = {f"trust_{trust}": tie.value for trust, tie in (ties or {}).items()}
        return type("RelationsForm", (cls,), fields)(agree=ties is not None, **said)

    def ties(self, trusts: Sequence[Trust]) -> dict[int, Tie]:
        """What was chosen, by Trust; those where nobody is known are left out."""
        chosen = {trust.id: self[f"trust_{trust.id}"].data for trust in trusts}
        return {trust: Tie(tie) for trust, tie in chosen.items() if tie}
