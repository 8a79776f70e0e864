"""The tables on both databases, and the migrations that make them."""

from __future__ import annotations

import gc
import sys
from datetime import datetime

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from scheduler import create_app
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import Availability, Invitation, OutboxMessage, Person
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, answered, keep
from tests.conftest import BOTH


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_migrations_make_exactly_the_tables_of_the_models(tmp_path, request, database):
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else None
    app = create_app(Settings(instance=tmp_path, database_url=url))

    with app.app_context():
        flask_migrate.upgrade()

        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, db.metadata)
        db.engine.dispose()
    assert differences == []


@BOTH
def test_a_moment_comes_back_aware_and_in_utc(app):
    session = a_session(an_event(a_programme()), "2027-07-06 09:30")

    db.session.expire_all()

    assert session.starts_at == datetime.fromisoformat("2027-07-06T08:30:00+00:00")
    assert session.starts_at.utcoffset().total_seconds() == 0
    assert session.local_start.hour == 9


@BOTH
def test_a_naive_moment_is_refused(app):
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        a_session(an_event(a_programme()), ends_at=datetime(2027, 1, 1))  # noqa: DTZ001


@BOTH
def test_one_person_has_one_answer_to_a_date(app):
    programme = a_programme()
    person = a_person(programme)
    session = a_session(an_event(programme))
    answered(person, session, "yes")

    with pytest.raises(sa.exc.IntegrityError):
        answered(person, session, "no")

    db.session.rollback()
    assert db.session.scalars(sa.select(Availability.answer)).all() == ["yes"]


@BOTH
def test_one_person_has_one_living_invitation_to_a_session_and_any_number_of_dead_ones(app):
    programme = a_programme()
    person, session = a_pair(programme).director, a_session(an_event(programme))

    def invite(uid, cancelled_at=None):
        keep(
            Invitation(
                programme=programme, person=person, session=session, uid=uid, dtstamp=session.starts_at,
                organizer="team@programme.example", attendee=person.email, summary="Workshop",
                starts_at=session.starts_at, ends_at=session.ends_at, time_zone="Europe/London",
                cancelled_at=cancelled_at,
            )
        )  # fmt: skip

    invite("dead-1", session.starts_at)
    invite("dead-2", session.starts_at)
    invite("alive")
    with pytest.raises(sa.exc.IntegrityError):
        invite("alive-too")
    db.session.rollback()


@BOTH
def test_a_stored_mail_cannot_be_read_from_the_raw_database(app):
    keep(
        OutboxMessage(
            kind="ask", to_address="a@b.example", subject="14 dates", body=b"https://x/p/secret", message_id="<1@x>"
        )
    )

    raw = db.session.execute(sa.text("SELECT body FROM outbox_message")).scalar_one()
    db.session.expire_all()

    assert b"secret" not in bytes(raw)
    assert db.session.scalars(sa.select(OutboxMessage.body)).one() == b"https://x/p/secret"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="CPython 3.13 keeps the values inside the object")
def test_the_state_of_a_row_owns_its_dictionary_before_the_collector_can_come_between(app):
    a_person(a_programme())
    db.session.expunge_all()

    (person,) = db.session.scalars(sa.select(Person))

    state = sa.inspect(person)
    owned = gc.get_referents(state)
    assert any(each is state.__dict__ for each in owned)
