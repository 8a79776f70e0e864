"""Reach: the tile map of the regions, bars by kind of Trust and research activity, and by event; always of how many."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from scheduler import words
from scheduler.follow.reach import Group, reach_of, tiles
from scheduler.web.access import LOOK, allow
from scheduler.web.downloads import Rows, table_file

bp = Blueprint("reach", __name__, url_prefix="/programmes/<slug>/reach")
HEAD = ("Group", "Trusts in England", "In the programme", "Came")


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The whole page; nothing to filter."""
    return render_template("organiser/reach.html", reach=reach_of(g.programme), tiles=tiles())


@bp.route("/download")
@allow(LOOK)
def download(slug: str) -> ResponseReturnValue:
    """The figures by region as CSV, or with ?as=xlsx all of them, a sheet each."""
    reach = reach_of(g.programme)
    events = [
        (event.event.title, event.asked, event.placed, "Not taken" if event.came is None else event.came)
        for event in reach.events
    ]
    sheets: dict[str, Rows] = {
        "By region": _sheet(reach.regions, {}),
        "By type of Trust": _sheet(reach.kinds, words.TRUST_TYPES),
        "By research activity": _sheet(reach.activities, words.RESEARCH_ACTIVITIES),
        "By event": [("Event", "Trusts asked", "Have a place", "Came"), *events],
    }
    return table_file("reach", sheets)


def _sheet(groups: list[Group], labels: Mapping[str, str]) -> list[tuple[str | int, ...]]:
    """One table of groups, head first."""
    rows = ((labels.get(group.name, group.name), group.in_england, group.in_programme, group.came) for group in groups)
    return [HEAD, *rows]
