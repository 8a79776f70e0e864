"""Personal links: made, recognised, renewed. One token opens one purpose, and only its hash is stored."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from hashlib import sha256

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Organiser, Person, PersonalLink, Purpose, record
from scheduler.transaction import transaction

TOKEN_BYTES = 20  # 160 bits


class LinkUnknown(Exception):
    """No personal link was ever made with this token, or it was made for another purpose."""


class LinkRevoked(LinkUnknown):
    """The link was right once and has been replaced or taken back."""


def hash_of(token: str) -> str:
    """What is stored of a token. It is random, so one round of SHA-256 is enough (ASVS 6.5.3)."""
    return sha256(token.encode()).hexdigest()


def person_for(token: str, purpose: Purpose) -> Person:
    """Whose link this is. Raises LinkUnknown, or LinkRevoked once it was replaced or its person has left."""
    link = db.session.scalar(
        select(PersonalLink)
        .where(PersonalLink.token_hash == hash_of(token), PersonalLink.purpose == purpose)
        .options(joinedload(PersonalLink.person).joinedload(Person.programme))  # whoever knocks needs all three
    )
    if link is None:
        raise LinkUnknown
    if link.revoked_at is not None or link.person.left_on is not None:
        raise LinkRevoked
    return link.person


def page_url(person: Person) -> str:
    """The address of a person's own page; its first use makes the link, so never call it while answering a GET."""
    return f"{origin()}/p/{token_of(person, Purpose.PAGE)}"


def calendar_url(person: Person) -> str:
    """The address of a person's calendar feed; see ``page_url``."""
    return f"{origin()}/calendar/{token_of(person, Purpose.CALENDAR)}.ics"


def known_url(person: Person, purpose: Purpose) -> str | None:
    """The address of a living link, or None where none was made yet; changes nothing, so fit for a GET."""
    token = _living_token(person, purpose)
    if token is None:
        return None
    return f"{origin()}/p/{token}" if purpose is Purpose.PAGE else f"{origin()}/calendar/{token}.ics"


def token_of(person: Person, purpose: Purpose) -> str:
    """The token of a person's living link, making both of their links where they have none."""
    token = _living_token(person, purpose)
    if token is None:
        with transaction():
            # The page shows the feed's address, and a GET must not make it: both are made together.
            for each in Purpose:
                if _living_token(person, each) is None:
                    _make(person, each)
        token = _living_token(person, purpose)
    assert token is not None  # noqa: S101
    return token


def renew(person: Person, purpose: Purpose, *, by: Organiser | Person | None) -> str:
    """Give a person a new link and end the old one at once; returns the new token."""
    with transaction() as tx:
        for link in _living(person, purpose):
            link.revoked_at = now()
        token = _make(person, purpose)
        tx.flush()
        record("link.renewed", programme=person.programme, by=by, thing=person.name, purpose=purpose.value)
    return token


def _make(person: Person, purpose: Purpose) -> str:
    nonce = secrets.token_hex(TOKEN_BYTES)
    token = _token_from(nonce, purpose)
    db.session.add(
        PersonalLink(
            programme_id=person.programme_id,
            person=person,
            purpose=purpose,
            nonce=nonce,
            token_hash=hash_of(token),
        )
    )
    db.session.flush()
    return token


def _living(person: Person, purpose: Purpose) -> list[PersonalLink]:
    return list(
        db.session.scalars(
            select(PersonalLink)
            .where(
                PersonalLink.person_id == person.id, PersonalLink.purpose == purpose, PersonalLink.revoked_at.is_(None)
            )
            .order_by(PersonalLink.id.desc())
        )
    )


def _living_token(person: Person, purpose: Purpose) -> str | None:
    for link in _living(person, purpose):
        token = _token_from(link.nonce, purpose)
        # After a change of the signing key an old link still opens, but its token cannot be made again.
        if hmac.compare_digest(hash_of(token), link.token_hash):
            return token
    return None


def _token_from(nonce: str, purpose: Purpose) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, f"personal link:{purpose.value}:{nonce}".encode(), "sha256")
    return b32encode(digest[:TOKEN_BYTES]).decode().lower()


def origin() -> str:
    """What every address of ours begins with: a setting, never taken from a request."""
    return str(current_app.settings.origin)  # type: ignore[attr-defined]
