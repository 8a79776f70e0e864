"""Help, privacy, accessibility: linked in the same place on every page, open to everyone."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler import organisers
from scheduler.web.access import public

bp = Blueprint("help", __name__)


@bp.route("/help")
@public
def how_to() -> ResponseReturnValue:
    """What people ask first, participants before organisers."""
    return render_template("help/help.html", link_lasts=organisers.MAILED_LINK_LASTS.total_seconds())


@bp.route("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What is held about whom, who sees it, and where it goes: nowhere."""
    return render_template("help/privacy.html")


@bp.route("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """How the pages are made and tested, and what to do where one does not work."""
    return render_template("help/accessibility.html")
