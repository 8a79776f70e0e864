"""A new title, purpose, link or name of the same room: nobody is asked again, and told only where it is wanted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Invitation, OutboxMessage, PartStat
from tests.builders import a_pair, a_programme, a_session, a_venue, an_event
from tests.invite.calendar_program import diaries_after
from tests.invite.plans import a_plan, calendar_in


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def session(programme):
    return a_session(an_event(programme, title="Worksop 1"), "2027-04-13 09:30", venue=a_venue(programme))


@pytest.fixture
def pair(programme, session):
    """A director with a place, told of it, who has accepted."""
    pair = a_pair(programme, manager=None)
    publish(programme, pair, session)
    outbox.send_due()
    db.session.scalars(select(Invitation)).one().partstat = PartStat.ACCEPTED
    db.session.commit()
    return pair


def publish(programme, pair, session, **given):
    return publishing.publish(a_plan(programme, [(pair, session)]), by=None, **given).changes


def events_sent():
    rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [calendar_in(row).walk("VEVENT")[0] for row in rows]


def correct_the_title(session):
    session.event.title = "Workshop 1"


def rename_the_room(session):
    session.venue.name = "The Carriageworks, room 2"


def change_the_purpose(session):
    session.event.purpose = "What leading change asks of you"


WORDS = pytest.mark.parametrize("reword", [correct_the_title, rename_the_room, change_the_purpose])


@WORDS
def test_new_words_alone_send_nothing_unless_they_are_wanted(programme, pair, session, reword):
    reword(session)
    db.session.commit()

    quiet = publish(programme, pair, session)

    assert (quiet.messages, len(quiet.unsaid), len(quiet.same)) == (0, 1, 0)


@WORDS
def test_wanted_they_keep_sequence_and_answer_and_carry_a_later_dtstamp(programme, pair, session, reword):
    reword(session)
    db.session.commit()

    told = publish(programme, pair, session, reword=True)
    again = publish(programme, pair, session, reword=True)

    before, after = events_sent()
    assert (told.messages, len(told.reworded), again.messages) == (1, 1, 0)
    assert after["uid"] == before["uid"]
    assert after["sequence"] == before["sequence"] == 0
    assert after["dtstamp"].dt > before["dtstamp"].dt
    assert (after["attendee"].params["PARTSTAT"], after["attendee"].params["RSVP"]) == ("ACCEPTED", "FALSE")
    assert db.session.scalars(select(Invitation.partstat)).one() is PartStat.ACCEPTED
    assert after.to_ical() != before.to_ical()


def another_venue(session):
    session.venue = a_venue(session.programme, name="Millennium Square Theatre")


def online_instead(session):
    session.venue.joining_url = "https://meet.example/1"


@pytest.mark.parametrize("elsewhere", [another_venue, online_instead])
def test_another_venue_and_online_instead_of_in_person_ask_everybody_again(programme, pair, session, elsewhere):
    elsewhere(session)
    db.session.commit()

    told = publish(programme, pair, session)

    before, after = events_sent()
    assert (len(told.changed), len(told.reworded)) == (1, 0)
    assert after["sequence"] == before["sequence"] + 1
    assert (after["attendee"].params["PARTSTAT"], after["attendee"].params["RSVP"]) == ("NEEDS-ACTION", "TRUE")


def test_a_new_time_that_still_waits_is_told_with_the_new_words_in_one_message(programme, pair, session):
    session.starts_at = session.starts_at.replace(hour=7)
    db.session.commit()
    publish(programme, pair, session)
    correct_the_title(session)
    db.session.commit()

    told = publish(programme, pair, session, reword=True)
    outbox.send_due()

    sent = [(m.state.value, m.kind) for m in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]
    assert (len(told.changed), len(told.reworded)) == (1, 0)
    assert sent == [("sent", "invitation"), ("withdrawn", "update"), ("sent", "update")]


def test_words_told_and_taken_back_before_they_left_are_heard_by_nobody(programme, pair, session):
    correct_the_title(session)
    db.session.commit()
    publish(programme, pair, session, reword=True, hold=True)
    session.event.title = "Worksop 1"
    db.session.commit()

    back = publish(programme, pair, session, reword=True)

    assert (back.messages, len(back.restored)) == (0, 1)
    assert db.session.scalars(select(Invitation.summary)).one().startswith("Worksop 1")


def test_the_later_of_two_versions_of_one_sequence_stands_in_a_diary_in_whatever_order_they_come(
    programme, pair, session
):
    rename_the_room(session)
    db.session.commit()
    publish(programme, pair, session, reword=True)
    mails = [
        (message.to_address, message.body)
        for message in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    ]

    in_order, swapped = diaries_after(mails), diaries_after(mails[::-1])

    ((_, _, where),) = in_order[pair.director.email]
    assert in_order == swapped
    assert where.startswith("The Carriageworks, room 2")
