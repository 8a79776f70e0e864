"""A participant's page of whom their Trust has met and will meet next."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler.collect.audience import pairs_of
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.follow.encounters import Ledger
from scheduler.follow.likeness import not_met_yet
from scheduler.models import Purpose
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.encounters import parts_of

bp = Blueprint("met", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/p/<token>/met")
@public
def page(token: str) -> ResponseReturnValue:
    """By region, where and when; then who comes next. Names of Trusts alone: no person is named."""
    person = person_for(token, Purpose.PAGE)
    pairs = [pair for pair in pairs_of(person) if pair.left_on is None]
    trusts = [pair.trust for pair in pairs]
    ledger = Ledger(person.programme) if trusts else None
    return render_template(
        "participant/met.html",
        programme=person.programme,
        person=person,
        token=token,
        alike={pair.trust.ods_code: not_met_yet(pair) for pair in pairs},
        found=[(trust, parts_of(ledger, trust, ledger.of(trust.ods_code))) for trust in trusts] if ledger else [],
    )
