"""The outbox of a programme: what waits, what left, what failed and why, and what an organiser can do about it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from scheduler import formatting
from scheduler.extensions import db
from scheduler.invite import outbox as post
from scheduler.invite.finished import read_letter
from scheduler.models import MessageState, OutboxMessage
from scheduler.web.access import WORK, allow, caller, of_programme

bp = Blueprint("messages", __name__, url_prefix="/programmes/<slug>/messages")
PAGE = 50


@bp.route("")
@allow(WORK)
def outbox(slug: str) -> ResponseReturnValue:
    """The list, newest first, with a filter for the state."""
    ours = OutboxMessage.programme_id == g.programme.id
    counts = dict(
        db.session.execute(select(OutboxMessage.state, func.count()).where(ours).group_by(OutboxMessage.state)).all()
    )
    chosen = next((state for state in MessageState if state.value == request.args.get("state")), None)
    shown = select(OutboxMessage).where(ours)
    if chosen is not None:
        shown = shown.where(OutboxMessage.state == chosen)
    total = counts.get(chosen, 0) if chosen else sum(counts.values())
    page = page_asked_for(total)
    rows = db.session.scalars(shown.order_by(OutboxMessage.id.desc()).limit(PAGE).offset((page - 1) * PAGE)).all()
    return render_template(
        "organiser/messages/outbox.html",
        rows=rows,
        counts=[(state, counts[state]) for state in MessageState if state in counts],
        chosen=chosen,
        total=total,
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(rows),
        page=page,
        waiting_count=counts.get(MessageState.WAITING, 0),
        held_count=counts.get(MessageState.HELD, 0),
    )


@bp.route("/<int:message_id>")
@allow(WORK)
def message(slug: str, message_id: int) -> ResponseReturnValue:
    """One message as it was or will be sent."""
    row = of_programme(OutboxMessage, message_id)
    return render_template(
        "organiser/messages/message.html",
        message=row,
        letter=read_letter(row.body),
        again=post.may_go_again(row),
        mend=row.state in (MessageState.FAILED, MessageState.BOUNCED) and row.person_id is not None,
    )


@bp.route("/release", methods=["POST"])
@allow(WORK)
def release(slug: str) -> ResponseReturnValue:
    """Let the held messages go."""
    flash(f"{formatting.count(post.release(g.programme, by=caller()), 'message')} released.")
    return redirect(url_for(".outbox", slug=slug))


@bp.route("/stop", methods=["POST"])
@allow(WORK)
def stop(slug: str) -> ResponseReturnValue:
    """Hold what still waits."""
    flash(f"{formatting.count(post.stop(g.programme, by=caller()), 'message')} held. What is being sent goes on.")
    return redirect(url_for(".outbox", slug=slug))


@bp.route("/<int:message_id>/again", methods=["POST"])
@allow(WORK)
def again(slug: str, message_id: int) -> ResponseReturnValue:
    """Send the same bytes once more."""
    row = of_programme(OutboxMessage, message_id)
    queued = post.send_again(row, by=caller())
    flash("Queued again." if queued else "Not queued: a newer message about this date was written.")
    return redirect(url_for(".message", slug=slug, message_id=message_id))


def page_asked_for(total: int) -> int:
    """The number of the page in the address, or the last there is."""
    last = max(1, -(-total // PAGE))
    return min(max(1, request.args.get("page", 1, type=int)), last)
