"""Check-in for organisers: the list of a session, one person of it, and the helpers' links."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from scheduler.follow import desks
from scheduler.follow.desks import Desk
from scheduler.follow.rooms import room_of
from scheduler.models import CheckInLink, Session
from scheduler.web import desk_page
from scheduler.web.access import DESK, WORK, allow, caller, of_programme
from scheduler.web.desk_page import Place
from scheduler.web.forms.check_in import HelperForm

bp = Blueprint("check_in", __name__, url_prefix="/programmes/<slug>/sessions/<int:session_id>/check-in")


@bp.route("")
@allow(DESK)
def page(slug: str, session_id: int) -> ResponseReturnValue:
    """The list of a session."""
    return desk_page.show(_desk(session_id), _place(slug, session_id))


@bp.route("", methods=["POST"])
@allow(DESK)
def post(slug: str, session_id: int) -> ResponseReturnValue:
    """Mark somebody."""
    return desk_page.post(_desk(session_id), _place(slug, session_id))


@bp.route("/state")
@allow(DESK)
def state(slug: str, session_id: int) -> ResponseReturnValue:
    """How the list stands, for scripts."""
    return desk_page.news_of(room_of(_desk(session_id).session))


@bp.route("/people/<key>")
@allow(DESK)
def person(slug: str, session_id: int, key: str) -> ResponseReturnValue:
    """One person, as the QR code of their badge opens it."""
    return desk_page.show_person(_desk(session_id), _place(slug, session_id), key)


@bp.route("/helpers", methods=["GET", "POST"])
@allow(WORK)
def helpers(slug: str, session_id: int) -> ResponseReturnValue:
    """The helpers' links of a session, and a new one."""
    session = of_programme(Session, session_id)
    form = HelperForm()
    if form.validate_on_submit():
        link = desks.make_link(session, form.helper.data, by=caller())
        flash(f"A link for {link.helper} is made. Send it to them: it opens on the day of this session alone.")
        return redirect(url_for(".helpers", slug=slug, session_id=session_id))
    return render_template(
        "desk/helpers.html",
        form=form,
        session=session,
        caption=desk_page.session_words(session),
        links=[(link, desks.url_of(link)) for link in desks.links_of(session)],
    )


@bp.route("/helpers/<int:link_id>/revoke", methods=["POST"])
@allow(WORK)
def revoke(slug: str, session_id: int, link_id: int) -> ResponseReturnValue:
    """End a helper's link."""
    link = of_programme(CheckInLink, link_id)
    if link.session_id != session_id:
        abort(404)
    desks.revoke_link(link, by=caller())
    flash(f"The link of {link.helper} no longer works. What it marked stays.")
    return redirect(url_for(".helpers", slug=slug, session_id=session_id))


def _desk(session_id: int) -> Desk:
    return Desk(of_programme(Session, session_id), organiser=caller())


def _place(slug: str, session_id: int) -> Place:
    return Place("check_in", {"slug": slug, "session_id": session_id})
