"""A pair's own page of its improvement intention: what it sets out to do, where it is, who sets out to do the like."""

from __future__ import annotations

import flask
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.clock import today
from scheduler.collect import intentions
from scheduler.collect.audience import pairs_of
from scheduler.collect.intentions import WrittenMeanwhile
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.follow.likeness import not_met_yet
from scheduler.models import IntentionText, Pair, Person, Purpose
from scheduler.web import errors, participant
from scheduler.web.access import public
from scheduler.web.forms.community import HeadwayForm, IntentionForm

bp = Blueprint("own_intention", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/p/<token>/intention")
@public
def page(token: str) -> ResponseReturnValue:
    """What the pair set out to improve, and everything it said of it."""
    person = person_for(token, Purpose.PAGE)
    return _show(person, token, _pair(person))


@bp.route("/p/<token>/intention", methods=["POST"])
@public
def post(token: str) -> ResponseReturnValue:
    """Save the intention, or the answer to "Where are you now?"."""
    person = person_for(token, Purpose.PAGE)
    pair = _pair(person)
    if request.form.get("do") == "say":
        return _say(person, token, pair)
    form = IntentionForm()
    form.offer(intentions.themes_offered(pair.programme), pair.themes)
    if not form.validate_on_submit() or request.form.get("use") == "edit":
        return _show(person, token, pair, writing=form)
    try:
        intentions.write(pair, form.text.data or "", form.chosen(), version=form.version.data or 0, by=person)
    except WrittenMeanwhile as meanwhile:
        return _conflict(pair, form, meanwhile.saved)
    flask.flash("Saved. Your pair, your sponsor and the organisers see it.")
    return redirect(url_for(".page", token=token, trust=request.form.get("trust") or None))


def _say(person: Person, token: str, pair: Pair) -> ResponseReturnValue:
    form = HeadwayForm()
    if not form.validate_on_submit():
        return _show(person, token, pair, saying=form)
    intentions.say(pair, form.headway.data, form.words.data or "", by=person)
    flask.flash("Saved. What you said before is kept below.")
    return redirect(url_for(".page", token=token, trust=request.form.get("trust") or None))


def _show(
    person: Person,
    token: str,
    pair: Pair,
    *,
    writing: IntentionForm | None = None,
    saying: HeadwayForm | None = None,
) -> ResponseReturnValue:
    stands = intentions.as_it_stands(pair)
    said = intentions.words_of(pair)
    day = today(pair.programme.time_zone)
    faults = [fault for form in (writing, saying) if form for fault in form.error_summary]
    return render_template(
        "participant/intention.html",
        programme=pair.programme,
        token=token,
        pair=pair,
        pairs=pairs_of(person),
        writing=writing or IntentionForm.of(stands, intentions.themes_offered(pair.programme)),
        saying=saying or HeadwayForm(formdata=None),
        said=said,
        texts=intentions.texts_of(pair)[1:],
        quarter=intentions.quarter_in_words(day),
        alike=not_met_yet(pair),
        errors=faults,
    )


def _pair(person: Person) -> Pair:
    """The pair the page is about: the one of the Trust named, else the person's first; 404 for who has none."""
    pairs = [pair for pair in pairs_of(person) if pair.left_on is None]
    wanted = request.values.get("trust", "")
    chosen = next((pair for pair in pairs if pair.trust.ods_code == wanted), None)
    return chosen or (pairs[0] if pairs else abort(404))


def _conflict(pair: Pair, form: IntentionForm, saved: IntentionText) -> ResponseReturnValue:
    """Both texts side by side: the other one of the pair was quicker."""
    return errors.conflict(
        "Your improvement intention",
        saved_by=saved.written_by.name if saved.written_by else "An organiser",
        saved_at=formatting.clock_time(saved.written_at, pair.programme.time_zone),
        differences=[
            errors.Difference("Intention", saved.text, form.text.typed),
            errors.Difference("Themes", formatting.listed(saved.themes), formatting.listed(form.chosen())),
        ],
        version=saved.number,
    )
