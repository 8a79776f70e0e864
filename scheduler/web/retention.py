"""What is erased when in a programme, and what goes next."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect.people import ChangedMeanwhile
from scheduler.invite import retention
from scheduler.web import errors
from scheduler.web.access import OWN, allow, caller
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import WholeNumberField

bp = Blueprint("retention", __name__, url_prefix="/programmes/<slug>/settings")
LONGEST = 3650


class RetentionForm(Form):
    """How long things are kept, in days."""

    needs = WholeNumberField(
        "Access and dietary needs", ask="Enter a number of days", least=1, most=90, hint="After their last session"
    )
    received = WholeNumberField(
        "Text of mail that came in", ask="Enter a number of days", least=7, most=LONGEST, hint="After it came"
    )
    sent = WholeNumberField(
        "Text of mail that left",
        ask="Enter a number of days",
        least=30,
        most=LONGEST,
        hint="After it left, and not before the session it invites to is over",
    )

    @property
    def days(self) -> retention.Days:
        """What was entered."""
        return retention.Days(self.needs.data, self.received.data, self.sent.data)


@bp.route("/retention", methods=["GET", "POST"])
@allow(OWN)
def page(slug: str) -> ResponseReturnValue:
    """How long things are kept, and what goes next."""
    days, version = retention.days_of(g.programme)
    form = RetentionForm() if request.method == "POST" else RetentionForm(data=vars_of(days))
    if form.validate_on_submit() and request.form.get("use") != "edit":
        read_at = request.form.get("version", 0, type=int)
        try:
            saved = retention.save_days(g.programme, form.days, version=read_at, by=caller())
        except ChangedMeanwhile:
            return _conflict(form)
        flash("Saved." if saved else "Nothing was changed.")
        return redirect(url_for(".page", slug=slug))
    return render_template(
        "organiser/settings/retention.html", form=form, version=version, outlook=retention.outlook(g.programme)
    )


def vars_of(days: retention.Days) -> dict[str, int]:
    """The days as the form's values."""
    return {"needs": days.needs, "received": days.received, "sent": days.sent}


def _conflict(form: RetentionForm) -> ResponseReturnValue:
    theirs, version = retention.days_of(g.programme)
    return errors.conflict(
        "Retention",
        saved_by="Somebody",
        saved_at="an earlier time",
        differences=[
            errors.Difference(form[name].label.text, str(days), form[name].typed)
            for name, days in vars_of(theirs).items()
        ],
        version=version,
    )
