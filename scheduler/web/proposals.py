"""Co-design: a participant's proposals page, and the organisers' list on which one becomes an event."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import proposals
from scheduler.collect.events import SavedMeanwhile
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.models import Person, Proposal, Purpose
from scheduler.web import participant
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme, public
from scheduler.web.forms.design import DeclineForm, ProposalForm, TakeUpForm

bp = Blueprint("proposals", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)
DECIDED = "The organisers have decided about it meanwhile."
CHANGED = "It has changed meanwhile. Look at it again."


@bp.route("/p/<token>/proposals", methods=["GET", "POST"])
@public
def page(token: str) -> ResponseReturnValue:
    """What others propose, and a form to propose something."""
    person = person_for(token, Purpose.PAGE)
    form = ProposalForm()
    if form.validate_on_submit():
        try:
            proposals.propose(person, form.kind.data, form.title.data, form.text.data or "")
        except proposals.EnoughProposed:
            form.refuse("", f"You have {proposals.MOST_OPEN} proposals open. Withdraw one first")
        else:
            flash("Thank you. Everyone in the programme can see it now, and support it.")
            return redirect(url_for(".page", token=token))
    return render_template(
        "participant/proposals.html",
        programme=person.programme,
        token=token,
        person=person,
        form=form,
        proposals=proposals.proposals_of(person.programme),
    )


@bp.route("/p/<token>/proposals/<int:proposal_id>", methods=["POST"])
@public
def say(token: str, proposal_id: int) -> ResponseReturnValue:
    """Support a proposal, support it no longer, or withdraw one's own."""
    person = person_for(token, Purpose.PAGE)
    proposal = _visible_to(person, proposal_id)
    try:
        if request.form.get("do") == "withdraw" and proposal.person_id == person.id:
            proposals.withdraw(proposal)
            flash("Withdrawn. Nobody sees it any more.")
        else:
            wanted = request.form.get("do") == "support"
            proposals.support(person, proposal, wanted=wanted)
            flash("You support it." if wanted else "You no longer support it.")
    except proposals.NotOpen:
        flash(DECIDED)
    return redirect(url_for(".page", token=token))


@bp.route("/programmes/<slug>/proposals")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """All proposals, those with most support first."""
    return render_template("organiser/events/proposals.html", proposals=proposals.proposals_of(g.programme))


@bp.route("/programmes/<slug>/proposals/<int:proposal_id>", methods=["GET", "POST"])
@allow(WORK)
def decide(slug: str, proposal_id: int) -> ResponseReturnValue:
    """One proposal: make an event of it, or say why not."""
    proposal = of_programme(Proposal, proposal_id)
    takes = request.form.get("do") == "take"
    take = TakeUpForm() if takes else TakeUpForm(formdata=None)
    decline = DeclineForm(formdata=None) if takes else DeclineForm()
    try:
        if takes and take.validate_on_submit():
            event = proposals.take_up(proposal, take.kind.data, version=take.version.data or 0, by=caller())
            flash(f"{event.title} added. Add its dates next.")
            return redirect(url_for("events.event", slug=slug, event_id=event.id))
        if not takes and decline.validate_on_submit():
            proposals.decline(proposal, decline.reply.data, version=decline.version.data or 0, by=caller())
            flash("They read your answer on their page.")
            return redirect(url_for(".every", slug=slug))
    except (proposals.NotOpen, SavedMeanwhile) as error:
        flash(DECIDED if isinstance(error, proposals.NotOpen) else CHANGED)
        return redirect(url_for(".decide", slug=slug, proposal_id=proposal_id))
    return render_template(
        "organiser/events/proposal.html",
        proposal=proposal,
        take=take,
        decline=decline,
        errors=take.error_summary + decline.error_summary,
    )


def _visible_to(person: Person, proposal_id: int) -> Proposal:
    found = next((each for each in proposals.proposals_of(person.programme) if each.id == proposal_id), None)
    return found or abort(404)
