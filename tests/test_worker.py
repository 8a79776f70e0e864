"""Workers share the jobs, take over from the dead, and end when they are told to. All of it with real processes."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from scheduler import Convene, background, heartbeats
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.transaction import transaction
from tests import errands as errands_module
from tests.conftest import BOTH_AT_LENGTH
from tests.errands import add_errands, errands

StartWorker = Callable[..., subprocess.Popen[str]]
PATIENCE = 120
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def start_worker(app: Convene) -> Iterator[StartWorker]:
    """Start worker processes, which end with the test whatever becomes of it."""
    background.prepare()
    started: list[subprocess.Popen[str]] = []

    def start(name: str, *options: str) -> subprocess.Popen[str]:
        started.append(errands_module.start_worker(app, name, *options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_until(what: Callable[[], bool]) -> None:
    """Wait for something another process does; a test that waits in vain fails."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def queue(name: str, numbers: list[int], *args: float) -> None:
    """Queue a job for each errand, in one transaction."""
    with transaction():
        for number in numbers:
            background.enqueue(name, number, *args)


def ended_well(process: subprocess.Popen[str]) -> str:
    """What a worker wrote, once it has ended by itself."""
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize("database", ["postgresql", pytest.param("sqlite", marks=pytest.mark.long)], indirect=True)
def test_two_workers_share_500_jobs_and_each_has_its_effect_once(app, start_worker):
    numbers = add_errands(500)
    workers = [start_worker("first"), start_worker("second")]
    wait_until(lambda: len(heartbeats.living()) == 2)

    queue("errand", numbers)
    wait_until(background.idle)

    assert [row.effects for row in errands()] == [1] * 500
    assert len({row.done_by for row in errands()}) == 2
    for process in workers:
        process.terminate()
    for process in workers:
        ended_well(process)


@BOTH_AT_LENGTH
def test_a_job_whose_worker_was_killed_is_taken_over_by_another_and_done_once(app, start_worker):
    numbers = add_errands(1)
    queue("long-first", numbers, 600)
    first = start_worker("first")
    wait_until(lambda: errands()[0].attempt == 1)

    first.kill()
    ended_well(start_worker("second", "until-idle"))

    [row] = errands()
    assert (row.attempt, row.effects) == (2, 1)
    assert row.done_by.endswith("/second")


@pytest.mark.long
@ON_POSTGRESQL
def test_a_worker_that_hung_and_was_replaced_does_nothing_a_second_time_when_it_wakes(app, start_worker):
    queue("long-first", add_errands(1), 5)
    first = start_worker("first")
    wait_until(lambda: errands()[0].attempt == 1)

    first.send_signal(signal.SIGSTOP)
    ended_well(start_worker("second", "until-idle"))
    first.send_signal(signal.SIGCONT)
    wait_until(lambda: len(heartbeats.living(timedelta(seconds=1))) == 1)
    first.terminate()
    ended_well(first)

    [row] = errands()
    assert (row.attempt, row.effects) == (2, 1)
    assert row.done_by.endswith("/second")


@ON_POSTGRESQL
def test_a_worker_outlives_a_database_that_drops_its_connections(app, start_worker):
    numbers = add_errands(2)
    process = start_worker("first")
    wait_until(lambda: len(heartbeats.living()) == 1)
    queue("errand", numbers[:1])
    wait_until(lambda: errands()[0].effects == 1)

    db.session.execute(
        sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    queue("errand", numbers[1:])
    wait_until(lambda: errands()[1].effects == 1)

    process.terminate()
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output


@pytest.mark.long
def test_a_worker_started_again_under_its_name_goes_on_with_what_it_left(app, start_worker):
    numbers = add_errands(1)
    queue("long-first", numbers, 600)
    first = start_worker("first")
    wait_until(lambda: errands()[0].attempt == 1)

    first.kill()
    first.wait()
    ended_well(start_worker("first", "until-idle"))

    [row] = errands()
    assert (row.attempt, row.effects) == (2, 1)


@pytest.mark.long
def test_a_job_that_takes_its_worker_down_three_times_is_set_aside_and_the_next_is_done(app, start_worker):
    deadly, harmless = add_errands(2)
    with transaction():
        background.enqueue("deadly", deadly, key=deadly)

    for _ in range(3):
        assert start_worker("first").wait(timeout=PATIENCE) == 9
    queue("errand", [harmless])
    ended_well(start_worker("first", "until-idle"))

    assert [(row.attempt, row.effects) for row in errands()] == [(3, 0), (1, 1)]
    with transaction():
        assert not background.revive("deadly", deadly, key=deadly)
    assert background.idle()


def test_a_job_that_fails_is_logged_and_does_not_stop_the_worker(app, start_worker):
    numbers = add_errands(1)
    with transaction():
        background.enqueue("failing", 1)
    queue("errand", numbers)

    output, _ = start_worker("first", "until-idle").communicate(timeout=PATIENCE)

    assert "Job failing failed" in output
    assert errands()[0].effects == 1


def test_a_worker_that_is_told_to_end_finishes_its_job_and_takes_no_other(app, start_worker):
    numbers = add_errands(2)
    queue("long", numbers, 2)
    process = start_worker("first")
    wait_until(lambda: errands()[0].attempt == 1)

    process.send_signal(signal.SIGTERM)
    ended_well(process)

    assert [(row.attempt, row.effects) for row in errands()] == [(1, 1), (0, 0)]
    assert background.queued("long") == 1


def test_until_idle_ends_at_once_where_nothing_is_queued(app, start_worker):
    output = ended_well(start_worker("first", "until-idle"))

    assert [line.rpartition("/")[2] for line in output.splitlines()] == ["first started", "first ended"]


def test_a_name_belongs_to_one_living_worker(app, start_worker):
    first = start_worker("first")
    wait_until(lambda: len(heartbeats.living()) == 1)

    output, _ = start_worker("first", "until-idle").communicate(timeout=PATIENCE)

    assert "NameTaken" in output
    assert first.poll() is None


def test_what_has_ended_is_deleted_from_the_queue_in_time(app, start_worker):
    queue("errand", add_errands(3))
    ended_well(start_worker("first", "until-idle"))

    background.delete_finished(before=now() - timedelta(hours=1))
    with transaction():
        assert background.revive("errand", 1, key="1")
    background.delete_finished(before=now() + timedelta(hours=1))

    assert background.queued("errand") == 1
