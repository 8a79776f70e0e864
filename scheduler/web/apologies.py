"""Who can no longer come: what people said of places they hold, and what an organiser has dealt with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import apologies
from scheduler.collect.apologies import SaidMeanwhile, apologies_in
from scheduler.models import Apology
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme

bp = Blueprint("apologies", __name__, url_prefix="/programmes/<slug>/apologies")
PAGE = 50


def said_here(concerns: Callable[[Apology], bool]) -> dict[str, Any]:
    """What ``organiser/apologies_here.html`` shows on the page of a session, a set or a person."""
    return {
        "said": [apology for apology in apologies_in(g.programme) if concerns(apology)],
        "apology_sentence": apologies.sentence,
        "apology_instead": apologies.who_comes_instead,
    }


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The list: what waits first. Reasons and deputies' addresses are for those who act on them."""
    found = apologies_in(g.programme)
    page = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-len(found) // PAGE)))
    return render_template(
        "organiser/apologies.html",
        apologies=found[(page - 1) * PAGE : page * PAGE],
        total=len(found),
        to_deal_with=sum(apology.dealt_with_at is None for apology in found),
        page=page,
        size=PAGE,
        sentence=apologies.sentence,
        instead=apologies.who_comes_instead,
    )


@bp.route("/<int:apology_id>/dealt-with", methods=["POST"])
@allow(WORK)
def deal_with(slug: str, apology_id: int) -> ResponseReturnValue:
    """Mark one as dealt with, or let it wait again, unless something was said or done since it was read."""
    apology = of_programme(Apology, apology_id)
    again = request.form.get("do") == "reopen"
    version = request.form.get("version", 0, type=int)
    try:
        (apologies.reopen if again else apologies.deal_with)(apology, version=version, by=caller())
    except SaidMeanwhile:
        flash(f"Something about {apology.person.name} has changed meanwhile. Nothing was marked: read it again.")
    else:
        flash(f"{apology.person.name}: {'waits again' if again else 'dealt with'}.")
    return redirect(url_for(".every", slug=slug))
