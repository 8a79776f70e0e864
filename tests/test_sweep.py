"""The worker's sweep: rows outlive lost jobs. And heartbeats, which say whose work is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from scheduler import Convene, background, heartbeats, worker
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import MessageState, OutboxMessage, Plan, PlanShare, RunEnd, RunState, WorkerBeat
from scheduler.transaction import transaction
from tests.builders import a_programme, keep
from tests.conftest import BOTH

QUIET = timedelta(seconds=10)
LONG_AGO = timedelta(minutes=1)


@pytest.fixture
def queue(app: Convene) -> Convene:
    """An application whose queue is ready, and empty."""
    background.prepare()
    return app


def a_message(**given: Any) -> OutboxMessage:
    """A mail in the outbox."""
    address = {"kind": "reminder", "to_address": "ann@trust.example", "subject": "Your dates", "body": b"Hello"}
    return keep(OutboxMessage(**{**address, "message_id": f"<{len(given)}@convene.example>", **given}))


def a_plan(**given: Any) -> Plan:
    """A plan that waits for a worker."""
    return keep(Plan(programme=a_programme(), number=1, problem={}, **given))


def a_worker(name: str = "vm/worker-1", *, started_at: datetime, beat_at: datetime) -> WorkerBeat:
    """A worker that was heard of."""
    return keep(WorkerBeat(name=name, started_at=started_at, beat_at=beat_at))


@pytest.mark.parametrize("state", [MessageState.WAITING, MessageState.UNCERTAIN])
def test_a_mail_that_has_been_due_for_a_while_is_sent_for(queue, state):
    a_message(state=state, due_at=now() - LONG_AGO)

    worker.sweep(QUIET)
    worker.sweep(QUIET)

    assert background.queued("send-mail") == 1


@pytest.mark.parametrize(
    ("state", "due_in"),
    [
        (MessageState.WAITING, timedelta()),  # its own job is under way
        (MessageState.WAITING, timedelta(hours=1)),
        (MessageState.HELD, -LONG_AGO),
        (MessageState.SENT, -LONG_AGO),
        (MessageState.FAILED, -LONG_AGO),
    ],
)
def test_a_mail_that_is_not_overdue_is_left_alone(queue, state, due_in):
    a_message(state=state, due_at=now() + due_in)

    worker.sweep(QUIET)

    assert background.idle()


def test_a_mail_behind_one_that_is_held_is_not_sent_for_again_and_again(queue):
    a_message(state=MessageState.HELD, uid="a@convene.example", sequence=0)
    a_message(due_at=now() - LONG_AGO, uid="a@convene.example", sequence=1, kind="update")

    worker.sweep(QUIET)

    assert background.idle()


@BOTH
def test_a_mail_in_the_hands_of_a_dead_worker_is_sent_for(queue):
    a_worker(started_at=now() - LONG_AGO, beat_at=now() - LONG_AGO)
    a_message(state=MessageState.SENDING, claimed_by="vm/worker-1", claimed_at=now() - LONG_AGO)

    worker.sweep(QUIET)

    assert background.queued("send-mail") == 1


def test_a_mail_in_the_hands_of_a_living_worker_is_left_to_it(queue):
    a_worker(started_at=now() - LONG_AGO, beat_at=now())
    a_message(state=MessageState.SENDING, claimed_by="vm/worker-1", claimed_at=now())

    worker.sweep(QUIET)

    assert background.idle()


@BOTH
def test_plans_that_nobody_makes_are_queued_again_once(queue):
    a_plan(run_state=RunState.QUEUED, made_at=now() - LONG_AGO)
    a_plan(run_state=RunState.RUNNING, made_at=now() - LONG_AGO, beat_at=now() - LONG_AGO)

    worker.sweep(QUIET)
    worker.sweep(QUIET)

    assert background.queued("make-plan") == 2


@pytest.mark.parametrize(
    ("state", "quiet_for"),
    [(RunState.RUNNING, timedelta()), (RunState.FINISHED, LONG_AGO), (RunState.FAILED, LONG_AGO)],
)
def test_a_plan_that_is_being_made_or_done_is_left_alone(queue, state, quiet_for):
    a_plan(run_state=state, made_at=now() - LONG_AGO, beat_at=now() - quiet_for)

    worker.sweep(QUIET)

    assert background.idle()


def test_a_plan_that_ended_its_worker_three_times_is_given_up_with_a_reason(queue):
    plan = a_plan(made_at=now() - LONG_AGO)
    keep(PlanShare(plan_id=plan.id, attempt=plan.attempt, number=0, worker="vm/dead"))
    with transaction():
        background.enqueue("make-plan", plan.id, key=plan.id)
    set_aside(f"make-plan:{plan.id}:1")

    worker.sweep(QUIET)

    db.session.refresh(plan)
    assert (plan.run_state, plan.run_end, plan.run_note) == (RunState.FAILED, RunEnd.CRASHED, worker.GIVEN_UP)
    assert db.session.scalars(sa.select(PlanShare)).all() == []
    assert background.idle()


def set_aside(job_id: str) -> None:
    """What take_over does to a job that lost its third worker; test_worker.py shows it with real ones."""
    lost = {"status": "PENDING", "executor_id": "vm/dead", "losses": '{"losses": 2}', "id": job_id}
    db.session.execute(
        sa.text(
            "UPDATE workflow_status SET status = :status, executor_id = :executor_id, attributes = :losses"
            " WHERE workflow_uuid = :id"
        ),
        lost,
    )
    db.session.commit()
    background.take_over(living=[])


def test_nobody_is_missed_while_a_worker_beats(app):
    a_worker(started_at=now() - LONG_AGO, beat_at=now() - timedelta(seconds=20))
    a_worker("vm/worker-2", started_at=now() - LONG_AGO, beat_at=now() - timedelta(days=3))

    assert heartbeats.worker_down_since() is None
    assert heartbeats.living() == {"vm/worker-1"}


def test_a_worker_that_falls_silent_is_missed_since_its_last_beat(app):
    last = now() - timedelta(hours=1)
    a_worker(started_at=last - LONG_AGO, beat_at=last)

    assert heartbeats.worker_down_since() == last
    assert heartbeats.living() == set()


def test_where_no_worker_ever_came_one_is_missed_half_a_minute_after_the_start(app):
    with time_machine.travel(now() + timedelta(days=1)):
        since = heartbeats.worker_down_since()

    assert since is not None
    assert since <= now()


def test_a_worker_whose_name_another_has_taken_learns_of_it_at_its_next_beat(app):
    first = heartbeats.first_beat("vm/worker-1", "1")
    assert heartbeats.beat("vm/worker-1", first)

    second = heartbeats.first_beat("vm/worker-1", "1")

    assert not heartbeats.beat("vm/worker-1", first)
    assert heartbeats.beat("vm/worker-1", second)


@BOTH
def test_whoever_took_a_row_is_gone_once_silent_or_started_again(app):
    def taken_by(name: str, *, started_ago: int, heard_ago: int) -> int:
        a_worker(name, started_at=now() - timedelta(seconds=started_ago), beat_at=now() - timedelta(seconds=heard_ago))
        taken = a_message(claimed_by=name, claimed_at=now() - timedelta(seconds=30), message_id=f"<{name}@x.example>")
        return taken.id

    at_it = taken_by("at it", started_ago=60, heard_ago=1)
    silent = taken_by("silent", started_ago=60, heard_ago=45)
    started_again = taken_by("started again", started_ago=10, heard_ago=1)

    gone = heartbeats.gone(OutboxMessage.claimed_by, OutboxMessage.claimed_at)
    assert set(db.session.scalars(sa.select(OutboxMessage.id).where(gone))) == {silent, started_again}
    assert list(db.session.scalars(sa.select(OutboxMessage.id).where(~gone))) == [at_it]


def test_workers_of_one_instance_get_the_first_free_name_and_get_it_again(tmp_path):
    with heartbeats.claimed_name(tmp_path) as first, heartbeats.claimed_name(tmp_path) as second:
        assert first.endswith("/worker-1")
        assert second.endswith("/worker-2")

    with heartbeats.claimed_name(tmp_path) as again:
        assert again == first


def test_a_wanted_name_is_refused_while_it_is_held(tmp_path):
    with heartbeats.claimed_name(tmp_path, "mail"), pytest.raises(heartbeats.NameTaken):
        heartbeats.claimed_name(tmp_path, "mail").__enter__()


def test_instances_on_one_machine_have_different_names(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"

    with heartbeats.claimed_name(one) as first, heartbeats.claimed_name(other) as second:
        assert first != second


def test_every_job_that_is_queued_anywhere_has_a_task(app):
    house = Path(worker.__file__).parent
    source = "\n".join(path.read_text() for path in house.rglob("*.py") if path.name != "background.py")

    queued = {part.partition('"')[0] for part in source.split('background.enqueue("')[1:]}

    assert queued <= set(worker.TASKS)
