"""Replies: who accepted, who declined, what each message that came in did and why, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import judging
from scheduler.invite.declines import declines_in, keep_seats
from scheduler.invite.replies import (
    PairReplies,
    ReplyState,
    SessionReplies,
    bounced_in,
    by_session_and_pair,
    held_in,
    received_in,
    replies_to,
)
from scheduler.invite.reply_sheet import HEADINGS, rows_of
from scheduler.models import Decision, Effect, Invitation, Person, ReceivedMessage, Reply, Session
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.downloads import Rows, csv_file, workbook_file
from scheduler.web.forms.replies import PersonForm

bp = Blueprint("replies", __name__, url_prefix="/programmes/<slug>/replies")
PAGE = 50
HELD_AT_ONCE = 10


@dataclass(frozen=True)
class Judged:
    """A message as the page of what is held shows it: what it says, and whose answer it would be."""

    message: ReceivedMessage
    said: judging.Contents
    address: str  # that would be remembered

    @property
    def may_learn(self) -> bool:
        """Whether its address could be somebody's; what was read and waits all the same has nothing to learn."""
        return self.message.effect is Effect.HELD and bool(self.address)


@bp.route("")
@allow(WORK)
def every(slug: str) -> ResponseReturnValue:
    """Sessions with how many people stand where, and one of them pair by pair."""
    sessions = by_session_and_pair(g.programme)
    chosen = _chosen(sessions)
    state = next((each for each in ReplyState if each.value == request.args.get("state")), None)
    pairs = _in_state(chosen.pairs, state) if chosen is not None else ()
    page = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-len(pairs) // PAGE)))
    return render_template(
        "organiser/replies/every.html",
        sessions=sessions,
        chosen=chosen,
        states=list(ReplyState),
        state=state,
        pairs=pairs[(page - 1) * PAGE : page * PAGE],
        total=len(pairs),
        page=page,
        size=PAGE,
        declines=len(declines_in(g.programme, waiting=True)),
    )


@bp.route("/replies.csv")
@allow(WORK)
def as_text(slug: str) -> ResponseReturnValue:
    """Every invitation with its reply, as CSV."""
    return csv_file("replies", _reply_rows())


@bp.route("/replies.xlsx")
@allow(WORK)
def as_workbook(slug: str) -> ResponseReturnValue:
    """Every invitation with its reply, as a workbook."""
    return workbook_file("replies", {"Replies": _reply_rows()})


@bp.route("/invitations/<int:invitation_id>")
@allow(WORK)
def invitation(slug: str, invitation_id: int) -> ResponseReturnValue:
    """One person and one date: every reply there was, also those taken back."""
    found = of_programme(Invitation, invitation_id)
    history = db.session.scalars(
        sa.select(Reply)
        .where(Reply.invitation_id == found.id)
        .options(joinedload(Reply.received))
        .order_by(Reply.id.desc())
    ).all()
    return render_template(
        "organiser/replies/invitation.html", invitation=found, replies=replies_to(found), history=history
    )


@bp.route("/held")
@allow(WORK)
def held(slug: str) -> ResponseReturnValue:
    """What waits for a decision, oldest first: who wrote, what they said, what would be recorded."""
    waiting = held_in(g.programme)
    return render_template(
        "organiser/replies/held.html",
        held=[_judged(message) for message in waiting[:HELD_AT_ONCE]],
        total=len(waiting),
        form=PersonForm(formdata=None),
    )


@bp.route("/received")
@allow(WORK)
def received(slug: str) -> ResponseReturnValue:
    """Every message that came in, newest first, with what was done and why."""
    rows = received_in(g.programme, most=PAGE + 1, before=request.args.get("before", type=int))
    return render_template("organiser/replies/received.html", rows=rows[:PAGE], more=len(rows) > PAGE)


@bp.route("/<int:message_id>")
@allow(WORK)
def message(slug: str, message_id: int) -> ResponseReturnValue:
    """One message: what it says, what was done, why, and what can be done about it."""
    return _message_page(_of_programme(message_id), PersonForm(formdata=None))


@bp.route("/<int:message_id>/decide", methods=["POST"])
@allow(WORK)
def decide(slug: str, message_id: int) -> ResponseReturnValue:
    """Carry out what an organiser decided about a held message."""
    row = _of_programme(message_id)
    decision = next((each for each in Decision if each.value == request.form.get("decision")), None)
    if decision is None:
        abort(400)
    form, person = PersonForm(), row.person
    if person is None and decision in (Decision.SAME_PERSON, Decision.ASSISTANT):
        if not form.validate():
            return _message_page(row, form), 422
        person = form.person_in(g.programme)
        if person is None:
            return _message_page(row, form), 422
    try:
        effect = judging.decide_held(row, decision, by=caller(), person=person)
    except judging.CannotDecide as fault:
        form.refuse("", str(fault))
        return _message_page(_of_programme(message_id), form), 409
    flash(_what_was_decided(decision, effect, person))
    return redirect(url_for(".held", slug=slug))


