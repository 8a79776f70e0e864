"""Who joins, and who leaves: a form each, and before somebody leaves a page that says who will be told."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import joining
from scheduler.collect.audience import pairs_of
from scheduler.collect.people import AddressTaken
from scheduler.invite import leaving
from scheduler.models import Person
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.joining import LeavingForm, NewPersonForm

bp = Blueprint("joining", __name__, url_prefix="/programmes/<slug>/people")


@bp.route("/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str) -> ResponseReturnValue:
    """Add one person. Whoever has the address already is shown, so that nobody is entered twice."""
    form = NewPersonForm()
    holder: Person | None = None
    if form.validate_on_submit():
        try:
            person = joining.join(
                g.programme, form.who, role=form.role.data, ods_code=form.ods_code.data or "", by=caller()
            )
        except AddressTaken as taken:
            holder = taken.person
            left = " and has left the programme" if holder.left_on else ""
            form.refuse("email", f"{holder.name} has this address{left}. Open their page, or enter another address")
        except joining.NoSuchTrust:
            form.refuse(
                "ods_code", f"No Trust here has the ODS code {form.ods_code.data}. Check it, or import the Trust"
            )
        except joining.RoleTaken as taken:
            holder = taken.person
            form.refuse("role", f"{holder.name} has this role there. Open their page and let them leave first")
        else:
            flash(f"{person.name} takes part now. Nothing was sent to them yet")
            return redirect(url_for("people.person", slug=slug, person_id=person.id))
    return render_template("organiser/people/new.html", form=form, holder=holder)


@bp.route("/<int:person_id>/leave", methods=["GET", "POST"])
@allow(WORK)
def leave(slug: str, person_id: int) -> ResponseReturnValue:
    """Ask who comes instead; say who will be told, and how often; then do it."""
    person = of_programme(Person, person_id, left_on=None)
    pairs = [pair for pair in pairs_of(person) if pair.left_on is None]
    partner = next((found for pair in pairs if (found := pair.partner_of(person))), None)
    form = LeavingForm()
    form.offer(person, partner, in_a_pair=bool(pairs))
    typed = {name: request.form[name] for name in ("going", "name", "email", "phone", "hold") if name in request.form}
    outcome: leaving.Outcome | None = None
    changed = False
    if form.validate_on_submit() and request.form.get("do") != "edit":
        departure, name = form.departure(person), person.name
        try:
            if request.form.get("do") == "confirm":
                said = request.form.get("messages", -1, type=int)
                done = leaving.depart(departure, messages=said, by=caller(), hold=bool(form.hold.data))
                flash(_left(name, done))
                return redirect(url_for("people.person", slug=slug, person_id=person_id))
            outcome = leaving.preview(departure)
        except leaving.SomethingElse as other:
            outcome, changed = other.outcome, True
        except AddressTaken as taken:
            form.refuse("email", f"{taken.person.name} has this address. Enter their name as it is here")
        except leaving.CannotGo as why:
            form.refuse("", str(why))
    page = "organiser/people/leave_confirm.html" if outcome else "organiser/people/leave.html"
    return render_template(
        page, form=form, person=person, partner=partner, pairs=pairs, outcome=outcome, typed=typed, changed=changed
    )


def _left(name: str, done: leaving.Outcome) -> str:
    if not done.messages:
        return f"{name} has left the programme. Nobody had to be told"
    people = formatting.count(done.people, "person", "people")
    return f"{name} has left the programme. {formatting.count(done.messages, 'message')} to {people} queued"


@bp.route("/<int:person_id>/come-back", methods=["POST"])
@allow(WORK)
def come_back(slug: str, person_id: int) -> ResponseReturnValue:
    """Let somebody who left take part again."""
    person = of_programme(Person, person_id)
    leaving.come_back(person, by=caller())
    flash(f"{person.name} takes part again, without the role they had")
    return redirect(url_for("people.person", slug=slug, person_id=person_id))
