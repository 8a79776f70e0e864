"""The board: one event of a plan as columns of cards, moved by panel or by hand, taken back and made again."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.extensions import db
from scheduler.models import BoardMove, Event, MoveKind, Plan
from scheduler.plan import editing, presence, undoing
from scheduler.plan.board import Board, Narrowing, planned_events
from scheduler.plan.editing import UNPLACED, Draft, Moved
from scheduler.plan.naming import Names, session_name
from scheduler.plan.overruling import overrulings_of
from scheduler.web import errors
from scheduler.web.access import LOOK, OWN, WORK, allow, caller, may
from scheduler.web.forms.plans import BoardMoveForm
from scheduler.web.plans import bp, plan_numbered, sentences
from scheduler.web.plans.moving import TERMS
from scheduler.web.plans.panel import Panel
from scheduler.web.plans.places import more

COLUMNS = (3, 4, 5, 6, 8)
USUAL_COLUMNS = 5
KEPT = ("event", "region", "find", "columns", "all")
"""What of an address says which part of the board is shown: a move does not change it."""


@bp.route("/<int:number>/board")
@allow(LOOK)
def board(slug: str, number: int) -> ResponseReturnValue:
    """One event of a plan; with ``move``, or ``set`` and ``change``, beside it the places that one could have.

    ``part=panel`` answers with these places alone, for the script.
    """
    plan = _with_places(number)
    shown = _shown(plan, _event_asked_for(plan))
    asked = _panel_asked_for(plan, shown)
    if request.args.get("part") == "panel":
        return render_template(
            "organiser/plans/board_panel.html", plan=plan, panel=asked, form=_new_form(asked), **_at()
        )
    return _page(plan, shown, asked, _new_form(asked))


@bp.route("/<int:number>/board", methods=["POST"])
@allow(WORK)
def move_on_board(slug: str, number: int) -> ResponseReturnValue:
    """Make one move: refused, with the choice kept, where a rule stands against it or the price is another by now."""
    plan = _with_places(number)
    if not editing.is_editable(plan):
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    shown = _shown(plan, _event_asked_for(plan, request.form.get("event")))
    panel = _panel_of(plan, shown, request.form.get("subject", ""), request.form.get("round") or None)
    form = panel.form()
    answer = None
    if request.form.get("use") == "edit":
        form.version.data, form.version.raw_data = plan.edits, None
    elif form.validate():
        answer = _move(panel, form)
    return _page(plan, shown, panel, form) if answer is None else answer


def _move(panel: Panel, form: BoardMoveForm) -> ResponseReturnValue | None:
    """Make the move of a form, and where to go then; None where the form says by now why not."""
    plan, offer = panel.draft.plan, panel.offer(form.place.data)
    overrules = offer is not None and bool(offer.broken)
    since = undoing.moves_since(plan, form.version.data) if form.version.data is not None else []
    if any((move.event, move.subject) == (panel.event.key, panel.subject) for move in since):
        return _conflict(panel, form, since)
    if overrules and not form.reason.data:
        form.refuse("reason", "Enter why the mix may be overruled")
        return None
    if since and form.cost.data != panel.draft.made.objective:
        form.version.data, form.version.raw_data = plan.edits, None
        form.refuse("place", f"{_what_was_done(since[-1])} meanwhile. Look at the prices again before you move")
        return None
    because = form.reason.data if overrules and may(OWN) else ""
    try:
        moved = panel.draft.make(panel.step(form.place.data), by=caller(), overrule_because=because)
    except editing.EditedMeanwhile:
        db.session.rollback()
        return _conflict(panel, form, undoing.moves_since(plan_numbered(plan.number), panel.draft.edits))
    except editing.MoveRefused as refused:
        form.refuse("place", " ".join(panel.names.in_words(sentence) for sentence in refused.broken))
        return None
    flash(_after(panel, form.place.data, moved))
    return redirect(_address(plan, panel.event.key, moved.move))


@bp.route("/<int:number>/board/places")
@allow(WORK)
def board_places(slug: str, number: int) -> ResponseReturnValue:
    """What each column says while one card is dragged, as JSON: the same words that the panel has."""
    plan = _with_places(number)
    if not editing.is_editable(plan):
        abort(404)
    shown = _shown(plan, _event_asked_for(plan))
    panel = _panel_of(plan, shown, request.args.get("party", ""), None)
    places = [
        {
            "place": offer.choice.place,
            "words": "It is here now." if offer.choice.now else offer.words,
            "open": not offer.choice.now and (not offer.broken or offer.can_be_overruled),
            "asks": bool(offer.broken),
        }
        for offer in panel.offers
    ]
    return {"version": plan.edits, "cost": plan.objective, "places": places}


@bp.route("/<int:number>/board/undo", methods=["POST"])
@allow(WORK)
def undo_on_board(slug: str, number: int) -> ResponseReturnValue:
    """Take the last move back, and show where that is."""
    return _again(plan_numbered(number), undoing.undo, "No move by hand is left to take back.")


@bp.route("/<int:number>/board/redo", methods=["POST"])
@allow(WORK)
def redo_on_board(slug: str, number: int) -> ResponseReturnValue:
    """Make the move again that was taken back last."""
    return _again(plan_numbered(number), undoing.redo, "No move is left to make again.")


@bp.route("/<int:number>/board/here", methods=["POST"])
@allow(WORK)
def here_on_board(slug: str, number: int) -> ResponseReturnValue:
    """A page says every few seconds that it is looked at, and hears who else is here and what they moved."""
    plan = plan_numbered(number)
    presence.is_here(plan, caller())
    seen = request.form.get("version", plan.edits, type=int)
    news = [move for move in undoing.moves_since(plan, seen) if move.by_id != caller().id]
    told = f"{_what_was_done(news[-1])}. Load the page again to see it." if news else ""
    return {"here": presence.in_words(presence.others_here(plan, caller())), "news": told}


def board_address(plan: Plan, event: Event, party: str = "") -> str:
    """The board of an event, at the card of a party."""
    anchor = f"card-{party}" if party else None
    at: dict[str, Any] = {"at": party} if party else {}
    return url_for("plans.board", slug=plan.programme.slug, number=plan.number, event=event.key, **at, _anchor=anchor)


def _with_places(number: int) -> Plan:
    plan = plan_numbered(number)
    if plan.objective is None or plan.result is None:
        abort(404)
    return plan


def _event_asked_for(plan: Plan, key: str | None = None) -> Event:
    """The event of the address, or the first there is."""
    events = planned_events(plan)
    key = key or request.args.get("event")
    found = next((event for event in events if key in (None, event.key)), None)
    if found is None:
        abort(404)
    return found


def _shown(plan: Plan, event: Event) -> Board:
    return Board(plan, event, Narrowing(request.args.get("region", ""), request.args.get("find", "").strip()))


def _panel_asked_for(plan: Plan, shown: Board) -> Panel | None:
    """What the address asks to move, in a draft: a party, or a set's facilitator or meeting."""
    subject = request.args.get("move") or request.args.get("set")
    if not subject or not may(WORK) or not editing.is_editable(plan):
        return None
    if request.args.get("move"):
        return _panel_of(plan, shown, subject, None, kind=MoveKind.PARTY)
    return _panel_of(plan, shown, subject, request.args.get("round"), kind=None)


