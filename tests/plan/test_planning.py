"""A run of the real solver in its own process: started, watched, stopped, killed, kept or refused."""

from __future__ import annotations

import json
import signal
import sys
import threading

import pytest

from scheduler import background
from scheduler.extensions import db
from scheduler.models import AuditEntry, Placement, Plan, PlanStatus, RunEnd, RunState, Unplaced
from scheduler.plan import planning
from scheduler.plan.keeping import problem_of, result_of
from scheduler.plan.problems import problem_for
from solver.check import check
from tests.builders import a_programme, a_session, an_event, an_organiser
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.plan.programmes import (
    a_hard_programme,
    a_small_programme,
    best_so_far,
    pairs_of,
    planned,
    solver_process,
    wait_until,
    with_sets,
    worker_on,
)

MIB = 1024 * 1024


@BOTH
def test_a_plan_is_frozen_numbered_and_queued_in_one_deed(app):
    programme = a_small_programme()
    organiser = an_organiser(programme)
    background.prepare()

    first = planning.start(programme, by=organiser, time_limit=30)
    second = planning.start(programme, by=organiser)

    assert [first.number, second.number] == [1, 2]
    assert first.status is PlanStatus.DRAFT
    assert first.run_state is RunState.QUEUED
    assert first.problem == problem_for(programme)
    assert background.queued("make-plan") == 2
    assert [entry.what for entry in db.session.scalars(db.select(AuditEntry))] == ["plan.started"] * 2


def test_nothing_to_plan_is_said_and_leaves_no_plan(app):
    programme = a_programme()
    a_session(an_event(programme))

    with pytest.raises(planning.NothingToPlan):
        planning.start(programme, by=None, to_worker=False)

    assert db.session.scalars(db.select(Plan)).all() == []


@BOTH
def test_a_run_ends_with_a_proven_plan_whose_places_are_rows(app):
    programme = with_sets(a_small_programme())

    plan = planned(programme)

    assert plan.run_state is RunState.FINISHED
    assert plan.run_end is RunEnd.PROVEN
    assert plan.solver_status == "optimal"
    assert plan.objective == plan.bound
    assert plan.unplaced == []
    assert {placement.pair_id for placement in plan.placements} == {pair.id for pair in pairs_of(programme)}
    assert sorted(member.pair_id for s in plan.sets for member in s.members) == [p.id for p in pairs_of(programme)]
    assert [[meeting.round.number for meeting in s.meetings] for s in plan.sets] == [[1, 2]] * len(plan.sets)
    assert check(problem_of(plan), result_of(plan)) == []


def test_progress_is_told_as_rows_that_never_get_worse(app):
    plan = planned(a_hard_programme(), time_limit=4)

    costs = [row.objective for row in plan.progress if row.objective is not None]
    bounds = [row.bound for row in plan.progress]
    assert costs
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds)
    assert plan.run_end is RunEnd.TIME_LIMIT
    assert plan.solver_status == "feasible"


@BOTH_AT_LENGTH
def test_a_run_that_is_stopped_keeps_its_best_plan_so_far(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)

    with worker_on(plan):
        wait_until(lambda: best_so_far(plan))
        planning.stop(plan)

    assert plan.run_end is RunEnd.STOPPED
    assert plan.run_state is RunState.FINISHED
    assert len(plan.placements) + len(plan.unplaced) == 80
    assert check(problem_of(plan), result_of(plan)) == []
    assert list((app.settings.instance / "runs").iterdir()) == []


def test_a_run_that_nobody_has_begun_can_be_stopped(app):
    plan = planning.start(a_small_programme(), by=None, to_worker=False)

    planning.stop(plan)
    planning.run(plan.id)

    assert plan.run_state is RunState.FAILED
    assert plan.run_end is RunEnd.STOPPED
    assert plan.placements == []


def test_a_solver_that_hangs_is_ended_when_it_is_asked_to_stop_and_its_best_plan_kept(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)

    with worker_on(plan):
        wait_until(lambda: best_so_far(plan))
        solver_process().send_signal(signal.SIGSTOP)
        planning.stop(plan)

    assert plan.run_end is RunEnd.STOPPED
    assert len(plan.placements) + len(plan.unplaced) == 80


def test_a_solver_that_is_killed_costs_a_run_and_its_best_plan_is_kept(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)

    with worker_on(plan):
        wait_until(lambda: best_so_far(plan))
        solver_process().kill()

    assert plan.run_state is RunState.FINISHED
    assert plan.run_end is RunEnd.CRASHED
    assert plan.run_note == "The solver ended by itself: signal 9 (SIGKILL)."
    assert len(plan.placements) + len(plan.unplaced) == 80
    assert check(problem_of(plan), result_of(plan)) == []
    [kept] = (app.settings.instance / "runs").iterdir()
    assert json.loads((kept / "problem.json").read_bytes()) == plan.problem


