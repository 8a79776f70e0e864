"""One plan, two workers: the idle one helps while the other makes it, and goes when it is made or put away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from scheduler import Convene, background, heartbeats
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Plan, PlanShare, RunEnd, RunState
from scheduler.plan import helping, planning
from scheduler.plan.keeping import problem_of, result_of
from scheduler.transaction import transaction
from solver.check import check
from solver.plan import Plan as SolverPlan
from solver.search import solve
from tests.conftest import BOTH
from tests.plan.programmes import PATIENCE, a_hard_programme, a_small_programme, wait_until

HOUSE = Path(__file__).parent.parent.parent
StartWorker = Callable[..., subprocess.Popen[bytes]]

RUN_A_WORKER = """
import sys
from scheduler import create_app, worker
from scheduler.plan import helping
helping.LARGE = int(sys.argv[2])
worker.run(create_app(), name=sys.argv[1])
"""


@pytest.fixture
def start_worker(app: Convene) -> Iterator[StartWorker]:
    """Start workers for whom a plan of so many parties is large; they end with the test whatever becomes of it."""
    background.prepare()
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *, large: int = 1) -> subprocess.Popen[bytes]:
        settings = {"CONVENE_INSTANCE": str(app.settings.instance), "CONVENE_DATABASE_URL": app.settings.database}
        command = [sys.executable, "-c", RUN_A_WORKER, name, str(large)]
        started.append(subprocess.Popen(command, cwd=HOUSE, env={**os.environ, **settings}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def both_beat() -> bool:
    db.session.rollback()
    return len(heartbeats.living()) == 2


def shares(plan: Plan) -> dict[int, PlanShare]:
    """The shares of a plan's run, as other processes left them."""
    db.session.rollback()
    rows = db.session.scalars(
        db.select(PlanShare).filter_by(plan_id=plan.id), execution_options={"populate_existing": True}
    )
    return {row.number: row for row in rows}


