"""Calendar feeds and single dates as files, for calendar programs: no log-in, no cookie, no redirect."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scheduler.collect.links import LinkRevoked, LinkUnknown, person_for
from scheduler.extensions import db
from scheduler.invite import feeds
from scheduler.invite.feeds import Wishes
from scheduler.models import Purpose
from scheduler.web.access import public

bp = Blueprint("feeds", __name__)
log = logging.getLogger(__name__)
CALENDAR = "text/calendar; charset=utf-8"


@bp.route("/calendar/<token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """A person's feed: 304 while it is what the program has, 410 once revoked, 503 while the database is away.

    Never an empty calendar for a fault: programs would take every date out.
    """
    try:
        found = feeds.feed_of(person_for(token, Purpose.CALENDAR), Wishes.read(request.args))
    except LinkRevoked:
        return _plainly("This calendar address was replaced or taken back. Take it out of your calendar program.", 410)
    except LinkUnknown:
        return _plainly("There is no calendar at this address.", 404)
    except (DBAPIError, PoolTimeout) as error:
        # Not the error's own words: they hold the statement, and with it what stands for the link.
        log.error("A calendar feed could not be read: %s", type(error).__name__)
        db.session.rollback()
        answer = _plainly("The calendar cannot be read at the moment. Ask again in a few minutes.", 503)
        answer.headers["Retry-After"] = "300"
        return answer
    response = Response(content_type=CALENDAR)
    response.set_etag(found.etag)
    response.last_modified = found.last_modified
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        response.data = found.body
    return response


@bp.route("/p/<token>/dates/<int:invitation_id>.ics")
@public
def date(token: str, invitation_id: int) -> ResponseReturnValue:
    """One date as a file."""
    try:
        person = person_for(token, Purpose.PAGE)
    except LinkRevoked:
        abort(410)
    except LinkUnknown:
        abort(404)
    found = feeds.date_file(person, invitation_id)
    if found is None:
        abort(404)
    name, body = found
    response = Response(body, content_type=CALENDAR)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _plainly(words: str, status: int) -> Response:
    response = Response(words + "\n", status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
