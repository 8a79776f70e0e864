"""Events and their dates: the list, one event, adding and changing both."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from scheduler import formatting
from scheduler.collect import events as setting_up
from scheduler.collect.audience import Party, living_pairs, parties_of
from scheduler.collect.facilitators import facilitators_of, how_many_sets
from scheduler.collect.proposals import credited
from scheduler.extensions import db
from scheduler.models import Event, Session
from scheduler.web import errors
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.base import Form
from scheduler.web.forms.events import EventForm, SessionForm, VenueForm
from scheduler.web.forms.fields import AskedField, ChoiceField, DayField, TickField
from scheduler.web.forms.suggested import fill_in

bp = Blueprint("events", __name__, url_prefix="/programmes/<slug>/events")


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The events as cards, in order."""
    events = db.session.scalars(
        select(Event)
        .where(Event.programme_id == g.programme.id)
        .options(
            selectinload(Event.sessions), selectinload(Event.mix), selectinload(Event.audience_names),
            selectinload(Event.after),
        )
        .order_by(Event.position, Event.id)
    ).all()  # fmt: skip
    pairs = living_pairs(g.programme)
    audiences = {event.id: who_is_asked(parties_of(event, pairs)) for event in events}
    return render_template("organiser/events/every.html", events=events, audiences=audiences)


