"""Free seats: who wants them, best first and why; offers to one pair at a time; seats given up after a decline."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.extensions import db
from scheduler.invite import offering
from scheduler.invite.offering import CannotOffer
from scheduler.invite.replies import ReplyState, replies_in
from scheduler.invite.seats import (
    offers_in,
    party_name,
    seats_in,
    seats_in_words,
    subject_of,
    usual_end,
    which_session,
)
from scheduler.models import Invitation, SeatOffer, Session
from scheduler.plan.naming import session_name
from scheduler.plan.published import published_plan
from scheduler.plan.seats import Present, Rank, Want, parties_in
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.seats import OfferForm

bp = Blueprint("free_seats", __name__, url_prefix="/programmes/<slug>/free-seats")


@bp.route("")
@allow(WORK)
def every(slug: str) -> ResponseReturnValue:
    """Sessions with free seats, who wants one, best first, and what was offered."""
    return render_template(
        "organiser/free_seats/every.html",
        events=seats_in(g.programme),
        offers=offers_in(g.programme),
        why=why_wanted,
        gain=_gain,
        party_name=party_name,
        session_name=session_name,
        published=published_plan(g.programme),
    )


@bp.route("/offer", methods=["GET", "POST"])
@allow(WORK)
def offer(slug: str) -> ResponseReturnValue:
    """Offer seats of one session to one pair until a time; it shows who gets which mail before it leaves."""
    session = of_programme(Session, request.args.get("session", 0, type=int))
    key = request.args.get("party", "")
    plan = published_plan(g.programme)
    party = (
        parties_in(Present(plan, session.event)).get(key) if plan is not None and not session.event.has_sets else None
    )
    if party is None:
        abort(404)
    form = OfferForm.until(usual_end(session), g.programme.time_zone)
    if form.validate_on_submit():
        try:
            made = offering.offer(session, key, until=form.end, then_next=bool(form.then_next.data), by=caller())
        except CannotOffer as fault:
            form.refuse("", str(fault))
        else:
            flash(f"Offered to {party_name(made)} until {formatting.day_and_time(made.until, g.programme.time_zone)}.")
            return redirect(url_for(".every", slug=slug))
    until = form.end if form.is_readable else usual_end(session)
    return render_template(
        "organiser/free_seats/offer.html",
        form=form,
        errors=form.error_summary,
        party=party,
        session=session,
        which=which_session(session),
        subject=subject_of(session, len(party.people), until) if until else "",
        seats=seats_in_words(len(party.people)),
    ), 422 if form.errors else 200


@bp.route("/<int:offer_id>/withdraw", methods=["POST"])
@allow(WORK)
def withdraw(slug: str, offer_id: int) -> ResponseReturnValue:
    """Take an offer back."""
    row = of_programme(SeatOffer, offer_id)
    name = party_name(row)
    taken_back = offering.withdraw(row, by=caller())
    flash(f"The offer to {name} is taken back." if taken_back else f"The offer to {name} was over already.")
    return redirect(url_for(".every", slug=slug))


@bp.route("/give-up/<int:invitation_id>", methods=["GET", "POST"])
@allow(WORK)
def give_up(slug: str, invitation_id: int) -> ResponseReturnValue:
    """ "Offer them": take a pair that declined out of its session, after saying who loses a place and hears of it."""
    invitation = of_programme(Invitation, invitation_id)
    session = db.session.get_one(Session, invitation.session_id, options=[joinedload(Session.event)])
    fault = ""
    if request.method == "POST":
        try:
            offering.give_up(session, invitation.person, by=caller())
        except CannotOffer as refused:
            fault = str(refused)
        else:
            flash("The seats are free. Their cancellations are queued.")
            return redirect(url_for(".every", slug=slug))
    try:
        seen = offering.preview_giving_up(session, invitation.person)
        fault = fault or seen.fault
    except CannotOffer as refused:
        seen, fault = None, fault or str(refused)
    people = [] if seen is None else list(seen.party.people)
    accepted = [
        each.invitation.person.name
        for each in replies_in(g.programme, session=session)
        if each.invitation.person in people and each.state is ReplyState.ACCEPTED
    ]
    page = render_template(
        "organiser/free_seats/give_up.html",
        session=session,
        which=which_session(session),
        seen=seen,
        fault=fault,
        accepted=accepted,
        seats=len(people),
    )
    return page, 409 if fault and request.method == "POST" else 200


def why_wanted(want: Want) -> str:
    """Why a pair wants the seats, in a sentence."""
    if want.place is None or want.rank is Rank.UNPLACED:
        return "Has no place, and said yes to this date."
    place = formatting.short_day(want.place.starts_at, want.place.time_zone)
    if want.rank is Rank.CANNOT_COME:
        return f"Cannot come on {place}, where it has a place, and said yes to this date."
    return f"Comes on {place} only if need be, and said yes to this date."


def _gain(want: Want) -> str:
    """What the plan gains or loses, in a few words."""
    if want.change < 0:
        return f"{formatting.number(-want.change)} less"
    return f"{formatting.number(want.change)} more" if want.change else "the same"
