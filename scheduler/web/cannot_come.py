""" "I can no longer come": one question about one of a person's own dates, from their own page."""

from __future__ import annotations

import flask
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import apologies
from scheduler.collect.apologies import NoPlace, TooLate
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.models import Apology, Invitation, Purpose, WhoComes
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.apologies import ApologyForm, told_before

bp = Blueprint("cannot_come", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/p/<token>/dates/<int:invitation_id>/cannot-come", methods=["GET", "POST"])
@public
def say(token: str, invitation_id: int) -> ResponseReturnValue:
    """Ask who comes instead, and tell the organisers. It gives no place away and changes no answer."""
    person = person_for(token, Purpose.PAGE)
    invitation = apologies.place_of(person, invitation_id)
    if invitation is None or invitation.session.is_own_meeting:  # a set's own meeting is the set's to change
        abort(404)
    before = apologies.apology_of(person, invitation.session_id)
    partner = apologies.partner_at(invitation)
    form = ApologyForm.of(before if request.method == "GET" and _stands(before) else None)
    form.offer(partner, said_before=_stands(before))
    try:
        apologies.check(invitation)
        if form.validate_on_submit():
            apologies.apologise(invitation, form.word)
            flask.flash("We have told the organisers.")
            return redirect(url_for("participant.page", token=token))
    except (NoPlace, TooLate) as refused:
        return _refused(token, invitation, too_late=isinstance(refused, TooLate))
    return render_template(
        "participant/cannot_come.html",
        programme=person.programme,
        token=token,
        form=form,
        title=invitation.session.event.title,
        when=_when(invitation),
        where=invitation.location,
        before=told_before(before) if before is not None and _stands(before) else "",
        told_at=before.told_at if before is not None else None,
    )


def _refused(token: str, invitation: Invitation, *, too_late: bool) -> ResponseReturnValue:
    """Why nothing can be said about this date here, and whom to ask instead."""
    page = render_template(
        "participant/cannot_come_refused.html",
        programme=invitation.person.programme,
        token=token,
        title=invitation.session.event.title,
        when=_when(invitation),
        too_late=too_late,
    )
    return page, 409


def _stands(apology: Apology | None) -> bool:
    return apology is not None and apology.who_comes is not WhoComes.SELF


def _when(invitation: Invitation) -> str:
    return formatting.when(
        invitation.starts_at,
        invitation.ends_at,
        invitation.time_zone,
        reader=invitation.person.programme.time_zone,
    )
