"""Up to four plans side by side: their figures, the better one of each said in words, and who is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from scheduler import formatting
from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.models import Plan, PlanStatus, Session
from scheduler.plan.comparing import between, places_of
from scheduler.plan.naming import Names, session_name
from scheduler.plan.published import published_plan
from scheduler.plan.weighing import Figures, differing, figures_of
from scheduler.web.access import LOOK, allow
from scheduler.web.plans import bp, sentences

MOST = 4
PAGE = 50
LESS, MORE = -1, 1
"""Which of two figures is better; of those with neither, none is."""

FIGURES: tuple[tuple[str, Callable[[Figures], int | None], int], ...] = (
    ("Cost", lambda figures: figures.cost, LESS),
    ("Unplaced", lambda figures: figures.unplaced, LESS),
    ("If need be", lambda figures: figures.if_need_be, LESS),
    ("The most any pair bends", lambda figures: figures.most_bends, LESS),
    ("Repeat meetings", lambda figures: figures.repeats, LESS),
    ("New meetings", lambda figures: figures.new_meetings, MORE),
    ("Over an even mix", lambda figures: figures.mix, LESS),
    ("Sessions run", lambda figures: figures.running, 0),
    ("Free seats", lambda figures: figures.free_seats, 0),
    ("Miles there and back, all pairs", lambda figures: figures.miles, LESS),
)


@dataclass(frozen=True)
class Row:
    """One figure of every plan; ``better`` marks the best of them, where they are not all the same."""

    label: str
    values: tuple[int | None, ...]
    better: tuple[bool, ...]


@bp.route("/compare")
@allow(LOOK)
def compare_ticked(slug: str) -> ResponseReturnValue:
    """Lead to the comparison of the plans that are ticked in the gallery."""
    numbers = list(dict.fromkeys(request.args.getlist("plan", type=int)))
    if not 2 <= len(numbers) <= MOST:
        flash(f"Tick 2 to {MOST} plans to compare them.")
        return redirect(url_for(".gallery", slug=slug))
    return redirect(compare_address(slug, numbers))


@bp.route("/<int:number>/compare/<int:other>")
@bp.route("/<int:number>/compare/<int:other>/<int:third>")
@bp.route("/<int:number>/compare/<int:other>/<int:third>/<int:fourth>")
@allow(LOOK)
def compare(slug: str, number: int, other: int, third: int | None = None, fourth: int | None = None) -> str:
    """The figures of two to four plans, the published one first, and below them the pairs that differ."""
    plans = _plans([number, other, third, fourth])
    published = published_plan(g.programme)
    figures = figures_of(plans)
    rows = [_row(label, [of(each) for each in figures], sense) for label, of, sense in FIGURES]
    rows += _against_published(plans, published)
    differ = differing(plans)
    page = max(1, request.args.get("page", 1, type=int))
    here = differ[(page - 1) * PAGE : page * PAGE]
    names = Names(plans[0]).by_id
    return render_template(
        "organiser/plans/compare.html",
        plans=[(plan, sentences.tag_of(plan)) for plan in plans],
        rows=rows,
        differ=[(names.get(row.party, row.party), row.event.title, [_place(p) for p in row.places]) for row in here],
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(here),
        total=len(differ),
        page=page,
        address=compare_address(slug, [plan.number for plan in plans]),
    )


def compare_address(slug: str, numbers: Sequence[int]) -> str:
    """Where so many plans are compared."""
    names = dict(zip(("number", "other", "third", "fourth"), numbers, strict=False))
    return url_for(".compare", slug=slug, **names)  # type: ignore[arg-type]


def _plans(numbers: Sequence[int | None]) -> list[Plan]:
    """The plans with these numbers, the published one first, the others as they were asked for."""
    wanted = list(dict.fromkeys(number for number in numbers if number is not None))
    rows = db.session.scalars(select(Plan).where(Plan.programme_id == g.programme.id, Plan.number.in_(wanted)))
    found = {plan.number: plan for plan in rows if plan.objective is not None and plan.result is not None}
    if len(wanted) < 2 or set(wanted) - found.keys():
        abort(404)
    ordered = [found[number] for number in wanted]
    return sorted(ordered, key=lambda plan: plan.status is not PlanStatus.PUBLISHED)


def _row(label: str, values: Sequence[int | None], sense: int) -> Row:
    known = [value for value in values if value is not None]
    best = (min(known) if sense == LESS else max(known)) if known and sense else None
    differ = len(set(known)) > 1
    return Row(label, tuple(values), tuple(differ and best is not None and value == best for value in values))


def _against_published(plans: Sequence[Plan], published: Plan | None) -> list[Row]:
    """Who would move from the published plan, and who would get mail."""
    if published is None:
        return []
    places = places_of([*plans, published])
    moves: list[int | None] = []
    for plan in plans:
        found = between(places[plan.id], places[published.id], published)
        moves.append(len(found.moves) + len(found.no_longer))
    mail: list[int | None] = [
        len(publishing.preview(plan).changes.people_told) if plan.status in publishing.PUBLISHABLE else None
        for plan in plans
    ]
    since = f"Pairs that move from plan {published.number}"
    return [_row(since, moves, LESS), _row("People who get mail", mail, LESS)]


def _place(place: Session | int | None) -> str:
    if place is None:
        return "Unplaced"
    return f"Set {formatting.number(place)}" if isinstance(place, int) else session_name(place)
