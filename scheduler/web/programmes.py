"""The programmes that an organiser may see."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from scheduler import organisers
from scheduler.web.access import log_in_only

bp = Blueprint("programmes", __name__)


@bp.route("/programmes")
@log_in_only
def every() -> ResponseReturnValue:
    """The list; who has one programme goes straight to it."""
    programmes = organisers.programmes_of(g.organiser)
    if len(programmes) == 1:
        return redirect(url_for("home.home", slug=programmes[0][0].slug))
    return render_template("organiser/programmes.html", programmes=programmes)
