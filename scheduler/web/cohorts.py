"""Cohorts: who joined together, who of them still needs a place, and whose programme is over."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.clock import today
from scheduler.collect import cohorts
from scheduler.collect.people import ChangedMeanwhile
from scheduler.extensions import db
from scheduler.models import Cohort
from scheduler.plan.published import published_plan
from scheduler.web import errors
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.cohorts import CohortForm, JoinersForm, NewCohortForm

bp = Blueprint("cohorts", __name__, url_prefix="/programmes/<slug>/cohorts")
TAKEN = "There is a cohort of this name already. Choose another"


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The cohorts, those that joined first before."""
    lines, in_none = cohorts.cohort_lines(g.programme)
    return render_template("organiser/cohorts/every.html", lines=lines, in_none=in_none)


@bp.route("/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str) -> ResponseReturnValue:
    """Add a cohort."""
    form = NewCohortForm()
    if form.validate_on_submit():
        try:
            cohort = cohorts.add(g.programme, form.name.data, form.joined_on.data, by=caller())
        except cohorts.NameTaken:
            form.refuse("name", TAKEN)
        else:
            flash(f"{cohort.name} added. Put its Trusts in next.")
            return redirect(url_for(".one", slug=slug, cohort_id=cohort.id))
    return render_template("organiser/cohorts/new.html", form=form)


@bp.route("/<int:cohort_id>")
@allow(LOOK)
def one(slug: str, cohort_id: int) -> ResponseReturnValue:
    """One cohort: what joiners still need, who can be put in, its name and days."""
    cohort = of_programme(Cohort, cohort_id)
    return _show(cohort, CohortForm.of(cohort))


@bp.route("/<int:cohort_id>", methods=["POST"])
@allow(WORK)
def change(slug: str, cohort_id: int) -> ResponseReturnValue:
    """Change the cohort's name and days."""
    cohort = of_programme(Cohort, cohort_id)
    form = CohortForm()
    if not form.validate_on_submit() or request.form.get("use") == "edit":
        return _show(cohort, form)
    try:
        cohorts.change(
            cohort,
            name=form.name.data,
            joined_on=form.joined_on.data,
            ended_on=form.ended_on.data,
            version=form.version.data or 0,
            by=caller(),
        )
    except cohorts.NameTaken:
        form.refuse("name", TAKEN)
        return _show(of_programme(Cohort, cohort_id), form)
    except ChangedMeanwhile:
        return _conflict(cohort, form)
    flash("Saved.")
    return redirect(url_for(".one", slug=slug, cohort_id=cohort_id))


@bp.route("/<int:cohort_id>/joiners", methods=["POST"])
@allow(WORK)
def join(slug: str, cohort_id: int) -> ResponseReturnValue:
    """Put the ticked pairs into the cohort."""
    cohort = of_programme(Cohort, cohort_id)
    form = JoinersForm()
    form.offer(cohorts.pairs_in_none(g.programme))
    if not form.validate_on_submit():
        return _show(cohort, CohortForm.of(cohort), form)
    joined = cohorts.put_in(cohort, form.pairs.data, by=caller())
    flash(f"{formatting.count(joined, 'pair')} put into {cohort.name}.")
    return redirect(url_for(".one", slug=slug, cohort_id=cohort_id))


def _show(cohort: Cohort, form: CohortForm, joiners: JoinersForm | None = None) -> ResponseReturnValue:
    if joiners is None:
        joiners = JoinersForm(formdata=None)
        joiners.offer(cohorts.pairs_in_none(g.programme))
    lines, _ = cohorts.cohort_lines(g.programme)
    return render_template(
        "organiser/cohorts/one.html",
        cohort=cohort,
        line=next(line for line in lines if line.cohort.id == cohort.id),
        is_alumni=cohorts.is_alumni(cohort, today(g.programme.time_zone)),
        without_place=cohorts.pairs_without_place(cohort),
        published=published_plan(g.programme),
        form=form,
        joiners=joiners,
        errors=[*form.error_summary, *joiners.error_summary],
    )


def _conflict(cohort: Cohort, form: CohortForm) -> ResponseReturnValue:
    """Both versions side by side. The row is read anew: it is what the other one saved."""
    db.session.refresh(cohort)
    saved, last = CohortForm.of(cohort), cohorts.last_saved(cohort)
    return errors.conflict(
        cohort.name,
        saved_by=last[0] if last else "Somebody",
        saved_at=formatting.clock_time(last[1], g.programme.time_zone) if last else "an earlier time",
        differences=[
            errors.Difference(field.label.text, form.in_words(saved[field.name]), form.in_words(field))
            for field in form
            if field.name != "version"
        ],
        version=cohort.version,
    )
