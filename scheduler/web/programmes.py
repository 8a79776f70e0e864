"""The programmes that an organiser may see, and a new one: blank, or last year's once more."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting, next_year, organisers, programmes
from scheduler.models import Programme
from scheduler.next_year import Carried, MovedDate
from scheduler.wall_times import WallTimeRefused
from scheduler.web import errors
from scheduler.web.access import caller, log_in_only
from scheduler.web.forms.programmes import NewProgrammeForm

bp = Blueprint("programmes", __name__)


@bp.route("/programmes")
@log_in_only
def every() -> ResponseReturnValue:
    """The list; who has one programme goes straight to it."""
    found = organisers.programmes_of(g.organiser)
    if len(found) == 1:
        return redirect(url_for("home.home", slug=found[0][0].slug))
    return render_template("organiser/programmes.html", programmes=found, may_make=programmes.owns_one(g.organiser))


@bp.route("/programmes/new", methods=["GET", "POST"])
@log_in_only
def new() -> ResponseReturnValue:
    """Make a programme. Of a copy every date is shown first, where it goes and what day that is."""
    if not programmes.owns_one(caller()):
        raise errors.NotAllowed(who="Owners of a programme")
    sources = programmes.may_be_copied_by(caller())
    form = NewProgrammeForm()
    form.offer(sources)
    dates: list[MovedDate] = []
    source, weeks = None, 0
    if form.validate_on_submit():
        source = next((one for one in sources if str(one.id) == form.source.data), None)
        weeks = form.weeks.data or (next_year.weeks_to_next_year(source) if source else 0)
        seen = request.form.get("seen") == _seen(source, weeks)
        if source is None or (request.form.get("do") == "make" and seen):
            if made := _make(form, source, weeks):
                flash(f"{made.name} is made. Nobody is asked yet.")
                return redirect(url_for("home.home", slug=made.slug))
        else:
            dates = next_year.moved_dates(source, weeks)
            _say_what_cannot_move(form, dates)
    return render_template(
        "organiser/new_programme.html",
        form=form,
        sources=sources,
        source=source,
        weeks=weeks,
        dates=dates,
        seen=_seen(source, weeks),
        named=next_year.named_audiences(source) if dates and source else [],
        holidays=sum(bool(moved.holiday) for moved in dates),
        may_make=not any(moved.fault for moved in dates),
    )


def _make(form: NewProgrammeForm, source: Programme | None, weeks: int) -> Programme | None:
    """The programme; None, with the fault at its field, where its address is taken or a time does not exist."""
    slug, name, short_name = form.wanted_slug, form.name.data, form.short_name.data or ""
    try:
        if source is None:
            return programmes.add_programme(slug, name, short_name=short_name, by=caller())
        carried = Carried(facilitators=form.facilitators.data, trusts=form.trusts.data)
        return next_year.copy_programme(
            source, slug, name, short_name=short_name, weeks=weeks, carried=carried, by=caller()
        )
    except programmes.SlugTaken:
        form.refuse("slug", f"There is a programme at {slug} already. Enter another part of the address")
    except WallTimeRefused as refused:
        form.refuse("weeks", str(refused))
    return None


def _say_what_cannot_move(form: NewProgrammeForm, dates: list[MovedDate]) -> None:
    for moved in dates:
        if moved.fault:
            was = formatting.day(moved.session.starts_at, moved.session.time_zone)
            form.refuse("weeks", f"{moved.session.event.title}, {was}: {moved.fault}")


def _seen(source: Programme | None, weeks: int) -> str:
    """What the dates on the page are of, so that none are made that were not shown."""
    return f"{source.id}-{weeks}" if source else ""
