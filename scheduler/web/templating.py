"""What every template can use: the design system's macros, dates and counts in words, labels, known pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
import jinja2
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from scheduler import formatting, words

if TYPE_CHECKING:
    from scheduler import Convene

FILTERS = (
    "clock_time",
    "count",
    "day",
    "day_and_time",
    "duration",
    "file_size",
    "listed",
    "machine_time",
    "number",
    "partial_day",
    "percentage",
    "short_day",
    "unbroken",
    "zone_name",
)


def install(app: Convene) -> None:
    """Make templates find the design system, and give them our filters and functions."""
    ours = app.jinja_loader
    design_system = jinja2.PackageLoader("nhsuk_frontend_jinja")
    app.jinja_loader = jinja2.ChoiceLoader([ours, design_system] if ours else [design_system])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({name: getattr(formatting, name) for name in FILTERS})
    app.jinja_env.globals.update(
        areas_of=areas_of,
        pages_within=pages_within,
        formatting=formatting,
        has_page=has_page,
        may_open=_may_open,
        of=formatting.of,
        time_range=formatting.time_range,
        when=formatting.when,
        words=words,
    )


def has_page(path: str) -> bool:
    """Whether a GET of this path leads to a page of this application."""
    adapter = flask.current_app.url_map.bind("localhost")
    try:
        adapter.match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


def areas_of(slug: str, hidden: tuple[str, ...] = (), waiting: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """The organiser's areas for the header: those that exist and this role may use, with what waits in each."""
    top = f"/programmes/{slug}"
    here = flask.request.path.rstrip("/")
    first = {label: _first_page(top, label, path) for label, path in words.AREAS if label not in hidden}
    areas = [
        {"text": label, "href": href, "waiting": (waiting or {}).get(label, 0)}
        for label, href in first.items()
        if href is not None
    ]
    for area in areas:
        href = str(area["href"])
        pages = [top + path for _, path in words.PAGES_WITHIN.get(str(area["text"]), ())]
        within = any(here == page or here.startswith(page + "/") for page in [href, *pages] if page != top)
        area["active"] = here == href or within
        area["current"] = here == href
    return areas


def _first_page(top: str, label: str, path: str) -> str | None:
    """The area's own page, or the first of those beside it that there is."""
    pages = [path, *(beside for _, beside in words.PAGES_WITHIN.get(label, ()))]
    return next((top + page for page in pages if has_page(top + page)), None)


def pages_within(slug: str) -> list[dict[str, Any]]:
    """The pages beside this one in its area, as links: those that exist and the caller's role may see."""
    top = f"/programmes/{slug}"
    here = flask.request.path.rstrip("/")
    for pages in words.PAGES_WITHIN.values():
        if not any(here == top + path or here.startswith(f"{top}{path}/") for _, path in pages):
            continue
        beside = [{"text": text, "href": top + path} for text, path in pages if _may_open(top + path)]
        for page in beside:
            page["current"] = "page" if here == page["href"] else ""
        return beside if len(beside) > 1 else []
    return []


def _may_open(path: str) -> bool:
    """Whether this path leads to a page that the caller's role may see."""
    try:
        endpoint, _ = flask.current_app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return False
    view = flask.current_app.view_functions[endpoint]
    return flask.g.get("role") in getattr(view, "allowed_roles", ())
