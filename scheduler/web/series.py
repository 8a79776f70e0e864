"""Many dates of an event at once: a series every so many weeks, the event copied, a round of sets copied."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect.copying import copy_event, copy_round
from scheduler.collect.events import add_sessions, venues_of
from scheduler.models import Event
from scheduler.wall_times import WallTimeRefused
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.events import CopyForm, CopyRoundForm, RepeatForm

bp = Blueprint("series", __name__, url_prefix="/programmes/<slug>/events")


@bp.route("/<int:event_id>/repeat", methods=["GET", "POST"])
@allow(WORK)
def repeat(slug: str, event_id: int) -> ResponseReturnValue:
    """A series of dates: entered, looked at date by date, added."""
    event = of_programme(Event, event_id)
    venues = venues_of(g.programme)
    form = RepeatForm()
    form.offer_venues(venues)
    series = form.series(g.programme.time_zone) if form.validate_on_submit() else []
    adds = request.form.get("do") == "add"
    form.offer_dates(series, anew=not adds)
    if series and adds and not form.dates.errors:
        wanted = form.wanted(series, g.programme.time_zone, venues)
        if wanted:
            add_sessions(event, [(details, form.round.data) for details in wanted], by=caller())
            flash(f"{formatting.count(len(wanted), 'date')} added.")
            return redirect(url_for("events.event", slug=slug, event_id=event_id))
        form.refuse("dates", "Select at least one date")
    return render_template("organiser/events/repeat.html", form=form, event=event, series=series)


@bp.route("/<int:event_id>/copy", methods=["GET", "POST"])
@allow(WORK)
def copy(slug: str, event_id: int) -> ResponseReturnValue:
    """The event once more, some weeks later."""
    event = of_programme(Event, event_id)
    form = CopyForm(title=f"{event.title} (copy)")
    if form.validate_on_submit():
        try:
            made = copy_event(event, title=form.title.data, weeks=form.weeks.data, by=caller())
        except WallTimeRefused as refused:
            form.refuse("weeks", str(refused))
        else:
            flash(f"{made.title} added, {formatting.count(form.weeks.data, 'week')} later. Nobody has been asked yet.")
            return redirect(url_for("events.event", slug=slug, event_id=made.id))
    return render_template("organiser/events/copy.html", form=form, event=event)


@bp.route("/<int:sets_id>/rounds")
@allow(WORK)
def rounds(slug: str, sets_id: int) -> ResponseReturnValue:
    """The rounds of action learning sets, each with its dates."""
    return _rounds_page(_with_sets(sets_id), CopyRoundForm())


@bp.route("/<int:sets_id>/rounds/copy", methods=["POST"])
@allow(WORK)
def copy_last_round(slug: str, sets_id: int) -> ResponseReturnValue:
    """The dates of the last round once more, some weeks later, as the next."""
    event = _with_sets(sets_id)
    form = CopyRoundForm()
    if form.validate_on_submit() and event.rounds:
        try:
            made = copy_round(event.rounds[-1], weeks=form.weeks.data, by=caller())
        except WallTimeRefused as refused:
            form.refuse("weeks", str(refused))
        else:
            flash(f"Round {made.number} added with {formatting.count(len(made.slots), 'date')}.")
            return redirect(url_for(".rounds", slug=slug, sets_id=sets_id))
    return _rounds_page(event, form)


def _with_sets(sets_id: int) -> Event:
    event = of_programme(Event, sets_id)
    return event if event.has_sets else abort(404)


def _rounds_page(event: Event, form: CopyRoundForm) -> str:
    return render_template("organiser/events/rounds.html", event=event, form=form)
