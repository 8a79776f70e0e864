"""Every page that says something went wrong: in the user's words, with what to do next, and nothing typed lost."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import flask
from flask import request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import (
    Forbidden,
    HTTPException,
    InternalServerError,
    RequestEntityTooLarge,
    ServiceUnavailable,
    TooManyRequests,
)

from scheduler import clock, formatting
from scheduler.extensions import db
from scheduler.web import security

if TYPE_CHECKING:
    from scheduler import Convene

log = logging.getLogger(__name__)

# Never written back into a page, whatever a form calls them.
SECRETS = frozenset({"csrf_token", "password", "token"})
MOST_KEPT = 2_000


class NotAllowed(Forbidden):
    """The caller's role may not see or do this: ``who`` can, ``ask`` is the address to write to."""

    def __init__(self, who: str = "", ask: str = "") -> None:
        super().__init__()
        self.who = who
        self.ask = ask


class LoggedOut(Forbidden):
    """A post by someone whose stay has ended meanwhile: what they entered waits until they have logged in again."""


class Kept(NamedTuple):
    """One posted value, to be sent again."""

    name: str
    value: str


@dataclass(frozen=True)
class Difference:
    """One field of a conflict: what was saved by the other, and what this person had entered."""

    label: str
    saved: str
    yours: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.saved != self.yours


def install(app: Convene) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(CSRFError, page_too_old)
    app.register_error_handler(Forbidden, not_allowed)
    app.register_error_handler(TooManyRequests, too_many_tries)
    app.register_error_handler(RequestEntityTooLarge, too_large)
    app.register_error_handler(ServiceUnavailable, being_updated)
    app.register_error_handler(OperationalError, database_away)
    app.register_error_handler(StaleDataError, saved_meanwhile)
    app.register_error_handler(InternalServerError, broken)
    # Flask would log the path, and with it a participant's token; broken() logs the rule instead.
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]


def http_error(error: HTTPException) -> ResponseReturnValue:
    """The page for what has no page of its own: 404, 405, 400, 408, 410, 415."""
    status = error.code or 500
    if status < 400:
        return error
    name = {404: "not_found", 405: "not_possible", 410: "gone"}.get(status, "not_understood")
    return _page(name, error, status)


def not_allowed(error: Forbidden) -> ResponseReturnValue:
    """ "You cannot see this page": who can, and how to ask. Who was logged out meanwhile finds their entries."""
    if isinstance(error, LoggedOut):
        return _page("logged_out", error, 403, kept=kept_entries())
    return _page("not_allowed", error, 403, who=getattr(error, "who", ""), ask=getattr(error, "ask", ""))


def page_too_old(error: CSRFError) -> ResponseReturnValue:
    """The token of the form ran out, or another site sent it. Only what our own page sent is offered again."""
    ours = not security.comes_from_elsewhere() and _origin_is_known()
    return _page("page_too_old" if ours else "from_elsewhere", error, 403, kept=kept_entries() if ours else ())


def too_many_tries(error: TooManyRequests) -> ResponseReturnValue:
    """ "Too many tries. Try again at 10:15am", with Retry-After to the same moment."""
    app: Convene = flask.current_app  # type: ignore[assignment]
    at = clock.now() + timedelta(seconds=_seconds_to_wait(error))
    minutes = math.ceil(at.timestamp() / 60) * 60
    at += timedelta(seconds=minutes - at.timestamp())
    page = _page("too_many_tries", error, 429, again_at=formatting.clock_time(at, app.settings.time_zone))
    page.headers["Retry-After"] = str(max(1, math.ceil((at - clock.now()).total_seconds())))
    return page


def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """What was sent is larger than we read."""
    most = request.max_content_length or flask.current_app.config["MAX_CONTENT_LENGTH"]
    return _page("too_large", error, 413, most=formatting.file_size(int(most)))