@bp.route("/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str) -> ResponseReturnValue:
    """Add an event."""
    form = EventForm()
    if form.validate_on_submit():
        event = setting_up.add_event(g.programme, form.details(), by=caller())
        flash(f"{event.title} added. Add its dates next.")
        return redirect(url_for(".event", slug=slug, event_id=event.id))
    return render_template("organiser/events/edit.html", form=form, event=None)


@bp.route("/<int:event_id>")
@allow(LOOK)
def event(slug: str, event_id: int) -> ResponseReturnValue:
    """One event: what it is, and its dates."""
    found = of_programme(Event, event_id)
    sessions = db.session.scalars(
        select(Session)
        .where(Session.event_id == found.id, Session.is_own_meeting.is_(False))
        .options(joinedload(Session.venue), joinedload(Session.round))
        .order_by(Session.starts_at, Session.id)
    ).all()
    parties = parties_of(found)
    return render_template(
        "organiser/events/event.html",
        event=found,
        sessions=sessions,
        answered=setting_up.answers_to(sessions),
        audience=who_is_asked(parties),
        credited=credited(found),
        facilitators=facilitators_of(found) if found.has_sets else [],
        possible=sets_in_words(found, len(parties)) if found.has_sets else "",
    )


@bp.route("/<int:event_id>/change", methods=["GET", "POST"])
@allow(WORK)
def change(slug: str, event_id: int) -> ResponseReturnValue:
    """Change an event; a second organiser who changed it meanwhile is not overwritten unseen."""
    found = of_programme(Event, event_id)
    form = EventForm() if request.method == "POST" else EventForm.of(found)
    suggested = fill_in(form, request.args) if request.method == "GET" else []
    if form.validate_on_submit() and request.form.get("use") != "edit":
        try:
            setting_up.change_event(found, form.details(), version=form.version.data or 0, by=caller())
        except setting_up.SavedMeanwhile:
            return _conflict(found.title, EventForm.of(found), form, found.version)
        flash("Saved.")
        return redirect(url_for(".event", slug=slug, event_id=event_id))
    return render_template("organiser/events/edit.html", form=form, event=found, suggested=suggested)


@bp.route("/<int:event_id>/sessions/new", methods=["GET", "POST"])
@allow(WORK)
def new_session(slug: str, event_id: int) -> ResponseReturnValue:
    """Add a date."""
    found = of_programme(Event, event_id)
    venues = setting_up.venues_of(g.programme)
    form = SessionForm()
    form.offer_venues(venues)
    if form.validate_on_submit():
        details = form.details(g.programme.time_zone, venues)
        if details is not None:
            made = setting_up.add_session(found, details, by=caller(), round_number=form.round.data)
            flash(f"{formatting.day(made.starts_at, made.time_zone)} added.")
            return redirect(url_for(".event", slug=slug, event_id=event_id))
    return render_template("organiser/events/session.html", form=form, event=found, session=None)


@bp.route("/<int:event_id>/sessions/<int:session_id>", methods=["GET", "POST"])
@allow(WORK)
def session(slug: str, event_id: int, session_id: int) -> ResponseReturnValue:
    """Change a date: people who answered it are asked again where its time is another one."""
    found = of_programme(Session, session_id, event_id=event_id)
    venues = setting_up.venues_of(g.programme)
    form = SessionForm() if request.method == "POST" else SessionForm.of(found)
    form.offer_venues(venues)
    suggested = fill_in(form, request.args) if request.method == "GET" else []
    if form.validate_on_submit() and request.form.get("use") != "edit":
        details = form.details(found.time_zone, venues)
        if details is not None:
            try:
                again = setting_up.change_session(found, details, version=form.version.data or 0, by=caller())
            except setting_up.SavedMeanwhile:
                saved = SessionForm.of(found)
                saved.offer_venues(venues)
                return _conflict(found.event.title, saved, form, found.version)
            flash(_what_changed(again))
            return redirect(url_for(".event", slug=slug, event_id=event_id))
    answered = setting_up.answers_to([found]).get(found.id, 0)
    return render_template(
        "organiser/events/session.html",
        form=form,
        event=found.event,
        session=found,
        answered=answered,
        suggested=suggested,
    )


@bp.route("/<int:event_id>/sessions/<int:session_id>/withdraw", methods=["POST"])
@allow(WORK)
def withdraw(slug: str, event_id: int, session_id: int) -> ResponseReturnValue:
    """Offer a date no longer, or with ``undo`` offer it again."""
    found = of_programme(Session, session_id, event_id=event_id)
    day = formatting.day(found.starts_at, found.time_zone)
    if request.form.get("undo"):
        setting_up.offer_again(found, by=caller())
        flash(f"{day} is offered again.")
    else:
        setting_up.withdraw_session(found, by=caller())
        flash(f"{day} is no longer offered. Its answers are kept.")
    return redirect(url_for(".event", slug=slug, event_id=event_id))


@bp.route("/venues/new", methods=["GET", "POST"])
@allow(WORK)
def new_venue(slug: str) -> ResponseReturnValue:
    """Add a venue that sessions can be held at."""
    form = VenueForm()
    if form.validate_on_submit():
        venue = setting_up.add_venue(g.programme, form.details(), by=caller())
        flash(f"{venue.name} added.")
        return redirect(url_for(".every", slug=slug))
    return render_template("organiser/events/venue.html", form=form)


def who_is_asked(parties: Sequence[Party]) -> str:
    """ "64 pairs and 8 people": pairs, and those who are asked without a partner."""
    pairs = sum(party.pair is not None and not party.alone for party in parties)
    alone = len(parties) - pairs
    if not alone:
        return formatting.count(pairs, "pair")
    people = formatting.count(alone, "person", "people")
    return f"{formatting.count(pairs, 'pair')} and {people}" if pairs else people


def sets_in_words(event: Event, parties: int) -> str:
    """ "With 64 pairs in sets of 5 to 8 there can be 8 to 12 sets." Nothing while nobody is asked or no size is set."""
    least, most = event.size_min, event.size_max
    if not parties or not (least or most):
        return ""
    size = f"{least} to {most}" if least and most else f"at least {least}" if least else f"at most {most}"
    who = f"With {formatting.count(parties, 'pair')} in sets of {size}"
    found = how_many_sets(parties, least, most)
    if found is None:
        return f"{who} no sets can hold all of them."
    fewest, largest = found
    how_many = formatting.count(largest, "set")
    return f"{who} there can be {how_many if fewest == largest else f'{fewest} to {how_many}'}."


def _what_changed(asked_again: int) -> str:
    if not asked_again:
        return "Saved."
    people = formatting.count(asked_again, "person", "people")
    return f"Saved. {people} answered this date and will be asked again. Other dates keep their answers."


def _conflict(about: str, saved: Form, mine: Form, version: int) -> ResponseReturnValue:
    """Both versions side by side."""
    last = setting_up.last_change(g.programme, about)
    return errors.conflict(
        about,
        saved_by=last.organiser.name if last and last.organiser else "Somebody",
        saved_at=formatting.clock_time(last.at, g.programme.time_zone) if last else "an earlier time",
        differences=[
            errors.Difference(field.label.text, _in_words(saved[field.name]), _in_words(field))
            for field in mine
            if field.name != "version"
        ],
        version=version,
    )


def _in_words(field: AskedField) -> str:
    if isinstance(field, TickField):
        return "Yes" if field.ticked else "No"
    if isinstance(field, DayField):
        return " ".join(field.typed_parts.values())
    if isinstance(field, ChoiceField):
        return ", ".join(item["text"] for item in field.items if item["checked"])
    return field.typed
