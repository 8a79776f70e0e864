"""Improvement intentions as the organiser follows them: by theme, with the last word of each pair, and as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from scheduler import formatting
from scheduler.clock import today
from scheduler.collect import intentions
from scheduler.collect.audience import parties_of
from scheduler.collect.intentions import IntentionLine
from scheduler.extensions import db
from scheduler.follow.likeness import not_met_yet
from scheduler.models import Event, EventKind, Pair
from scheduler.plan import locking
from scheduler.web.access import LOOK, OWN, WORK, allow, caller
from scheduler.web.downloads import csv_file
from scheduler.web.forms.community import IntentionsFilter, ThemesForm, TogetherForm
from scheduler.words import HEADWAYS

bp = Blueprint("intentions", __name__, url_prefix="/programmes/<slug>/intentions")
PAGE = 50
COLUMNS = ("ODS code", "Trust", "Region", "Intention", "Themes", "Where they are", "In their words", "Said on")


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """What each pair set out to improve, and what it said last."""
    form = _filter()
    lines = intentions.lines_of(g.programme, _wanted(form))
    page = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-len(lines) // PAGE)))
    first = (page - 1) * PAGE
    return render_template(
        "organiser/community/intentions.html",
        form=form,
        lines=lines[first : first + PAGE],
        total=len(lines),
        silent=sum(not line.said_this_quarter for line in lines),
        quarter=intentions.quarter_in_words(today(g.programme.time_zone)),
        narrowed=bool(form.theme.data or form.show.data),
        page=page,
        first=first + 1,
        query={name: value for name, value in request.args.items() if value and name != "page"},
    )


@bp.route("/intentions.csv")
@allow(LOOK)
def download(slug: str) -> ResponseReturnValue:
    """The same list as a spreadsheet reads it."""
    return csv_file("intentions", [COLUMNS, *map(_cells, intentions.lines_of(g.programme, _wanted(_filter())))])


@bp.route("/themes", methods=["GET", "POST"])
@allow(OWN)
def themes(slug: str) -> ResponseReturnValue:
    """The themes that pairs may choose from."""
    offered = "\n".join(intentions.themes_offered(g.programme))
    form = ThemesForm() if request.method == "POST" else ThemesForm(formdata=None, themes=offered or None)
    if form.validate_on_submit():
        intentions.keep_themes(g.programme, (form.themes.data or "").splitlines(), by=caller())
        flash("Saved. Pairs keep the themes they have.")
        return redirect(url_for(".every", slug=slug))
    heard = intentions.themes_heard(g.programme)
    return render_template("organiser/community/themes.html", form=form, heard=heard)


@bp.route("/together", methods=["GET", "POST"])
@allow(WORK)
def together(slug: str) -> ResponseReturnValue:
    """Keep pairs of one theme in one set: a lock, as the problem format has no wish to be together."""
    theme = request.args.get("theme", "")
    lines = intentions.lines_of(g.programme, intentions.Narrowing(theme=theme))
    events = _events_with_sets()
    form = TogetherForm() if request.method == "POST" else TogetherForm(formdata=None, reason=f"Same theme: {theme}")
    form.offer(events, [line.pair for line in lines])
    if form.validate_on_submit():
        event = next(event for event in events if event.id == form.event.data)
        parties = [party.key for party in parties_of(event) if party.pair and party.pair.id in form.pairs.data]
        try:
            locking.lock_set(g.programme, event, parties, reason=form.reason.data, by=caller())
        except locking.LockContradicts as other:
            form.refuse("pairs", f"One of them is kept in a set already: {other.other.reason}. Remove that lock first")
        else:
            flash(f"Locked. {formatting.count(len(parties), 'pair')} stay in one set from the next plan on.")
            return redirect(url_for(".every", slug=slug, theme=theme))
    return render_template("organiser/community/together.html", form=form, theme=theme, events=events, lines=lines)


def _events_with_sets() -> list[Event]:
    sets = select(Event).where(Event.programme_id == g.programme.id, Event.kind == EventKind.SETS)
    return list(db.session.scalars(sets.options(selectinload(Event.audience_names)).order_by(Event.position)))


def intention_here(pair: Pair | None) -> dict[str, Any]:
    """What ``organiser/community/intention_here.html`` shows on a Trust's page."""
    if pair is None:
        return {"said_of_intention": [], "alike": []}
    return {"said_of_intention": intentions.words_of(pair), "alike": not_met_yet(pair)}


def _filter() -> IntentionsFilter:
    used = intentions.themes_in_use(g.programme)
    names = intentions.distinct([*intentions.themes_offered(g.programme), *used], most=None)
    return IntentionsFilter.among(sorted(names, key=str.casefold), request.args)


def _wanted(form: IntentionsFilter) -> intentions.Narrowing:
    return intentions.Narrowing(theme=form.theme.data or "", show=form.show.data or "")


def _cells(line: IntentionLine) -> list[str]:
    pair, last = line.pair, line.last
    zone = g.programme.time_zone
    return [
        pair.trust.ods_code,
        pair.trust.name,
        pair.trust.region,
        pair.intention,
        ", ".join(pair.themes),
        HEADWAYS[last.headway.value] if last else "",
        last.words if last else "",
        formatting.day(last.said_at, zone, weekday=False) if last else "",
    ]
