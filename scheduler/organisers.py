"""Who runs programmes, and how they get in: a link that is mailed or printed, spent once, then a stay held here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from scheduler import words
from scheduler.clock import now
from scheduler.collect.links import hash_of, origin
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.mailboxes import address_of
from scheduler.models import LogIn, Organiser, OrganiserRole, Programme, Role, SignInLink, record
from scheduler.transaction import transaction

MAILED_LINK_LASTS = timedelta(minutes=10)  # ASVS 6.5.5
PRINTED_LINK_LASTS = timedelta(hours=12)  # on the operator's own terminal
IDLE_STAY_LASTS = timedelta(hours=8)
STAY_LASTS = timedelta(days=7)
MAILS_ARE_COUNTED_FOR = timedelta(minutes=15)
MOST_MAILS = 3
TOKEN_BYTES = 24
SEEN_AGAIN_AFTER = timedelta(minutes=5)


class LinkSpent(Exception):
    """The log-in link was used, has run out, was replaced, or never was."""


class LastOwner(Exception):
    """A programme keeps one owner at least."""


class HasRole(Exception):
    """The organiser has a role in the programme already."""

    def __init__(self, organiser: Organiser) -> None:
        super().__init__(organiser.name)
        self.organiser = organiser


class RoleChangedMeanwhile(Exception):
    """Somebody else has changed the role since it was read; ``role`` is the one that stands, None for none."""

    def __init__(self, role: Role | None) -> None:
        super().__init__(role)
        self.role = role


@dataclass(frozen=True)
class Stay:
    """A log-in that has just begun: ``token`` goes into the browser's cookie, its hash stays here."""

    organiser: Organiser
    token: str


def add_organiser(
    email: str, *, name: str = "", programme: Programme | None = None, role: Role = Role.OWNER
) -> Organiser:
    """An organiser with this address, made where there is none, and their role in the programme where one is given.

    Raises mailboxes.AddressRefused.
    """
    address = address_of(email)
    with transaction() as tx:
        organiser = tx.scalar(sa.select(Organiser).where(Organiser.email == address))
        if organiser is None:
            organiser = Organiser(email=address, name=name or address.partition("@")[0])
            tx.add(organiser)
            tx.flush()
        if programme is not None:
            set_role(organiser, programme, role)
    return organiser


def let_in(email: str, name: str, programme: Programme, role: Role, *, by: Organiser) -> Organiser:
    """Give somebody new a role in a programme, and tell them by mail. Raises mailboxes.AddressRefused, HasRole."""
    with transaction():
        known = organiser_at(address_of(email))
        if known is not None and any(held.programme_id == programme.id for held in known.roles):
            raise HasRole(known)
        organiser = known or add_organiser(email, name=name)
        set_role(organiser, programme, role, by=by)
        queue_letter(
            "let-in",
            to=organiser,
            subject=f"You can work on {programme.short_name} in Convene",
            programme=programme,
            by=by.name,
            role=words.ROLES[role.value],
            url=f"{origin()}/sign-in",
        )
    return organiser


def roles_in(programme: Programme) -> list[OrganiserRole]:
    """Who has a role in a programme, by name."""
    held = (
        sa.select(OrganiserRole)
        .join(OrganiserRole.organiser)
        .where(OrganiserRole.programme_id == programme.id)
        .options(contains_eager(OrganiserRole.organiser))
        .order_by(Organiser.name, Organiser.id)
    )
    return list(db.session.scalars(held))


def set_role(
    organiser: Organiser,
    programme: Programme,
    role: Role | None,
    *,
    by: Organiser | None = None,
    was: Role | None = None,
) -> None:
    """Give an organiser a role in a programme, or with None take it away.

    Raises LastOwner; RoleChangedMeanwhile where ``was`` is given and is not the role they hold.
    """
    with transaction() as tx:
        # Two owners who demote each other at once must not both find the other still there.
        tx.get(Programme, programme.id, with_for_update=True, populate_existing=True)
        held = tx.scalar(
            sa.select(OrganiserRole).where(
                OrganiserRole.programme_id == programme.id, OrganiserRole.organiser_id == organiser.id
            )
        )
        if was is not None and (held is None or held.role is not was):
            raise RoleChangedMeanwhile(held.role if held else None)
        if role is None:
            if held is not None:
                tx.delete(held)
        elif held is None:
            tx.add(OrganiserRole(programme_id=programme.id, organiser_id=organiser.id, role=role))
        else:
            held.role = role
        tx.flush()
        if (held is not None or role is not None) and not _has_owner(programme):
            raise LastOwner
        record("role.set", programme=programme, by=by, thing=organiser.name, role=role.value if role else None)


def mailed_link(organiser: Organiser) -> str:
    """A new log-in address to be mailed; earlier ones end."""
    with transaction() as tx:
        tx.execute(
            sa.update(SignInLink)
            .where(SignInLink.organiser_id == organiser.id, SignInLink.used_at.is_(None))
            .values(used_at=now())
        )
        return _make_link(organiser, MAILED_LINK_LASTS)


