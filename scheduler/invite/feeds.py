"""What a person's calendar program fetches: their own feed, and single dates as files (calendar-rules 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from scheduler import __version__, formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import calendars
from scheduler.invite.calendars import Appointment
from scheduler.invite.invitations import appointment_of
from scheduler.models import AuditEntry, Invitation, Person, Session

# Past dates stay for the programme's year, or they vanish from people's diaries.
PAST_STAYS = timedelta(days=400)


@dataclass(frozen=True)
class Feed:
    """A feed as it is served. Its bytes depend on its content alone, so the ETag is strong, and known before them."""

    name: str
    time_zone: str
    entries: tuple[Appointment, ...]
    last_modified: datetime

    @property
    def etag(self) -> str:
        """A tag that differs where the bytes would: they follow from these values and the version that writes them."""
        told = (__version__, self.name, self.time_zone, self.entries)
        return sha256(repr(told).encode()).hexdigest()[:32]

    @property
    def body(self) -> bytes:
        """The calendar; for who has no dates a whole, empty one."""
        return calendars.feed(self.entries, name=self.name, time_zone=self.time_zone)


def feed_of(person: Person) -> Feed:
    """The published dates of a person."""
    held = dates_of(person)
    programme = person.programme
    published = db.session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.programme_id == programme.id, AuditEntry.what == "plan.published"
        )
    )
    # No feed changes but by a publication, be it by taking a date out.
    changed = [invitation.dtstamp for invitation in held] + [published or programme.created_at]
    entries = tuple(appointment_of(invitation) for invitation in held)
    return Feed(programme.name, programme.time_zone, entries, max(changed))


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
