"""Venues as an organiser keeps them: where they are, what is held there, and what a change means for who goes there."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import now
from scheduler.collect.events import SavedMeanwhile, VenueDetails
from scheduler.extensions import db
from scheduler.models import AuditEntry, Invitation, Organiser, Programme, Session, Venue, record
from scheduler.transaction import transaction


@dataclass(frozen=True)
class VenueUse:
    """A venue with how many dates are held there, and how many people were told of a place there that lies ahead."""

    venue: Venue
    dates: int
    people: int


def venues_of(programme: Programme) -> list[VenueUse]:
    """Every venue of a programme by name, in three queries however many there are."""
    venues = db.session.scalars(
        sa.select(Venue).where(Venue.programme_id == programme.id).order_by(Venue.name, Venue.id)
    ).all()
    dates = dict(
        db.session.execute(
            sa.select(Session.venue_id, sa.func.count())
            .where(Session.programme_id == programme.id, Session.withdrawn_at.is_(None))
            .group_by(Session.venue_id)
        ).all()
    )
    people = dict(
        db.session.execute(
            sa.select(Session.venue_id, sa.func.count(sa.distinct(Invitation.person_id)))
            .join(Session, Session.id == Invitation.session_id)
            .where(Invitation.programme_id == programme.id, *_ahead())
            .group_by(Session.venue_id)
        ).all()
    )
    return [VenueUse(venue, dates.get(venue.id, 0), people.get(venue.id, 0)) for venue in venues]


def people_told_of(venue: Venue) -> int:
    """How many people hold an invitation to a date at a venue that lies ahead."""
    return (
        db.session.scalar(
            sa.select(sa.func.count(sa.distinct(Invitation.person_id)))
            .join(Session, Session.id == Invitation.session_id)
            .where(Session.venue_id == venue.id, *_ahead())
        )
        or 0
    )


def change_venue(venue: Venue, details: VenueDetails, *, elsewhere: bool, version: int, by: Organiser) -> None:
    """Change a venue. Nobody is told by this: the next publication tells those whose place it concerns.

    ``elsewhere``: it is another place under the same entry, so that who has a place there is asked again; else it is
    the same place in other words, and answers stay (calendar-rules 23 and 24). Raises SavedMeanwhile.
    """
    if venue.version != version:
        raise SavedMeanwhile
    try:
        with transaction() as tx:
            for name, value in asdict(details).items():
                setattr(venue, name, value)
            if elsewhere:
                # What was told was of a place that is no longer this one: by that a publication knows.
                told = sa.update(Invitation).where(Invitation.venue_id == venue.id).values(venue_id=None)
                tx.execute(told.execution_options(synchronize_session=False))
            tx.flush()
            record("venue.changed", programme=venue.programme, by=by, thing=venue.name)
    except StaleDataError:
        raise SavedMeanwhile from None


def last_change(venue: Venue) -> AuditEntry | None:
    """Who changed a venue of this name last, and when."""
    return db.session.scalar(
        sa.select(AuditEntry)
        .where(
            AuditEntry.programme_id == venue.programme_id,
            AuditEntry.what.in_(("venue.changed", "venue.added")),
            AuditEntry.thing == venue.name,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )


def _ahead() -> tuple[sa.ColumnElement[bool], ...]:
    return Invitation.cancelled_at.is_(None), Invitation.ends_at > now()
