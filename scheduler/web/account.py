"""An organiser's own account: who they are here, and which emails they get."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import organisers
from scheduler.follow import alerts
from scheduler.models import AlertKind
from scheduler.web.access import log_in_only
from scheduler.web.forms.account import EmailsForm

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.route("", methods=["GET", "POST"])
@log_in_only
def own() -> ResponseReturnValue:
    """Show and change which emails the caller gets; what is not ticked is off."""
    off = alerts.turned_off(g.organiser)
    wanted = [kind for kind in AlertKind if kind not in off]
    form = EmailsForm() if request.method == "POST" else EmailsForm(formdata=None, kinds=wanted)
    if form.validate_on_submit():
        alerts.turn_off(g.organiser, [kind for kind in AlertKind if kind not in form.kinds.data])
        flash("Saved.")
        return redirect(url_for(".own"))
    return render_template(
        "organiser/account.html",
        form=form,
        email=g.organiser.email,
        programmes=organisers.programmes_of(g.organiser),
    )
