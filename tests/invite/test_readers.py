"""Three readers that know nothing of each other agree on every calendar that leaves, byte rules and all
(calendar-rules 86 and 87).

Mails are those of the outbox, feeds and downloads those of the web: what people get, not what a function returns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from scheduler.collect import links
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.calendars import Appointment, Times, feed, request
from scheduler.invite.zones import offered_zones
from scheduler.models import Invitation, OutboxMessage, Purpose
from tests.builders import a_pair, a_person, a_programme, a_session, a_venue, an_event
from tests.invite.plans import a_plan
from tests.invite.readers import Read, by_ical_js, by_icalendar, by_vobject, ical_js_is_there, lines_of, property_names
from tests.invite.samples import ANN, PROGRAMME, appointment

CHANGE_DAYS = date(2027, 3, 28), date(2027, 10, 31)
# One with the changes of the clocks, one without any, one that goes out in UTC, one half an hour off.
ZONES = "Europe/London", "Asia/Kolkata", "Asia/Jerusalem", "Australia/Lord_Howe"
needs_ical_js = pytest.mark.skipif(not ical_js_is_there(), reason="NO ICAL.JS: needs node or Chromium, and npm ci")


def agreed(objects: list[bytes]) -> list[list[Read]]:
    """What icalendar, vobject and ical.js all make of each object."""
    read = [by_icalendar(data) for data in objects]
    assert [by_vobject(data) for data in objects] == read
    assert by_ical_js(objects) == read
    return read


@dataclass(frozen=True)
class Mail:
    """A mail with a calendar, as its recipient's program takes it apart."""

    to: str
    method: str
    part: bytes


def mails() -> list[Mail]:
    """Every calendar mail of the outbox, in order."""
    db.session.rollback()
    found = []
    for row in db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)):
        mail = message_from_bytes(row.body, policy=default)
        (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        (to,) = mail["To"].addresses
        found.append(Mail(to.addr_spec, part.get_param("method"), part.get_payload(decode=True)))
    return found


@pytest.fixture
def story(app):
    """Invited in four zones and for a whole day on both change days, then moved by an hour, then called off."""
    programme = a_programme(name="R&D leaders, “north”; 2027")
    person = a_person(programme, name='Zoë "Zo" O’Brien, 李🧬')
    pair = a_pair(programme, director=person, manager=None)
    sessions = [
        a_session(
            an_event(programme, title=f"Workshop; {zone}, day {day:%d}"),
            datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo(zone)),
            time_zone=zone,
            venue=a_venue(programme, name="Café „Köln“, room 2\\north"),
        )
        for zone in ZONES
        for day in CHANGE_DAYS
    ]
    sessions += [
        a_session(an_event(programme, title="Conference"), f"{day} 00:00", hours=_hours_of(day)) for day in CHANGE_DAYS
    ]
    publish(programme, pair, sessions)
    for session in sessions[: 2 * len(ZONES)]:
        session.starts_at += timedelta(hours=1)
        session.ends_at += timedelta(hours=1)
    db.session.commit()
    publish(programme, pair, sessions)
    held = [(session.starts_at, session.ends_at) for session in sessions]
    publish(programme, pair, sessions[1:])
    return programme, person, sessions, held


def by_uid(read: Read) -> str:
    return read.uid


def _hours_of(day: date) -> float:
    london = ZoneInfo("Europe/London")
    start, end = (datetime(d.year, d.month, d.day, tzinfo=london) for d in (day, day + timedelta(days=1)))
    return (end.astimezone(UTC) - start.astimezone(UTC)) / timedelta(hours=1)


def publish(programme, pair, sessions):
    publishing.publish(a_plan(programme, [(pair, session) for session in sessions]), by=None)
    outbox.send_due()


@needs_ical_js
def test_three_readers_agree_on_every_mail_and_find_what_the_database_holds(story):
    _, person, sessions, held = story
    sent = mails()

    read = [event for (event,) in agreed([mail.part for mail in sent])]

    assert [(mail.method, each.sequence) for mail, each in zip(sent, read, strict=True)] == [
        *[("REQUEST", 0)] * 10,
        *[("REQUEST", 1)] * 8,
        ("CANCEL", 2),
    ]
    assert {(each.attendee, each.method) for each in read} == {(f"mailto:{person.email}", mail.method) for mail in sent}
    # The last word on each date, whatever the zone and the day.
    last = {each.uid: each for each in read}
    rows = db.session.scalars(sa.select(Invitation).where(Invitation.person_id == person.id))
    for row in rows:
        start, end = held[[session.id for session in sessions].index(row.session_id)]
        mail = last[row.uid]
        whole_day = "Conference" in mail.summary
        assert (mail.start, mail.end) == (
            (start.astimezone(ZoneInfo("Europe/London")).date(), mail.start + timedelta(days=1))
            if whole_day
            else (start, end)
        )
        assert (mail.sequence, mail.summary, mail.location) == (row.sequence, row.summary, row.location)
        assert mail.description.replace("\r", "") == row.description


