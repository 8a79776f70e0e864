"""An offer of free seats on a person's own page: one question, two buttons; opening it changes nothing."""

from __future__ import annotations

import flask
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.invite import offering
from scheduler.invite.offering import NotYours
from scheduler.invite.seats import offer_to, people_of, seats_in_words
from scheduler.models import OfferState, Person, Purpose, SeatOffer
from scheduler.names import first_name
from scheduler.web import participant
from scheduler.web.access import public

bp = Blueprint("seat_offers", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/p/<token>/offer/<int:offer_id>", methods=["GET", "POST"])
@public
def answer(token: str, offer_id: int) -> ResponseReturnValue:
    """Show an offer, and take or refuse it for both of the pair."""
    person = person_for(token, Purpose.PAGE)
    offered = offer_to(person, offer_id)
    if offered is None:
        abort(404)
    if request.method == "POST":
        if request.form.get("answer") == "no":
            flask.flash(_refused(offered, person))
            return redirect(url_for("participant.page", token=token))
        try:
            version = offering.take(offered, by=person)
        except NotYours as over:
            return _page(token, person, offered, str(over)), 409
        taken = "The seats are yours" if offered.seats > 1 else "The seat is yours"
        flask.flash(f"{taken}. Your invitations are on their way." if version else _taken_before(offered, person))
        return redirect(url_for("participant.page", token=token))
    return _page(token, person, offered, "")


def _page(token: str, person: Person, offered: SeatOffer, said: str) -> str:
    session = offered.session
    return render_template(
        "participant/seat_offer.html",
        programme=person.programme,
        token=token,
        title=session.event.title,
        when=formatting.when(session.starts_at, session.ends_at, session.time_zone, reader=person.programme.time_zone),
        where=", ".join(filter(None, (session.venue.name, session.venue.town))) if session.venue else "",
        seats=seats_in_words(offered.seats),
        day=formatting.day(session.starts_at, session.time_zone, year=False),
        until=formatting.day_and_time(offered.until, person.programme.time_zone),
        partner=next((first_name(other.name) for other in people_of(offered) if other.id != person.id), ""),
        is_open=offered.state is OfferState.OFFERED and offered.until > now(),
        said=said or _how_it_ended(offered, person),
    )


def _how_it_ended(offered: SeatOffer, person: Person) -> str:
    if offered.state is OfferState.TAKEN:
        return _taken_before(offered, person)
    if offered.state is OfferState.OFFERED and offered.until > now():
        return ""
    return offering.why_over(offered)


def _taken_before(offered: SeatOffer, person: Person) -> str:
    if offered.ended_by is None or offered.ended_by.id == person.id:
        return "You have taken these seats." if offered.seats > 1 else "You have taken this seat."
    return f"{offered.ended_by.name} has taken the seats for you both."


def _refused(offered: SeatOffer, person: Person) -> str:
    if offering.refuse(offered, by=person):
        return "Thank you for telling us. Nothing else has changed."
    return _how_it_ended(offered, person)