def being_updated(error: ServiceUnavailable) -> ResponseReturnValue:
    """ "Convene is being updated": the database is away or older than the program."""
    page = _page("being_updated", error, 503, kept=kept_entries())
    page.headers.setdefault("Retry-After", "60")
    return page


def database_away(error: OperationalError) -> ResponseReturnValue:
    """The database cannot be reached, or lacks a table that this version needs: it is being updated, or should be."""
    rule = request.url_rule.rule if request.url_rule else "no page"
    log.error("The database did not answer: %s %s", request.method, rule, exc_info=error)
    _let_go_of_the_database()
    return being_updated(ServiceUnavailable())


def saved_meanwhile(error: StaleDataError) -> ResponseReturnValue:
    """Somebody saved the same thing between our read and our write: nothing of this was, and it can be sent again."""
    _let_go_of_the_database()
    return _page("saved_meanwhile", error, 409, kept=kept_entries())


def broken(error: InternalServerError) -> ResponseReturnValue:
    """An error of ours: kept in the log under a reference that the page says, and nothing half saved."""
    reference = "-".join(secrets.token_hex(2).upper() for _ in range(2))
    # The rule, not the path: a participant's address holds their token (CWE-532).
    rule = request.url_rule.rule if request.url_rule else "no page"
    log.error("Reference %s: %s %s", reference, request.method, rule, exc_info=error.original_exception or error)
    _let_go_of_the_database()
    return _page("broken", error, 500, reference=reference, kept=kept_entries())


def conflict(
    heading: str, saved_by: str, saved_at: str, differences: Sequence[Difference], version: int
) -> ResponseReturnValue:
    """ "Someone else changed this": both versions side by side, and the choice between them.

    The page posts to the same address: everything entered again with ``version`` and ``use=mine``, or nothing but
    ``use=theirs``. ``saved_at`` is a time in words.
    """
    page = flask.render_template(
        "errors/conflict.html",
        about=heading,
        saved_by=saved_by,
        saved_at=saved_at,
        differences=differences,
        version=version,
        kept=[entry for entry in kept_entries() if entry.name not in ("version", "use")],
    )
    return page, 409


def kept_entries() -> list[Kept]:
    """What was posted, so that an error page can send it again; files cannot be kept, secrets are not."""
    if request.method != "POST":
        return []
    try:
        return [Kept(name, value) for name, value in request.form.items(multi=True) if name not in SECRETS][:MOST_KEPT]
    except HTTPException:  # too large, or cut off half way
        return []


def _page(name: str, error: BaseException, status: int, **context: object) -> flask.Response:
    try:
        html = flask.render_template(f"errors/{name}.html", **context)
    except Exception:
        # What stands around every page needs the database; without it a bare page must do.
        log.exception("The page for error %s could not be drawn", status)
        html = flask.current_app.jinja_env.get_template("errors/bare.html").render(context)
    page = flask.make_response(html, status)
    if isinstance(error, HTTPException):
        for header, value in error.get_headers():
            if header in ("Allow", "Retry-After"):
                page.headers[header] = value
    return page


def _origin_is_known() -> bool:
    """Whether the browser vouches for its own page, or nothing speaks of a browser at all.

    Old browsers without Sec-Fetch-Site send ``Origin: null`` from our pages and from hostile ones alike; offering
    those entries again behind a fresh token would make the token worthless.
    """
    return "Sec-Fetch-Site" in request.headers or request.headers.get("Origin", "") != "null"


def _seconds_to_wait(error: TooManyRequests) -> float:
    """How long a rate limit still holds, as the error says; a minute where it does not."""
    retry_after = getattr(error, "retry_after", None)
    return float(retry_after) if isinstance(retry_after, (int, float)) else 60.0


def _let_go_of_the_database() -> None:
    """Undo what a failed request left open, so that the error page itself can read."""
    try:
        db.session.rollback()
    except Exception:
        log.exception("The database could not be let go of")
