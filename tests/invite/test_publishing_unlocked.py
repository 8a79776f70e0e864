"""A publication is written before the lock is taken: others write meanwhile, and what they wrote is in the letters."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Invitation, MessageState, OutboxMessage, Pair, Person, PlanStatus, Session, Venue
from tests.builders import a_pair, a_programme, a_session, a_venue, an_event
from tests.conftest import BOTH_AT_LENGTH
from tests.invite.plans import a_plan, told


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def session(programme):
    return a_session(an_event(programme), "2027-03-23 09:30", venue=a_venue(programme))


@contextmanager
def just_before_the_lock(app, *deeds):
    """Let somebody else, on a connection of their own, do each deed when the lock is about to be taken once more.

    Gives the list of statements run since, anew for each taking of the lock.
    """
    locked, left = [], list(deeds)

    def in_an_app(deed):
        with app.app_context():
            deed()
            db.session.commit()

    def watch(connection, cursor, statement, *_):
        if threading.current_thread() is not here:
            return
        if statement.startswith("UPDATE programme SET slug"):
            locked.append([])
            if left:
                other = threading.Thread(target=in_an_app, args=(left.pop(0),), daemon=True)
                other.start()
                other.join(10)
                assert not other.is_alive(), "nobody else could write"
        if locked:
            locked[-1].append(statement)

    here = threading.current_thread()
    sa.event.listen(db.engine, "before_cursor_execute", watch)
    try:
        yield locked
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", watch)


def set_to(kind, **values):
    return lambda: db.session.execute(sa.update(kind).values(**values))


def texts():
    db.session.rollback()
    messages = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    return [publishing.read_letter(message.body).text for message in messages]


@BOTH_AT_LENGTH
@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (Person, {"name": "Ann Newname"}, "Hello Ann Newname"),
        (Session, {"time_zone": "Europe/Paris"}, "10:30"),
        (Venue, {"name": "The Other Hall"}, "The Other Hall"),
    ],
)
def test_what_changes_while_the_letters_are_written_is_in_the_letters(app, programme, session, kind, values, said):
    plan = a_plan(programme, [(a_pair(programme, manager=None), session)])

    with just_before_the_lock(app, set_to(kind, **values)) as locked:
        publishing.publish(plan, by=None)

    (text,) = texts()
    assert said in text
    assert len(locked) == 2


@BOTH_AT_LENGTH
def test_who_left_while_the_letters_were_written_gets_none(app, programme, session):
    pair = a_pair(programme)
    director = pair.director.email
    plan = a_plan(programme, [(pair, session)])

    with just_before_the_lock(app, set_to(Pair, manager_id=None)):
        publishing.publish(plan, by=None)

    assert told() == [(director, "REQUEST", 0)]


@BOTH_AT_LENGTH
def test_what_no_letter_says_may_change_all_the_time(app, programme, session):
    plan = a_plan(programme, [(a_pair(programme), session)])

    with just_before_the_lock(app, set_to(Person, answer_comment="I come by train")) as locked:
        publishing.publish(plan, by=None)

    assert len(locked) == 1
    assert len(told()) == 2


@BOTH_AT_LENGTH
def test_a_programme_that_never_rests_is_published_all_the_same(app, programme, session):
    plan = a_plan(programme, [(a_pair(programme, manager=None), session)])
    names = ["One", "Two", "Three"]

    with just_before_the_lock(app, *(set_to(Person, name=name) for name in names)) as locked:
        publishing.publish(plan, by=None)

    assert len(locked) == len(names) + 1
    assert [text.splitlines()[0] for text in texts()] == ["Hello Three"]
    assert plan.status is PlanStatus.PUBLISHED


@BOTH_AT_LENGTH
def test_a_plan_discarded_while_its_letters_are_written_is_not_published(app, programme, session):
    plan = a_plan(programme, [(a_pair(programme), session)])

    discard = set_to(type(plan), status=PlanStatus.DISCARDED)
    with just_before_the_lock(app, discard), pytest.raises(publishing.NotPublishable):
        publishing.publish(plan, by=None)

    assert told() == []


@BOTH_AT_LENGTH
def test_what_leaves_while_the_next_letters_are_written_is_followed_by_an_update(app, programme, session):
    plan = a_plan(programme, [(a_pair(programme, manager=None), session)])
    publishing.publish(plan, by=None)
    session.ends_at += timedelta(hours=1)
    db.session.commit()

    with just_before_the_lock(app, outbox.send_due):
        publishing.publish(plan, by=None)

    db.session.rollback()
    messages = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [(m.sequence, m.state) for m in messages] == [(0, MessageState.SENT), (1, MessageState.WAITING)]
    assert db.session.scalars(select(Invitation.sequence)).all() == [1]


@BOTH_AT_LENGTH
def test_mail_that_goes_on_leaving_to_others_does_not_have_the_letters_written_again(app, programme, session):
    pairs = [a_pair(programme) for _ in range(3)]
    publishing.publish(a_plan(programme, [(pair, session) for pair in pairs[:2]]), by=None)
    more = a_plan(programme, [(pair, session) for pair in pairs])

    with just_before_the_lock(app, outbox.send_due) as locked:
        publishing.publish(more, by=None)

    assert len(locked) == 1
    assert [sequence for _, _, sequence in told()] == [0] * 6


@BOTH_AT_LENGTH
def test_the_lock_is_held_for_as_many_statements_however_many_people_are_told(app):
    counts = []
    for pairs in (1, 12):
        programme = a_programme()
        session = a_session(an_event(programme), "2027-03-23 09:30")
        plan = a_plan(programme, [(a_pair(programme), session) for _ in range(pairs)])
        with just_before_the_lock(app) as locked:
            publishing.publish(plan, by=None)
        counts.append(len(locked[0]))

    assert counts[0] == counts[1]
