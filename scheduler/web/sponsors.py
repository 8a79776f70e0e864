"""Board sponsors: who has confirmed, who has not, and asking them, with the mail shown before it leaves."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import sponsors
from scheduler.collect.audience import living_pairs
from scheduler.models import Pair
from scheduler.web.access import LOOK, WORK, allow, caller
from scheduler.web.collect.asking import before_sending, ticked_form
from scheduler.web.forms.community import AskSponsorsForm

bp = Blueprint("sponsors", __name__, url_prefix="/programmes/<slug>/sponsors")
PAGE = 50


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """Every pair with its sponsor: not confirmed first, then by name."""
    pairs = sorted(living_pairs(g.programme), key=lambda pair: (_standing(pair), pair.trust.name))
    page = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-len(pairs) // PAGE)))
    first = (page - 1) * PAGE
    shown = pairs[first : first + PAGE]
    confirmed = sponsors.last_confirmations(shown)
    return render_template(
        "organiser/community/sponsors.html",
        pairs=[(pair, sponsors.what_ended(pair, confirmed.get(pair.id))) for pair in shown],
        total=len(pairs),
        confirmed=sum(pair.sponsor_confirmed_on is not None for pair in pairs),
        without=sum(pair.sponsor is None for pair in pairs),
        to_ask=len(sponsors.to_ask(g.programme)),
        asked=sponsors.last_asked(g.programme),
        page=page,
        first=first + 1,
    )


@bp.route("/ask", methods=["GET", "POST"])
@allow(WORK)
def ask(slug: str) -> ResponseReturnValue:
    """Ask sponsors to confirm their pair: who, and the mail as one of them gets it, before anything is sent."""
    waiting = sponsors.to_ask(g.programme)
    form = ticked_form(AskSponsorsForm, waiting)
    if form.validate_on_submit() and request.form.get("do") != "preview":
        asked = sponsors.ask(g.programme, set(form.people.data), by=caller(), opening=form.opening.data or "")
        flash(f"{formatting.count(asked, 'email')} queued. Each sponsor has their own link.")
        return redirect(url_for(".every", slug=slug))
    shown = before_sending(form, waiting, everyone=len(waiting))
    one = shown["shown"]
    preview = sponsors.draft(one, form.opening.data or "") if one else None
    return render_template("organiser/community/ask_sponsors.html", preview=preview, **shown)


def confirmation_ended(pair: Pair | None) -> str:
    """Why what a sponsor confirmed no longer holds, for a Trust's page."""
    return sponsors.what_ended(pair, sponsors.last_confirmations([pair]).get(pair.id)) if pair else ""


def _standing(pair: Pair) -> int:
    """Where a pair stands in the list: to confirm first, then without a sponsor, then confirmed."""
    if pair.sponsor_confirmed_on is not None:
        return 2
    return 0 if pair.sponsor is not None else 1
