"""What the frame of every page shows: the programme, whom it speaks to, what has stopped, what this role may use."""

from __future__ import annotations

from typing import Any

import flask
from flask import g

from scheduler import formatting
from scheduler.heartbeats import worker_down_since
from scheduler.invite import replies
from scheduler.models import Role
from scheduler.web import access

HIDDEN_AREAS = {
    Role.OWNER: (),
    Role.PLANNER: ("Settings",),
    Role.FACILITATOR: ("Settings", "Invite"),
    Role.VIEWER: ("Settings", "Invite"),
    Role.EVALUATOR: ("People", "Events", "Collect", "Plan", "Invite", "Follow", "Settings"),
}

ROLES = {"WORK": access.WORK, "OWN": access.OWN, "DESK": access.DESK}


def around_the_page() -> dict[str, Any]:
    """The names that templates/base*.html read, beside what the view gives them."""
    if "organiser" not in g:
        return {"may": access.may, **ROLES}
    around: dict[str, Any] = {
        "account": {"text": g.organiser.name, "href": "/account"},
        "banners": _banners(),
        "may": access.may,
        **ROLES,
    }
    if "programme" in g:
        around["programme"] = g.programme
        around["hidden_areas"] = HIDDEN_AREAS[g.role]
        if g.role in access.WORK:
            around["waiting"] = {"Invite": replies.number_held(g.programme)}
    return around


def _banners() -> list[dict[str, str]]:
    banners = []
    settings = flask.current_app.settings  # type: ignore[attr-defined]
    since = worker_down_since()
    if since is not None:
        at = formatting.clock_time(since, settings.time_zone)
        banners.append(
            {
                "text": f"Background work has stopped since {at}. What you queue is kept and runs when it is back.",
            }
        )
    if "programme" in g and g.programme.has_ended():
        day = formatting.day(g.programme.ends_on)
        banners.append({"text": f"This programme ended on {day}. Its sets and its directory go on."})
    if settings.smtp_url is None and "programme" in g and g.role in access.WORK:
        banners.append(
            {
                "text": "Mail is not connected. Messages are kept and can be",
                "href": "/system/mail",
                "link": "read here",
            }
        )
    return banners
