"""Writing a message: to whom, in which words, how the first of them gets it, and the number in the button."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.invite import writing
from scheduler.web.access import WORK, allow, caller
from scheduler.web.forms.publishing import MOST_UNTYPED
from scheduler.web.forms.writing import WriteForm

bp = Blueprint("writing", __name__, url_prefix="/programmes/<slug>/messages")


@bp.route("/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str) -> ResponseReturnValue:
    """Choose and write; the first press shows who gets it and how it reads, the second sends."""
    sessions = writing.sessions_to_write_to(g.programme)
    form = WriteForm() if request.method == "POST" else WriteForm.to(request.args)
    form.offer(sessions)
    whom = form.whom(sessions)
    ready = form.validate_on_submit()
    people = writing.people_meant(g.programme, whom)
    if ready and not people:
        form.refuse("session", "Nobody is meant by all of this together. Choose a wider group")
        ready = False
    if ready and request.form.get("do") == "send" and form.confirms(len(people)):
        try:
            sent = writing.send(
                g.programme, whom, form.words(), expected=form.counted.data or 0, hold=form.holds, by=caller()
            )
        except writing.SomebodyElse as changed:
            form.confirms(changed.people)
        else:
            what = formatting.count(sent, "message")
            flash(f"{what} {'held until you release them' if form.holds else 'queued'}.")
            return redirect(url_for("messages.outbox", slug=slug))
    shown = people[0] if ready else None
    return render_template(
        "organiser/messages/new.html",
        form=form,
        people=people,
        shown=shown,
        preview=writing.draft(g.programme, shown, form.words()) if shown else None,
        number_typed=len(people) > MOST_UNTYPED,
    )
