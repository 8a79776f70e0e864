"""The solver's own process: what it inherits, what it leaves, and that it never outlives those who wait for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scheduler.models import RunEnd
from scheduler.plan.keeping import problem_bytes
from scheduler.plan.problems import problem_for
from scheduler.plan.solving import SolverProcess
from solver.child import LOW_PRIORITY
from tests.plan.programmes import a_hard_programme, a_small_programme, wait_until

HOUSE = Path(__file__).parent.parent.parent
GIB = 1024**3


@pytest.fixture
def small(app) -> bytes:
    """A problem that is solved in a moment."""
    return problem_bytes(problem_for(a_small_programme()))


@pytest.fixture
def hard(app) -> bytes:
    """A problem that is improved for longer than any test waits."""
    return problem_bytes(problem_for(a_hard_programme()))


def test_a_run_that_ends_by_itself_leaves_nothing_behind(small, tmp_path):
    with SolverProcess(small, tmp_path / "run", seconds=20, memory=4 * GIB) as solver:
        while solver.running:
            solver.wait(0.1)
        outcome = solver.outcome()

    assert outcome.end is RunEnd.PROVEN
    assert outcome.plan.status == "optimal"
    assert not (tmp_path / "run").exists()


def test_the_news_end_at_the_cost_and_bound_of_the_plan(small, tmp_path):
    news = []
    with SolverProcess(small, tmp_path / "run", seconds=20, memory=4 * GIB) as solver:
        while solver.running:
            solver.wait(0.1)
            news += solver.news()
        outcome = solver.outcome()
        news += solver.news()

    assert (news[-1].objective, news[-1].bound) == (outcome.plan.objective, outcome.plan.bound)


def test_it_runs_at_low_priority_in_a_session_of_its_own_and_knows_none_of_our_settings(hard, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVENE_SECRET_KEY", "x" * 64)
    with SolverProcess(hard, tmp_path / "run", seconds=60, memory=4 * GIB) as solver:
        child = psutil.Process(solver.process.pid)
        wait_until(lambda: child.nice() == min(19, os.nice(0) + LOW_PRIORITY))
        environment, session = child.environ(), os.getsid(child.pid)

    assert "CONVENE_SECRET_KEY" not in environment
    assert session == solver.process.pid
    assert not child.is_running()


def test_a_solver_that_will_not_end_in_time_is_ended(small, tmp_path, monkeypatch):
    monkeypatch.setattr("scheduler.plan.solving.OVERTIME_SECONDS", 0.5)
    asleep = (sys.executable, "-c", "import time; time.sleep(600)")

    with SolverProcess(small, tmp_path / "run", seconds=0.1, memory=4 * GIB, command=asleep) as solver:
        while solver.running:
            solver.wait(0.1)
        outcome = solver.outcome()

    assert outcome.end is RunEnd.NOTHING_FOUND
    assert outcome.plan is None


def test_a_fault_of_the_solver_library_ends_the_child_alone_and_is_told(small, tmp_path):
    faulty = (sys.executable, "-c", "import ctypes; ctypes.string_at(0)")

    with SolverProcess(small, tmp_path / "run", seconds=60, memory=4 * GIB, command=faulty) as solver:
        while solver.running:
            solver.wait(0.1)
        outcome = solver.outcome()

    assert (outcome.end, outcome.plan) == (RunEnd.CRASHED, None)
    assert outcome.note == "The solver ended by itself: signal 11 (SIGSEGV)."


def test_a_child_that_finds_no_memory_for_more_says_so_itself(small, tmp_path):
    hungry = (sys.executable, "-c", HUNGRY)

    with SolverProcess(small, tmp_path / "run", seconds=60, memory=4 * GIB, command=hungry) as solver:
        while solver.running:
            solver.wait(0.1)
        outcome = solver.outcome()

    assert (outcome.end, outcome.note) == (RunEnd.OUT_OF_MEMORY, "It found no memory for more.")


HUNGRY = """
from solver import child

def hungry(*question, **more):
    raise MemoryError

child.solve = hungry
child.main()
"""


def test_what_is_no_progress_line_is_passed_over(small, tmp_path):
    talking = (sys.executable, "-c", "print('hello'); print('{}'); print('[1]'); print('null')")

    with SolverProcess(small, tmp_path / "run", seconds=5, memory=4 * GIB, command=talking) as solver:
        while solver.running:
            solver.wait(0.1)
        outcome = solver.outcome()

    assert solver.news() == []
    assert outcome.end is RunEnd.CRASHED


@pytest.mark.parametrize("said", [b"stop\n", None])
def test_the_child_stops_when_asked_and_when_nobody_waits_for_it_any_more(hard, tmp_path, said):
    problem, best = tmp_path / "problem.json", tmp_path / "best.json"
    problem.write_bytes(hard)
    child = subprocess.Popen(
        [sys.executable, "-m", "solver.child", problem, best, "--seconds", "600"],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    while json.loads(child.stdout.readline())["objective"] is None:
        pass

    if said is None:
        child.stdin.close()
    else:
        child.stdin.write(said)
        child.stdin.flush()
    child.stdout.read()
    code = child.wait(30)

    assert code == (1 if said is None else 0)
    assert json.loads(best.read_bytes())["objective"] is not None


def test_a_solver_does_not_outlive_a_worker_that_was_killed(hard, tmp_path):
    problem = tmp_path / "problem.json"
    problem.write_bytes(hard)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from scheduler.plan.solving import SolverProcess\n"
        "with SolverProcess(Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), seconds=600, memory=10**10) as solver:\n"
        "    print(solver.process.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", script, problem, tmp_path / "run"], cwd=HOUSE, stdout=subprocess.PIPE, text=True
    )
    child = psutil.Process(int(worker.stdout.readline()))

    worker.send_signal(signal.SIGKILL)
    worker.wait()

    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
