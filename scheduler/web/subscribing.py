"""How a person keeps their calendar up to date by itself: the address of their feed, and a new one."""

from __future__ import annotations

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import links
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.invite.feeds import Wishes
from scheduler.models import Purpose
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.subscribing import NEVER, WishesForm

bp = Blueprint("subscribing", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/p/<token>/calendar")
@public
def page(token: str) -> ResponseReturnValue:
    """The address to subscribe to, with what is wished of it, and the steps for each calendar program."""
    person = person_for(token, Purpose.PAGE)
    form = WishesForm(formdata=request.args, remind=NEVER)
    address = links.known_url(person, Purpose.CALENDAR)
    return render_template(
        "participant/calendar.html",
        programme=person.programme,
        token=token,
        form=form,
        feed=f"{address}{form.wishes.query}" if address else "",
    )


@bp.route("/p/<token>/calendar", methods=["POST"])
@public
def new_address(token: str) -> ResponseReturnValue:
    """Give the person a new address for their calendar; the old one is gone at once."""
    person = person_for(token, Purpose.PAGE)
    links.renew(person, Purpose.CALENDAR, by=person)
    flask.flash("You have a new address. The old one no longer works: subscribe again with the new one.")
    return redirect(url_for(".page", token=token) + Wishes.read(request.args).query)
