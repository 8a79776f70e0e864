"""What is held on one person: to download for them, and to erase."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import details
from scheduler.follow.held_on import held_on
from scheduler.invite import erasing, leaving
from scheduler.models import Person, record
from scheduler.transaction import transaction
from scheduler.web.access import OWN, WORK, allow, caller, of_programme
from scheduler.web.details import as_file
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import LineField

bp = Blueprint("personal_data", __name__, url_prefix="/programmes/<slug>/people/<int:person_id>")


class EraseForm(Form):
    """The name once more: an erasure cannot be taken back."""

    name = LineField("Enter their name to confirm", ask="Enter their name as it stands above")


@bp.route("/held")
@allow(OWN)
def held(slug: str, person_id: int) -> ResponseReturnValue:
    """All that is held on a person, to read."""
    person = of_programme(Person, person_id)
    return render_template("organiser/people/held.html", person=person, all=held_on(person))


@bp.route("/held.json", methods=["POST"])
@allow(OWN)
def download(slug: str, person_id: int) -> ResponseReturnValue:
    """The same as a file; that it was taken is in the audit, so it is a button and no link."""
    person = of_programme(Person, person_id)
    with transaction():
        record("person.downloaded", programme=g.programme, by=caller(), thing=person.name, id=person.id)
    return as_file(person)


@bp.route("/erase", methods=["GET", "POST"])
@allow(OWN)
def erase(slug: str, person_id: int) -> ResponseReturnValue:
    """Say what goes and what stays, and erase once the name was entered."""
    person = of_programme(Person, person_id)
    form = EraseForm()
    erasure = erasing.erasure_of(person)
    if erasure is None and form.validate_on_submit():
        if form.name.data.casefold() != person.name.casefold():
            form.refuse("name", f"Enter {person.name}, as it stands above")
        else:
            try:
                done = erasing.erase(person, by=caller())
            except leaving.CannotGo as why:
                form.refuse("", str(why))
            else:
                flash("Erased" if done else "They have left. Convene erases them when the last mail to them has left")
                return redirect(url_for("people.pairs", slug=slug))
    outcome = None
    if person.left_on is None and erasure is None and request.method == "GET":
        outcome = leaving.preview(leaving.Departure(person, leaving.Going.ALONE))
        person = of_programme(Person, person_id)
    return render_template(
        "organiser/people/erase.html",
        person=person,
        form=form,
        erasure=erasure,
        held=erasing.what_is_held(person),
        outcome=outcome,
    )


@bp.route("/stays", methods=["POST"])
@allow(WORK)
def stays(slug: str, person_id: int) -> ResponseReturnValue:
    """Settle a wish to leave: they stay."""
    person = of_programme(Person, person_id)
    details.stay_after_all(person, by=caller())
    flash(f"{person.name} stays in the programme")
    return redirect(url_for("people.person", slug=slug, person_id=person_id))


@bp.route("/no-assistant", methods=["POST"])
@allow(WORK)
def no_assistant(slug: str, person_id: int) -> ResponseReturnValue:
    """Send no more copies to somebody's assistant."""
    person = of_programme(Person, person_id)
    done = details.remove_assistant(person, by=caller())
    flash("Their assistant gets no more copies" if done else "Nobody gets copies")
    return redirect(url_for("people.person", slug=slug, person_id=person_id))
