"""Asking people to decide: whom, and the mail as one of them gets it, before anything is sent."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import deciding
from scheduler.collect.progress import collections_of, people_in
from scheduler.web.access import WORK, allow, caller
from scheduler.web.collect.asking import before_sending, queued, ticked_form
from scheduler.web.collect.blueprint import bp
from scheduler.web.forms.collect import DecideForm


@bp.route("/decide", methods=["GET", "POST"])
@allow(WORK)
def decide(slug: str) -> ResponseReturnValue:
    """Write to people whose best answer is "if need be": names with ticks, the mail, the number in the button."""
    collections = collections_of(g.programme)
    waiting = deciding.undecided(g.programme, collections)
    form = ticked_form(DecideForm, waiting)
    if form.validate_on_submit() and request.form.get("do") != "preview":
        asked = deciding.ask_to_decide(g.programme, set(form.people.data), by=caller(), opening=form.opening.data or "")
        flash(queued(formatting.count(asked, "email"), len(people_in(collections)) - asked))
        return redirect(url_for(".missing_people", slug=slug))
    shown = before_sending(form, waiting, everyone=len(people_in(collections)))
    one = shown["shown"]
    preview = deciding.draft(one, form.opening.data or "") if one else None
    return render_template("organiser/collect/decide.html", preview=preview, **shown)
