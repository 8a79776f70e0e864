"""The demo programme: real Trusts, made-up people, alive in any year."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from scheduler import demo
from scheduler.clock import now
from scheduler.collect.progress import Stage, collections_of
from scheduler.extensions import db
from scheduler.models import Availability, Event, EventKind, Pair, Person, Session, Trust
from scheduler.plan.keeping import problem_bytes
from scheduler.plan.problems import problem_for
from solver import read_problem
from tests.builders import a_programme

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


@pytest.fixture
def made(app):
    return demo.create_demo(AT)


def count(kind):
    return db.session.scalar(select(func.count()).select_from(kind))


def test_it_has_every_kind_of_event_and_trust_from_every_region(made):
    kinds = Counter(db.session.scalars(select(Event.kind)))
    regions = Counter(db.session.scalars(select(Trust.region)))
    sittings = [
        len(event.sessions) for event in db.session.scalars(select(Event).where(Event.kind == EventKind.WORKSHOP))
    ]

    assert (count(Pair), count(Trust)) == (64, 64)
    assert kinds == {
        EventKind.NATIONAL: 1, EventKind.REGIONAL: 3, EventKind.WORKSHOP: 4, EventKind.CONFERENCE: 1, EventKind.SETS: 1
    }  # fmt: skip
    assert sittings == [4, 4, 5, 5]
    assert len(regions) == 7
    assert len(set(db.session.scalars(select(Trust.trust_type)))) == 5


def test_some_answers_are_missing_and_some_wait_for_a_partner(made):
    workshop = next(c for c in collections_of(made, at=AT) if c.event.key == "W1")

    assert workshop.stages[Stage.NOT_STARTED] == 2
    assert workshop.stages[Stage.ONE_MISSING] == 2
    assert workshop.stages[Stage.COMPLETE] == 60


@pytest.mark.parametrize(
    "at",
    [AT, datetime(2028, 2, 29, 23, 30, tzinfo=UTC), datetime(2029, 12, 31, 23, 59, tzinfo=UTC),
     datetime(2030, 3, 31, 0, 30, tzinfo=UTC)],
    ids=["November", "leap day", "New Year's Eve", "clock change"],
)  # fmt: skip
def test_it_is_alive_on_any_day(app, at):
    programme = demo.create_demo(at)

    sessions = db.session.scalars(select(Session)).all()
    assert all(session.starts_at > at + timedelta(days=40) for session in sessions)
    assert all(session.local_start.weekday() < 5 for session in sessions)
    assert all(session.local_start.hour in (9, 13) for session in sessions)
    assert all(event.is_open(at) for event in db.session.scalars(select(Event)))
    assert programme.hear_by > at.date()


def test_its_problem_reads_without_a_fault(app):
    made = demo.create_demo(now())

    problem = read_problem(problem_bytes(problem_for(made)))

    assert len(problem.parties) == 64 + 8
    assert len(problem.events) == 9
    assert len(problem.sets[0].facilitators) == 11


def test_the_same_day_and_seed_give_the_same_people_and_answers(app, made):
    def picture():
        people = db.session.scalars(select(Person.email).order_by(Person.id)).all()
        answers = db.session.execute(
            select(Availability.person_id, Availability.session_id, Availability.answer).order_by(Availability.id)
        ).all()
        return people, answers

    first = picture()
    for table in reversed(db.metadata.sorted_tables):
        db.session.execute(table.delete())
    db.session.commit()
    demo.create_demo(AT)

    assert picture()[0] == first[0]
    assert [answer for *_, answer in picture()[1]] == [answer for *_, answer in first[1]]


def test_it_does_not_come_near_real_data(app):
    a_programme()

    with pytest.raises(demo.AnotherProgramme):
        demo.create_demo()

    assert count(Pair) == 0
