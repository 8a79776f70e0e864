"""Who may do what: the one place through which every organiser's page and every object is reached.

A view under ``/programmes/<slug>`` says who may use it with ``@allow``; the programme is then loaded through the
caller's own role, and objects through ``of_programme``. Not yours looks like not there (abuse case A5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from scheduler.extensions import Model, db
from scheduler.models import Organiser, OrganiserRole, Programme, Role
from scheduler.web import errors

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row", bound=Model)

# Who may look at the programme's data, who may change it, who may decide about people and settings.
LOOK = frozenset({Role.OWNER, Role.PLANNER, Role.FACILITATOR, Role.VIEWER})
WORK = frozenset({Role.OWNER, Role.PLANNER})
OWN = frozenset({Role.OWNER})
# Who stands at the front desk of a session.
DESK = WORK | {Role.FACILITATOR}
ANY = frozenset(Role)


def allow(roles: frozenset[Role]) -> Callable[[View], View]:
    """Say which roles in the programme may use a view."""

    def mark(view: View) -> View:
        view.allowed_roles = roles  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Say that a view needs no log-in: it opens with a personal link, or to anyone."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def log_in_only(view: View) -> View:
    """Say that a view needs a log-in and no role in a programme."""
    view.needs_log_in = True  # type: ignore[attr-defined]
    return view


def check_access() -> ResponseReturnValue | None:
    """Before each request: let through whom the view allows, and put ``g.programme``, ``g.organiser``, ``g.role``.

    A view that says nothing is refused, so that a new route without a rule fails at its first test.
    """
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    if getattr(view, "is_public", False):
        return None
    if not current_user.is_authenticated:
        if request.method not in ("GET", "HEAD"):
            raise errors.LoggedOut
        return redirect(url_for("sign_in.ask", next=request.full_path.rstrip("?")))
    g.organiser = current_user.organiser
    if getattr(view, "needs_log_in", False):
        return None
    allowed: frozenset[Role] = getattr(view, "allowed_roles", frozenset())
    found = db.session.execute(
        select(Programme, OrganiserRole.role)
        .join(OrganiserRole, OrganiserRole.programme_id == Programme.id)
        .where(Programme.slug == (request.view_args or {}).get("slug"), OrganiserRole.organiser_id == g.organiser.id)
    ).first()
    if found is None:
        abort(404)
    g.programme, g.role = found
    if g.role not in allowed:
        abort(403)
    return None


def of_programme(kind: type[Row], row_id: int, **also: Any) -> Row:
    """A row of the caller's programme by its id (and whatever else must be so); 404 where it is not theirs."""
    row = db.session.scalar(select(kind).filter_by(id=row_id, programme_id=g.programme.id, **also))
    if row is None:
        abort(404)
    return row


def may(roles: frozenset[Role]) -> bool:
    """Whether the caller's role is one of these: for templates that show a button only to who can use it."""
    return g.get("role") in roles


def caller() -> Organiser:
    """The organiser who asks."""
    return g.organiser
