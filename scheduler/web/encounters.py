"""Encounters: how many Trusts have met, the matrix and its table by region, a page per Trust, the ledger as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import flask
from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.follow.encounters import Ledger, Other, Shared, add_next_chances, newest_draft, title_of, where
from scheduler.models import Trust
from scheduler.plan.encounters import How
from scheduler.plan.published import published_plan
from scheduler.web.access import LOOK, allow
from scheduler.web.downloads import table_file
from scheduler.words import HOWS

bp = Blueprint("encounters", __name__, url_prefix="/programmes/<slug>/encounters")
PAGE = 50
MOST_DRAWN = 130
"""Above so many Trusts a cell of the matrix would be less than 6 pixels wide: the table says the same."""

Run = tuple[int, int, int]
"""Cells of one row of the matrix that say the same: row, first column, how many."""


@bp.route("")
@allow(LOOK)
def every(slug: str) -> ResponseReturnValue:
    """The share that has met, the matrix, the table by region, and every Trust, those who met fewest first."""
    ledger = Ledger(g.programme)
    regions = ledger.regions()
    lines = sorted(ledger.living, key=lambda trust: (ledger.met_by(trust.ods_code), trust.name))
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    draft = newest_draft(g.programme)
    return render_template(
        "organiser/encounters/every.html",
        ledger=ledger,
        figures=ledger.figures,
        published=published_plan(g.programme),
        draft=draft,
        draft_adds=ledger.added_by(draft) if draft else 0,
        regions=[(region, len(trusts)) for region, trusts in regions],
        between=[[ledger.between(trusts, others) for _, others in regions] for _, trusts in regions],
        runs=_runs(ledger) if len(ledger.living) <= MOST_DRAWN else None,
        most_drawn=MOST_DRAWN,
        lines=lines[first : first + PAGE],
        first=first + 1,
        last=min(first + PAGE, len(lines)),
        total=len(lines),
        page=page,
    )


@bp.route("/<ods>")
@allow(LOOK)
def trust(slug: str, ods: str) -> ResponseReturnValue:
    """One Trust: whom it has met, whom it will meet, whom not yet, and where it may."""
    ledger = Ledger(g.programme)
    row = next((trust for trust in ledger.trusts if trust.ods_code == ods), None)
    if row is None:
        flask.abort(404)
    others = ledger.of(ods)
    add_next_chances(ledger, ods, others)
    parts = parts_of(ledger, row, others)
    if len(others) > MOST_DRAWN:
        parts |= _one_list(others)
    return render_template("organiser/encounters/trust.html", trust=row, **parts)


@bp.route("/download")
@allow(LOOK)
def download(slug: str) -> ResponseReturnValue:
    """Every occasion that two Trusts shared or will share, a row each; ?as=xlsx for a workbook."""
    return table_file("encounters", {"Encounters": list(_rows(Ledger(g.programme)))})


def parts_of(ledger: Ledger, trust: Trust, others: Sequence[Other]) -> dict[str, object]:
    """What the pages of one Trust show, its own and its people's."""
    new = [other for other in others if other.ahead and not other.has_met]
    return {
        "met": by_region([other for other in others if other.has_met]),
        "met_count": ledger.met_by(trust.ods_code),
        "of_all": ledger.others(trust.ods_code),
        "to_meet": new,
        "to_meet_listed": new,
        "to_meet_days": _days([other.ahead[0] for other in new]),
        "not_met": by_region([other for other in others if not other.has_met and not other.ahead]),
    }


def _one_list(others: Sequence[Other]) -> dict[str, object]:
    """Of many Trusts one list at a time, fifty a page: as the address says, else those met."""
    lists = {
        "met": [other for other in others if other.has_met],
        "will-meet": [other for other in others if other.ahead and not other.has_met],
        "not-met": [other for other in others if not other.has_met and not other.ahead],
    }
    show = request.args.get("show", "met")
    show = show if show in lists else "met"
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    shown = lists[show][first : first + PAGE]
    return {
        "met": by_region(shown) if show == "met" else [],
        "to_meet_listed": shown if show == "will-meet" else [],
        "not_met": by_region(shown) if show == "not-met" else [],
        "lists": [(name, len(listed)) for name, listed in lists.items()],
        "show": show,
        "page": page,
        "is_last": first + PAGE >= len(lists[show]),
    }


def by_region(others: Sequence[Other]) -> list[tuple[str, list[Other]]]:
    """The same Trusts under their regions; they stand in that order already."""
    return [(region, list(listed)) for region, listed in groupby(others, key=lambda other: other.trust.region)]


def _days(first_meetings: Sequence[Shared]) -> list[tuple[int, str]]:
    """How many of the meetings to come are on which day, in the order they are given."""
    days: dict[str, int] = {}
    for shared in first_meetings:
        days[shared.days[0]] = days.get(shared.days[0], 0) + 1
    return [(number, day) for day, number in days.items()]


def _runs(ledger: Ledger) -> dict[str, list[Run]]:
    """The cells of the matrix, row by row, like ones joined."""
    codes = [trust.ods_code for trust in ledger.living]
    drawn: dict[str, list[Run]] = {how.name.lower(): [] for how in How}
    for row, one in enumerate(codes):
        column = 0
        for how, cells in groupby(ledger.state(one, other) if other != one else None for other in codes):
            length = len(list(cells))
            if how is not None:
                drawn[how.name.lower()].append((row, column, length))
            column += length
    return drawn


def _rows(ledger: Ledger) -> Iterator[Sequence[str]]:
    yield ("ODS code", "Trust", "ODS code of the other", "The other Trust", "Occasion", "When", "Where", "Known from")
    name = {trust.ods_code: trust.name for trust in ledger.trusts}
    for one, other, held_on, occasion in ledger.earlier:
        if one in name and other in name:
            yield one, name[one], other, name[other], occasion, held_on, "", "Earlier years"
    for gathering in ledger.gatherings:
        session = gathering.sitting.session
        day, title, town = session.local_start.date().isoformat(), title_of(gathering), where(session)
        here = sorted(code for code in gathering.trusts if code in name)
        for place, one in enumerate(here):
            for other in here[place + 1 :]:
                yield one, name[one], other, name[other], title, day, town, HOWS[gathering.how.value]
