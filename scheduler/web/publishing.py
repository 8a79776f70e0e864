"""Publishing a plan: who gets what, that nobody else does, and what each mail says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from scheduler import formatting
from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.invite.changes import Changes, Place
from scheduler.models import Pair, Person, Plan, Session
from scheduler.web.access import WORK, allow, caller
from scheduler.web.forms.publishing import PublishForm

bp = Blueprint("publishing", __name__, url_prefix="/programmes/<slug>/plans/<int:number>")


@dataclass(frozen=True)
class Line:
    """One line of "who gets what": how many pairs and people, which messages, and the names behind it."""

    label: str
    pairs: int
    people: int
    messages: str
    names: tuple[str, ...]


@bp.route("/publish", methods=["GET", "POST"])
@allow(WORK)
def publish(slug: str, number: int) -> ResponseReturnValue:
    """Show what publishing would do, and do it. The form carries which plan it saw as published."""
    plan = _plan(number)
    form = PublishForm()
    if form.validate_on_submit():
        try:
            made = publishing.publish(
                plan,
                by=caller(),
                replaces=form.replaces.data,
                expected=True,
                hold=form.when.data == "hold",
            )
        except publishing.SomeoneWasFirst as first:
            return render_template("organiser/publish/someone_was_first.html", plan=plan, other=first.plan), 409
        except publishing.NotPublishable as refusal:
            form.refuse("", str(refusal))
        else:
            flash(_what_was_done(made.changes, held=form.when.data == "hold"))
            return redirect(url_for("messages.outbox", slug=slug))
    seen = publishing.preview(plan)
    if not form.is_submitted():
        form.replaces.data = seen.replaces.number if seen.replaces else None
    told = _people(seen.changes.people_told)
    chosen = told.get(request.args.get("preview", type=int) or 0) or next(iter(told.values()), None)
    # The letters are written and taken back, which lets go of every row: so they come last.
    page = {
        "plan": plan,
        "form": form,
        "lines": _lines(seen.changes),
        "changes": seen.changes,
        "replaces": seen.replaces,
        "told": [(person.id, person.name) for person in told.values()],
        "chosen": chosen.id if chosen else None,
        "fault": _why_not(plan),
    }
    html_rows = publishing.letters_to(plan, chosen) if chosen and not page["fault"] else []
    return render_template("organiser/publish/publish.html", letters=html_rows, **page)


def _plan(number: int) -> Plan:
    plan = db.session.scalar(select(Plan).where(Plan.programme_id == g.programme.id, Plan.number == number))
    if plan is None:
        abort(404)
    return plan


def _why_not(plan: Plan) -> str:
    try:
        publishing.refuse_unfit(plan)
    except publishing.NotPublishable as refusal:
        return str(refusal)
    return ""


def _lines(changes: Changes) -> list[Line]:
    sessions = _sessions(
        place.session
        for place in (
            *changes.new,
            *changes.gone,
            *(move.was for move in changes.moved),
            *(move.now for move in changes.moved),
            *(move.now for move in changes.changed),
        )
    )
    people = _people(changes.people_told | changes.people_untouched)
    pair_of = _pairs_by_person()

    def line(label: str, told: Iterable[tuple[Place | None, Place | None]], messages: str) -> Line:
        rows = list(told)
        here = {(now or was).person for was, now in rows if (now or was) is not None}  # type: ignore[union-attr]
        names = sorted(
            _who_moves(people[(now or was).person], was, now, sessions)  # type: ignore[union-attr]
            for was, now in rows
        )
        return Line(label, len({pair_of[p] for p in here if p in pair_of}), len(here), messages, tuple(names))

    count = formatting.count
    moved = count(len(changes.moved), "invitation") + ", " + count(len(changes.moved), "cancellation")
    untouched = changes.people_untouched
    return [
        line("New place", ((None, p) for p in changes.new), count(len(changes.new), "invitation")),
        line("Moved to another session", ((m.was, m.now) for m in changes.moved), moved),
        line("Time or place changed", ((m.was, m.now) for m in changes.changed), count(len(changes.changed), "update")),
        line("No longer placed", ((p, None) for p in changes.gone), count(len(changes.gone), "cancellation")),
        Line(
            "Nothing changed",
            len({pair_of[p] for p in untouched if p in pair_of}),
            len(untouched),
            "hear nothing",
            tuple(sorted(people[p].name for p in untouched)),
        ),
    ]


def _who_moves(person: Person, was: Place | None, now: Place | None, sessions: dict[int, Session]) -> str:
    def there(place: Place) -> str:
        return f"{sessions[place.session].event.title}, {formatting.short_day(place.start, place.time_zone)}"

    if was is not None and now is not None:
        return f"{person.name}: {there(was)} to {formatting.short_day(now.start, now.time_zone)}"
    place = now or was
    return f"{person.name}: {there(place)}" if place else person.name


def _people(ids: Iterable[int]) -> dict[int, Person]:
    rows = db.session.scalars(select(Person).where(Person.id.in_(list(ids))).order_by(Person.name, Person.id))
    return {person.id: person for person in rows}


def _sessions(ids: Iterable[int]) -> dict[int, Session]:
    return {s.id: s for s in db.session.scalars(select(Session).where(Session.id.in_(set(ids))))}


def _pairs_by_person() -> dict[int, int]:
    rows = db.session.execute(
        select(Pair.id, Pair.director_id, Pair.manager_id).where(Pair.programme_id == g.programme.id)
    )
    return {person: pair for pair, *people in rows for person in people if person is not None}


def _what_was_done(changes: Changes, *, held: bool) -> str:
    if not changes.messages:
        return "Published. Nobody's time or place changed, so nobody hears anything."
    what = formatting.count(changes.messages, "message")
    return f"Published. {what} {'held until you release them' if held else 'queued'}."
