"""Jobs are queued with the rows they speak of, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from scheduler import Convene, background, create_app
from scheduler.clock import now
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.transaction import transaction
from tests.conftest import BOTH


@pytest.fixture
def queue(app: Convene) -> Convene:
    """An application whose queue is ready."""
    background.prepare()
    return app


@pytest.fixture
def queue_elsewhere(tmp_path: Path) -> Iterator[Convene]:
    """An application whose queue lies in a database of its own."""
    app = create_app(Settings(instance=tmp_path, broker_url=f"sqlite:///{tmp_path / 'queue.sqlite'}"))
    with app.app_context():
        db.create_all()
        background.prepare()
        yield app
        db.session.remove()
        db.engine.dispose()


class ChangedMyMind(Exception):
    """What goes wrong after a job was queued."""


def queue_and_change_my_mind() -> None:
    """A transaction that queues a job and then fails."""
    with transaction():
        background.enqueue("send-mail")
        raise ChangedMyMind


@BOTH
def test_a_job_queued_in_a_transaction_that_fails_does_not_exist(queue):
    with pytest.raises(ChangedMyMind):
        queue_and_change_my_mind()

    assert background.queued("send-mail") == 0
    assert background.idle()


@BOTH
def test_a_job_is_there_once_its_transaction_is_committed(queue):
    with transaction():
        background.enqueue("send-mail")
        background.enqueue("make-plan", 7, key=7)

    assert background.queued("send-mail") == 1
    assert background.queued("make-plan") == 1
    assert not background.idle()


@BOTH
def test_a_key_names_one_job_however_often_it_is_queued(queue):
    for _ in range(3):
        with transaction():
            background.enqueue("make-plan", 7, key=7)
    with transaction():
        background.enqueue("make-plan", 71, key=71)

    assert background.queued("make-plan") == 2


@BOTH
def test_reviving_a_job_that_waits_leaves_it_alone(queue):
    with transaction():
        background.enqueue("make-plan", 7, key=7)

    with transaction():
        assert background.revive("make-plan", 7, key=7)

    assert background.queued("make-plan") == 1


@BOTH
def test_reviving_a_job_that_the_queue_has_lost_queues_it(queue):
    with transaction():
        assert background.revive("make-plan", 7, key=7)

    assert background.queued("make-plan") == 1


def test_a_queue_elsewhere_gets_the_job_after_the_commit_and_never_after_a_rollback(queue_elsewhere):
    with pytest.raises(ChangedMyMind):
        queue_and_change_my_mind()
    with transaction():
        pass
    assert background.queued("send-mail") == 0

    with transaction():
        background.enqueue("send-mail")

    assert background.queued("send-mail") == 1
    assert "workflow_status" not in sa.inspect(db.engine).get_table_names()


def test_a_queue_that_is_away_does_not_undo_what_was_saved(queue_elsewhere, tmp_path):
    (tmp_path / "queue.sqlite").rename(tmp_path / "away.sqlite")

    with transaction() as tx:
        tx.execute(sa.text("CREATE TABLE saved (n INTEGER)"))
        background.enqueue("send-mail")

    assert sa.inspect(db.engine).has_table("saved")


@BOTH
def test_preparing_the_queue_twice_changes_nothing(queue):
    with transaction():
        background.enqueue("send-mail")

    background.prepare()

    assert background.queued("send-mail") == 1


@BOTH
def test_deleting_what_has_ended_leaves_what_waits(queue):
    with transaction():
        background.enqueue("send-mail")

    background.delete_finished(before=now() + timedelta(days=1))

    assert background.queued("send-mail") == 1
