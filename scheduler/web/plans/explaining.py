"""Why a party is where it is: each other place it could have, with its extra cost or the rules against it."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from scheduler.plan.editing import choices_of, is_editable
from scheduler.plan.keeping import problem_of, result_of
from scheduler.plan.overview import Overview
from scheduler.web.access import LOOK, allow
from scheduler.web.plans import bp, plan_numbered
from scheduler.web.plans.places import PlaceNames


@bp.route("/<int:number>/explain/<party>")
@allow(LOOK)
def explain(slug: str, number: int, party: str) -> ResponseReturnValue:
    """Every event of one party: where it is, and what each other place would cost, all else held."""
    plan = plan_numbered(number)
    made = result_of(plan)
    seen = Overview(plan)
    if made is None or made.objective is None or party not in seen.parties:
        abort(404)
    problem = problem_of(plan)
    if party not in problem.party_by_id:
        abort(404)
    line, names = seen.parties[party], PlaceNames(plan, seen)
    views = {view.event.key: view for view in seen.events if view.planned}
    events = []
    choices = choices_of(plan, problem, made, party)
    for key in dict.fromkeys(choice.event for choice in choices if choice.event in views):
        places = [names.in_words(views[key], line, choice) for choice in choices if choice.event == key]
        events.append((views[key].event, places))
    return render_template(
        "organiser/plans/explain.html", plan=plan, party=line, events=events, editable=is_editable(plan)
    )
