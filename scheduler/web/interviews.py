"""The inquiry: interviews with a sample of pairs, what was heard, and the themes that events take up."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import interviews
from scheduler.collect.audience import living_pairs, parties_of
from scheduler.collect.events import SavedMeanwhile
from scheduler.models import Event, EventKind, Pair
from scheduler.plan.overview import placements_of
from scheduler.plan.published import published_plan
from scheduler.web import errors
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.design import HeardForm, InquiryForm, ThemesForm

bp = Blueprint("interviews", __name__, url_prefix="/programmes/<slug>")


@bp.route("/interviews")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The inquiries, and the themes that were heard."""
    return render_template(
        "organiser/interviews/every.html",
        inquiries=interviews.inquiries_of(g.programme),
        themes=interviews.themes_heard(g.programme),
    )


@bp.route("/interviews/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str) -> ResponseReturnValue:
    """Draw a sample and make the dates. "Draw again" draws another; nobody is asked yet."""
    form = InquiryForm()
    seed = request.form.get("seed", 1, type=int) + (request.form.get("do") == "draw")
    drawn: list[Pair] = []
    if form.validate_on_submit():
        drawn = interviews.sample(living_pairs(g.programme), form.number.data, seed=seed)
        inquiry = form.inquiry(drawn, g.programme.time_zone)
        if not drawn:
            form.refuse("number", "There are no pairs yet. Add people first")
        elif inquiry and request.form.get("do") == "make":
            event = interviews.set_up(g.programme, inquiry, by=caller())
            dates = formatting.count(len(event.sessions), "date")
            flash(f"{event.title} added with {dates}. Ask the pairs for theirs next.")
            return redirect(url_for(".one", slug=slug, inquiry_id=event.id))
    return render_template("organiser/interviews/new.html", form=form, drawn=drawn, seed=seed)


@bp.route("/interviews/<int:inquiry_id>")
@allow(LOOK)
def one(slug: str, inquiry_id: int) -> ResponseReturnValue:
    """One inquiry: who is interviewed when and by whom, and what was heard."""
    event = _inquiry(inquiry_id)
    plan = published_plan(g.programme)
    placed = {each.party: each.session for each in placements_of(plan) if each.event == event} if plan else {}
    return render_template(
        "organiser/interviews/one.html",
        event=event,
        parties=parties_of(event),
        placed=placed,
        interviewers=interviews.interviewers_of(event),
        heard=interviews.heard_in(event),
    )


@bp.route("/interviews/<int:inquiry_id>/heard/<ods>", methods=["GET", "POST"])
@allow(WORK)
def heard(slug: str, inquiry_id: int, ods: str) -> ResponseReturnValue:
    """What was heard from one pair."""
    event = _inquiry(inquiry_id)
    pair = next((p.pair for p in parties_of(event) if p.pair and p.key == ods), None) or abort(404)
    kept = interviews.heard_in(event).get(pair.id)
    stands = {"themes": ", ".join(kept.themes), "text": kept.text, "version": kept.version} if kept else {"version": 0}
    form = HeardForm() if request.method == "POST" else HeardForm(formdata=None, **stands)
    if form.validate_on_submit() and request.form.get("use") != "edit":
        version = form.version.data or 0
        try:
            interviews.write_down(event, pair, form.listed(), form.text.data or "", version=version, by=caller())
        except SavedMeanwhile:
            return _conflict(event, pair, form)
        flash("Saved.")
        return redirect(url_for(".one", slug=slug, inquiry_id=inquiry_id))
    return render_template("organiser/interviews/heard.html", form=form, event=event, pair=pair)


@bp.route("/events/<int:event_id>/themes", methods=["GET", "POST"])
@allow(WORK)
def themes(slug: str, event_id: int) -> ResponseReturnValue:
    """Which themes an event takes up, beside those that were heard."""
    event = of_programme(Event, event_id)
    form = ThemesForm(themes=", ".join(event.themes))
    if form.validate_on_submit():
        interviews.refer(event, form.listed(), by=caller())
        flash("Saved.")
        return redirect(url_for("events.event", slug=slug, event_id=event_id))
    heard_themes = interviews.themes_heard(g.programme)
    return render_template("organiser/interviews/themes.html", form=form, event=event, themes=heard_themes)


def _inquiry(inquiry_id: int) -> Event:
    event = of_programme(Event, inquiry_id)
    return event if event.kind is EventKind.INTERVIEWS else abort(404)


def _conflict(event: Event, pair: Pair, form: HeardForm) -> ResponseReturnValue:
    saved = interviews.heard_in(event)[pair.id]
    return errors.conflict(
        f"What was heard from {pair.trust.name}",
        saved_by=saved.written_by.name if saved.written_by else "Somebody",
        saved_at=formatting.clock_time(saved.written_at, g.programme.time_zone),
        differences=[
            errors.Difference("Themes", ", ".join(saved.themes), form.themes.typed),
            errors.Difference("What was said", saved.text, form.text.typed),
        ],
        version=saved.version,
    )
