"""Fairness: what was asked of each pair over the year, most first, and as a file."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.follow import fairness
from scheduler.web.access import LOOK, allow
from scheduler.web.downloads import table_file

bp = Blueprint("fairness", __name__, url_prefix="/programmes/<slug>/fairness")
PAGE = 50
ORDERS = {"all": "All together", "bent": "Bent", "travelled": "Travelled", "left-out": "Left out", "moved": "Moved"}
HEAD = ("ODS code", "Trust", "Region", "Bent", "Miles travelled", "Left out", "Moved", "Bends ahead", "Miles ahead")


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """A line a pair, in the order the address asks for."""
    by = request.args.get("by", "all")
    by = by if by in fairness.ORDERS else "all"
    lines = fairness.lines_of(g.programme, by)
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    return render_template(
        "organiser/fairness.html",
        findings=fairness.findings(lines),
        lines=lines[first : first + PAGE],
        first=first + 1,
        last=min(first + PAGE, len(lines)),
        total=len(lines),
        page=page,
        by=by,
        orders=ORDERS,
    )


@bp.route("/download")
@allow(LOOK)
def download(slug: str) -> ResponseReturnValue:
    """The same table whole, as CSV, or with ?as=xlsx as a workbook."""
    rows = [
        (
            line.trust.ods_code,
            line.trust.name,
            line.trust.region,
            line.burden.bent,
            line.burden.miles,
            line.burden.left_out,
            line.burden.moved,
            line.burden.bent_ahead,
            line.burden.miles_ahead,
        )
        for line in fairness.lines_of(g.programme)
    ]
    return table_file("fairness", {"Fairness": [HEAD, *rows]})
