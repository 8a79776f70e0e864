"""What to prepare for: access and dietary needs of the people invited to each session that is still to come."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import AccessNeeds, Invitation, Person, Programme, Session


def needs_by_session(programme: Programme) -> list[tuple[Session, list[AccessNeeds]]]:
    """The sessions to come with the needs of who is invited, the next first; those with none are left out."""
    rows = db.session.execute(
        sa.select(Session, AccessNeeds)
        .join(Invitation, Invitation.session_id == Session.id)
        .join(AccessNeeds, AccessNeeds.person_id == Invitation.person_id)
        .join(Person, Person.id == AccessNeeds.person_id)
        .where(Session.programme_id == programme.id, Invitation.cancelled_at.is_(None), Session.ends_at > now())
        .options(joinedload(Session.event), joinedload(Session.venue), joinedload(AccessNeeds.person))
        .order_by(Session.starts_at, Session.id, Person.name, Person.id)
    )
    found: dict[Session, list[AccessNeeds]] = defaultdict(list)
    for session, needs in rows:
        found[session].append(needs)
    return list(found.items())
