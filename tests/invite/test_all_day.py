"""A session of whole days, from the plan to the diary: dates without times, in the mail and in the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.feeds import feed_of
from scheduler.invite.finished import read_letter
from scheduler.models import OutboxMessage
from tests.builders import a_pair, a_programme, a_session, an_event
from tests.invite.plans import a_plan, calendar_in


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def conference(programme):
    """Two whole days, with the change to summer time in the night between them."""
    session = a_session(an_event(programme, title="Conference"), "2027-03-27 00:00")
    session.ends_at = datetime(2027, 3, 28, 23, tzinfo=UTC)
    db.session.commit()
    return session


@pytest.fixture
def pair(programme):
    return a_pair(programme, manager=None)


def publish(programme, *placements):
    return publishing.publish(a_plan(programme, placements), by=None).changes


def messages():
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def entry_in(message):
    return calendar_in(message).walk("VEVENT")[0]


def test_an_invitation_has_dates_an_end_on_the_morning_after_and_no_zone(programme, pair, conference):
    publish(programme, (pair, conference))

    (message,) = messages()
    entry = entry_in(message)
    assert (entry["dtstart"].dt, entry["dtend"].dt) == (date(2027, 3, 27), date(2027, 3, 29))
    assert b"DTSTART;VALUE=DATE:20270327\r\n" in entry.to_ical()
    assert str(entry["x-microsoft-cdo-alldayevent"]) == "TRUE"
    assert calendar_in(message).walk("VTIMEZONE") == []
    letter = read_letter(message.body)
    assert "When: Saturday 27 March 2027 to Sunday 28 March 2027, all day" in letter.text
    assert dict(letter.calendar)["When"] == "Saturday 27 March 2027 to Sunday 28 March 2027, all day"


def test_whole_days_told_are_told_once_and_become_times_by_an_update(programme, pair, conference):
    publish(programme, (pair, conference))
    outbox.send_due()
    again = publish(programme, (pair, conference))
    conference.starts_at += timedelta(hours=9)
    db.session.commit()

    changed = publish(programme, (pair, conference))

    before, after = (entry_in(message) for message in messages())
    assert (again.messages, len(changed.changed)) == (0, 1)
    assert (after["uid"], after["sequence"]) == (before["uid"], 1)
    assert isinstance(after["dtstart"].dt, datetime)
    assert "x-microsoft-cdo-alldayevent" not in after


def test_a_cancellation_of_whole_days_names_the_same_days(programme, pair, conference):
    publish(programme, (pair, conference))
    outbox.send_due()
    publish(programme)

    request, cancel = (entry_in(message) for message in messages())
    assert cancel["status"] == "CANCELLED"
    assert (cancel["dtstart"].dt, cancel["dtend"].dt) == (request["dtstart"].dt, request["dtend"].dt)


def test_what_waits_is_compared_with_the_whole_days_that_were_told(programme, pair, conference):
    publish(programme, (pair, conference))
    outbox.send_due()
    conference.starts_at += timedelta(hours=9)
    db.session.commit()
    publish(programme, (pair, conference))
    conference.starts_at -= timedelta(hours=9)
    db.session.commit()

    back = publish(programme, (pair, conference))

    assert (back.messages, len(back.restored)) == (0, 1)


def test_a_feed_has_the_same_days(programme, pair, conference):
    publish(programme, (pair, conference))

    feed = feed_of(pair.director)

    assert b"DTSTART;VALUE=DATE:20270327\r\nDTEND;VALUE=DATE:20270329\r\n" in feed.body
