"""Asking people to decide: whom, and the mail as one of them gets it, before anything is sent."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import deciding
from scheduler.collect.progress import collections_of, people_in
from scheduler.web.access import WORK, allow, caller
from scheduler.web.collect.asking import MOST_TICKS, one_after, shown_of, to_be_ticked
from scheduler.web.collect.blueprint import bp
from scheduler.web.forms.collect import DecideForm


@bp.route("/decide", methods=["GET", "POST"])
@allow(WORK)
def decide(slug: str) -> ResponseReturnValue:
    """Write to people whose best answer is "if need be": names with ticks, the mail, the number in the button."""
    collections = collections_of(g.programme)
    waiting = deciding.undecided(g.programme, collections)
    form = DecideForm() if request.method == "POST" else DecideForm(formdata=None, people=to_be_ticked(waiting))
    form.people.offer([(str(one.person.id), one.person.name) for one in waiting])
    many = len(waiting) > MOST_TICKS
    if many and request.method == "POST":
        # Too many names for one page: everyone who was not written to lately.
        form.people.data, form.people.process_errors = tuple(to_be_ticked(waiting)), []
    if form.validate_on_submit() and request.form.get("do") != "preview":
        asked = deciding.ask_to_decide(g.programme, set(form.people.data), by=caller(), opening=form.opening.data or "")
        others = len(people_in(collections)) - asked
        flash(
            f"{formatting.count(asked, 'email')} queued. "
            f"{formatting.count(others, 'person hears', 'people hear')} nothing."
        )
        return redirect(url_for(".missing_people", slug=slug))
    ticked = set(form.people.data or ())
    chosen = [one for one in waiting if one.person.id in ticked]
    shown = shown_of(chosen or waiting)
    return render_template(
        "organiser/collect/decide.html",
        form=form,
        people=waiting,
        ticked=ticked,
        many=many,
        shown=shown,
        preview=deciding.draft(shown, form.opening.data or "") if shown else None,
        another=one_after(shown, chosen),
        others=len(people_in(collections)) - len(ticked),
    )
