"""Encounters of earlier years: choose where from, check row by row, bring in, take out again."""

from __future__ import annotations

import io

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from scheduler import formatting, organisers
from scheduler.collect.importing.files import FileRefused, read_file, read_pasted
from scheduler.collect.importing.template import csv_text
from scheduler.extensions import db
from scheduler.models import EarlierEncounter, EncountersBrought, Programme
from scheduler.plan import earlier
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.encounters import EarlierForm

bp = Blueprint("earlier", __name__, url_prefix="/programmes/<slug>/encounters/earlier")
PAGE = 50


@bp.route("", methods=["GET", "POST"])
@allow(WORK)
def every(slug: str) -> ResponseReturnValue:
    """What was brought so far, and where more can come from; what is chosen is only checked."""
    programmes = _other_programmes()
    form = EarlierForm()
    form.offer(programmes)
    if form.validate_on_submit():
        try:
            brought = _kept(form, programmes)
        except FileRefused as refusal:
            form.refuse("file" if form.file.data else "pasted", str(refusal))
        else:
            return redirect(url_for(".check", slug=slug, brought_id=brought.id))
    return render_template("organiser/encounters/earlier.html", form=form, programmes=programmes, brought=_brought())


@bp.route("/<int:brought_id>")
@allow(WORK)
def check(slug: str, brought_id: int) -> ResponseReturnValue:
    """The rows with faults by line, then how many are new; after it, what is in the ledger."""
    brought = of_programme(EncountersBrought, brought_id)
    rows = earlier.checked_rows(brought)
    faults = [row for row in rows if row.fault]
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    return render_template(
        "organiser/encounters/earlier_check.html",
        brought=brought,
        new=sum(row.is_new for row in rows),
        known=sum(row.known for row in rows),
        held=_held(brought),
        faults=faults[first : first + PAGE],
        first=first + 1,
        last=min(first + PAGE, len(faults)),
        total=len(faults),
        page=page,
    )


@bp.route("/<int:brought_id>/bring", methods=["POST"])
@allow(WORK)
def bring(slug: str, brought_id: int) -> ResponseReturnValue:
    """Bring in what is new; rows with faults stay out."""
    brought = of_programme(EncountersBrought, brought_id)
    try:
        number = earlier.bring_in(brought, by=caller())
    except earlier.AlreadyBrought:
        flash("This was brought in already.")
    else:
        flash(f"{formatting.count(number, 'encounter')} brought in. The next plan counts them.")
    return redirect(url_for(".check", slug=slug, brought_id=brought_id))


@bp.route("/<int:brought_id>/take-back", methods=["POST"])
@allow(WORK)
def take_back(slug: str, brought_id: int) -> ResponseReturnValue:
    """Take out again what was brought, or put the file away."""
    brought = of_programme(EncountersBrought, brought_id)
    source = brought.source
    try:
        earlier.take_back(brought, by=caller())
    except earlier.AlreadyBrought:
        flash(f"{source} is gone already.")
    else:
        flash(f"What came from {source} is out again.")
    return redirect(url_for(".every", slug=slug))


@bp.route("/template.csv")
@allow(WORK)
def template(slug: str) -> ResponseReturnValue:
    """The empty file to fill in."""
    content = io.BytesIO(csv_text([earlier.TEMPLATE]).encode("utf-8-sig"))  # the mark tells Excel that it is UTF-8
    return send_file(content, "text/csv", as_attachment=True, download_name="earlier-encounters.csv")


def _kept(form: EarlierForm, programmes: list[Programme]) -> EncountersBrought:
    if form.programme.data:
        chosen = next(each for each in programmes if str(each.id) == form.programme.data)
        return earlier.keep_programme(g.programme, chosen, by=caller())
    sheets = read_file(form.file.data.read()) if form.file.data else read_pasted(form.pasted.data)
    name = form.file.data.filename if form.file.data else "Pasted cells"
    return earlier.keep_file(g.programme, name, sheets, by=caller())


def _other_programmes() -> list[Programme]:
    """Those whose people the caller may see, so that nothing of another's programme comes over."""
    found = organisers.programmes_of(caller())
    return [programme for programme, role in found if role in LOOK and programme.id != g.programme.id]


def _brought() -> list[tuple[EncountersBrought, int]]:
    held = (
        select(func.count()).where(EarlierEncounter.brought_id == EncountersBrought.id).correlate(EncountersBrought)
    ).scalar_subquery()
    rows = db.session.execute(
        select(EncountersBrought, held)
        .where(EncountersBrought.programme_id == g.programme.id)
        .options(joinedload(EncountersBrought.made_by))
        .order_by(EncountersBrought.id.desc())
    )
    return [(brought, number) for brought, number in rows]


def _held(brought: EncountersBrought) -> int:
    rows = select(func.count()).select_from(EarlierEncounter).where(EarlierEncounter.brought_id == brought.id)
    return db.session.scalar(rows) or 0
