"""Who is logged in: the browser holds a random token, everything else is a row of ours (``LogIn``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from flask_login import login_user, logout_user

from scheduler import organisers
from scheduler.extensions import login
from scheduler.models import Organiser

if TYPE_CHECKING:
    from scheduler import Convene


class _Visitor:
    """An organiser as Flask-Login wants to see one: its id is the token of the stay, not the organiser's."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, organiser: Organiser, stay: str) -> None:
        self.organiser = organiser
        self.stay = stay

    def get_id(self) -> str:
        return self.stay


def install(app: Convene) -> None:
    """Let Flask-Login find who asks."""
    login.init_app(app)
    login.user_loader(_visitor)


def begin(token: str) -> Organiser:
    """Spend a log-in link and begin a stay under a new session id. Raises organisers.LinkSpent."""
    stay = organisers.log_in(token)
    flask.session.clear()
    flask.session.permanent = True
    login_user(_Visitor(stay.organiser, stay.token))
    return stay.organiser


def end() -> None:
    """End the caller's stay, here and in the browser."""
    stay = flask.session.get("_user_id")
    if stay:
        organisers.log_out(stay)
    logout_user()
    flask.session.clear()


def _visitor(stay: str) -> _Visitor | None:
    organiser = organisers.organiser_of(stay)
    return _Visitor(organiser, stay) if organiser else None
