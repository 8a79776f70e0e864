"""Home: what needs the organiser now, where things stand, what comes next, what happened."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from scheduler import clock
from scheduler.collect.progress import collections_of
from scheduler.follow import needs, standing
from scheduler.models import Role
from scheduler.plan.published import published_plan
from scheduler.web.access import ANY, LOOK, allow

bp = Blueprint("home", __name__, url_prefix="/programmes/<slug>")


@bp.route("")
@allow(ANY)
def home(slug: str) -> ResponseReturnValue:
    """The list of what needs the caller; an evaluator sees the programme's name and no data of its people."""
    if g.role not in LOOK:
        return render_template("organiser/home_evaluator.html")
    collections = collections_of(g.programme, asked_only=False)
    plan = published_plan(g.programme)
    return render_template(
        "organiser/home.html",
        needs=needs.needs_of(g.programme, collections),
        standing=standing.standing_of(collections, plan),
        coming=standing.next_sessions(plan),
        happened=standing.happened(g.programme) if g.role in (Role.OWNER, Role.PLANNER) else [],
        today=clock.today(g.programme.time_zone),
    )
