"""Attendance: how many came, by session and by pair, and the same as files."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.follow import attendance
from scheduler.web.access import LOOK, WORK, allow
from scheduler.web.downloads import table_file

bp = Blueprint("attendance", __name__, url_prefix="/programmes/<slug>/attendance")
PAGE = 50


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The sessions with who came, and below them the Trusts."""
    sessions = attendance.by_session(g.programme)
    pairs = attendance.by_pair(g.programme)
    page = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "organiser/attendance/every.html",
        sessions=sessions,
        taken=[found for found in sessions if found.taken],
        in_all=attendance.in_all(sessions),
        pairs=pairs[(page - 1) * PAGE : page * PAGE],
        number_of_pairs=len(pairs),
        page=page,
        size=PAGE,
    )


@bp.route("/download")
@allow(WORK)
def download(slug: str) -> ResponseReturnValue:
    """Who came to what, a row a person and session: CSV, or a workbook with ``?as=xlsx``."""
    return table_file("attendance", {"Attendance": attendance.file_rows(g.programme)})
