"""Whether this copy lives and is ready, for load balancers and monitors; tells strangers only what is wrong."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from scheduler.extensions import db
from scheduler.heartbeats import worker_down_since
from scheduler.upgrading import up_to_date
from scheduler.web.access import public

bp = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@bp.route("/healthz")
@public
def alive() -> ResponseReturnValue:
    """200 while the process lives; asks nothing of the database."""
    return jsonify(status="ok")


@bp.route("/readyz")
@public
def ready() -> ResponseReturnValue:
    """200 while database, migrations and worker are right, else 503 with what is not."""
    wrong = {}
    try:
        db.session.execute(sa.text("SELECT 1"))
        if not up_to_date():
            wrong["migrations"] = "the database is older or newer than the program"
        elif worker_down_since() is not None:
            wrong["worker"] = "no worker was heard of lately"
    except SQLAlchemyError:
        log.exception("The database does not answer")
        wrong["database"] = "it does not answer"
    return jsonify(status="not ready" if wrong else "ok", wrong=wrong), 503 if wrong else 200
