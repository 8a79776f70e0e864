"""Publishing while earlier messages wait, are held, failed or under way: people hear what is new to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Invitation, MessageState, Method, OutboxMessage
from tests.builders import a_pair, a_programme, a_session, a_venue, an_event
from tests.conftest import BOTH
from tests.invite.plans import a_plan, calendar_in, told


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def sessions(programme):
    event = an_event(programme, title="Workshop 1")
    return [a_session(event, f"2027-0{month}-13 09:30", venue=a_venue(programme)) for month in (1, 4)]


@pytest.fixture
def pair(programme):
    return a_pair(programme, manager=None)


def publish(programme, *placements, hold=False):
    return publishing.publish(a_plan(programme, placements), by=None, hold=hold).changes


def move(session, **by):
    session.starts_at, session.ends_at = session.starts_at + timedelta(**by), session.ends_at + timedelta(**by)
    db.session.commit()


def messages():
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def states():
    return [message.state.value for message in messages()]


def the_invitation():
    return db.session.scalars(select(Invitation).where(Invitation.cancelled_at.is_(None))).one()


@BOTH
def test_a_change_that_was_held_and_taken_back_is_heard_by_nobody(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    publish(programme, (pair, sessions[1]), hold=True)

    back = publish(programme, (pair, sessions[0]))

    assert back.messages == 0
    assert states() == ["sent", "withdrawn", "withdrawn"]
    assert the_invitation().session_id == sessions[0].id
    assert outbox.send_due() == 0


def test_a_new_time_that_never_left_is_taken_back_and_answers_to_the_old_one_still_count(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    first = calendar_in(messages()[0]).walk("VEVENT")[0]
    move(sessions[0], hours=1)
    publish(programme, (pair, sessions[0]))
    move(sessions[0], hours=-1)

    back = publish(programme, (pair, sessions[0]))

    held = the_invitation()
    assert back.messages == 0
    assert (held.sequence, held.starts_at, held.dtstamp) == (0, first.start, first["dtstamp"].dt)
    move(sessions[0], hours=2)
    publish(programme, (pair, sessions[0]))
    assert told()[-1] == (pair.director.email, "REQUEST", 2)


def test_the_change_is_told_from_what_its_reader_knows(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    move(sessions[0], hours=1)
    publish(programme, (pair, sessions[0]))
    move(sessions[0], hours=1)

    publish(programme, (pair, sessions[0]))

    text = messages()[-1].body.decode()
    assert "Was: Wednesday 13 January 2027, 9:30am to 4:30pm" in text.replace("=\r\n", "")
    assert "Is now: Wednesday 13 January 2027, 11:30am to 6:30pm" in text.replace("=\r\n", "")
    assert states() == ["sent", "withdrawn", "waiting"]


def test_an_invitation_overtaken_before_it_left_comes_as_one_and_not_as_a_change(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    move(sessions[0], hours=1)

    again = publish(programme, (pair, sessions[0]))

    assert (len(again.new), again.messages) == (1, 1)
    assert [message.kind for message in messages()] == ["invitation", "invitation"]
    assert states() == ["withdrawn", "waiting"]


def test_a_move_before_the_first_invitation_left_is_one_invitation(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))

    again = publish(programme, (pair, sessions[1]))

    assert (again.invitations, again.cancellations) == (1, 0)
    assert states() == ["withdrawn", "waiting"]
    assert b"instead of" not in messages()[-1].body


@BOTH
def test_a_sent_message_queued_once_more_still_needs_its_cancellation(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    outbox.send_again(messages()[0], by=None)

    publish(programme)

    assert states() == ["sent", "waiting"]
    assert told()[-1] == (pair.director.email, "CANCEL", 1)


def test_after_an_address_was_mended_the_old_entry_ends_and_a_new_one_begins(programme, pair, sessions):
    old = pair.director.email
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    pair.director.email = "new@trust.example"
    db.session.commit()

    publish(programme, (pair, sessions[0]))

    assert told()[1:] == [(old, "CANCEL", 1), ("new@trust.example", "REQUEST", 0)]
    assert "new@trust.example" not in messages()[1].body.decode()
    assert len({message.uid for message in messages()}) == 2


def test_an_address_that_came_back_gets_no_cancellation(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    messages()[0].state = MessageState.BOUNCED
    pair.director.email = "mended@trust.example"
    db.session.commit()

    publish(programme, (pair, sessions[0]))

    assert told()[1:] == [("mended@trust.example", "REQUEST", 0)]


def test_an_address_with_foreign_letters_is_the_same_address_the_next_time(programme, pair, sessions):
    pair.director.email = "ann@gesundheitsamt-köln.example"
    db.session.commit()
    publish(programme, (pair, sessions[0]))
    outbox.send_due()

    assert publish(programme, (pair, sessions[0])).messages == 0


def test_a_session_moved_over_the_change_to_summer_time_keeps_its_clock_time(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    move(sessions[0], days=91, hours=-1)

    publish(programme, (pair, sessions[0]))

    event = calendar_in(messages()[-1]).walk("VEVENT")[0]
    assert (event["sequence"], event["dtstart"].to_ical()) == (1, b"20270414T093000")


@BOTH
def test_who_leaves_is_cancelled_and_who_takes_over_is_invited(programme, pair, sessions):
    old = pair.director
    publish(programme, (pair, sessions[0]))
    outbox.send_due()
    pair.director = a_pair(programme).director
    old.left_on = now().date()
    db.session.commit()

    publish(programme, (pair, sessions[0]))

    assert told()[1:] == [(old.email, "CANCEL", 1), (pair.director.email, "REQUEST", 0)]


def test_nobody_is_asked_to_a_session_that_was_withdrawn_or_in_a_pair_that_left(programme, sessions):
    staying, leaving = a_pair(programme, manager=None), a_pair(programme, manager=None)
    plan = a_plan(programme, [(staying, sessions[0]), (leaving, sessions[1])])
    publishing.publish(plan, by=None)
    outbox.send_due()
    sessions[0].withdrawn_at = now()
    leaving.left_on = now().date()
    db.session.commit()

    publishing.publish(plan, by=None)

    assert sorted(told()[2:]) == sorted((pair.director.email, "CANCEL", 1) for pair in (staying, leaving))


def test_who_directs_two_trusts_gets_one_invitation_to_a_session(programme, pair, sessions):
    other = a_pair(programme, director=pair.director, manager=None)

    both = publish(programme, (pair, sessions[0]), (other, sessions[0]))

    assert both.messages == 1


def test_a_failed_invitation_leaves_nothing_to_cancel(programme, pair, sessions):
    publish(programme, (pair, sessions[0]))
    messages()[0].state = MessageState.FAILED
    db.session.commit()

    gone = publish(programme)

    assert (gone.messages, len(gone.dropped)) == (0, 1)
    assert not outbox.may_go_again(messages()[0])


def test_each_version_is_stamped_later_than_the_one_before_even_within_a_second(programme, pair, sessions):
    stamps = []
    for _ in range(3):
        publish(programme, (pair, sessions[0]))
        outbox.send_due()
        stamps.append(calendar_in(messages()[-1]).walk("VEVENT")[0]["dtstamp"].dt)
        move(sessions[0], hours=1)

    assert stamps == sorted(set(stamps))
    assert [message.method for message in messages()] == [Method.REQUEST] * 3
