from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.invite.calendars import Appointment, Days, Times, cancel, download, feed, request
from scheduler.invite.identity import organizer_address
from scheduler.invite.zones import offered_zones
from scheduler.mailboxes import Mailbox
from scheduler.wall_times import aware
from tests.invite.readers import Read, by_ical_js, by_icalendar, by_vobject, ical_js_is_there, lines_of, property_names
from tests.invite.samples import ANN, PROGRAMME, STAMPED, UID, appointment, times, wall

KEY = b"a key of thirty-two bytes or more"
ORGANIZER = organizer_address(PROGRAMME, UID, ANN.address, KEY)
WRITERS = {
    "REQUEST": lambda each: request(each, organizer=ORGANIZER, attendee=ANN),
    "CANCEL": lambda each: cancel(each, organizer=ORGANIZER, attendee=ANN),
    "PUBLISH": download,
    "feed": lambda each: feed([each], name="Ann Example", time_zone="Europe/London"),
}
ZONES = (
    "Europe/London",
    "Europe/Dublin",
    "Asia/Kolkata",
    "America/New_York",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # moves by half an hour
    "Pacific/Chatham",  # 45 minutes, and changes at 2:45am
    "Asia/Jerusalem",  # no yearly rules: goes out in UTC
    "Africa/Casablanca",
    "UTC",
)
# The days around both changes of the clocks in London and New York, and an ordinary one.
DAYS = ("2027-01-12", "2027-03-14", "2027-03-27", "2027-03-28", "2027-03-29", "2027-10-30", "2027-10-31", "2027-11-07")
EVERY_KIND = [
    pytest.param(writer, zone, day, id=f"{writer}-{zone}-{day}")
    for writer, zone, day in product(WRITERS, ZONES, DAYS)
]  # fmt: skip
READERS = {"icalendar": by_icalendar, "vobject": by_vobject}


@pytest.mark.parametrize(("writer", "zone", "day"), EVERY_KIND)
def test_every_reader_finds_what_was_written(writer, zone, day):
    written = appointment(sequence=3, when=times(f"{day} 09:30", zone))

    data = WRITERS[writer](written)

    for name, read in READERS.items():
        assert read(data) == [expected_of(written, writer)], name


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"])
def test_a_session_may_span_the_hour_in_which_the_clocks_change(writer, day):
    written = appointment(when=times(f"{day} 00:30", "Europe/London", hours=3))

    data = WRITERS[writer](written)

    for name, read in READERS.items():
        assert read(data) == [expected_of(written, writer)], name


def whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


@given(
    start=st.datetimes(wall("2025-01-01"), wall("2032-01-01"), timezones=st.just(UTC)).map(whole_minute),
    zone=st.sampled_from(offered_zones()),
    minutes=st.integers(1, 3 * 24 * 60),
)
def test_any_moment_in_any_zone_reads_back_as_itself(start, zone, minutes):
    written = appointment(when=Times(start, start + timedelta(minutes=minutes), zone))

    data = request(written, organizer=ORGANIZER, attendee=ANN)

    for name, read in READERS.items():
        assert read(data) == [expected_of(written, "REQUEST")], name


def test_an_end_that_the_clock_shows_before_its_start_is_later_on_the_night_it_goes_back():
    london = ZoneInfo("Europe/London")
    start = datetime(2027, 10, 31, 1, 30, tzinfo=london, fold=0)  # BST
    end = datetime(2027, 10, 31, 1, 15, tzinfo=london, fold=1)  # GMT, 45 minutes later

    data = request(appointment(when=Times(start, end, "Europe/London")), organizer=ORGANIZER, attendee=ANN)

    # The RFC takes a local time shown twice for its first, Windows for its second: so these go out in UTC.
    assert {b"DTSTART:20271031T003000Z", b"DTEND:20271031T011500Z"} <= set(lines_of(data))
    assert b"VTIMEZONE" not in data


@pytest.mark.parametrize("writer", WRITERS)
def test_whole_days_end_on_the_morning_after_and_have_no_zone(writer):
    written = appointment(when=Days(date(2027, 3, 27), date(2027, 3, 28)))

    data = WRITERS[writer](written)

    assert b"DTSTART;VALUE=DATE:20270327" in lines_of(data)
    assert b"DTEND;VALUE=DATE:20270329" in lines_of(data)
    assert b"X-MICROSOFT-CDO-ALLDAYEVENT:TRUE" in lines_of(data)
    assert b"VTIMEZONE" not in data
    for name, read in READERS.items():
        assert read(data) == [expected_of(written, writer)], name