def test_a_solver_that_crashes_before_it_finds_a_plan_fails_the_run_and_leaves_the_next_alone(app):
    programme = a_small_programme()
    plan = planning.start(programme, by=None, to_worker=False)

    planning.run(plan.id, command=(sys.executable, "-c", "import os; os.abort()"))

    db.session.refresh(plan)
    assert plan.run_state is RunState.FAILED
    assert plan.run_end is RunEnd.CRASHED
    assert plan.run_note == "The solver ended by itself: signal 6 (SIGABRT)."
    assert planned(programme).run_end is RunEnd.PROVEN


def test_a_solver_that_runs_out_of_memory_is_ended_and_its_best_plan_kept(app, tmp_path):
    plan = planning.start(a_small_programme(), by=None, time_limit=600, to_worker=False)
    eating = tmp_path / "eating.py"
    eating.write_text(
        "import subprocess, sys, time\n"
        "subprocess.run([sys.executable, '-m', 'solver.child', *sys.argv[1:]], check=True)\n"
        "eaten = bytearray(b'x') * (300 * 1024 * 1024)\n"
        "time.sleep(600)\n"
    )

    planning.run(plan.id, memory=200 * MIB, command=(sys.executable, str(eating)))

    db.session.refresh(plan)
    assert plan.run_end is RunEnd.OUT_OF_MEMORY
    assert plan.run_state is RunState.FINISHED
    assert plan.run_note == "It ran out of memory at 200 MB."
    assert len(plan.placements) == 6
    assert list((app.settings.instance / "runs").iterdir()) == []


def test_a_solver_that_runs_out_of_memory_before_it_finds_a_plan_fails_the_run(app):
    plan = planning.start(a_small_programme(), by=None, to_worker=False)

    planning.run(plan.id, memory=20 * MIB)

    db.session.refresh(plan)
    assert plan.run_end is RunEnd.OUT_OF_MEMORY
    assert plan.run_state is RunState.FAILED
    assert plan.placements == []


def test_a_plan_that_was_corrupted_on_its_way_is_refused_with_the_reason(app, tmp_path):
    programme = a_small_programme()
    plan = planning.start(programme, by=None, to_worker=False)
    corrupting = tmp_path / "corrupting.py"
    corrupting.write_text(
        "import json, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'solver.child', *sys.argv[1:]], stdin=sys.stdin, check=True)\n"
        "made = json.load(open(sys.argv[2]))\n"
        "made['assignments'][0]['party'] = made['assignments'][1]['party']\n"
        "json.dump(made, open(sys.argv[2], 'w'))\n"
    )

    planning.run(plan.id, command=(sys.executable, str(corrupting)))

    db.session.refresh(plan)
    assert plan.run_state is RunState.FAILED
    assert plan.run_note == "The solver's plan broke a rule when separate code counted it again, so it was not kept."
    assert plan.result is None
    assert plan.placements == []


@BOTH_AT_LENGTH
def test_an_older_attempt_writes_nothing_once_another_worker_has_taken_the_run(app):
    plan = planning.start(a_hard_programme(), by=None, time_limit=600, to_worker=False)

    with worker_on(plan) as older:
        wait_until(lambda: best_so_far(plan))
        with worker_on(plan) as newer:
            older.join(30)
            assert not older.is_alive()
            assert newer.is_alive()
            wait_until(lambda: best_so_far(plan))
            planning.stop(plan)

    assert plan.attempt == 2
    assert plan.run_end is RunEnd.STOPPED
    rows = [db.session.scalar(db.select(db.func.count()).select_from(kind)) for kind in (Placement, Unplaced)]
    assert sum(rows) == 80


@BOTH
def test_two_organisers_who_start_at_once_get_two_plans(app):
    programme = a_small_programme()
    programme_id = programme.id
    both_ready = threading.Barrier(2)
    numbers = []

    def start_one() -> None:
        with app.app_context():
            mine = db.session.get_one(type(programme), programme_id)
            both_ready.wait()
            numbers.append(planning.start(mine, by=None, to_worker=False).number)

    threads = [threading.Thread(target=start_one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == [1, 2]


def test_what_cannot_hold_together_is_said_and_is_no_plan(app):
    programme = a_small_programme()
    event = an_event(programme, open_min=2)
    a_session(event)

    plan = planned(programme)

    assert plan.run_end is RunEnd.INFEASIBLE
    assert plan.run_state is RunState.FINISHED
    assert plan.solver_status == "infeasible"
    assert plan.placements == []


def test_a_draft_is_discarded_once_and_a_published_plan_never(app):
    organiser = an_organiser()
    draft, published = planned(a_small_programme()), planned(a_small_programme())
    published.status = PlanStatus.PUBLISHED
    db.session.commit()

    planning.discard(draft, by=organiser)
    with pytest.raises(planning.PlanNotDraft):
        planning.discard(published, by=organiser)

    assert draft.status is PlanStatus.DISCARDED
    assert published.status is PlanStatus.PUBLISHED
