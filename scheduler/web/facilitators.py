"""Who leads the sets of an event: adding them, how many sets each leads at most, taking them away."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from scheduler import formatting
from scheduler.collect import facilitators
from scheduler.extensions import db
from scheduler.models import Event, EventFacilitator
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.facilitators import FacilitatorForm, MostSetsForm
from scheduler.web.forms.suggested import fill_in

bp = Blueprint("facilitators", __name__, url_prefix="/programmes/<slug>/events/<int:sets_id>/facilitators")


@bp.route("/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str, sets_id: int) -> ResponseReturnValue:
    """Add a facilitator, new to the programme or in it already."""
    event = _event_with_sets(sets_id)
    form = FacilitatorForm()
    if form.validate_on_submit():
        try:
            person = facilitators.add_facilitator(
                event, name=form.name.data, email=form.email.data, max_sets=form.max_sets.data, by=caller()
            )
        except facilitators.AddressTaken as taken:
            form.refuse("email", str(taken))
        else:
            how = "Remind" if event.is_open() else "Ask"
            flash(f"{person.name} added. {how} them in Collect, so that they say when they can lead.")
            return redirect(_back(slug, event))
    return render_template("organiser/events/facilitator.html", form=form, event=event, led=None)


@bp.route("/<int:facilitator_id>", methods=["GET", "POST"])
@allow(WORK)
def change(slug: str, sets_id: int, facilitator_id: int) -> ResponseReturnValue:
    """Change how many sets a facilitator leads at most."""
    event = _event_with_sets(sets_id)
    led = _led(event, facilitator_id)
    form = MostSetsForm() if request.method == "POST" else MostSetsForm(formdata=None, max_sets=led.max_sets)
    suggested = fill_in(form, request.args) if request.method == "GET" else []
    if form.validate_on_submit():
        facilitators.change_most_sets(led, form.max_sets.data, by=caller())
        flash(f"{led.facilitator.person.name} leads at most {formatting.count(led.max_sets, 'set')}.")
        return redirect(_back(slug, event))
    return render_template("organiser/events/facilitator.html", form=form, event=event, led=led, suggested=suggested)


@bp.route("/<int:facilitator_id>/take-away", methods=["GET", "POST"])
@allow(WORK)
def take_away(slug: str, sets_id: int, facilitator_id: int) -> ResponseReturnValue:
    """Ask, then let a facilitator lead no sets of the event any more."""
    event = _event_with_sets(sets_id)
    led = _led(event, facilitator_id)
    name = led.facilitator.person.name
    if request.method == "POST":
        facilitators.take_away(led, by=caller())
        flash(f"{name} leads no sets of {event.title} any more.")
        return redirect(_back(slug, event))
    return render_template("organiser/events/facilitator_take_away.html", event=event, led=led)


def _event_with_sets(event_id: int) -> Event:
    event = of_programme(Event, event_id)
    if not event.has_sets:
        abort(404)
    return event


def _led(event: Event, facilitator_id: int) -> EventFacilitator:
    led = db.session.scalar(select(EventFacilitator).filter_by(event_id=event.id, facilitator_id=facilitator_id))
    if led is None:
        abort(404)
    return led


def _back(slug: str, event: Event) -> str:
    return url_for("events.event", slug=slug, event_id=event.id, _anchor="facilitators")
