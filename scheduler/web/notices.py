"""Which mails around a session leave by themselves."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.follow import notices
from scheduler.models import NoticeKind
from scheduler.web.access import OWN, allow, caller
from scheduler.web.forms.notices import NoticesForm

bp = Blueprint("notices", __name__, url_prefix="/programmes/<slug>/settings/around-sessions")


@bp.route("", methods=["GET", "POST"])
@allow(OWN)
def change(slug: str) -> ResponseReturnValue:
    """Switch the mails of the day before and the thanks on or off."""
    form = NoticesForm() if request.method == "POST" else NoticesForm(sent=_sent())
    if form.validate_on_submit():
        changed = notices.switch(g.programme, form.sent.data, by=caller())
        flash("Saved." if changed else "Nothing was changed.")
        return redirect(url_for("settings.every", slug=slug))
    return render_template("organiser/settings/notices.html", form=form)


def _sent() -> list[NoticeKind]:
    return [kind for kind in NoticeKind if notices.is_on(g.programme, kind)]
