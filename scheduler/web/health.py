"""Whether this copy lives and is ready, for load balancers and monitors; tells strangers only what is wrong."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from scheduler.health import findings
from scheduler.web.access import public

bp = Blueprint("health", __name__)


@bp.route("/healthz")
@public
def alive() -> ResponseReturnValue:
    """200 while the process lives; asks nothing of the database."""
    return jsonify(status="ok")


@bp.route("/readyz")
@public
def ready() -> ResponseReturnValue:
    """200 while all that ``scheduler.health`` checks is right, else 503 with what is not."""
    wrong = {found.check: found.says for found in findings() if not found.well}
    return jsonify(status="not ready" if wrong else "ok", wrong=wrong), 503 if wrong else 200
