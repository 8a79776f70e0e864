"""What if: facts supposed otherwise, tried from the present plan, watched, kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

import flask
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.models import Event, Plan, RunEnd, WhatIf
from scheduler.plan import planning, whatif
from scheduler.plan.board import planned_events
from scheduler.plan.keeping import next_number
from scheduler.plan.naming import Names
from scheduler.plan.supposing import Json, in_words, nobody_was_asked
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.base import Form
from scheduler.web.forms.what_if import ClosedForm, DateForm, OutForm, SeatsForm, ShareForm
from scheduler.web.plans import bp, plan_numbered, sentences
from scheduler.web.plans.places import more

TO_TRY = {
    "seats": "Try these seats",
    "date": "Try this date",
    "closed": "Try without this date",
    "share": "Try this share",
    "out": "Try without this pair",
}


@bp.route("/<int:number>/what-if", methods=["GET", "POST"])
@allow(WORK)
def what_if(slug: str, number: int) -> ResponseReturnValue:
    """Suppose a fact otherwise; with ``also`` beside what another trial supposed."""
    plan = _with_places(number)
    facts = _Facts(plan)
    asked = request.form.get("what", "")
    if asked in facts.forms and facts.forms[asked].validate():
        also = request.form.get("also", type=int)
        try:
            change = facts.change(asked)
            before = _tried(plan, also).changes if also else []
            kept = [each for each in before if _subject(each) != _subject(change)]
            row = whatif.ask(plan, [*kept, change], by=caller())
        except _Refused as refused:
            facts.forms[asked].refuse(refused.field, str(refused))
        except planning.ProblemFaulty as faulty:
            facts.forms[asked].refuse("", f"This cannot be tried: {faulty.lines[0]}")
        else:
            return redirect(url_for(".tried", slug=slug, number=number, trial=row.id))
    return render_template(
        "organiser/plans/what_if.html",
        plan=plan,
        forms=facts.forms,
        to_try=TO_TRY,
        errors=[fault for form in facts.forms.values() for fault in form.error_summary],
        also=request.values.get("also", type=int),
        tried=[(row, _said(row, facts.names.by_id)) for row in whatif.tried_of(plan)],
        more=more,
    )


@bp.route("/<int:number>/what-if/<int:trial>")
@allow(LOOK)
def tried(slug: str, number: int, trial: int) -> ResponseReturnValue:
    """What supposed facts come to, as far as it is known; with ``part`` the moving part of the page alone."""
    plan = plan_numbered(number)
    row = _tried(plan, trial)
    shown = {
        "plan": plan,
        "row": row,
        "under_way": whatif.is_under_way(row),
        "infeasible": row.run_end is RunEnd.INFEASIBLE,
        "lines": _lines(row),
        "how_good": sentences.how_good(row.objective, row.bound),
        "difference": more((row.objective or 0) - row.base_objective),
        "at_best": nobody_was_asked(row.changes),
    }
    if "part" not in request.args:
        names = Names(plan).by_id
        return render_template(
            "organiser/plans/tried.html",
            **shown,
            said=_said(row, names),
            next_number=next_number(g.programme),
            add_date=_where_to_add(row, planned_events(plan)),
        )
    answer = flask.make_response(render_template("organiser/plans/tried_part.html", **shown))
    if not whatif.is_under_way(row):
        answer.headers["Refresh-Page"] = url_for(".tried", slug=slug, number=number, trial=trial)
    return answer


@bp.route("/<int:number>/what-if/<int:trial>/keep", methods=["POST"])
@allow(WORK)
def keep_tried(slug: str, number: int, trial: int) -> ResponseReturnValue:
    """Make what was tried a plan of its own."""
    row = _tried(plan_numbered(number), trial)
    try:
        made = row.kept_as or whatif.keep(row, by=caller())
    except whatif.CannotBeKept:
        flash("This cannot be kept as a plan: nobody has been asked, or nothing was found.")
        return redirect(url_for(".tried", slug=slug, number=number, trial=trial))
    flash(f"Kept as plan {made.number}. Plan {number} stays as it is.")
    return redirect(url_for(".view", slug=slug, number=made.number))


class _Refused(Exception):
    """What is supposed makes no sense, at a field."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence)


