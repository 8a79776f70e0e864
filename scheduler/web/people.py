"""People: pairs and the people outside them in lists, a Trust's page, a person's page."""

from __future__ import annotations

import flask
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from scheduler import formatting
from scheduler.collect import details, people
from scheduler.collect.exporting import OUTSIDE, people_sheets
from scheduler.extensions import db
from scheduler.follow.prepared import needs_by_session
from scheduler.follow.timeline import timeline_of
from scheduler.follow.trusts import followed
from scheduler.invite.merging import merging_of
from scheduler.invite.retention import days_of
from scheduler.models import Cohort, Person, Programme, ResearchActivity, Trust, TrustType
from scheduler.web import errors
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.apologies import said_here
from scheduler.web.downloads import table_file
from scheduler.web.forms.base import Form
from scheduler.web.forms.people import PeopleFilter, PersonForm, TrustForm
from scheduler.web.intentions import intention_here
from scheduler.web.sponsors import confirmation_ended

bp = Blueprint("people", __name__, url_prefix="/programmes/<slug>")
PAGE = 50


@bp.route("/people")
@allow(LOOK)
def pairs(slug: str) -> ResponseReturnValue:
    """The pairs, with filters in the address, and below them the people outside pairs."""
    form = PeopleFilter.among(_cohorts(g.programme), request.args)
    page = max(1, request.args.get("page", 1, type=int))
    wanted = _wanted(form)
    lines, total = people.pair_lines(g.programme, wanted, first=(page - 1) * PAGE, most=PAGE)
    return render_template(
        "organiser/people/pairs.html",
        form=form,
        lines=lines,
        total=total,
        page=page,
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(lines),
        narrowed=wanted != people.Narrowing(),
        outside=people.people_outside_pairs(g.programme, wanted.find),
        query={name: value for name, value in request.args.items() if value and name != "page"},
    )


@bp.route("/people/needs")
@allow(WORK)
def needs(slug: str) -> ResponseReturnValue:
    """Access and dietary needs by session to come, for who prepares it."""
    days, _ = days_of(g.programme)
    return render_template("organiser/people/needs.html", sessions=needs_by_session(g.programme), days=days.needs)


@bp.route("/people/file")
@allow(WORK)
def file(slug: str) -> ResponseReturnValue:
    """Everyone as a workbook (``?as=xlsx``), or as CSV the pairs, or with ``?of=outside`` the people outside them."""
    sheets = people_sheets(g.programme)
    if request.args.get("as") != "xlsx" and request.args.get("of") == "outside":
        return table_file("people-outside-pairs", {OUTSIDE: sheets[OUTSIDE]})
    return table_file("people", sheets)


def _wanted(form: PeopleFilter) -> people.Narrowing:
    return people.Narrowing(
        find=form.find.data or "",
        region=form.region.data or "",
        kind=TrustType(form.kind.data) if form.kind.data else None,
        cohort_id=int(form.cohort.data) if form.cohort.data else None,
        missing=form.missing.data or "",
    )


def _cohorts(programme: Programme) -> list[Cohort]:
    return list(db.session.scalars(select(Cohort).filter_by(programme_id=programme.id).order_by(Cohort.name)))


@bp.route("/trusts/<ods>")
@allow(LOOK)
def trust(slug: str, ods: str) -> ResponseReturnValue:
    """A Trust: its pair, who held the roles before, its details."""
    row = _trust(ods)
    return _trust_page(row, TrustForm(obj=row))


@bp.route("/trusts/<ods>", methods=["POST"])
@allow(WORK)
def save_trust(slug: str, ods: str) -> ResponseReturnValue:
    """Save a Trust's details, unless somebody else did meanwhile."""
    row = _trust(ods)
    back = url_for(".trust", slug=slug, ods=ods)
    form = TrustForm()
    if not form.validate_on_submit() or request.form.get("use") == "edit":
        return _trust_page(row, form)
    values = {
        "name": form.name.data,
        "region": form.region.data,
        "trust_type": TrustType(form.trust_type.data),
        "research_activity": ResearchActivity(form.research_activity.data),
    }
    try:
        people.save_trust(row, values, version=request.form.get("version", 0, type=int), by=caller())
    except people.ChangedMeanwhile:
        return _conflict(row, form)
    flash("Saved")
    return redirect(back)