def solvers_of(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The solver's processes that a worker has started."""
    return [child for child in psutil.Process(worker.pid).children() if "solver.child" in child.cmdline()]


def helper_of(plan: Plan, workers: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """The worker that helps, once it does."""
    wait_until(lambda: 1 in shares(plan))
    helper = next(w for w in workers if shares(plan)[1].worker.endswith(f"/{w.args[3]}"))
    wait_until(lambda: solvers_of(helper))
    return helper


def two_workers(start_worker: StartWorker, **options: int) -> list[subprocess.Popen[bytes]]:
    workers = [start_worker("one", **options), start_worker("two", **options)]
    wait_until(both_beat)
    return workers


def run_of(plan: Plan) -> tuple[RunState, int | None]:
    """State and cost so far of a run, as other processes see them."""
    db.session.rollback()
    return tuple(db.session.execute(db.select(Plan.run_state, Plan.objective).where(Plan.id == plan.id)).one())


def beat_of(plan: Plan) -> datetime:
    """When the maker of a plan was last heard of."""
    db.session.rollback()
    return db.session.scalars(db.select(Plan.beat_at).where(Plan.id == plan.id)).one()


def ended(plan: Plan) -> Plan:
    """The plan, once its run has ended."""
    wait_until(lambda: run_of(plan)[0] in (RunState.FINISHED, RunState.FAILED))
    db.session.refresh(plan)
    return plan


def given(plan: Plan) -> PlanShare | None:
    """The maker's share, once it holds a plan to help with."""
    share = shares(plan).get(0)
    return share if share is not None and share.objective is not None else None


def folders(app: Convene) -> list[Path]:
    return list((app.settings.instance / "runs").iterdir())


@pytest.mark.long
@BOTH
def test_an_idle_worker_helps_and_goes_when_the_plan_is_stopped(app, start_worker):
    workers = two_workers(start_worker)
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    helper = helper_of(plan, workers)
    [solver] = solvers_of(helper)
    command = solver.cmdline()

    planning.stop(plan)
    ended(plan)
    wait_until(lambda: not solver.is_running() and not folders(app))

    assert command[command.index("--share") + 1 :][:2] == ["0", "1"]
    assert plan.run_end is RunEnd.STOPPED
    assert check(problem_of(plan), result_of(plan)) == []
    assert shares(plan) == {}


@pytest.mark.long
def test_a_discarded_plan_has_no_helper_left(app, start_worker):
    workers = two_workers(start_worker)
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    [solver] = solvers_of(helper_of(plan, workers))

    planning.discard(plan, by=None)

    wait_until(lambda: not solver.is_running())


@pytest.mark.long
@BOTH
def test_a_helper_that_is_killed_costs_nothing(app, start_worker):
    workers = two_workers(start_worker)
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    helper = helper_of(plan, workers)
    [solver] = solvers_of(helper)

    helper.send_signal(signal.SIGKILL)
    helper.wait()
    wait_until(lambda: not solver.is_running())
    planning.stop(plan)

    assert (ended(plan).run_end, plan.attempt) == (RunEnd.STOPPED, 1)
    assert check(problem_of(plan), result_of(plan)) == []


@pytest.mark.long
def test_a_helper_leaves_for_a_plan_of_its_own(app, start_worker):
    workers = two_workers(start_worker)
    first = planning.start(a_hard_programme(), by=None, time_limit=600)
    helper = helper_of(first, workers)
    [solver] = solvers_of(helper)

    second = planning.start(a_small_programme(), by=None, time_limit=600)

    assert ended(second).run_end is RunEnd.PROVEN
    assert not solver.is_running()
    assert run_of(first)[0] is RunState.RUNNING


@pytest.mark.long
def test_a_lone_worker_asks_nobody(app, start_worker):
    start_worker("one")
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)

    wait_until(lambda: given(plan))

    assert background.queued(helping.JOB) == 0
    assert list(shares(plan)) == [0]


@pytest.mark.long
def test_a_plan_that_is_not_large_is_made_alone(app, start_worker):
    two_workers(start_worker, large=helping.LARGE)
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)

    wait_until(lambda: run_of(plan)[1] is not None)
    seen = beat_of(plan)
    wait_until(lambda: beat_of(plan) > seen)  # since then its maker has had a turn to give and to ask

    assert given(plan) is None
    assert background.queued(helping.JOB) == 0
    planning.stop(plan)
    assert ended(plan).run_end is RunEnd.STOPPED


@pytest.mark.long
@BOTH
def test_what_a_helper_proved_ends_a_run_that_would_go_on(app, start_worker):
    """The maker alone is far from a proof; a bound that meets its cost comes from a share written by the test."""
    start_worker("one")
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    wait_until(lambda: given(plan))
    with transaction() as tx:
        tx.add(PlanShare(plan_id=plan.id, attempt=1, number=1, worker="elsewhere"))

    def meet() -> bool:
        state, cost = run_of(plan)
        with transaction() as tx:
            tx.execute(
                db.update(PlanShare).where(PlanShare.plan_id == plan.id, PlanShare.number == 1).values(bound=cost or 0)
            )
        return state is RunState.FINISHED

    wait_until(meet)

    assert ended(plan).run_end is RunEnd.PROVEN
    assert plan.objective == plan.bound
    assert check(problem_of(plan), result_of(plan)) == []


@pytest.mark.long
def test_what_a_helper_claims_falsely_is_not_believed(app, start_worker):
    start_worker("one")
    plan = planning.start(a_hard_programme(), by=None, time_limit=600)
    share = wait_until(lambda: given(plan))
    twice = share.result | {"objective": 0, "bound": 0, "assignments": 2 * share.result["assignments"]}
    of_another_version = {"format": "convene-plan/2"}

    with transaction() as tx:
        for number, result in ((1, of_another_version), (2, twice)):
            tx.add(
                PlanShare(
                    plan_id=plan.id, attempt=1, number=number, worker=f"elsewhere {number}",
                    objective=0, bound=10**9, result=result,
                )
            )  # fmt: skip
    wait_until(lambda: [folder for folder in folders(app) if (folder / "found-2.json").exists()])
    seen = beat_of(plan)
    wait_until(lambda: beat_of(plan) > seen)  # time enough for the solver to look, which it does each half second
    planning.stop(plan)

    assert ended(plan).run_end is RunEnd.STOPPED
    assert check(problem_of(plan), result_of(plan)) == []
    assert plan.bound <= plan.objective


