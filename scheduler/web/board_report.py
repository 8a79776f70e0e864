"""The board report: two printed pages that explain themselves."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from scheduler.follow.board_report import board_report
from scheduler.follow.reach import tiles
from scheduler.models import Plan
from scheduler.plan.overview import placements_of, sets_of, unplaced_of
from scheduler.web.access import LOOK, allow
from scheduler.web.plans import sentences

bp = Blueprint("board_report", __name__, url_prefix="/programmes/<slug>/board-report")


@bp.route("")
@allow(LOOK)
def page(slug: str) -> ResponseReturnValue:
    """The report as of now, to read or to print."""
    report = board_report(g.programme)
    return render_template(
        "organiser/board_report.html",
        report=report,
        tiles=tiles(),
        quality=_quality(report.plan) if report.plan else [],
    )


def _quality(plan: Plan) -> list[str]:
    """How good the published plan is, in the words of its own page."""
    parties = {row.party for row in placements_of(plan)} | {m.party for s in sets_of(plan) for m in s.members}
    unplaced = {row.party for row in unplaced_of(plan)}
    said = [
        sentences.who_is_placed(len(parties | unplaced), unplaced),
        sentences.how_good(plan.objective, plan.bound),
        "It was counted again by separate code before anybody saw it." if plan.solver_status else "",
    ]
    return [sentence for sentence in said if sentence]