def _trust(ods: str) -> Trust:
    row = ods.isalnum() and db.session.scalar(select(Trust).filter_by(programme_id=g.programme.id, ods_code=ods))
    if not row:
        flask.abort(404)
    return row


def _trust_page(row: Trust, form: TrustForm) -> str:
    return render_template(
        "organiser/people/trust.html",
        trust=row,
        form=form,
        past=people.roles_past(row.pair) if row.pair else [],
        confirmation_ended=confirmation_ended(row.pair),
        followed=followed(row),
        **intention_here(row.pair),
    )


@bp.route("/people/<int:person_id>")
@allow(LOOK)
def person(slug: str, person_id: int) -> ResponseReturnValue:
    """A person: details, roles, link."""
    row = of_programme(Person, person_id)
    return _person_page(row, PersonForm(obj=row))


@bp.route("/people/<int:person_id>", methods=["POST"])
@allow(WORK)
def save_person(slug: str, person_id: int) -> ResponseReturnValue:
    """Save a person's details, unless somebody else did meanwhile."""
    row = of_programme(Person, person_id)
    back = url_for(".person", slug=slug, person_id=row.id)
    form = PersonForm()
    if not form.validate_on_submit() or request.form.get("use") == "edit":
        return _person_page(row, form)
    values = {name: form[name].data or "" for name in ("name", "email", "phone", "affiliation")}
    try:
        people.save_person(row, values, version=request.form.get("version", 0, type=int), by=caller())
    except people.AddressTaken as taken:
        form.refuse("email", f"{taken.person.name} has this address. Each person needs an address of their own")
        return _person_page(row, form)
    except people.ChangedMeanwhile:
        return _conflict(row, form)
    flash("Saved")
    return redirect(back)


def _person_page(row: Person, form: PersonForm) -> str:
    said = said_here(lambda apology: apology.person_id == row.id)
    moments = timeline_of(row)
    page = max(1, request.args.get("page", 1, type=int))
    shown = moments[(page - 1) * PAGE : page * PAGE]
    return render_template(
        "organiser/people/person.html",
        person=row,
        form=form,
        roles=people.roles_of(row),
        moments=shown,
        total=len(moments),
        page=page,
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(shown),
        wish=details.wish_to_leave(row),
        needs=details.needs_of(row),
        assistant=details.assistant_of(row),
        mergings=merging_of(row),
        **said,
    )


@bp.route("/people/<int:person_id>/link", methods=["POST"])
@allow(WORK)
def send_link(slug: str, person_id: int) -> ResponseReturnValue:
    """Mail the person's link once more."""
    row = of_programme(Person, person_id, left_on=None)
    people.send_link(row, by=caller())
    flash(f"The link is on its way to {row.name}")
    return redirect(url_for(".person", slug=slug, person_id=row.id))


@bp.route("/people/<int:person_id>/new-link", methods=["GET", "POST"])
@allow(WORK)
def new_link(slug: str, person_id: int) -> ResponseReturnValue:
    """Ask, then end the old link and mail a new one."""
    row = of_programme(Person, person_id, left_on=None)
    if request.method == "POST":
        people.replace_link(row, by=caller())
        flash(f"The old link has ended. A new one is on its way to {row.name}")
        return redirect(url_for(".person", slug=slug, person_id=row.id))
    return render_template("organiser/people/new_link.html", person=row)


def _conflict(row: Person | Trust, form: Form) -> ResponseReturnValue:
    """Both versions side by side. The row is read anew: it is what the other one saved."""
    db.session.refresh(row)
    saved = people.last_saved(row)
    return errors.conflict(
        row.name,
        saved_by=saved[0] if saved else "Somebody",
        saved_at=formatting.clock_time(saved[1], g.programme.time_zone) if saved else "an earlier time",
        differences=[
            errors.Difference(field.label.text, field.write(getattr(row, field.name)), field.typed) for field in form
        ],
        version=row.version,
    )
