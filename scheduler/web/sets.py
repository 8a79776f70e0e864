"""Follow, Sets: every set, what it has held, who came, since when it runs itself; letting sets run themselves."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from scheduler import formatting
from scheduler.extensions import db
from scheduler.follow.sets import SetLine, every_set
from scheduler.invite import own_sets
from scheduler.invite.own_meetings import NotPossible
from scheduler.models import EventFacilitator, Facilitator
from scheduler.web.access import LOOK, WORK, allow, caller
from scheduler.web.forms.sets import FacilitatorForm

bp = Blueprint("sets", __name__, url_prefix="/programmes/<slug>/sets")
PAGE = 50


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """A row a set."""
    lines = every_set(g.programme)
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    return render_template(
        "organiser/sets/every.html",
        lines=lines[first : first + PAGE],
        total=len(lines),
        first=first,
        page=page,
        last_page=-(-len(lines) // PAGE),
        running=sum(line.own is not None and line.own.closed_at is None for line in lines),
        to_release=[line for line in lines if line.own is None and line.people],
    )


@bp.route("/<int:number>")
@allow(LOOK)
def one(slug: str, number: int) -> ResponseReturnValue:
    """One set: its people, its meetings, and what an organiser may do."""
    return render_template("organiser/sets/one.html", found=_line(number))


@bp.route("/<int:number>/release", methods=["GET", "POST"])
@allow(WORK)
def release(slug: str, number: int) -> ResponseReturnValue:
    """Say who hears of it, then let a set run itself."""
    found = _line(number)
    row = found.planned.row if found.planned is not None else None
    if request.method == "POST" and row is not None:
        try:
            own_sets.release(row, by=caller())
        except NotPossible as why:
            flash(str(why))
        else:
            flash(f"Set {number} runs itself now. Its people hear of it.")
        return redirect(_address(found))
    return render_template("organiser/sets/release.html", lines=[found], people=len(found.people), back=_address(found))


@bp.route("/release", methods=["GET", "POST"])
@allow(WORK)
def release_all(slug: str) -> ResponseReturnValue:
    """Say who hears of it, then let every set run itself: at the end of the programme."""
    lines = [line for line in every_set(g.programme) if line.own is None and line.people]
    if request.method == "POST":
        released = own_sets.release_all(g.programme, by=caller())
        verb = "runs itself" if len(released) == 1 else "run themselves"
        flash(f"{formatting.count(len(released), 'set')} {verb} now.")
        return redirect(url_for(".every", slug=slug))
    people = len({person.id for line in lines for person in line.people})
    return render_template("organiser/sets/release.html", lines=lines, people=people, back=url_for(".every", slug=slug))


@bp.route("/<int:number>/facilitator", methods=["GET", "POST"])
@allow(WORK)
def facilitator(slug: str, number: int) -> ResponseReturnValue:
    """Let somebody else lead a set that runs itself, or nobody; its people are told, and invitations follow."""
    found = _line(number)
    if found.own is None or found.own.closed_at is not None:
        abort(404)
    leaders = _leaders(found)
    form = FacilitatorForm()
    names = [(str(leader.id), leader.person.name) for leader in leaders]
    form.leader.offer([*names, ("0", "Nobody")])
    if form.validate_on_submit():
        chosen = next((leader for leader in leaders if str(leader.id) == form.leader.data), None)
        try:
            changed = own_sets.change_facilitator(found.own, chosen, by=caller())
        except NotPossible as why:
            form.refuse("leader", str(why))
        else:
            flash(f"Set {number}: changed. Its people hear of it." if changed else "Nothing has changed.")
            return redirect(_address(found))
    return render_template("organiser/sets/facilitator.html", found=found, form=form, back=_address(found))


def _line(number: int) -> SetLine:
    """A set of the caller's programme by its number, and its event's key where several have sets.

    The one that stands now comes before one that is closed; 404 where there is none.
    """
    key = request.args.get("event")
    lines = [line for line in every_set(g.programme) if line.number == number and key in (None, line.event.key)]
    if not lines:
        abort(404)
    return min(lines, key=lambda line: line.own is not None and line.own.closed_at is not None)


def _leaders(found: SetLine) -> list[Facilitator]:
    rows = db.session.scalars(
        select(Facilitator)
        .join(EventFacilitator, EventFacilitator.facilitator_id == Facilitator.id)
        .where(EventFacilitator.event_id == found.event.id)
    ).all()
    return sorted(rows, key=lambda leader: leader.person.name)


def _address(found: SetLine) -> str:
    return url_for("sets.one", slug=g.programme.slug, number=found.number, event=found.event.key)
