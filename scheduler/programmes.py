"""Programmes: a new one, empty, for the browser and the command line alike."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from scheduler.extensions import db
from scheduler.models import Organiser, OrganiserRole, Programme, Role, record
from scheduler.transaction import transaction

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
SLUG_FAULT = "use lower case letters, digits and hyphens. For example: leaders-2027"
NOT_SLUGS = frozenset({"new"})  # pages beside the programmes


class SlugTaken(Exception):
    """Another programme has this address."""


def add_programme(slug: str, name: str, *, short_name: str = "", by: Organiser | None = None) -> Programme:
    """Add an empty programme, which ``by`` owns. Raises SlugTaken; the slug must be one that ``is_slug``."""
    try:
        with transaction() as tx:
            if slug in NOT_SLUGS or tx.scalar(sa.select(Programme.id).where(Programme.slug == slug)):
                raise SlugTaken
            programme = Programme(slug=slug, name=name, short_name=short_name or name)
            tx.add(programme)
            tx.flush()
            if by is not None:
                tx.add(OrganiserRole(programme_id=programme.id, organiser_id=by.id, role=Role.OWNER))
            record("programme.created", programme=programme, by=by, thing=name)
    except IntegrityError:
        raise SlugTaken from None
    return programme


def is_slug(text: str) -> bool:
    """Whether a text can be a programme's part of the address."""
    return SLUG.fullmatch(text) is not None


def slug_of(name: str) -> str:
    """A name as it could stand in an address: "R&D leaders 2028" becomes "r-d-leaders-2028"."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60].strip("-")


def owns_one(organiser: Organiser) -> bool:
    """Whether an organiser owns a programme: who does may make another."""
    owned = sa.select(OrganiserRole.id).where(
        OrganiserRole.organiser_id == organiser.id, OrganiserRole.role == Role.OWNER
    )
    return db.session.scalar(owned.limit(1)) is not None


def may_be_copied_by(organiser: Organiser) -> list[Programme]:
    """The programmes whose events an organiser plans, by name: those they may make another like."""
    rows = (
        sa.select(Programme)
        .join(OrganiserRole, OrganiserRole.programme_id == Programme.id)
        .where(OrganiserRole.organiser_id == organiser.id, OrganiserRole.role.in_((Role.OWNER, Role.PLANNER)))
    )
    return list(db.session.scalars(rows.order_by(Programme.name, Programme.id)))