def _panel_of(
    plan: Plan, shown: Board, subject: str, round_key: str | None, *, kind: MoveKind | None = MoveKind.PARTY
) -> Panel:
    if kind is MoveKind.PARTY and request.form.get("kind"):
        panels = (MoveKind.PARTY, MoveKind.FACILITATOR, MoveKind.MEETING)
        kind = next((each for each in panels if each.value == request.form["kind"]), MoveKind.PARTY)
    if kind is None:
        kind = MoveKind.FACILITATOR if round_key is None else MoveKind.MEETING
    panel = Panel(Draft(plan), shown, subject, kind=kind, round_key=round_key)
    if kind is MoveKind.PARTY and not panel.draft.has(shown.event, subject):
        abort(404)
    try:
        panel.choices  # noqa: B018 - priced now, so that an unknown set is not found
    except editing.NotEditable:
        abort(404)
    return panel


def _new_form(panel: Panel | None) -> BoardMoveForm | None:
    if panel is None:
        return None
    form = panel.form()
    form.version.data, form.version.raw_data = panel.draft.edits, None
    form.place.data = request.args.get("place") if panel.offer(request.args.get("place", "")) else None
    return form


def _at() -> dict[str, Any]:
    """What the address says of the part of the board that is shown."""
    return {"kept": {name: value for name, value in request.args.items() if name in KEPT and value}}


