"""Plans through real worker processes: queued with the row, taken over from the dead, ended early with a worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from scheduler import Convene, background
from scheduler.extensions import db
from scheduler.models import AdviceState, Plan, PlanAdvice, PlanProgress, RunEnd, RunState
from scheduler.plan import advice, planning
from scheduler.plan.keeping import problem_of, result_of
from solver.check import check
from tests.builders import a_pair, both_answered
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.plan.programmes import PATIENCE, a_hard_programme, a_small_programme, first_plan_of, sessions_of, wait_until

HOUSE = Path(__file__).parent.parent.parent
StartWorker = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(app: Convene) -> Iterator[StartWorker]:
    """Start workers on the application's database, which end with the test whatever becomes of it."""
    background.prepare()
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        settings = {"CONVENE_INSTANCE": str(app.settings.instance), "CONVENE_DATABASE_URL": app.settings.database}
        started.append(
            subprocess.Popen([sys.executable, "-c", RUN_A_WORKER, *options], cwd=HOUSE, env={**os.environ, **settings})
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


RUN_A_WORKER = """
import sys
from scheduler import create_app, worker
worker.run(create_app(), until_idle="until-idle" in sys.argv)
"""


def now_stands(plan_id: int) -> tuple[RunState, int | None, int]:
    """State, cost so far and attempt of a run, as other processes see them."""
    db.session.rollback()
    return tuple(
        db.session.execute(db.select(Plan.run_state, Plan.objective, Plan.attempt).where(Plan.id == plan_id)).one()
    )


def has_a_plan(plan_id: int) -> bool:
    return now_stands(plan_id)[1] is not None


@BOTH
def test_a_worker_makes_the_plans_that_wait(app, start_worker):
    plans = [planning.start(a_small_programme(), by=None, time_limit=20) for _ in range(2)]

    assert start_worker("until-idle").wait(PATIENCE) == 0

    for plan in plans:
        db.session.refresh(plan)
        assert (plan.run_end, plan.attempt, len(plan.placements)) == (RunEnd.PROVEN, 1, 6)


@BOTH_AT_LENGTH
def test_a_run_whose_worker_was_killed_is_begun_anew_and_kept_once(app, start_worker):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    first = start_worker()
    wait_until(lambda: has_a_plan(plan.id))
    [solver] = [child for child in psutil.Process(first.pid).children() if "solver.child" in child.cmdline()]

    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start_worker()
    wait_until(lambda: now_stands(plan.id)[2] == 2 and has_a_plan(plan.id))
    planning.stop(plan)
    wait_until(lambda: now_stands(plan.id)[0] is RunState.FINISHED)

    db.session.refresh(plan)
    assert not solver.is_running()
    assert second.poll() is None
    assert plan.run_end is RunEnd.STOPPED
    assert check(problem_of(plan), result_of(plan)) == []
    assert len(plan.placements) + len(plan.unplaced) == 80


def test_a_worker_that_is_told_to_end_keeps_the_best_plan_so_far(app, start_worker):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    worker = start_worker()
    wait_until(lambda: has_a_plan(plan.id))

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(PATIENCE) == 0
    db.session.rollback()
    db.session.refresh(plan)
    assert (plan.run_state, plan.run_end) == (RunState.FINISHED, RunEnd.STOPPED)
    assert len(plan.placements) + len(plan.unplaced) == 80
    assert db.session.scalars(db.select(PlanProgress)).first() is not None


def one_left_out(programme):
    """The programme with a pair more, which said no to everything."""
    pair = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(pair, session, "no")
    return programme


def advice_now(plan_id: int) -> PlanAdvice | None:
    """The advice on a plan, as other processes see it."""
    db.session.rollback()
    return db.session.get(PlanAdvice, plan_id, populate_existing=True)


@pytest.mark.long
@BOTH
def test_a_worker_goes_on_to_what_would_help_a_plan_that_leaves_somebody_out(app, start_worker):
    plan = planning.start(one_left_out(a_small_programme(pairs=5)), by=None, time_limit=20)

    assert start_worker("until-idle").wait(PATIENCE) == 0

    row = advice_now(plan.id)
    assert (row.state, row.attempt) == (AdviceState.DONE, 1)
    assert {found.session for found in advice.found_by(row) if found.placed} == {"W1-a", "W1-b"}


@pytest.mark.long
@BOTH
def test_a_search_for_advice_whose_worker_was_killed_goes_on_and_keeps_what_was_found(app, start_worker):
    plan = first_plan_of(one_left_out(a_hard_programme()))
    advice_now(plan.id).time_limit = 600
    db.session.commit()
    first = start_worker()
    known = wait_until(lambda: advice_now(plan.id).found.get("repairs"))
    [adviser] = [child for child in psutil.Process(first.pid).children() if "solver.advice_child" in child.cmdline()]

    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start_worker()
    wait_until(lambda: advice_now(plan.id).attempt == 2)
    advice.stop(plan)
    wait_until(lambda: advice_now(plan.id).state is AdviceState.STOPPED)

    assert not adviser.is_running()
    assert second.poll() is None
    kept = {(found.place, found.to) for found in advice.found_by(advice_now(plan.id))}
    assert {(found["place"], found["to"]) for found in known} <= kept
