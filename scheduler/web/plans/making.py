"""Making plans: the gallery, the question, how the run comes along, stopping and discarding, the files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import flask
from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Event, Placement, Plan, PlanStatus, RunEnd, RunState
from scheduler.plan import checks, planning
from scheduler.plan.comparing import between, places_of
from scheduler.plan.keeping import problem_bytes
from scheduler.plan.overview import Overview
from scheduler.plan.problems import plannable_events
from scheduler.plan.published import published_plan
from scheduler.plan.sheets import sheets_of
from scheduler.web.access import LOOK, WORK, allow, caller
from scheduler.web.downloads import table_file
from scheduler.web.forms.plans import LEAST_CHANGE, NewPlanForm
from scheduler.web.plans import bp, plan_numbered, sentences


@dataclass(frozen=True)
class Card:
    """One plan of the gallery: its five figures; None where they say nothing."""

    plan: Plan
    tag: str
    unplaced: int
    if_need_be: int
    repeats: int
    running: int
    moves: int | None


@bp.route("")
@allow(LOOK)
def gallery(slug: str) -> ResponseReturnValue:
    """One card a plan, newest first."""
    plans = db.session.scalars(
        select(Plan)
        .where(Plan.programme_id == g.programme.id, Plan.status != PlanStatus.DISCARDED)
        .options(joinedload(Plan.made_by))
        .order_by(Plan.number.desc())
    ).all()
    published = published_plan(g.programme)
    running = _sessions_that_run()
    moves = _moves(plans, published)
    cards = [_card(plan, running.get(plan.id, 0), moves.get(plan.id)) for plan in plans]
    most = max((max(c.unplaced, c.if_need_be, c.repeats, c.running, c.moves or 0) for c in cards), default=0)
    return render_template("organiser/plans/gallery.html", cards=cards, most=most, published=published)


@bp.route("/new", methods=["GET", "POST"])
@allow(WORK)
def new(slug: str) -> ResponseReturnValue:
    """Ask what is to be planned, and start."""
    events = plannable_events(g.programme)
    published = published_plan(g.programme)
    form = NewPlanForm()
    form.offer(events, published.number if published else None)
    if not form.is_submitted():
        form.events.data = tuple(event.key for event in events)
        form.how.data = form.how.choices[0][0]
        form.fair.data = published is not None
    if form.validate_on_submit():
        chosen = [event for event in events if event.key in form.events.data]
        try:
            plan = planning.start(
                g.programme,
                by=caller(),
                time_limit=form.time_limit.data,
                events=chosen,
                afresh=form.how.data != LEAST_CHANGE,
                fair=bool(form.fair.data),
            )
        except planning.NothingToPlan:
            form.refuse("events", "Select an event that has somebody to place: nobody is in the audience of these")
        except planning.ProblemFaulty as faulty:
            for line in faulty.lines[:10]:
                form.refuse("", line)
        else:
            return redirect(url_for(".progress", slug=slug, number=plan.number))
    return render_template(
        "organiser/plans/new.html",
        form=form,
        events=events,
        published=published,
        found=checks.before_you_start(g.programme, events),
    )


@bp.route("/<int:number>/progress")
@allow(LOOK)
def progress(slug: str, number: int) -> ResponseReturnValue:
    """How the run comes along; the same page, or with ``part`` its moving part alone, for the script that polls."""
    plan = plan_numbered(number)
    seen = _progress_of(plan)
    if "part" not in request.args:
        return render_template("organiser/plans/progress.html", **seen)
    answer = flask.make_response(render_template("organiser/plans/progress_part.html", **seen))
    if plan.run_state not in planning.UNDER_WAY:
        onward = ".view" if plan.solver_status is not None else ".progress"
        answer.headers["Refresh-Page"] = url_for(onward, slug=slug, number=number)
    return answer


@bp.route("/<int:number>/stop", methods=["POST"])
@allow(WORK)
def stop(slug: str, number: int) -> ResponseReturnValue:
    """Stop the run and keep its best plan so far."""
    plan = plan_numbered(number)
    planning.stop(plan)
    if plan.run_state in planning.UNDER_WAY:
        flash("Stopping. The best plan so far is kept.")
    return redirect(url_for(".progress", slug=slug, number=number))


@bp.route("/<int:number>/discard", methods=["POST"])
@allow(WORK)
def discard(slug: str, number: int) -> ResponseReturnValue:
    """Put a draft away."""
    plan = plan_numbered(number)
    try:
        planning.discard(plan, by=caller())
    except planning.PlanNotDraft:
        flash(f"Plan {number} is {sentences.tag_of(plan).lower()} and stays.")
        return redirect(url_for(".view", slug=slug, number=number))
    flash(f"Plan {number} is discarded.")
    return redirect(url_for(".gallery", slug=slug))


@bp.route("/<int:number>/file")
@allow(LOOK)
def file(slug: str, number: int) -> ResponseReturnValue:
    """The plan as a convene-plan/1 file."""
    plan = plan_numbered(number)
    if plan.result is None:
        flask.abort(404)
    return _download(json.dumps(plan.result, ensure_ascii=False, indent=1).encode(), f"plan-{number}.json")


@bp.route("/<int:number>/table")
@allow(LOOK)
def table(slug: str, number: int) -> ResponseReturnValue:
    """The plan as a spreadsheet program opens it: places as CSV, or with sets and the unplaced as a workbook."""
    plan = plan_numbered(number)
    return table_file(f"plan-{number}", sheets_of(Overview(plan)))


@bp.route("/<int:number>/problem")
@allow(LOOK)
def problem(slug: str, number: int) -> ResponseReturnValue:
    """The question the plan answers, as a convene-problem/1 file."""
    return _download(problem_bytes(plan_numbered(number).problem), f"problem-of-plan-{number}.json")


def _progress_of(plan: Plan) -> dict[str, object]:
    points = [(row.seconds, row.objective, row.bound or None) for row in plan.progress]  # 0 is no bound yet
    elapsed = 0
    if plan.started_at is not None:
        elapsed = int(((plan.ended_at or now()) - plan.started_at).total_seconds())
    # What was last found still stands at the end, and now.
    drawn = [*points, (max(points[-1][0], elapsed), *points[-1][1:])] if points else []
    costs = [(seconds, cost) for seconds, cost, _ in points if cost is not None]
    better = [later[0] for earlier, later in pairwise(costs) if later[1] < earlier[1]]
    return {
        "plan": plan,
        "tag": sentences.tag_of(plan),
        "points": points,
        "drawn": drawn,
        "elapsed": min(elapsed, plan.time_limit),
        "before": planning.runs_before(plan),
        "any_plan": bool(costs),
        "better": better,
        "found": sentences.while_planning(plan.objective, plan.bound, sentences.weights_of(plan)["unplaced"]),
        "ended": sentences.how_it_ended(plan),
        "infeasible": plan.run_end is RunEnd.INFEASIBLE,
        "under_way": plan.run_state in planning.UNDER_WAY,
        "queued": plan.run_state is RunState.QUEUED,
    }


def _moves(plans: Sequence[Plan], published: Plan | None) -> dict[int, int]:
    """How many parties each draft would move away from where they were told to be."""
    drafts = [plan for plan in plans if plan.status is PlanStatus.DRAFT and plan.solver_status is not None]
    if published is None or not drafts:
        return {}
    places = places_of([*drafts, published])
    return {plan.id: len(between(places[plan.id], places[published.id], published).moves) for plan in drafts}


def _card(plan: Plan, running: int, moves: int | None) -> Card:
    terms = plan.terms
    return Card(
        plan,
        sentences.tag_of(plan),
        terms.get("unplaced", 0),
        terms.get("if_need_be", 0),
        terms.get("repeat_encounter", 0),
        running,
        moves,
    )


def _sessions_that_run() -> dict[int, int]:
    rows = db.session.execute(
        select(Placement.plan_id, func.count(Placement.session_id.distinct()))
        .join(Event, Event.id == Placement.event_id)
        .where(Event.programme_id == g.programme.id)
        .group_by(Placement.plan_id)
    )
    return {plan: count for plan, count in rows}  # noqa: C416 - rows are no pairs to dict()


def _download(content: bytes, name: str) -> flask.Response:
    answer = flask.Response(content, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
