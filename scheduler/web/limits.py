"""Limits on guessing and on asking: a wrong token costs whoever sent it, a right one is never counted.

A hospital of 300 people may stand behind one address, so only failures are counted (abuse case A10; ASVS 6.3.1,
CWE-307). Counts lie in the database, one row an address and window, shared by all processes; once a limit is reached
nothing more is written, and rows go when their window has passed, so that a flood cannot fill the table.
"""

from __future__ import annotations

import ipaddress
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import flask
import sqlalchemy as sa
from flask import Response, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import TooManyRequests

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import RateWindow
from scheduler.web import errors, proxies

if TYPE_CHECKING:
    from scheduler import Convene

WRONG_TOKENS = RateLimitItemPerMinute(60, namespace="wrong tokens")
LINKS_ASKED_FOR = RateLimitItemPerMinute(60, 15, namespace="links asked for")

log = logging.getLogger(__name__)


class RateWindows(Storage):
    """The counts, as rows of ours. Each call is one statement on a connection of its own: no request waits inside."""

    STORAGE_SCHEME = ["convene"]  # noqa: RUF012 (as its base class has it)

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, in a new window where the last one has passed; then also clear away every window that has."""
        insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(RateWindow)
        passed = RateWindow.expires_at <= now()
        row = insert.values(key=key, count=amount, expires_at=now() + timedelta(seconds=expiry))
        counted = row.on_conflict_do_update(
            index_elements=[RateWindow.key],
            set_={
                "count": sa.case((passed, amount), else_=RateWindow.count + amount),
                "expires_at": sa.case((passed, row.excluded.expires_at), else_=RateWindow.expires_at),
            },
        ).returning(RateWindow.count)
        with db.engine.begin() as connection:
            count = connection.execute(counted).scalar_one()
            if count == amount:
                connection.execute(sa.delete(RateWindow).where(passed))
        return int(count)

    def get(self, key: str) -> int:
        """The count of the present window."""
        row = self._present(key)
        return row.count if row else 0

    def get_expiry(self, key: str) -> float:
        """When the present window passes, as a POSIX time; now, where there is none."""
        row = self._present(key)
        return (row.expires_at if row else now()).timestamp()

    def check(self) -> bool:
        """Whether the counts can be read."""
        self._present("")
        return True

    def reset(self) -> int:
        """Forget every count; how many there were."""
        with db.engine.begin() as connection:
            return connection.execute(sa.delete(RateWindow)).rowcount

    def clear(self, key: str) -> None:
        """Forget one count."""
        with db.engine.begin() as connection:
            connection.execute(sa.delete(RateWindow).where(RateWindow.key == key))

    def _present(self, key: str) -> Any:
        wanted = sa.select(RateWindow.count, RateWindow.expires_at)
        with db.engine.connect() as connection:
            return connection.execute(wanted.where(RateWindow.key == key, RateWindow.expires_at > now())).first()


_limiter = FixedWindowRateLimiter(RateWindows())


def install(app: Convene) -> None:
    """Charge every wrong token to its sender."""
    app.after_request(charge_wrong_token)


def charge_wrong_token(response: Response) -> Response:
    """Count a "not found" under an address that holds a token; past the limit answer "too many tries" instead.

    A link that was right once answers 410 and costs nothing: calendar programs go on asking for years.
    """
    if response.status_code != 404 or "token" not in (request.view_args or {}):
        return response
    try:
        count(WRONG_TOKENS)
    except TooManyRequests as refused:
        return errors.too_many_tries(refused)  # type: ignore[return-value]
    return response


def count(limit: RateLimitItem) -> None:
    """Count one try of this request's sender. Raises TooManyRequests past the limit.

    Where the database cannot count, everybody is let through: the request itself will say what is wrong.
    """
    app: Convene = flask.current_app  # type: ignore[assignment]
    sender = counted_as(proxies.sender_of(request, app.settings.trusted_proxies))
    try:
        if _limiter.test(limit, sender) and _limiter.hit(limit, sender):
            return
        again_at = datetime.fromtimestamp(_limiter.get_window_stats(limit, sender).reset_time, UTC)
    except SQLAlchemyError:
        log.exception("Tries could not be counted")
        return
    refused = TooManyRequests()
    refused.retry_after = max(1.0, (again_at - now()).total_seconds())  # type: ignore[assignment]
    raise refused


def counted_as(sender: proxies.Address | None) -> str:
    """Who is counted as one: an IPv4 address, or an IPv6 network of /64, of which one house holds all addresses."""
    if isinstance(sender, ipaddress.IPv6Address):
        # The number alone: a link-local address also names the interface it came in by.
        return str(ipaddress.ip_network((int(sender), 64), strict=False).network_address)
    return "unknown" if sender is None else str(sender)
