"""Appointments and mailboxes to begin a test with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scheduler.invite.calendars import Appointment, Times
from scheduler.mailboxes import Mailbox
from scheduler.wall_times import aware

STAMPED = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
PROGRAMME = Mailbox("R&D leaders", "programme@leaders.example")
ANN = Mailbox("Ann Example", "ann@trust.example")
UID = "0d4c1f1e-7a2b-4c55-9f0a-3f6d7b1f2a10@convene.example"


def wall(text: str) -> datetime:
    """A wall time, as an organiser types it: no zone yet."""
    return datetime.fromisoformat(text)


def times(local: str, time_zone: str, hours: float = 7) -> Times:
    """From a wall time in a zone, for so many hours that really pass."""
    start = aware(wall(local), time_zone)
    return Times(start, start + timedelta(hours=hours), time_zone)


def appointment(**different: object) -> Appointment:
    """Workshop 1 in Leeds, 9:30am on Tuesday 12 January 2027, with whatever a test wants different."""
    usual = Appointment(
        uid=UID,
        sequence=0,
        stamped=STAMPED,
        created=STAMPED,
        when=times("2027-01-12 09:30", "Europe/London"),
        summary="Workshop 1",
        description="Tuesday 12 January 2027, 9:30am to 4:30pm, London time\nRoom 2, 1 The Headrow, Leeds",
        location="Room 2, 1 The Headrow, Leeds, LS1 1AA",
        url="https://convene.example/e/workshop-1",
    )
    return replace(usual, **different)
