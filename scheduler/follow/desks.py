"""Who may mark attendance, and when: organisers from the session's day on, helpers by a link of that day alone."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.collect.links import TOKEN_BYTES, LinkRevoked, LinkUnknown, hash_of, origin
from scheduler.extensions import db
from scheduler.models import CheckInLink, Organiser, Session, record
from scheduler.text import clean_line
from scheduler.transaction import transaction


class NotItsDay(Exception):
    """A helper's link is asked for before or after the day of its session; ``link`` says which."""

    def __init__(self, link: CheckInLink) -> None:
        super().__init__()
        self.link = link

    @property
    def is_over(self) -> bool:
        """Whether the day has passed."""
        return now() >= day_of(self.link.session)[1]


@dataclass(frozen=True)
class Desk:
    """Whose hand marks at a session: an organiser's, or a helper's by their link."""

    session: Session
    organiser: Organiser | None = None
    link: CheckInLink | None = None

    @property
    def is_open(self) -> bool:
        """Whether people can be marked as here now: from the morning of the day on, unless it was withdrawn."""
        return self.session.withdrawn_at is None and now() >= day_of(self.session)[0]


def day_of(session: Session) -> tuple[datetime, datetime]:
    """From when until when it is the session's day by its own clock; of one over several days, all of them."""
    zone = ZoneInfo(session.time_zone)
    first = session.local_start.date()
    # An end at midnight belongs to the day before.
    last = (session.local_end - timedelta(microseconds=1)).date()
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(last + timedelta(days=1), time(), zone),
    )


def make_link(session: Session, helper: str, *, by: Organiser) -> CheckInLink:
    """A link by which one helper marks at one session."""
    nonce = secrets.token_hex(TOKEN_BYTES)
    with transaction() as tx:
        link = CheckInLink(
            programme_id=session.programme_id,
            session=session,
            helper=clean_line(helper),
            nonce=nonce,
            token_hash=hash_of(_token_from(nonce)),
            made_by=by,
        )
        tx.add(link)
        record("check-in.link-made", programme=session.programme, by=by, thing=session.event.title)
    return link


def revoke_link(link: CheckInLink, *, by: Organiser) -> None:
    """End a helper's link at once; what was marked by it stays."""
    with transaction():
        if link.revoked_at is None:
            link.revoked_at = now()
            session = link.session
            record("check-in.link-revoked", programme=session.programme, by=by, thing=session.event.title)


def links_of(session: Session) -> list[CheckInLink]:
    """The helpers' links of a session that were not taken back."""
    found = sa.select(CheckInLink).where(CheckInLink.session_id == session.id, CheckInLink.revoked_at.is_(None))
    return list(db.session.scalars(found.order_by(CheckInLink.id)))


def token_of(link: CheckInLink) -> str | None:
    """The token of a link; None after a change of the signing key, when it cannot be made again."""
    token = _token_from(link.nonce)
    return token if hmac.compare_digest(hash_of(token), link.token_hash) else None


def url_of(link: CheckInLink) -> str | None:
    """The address of a helper's link."""
    token = token_of(link)
    return f"{origin()}/check-in/{token}" if token else None


def desk_of(token: str) -> Desk:
    """The desk that a helper's link opens.

    Raises LinkUnknown, LinkRevoked once it was taken back, and NotItsDay before and after its session's day.
    """
    return _opened(_found(CheckInLink.token_hash == hash_of(token)))


def desk_by_link(link_id: int) -> Desk:
    """The desk of a link that this browser has opened before; raises as ``desk_of`` does."""
    return _opened(_found(CheckInLink.id == link_id))


def _found(condition: sa.ColumnElement[bool]) -> CheckInLink | None:
    wanted = sa.select(CheckInLink).where(condition)
    return db.session.scalar(wanted.options(joinedload(CheckInLink.session).joinedload(Session.event)))


def _opened(link: CheckInLink | None) -> Desk:
    if link is None:
        raise LinkUnknown
    if link.revoked_at is not None:
        raise LinkRevoked
    first, end = day_of(link.session)
    if not first <= now() < end:
        raise NotItsDay(link)
    return Desk(link.session, link=link)


def _token_from(nonce: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, f"check-in link:{nonce}".encode(), "sha256")
    return b32encode(digest[:TOKEN_BYTES]).decode().lower()
