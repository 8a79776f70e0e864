"""Publishing a plan: who gets what, that nobody else does, and what each mail says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.invite.changes import Changes, Place
from scheduler.models import Pair, Person, Plan, Session
from scheduler.plan.overruling import overrulings_of
from scheduler.web.access import WORK, allow, caller
from scheduler.web.forms.publishing import MOST_UNTYPED, PublishForm
from scheduler.web.plans import plan_numbered

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
    """Show what publishing would do, and do it. The form carries what its reader saw."""
    plan = plan_numbered(number)
    form = PublishForm()
    if form.validate_on_submit() and form.confirms():
        try:
            made = publishing.publish(
                plan,
                by=caller(),
                replaces=form.replaces.data,
                expected=True,
                messages=form.counted,
                hold=form.holds,
                reword=bool(form.reword.data),
            )
        except publishing.SomeoneWasFirst as first:
            return render_template("organiser/publish/someone_was_first.html", plan=plan, other=first.plan), 409
        except publishing.SomethingChanged:
            form.refuse("", "What would be sent has changed meanwhile. Read the page again before you publish")
        except publishing.NotPublishable as refusal:
            form.refuse("", str(refusal))
        else:
            flash(_what_was_done(made.changes, held=form.holds))
            return redirect(url_for("messages.outbox", slug=slug))
    return _page(plan, form)


def _page(plan: Plan, form: PublishForm) -> str:
    seen = publishing.preview(plan)
    worded = publishing.preview(plan, reword=True) if seen.changes.unsaid else seen
    told = _people(seen.changes.people_told)
    hear = len(told)
    told |= _people(worded.changes.people_told - seen.changes.people_told)
    chosen = told.get(request.args.get("preview", type=int) or 0) or next(iter(told.values()), None)
    fault = _why_not(seen)
    page = {
        "plan": plan,
        "form": form,
        "number_typed": worded.changes.messages > MOST_UNTYPED,
        "more": worded.changes.messages - seen.changes.messages,
        "hear": hear,
        "lines": _lines(seen.changes),
        "changes": seen.changes,
        "replaces": seen.replaces.number if seen.replaces else "",
        "replaced": _replaced(plan, seen.replaces),
        "mail_connected": current_app.settings.smtp_url is not None,  # type: ignore[attr-defined]
        "since": publishing.answers_since(seen),
        "told": [
            (person.id, person.name if person.id in seen.changes.people_told else f"{person.name} (new wording alone)")
            for person in told.values()
        ],
        "chosen": chosen.id if chosen else None,
        "fault": fault,
        "overruled": overrulings_of(plan),
    }
    # The letters are written and taken back, which lets go of every row: so they come last.
    letters = publishing.letters_to(worded, chosen) if chosen and not fault else []
    return render_template("organiser/publish/publish.html", letters=letters, **page)


def _why_not(seen: publishing.Publication) -> str:
    try:
        publishing.refuse_unfit(seen.plan)
        publishing.refuse_unwritable(seen.changes)
    except publishing.NotPublishable as refusal:
        return str(refusal)
    return ""


def _replaced(plan: Plan, published: Plan | None) -> str:
    """Which plan people were told of until now, in a sentence."""
    if published is None:
        return "Nothing is published yet."
    if published.id == plan.id:
        return "This plan is published. Publishing it again tells those whose time or place has changed since."
    at = formatting.day_and_time(published.published_at, g.programme.time_zone) if published.published_at else ""
    by = published.published_by.name if published.published_by else ""
    when = ", ".join(filter(None, [f"plan {published.number}", f"published {at}" if at else ""]))
    return f"Replaces {when}{f' by {by}' if by else ''}."


def _lines(changes: Changes) -> list[Line]:
    moves = changes.moves
    places = (
        *changes.new,
        *changes.gone,
        *changes.dropped,
        *changes.unsaid,
        *(m.was for m in moves),
        *(m.now for m in moves),
    )
    sessions = _sessions(place.session for place in places)
    people = _people({place.person for place in places} | changes.people_untouched)
    pair_of = _pairs_by_person()

    def line(label: str, told: Iterable[tuple[Place | None, Place | None]], messages: str) -> Line:
        rows = list(told)
        here = {(now or was).person for was, now in rows if (now or was) is not None}  # type: ignore[union-attr]
        names = sorted(
            _who_moves(people[(now or was).person], was, now, sessions)  # type: ignore[union-attr]
            for was, now in rows
        )
        return Line(label, len({pair_of[p] for p in here if p in pair_of}), len(here), messages, tuple(names))

    def counted(*counts: tuple[int, str]) -> str:
        return ", ".join(formatting.count(n, noun) for n, noun in counts if n) or "nothing"

    reworded = [(None, place) for place in changes.unsaid]
    untouched = changes.people_untouched - {place.person for place in changes.unsaid}
    readdressed = len(changes.readdressed)
    return [
        line("New place", ((None, p) for p in changes.new), counted((len(changes.new), "invitation"))),
        line(
            "Moved to another session",
            ((m.was, m.now) for m in changes.moved),
            counted((len(changes.moved), "invitation"), (len(changes.moved), "cancellation")),
        ),
        line(
            "Time, place or address changed",
            ((m.was, m.now) for m in (*changes.changed, *changes.readdressed)),
            counted((len(changes.changed), "update"), (readdressed, "invitation"), (readdressed, "cancellation")),
        ),
        line(
            "No longer placed",
            ((p, None) for p in (*changes.gone, *changes.dropped)),
            counted((len(changes.gone), "cancellation")),
        ),
        *([line("Only the wording changed", reworded, "nothing, unless you send it below")] if reworded else []),
        Line(
            "Nothing changed",
            len({pair_of[p] for p in untouched if p in pair_of}),
            len(untouched),
            "hear nothing" if untouched else "nothing",
            tuple(sorted(people[p].name for p in untouched)),
        ),
    ]


def _who_moves(person: Person, was: Place | None, now: Place | None, sessions: dict[int, Session]) -> str:
    def there(place: Place) -> str:
        return f"{sessions[place.session].event.title}, {formatting.short_day(place.start, place.time_zone)}"

    if was is not None and now is not None:
        if was.address != now.address:
            return f"{person.name}: {there(now)}, now at {now.address}"
        if was.start == now.start:
            return f"{person.name}: {there(now)}, {was.location} to {now.location or 'no place'}"
        return f"{person.name}: {there(was)} to {formatting.short_day(now.start, now.time_zone)}"
    place = now or was
    return f"{person.name}: {there(place)}" if place else person.name


def _people(ids: Iterable[int]) -> dict[int, Person]:
    rows = db.session.scalars(select(Person).where(Person.id.in_(list(ids))).order_by(Person.name, Person.id))
    return {person.id: person for person in rows}


def _sessions(ids: Iterable[int]) -> dict[int, Session]:
    wanted = select(Session).where(Session.id.in_(set(ids))).options(joinedload(Session.event))
    return {session.id: session for session in db.session.scalars(wanted)}


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
