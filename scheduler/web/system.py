"""For the operator: whether all is well, in the words of ``convene doctor``, and mail as it would have been sent."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, g, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select

from scheduler import __version__, health, heartbeats
from scheduler.extensions import db
from scheduler.invite import watching
from scheduler.invite.finished import read_letter
from scheduler.models import OrganiserRole, OutboxMessage
from scheduler.web.access import WORK, log_in_only
from scheduler.web.messages import PAGE, page_asked_for

bp = Blueprint("system", __name__, url_prefix="/system")


@bp.route("")
@log_in_only
def state() -> ResponseReturnValue:
    """What is checked and what was found, the workers, and what waits; names no path, host or person."""
    found = health.findings()
    database_is_well = all(each.well for each in found if each.check in ("database", "migrations"))
    return render_template(
        "organiser/system.html",
        findings=found,
        workers=heartbeats.latest() if database_is_well else [],
        waits=health.what_waits() if database_is_well else None,
        mailbox=watching.mailbox_state() if database_is_well else None,
        database=db.engine.dialect.name,
        version=__version__,
        zone=current_app.settings.time_zone,  # type: ignore[attr-defined]
    )


@bp.route("/mail")
@log_in_only
def mail() -> ResponseReturnValue:
    """The messages that the caller may read: of the programmes they run, and to themselves."""
    total = db.session.scalar(select(func.count()).select_from(OutboxMessage).where(_readable())) or 0
    page = page_asked_for(total)
    rows = db.session.scalars(
        select(OutboxMessage).where(_readable()).order_by(OutboxMessage.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    return render_template(
        "organiser/messages/mail.html", rows=rows, total=total, page=page, first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(rows),
    )  # fmt: skip


@bp.route("/mail/<int:message_id>")
@log_in_only
def message(message_id: int) -> ResponseReturnValue:
    """One message, with its calendar part in words."""
    row = db.session.scalar(select(OutboxMessage).where(OutboxMessage.id == message_id, _readable()))
    if row is None:
        abort(404)
    return render_template("organiser/messages/read.html", message=row, letter=read_letter(row.body))


def _readable() -> ColumnElement[bool]:
    # A message holds its reader's personal link: nobody else's organiser may see it, and a log-in link only its owner.
    run_by_caller = select(OrganiserRole.programme_id).where(
        OrganiserRole.organiser_id == g.organiser.id, OrganiserRole.role.in_(WORK)
    )
    return or_(
        OutboxMessage.programme_id.in_(run_by_caller),
        OutboxMessage.programme_id.is_(None) & (OutboxMessage.to_address == g.organiser.email),
    )
