"""What is printed for a session, on A4: badges with a code for the desk, the sign-in sheet, and who sits where."""

from __future__ import annotations

from typing import Any

import flask
import segno
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from scheduler.clock import now
from scheduler.collect.links import origin
from scheduler.extensions import db
from scheduler.follow.rooms import Attendee, room_of
from scheduler.follow.tables import table_plan_of, tables_in
from scheduler.models import Plan, PlanStatus, Presence, Session
from scheduler.names import parted
from scheduler.web import desk_page
from scheduler.web.access import DESK, allow, of_programme

bp = Blueprint("printing", __name__, url_prefix="/programmes/<slug>/sessions/<int:session_id>/print")
A_SHEET = 10
BADGES = 100  # on one page: the codes of more are too much for a browser


@bp.route("/badges")
@allow(DESK)
def badges(slug: str, session_id: int) -> ResponseReturnValue:
    """Ten badges a sheet; each code opens the person's line, at a desk alone."""
    session = of_programme(Session, session_id)
    people = [one for one in room_of(session).attendees if one.state is not Presence.APOLOGIES]
    page = max(1, request.args.get("page", 1, type=int))
    shown = people[(page - 1) * BADGES : page * BADGES]
    sheets = [shown[first : first + A_SHEET] for first in range(0, len(shown), A_SHEET)]
    return _printed(session, "badges", sheets=sheets, code=_code, page=page, size=BADGES, total=len(people))


@bp.route("/sign-in-sheet")
@allow(DESK)
def sign_in_sheet(slug: str, session_id: int) -> ResponseReturnValue:
    """A list by surname with room for signatures, for where no phone works."""
    session = of_programme(Session, session_id)
    return _printed(session, "sign_in_sheet", people=room_of(session).expected, parted=parted)


@bp.route("/tables")
@allow(DESK)
def tables(slug: str, session_id: int) -> ResponseReturnValue:
    """One table a page."""
    session = of_programme(Session, session_id)
    planned = table_plan_of(session)
    if planned is None or planned.result is None:
        return flask.redirect(url_for("tables.plan", slug=slug, session_id=session_id))
    return _printed(session, "tables", tables=tables_in(planned, room_of(session)))


def _printed(session: Session, name: str, **context: Any) -> str:
    published = db.select(Plan.number).filter_by(programme_id=session.programme_id, status=PlanStatus.PUBLISHED)
    return render_template(
        f"organiser/printed/{name}.html",
        session=session,
        caption=desk_page.session_words(session),
        plan_number=db.session.scalar(published),
        printed_at=now(),
        **context,
    )


def _code(one: Attendee, session: Session) -> Markup | None:
    """The QR code of a badge as an SVG; none for a walk-in whom we do not know, who is marked by name."""
    if one.person is None:
        return None
    address = f"{origin()}{url_for('helper_desk.badge', session_id=session.id, person_id=one.person.id)}"
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        scale=1, border=2, omitsize=True, svgclass="app-code"
    )
    return Markup(drawn)  # noqa: S704 (made by the library from an address of ours)