def printed_link(organiser: Organiser) -> str:
    """A new log-in address for the terminal of whoever runs this machine."""
    with transaction():
        return _make_link(organiser, PRINTED_LINK_LASTS)


def may_be_mailed(organiser: Organiser) -> bool:
    """Whether fewer than three links were made for this organiser in the last 15 minutes."""
    since = now() - MAILS_ARE_COUNTED_FOR
    made = sa.select(sa.func.count()).where(SignInLink.organiser_id == organiser.id, SignInLink.made_at > since)
    return (db.session.scalar(made) or 0) < MOST_MAILS


def organiser_at(address: str) -> Organiser | None:
    """The organiser with this address, written in any case."""
    return db.session.scalar(sa.select(Organiser).where(Organiser.email == address.strip().lower()))


def mail_log_in_link(address: str) -> None:
    """Mail a link to whoever has this address, if anyone has and was not sent three lately; the worker's part of
    "Email me a log-in link", so that the page takes the same time for every address."""
    organiser = organiser_at(address)
    if organiser is None or not may_be_mailed(organiser):
        return
    minutes = int(MAILED_LINK_LASTS.total_seconds() // 60)
    with transaction():
        queue_letter(
            "log-in-link",
            to=organiser,
            subject="Your Convene link",
            programme=None,
            kind="log-in",
            url=mailed_link(organiser),
            minutes=minutes,
        )


def link_is_fresh(token: str) -> bool:
    """Whether a log-in link would still work; changes nothing, so fit for a GET."""
    return db.session.scalar(sa.select(SignInLink.id).where(*_fresh(token))) is not None


def link_was_made(token: str) -> bool:
    """Whether there ever was such a log-in link, spent or not."""
    made = sa.select(SignInLink.id).where(SignInLink.token_hash == hash_of(token))
    return db.session.scalar(made) is not None


def log_in(token: str) -> Stay:
    """Spend a log-in link and begin a stay. Raises LinkSpent.

    One UPDATE settles who was first, on SQLite and PostgreSQL alike (abuse case A3).
    """
    with transaction() as tx:
        organiser_id = tx.scalar(
            sa.update(SignInLink).where(*_fresh(token)).values(used_at=now()).returning(SignInLink.organiser_id)
        )
        if organiser_id is None:
            raise LinkSpent
        stay = secrets.token_urlsafe(TOKEN_BYTES)
        tx.add(LogIn(organiser_id=organiser_id, id_hash=hash_of(stay)))
        organiser = tx.get_one(Organiser, organiser_id)
        record("organiser.logged-in", programme=None, by=organiser, thing=organiser.name)
    return Stay(organiser, stay)


def organiser_of(stay: str) -> Organiser | None:
    """Whose stay this is; None once it ended, was idle for 8 hours, or is 7 days old."""
    found = db.session.scalar(
        sa.select(LogIn).where(LogIn.id_hash == hash_of(stay)).options(joinedload(LogIn.organiser))
    )
    if found is None or found.ended_at is not None:
        return None
    at = now()
    if at - found.seen_at > IDLE_STAY_LASTS or at - found.began_at > STAY_LASTS:
        return None
    if at - found.seen_at > SEEN_AGAIN_AFTER:
        with transaction():
            found.seen_at = at
    return found.organiser


def log_out(stay: str) -> None:
    """End a stay here, so that a copied cookie is worth nothing."""
    with transaction() as tx:
        tx.execute(sa.update(LogIn).where(LogIn.id_hash == hash_of(stay)).values(ended_at=now()))


def programmes_of(organiser: Organiser) -> list[tuple[Programme, Role]]:
    """The programmes an organiser has a role in, by name."""
    rows = db.session.execute(
        sa.select(Programme, OrganiserRole.role)
        .join(OrganiserRole, OrganiserRole.programme_id == Programme.id)
        .where(OrganiserRole.organiser_id == organiser.id)
        .order_by(Programme.name)
    )
    return [(programme, role) for programme, role in rows]


def _has_owner(programme: Programme) -> bool:
    owners = sa.select(OrganiserRole.id).where(
        OrganiserRole.programme_id == programme.id, OrganiserRole.role == Role.OWNER
    )
    return db.session.scalar(owners.limit(1)) is not None


def _make_link(organiser: Organiser, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(SignInLink(organiser_id=organiser.id, token_hash=hash_of(token), expires_at=now() + lasts))
    return f"{origin()}/sign-in/{token}"


def _fresh(token: str) -> tuple[sa.ColumnElement[bool], ...]:
    moment: datetime = now()
    return SignInLink.token_hash == hash_of(token), SignInLink.used_at.is_(None), SignInLink.expires_at > moment
