"""The outbox of a programme: what waits, what left, what failed and why, and what an organiser can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select

from scheduler import formatting
from scheduler.collect import people
from scheduler.extensions import db
from scheduler.invite import mending
from scheduler.invite import outbox as post
from scheduler.invite.finished import read_letter
from scheduler.models import Bounce, DeliveryTry, MessageState, OutboxMessage
from scheduler.plan.published import published_plan
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.people import AddressForm
from scheduler.web.forms.publishing import MOST_UNTYPED, ReleaseForm

bp = Blueprint("messages", __name__, url_prefix="/programmes/<slug>/messages")
PAGE = 50


@dataclass(frozen=True)
class Filters:
    """What part of the outbox is looked at; it lives in the address, so that it can be shared."""

    state: MessageState | None
    kind: str
    find: str

    @classmethod
    def asked_for(cls) -> Filters:
        """The filters in the address of the page."""
        asked = request.args.get
        state = next((state for state in MessageState if state.value == asked("state")), None)
        return cls(state, asked("kind", "").strip(), asked("find", "").strip())

    @property
    def narrowed(self) -> bool:
        """Whether anything but a state is chosen."""
        return bool(self.kind or self.find)

    def but_for_state(self) -> list[ColumnElement[bool]]:
        """The conditions of kind and words; a percent sign is a percent sign."""
        found = [OutboxMessage.kind == self.kind] if self.kind else []
        if self.find:
            columns = OutboxMessage.to_name, OutboxMessage.to_address, OutboxMessage.subject, OutboxMessage.about
            found.append(or_(*(column.icontains(self.find, autoescape=True) for column in columns)))
        return found


@bp.route("")
@allow(WORK)
def outbox(slug: str) -> ResponseReturnValue:
    """The list, newest first, with filters for state, kind and words."""
    return _list(ReleaseForm(formdata=None))


@bp.route("/<int:message_id>")
@allow(WORK)
def message(slug: str, message_id: int) -> ResponseReturnValue:
    """One message as it was or will be sent, what became of it, and the others about the same date."""
    row = of_programme(OutboxMessage, message_id)
    return _message_page(row, AddressForm.of(row.person) if row.person else AddressForm(formdata=None))


@bp.route("/<int:message_id>/mend", methods=["POST"])
@allow(WORK)
def mend(slug: str, message_id: int) -> ResponseReturnValue:
    """Give its person another address, and send the words of a letter there; an invitation goes by publication."""
    row = of_programme(OutboxMessage, message_id)
    person = row.person
    if person is None:  # a letter to an organiser
        return redirect(url_for(".message", slug=slug, message_id=message_id))
    form = AddressForm()
    if not form.validate_on_submit():
        return _message_page(row, form)
    details = {name: getattr(person, name) for name in ("name", "phone", "affiliation")}
    try:
        people.save_person(
            person, details | {"email": form.email.data}, version=form.version.data or person.version, by=caller()
        )
    except people.AddressTaken as taken:
        form.refuse("email", f"{taken.person.name} has this address. Each person needs an address of their own")
        return _message_page(row, form)
    except people.ChangedMeanwhile:
        form.refuse("email", "Somebody changed this person's details meanwhile. Read the page again")
        return _message_page(row, form)
    sent = mending.send_to_new_address(row, by=caller())
    flash(f"Saved. The message is queued to {form.email.data}." if sent else "Saved.")
    return redirect(url_for(".message", slug=slug, message_id=sent.id if sent else message_id))


@bp.route("/release", methods=["POST"])
@allow(WORK)
def release(slug: str) -> ResponseReturnValue:
    """Let the held messages go, all or one; many only where their number was typed."""
    form = ReleaseForm()
    if not (form.validate_on_submit() and form.confirms(_held())):
        return _list(form)
    released = post.release(g.programme, by=caller(), only=form.only.data)
    flash(f"{formatting.count(released, 'message')} released.")
    return redirect(_back(form.only.data))


@bp.route("/stop", methods=["POST"])
@allow(WORK)
def stop(slug: str) -> ResponseReturnValue:
    """Hold what still waits, all or one."""
    only = request.form.get("only", type=int)
    stopped = post.stop(g.programme, by=caller(), only=only)
    flash(f"{formatting.count(stopped, 'message')} held. What is being sent goes on.")
    return redirect(_back(only))


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


def _message_page(row: OutboxMessage, form: AddressForm) -> str:
    return render_template(
        "organiser/messages/message.html",
        message=row,
        letter=read_letter(row.body),
        history=_history(row),
        others=_others(row),
        tries=_tries(row),
        bounces=_bounces(row),
        again=post.may_go_again(row),
        mend=form if row.state in mending.UNDELIVERED and row.person is not None else None,
        follows=mending.can_follow(row),
        published=published_plan(g.programme),
    )


def _list(form: ReleaseForm) -> str:
    filters = Filters.asked_for()
    ours = OutboxMessage.programme_id == g.programme.id
    narrowed = ours, *filters.but_for_state()
    states = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    everything = dict(db.session.execute(states.where(ours)).all())
    counts = dict(db.session.execute(states.where(*narrowed)).all()) if filters.narrowed else everything
    shown = select(OutboxMessage).where(*narrowed)
    if filters.state is not None:
        shown = shown.where(OutboxMessage.state == filters.state)
    total = counts.get(filters.state, 0) if filters.state else sum(counts.values())
    page = page_asked_for(total)
    rows = db.session.scalars(shown.order_by(OutboxMessage.id.desc()).limit(PAGE).offset((page - 1) * PAGE)).all()
    kinds = db.session.scalars(select(OutboxMessage.kind).where(ours).distinct().order_by(OutboxMessage.kind)).all()
    held = everything.get(MessageState.HELD, 0)
    return render_template(
        "organiser/messages/outbox.html",
        rows=rows,
        any=bool(everything),
        counts=[(state, counts[state]) for state in MessageState if state in counts],
        filters=filters,
        kinds=kinds,
        total=total,
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(rows),
        page=page,
        form=form,
        number_typed=held > MOST_UNTYPED,
        waiting_count=everything.get(MessageState.WAITING, 0),
        held_count=held,
    )


def _held() -> int:
    held = OutboxMessage.programme_id == g.programme.id, OutboxMessage.state == MessageState.HELD
    return db.session.scalar(select(func.count()).select_from(OutboxMessage).where(*held)) or 0


def _back(only: int | None) -> str:
    """Where the button was pressed: the list, or the page of one message."""
    slug = g.programme.slug
    return url_for(".message", slug=slug, message_id=only) if only else url_for(".outbox", slug=slug)


def _history(row: OutboxMessage) -> list[tuple[datetime, str]]:
    """What is known of a message's way, in order."""
    tried_once = row.first_tried_at == row.claimed_at
    waits = row.state in post.DUE and row.tries > 0
    steps = [
        (row.queued_at, "Queued"),
        (row.first_tried_at, "Tried" if tried_once else "Tried for the first time"),
        (None if tried_once else row.claimed_at, f"Tried last: {formatting.count(row.tries, 'try', 'tries')} so far"),
        (row.data_at, "All of it handed over, so from here on it may have arrived"),
        (row.sent_at, "Taken by the mail server"),
    ]
    # The sort is stable: of two steps in one moment the one that comes first here was first.
    done = sorted(((at, what) for at, what in steps if at is not None), key=lambda step: step[0])
    return [*done, (row.due_at, "Next try")] if waits else done


def _tries(row: OutboxMessage) -> list[DeliveryTry]:
    """Every single try to deliver it, in order: of very many the last."""
    made = select(DeliveryTry).where(DeliveryTry.message_id == row.id).order_by(DeliveryTry.id.desc()).limit(PAGE)
    return list(reversed(db.session.scalars(made).all()))


def _bounces(row: OutboxMessage) -> list[Bounce]:
    """That it came back, latest first."""
    back = select(Bounce).where(Bounce.outbox_message_id == row.id).order_by(Bounce.id.desc())
    return list(db.session.scalars(back))


def _others(row: OutboxMessage) -> list[OutboxMessage]:
    """The other messages about the same place of the same person, in the order in which they leave."""
    if row.uid is None:
        return []
    same = OutboxMessage.uid == row.uid, OutboxMessage.id != row.id
    return list(db.session.scalars(select(OutboxMessage).where(*same).order_by(OutboxMessage.id)))
