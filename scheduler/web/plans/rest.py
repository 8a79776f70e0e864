"""Planning the rest again from the moves on a board."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from scheduler.plan import again, editing, planning
from scheduler.web.access import WORK, allow, caller
from scheduler.web.forms.plans import PlanTheRestForm
from scheduler.web.plans import bp, plan_numbered


@bp.route("/<int:number>/board/again", methods=["GET", "POST"])
@allow(WORK)
def plan_the_rest(slug: str, number: int) -> ResponseReturnValue:
    """Say which moves become locks, and begin a new plan from the places of this one."""
    plan = plan_numbered(number)
    if not editing.is_editable(plan):
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    form = PlanTheRestForm()
    if not form.is_submitted():
        form.reason.data = f"Moved by hand in plan {number}"
    if form.validate_on_submit():
        try:
            made = again.plan_the_rest(plan, by=caller(), reason=form.reason.data, time_limit=form.time_limit.data)
        except planning.NothingToPlan:
            form.refuse("", "Nobody is left to place: every date of these events has passed")
        except planning.ProblemFaulty as faulty:
            for line in faulty.lines[:10]:
                form.refuse("", line)
        else:
            return redirect(url_for(".progress", slug=slug, number=made.number))
    return render_template(
        "organiser/plans/plan_the_rest.html",
        plan=plan,
        form=form,
        found=again.locks_of_moves(plan, by=caller()),
    )
