"""Venues: the list, and changing one, with what that means for the people who have a place there."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import venues
from scheduler.collect.events import SavedMeanwhile
from scheduler.models import Venue
from scheduler.plan.published import published_plan
from scheduler.web import errors
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.venues import ANOTHER, ChangeVenueForm

bp = Blueprint("venues", __name__, url_prefix="/programmes/<slug>/venues")


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """Every venue, with what is held there."""
    return render_template("organiser/events/venues.html", venues=venues.venues_of(g.programme))


@bp.route("/<int:venue_id>", methods=["GET", "POST"])
@allow(WORK)
def change(slug: str, venue_id: int) -> ResponseReturnValue:
    """Change a venue. Where people have a place there, the organiser says whether it is the same place still."""
    found = of_programme(Venue, venue_id)
    told = venues.people_told_of(found)
    form = ChangeVenueForm() if request.method == "POST" else ChangeVenueForm.of(found)
    form.asks_what_it_is = bool(told) and form.differs_from(found)
    if form.validate_on_submit() and request.form.get("use") != "edit":
        differs, elsewhere = form.differs_from(found), bool(told) and form.place.data == ANOTHER
        try:
            venues.change_venue(found, form.details(), elsewhere=elsewhere, version=form.version.data or 0, by=caller())
        except SavedMeanwhile:
            return _conflict(found, form)
        published = published_plan(g.programme) if told and differs else None
        if published is None:
            flash("Saved.")
            return redirect(url_for(".every", slug=slug))
        flash(_who_is_to_hear(told, elsewhere=elsewhere))
        return redirect(url_for("publishing.publish", slug=slug, number=published.number))
    return render_template("organiser/events/venue_change.html", form=form, venue=found, told=told)


def _who_is_to_hear(told: int, *, elsewhere: bool) -> str:
    people = formatting.count(told, "person has", "people have")
    if elsewhere:
        return f"Saved. {people} a place there: publish the plan again to tell them and ask them anew."
    return (
        f"Saved. {people} a place there. Nobody hears of it unless you publish the plan again and send the new words."
    )


def _conflict(venue: Venue, mine: ChangeVenueForm) -> ResponseReturnValue:
    """Both versions side by side."""
    saved, last = ChangeVenueForm.of(venue), venues.last_change(venue)
    return errors.conflict(
        venue.name,
        saved_by=last.organiser.name if last and last.organiser else "Somebody",
        saved_at=formatting.clock_time(last.at, g.programme.time_zone) if last else "an earlier time",
        differences=[
            errors.Difference(saved[name].label.text, saved[name].typed, mine[name].typed)
            for name in ChangeVenueForm.OF_THE_VENUE
        ],
        version=venue.version,
    )
