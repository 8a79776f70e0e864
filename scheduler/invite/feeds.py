"""What a person's calendar program fetches: their own feed, and single dates as files (calendar-rules 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select

from scheduler import __version__, formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import calendars
from scheduler.invite.calendars import Appointment, Days, Times
from scheduler.invite.invitations import appointment_of
from scheduler.models import AuditEntry, Invitation, Person, Programme

# Past dates stay for the programme's year, or they vanish from people's diaries.
PAST_STAYS = timedelta(days=400)
# The reminders offered, by the word for each in a feed's address.
REMINDERS = {"30-minutes": timedelta(minutes=30), "2-hours": timedelta(hours=2), "1-day": timedelta(days=1)}
# Written once rather than for each request: to write them takes longer than to run them.
_DATES = (
    select(Invitation)
    .where(
        Invitation.person_id == bindparam("person"),
        Invitation.cancelled_at.is_(None),
        Invitation.ends_at > bindparam("since"),
    )
    .order_by(Invitation.starts_at, Invitation.id)
)
# From the newest entry down: that meets a publication long before the oldest.
_LAST_PUBLICATION = (
    select(AuditEntry.at)
    .where(
        AuditEntry.programme_id == bindparam("programme"),
        or_(AuditEntry.what == "plan.published", AuditEntry.what.startswith("own-set.")),
    )
    .order_by(AuditEntry.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Wishes:
    """What a person wants of their feed. It is part of the address they subscribe to, so that nothing is stored.

    ``whole_days`` shows each date across the top of its day, for those who draw their own times into it.
    """

    remind_before: timedelta | None = None
    whole_days: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Wishes:
        """The wishes in an address; whatever else stands there is left aside, for a feed must not break by it."""
        return cls(REMINDERS.get(query.get("remind", "")), bool(query.get("whole-days")))

    @property
    def query(self) -> str:
        """What to put behind an address: "" where nothing is wished."""
        wished = [("remind", word) for word, before in REMINDERS.items() if before == self.remind_before]
        wished += [("whole-days", "yes")] if self.whole_days else []
        return f"?{urlencode(wished)}" if wished else ""


@dataclass(frozen=True)
class Feed:
    """A feed as it is served. Its bytes depend on its content alone, so the ETag is strong, and known before them."""

    name: str
    time_zone: str
    entries: tuple[Appointment, ...]
    last_modified: datetime
    wishes: Wishes = Wishes()

    @property
    def etag(self) -> str:
        """A tag that differs where the bytes would: they follow from these values and the version that writes them."""
        told = (__version__, self.name, self.time_zone, self.entries, self.wishes)
        return sha256(repr(told).encode()).hexdigest()[:32]

    @property
    def body(self) -> bytes:
        """The calendar; for who has no dates a whole, empty one."""
        entries = [_as_whole_days(entry) for entry in self.entries] if self.wishes.whole_days else self.entries
        return calendars.feed(
            entries, name=self.name, time_zone=self.time_zone, remind_before=self.wishes.remind_before
        )


def feed_of(person: Person, wishes: Wishes = Wishes()) -> Feed:
    """The published dates of a person: two reads, as thousands of programs ask every few minutes."""
    held = dates_of(person)
    programme = person.programme
    # No feed changes but by a publication or in a set that runs itself, be it by taking a date out.
    changed = [invitation.dtstamp for invitation in held] + [_last_publication(programme) or programme.created_at]
    entries = tuple(appointment_of(invitation) for invitation in held)
    return Feed(programme.name, programme.time_zone, entries, max(changed), wishes)


def dates_of(person: Person) -> list[Invitation]:
    """A person's living invitations, earliest first, those long past left out."""
    return list(db.session.scalars(_DATES, {"person": person.id, "since": now() - PAST_STAYS}))


def date_file(person: Person, invitation_id: int) -> tuple[str, bytes] | None:
    """One date of a person as a file, with its name; None where they hold no such date."""
    held = next((invitation for invitation in dates_of(person) if invitation.id == invitation_id), None)
    if held is None:
        return None
    day = formatting.day(held.starts_at, held.time_zone, weekday=False).replace(" ", "-").lower()
    return f"convene-{day}.ics", calendars.download(appointment_of(held))


def _last_publication(programme: Programme) -> datetime | None:
    """When a plan was last published, or a set that runs itself last changed something."""
    return db.session.scalar(_LAST_PUBLICATION, {"programme": programme.id})


def _as_whole_days(entry: Appointment) -> Appointment:
    """The same entry on the days its time touches, as the clocks of its own zone show them."""
    if not isinstance(entry.when, Times):
        return entry
    zone = ZoneInfo(entry.when.time_zone)
    last_moment = entry.when.end.astimezone(UTC) - timedelta(seconds=1)  # midnight is the end of a day
    days = Days(entry.when.start.astimezone(zone).date(), last_moment.astimezone(zone).date())
    return replace(entry, when=days)
