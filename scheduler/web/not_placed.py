"""Telling people that the published plan has no place for them: who, and the letter, before anything is sent."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.invite import not_placed
from scheduler.models import PlanStatus
from scheduler.plan.published import published_plan
from scheduler.web.access import WORK, allow, caller
from scheduler.web.collect.asking import before_sending, ticked_form
from scheduler.web.forms.collect import TellForm
from scheduler.web.plans import plan_numbered

bp = Blueprint("not_placed", __name__, url_prefix="/programmes/<slug>/plans/<int:number>")


@bp.route("/unplaced/tell", methods=["GET", "POST"])
@allow(WORK)
def tell(slug: str, number: int) -> ResponseReturnValue:
    """Names with ticks, the letter as one of them gets it, and the number in the button."""
    plan = plan_numbered(number)
    without = not_placed.without_place(plan)
    waiting = [one for one in without if not one.told]
    form = ticked_form(TellForm, waiting)
    if plan.status is PlanStatus.PUBLISHED and form.validate_on_submit() and request.form.get("do") != "preview":
        try:
            told = not_placed.tell(plan, set(form.people.data), by=caller(), opening=form.opening.data or "")
        except not_placed.NotPublished as refusal:
            form.refuse("", str(refusal))
        else:
            flash(f"{formatting.count(told, 'message')} queued.")
            return redirect(url_for("plans.unplaced", slug=slug, number=number))
    shown = before_sending(form, waiting, everyone=len(without))
    one = shown["shown"]
    return render_template(
        "organiser/plans/tell_unplaced.html",
        plan=plan,
        published=published_plan(g.programme),
        told=[one for one in without if one.told],
        preview=not_placed.draft(one, form.opening.data or "") if one else None,
        **shown,
    )
