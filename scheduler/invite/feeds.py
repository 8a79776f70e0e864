"""What a person's calendar program fetches: their own feed, and single dates as files (calendar-rules 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import calendars
from scheduler.invite.invitations import appointment_of
from scheduler.models import Invitation, Person, Session

# Past dates stay for the programme's year, or they vanish from people's diaries.
PAST_STAYS = timedelta(days=400)


@dataclass(frozen=True)
class Feed:
    """A feed as it is served: its bytes depend on its content alone, so that the ETag is strong."""

    body: bytes
    etag: str
    last_modified: datetime


def feed_of(person: Person) -> Feed:
    """The published dates of a person as they were last told of them; who has none gets a whole, empty calendar."""
    held = dates_of(person)
    body = calendars.feed(
        [appointment_of(invitation) for invitation in held],
        name=person.programme.name,
        time_zone=person.programme.time_zone,
    )
    changed = max((invitation.dtstamp for invitation in held), default=person.programme.created_at)
    return Feed(body, sha256(body).hexdigest()[:32], max(changed, _last_taken_out(person) or changed))


def dates_of(person: Person) -> list[Invitation]:
    """A person's living invitations, earliest first, those long past left out."""
    return list(
        db.session.scalars(
            select(Invitation)
            .where(
                Invitation.person_id == person.id,
                Invitation.cancelled_at.is_(None),
                Invitation.ends_at > now() - PAST_STAYS,
            )
            .options(joinedload(Invitation.session).joinedload(Session.event))
            .order_by(Invitation.starts_at, Invitation.id)
        )
    )


def date_file(person: Person, invitation_id: int) -> tuple[str, bytes] | None:
    """One date of a person as a file, with its name; None where they hold no such date."""
    held = next((invitation for invitation in dates_of(person) if invitation.id == invitation_id), None)
    if held is None:
        return None
    day = formatting.day(held.starts_at, held.time_zone, weekday=False).replace(" ", "-").lower()
    return f"convene-{day}.ics", calendars.download(appointment_of(held))


def _last_taken_out(person: Person) -> datetime | None:
    """When a date was last taken out of the feed: Last-Modified must not go back then."""
    return db.session.scalar(
        select(Invitation.cancelled_at)
        .where(Invitation.person_id == person.id, Invitation.cancelled_at.is_not(None))
        .order_by(Invitation.cancelled_at.desc())
        .limit(1)
    )
