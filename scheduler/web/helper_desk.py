"""Check-in by a helper's link, on the day of its session alone; and the addresses in the QR codes of badges."""

from __future__ import annotations

import flask
from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from scheduler import formatting
from scheduler.collect.links import LinkRevoked, LinkUnknown
from scheduler.extensions import db
from scheduler.follow import desks
from scheduler.follow.desks import Desk, NotItsDay
from scheduler.follow.rooms import room_of
from scheduler.models import OrganiserRole, Session
from scheduler.web import desk_page
from scheduler.web.access import DESK, public
from scheduler.web.desk_page import Place

bp = Blueprint("helper_desk", __name__)
# The link that this browser has opened, so that it may also open the badges of that session.
OPENED = "check_in_link"


@bp.errorhandler(LinkUnknown)
def link_is_wrong(error: LinkUnknown) -> ResponseReturnValue:
    """The link was never made, or an organiser has taken it back."""
    revoked = isinstance(error, LinkRevoked)
    return render_template("desk/wrong_link.html", revoked=revoked), 410 if revoked else 404


@bp.errorhandler(NotItsDay)
def not_its_day(error: NotItsDay) -> ResponseReturnValue:
    """The link is right and its day is another one: nobody's name is shown."""
    session = error.link.session
    return render_template(
        "desk/not_its_day.html",
        programme=session.programme,
        session=session,
        is_over=error.is_over,
        day=formatting.day(session.starts_at, session.time_zone),
    ), 410 if error.is_over else 403


@bp.route("/check-in/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """The list of the session that the link is for. It changes nothing but what this browser may open."""
    return desk_page.show(_desk(token), _place(token))


@bp.route("/check-in/<token>", methods=["POST"])
@public
def post(token: str) -> ResponseReturnValue:
    """Mark somebody."""
    return desk_page.post(_desk(token), _place(token))


@bp.route("/check-in/<token>/state")
@public
def state(token: str) -> ResponseReturnValue:
    """How the list stands, for scripts."""
    return desk_page.news_of(room_of(_desk(token).session))


@bp.route("/check-in/<token>/people/<key>")
@public
def person(token: str, key: str) -> ResponseReturnValue:
    """One person, as the QR code of their badge opens it."""
    return desk_page.show_person(_desk(token), _place(token), key)


@bp.route("/badge/<int:session_id>/<int:person_id>")
@public
def badge(session_id: int, person_id: int) -> ResponseReturnValue:
    """The address in a badge's QR code: for a desk alone, and nothing about anybody to others."""
    if current_user.is_authenticated:
        session = db.session.scalar(
            select(Session)
            .join(OrganiserRole, OrganiserRole.programme_id == Session.programme_id)
            .where(
                Session.id == session_id,
                OrganiserRole.organiser_id == current_user.organiser.id,
                OrganiserRole.role.in_(DESK),
            )
        )
        if session is None:
            abort(404)
        slug = session.programme.slug
        return redirect(url_for("check_in.person", slug=slug, session_id=session_id, key=f"p{person_id}"))
    link_id = flask.session.get(OPENED)
    if link_id is None:
        return render_template("desk/not_a_desk.html"), 403
    desk = desks.desk_by_link(link_id)
    if desk.session.id != session_id or desk.link is None:
        return render_template("desk/not_a_desk.html"), 403
    return redirect(url_for(".person", token=desks.token_of(desk.link), key=f"p{person_id}"))


def _desk(token: str) -> Desk:
    desk = desks.desk_of(token)
    if desk.link is not None:
        flask.session[OPENED] = desk.link.id
    return desk


def _place(token: str) -> Place:
    return Place("helper_desk", {"token": token})
