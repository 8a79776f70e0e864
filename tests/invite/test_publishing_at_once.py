"""Two organisers who publish at once, and a publication that is killed: one plan, or the other, or nothing."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import AuditEntry, Invitation, MessageState, Organiser, OutboxMessage, Plan, PlanStatus
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.invite.at_once import at_once
from tests.invite.plans import a_plan
from tests.invite.publisher import publish_and_die

ROUNDS = 6


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def sessions(programme):
    event = an_event(programme)
    return [a_session(event, f"2027-03-2{day} 09:30") for day in (3, 4)]


@BOTH
def test_of_two_who_publish_at_once_one_wins_and_the_other_is_told_by_whom(app, programme, sessions):
    pair = a_pair(programme)
    organisers = [an_organiser(programme).id, an_organiser(programme).id]
    seen = None
    for _ in range(ROUNDS):
        rivals = [a_plan(programme, [(pair, session)]).id for session in sessions]

        came = at_once(app, *[partial(publish_as, *each, seen) for each in zip(rivals, organisers, strict=True)])

        (told,) = [each for each in came if each is not None]
        winner = came.index(None)
        published = db.session.scalars(select(Plan).where(Plan.status == PlanStatus.PUBLISHED)).one()
        assert isinstance(told, publishing.SomeoneWasFirst), told
        assert (published.id, published.published_by_id) == (rivals[winner], organisers[winner])
        living = db.session.scalars(select(Invitation.session_id).where(Invitation.cancelled_at.is_(None))).all()
        assert living == [sessions[winner].id] * 2
        seen = published.number
        outbox.send_due()


def publish_as(plan, organiser, seen):
    by = db.session.get(Organiser, organiser)
    publishing.publish(db.session.get(Plan, plan), by=by, expected=True, replaces=seen)


@BOTH
def test_the_same_plan_published_twice_at_once_writes_each_message_once(app, programme, sessions):
    plan = a_plan(programme, [(a_pair(programme), sessions[0])]).id

    came = at_once(app, *[lambda: publishing.publish(db.session.get(Plan, plan), by=None).changes.messages] * 3)

    assert sorted(came) == [0, 0, 2]
    assert len(db.session.scalars(select(OutboxMessage)).all()) == 2


@BOTH_AT_LENGTH
def test_releasing_stopping_and_publishing_at_once_all_come_through(app, programme, sessions):
    pairs = [a_pair(programme) for _ in range(4)]
    plans = [a_plan(programme, [(pair, session) for pair in pairs]).id for session in sessions]
    publishing.publish(db.session.get(Plan, plans[0]), by=None, hold=True)
    programme_id = programme.id

    def the(kind, row):
        return db.session.get(kind, row)

    for number in range(ROUNDS):
        came = at_once(
            app,
            lambda number=number: publishing.publish(the(Plan, plans[number % 2]), by=None),
            lambda: outbox.release(the(type(programme), programme_id), by=None),
            lambda: outbox.stop(the(type(programme), programme_id), by=None),
        )
        assert not [each for each in came if isinstance(each, Exception)]

    living = db.session.scalars(select(Invitation.session_id).where(Invitation.cancelled_at.is_(None))).all()
    assert living == [sessions[(ROUNDS - 1) % 2].id] * 8


def rows():
    db.session.rollback()
    kinds = (Invitation, OutboxMessage, AuditEntry)
    return [db.session.scalar(sa.select(sa.func.count()).select_from(kind)) for kind in kinds]


@BOTH_AT_LENGTH
@pytest.mark.parametrize("moment", ["after_flush", "before_commit"])
def test_a_publication_killed_before_its_commit_leaves_nothing(app, programme, sessions, moment):
    plan = a_plan(programme, [(a_pair(programme), sessions[0])])
    before = rows()

    publish_and_die(app, plan, moment)

    assert rows() == before
    assert db.session.get(Plan, plan.id).status is PlanStatus.DRAFT
    assert outbox.send_due() == 0
    assert publishing.publish(plan, by=None).changes.messages == 2


@BOTH_AT_LENGTH
def test_a_publication_killed_after_its_commit_is_whole_and_its_mail_is_sent(app, programme, sessions):
    plan = a_plan(programme, [(a_pair(programme), sessions[0])])

    publish_and_die(app, plan, "after_commit")

    assert rows()[:2] == [2, 2]
    assert db.session.get(Plan, plan.id).status is PlanStatus.PUBLISHED
    assert outbox.send_due() == 2
    assert set(db.session.scalars(select(OutboxMessage.state))) == {MessageState.SENT}
    assert publishing.publish(plan, by=None).changes.messages == 0
