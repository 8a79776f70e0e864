"""Calendar feeds and single dates, as calendar programs fetch them (calendar-rules 10)."""

from __future__ import annotations

from datetime import date, timedelta

import icalendar
import pytest
import sqlalchemy as sa
import time_machine

from scheduler.clock import now
from scheduler.collect import links
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Invitation, Purpose
from tests.builders import a_pair, a_session, a_venue, an_event
from tests.invite.plans import a_plan
from tests.invite.readers import by_icalendar, by_vobject
from tests.queries import queries_sent
from tests.web.page import words


@pytest.fixture
def sessions(programme):
    event = an_event(programme, title="Workshop 1")
    return [a_session(event, f"2027-0{month}-23 09:30", venue=a_venue(programme)) for month in (3, 4)]


@pytest.fixture
def pair(programme):
    return a_pair(programme)


def publish(programme, *placements):
    publishing.publish(a_plan(programme, placements), by=None)
    outbox.send_due()


def feed_of(person):
    address = f"/calendar/{links.token_of(person, Purpose.CALENDAR)}.ics"
    db.session.commit()
    return address


def get(visitor, address, method="GET", **headers):
    db.session.commit()
    with visitor.app.app_context():
        return visitor.client.open(address, method=method, base_url=visitor.app.settings.origin, headers=headers)


def test_a_feed_holds_a_persons_own_dates_and_nobodys_address(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]), (a_pair(programme), sessions[1]))

    answer = get(visitor, feed_of(pair.director))

    (read,) = by_icalendar(answer.data)
    assert by_vobject(answer.data) == [read]
    assert (read.start, read.end) == (sessions[0].starts_at, sessions[0].ends_at)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert b"@trust.example" not in answer.data
    assert programme.name in str(icalendar.Calendar.from_ical(answer.data)["name"])


def test_a_feed_sets_no_cookie_is_never_packed_and_asks_to_be_checked(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))

    answer = get(visitor, feed_of(pair.director), **{"Accept-Encoding": "gzip"})

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers
    assert "Content-Encoding" not in answer.headers
    assert not answer.headers["ETag"].startswith("W/")


def test_the_bytes_and_the_tag_stay_until_the_dates_change(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)
    first = get(visitor, address)
    publish(programme, (pair, sessions[0]))
    same = get(visitor, address)

    publish(programme, (pair, sessions[1]))
    moved = get(visitor, address)

    assert (first.data, first.headers["ETag"]) == (same.data, same.headers["ETag"])
    assert moved.headers["ETag"] != first.headers["ETag"]
    assert len(by_icalendar(moved.data)) == 1