@pytest.mark.skipif(not ical_js_is_there(), reason="NO ICAL.JS: needs node or Chromium, and npm ci")
def test_the_reader_behind_thunderbird_and_nextcloud_finds_what_was_written():
    summary = "Café, “R&D”; 🧬 \\n"
    kinds = [
        (appointment(sequence=3, when=times(f"{day} 09:30", zone), summary=summary), writer)
        for writer, zone, day in product(WRITERS, ZONES, DAYS)
    ]
    kinds += [(appointment(when=Days(date(2027, 3, 27), date(2027, 3, 28))), writer) for writer in WRITERS]

    read = by_ical_js([WRITERS[writer](written) for written, writer in kinds])

    assert read == [[expected_of(written, writer)] for written, writer in kinds]


def test_an_invitation_holds_these_properties_in_this_order():
    data = request(appointment(), organizer=ORGANIZER, attendee=ANN)

    head = ["BEGIN:VCALENDAR", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN:VTIMEZONE"]
    assert [name.decode() for name in property_names(data)][:6] == head
    event = lines_of(data)[lines_of(data).index(b"BEGIN:VEVENT") :]
    assert [line.decode() for line in event] == [
        "BEGIN:VEVENT",
        f"UID:{UID}",
        "SEQUENCE:0",
        "DTSTAMP:20261125T100000Z",
        "CREATED:20261125T100000Z",
        "LAST-MODIFIED:20261125T100000Z",
        "SUMMARY:Workshop 1",
        "DESCRIPTION:Tuesday 12 January 2027\\, 9:30am to 4:30pm\\, London time\\nRoom 2\\, 1 The Headrow\\, Leeds",
        "LOCATION:Room 2\\, 1 The Headrow\\, Leeds\\, LS1 1AA",
        "URL:https://convene.example/e/workshop-1",
        f'ORGANIZER;CN="R&D leaders":mailto:{ORGANIZER.address}',
        'ATTENDEE;CN="Ann Example";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE'
        ":mailto:ann@trust.example",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "DTSTART;TZID=Europe/London:20270112T093000",
        "DTEND;TZID=Europe/London:20270112T163000",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_an_update_that_keeps_its_sequence_keeps_the_answer_on_record_and_asks_nobody_again():
    data = request(appointment(summary="Workshop one"), organizer=ORGANIZER, attendee=ANN, partstat="ACCEPTED")

    assert b"PARTSTAT=ACCEPTED;RSVP=FALSE" in b"".join(lines_of(data))


def test_a_cancellation_says_so_twice_and_asks_for_no_answer():
    data = cancel(appointment(sequence=1), organizer=ORGANIZER, attendee=ANN)

    assert {b"METHOD:CANCEL", b"STATUS:CANCELLED", b"SEQUENCE:1"} <= set(lines_of(data))
    assert b"PARTSTAT" not in data
    assert b"RSVP" not in data


def test_a_person_is_never_invited_from_their_own_mailbox():
    for address in ("programme@leaders.example", "Programme@LEADERS.example", "programme+ann@leaders.example"):
        with pytest.raises(ValueError, match="Invite this person at another address"):
            request(appointment(), organizer=ORGANIZER, attendee=Mailbox("Ann", address))


@pytest.mark.parametrize("write", [download, WRITERS["feed"]])
def test_feeds_and_downloads_name_no_person(write):
    data = write(appointment())

    assert b"ATTENDEE" not in data
    assert b"ORGANIZER" not in data
    assert b"mailto:" not in data


@pytest.mark.parametrize("writer", ["REQUEST", "CANCEL", "PUBLISH"])
def test_one_appointment_is_one_event_with_one_method_and_no_address_but_the_two(writer):
    data = WRITERS[writer](appointment())

    names = property_names(data)
    assert names.count(b"BEGIN:VEVENT") == names.count(b"METHOD") == 1
    assert f"METHOD:{writer}".encode() in lines_of(data)
    if writer != "PUBLISH":
        assert names.count(b"ATTENDEE") == names.count(b"ORGANIZER") == 1
        assert data.replace(b"\r\n ", b"").count(b"mailto:") == 2


@pytest.mark.parametrize("writer", WRITERS)
def test_nothing_that_hides_or_rings_or_competes_with_sequence_goes_out(writer):
    names = set(property_names(WRITERS[writer](appointment())))

    unwanted = b"CLASS PRIORITY ATTACH RELATED-TO DURATION X-ALT-DESC X-MICROSOFT-CDO-APPT-SEQUENCE BEGIN:VALARM"
    assert names.isdisjoint(unwanted.split())


def test_a_feed_holds_every_appointment_once_in_the_order_of_their_start():
    later = appointment(uid="b@convene.example", when=times("2027-06-01 09:30", "Europe/London"))
    abroad = appointment(uid="c@convene.example", when=times("2027-03-28 09:30", "America/New_York"))
    day = appointment(uid="d@convene.example", when=Days(date(2027, 2, 1), date(2027, 2, 1)))

    one = feed([later, abroad, day, appointment()], name="Ann", time_zone="Europe/London")
    other = feed([appointment(), day, abroad, later], name="Ann", time_zone="Europe/London")

    assert one == other
    assert [event.uid for event in by_icalendar(one)] == [UID, day.uid, abroad.uid, later.uid]
    assert by_icalendar(one) == by_vobject(one)
    assert property_names(one).count(b"BEGIN:VTIMEZONE") == 2


def test_a_feed_says_its_name_its_zone_and_how_often_to_ask():
    data = feed([appointment()], name="Ann, R&D leaders", time_zone="Europe/London")

    assert lines_of(data)[4:9] == [
        b"METHOD:PUBLISH",
        b"NAME:Ann\\, R&D leaders",
        b"X-WR-CALNAME:Ann\\, R&D leaders",
        b"X-WR-TIMEZONE:Europe/London",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    assert b"X-PUBLISHED-TTL:PT1H" in lines_of(data)
    assert b"TRANSP:TRANSPARENT" in lines_of(data)


def test_a_person_with_nothing_gets_a_whole_empty_calendar():
    data = feed([], name="Ann", time_zone="Europe/London")

    assert by_icalendar(data) == by_vobject(data) == []
    assert property_names(data).count(b"BEGIN:VTIMEZONE") == 1


def test_a_reminder_is_only_in_the_feed_of_one_who_wants_it():
    data = feed([appointment()], name="Ann", time_zone="Europe/London", remind_before=timedelta(hours=2))

    assert property_names(data).count(b"BEGIN:VALARM") == 1
    assert b"TRIGGER:-PT2H" in lines_of(data)
    assert len(by_icalendar(data)) == len(by_vobject(data)) == 1


def test_an_old_and_a_new_appointment_in_one_feed_keep_their_own_offsets():
    # Paraguay gave up changing its clocks in October 2024: no one rule holds for both, so both go out in UTC.
    before = appointment(uid="a@convene.example", when=times("2024-07-01 09:30", "America/Asuncion"))
    after = appointment(uid="b@convene.example", when=times("2027-07-01 09:30", "America/Asuncion"))

    data = feed([before, after], name="Ann", time_zone="Europe/London")

    assert [event.start for event in by_icalendar(data)] == [
        datetime(2024, 7, 1, 13, 30, tzinfo=UTC),
        datetime(2027, 7, 1, 12, 30, tzinfo=UTC),
    ]


def test_parts_of_a_second_are_left_out_as_no_calendar_program_knows_them():
    late = STAMPED.replace(microsecond=999_999)

    assert request(appointment(stamped=late), organizer=ORGANIZER, attendee=ANN) == WRITERS["REQUEST"](appointment())


def test_an_appointment_that_cannot_be_is_refused():
    start = aware(wall("2027-01-12 09:30"), "Europe/London")

    with pytest.raises(ValueError, match="ends after it starts"):
        Times(start, start, "Europe/London")
    with pytest.raises(ValueError, match="must be aware"):
        Times(wall("2027-01-12 09:30"), wall("2027-01-12 16:30"), "Europe/London")
    with pytest.raises(ValueError, match="last day"):
        Days(date(2027, 1, 12), date(2027, 1, 11))
    with pytest.raises(ValueError, match="not a UID"):
        appointment(uid="1\r\nATTENDEE:mailto:x@y.example")
    with pytest.raises(ValueError, match="SEQUENCE"):
        appointment(sequence=-1)
    with pytest.raises(ValueError, match="must be aware"):
        appointment(stamped=wall("2027-01-12 09:30"))


def expected_of(written: Appointment, writer: str):
    """What a reader should find: the appointment itself, and the two people if the object is for one person."""
    when = written.when
    names_people = writer in ("REQUEST", "CANCEL")
    return Read(
        method="PUBLISH" if writer == "feed" else writer,
        uid=written.uid,
        sequence=written.sequence,
        start=when.first if isinstance(when, Days) else when.start,
        end=when.last + timedelta(days=1) if isinstance(when, Days) else when.end,
        summary=written.summary,
        description=written.description,
        location=written.location,
        organizer=f"mailto:{ORGANIZER.address}" if names_people else "",
        attendee=f"mailto:{ANN.address}" if names_people else "",
        cn=ANN.name if names_people else "",
    )
