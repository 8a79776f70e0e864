"""Emails to organisers: at once but bundled, once for each thing, none that is turned off, and a digest with news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow import alerts, digest
from scheduler.models import AlertKind, Bounce, LogIn, MessageState, OutboxMessage, Role, RunEnd, RunState
from scheduler.worker import sweep
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, an_organiser, both_answered, keep
from tests.invite.inbox import a_reply, invited, receive
from tests.invite.plans import a_plan

MONDAY_AT_EIGHT = datetime(2026, 11, 30, 8, tzinfo=UTC)


def emails(organiser=None):
    found = db.session.query(OutboxMessage).filter(OutboxMessage.kind.in_(("alert", "digest"))).order_by("id").all()
    return [message for message in found if organiser is None or message.to_address == organiser.email]


def text_of(message):
    return message.body.decode().replace("=\n", "")


@pytest.fixture
def held(app):
    """A reply from an address that nobody knows, to an invitation of a programme with an owner."""
    ana, _ = invited()
    aisha = an_organiser(ana.programme, name="Aisha Khan")
    receive(a_reply(ana, attendee="ana@home.example", **{"from": "ana@home.example"}))
    return ana, aisha


def test_a_held_reply_is_told_to_each_organiser_who_works_on_the_programme_and_only_once(held):
    ana, aisha = held
    planner, viewer = (an_organiser(ana.programme, role) for role in (Role.PLANNER, Role.VIEWER))

    sent = [alerts.tell_organisers(), alerts.tell_organisers()]

    assert sent == [2, 0]
    assert {message.to_address for message in emails()} == {aisha.email, planner.email}
    assert emails(viewer) == []
    assert emails(aisha)[0].subject == "A reply needs you: Ana Costa, Workshop 1"
    assert f"/programmes/{ana.programme.slug}/replies/" in text_of(emails(aisha)[0])


def test_what_comes_within_ten_minutes_waits_and_is_told_in_one_email(held):
    ana, aisha = held
    alerts.tell_organisers()
    for name in ("ana@work.example", "pa@trust.example"):
        receive(a_reply(ana, attendee=name, **{"from": name}))
    soon = alerts.tell_organisers()

    with time_machine.travel(now() + timedelta(minutes=11)):
        later = alerts.tell_organisers()

    assert (soon, later) == (0, 1)
    assert [message.subject for message in emails(aisha)][1:] == ["2 things need you – R&D leaders"]


def test_a_kind_that_is_turned_off_is_not_sent_and_what_was_judged_meanwhile_is_no_news(held):
    _, aisha = held
    alerts.turn_off(aisha, [AlertKind.REPLY])

    assert alerts.tell_organisers() == 0
    assert emails() == []


def test_a_bounce_and_mail_that_was_refused_are_told_but_never_that_such_an_email_was(app):
    programme = a_programme()
    aisha, lee = an_organiser(programme), a_person(programme, "Lee Grant")
    keep(Bounce(programme=programme, person_id=lee.id, address=lee.email, words="550 no such person"))
    alerts.tell_organisers()
    (told,) = emails()
    told.state, told.error = MessageState.FAILED, "550 mailbox closed"
    db.session.commit()

    with time_machine.travel(now() + timedelta(hours=1)):
        again = alerts.tell_organisers()

    assert told.subject == "An address bounced: Lee Grant"
    assert "550 no such person" in text_of(told)
    assert again == 0
    assert [message.to_address for message in emails()] == [aisha.email]


def test_a_finished_plan_is_told_to_who_started_it_unless_they_look_at_it(app):
    programme = a_programme()
    away, looks = an_organiser(programme), an_organiser(programme)
    for organiser, seen in ((away, timedelta(hours=1)), (looks, timedelta(minutes=1))):
        keep(LogIn(organiser=organiser, id_hash=organiser.email, seen_at=now() - seen))
        plan = a_plan(programme)
        plan.made_by, plan.run_state, plan.run_end = organiser, RunState.FINISHED, RunEnd.PROVEN
        plan.started_at, plan.ended_at = now() - timedelta(minutes=30), now()
    db.session.commit()

    alerts.tell_organisers()

    assert [(message.to_address, message.subject) for message in emails()] == [
        (away.email, "Plan 1 is ready – R&D leaders")
    ]


def test_when_everybody_has_answered_it_is_said_once_a_minute_after_the_last_answer(app):
    programme = a_programme()
    aisha, pair = an_organiser(programme), a_pair(programme)
    session = a_session(an_event(programme, title="Workshop 1"))
    both_answered(pair, session)
    at_once = alerts.tell_organisers()

    with time_machine.travel(now() + timedelta(minutes=2)):
        then, again = alerts.tell_organisers(), alerts.tell_organisers()

    assert (at_once, then, again) == (0, 1, 0)
    assert emails(aisha)[0].subject == "Everybody has answered Workshop 1"


def test_a_worker_that_stays_tells_and_one_that_works_off_what_is_queued_does_not(held):
    sweep(timedelta())
    without = len(emails())

    sweep(timedelta(seconds=10))

    assert (without, len(emails())) == (0, 1)


def test_the_digest_comes_on_mornings_with_news_and_lists_what_home_lists(held):
    ana, aisha = held
    planner = an_organiser(ana.programme, Role.PLANNER)
    alerts.turn_off(planner, [AlertKind.DIGEST])

    at = [
        MONDAY_AT_EIGHT - timedelta(days=1),  # a Sunday
        MONDAY_AT_EIGHT - timedelta(hours=2),
        MONDAY_AT_EIGHT,
        MONDAY_AT_EIGHT + timedelta(hours=1),
        MONDAY_AT_EIGHT + timedelta(days=1),  # nothing new
    ]
    sent = [digest.send_due(moment) for moment in at]
    receive(a_reply(ana, attendee="another@home.example", **{"from": "another@home.example"}))
    sent.append(digest.send_due(MONDAY_AT_EIGHT + timedelta(days=2)))

    assert sent == [0, 0, 1, 0, 0, 1]
    assert {message.to_address for message in emails()} == {aisha.email}
    first, second = emails(aisha)
    assert first.subject.endswith("need you – R&D leaders")
    assert "1 reply needs you (Ana Costa)" in text_of(first)
    assert "2 replies need you" in text_of(second)
    assert f"/programmes/{ana.programme.slug}/replies/held" in text_of(first)
