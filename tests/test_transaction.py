"""One commit for one deed, and deeds within deeds: what is kept, what is taken back, and who sees it when."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from scheduler import Convene, background
from scheduler.extensions import db
from scheduler.models import Programme, Venue
from scheduler.transaction import transaction
from tests.builders import a_programme
from tests.conftest import BOTH

pytestmark = BOTH


class Refused(Exception):
    """Raised by the deeds of these tests."""


@pytest.fixture
def programme(app: Convene) -> Programme:
    return a_programme()


def add(name: str, programme: Programme) -> None:
    db.session.add(Venue(programme=programme, name=name, town="Leeds", postcode="LS2 3AD"))


def refuse_after_adding(name: str, programme: Programme) -> None:
    with transaction() as tx:
        add(name, programme)
        tx.flush()
        raise Refused


def kept() -> list[str]:
    """What another connection sees: what was committed."""
    with db.engine.connect() as other:
        return list(other.scalars(sa.select(Venue.name).order_by(Venue.id)))


def test_what_raises_leaves_nothing(programme: Programme) -> None:
    with pytest.raises(Refused):
        refuse_after_adding("never", programme)

    assert kept() == []


def test_an_inner_deed_waits_for_the_outer_one(programme: Programme) -> None:
    with transaction():
        with transaction():
            add("inner", programme)
        before = kept()
        add("outer", programme)

    assert before == []
    assert kept() == ["inner", "outer"]


def test_an_outer_deed_that_raises_takes_the_inner_one_back(programme: Programme) -> None:
    with suppress(Refused), transaction():
        with transaction():
            add("inner", programme)
        raise Refused

    assert kept() == []


def test_an_inner_deed_that_is_refused_and_caught_leaves_nothing_and_the_outer_one_goes_on(
    programme: Programme,
) -> None:
    with transaction():
        add("before", programme)
        with pytest.raises(Refused):
            refuse_after_adding("inner", programme)
        add("after", programme)

    assert kept() == ["before", "after"]


def test_an_inner_deed_that_the_database_refuses_does_not_spoil_the_outer_one(programme: Programme) -> None:
    with transaction() as tx:
        add("before", programme)
        with suppress(sa.exc.IntegrityError), transaction():
            tx.add(Programme(slug=programme.slug, name="The same again", short_name="Again"))
            tx.flush()
        add("after", programme)

    assert kept() == ["before", "after"]


def test_what_was_changed_in_an_inner_deed_reads_as_before_once_it_was_taken_back(programme: Programme) -> None:
    name = programme.name

    with transaction() as tx:
        with suppress(Refused), transaction():
            programme.name = "Changed"
            tx.flush()
            raise Refused
        seen = programme.name

    assert (seen, programme.name) == (name, name)


def test_deeds_three_deep_are_kept_or_taken_back_each_for_itself(programme: Programme) -> None:
    with transaction():
        with suppress(Refused), transaction():
            with transaction():
                add("innermost", programme)
            raise Refused
        with transaction(), transaction():
            add("kept", programme)

    assert kept() == ["kept"]


def test_after_a_refusal_the_next_deed_is_one_of_its_own(programme: Programme) -> None:
    with pytest.raises(Refused):
        refuse_after_adding("never", programme)
    with transaction():
        add("next", programme)

    assert kept() == ["next"]


def test_a_job_of_an_inner_deed_is_queued_with_the_outer_commit_and_not_before(programme: Programme) -> None:
    background.prepare()

    with suppress(Refused), transaction():
        with transaction():
            background.enqueue("send-mail")
        raise Refused
    after_refusal = background.queued("send-mail")
    with transaction(), transaction():
        background.enqueue("send-mail")

    assert (after_refusal, background.queued("send-mail")) == (0, 1)


def test_many_who_read_before_they_write_in_an_inner_deed_never_find_the_database_locked(
    app: Convene, programme: Programme
) -> None:
    programme_id, together = programme.id, threading.Barrier(8)

    def work(number: int) -> None:
        with app.app_context():
            together.wait()
            for turn in range(5):
                with transaction() as tx:
                    here = tx.get_one(Programme, programme_id)
                    with transaction():
                        tx.scalars(sa.select(Venue.name)).all()
                        add(f"{number}-{turn}", here)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert len(kept()) == 40


def test_with_a_queue_elsewhere_jobs_of_inner_deeds_leave_with_the_outer_commit(
    app: Convene, programme: Programme, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = app.settings.model_copy(update={"broker_url": f"sqlite:///{tmp_path / 'queue.sqlite'}"})
    monkeypatch.setattr(app, "settings", elsewhere)
    background.prepare()

    with suppress(Refused), transaction():
        with transaction():
            background.enqueue("send-mail")
        raise Refused
    after_refusal = background.queued("send-mail")
    with transaction():
        background.enqueue("send-mail")
        with suppress(Refused):
            refuse_after_adding("never", programme)
        with transaction():
            background.enqueue("send-mail")
        before_commit = background.queued("send-mail")

    assert (after_refusal, before_commit, background.queued("send-mail")) == (0, 0, 2)
