"""Plans: the gallery, making one, how it comes along, what it says, changing a draft by hand."""

from __future__ import annotations

from flask import Blueprint, abort, g
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import Plan

bp = Blueprint("plans", __name__, url_prefix="/programmes/<slug>/plans")


def plan_numbered(number: int) -> Plan:
    """A plan of the caller's programme; 404 where there is none of the number."""
    plan = db.session.scalar(select(Plan).where(Plan.programme_id == g.programme.id, Plan.number == number))
    if plan is None:
        abort(404)
    return plan


from scheduler.web.plans import (  # noqa: E402 (their views register themselves)
    advice,  # noqa: F401
    board,  # noqa: F401
    comparing,  # noqa: F401
    explaining,  # noqa: F401
    locking,  # noqa: F401
    making,  # noqa: F401
    moving,  # noqa: F401
    proposing,  # noqa: F401
    reading,  # noqa: F401
    rest,  # noqa: F401
    what_if,  # noqa: F401
)