@needs_ical_js
def test_three_readers_agree_on_feed_and_downloads_and_find_the_uids_of_the_mails(app, story):
    person = story[1]
    rows = db.session.scalars(sa.select(Invitation).where(Invitation.cancelled_at.is_(None))).all()
    page = f"/p/{links.token_of(person, Purpose.PAGE)}"
    addresses = [f"/calendar/{links.token_of(person, Purpose.CALENDAR)}.ics"]
    addresses += [f"{page}/dates/{row.id}.ics" for row in rows]
    client = app.test_client()

    files = [client.get(address, base_url=app.settings.origin).data for address in addresses]

    whole, *single = agreed(files)
    assert sorted(each.uid for each in whole) == sorted(row.uid for row in rows)
    assert sorted((event for (event,) in single), key=by_uid) == sorted(whole, key=by_uid)
    in_mail = {each.uid: each for mail in mails() for each in by_icalendar(mail.part)}
    for each in whole:
        mail = in_mail[each.uid]
        assert each == replace(mail, method="PUBLISH", organizer="", attendee="", cn="")
    for data in files:
        assert_bytes_keep_the_rules(data)
        assert b"mailto:" not in data
        assert b"@trust.example" not in data.replace(b"\r\n ", b"")


def test_every_calendar_part_keeps_the_byte_rules(story):
    sent = mails()

    for mail in sent:
        assert_bytes_keep_the_rules(mail.part)
        names, lines = property_names(mail.part), lines_of(mail.part)
        assert [names.count(name) for name in (b"METHOD", b"BEGIN:VEVENT", b"ATTENDEE", b"ORGANIZER")] == [1, 1, 1, 1]
        assert f"METHOD:{mail.method}".encode() in lines
        (attendee,) = [line for line in lines if line.startswith(b"ATTENDEE")]
        assert attendee.endswith(f":mailto:{mail.to}".encode())
        # No address but the two, and a UID is none.
        assert b"".join(lines).count(b"mailto:") == 2
        others = [line for line in lines if b"@" in line and not line.startswith((b"ATTENDEE", b"ORGANIZER", b"UID"))]
        assert [line for line in others if b"team@programme.example" not in line] == []
    assert len(sent) == 19


def assert_bytes_keep_the_rules(data: bytes) -> None:
    """CRLF alone, 75 octets a line at most, whole characters on each, no byte order mark, stamps in UTC."""
    assert data.endswith(b"\r\n")
    raw = data.removesuffix(b"\r\n").split(b"\r\n")
    assert not [line for line in raw if b"\r" in line or b"\n" in line or len(line) > 75]
    assert all(line.decode("utf-8", "strict") for line in raw)
    assert not data.startswith(b"\xef\xbb\xbf")
    stamps = [line for line in lines_of(data) if line.startswith(b"DTSTAMP")]
    assert stamps
    assert all(line.endswith(b"Z") for line in stamps)


def in_zones(zones) -> list[Appointment]:
    """A morning in each zone on both change days."""
    starts = [
        (f"{n}-{day:%m}@convene.example", datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo(zone)), zone)
        for n, zone in enumerate(zones)
        for day in CHANGE_DAYS
    ]
    return [
        appointment(uid=uid, when=Times(start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=7), zone))
        for uid, start, zone in starts
    ]


@needs_ical_js
def test_three_readers_agree_in_every_zone_offered_on_both_change_days():
    written = in_zones(offered_zones())

    read = agreed([request(each, organizer=PROGRAMME, attendee=ANN) for each in written])

    found = [(each.uid, each.start, each.end) for (each,) in read]
    assert found == [(each.uid, each.when.start, each.when.end) for each in written]
    assert len(found) == 2 * len(offered_zones()) > 800


@needs_ical_js
def test_three_readers_agree_on_one_feed_of_many_zones():
    written = in_zones(offered_zones()[::14])

    (read,) = agreed([feed(written, name="Ann", time_zone="Europe/London")])

    found = {(each.uid, each.start, each.end) for each in read}
    assert found == {(each.uid, each.when.start, each.when.end) for each in written}