@bp.route("/<int:message_id>/undo", methods=["POST"])
@allow(WORK)
def undo(slug: str, message_id: int) -> ResponseReturnValue:
    """Take back what a message did."""
    row = _of_programme(message_id)
    taken_back = judging.undo(row, by=caller())
    flash("Taken back." if taken_back else "There was nothing to take back.")
    return redirect(url_for(".message", slug=slug, message_id=message_id))


@bp.route("/declined")
@allow(WORK)
def declined(slug: str) -> ResponseReturnValue:
    """Published places that were declined: keep the seats, offer them, or plan again."""
    return render_template("organiser/replies/declined.html", declines=declines_in(g.programme))


@bp.route("/declined/keep", methods=["POST"])
@allow(WORK)
def keep(slug: str) -> ResponseReturnValue:
    """Keep the seats of who declined."""
    kept = keep_seats(g.programme, request.form.getlist("reply", type=int), by=caller())
    flash("The seats are kept. Nobody hears of it." if kept else "The seats were kept already.")
    return redirect(url_for(".declined", slug=slug))


@bp.route("/bounced")
@allow(WORK)
def bounced(slug: str) -> ResponseReturnValue:
    """Addresses that mail came back from, each with the way to mend it."""
    found = bounced_in(g.programme)
    places = _next_places({bounce.person_id for bounce in found if bounce.person_id is not None})
    return render_template("organiser/replies/bounced.html", bounces=found, places=places)


def _reply_rows() -> Rows:
    return [HEADINGS, *rows_of(g.programme)]


def _message_page(row: ReceivedMessage, form: PersonForm) -> str:
    return render_template(
        "organiser/replies/message.html",
        each=_judged(row),
        message=row,
        form=form,
        errors=form.error_summary,
        waits=row.waits and row.decided_at is None,
        may_undo=row.undone_at is None
        and (
            row.decided_at is not None or row.effect is Effect.BOUNCED or any(r.undone_at is None for r in row.replies)
        ),
    )


def _judged(row: ReceivedMessage) -> Judged:
    return Judged(row, judging.look_into(row), judging.address_to_learn(row))


def _of_programme(message_id: int) -> ReceivedMessage:
    """A message of the caller's programme, or of none that is known: the mailbox is one for all."""
    theirs = (ReceivedMessage.programme_id == g.programme.id) | ReceivedMessage.programme_id.is_(None)
    row = db.session.scalar(sa.select(ReceivedMessage).where(ReceivedMessage.id == message_id, theirs))
    if row is None:
        abort(404)
    return row


def _chosen(sessions: Sequence[SessionReplies]) -> SessionReplies | None:
    """The session of the address, else the next one, else the last."""
    asked = request.args.get("session", type=int)
    ahead = (each for each in sessions if each.session.ends_at > now())
    return next(
        (each for each in sessions if each.session.id == asked), next(ahead, sessions[-1] if sessions else None)
    )


def _in_state(pairs: Sequence[PairReplies], state: ReplyState | None) -> Sequence[PairReplies]:
    if state is None:
        return pairs
    return [pair for pair in pairs if any(each.state is state for each in pair.people)]


def _next_places(people: set[int]) -> dict[int, Session]:
    """By person, the session of their next place."""
    rows = db.session.scalars(
        sa.select(Invitation)
        .where(Invitation.person_id.in_(people), Invitation.cancelled_at.is_(None), Invitation.ends_at > now())
        .options(joinedload(Invitation.session).joinedload(Session.event))
        .order_by(Invitation.starts_at.desc())
    )
    return {row.person_id: row.session for row in rows}


def _what_was_decided(decision: Decision, effect: Effect, person: Person | None) -> str:
    if decision is Decision.NOT_THEIRS:
        return "Ignored. Nothing was recorded."
    if decision is Decision.SEEN or person is None:
        return "Marked as seen."
    recorded = {Effect.ACCEPTED: "accepted", Effect.TENTATIVE: "tentative", Effect.DECLINED: "declined"}
    done = f" Recorded: {recorded[effect]}." if effect in recorded else ""
    return f"The address is remembered for {person.name}.{done}"
