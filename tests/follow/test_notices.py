"""The mails of the day before and of the morning after: who gets which, when, and once."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import time_machine

from scheduler.extensions import db
from scheduler.follow import notices
from scheduler.models import Apology, NoticeKind, OutboxMessage, WhoComes
from tests.builders import a_venue, an_organiser, attended, keep


def letters():
    return db.session.scalars(db.select(OutboxMessage).order_by(OutboxMessage.id)).all()


def said_to(letter):
    body = message_from_bytes(letter.body, policy=default).get_body(("plain",))
    return body.get_content()


def at(session, *, days, clock):
    hour, minute = map(int, clock.split(":"))
    moment = session.local_start.replace(hour=hour, minute=minute, second=0) + timedelta(days=days)
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize(
    ("days", "clock", "sent"), [(-2, "12:00", 0), (-1, "09:59", 0), (-1, "10:00", 2), (-1, "23:59", 2), (0, "00:01", 0)]
)
def test_who_has_a_place_is_written_to_on_the_day_before_by_the_sessions_clock(under_way, barts, days, clock, sent):
    with at(under_way, days=days, clock=clock):
        notices.send_due()

    assert len(letters()) == sent


def test_each_is_written_to_once_and_none_who_sent_apologies(under_way, barts):
    under_way.venue = a_venue(under_way.programme)
    keep(Apology(programme=under_way.programme, session=under_way, person=barts.manager, who_comes=WhoComes.NOBODY))
    with at(under_way, days=-1, clock="10:00"):
        notices.send_due()
        notices.send_due()

    [letter] = letters()
    assert (letter.to_address, letter.kind) == (barts.director.email, "day-before")
    assert letter.subject == "Tomorrow: Workshop 1, 9:30am, Leeds"
    assert "- Tuesday 12 January 2027, 9:30am to 4:30pm" in said_to(letter)
    assert "Call 020 7946 0000." in said_to(letter)


def test_who_came_is_thanked_the_morning_after_with_whom_they_met_and_their_certificate(under_way, barts, leeds):
    attended(barts.director, under_way)
    attended(barts.manager, under_way, "absent")
    attended(leeds.director, under_way, "deputy", deputy_name="Sam Shah")
    with at(under_way, days=1, clock="08:59"):
        notices.send_due()
        assert letters() == []
    with at(under_way, days=1, clock="09:00"):
        notices.send_due()
        notices.send_due()

    [letter] = letters()
    assert (letter.to_address, letter.kind) == (barts.director.email, "thank-you")
    assert "1 Trust was there besides yours:" in said_to(letter)
    assert f"- {leeds.trust.name}" in said_to(letter)
    assert f"/certificate/{under_way.id}" in said_to(letter)


def test_nobody_is_thanked_where_no_attendance_was_taken_or_it_is_long_ago(under_way, barts):
    with at(under_way, days=1, clock="12:00"):
        notices.send_due()
    attended(barts.director, under_way)
    with at(under_way, days=8, clock="12:00"):
        notices.send_due()

    assert letters() == []


def test_owners_switch_each_kind_off_and_on_again(under_way, barts):
    owner = an_organiser(under_way.programme)
    notices.switch(under_way.programme, [NoticeKind.THANK_YOU], by=owner)
    with at(under_way, days=-1, clock="12:00"):
        notices.send_due()
        assert letters() == []

        assert notices.switch(under_way.programme, list(NoticeKind), by=owner)
        assert not notices.switch(under_way.programme, list(NoticeKind), by=owner)
        notices.send_due()

    assert {letter.person_id for letter in letters()} == {barts.director_id, barts.manager_id}


def test_a_session_that_was_withdrawn_is_not_written_about(under_way, barts):
    under_way.withdrawn_at = under_way.starts_at - timedelta(days=3)
    with at(under_way, days=-1, clock="12:00"):
        notices.send_due()

    assert letters() == []
