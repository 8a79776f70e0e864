"""The table plan of a session: asked for, under way, and as it was found."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from scheduler.follow import tables
from scheduler.follow.rooms import room_of
from scheduler.models import Session
from scheduler.web import desk_page
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.tables import TablesForm

bp = Blueprint("tables", __name__, url_prefix="/programmes/<slug>/sessions/<int:session_id>/tables")


@bp.route("")
@allow(LOOK)
def plan(slug: str, session_id: int) -> ResponseReturnValue:
    """The tables as they are planned, or the question how many sit at one."""
    return _page(of_programme(Session, session_id), TablesForm(formdata=None, seats=8, together="no"))


@bp.route("", methods=["POST"])
@allow(WORK)
def ask(slug: str, session_id: int) -> ResponseReturnValue:
    """Have the tables planned, or planned again."""
    session = of_programme(Session, session_id)
    form = TablesForm()
    if form.validate():
        try:
            tables.ask(session, seats=form.seats.data, together=form.together.data == "yes", by=caller())
        except tables.NobodyToSeat:
            form.refuse("seats", "Nobody is expected at this session, so there is nobody to seat")
        else:
            flash("The tables are being planned. It takes a few seconds.")
            return redirect(url_for(".plan", slug=slug, session_id=session_id))
    return _page(session, form)


@bp.route("/progress")
@allow(LOOK)
def progress(slug: str, session_id: int) -> ResponseReturnValue:
    """The part of the page that follows the work, for scripts."""
    session = of_programme(Session, session_id)
    planned = tables.table_plan_of(session)
    under_way = planned is not None and planned.state in tables.UNDER_WAY
    headers = {} if under_way else {"Refresh-Page": url_for(".plan", slug=slug, session_id=session_id)}
    return render_template("organiser/rooms/tables_part.html"), headers


def _page(session: Session, form: TablesForm) -> str:
    planned = tables.table_plan_of(session)
    return render_template(
        "organiser/rooms/tables.html",
        form=form,
        session=session,
        caption=desk_page.session_words(session),
        planned=planned,
        under_way=planned is not None and planned.state in tables.UNDER_WAY,
        tables=tables.tables_in(planned, room_of(session)) if planned is not None else [],
    )