class _Facts:
    """What can be supposed of a plan: the forms with their choices, and the change that each posts."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.names = plan, Names(plan)
        self.events = planned_events(plan)
        names: dict[str, str] = dict(self.names.by_id)
        sessions = [(s["id"], names.get(s["id"], s["id"])) for e in plan.problem["events"] for s in e["sessions"]]
        titles = {event.key: event.title for event in self.events}
        of_sessions = [(e["id"], titles.get(e["id"], e["id"])) for e in plan.problem["events"]]
        rules = [event for event in self._asked if _share_of(event) is not None]
        mixed = [(str(event["id"]), str(titles.get(event["id"], event["id"]))) for event in rules]
        parties = [(str(p["id"]), str(names.get(p["id"], p["id"]))) for p in plan.problem["parties"]]
        parties.sort(key=lambda party: party[1])
        self.forms: dict[str, Form] = {}
        if sessions:
            self._offer("seats", SeatsForm(prefix="seats-"), "session", sessions)
            self._offer("date", DateForm(prefix="date-"), "event", of_sessions)
            self._offer("closed", ClosedForm(prefix="closed-"), "session", sessions)
        if mixed:
            self._offer("share", ShareForm(prefix="share-"), "event", mixed)
        self._offer("out", OutForm(prefix="out-"), "party", parties)

    def change(self, kind: str) -> Json:
        """What the posted form supposes, as a change. Raises _Refused."""
        made: Mapping[str, Callable[[Any], Json]] = {
            "seats": self._seats, "date": self._date, "share": self._share,
            "closed": lambda form: {"kind": "closed", "session": form.session.data},
            "out": lambda form: {"kind": "out", "party": form.party.data},
        }  # fmt: skip
        return made[kind](self.forms[kind])

    @cached_property
    def _asked(self) -> list[Json]:
        return [*self.plan.problem["events"], *self.plan.problem["sets"]]

    def _offer(self, kind: str, form: Form, field: str, choices: list[tuple[str, str]]) -> None:
        form[field].offer([("", "Select one"), *choices])
        self.forms[kind] = form

    def _seats(self, form: SeatsForm) -> Json:
        sessions = {s["id"]: s for event in self.plan.problem["events"] for s in event["sessions"]}
        session = sessions[form.session.data]
        if form.to.data < session.get("min_seats", 0):
            raise _Refused("to", f"Most seats must be {session['min_seats']} or more: that is the fewest it needs")
        return {"kind": "seats", "session": session["id"], "was": session.get("max_seats"), "to": form.to.data}

    def _date(self, form: DateForm) -> Json:
        if form.starts.data and form.ends.data and form.ends.data <= form.starts.data:
            raise _Refused("ends", f"End time must be after {formatting.clock_time(form.starts.data)}")
        zone = ZoneInfo(g.programme.time_zone)
        start = datetime.combine(form.day.data, form.starts.data, zone)
        end = datetime.combine(form.day.data, form.ends.data, zone)
        if start.astimezone(UTC) <= datetime.now(UTC):
            raise _Refused("day", "Date must be in the future")
        return {
            "kind": "date", "event": form.event.data, "id": "what-if-date", "max_seats": form.max_seats.data,
            "start": start.isoformat(timespec="seconds"), "end": end.isoformat(timespec="seconds"),
        }  # fmt: skip

    def _share(self, form: ShareForm) -> Json:
        asked = next(event for event in self._asked if event["id"] == form.event.data)
        was, to = str(_share_of(asked)), str(Decimal(form.to.data) / 100)
        return {"kind": "share", "event": asked["id"], "was": was, "to": to}


def _share_of(asked: Json) -> Any:
    return next((rule.get("max_share") for rule in asked["mix"] if rule["attribute"] == "region"), None)


def _with_places(number: int) -> Plan:
    plan = plan_numbered(number)
    if plan.objective is None or plan.result is None:
        abort(404)
    return plan


def _tried(plan: Plan, trial: int) -> WhatIf:
    return of_programme(WhatIf, trial, plan_id=plan.id)


def _subject(change: Json) -> tuple[Any, ...]:
    """What a change is about: a second one about the same takes the first one's place."""
    return change["kind"], change.get("session") or change.get("event") or change.get("party")


def _said(row: WhatIf, names: Mapping[str, str]) -> str:
    """What was supposed, as a sentence without its end."""
    zone = cast("str", g.programme.time_zone)
    return formatting.listed([in_words(change, names, zone) for change in row.changes])


@dataclass(frozen=True)
class Line:
    """One figure of the present plan and of what was tried, and which of the two is better, if one is."""

    label: str
    was: int
    now: int | None

    @property
    def better(self) -> str:
        """ "was" or "now"; "" where they are the same or there is nothing yet."""
        if self.now is None or self.now == self.was:
            return ""
        return "now" if self.now < self.was else "was"


def _lines(row: WhatIf) -> list[Line]:
    terms = row.terms if row.objective is not None else None
    labels = {
        "unplaced": "Unplaced",
        "if_need_be": "If need be",
        "repeat_encounter": "Repeat meetings",
        "mix_imbalance": "Over an even mix",
    }
    lines = [Line("Cost", row.base_objective, row.objective)]
    for term, label in labels.items():
        lines.append(Line(label, row.base_terms.get(term, 0), terms.get(term, 0) if terms is not None else None))
    return lines


def _where_to_add(row: WhatIf, events: list[Event]) -> str:
    """The page that adds the date that was supposed; "" where none was."""
    for change in row.changes:
        event = next((event for event in events if event.key == change.get("event")), None)
        if change["kind"] == "date" and event is not None:
            return url_for("events.new_session", slug=g.programme.slug, event_id=event.id)
    return ""