def made_elsewhere(plan: Plan) -> SolverPlan:
    """Let the plan be under way at a worker elsewhere, which has the first plan it came by and proved nothing."""
    problem = problem_of(plan)
    first = solve(problem, seconds=300, threads=1, progress=lambda objective, *_: objective is not None)
    with transaction() as tx:
        plan.run_state, plan.attempt, plan.started_at = RunState.RUNNING, 1, now()
        tx.add(
            PlanShare(
                plan_id=plan.id, attempt=1, number=0, worker="elsewhere",
                objective=first.objective, result=replace(first, bound=0).as_json(),
            )
        )  # fmt: skip
    return first


@contextmanager
def helping_here(app: Convene, plan: Plan) -> Iterator[threading.Thread]:
    """A thread that helps with a plan as a worker does, until that is stopped."""
    plan_id = plan.id

    def work() -> None:
        with app.app_context():
            helping.help_with(plan_id)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        planning.stop(plan)
        thread.join(PATIENCE)
        assert not thread.is_alive()


@BOTH
def test_a_helper_writes_what_it_found_and_takes_what_the_maker_has(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)
    made_elsewhere(plan)

    with helping_here(app, plan):
        wait_until(lambda: 1 in shares(plan) and shares(plan)[1].bound > 0)
        with transaction() as tx:
            tx.execute(db.update(PlanShare).where(PlanShare.number == 0).values(bound=shares(plan)[1].bound))
        wait_until(lambda: [folder for folder in folders(app) if (folder / "found-0.json").exists()])

    assert folders(app) == []


def test_a_helper_whose_share_was_given_away_ends(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)
    made_elsewhere(plan)

    with helping_here(app, plan) as thread:
        wait_until(lambda: 1 in shares(plan))
        with transaction() as tx:
            tx.execute(db.update(PlanShare).where(PlanShare.number == 1).values(worker="another"))
        thread.join(PATIENCE)

        assert not thread.is_alive()


def test_a_helper_leaves_its_share_to_others_when_a_plan_waits(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)
    made_elsewhere(plan)

    with helping_here(app, plan) as thread:
        wait_until(lambda: 1 in shares(plan))
        planning.start(a_small_programme(), by=None, time_limit=600, to_worker=False)
        thread.join(PATIENCE)

        assert not thread.is_alive()
        assert list(shares(plan)) == [0]


@BOTH
def test_nobody_helps_with_a_plan_that_is_being_stopped(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)
    made_elsewhere(plan)
    planning.stop(plan)

    helping.help_with(plan.id)

    assert list(shares(plan)) == [0]
    assert not (app.settings.instance / "runs").exists()


def test_nobody_helps_with_a_plan_whose_shares_are_all_taken(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)
    made_elsewhere(plan)
    with transaction() as tx:
        for number in range(1, helping.MOST_HELPERS + 1):
            tx.add(PlanShare(plan_id=plan.id, attempt=1, number=number, worker=f"helper {number}"))

    helping.help_with(plan.id)

    assert len(shares(plan)) == 1 + helping.MOST_HELPERS


def test_the_share_of_a_helper_that_fell_silent_is_taken_by_another(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)
    made_elsewhere(plan)
    with transaction() as tx:
        long_ago = now() - helping.SILENT_AFTER - timedelta(seconds=1)
        tx.add(PlanShare(plan_id=plan.id, attempt=1, number=1, worker="dead", beat_at=long_ago))

    with helping_here(app, plan):
        wait_until(lambda: shares(plan)[1].worker != "dead")

        assert sorted(shares(plan)) == [0, 1]