def test_a_program_that_has_it_gets_304_and_the_tag_outranks_the_date(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)
    first = get(visitor, address)
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]

    asked = [
        get(visitor, address, **{"If-None-Match": tag}),
        get(visitor, address, **{"If-Modified-Since": date}),
        get(visitor, address, **{"If-None-Match": '"other"', "If-Modified-Since": date}),
        get(visitor, address, **{"If-None-Match": tag, "If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}),
    ]

    assert [answer.status_code for answer in asked] == [304, 304, 200, 304]
    assert asked[0].data == b""
    assert asked[0].headers["ETag"] == tag


def test_head_is_get_without_the_body(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)

    got, head = get(visitor, address), get(visitor, address, "HEAD")

    assert head.data == b""
    names = "ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control"
    assert {name: head.headers[name] for name in names} == {name: got.headers[name] for name in names}


def test_who_has_no_dates_gets_a_whole_empty_calendar(visitor, programme, pair):
    answer = get(visitor, feed_of(pair.director))

    assert answer.status_code == 200
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert calendar.walk("VEVENT") == []
    assert len(calendar.walk("VTIMEZONE")) == 1


def test_a_renewed_link_is_gone_at_once_and_another_purpose_opens_nothing(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)
    tag = get(visitor, address).headers["ETag"]
    page = links.token_of(pair.director, Purpose.PAGE)

    links.renew(pair.director, Purpose.CALENDAR, by=None)

    assert get(visitor, address, **{"If-None-Match": tag}).status_code == 410
    assert get(visitor, feed_of(pair.director)).status_code == 200
    assert get(visitor, f"/calendar/{page}.ics").status_code == get(visitor, "/calendar/rubbish.ics").status_code == 404


def test_the_page_for_subscribing_has_both_kinds_of_address_and_the_steps_of_each_program(visitor, pair):
    address = feed_of(pair.director)

    page = visitor.get(f"/p/{links.token_of(pair.director, Purpose.PAGE)}/calendar")

    assert page.form_values == {}
    (field,) = page.select("#feed")
    assert field["value"] == f"{visitor.app.settings.origin}{address}"
    assert page.links["Subscribe on this device"] == field["value"].replace("http://", "webcal://")
    assert {words(program) for program in page.select("summary")} == {
        "iPhone and iPad",
        "Calendar on a Mac",
        "Outlook on the web and new Outlook",
        "Outlook for Windows (classic)",
        "Google Calendar",
        "Thunderbird",
    }
    assert "Use this or the invitations we email, not both" in page.text
    assert "Google Calendar looks every 8 to 24 hours" in page.text


def test_a_new_address_from_the_page_ends_the_old_one(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)
    page = f"/p/{links.token_of(pair.director, Purpose.PAGE)}/calendar"

    shown = visitor.post(page)

    assert shown.said.startswith("You have a new address. The old one no longer works")
    (field,) = shown.select("#feed")
    new = field["value"].removeprefix(visitor.app.settings.origin)
    assert (get(visitor, address).status_code, get(visitor, new).status_code) == (410, 200)
    assert visitor.get(page).select("#feed")[0]["value"] == field["value"]


def test_whoever_has_no_address_yet_makes_one_and_looking_makes_none(visitor, pair):
    page = f"/p/{links.renew(pair.director, Purpose.PAGE, by=None)}/calendar"
    assert visitor.get(page).buttons == ["Make my address"]
    assert links.known_url(pair.director, Purpose.CALENDAR) is None

    shown = visitor.post(page)

    assert shown.select("#feed")[0]["value"] == links.known_url(pair.director, Purpose.CALENDAR)


def test_a_reminder_and_whole_days_are_part_of_the_address_and_of_the_tag(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    page = f"/p/{links.token_of(pair.director, Purpose.PAGE)}/calendar"

    shown = visitor.get(f"{page}?remind=2-hours&whole-days=yes")

    address = shown.select("#feed")[0]["value"].removeprefix(visitor.app.settings.origin)
    assert address == f"{feed_of(pair.director)}?remind=2-hours&whole-days=yes"
    plain, wished = get(visitor, feed_of(pair.director)), get(visitor, address)
    assert plain.headers["ETag"] != wished.headers["ETag"]
    (read,) = by_icalendar(wished.data)
    assert [read] == by_vobject(wished.data)
    assert (read.start, read.end) == (date(2027, 3, 23), date(2027, 3, 24))
    assert b"TRIGGER:-PT2H" in wished.data
    assert b"VALARM" not in plain.data


def test_wishes_that_nobody_offers_break_no_feed(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)

    asked = get(visitor, f"{address}?remind=%00&whole-days=&_=123")

    assert (asked.status_code, asked.data) == (200, get(visitor, address).data)


def test_a_date_that_is_over_stays_for_the_year_of_the_programme(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)
    before = get(visitor, address)

    with time_machine.travel(sessions[0].ends_at + timedelta(days=365)):
        a_year_later = get(visitor, address)

    assert (a_year_later.data, a_year_later.headers["ETag"]) == (before.data, before.headers["ETag"])


def test_a_date_taken_out_is_left_out_rather_than_struck_through(visitor, programme, sessions, pair):
    other = a_session(an_event(programme), "2027-05-11 09:30")
    publish(programme, (pair, sessions[0]), (pair, other))
    address = feed_of(pair.director)
    since = get(visitor, address).headers["Last-Modified"]

    with time_machine.travel(now() + timedelta(minutes=5)):
        publish(programme, (pair, other))
        answer = get(visitor, address, **{"If-Modified-Since": since})

    assert [read.start for read in by_icalendar(answer.data)] == [other.starts_at]
    assert b"CANCELLED" not in answer.data


def test_while_the_database_is_away_nothing_is_served_rather_than_less(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    address = feed_of(pair.director)
    with sa.create_engine(visitor.app.settings.database).begin() as other:
        other.execute(sa.text("ALTER TABLE invitation RENAME TO elsewhere"))

    away = get(visitor, address)

    assert away.status_code == 503
    assert away.headers["Retry-After"] == "300"
    assert b"BEGIN:VCALENDAR" not in away.data


def test_a_feed_costs_the_same_few_reads_however_many_dates(visitor, programme, pair):
    asked = []
    for dates in (1, 3):
        held = [(pair, a_session(an_event(programme))) for _ in range(dates)]
        publish(programme, *held)
        address = feed_of(pair.director)
        with queries_sent() as statements:
            get(visitor, address)
        asked.append(len(statements))

    assert asked[0] == asked[1] == 3


def test_one_date_is_a_file_under_the_uid_of_its_invitation(visitor, programme, sessions, pair):
    publish(programme, (pair, sessions[0]))
    held = db.session.scalars(sa.select(Invitation).where(Invitation.person_id == pair.director.id)).one()
    others = db.session.scalars(sa.select(Invitation.id).where(Invitation.person_id == pair.manager.id)).one()
    page = f"/p/{links.token_of(pair.director, Purpose.PAGE)}/dates"

    answer = get(visitor, f"{page}/{held.id}.ics")

    (read,) = by_icalendar(answer.data)
    assert (read.uid, read.method, read.attendee) == (held.uid, "PUBLISH", "")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="convene-23-march-2027.ics"'
    assert get(visitor, f"{page}/{others}.ics").status_code == 404
