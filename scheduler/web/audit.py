"""The audit: sentences, latest first, by person, thing and day."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.follow import trail
from scheduler.web.access import WORK, allow
from scheduler.web.forms.settings import AuditFilter

bp = Blueprint("audit", __name__, url_prefix="/programmes/<slug>/audit")
PAGE = 50


@bp.route("")
@allow(WORK)
def every(slug: str) -> ResponseReturnValue:
    """Fifty entries a page; the filters stand in the address."""
    form = AuditFilter(request.args)
    form.validate()
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    wanted = trail.Narrowing(form.who.data or "", form.thing.data or "", form.day.data)
    rows, total = trail.entries(g.programme, wanted, first=first, most=PAGE)
    return render_template(
        "organiser/settings/audit.html",
        form=form,
        rows=rows,
        total=total,
        page=page,
        first=first + 1,
        last=first + len(rows),
        query={name: value for name, value in request.args.items() if value and name != "page"},
    )
