"""Moving one party of a draft by hand: every place with its price and the rules it would break, before the choice."""

from __future__ import annotations

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.extensions import db
from scheduler.models import Event, Plan
from scheduler.plan import editing, undoing
from scheduler.plan.editing import UNPLACED, Draft, Moved
from scheduler.plan.naming import Names
from scheduler.plan.overview import EventView, Overview, PartyLine
from scheduler.web import errors
from scheduler.web.access import WORK, allow, caller
from scheduler.web.forms.plans import MoveForm
from scheduler.web.plans import bp, plan_numbered
from scheduler.web.plans.places import Place, PlaceNames, more

TERMS = {
    "unplaced": "unplaced",
    "open_cost": "sessions that run",
    "costs": "travel and preferences",
    "if_need_be": "if need be",
    "burden": "if need be for one that bends already",
    "repeat_encounter": "repeat meetings",
    "mix_imbalance": "uneven mix",
    "change": "moved since the published plan",
}


@bp.route("/<int:number>/move", methods=["GET", "POST"])
@allow(WORK)
def move(slug: str, number: int) -> ResponseReturnValue:
    """Choose another place for one party of one event; the address names both."""
    plan = plan_numbered(number)
    if not editing.is_editable(plan):
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    table = _Table(plan, request.args.get("event", ""), request.args.get("party", ""))
    places = table.places()
    form = MoveForm()
    form.place.offer([(p.value, p.name, f"{p.says}{p.cost}, {p.more}") for p in places if not p.now and not p.broken])
    if not form.is_submitted() or request.form.get("use") == "edit":
        form.version.data, form.version.raw_data = plan.edits, None
    elif form.validate():
        if form.version.data != plan.edits:
            return _conflict(table, form.place.data)
        try:
            moved = table.draft.move(table.event, table.party.key, form.place.data, by=caller())
        except editing.EditedMeanwhile:
            db.session.rollback()
            return _conflict(_Table(plan_numbered(number), table.event.key, table.party.key), form.place.data)
        except editing.MoveRefused as refused:
            form.refuse("place", " ".join(table.in_words(sentence) for sentence in refused.broken))
        else:
            flash(_what_was_done(table, form.place.data, moved))
            return redirect(_where_it_is_now(table, form.place.data))
    return render_template(
        "organiser/plans/move.html",
        form=form,
        plan=plan,
        event=table.event,
        party=table.party,
        now=next((place for place in places if place.now), None),
        closed=[place for place in places if place.broken],
        possible=bool(form.place.choices),
        back=_where_it_is_now(table, table.draft.place_of(table.event, table.party.key)),
    )


@bp.route("/<int:number>/undo", methods=["POST"])
@allow(WORK)
def undo(slug: str, number: int) -> ResponseReturnValue:
    """Take the last move by hand back."""
    plan = plan_numbered(number)
    try:
        moved = undoing.undo(plan, by=caller())
    except undoing.NothingToUndo:
        flash("No move by hand is left to take back.")
    except editing.NotEditable:
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    except editing.EditedMeanwhile:
        db.session.rollback()
        flash("Somebody else has moved a pair in this moment. Look again before you take a move back.")
    except editing.MoveRefused as refused:
        names = Names(plan)
        flash(f"This move cannot be taken back: {' '.join(names.in_words(rule) for rule in refused.broken)}")
    else:
        flash(f"{moved.move.who} is back where it was. Cost {formatting.number(moved.cost)}, {more(moved.more)}.")
    return redirect(url_for(".view", slug=slug, number=number))


class _Table:
    """One party of one event of a draft, and where it could go."""

    def __init__(self, plan: Plan, event_key: str, party_key: str) -> None:
        self.plan = plan
        self.draft = Draft(plan)
        self.seen = Overview(plan)
        found = next((view for view in self.seen.events if view.event.key == event_key and view.planned), None)
        if found is None or party_key not in self.seen.parties or not self.draft.has(found.event, party_key):
            abort(404)
        self.view: EventView = found
        self.event: Event = found.event
        self.party: PartyLine = self.seen.parties[party_key]
        self.names = PlaceNames(plan, self.seen)

    def in_words(self, sentence: str) -> str:
        """A sentence of the recount with names instead of ids."""
        return self.names.names.in_words(sentence)

    def places(self) -> list[Place]:
        """Every place of the event, with its price."""
        choices = self.draft.choices(self.event, self.party.key)
        return [self.names.in_words(self.view, self.party, choice) for choice in choices]

    def place_name(self, value: str) -> str:
        """What a place is called."""
        return self.names.name(self.view, value)


def _what_was_done(table: _Table, place: str, moved: Moved) -> str:
    where = table.place_name(place)
    parts = ", ".join(f"{TERMS[term]} {points:+,}".replace("-", "−") for term, points in moved.terms.items())
    changed = f": {parts}" if parts else ""
    what = "is now unplaced" if place == UNPLACED else f"moved to {where}"
    return (
        f"{table.party.name} {what}. Cost {formatting.number(moved.cost)}, {more(moved.more)}{changed}. No rule broken."
    )


def _where_it_is_now(table: _Table, place: str) -> str:
    slug, number = g.programme.slug, table.plan.number
    if place == UNPLACED:
        return url_for(".unplaced", slug=slug, number=number)
    if table.event.has_sets:
        return url_for(".learning_set", slug=slug, number=number, set_number=int(place), event=table.event.key)
    session = next(session for session in table.event.sessions if session.key == place)
    return url_for(".session", slug=slug, number=number, session_id=session.id, _anchor=f"party-{table.party.key}")


def _conflict(table: _Table, wanted: str) -> ResponseReturnValue:
    """Both moves side by side: what another organiser did to this draft meanwhile, and what was chosen here."""
    last = next(iter(reversed(undoing.moves_since(table.plan, -1))), None)
    here = table.draft.place_of(table.event, table.party.key)
    differences = [errors.Difference(table.party.name, table.place_name(here), table.place_name(wanted))]
    if last is not None and (last.event, last.subject) != (table.event.key, table.party.key):
        where = "Where it was" if last.undone else last.where_to.capitalize()
        differences.insert(0, errors.Difference(last.who, where, "Where it was"))
    return errors.conflict(
        f"Plan {table.plan.number}",
        saved_by=last.by.name if last is not None and last.by is not None else "Somebody",
        saved_at=formatting.clock_time(last.at, g.programme.time_zone) if last is not None else "an earlier time",
        differences=differences,
        version=table.plan.edits,
    )
