"""Who is in a set that runs itself: asking somebody to join, joining, leaving, closing it."""

from __future__ import annotations

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect.links import LinkUnknown, person_for
from scheduler.invite import own_meetings, own_sets
from scheduler.invite.own_meetings import NotPossible
from scheduler.models import OwnSet, Person, Purpose
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.own_sets import AskForm
from scheduler.web.own_sets import back, member

bp = Blueprint("own_set_people", __name__, url_prefix="/p/<token>/set/<int:set_id>")
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/ask", methods=["GET", "POST"])
@public
def ask(token: str, set_id: int) -> ResponseReturnValue:
    """Ask somebody of the programme to join. What is said never tells whether an address is known."""
    person, own_set = member(token, set_id)
    form = AskForm()
    if form.validate_on_submit():
        try:
            own_sets.ask_to_join(own_set, form.email.data, by=person)
        except NotPossible as why:
            form.refuse("email", str(why))
        else:
            flask.flash(f"If {form.email.data} takes part in this programme, our email is on its way.")
            return back(token, set_id)
    return render_template(
        "participant/own_set/ask.html", programme=person.programme, token=token, own_set=own_set, form=form
    )


@bp.route("/join", methods=["POST"])
@public
def join(token: str, set_id: int) -> ResponseReturnValue:
    """Join a set, or not."""
    person = person_for(token, Purpose.PAGE)
    asked = next((each for each in own_sets.asked_to_join(person) if each.set_id == set_id), None)
    joins = request.form.get("answer") == "yes"
    if asked is None:
        flask.flash("You have answered this already, or the set is closed.")
        return redirect(url_for("participant.page", token=token))
    try:
        own_sets.answer_asked(asked, joins=joins)
    except NotPossible as why:
        flask.flash(str(why))
        return redirect(url_for("participant.page", token=token))
    if joins:
        flask.flash(f"You are in {asked.own_set.name.lower()}.")
        return back(token, set_id)
    flask.flash("Thank you for telling us. Nothing has changed.")
    return redirect(url_for("participant.page", token=token))


@bp.route("/leave", methods=["GET", "POST"])
@public
def leave(token: str, set_id: int) -> ResponseReturnValue:
    """Ask, then take the reader out of the set."""
    person, own_set = member(token, set_id)
    if request.method == "POST":
        try:
            own_sets.leave(own_set, by=person)
            flask.flash(f"You have left {own_set.name.lower()}.")
        except NotPossible as why:
            flask.flash(str(why))
        return redirect(url_for("participant.page", token=token))
    return _question("leave", token, person, own_set)


@bp.route("/close", methods=["GET", "POST"])
@public
def close(token: str, set_id: int) -> ResponseReturnValue:
    """Ask, then end the set for everybody."""
    person, own_set = member(token, set_id)
    if request.method == "POST":
        try:
            own_sets.close(own_set, by=person)
            flask.flash(f"{own_set.name} is closed. The others hear of it.")
        except NotPossible as why:
            flask.flash(str(why))
        return redirect(url_for("participant.page", token=token))
    return _question("close", token, person, own_set)


def _question(name: str, token: str, person: Person, own_set: OwnSet) -> str:
    return render_template(
        f"participant/own_set/{name}.html",
        programme=person.programme,
        token=token,
        own_set=own_set,
        ahead=len(own_meetings.meetings_ahead(own_set)),
        others=len(own_set.members) - 1,
    )
