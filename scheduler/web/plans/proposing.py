""" "Propose these sets", and the owners' page of what was said against them in confidence, each with its swaps."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from scheduler import formatting
from scheduler.extensions import db
from scheduler.models import Event, Plan, SetObjection
from scheduler.plan import editing, objections, proposing, swapping
from scheduler.plan.editing import Draft
from scheduler.plan.naming import Names
from scheduler.plan.objections import Standing
from scheduler.plan.swapping import Swap, Swaps
from scheduler.plan.undoing import moves_made
from scheduler.web.access import OWN, WORK, allow, caller
from scheduler.web.plans import bp, plan_numbered
from scheduler.web.plans.places import more

MOST_WITH_SWAPS = 1
"""So many objections of one page have their swaps counted at once; the others have a link that does."""


@dataclass(frozen=True)
class Line:
    """One objection, with the ways out of the set, where they were counted."""

    standing: Standing
    name: str
    swaps: Swaps | None


@bp.route("/<int:number>/propose", methods=["GET", "POST"])
@allow(WORK)
def propose(slug: str, number: int) -> ResponseReturnValue:
    """Say who is written to, then show the draft's sets to their members."""
    plan = plan_numbered(number)
    if not editing.is_editable(plan):
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    if not plan.sets:
        abort(404)
    if request.method == "POST":
        try:
            told = proposing.propose(plan, edits=request.form.get("version", -1, int), by=caller())
        except editing.EditedMeanwhile:
            flash("The draft was changed since you opened this page. Look at its sets again before you propose them.")
            return redirect(url_for(".propose", slug=slug, number=number))
        flash(
            f"Proposed to {formatting.count(told, 'person', 'people')}. Their emails are queued."
            if told
            else "Everybody has been shown these very sets already. Nobody was written to."
        )
        return redirect(url_for(".view", slug=slug, number=number))
    told_now = proposing.who_would_be_told(plan)
    before = proposing.last_proposal(plan)
    return render_template("organiser/plans/propose.html", plan=plan, told=told_now, before=before)


@bp.route("/<int:number>/objections")
@allow(OWN)
def objections_page(slug: str, number: int) -> ResponseReturnValue:
    """What members said in confidence, for owners alone; with each, the cheapest swaps."""
    plan = plan_numbered(number)
    rows = objections.objections_to(plan)
    draft = Draft(plan) if editing.is_editable(plan) else None
    names = Names(plan)
    chosen = request.args.get("swaps", type=int)
    waiting = [row.id for row in rows if row.dealt_with_at is None]
    counted = {chosen} if chosen is not None else set(waiting[:MOST_WITH_SWAPS])
    return render_template(
        "organiser/plans/objections.html",
        plan=plan,
        lines=[_line(row, draft if row.id in counted else None, names) for row in rows],
        editable=draft is not None,
        made=moves_made(plan) if plan.edits else [],
        name=lambda key: names.by_id.get(key, key),
        more=more,
    )


@bp.route("/<int:number>/objections/<int:objection_id>/swap", methods=["POST"])
@allow(OWN)
def swap(slug: str, number: int, objection_id: int) -> ResponseReturnValue:
    """Take one swap: a change of the draft that "Undo" takes back."""
    plan = plan_numbered(number)
    standing = objections.standing_of(_objection(plan, objection_id))
    event = standing.objection.event
    back = redirect(url_for(".objections_page", slug=slug, number=number))
    if not editing.is_editable(plan):
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    draft = Draft(plan)
    if draft.edits != request.form.get("version", -1, int):
        flash("The draft was changed since you opened this page. Look at the swaps again.")
        return back
    to = request.form.get("to", 0, int)
    wanted = Swap(standing.party, request.form.get("other") or None, to, 0, 0)
    names = Names(plan)
    try:
        moved = swapping.take(draft, event, wanted, by=caller())
    except editing.EditedMeanwhile:
        db.session.rollback()
        flash("The draft was changed in this moment. Look at the swaps again.")
    except editing.NotEditable:
        abort(404)
    except editing.MoveRefused as refused:
        flash(f"This swap is not possible any more: {' '.join(names.in_words(rule) for rule in refused.broken)}")
    else:
        who = names.by_id.get(standing.party, standing.party)
        flash(
            f"{who} is in set {to} now. Cost {formatting.number(moved.cost)}, {more(moved.more)}. No rule broken. "
            "Propose the sets again, so that those it touches see theirs."
        )
    return back


@bp.route("/<int:number>/objections/<int:objection_id>/dealt-with", methods=["POST"])
@allow(OWN)
def objection_dealt_with(slug: str, number: int, objection_id: int) -> ResponseReturnValue:
    """Note that an objection has been dealt with."""
    plan = plan_numbered(number)
    objections.deal_with(_objection(plan, objection_id), by=caller())
    flash("Dealt with.")
    return redirect(url_for(".objections_page", slug=slug, number=number))


def _objection(plan: Plan, objection_id: int) -> SetObjection:
    row = db.session.scalar(
        select(SetObjection).where(
            SetObjection.id == objection_id, SetObjection.plan_id == plan.id, SetObjection.withdrawn_at.is_(None)
        )
    )
    if row is None:
        abort(404)
    return row


def _line(row: SetObjection, draft: Draft | None, names: Names) -> Line:
    standing = objections.standing_of(row)
    event: Event = row.event
    swaps = None
    if draft is not None and standing.number is not None and row.dealt_with_at is None:
        swaps = swapping.swaps_for(draft, event, standing.party)
    return Line(standing, names.by_id.get(standing.party, standing.party), swaps)