def _page(plan: Plan, shown: Board, panel: Panel | None, form: BoardMoveForm | None) -> str:
    columns = request.args.get("columns", USUAL_COLUMNS, type=int)
    made, taken_back = undoing.moves_made(plan), undoing.moves_taken_back(plan)
    editable = editing.is_editable(plan)
    return render_template(
        "organiser/plans/board.html",
        plan=plan,
        tag=sentences.tag_of(plan),
        board=shown,
        event=shown.event,
        events=planned_events(plan),
        panel=panel,
        columns=columns if columns in COLUMNS else USUAL_COLUMNS,
        numbers_of_columns=COLUMNS,
        whole=request.args.get("all", ""),
        card_at=request.args.get("at", ""),
        editable=editable and may(WORK),
        made=made,
        taken_back=taken_back,
        overruled=overrulings_of(plan),
        here=presence.in_words(presence.others_here(plan, caller())),
        session_name=session_name,
        unplaced=UNPLACED,
        **({"form": form} if form is not None else {}),
        **_at(),
    )


def _again(plan: Plan, turn: Any, nothing: str) -> ResponseReturnValue:
    """Undo or redo, and what to say where it cannot be."""
    moved = None
    try:
        moved = turn(plan, by=caller())
    except undoing.NothingToUndo:
        flash(nothing)
    except editing.NotEditable:
        return render_template("organiser/plans/not_editable.html", plan=plan), 409
    except editing.EditedMeanwhile:
        db.session.rollback()
        flash("Somebody else has moved a pair in this moment. Look again first.")
    except editing.MoveRefused as refused:
        names = Names(plan)
        flash(f"This cannot be done any more: {' '.join(names.in_words(rule) for rule in refused.broken)}")
    else:
        what = "is back where it was" if moved.move.undone else f"is moved again to {moved.move.where_to}"
        flash(f"{moved.move.who} {what}. {_cost(plan, moved)}")
    return redirect(
        _address(plan, moved.move.event if moved else request.args.get("event"), moved.move if moved else None)
    )


def _address(plan: Plan, event: str | None, move: BoardMove | None) -> str:
    """The same part of the board, at the card that was moved: there it takes focus."""
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name in KEPT and value}
    card = move.subject if move is not None and move.kind is MoveKind.PARTY else None
    anchor = f"card-{card}" if card else f"set-{move.subject}" if move is not None else None
    return url_for(
        ".board", slug=g.programme.slug, number=plan.number, **kept | {"event": event}, at=card, _anchor=anchor
    )


def _after(panel: Panel, place: str, moved: Moved) -> str:
    """What a move came to: where it is now, what the plan costs, why, and that no rule is broken."""
    where = panel.place_name(place)
    if panel.kind is not MoveKind.PARTY:
        what = f"{panel.who}: {where}"
    else:
        what = f"{panel.who} is now unplaced" if place == UNPLACED else f"{panel.who} moved to {where}"
    broken = "The mix is overruled." if moved.overruled else "No rule broken."
    return f"{what}. {_cost(panel.draft.plan, moved)} {broken}"


def _cost(plan: Plan, moved: Moved) -> str:
    since = f"moved since plan {plan.based_on.number}" if plan.based_on is not None else TERMS["change"]
    terms = TERMS | {"change": since}
    parts = ", ".join(
        f"{terms[term]} {formatting.number(points)}".replace("-", "−") for term, points in moved.terms.items()
    )
    return f"Cost {formatting.number(moved.cost)}, {more(moved.more)}{f': {parts}' if parts else ''}."


def _what_was_done(move: BoardMove) -> str:
    """What somebody did, and when: "Aisha Khan moved Barts Health to 14 January at 2:10pm"."""
    who = move.by.name if move.by is not None else "Somebody"
    at = formatting.clock_time(move.at, g.programme.time_zone)
    what = f"took back the move of {move.who}" if move.undone else f"moved {move.who} to {move.where_to}"
    return f"{who} {what} at {at}"


def _conflict(panel: Panel, form: BoardMoveForm, since: list[BoardMove]) -> ResponseReturnValue:
    """Two moved the same: both moves, and the choice between them."""
    mine = [move for move in since if (move.event, move.subject) == (panel.event.key, panel.subject)] or since
    last = mine[-1] if mine else None
    draft = Draft(plan_numbered(panel.draft.plan.number))
    here = panel.place_name(draft.now_of(panel.step("")))
    return errors.conflict(
        f"{panel.who}, plan {draft.plan.number}",
        saved_by=last.by.name if last is not None and last.by is not None else "Somebody",
        saved_at=formatting.clock_time(last.at, g.programme.time_zone) if last is not None else "an earlier time",
        differences=[errors.Difference(panel.who, here, panel.place_name(form.place.data))],
        version=draft.edits,
    )
