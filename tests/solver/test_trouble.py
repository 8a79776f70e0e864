"""Problems that nobody means to ask, and stops at any stage: solved, refused by name, or ended with what there is."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks.instances.generator import Shape, make
from solver import check, read_plan
from solver.memory import RESERVE
from solver.search import solve
from tests.solver.builders import as_file, party, read, refusal, sitting
from tests.solver.test_commands import large_problem

ROOT = Path(__file__).parents[2]
MOST = 2**31 - 1
LINUX = Path("/proc/self/status")


def workshop(parties, **fields):
    """A workshop on two days to which everybody can come."""
    days = [sitting("W-1", 1) | fields, sitting("W-2", 2)]
    return {
        "format": "convene-problem/1",
        "parties": parties,
        "events": [{"id": "W", "encounters": True, "sessions": days}],
        "availability": {each["id"]: {"W-1": "yes", "W-2": "yes"} for each in parties},
    }


def test_a_hundred_pairs_who_are_all_kept_apart_get_a_plan():
    parties = [party(f"P{n}") for n in range(120)]
    data = workshop(parties) | {"apart": [list(pair) for pair in combinations([p["id"] for p in parties], 2)]}
    problem = read(data)

    plan = solve(problem, seconds=30, threads=1)

    assert plan.terms["unplaced"] == 118
    assert check(problem, plan) == []


def test_a_session_with_a_million_seats_holds_everybody():
    plan = solve(read(workshop([party("A"), party("B")], max_seats=10**6)), seconds=30, threads=1)

    assert (plan.status, plan.terms["unplaced"]) == ("optimal", 0)


def test_a_session_of_one_minute_is_a_session():
    data = workshop([party("A"), party("B")])
    data["events"][0]["sessions"][0]["end"] = "2027-01-01T09:01:00+00:00"

    plan = solve(read(data), seconds=30, threads=1)

    assert (plan.status, plan.terms["unplaced"]) == ("optimal", 0)


def test_the_greatest_weights_are_solved_where_their_sum_fits():
    terms = ("unplaced", "open_cost", "costs", "if_need_be", "burden", "repeat_encounter", "mix_imbalance", "change")
    data = workshop([party("A"), party("B")], max_seats=2) | {"weights": dict.fromkeys(terms, MOST)}
    data["availability"] = {"A": {"W-1": "yes"}, "B": {"W-1": "yes"}}

    plan = solve(read(data), seconds=30, threads=1)

    assert (plan.status, plan.objective) == ("optimal", MOST)


def test_weights_whose_sum_could_overflow_are_refused_by_name():
    data = workshop([party(f"P{n}") for n in range(3)]) | {"weights": {"costs": MOST}}
    data["costs"] = {each["id"]: {"W-1": MOST, "W-2": MOST} for each in data["parties"]}

    (line,) = refusal(as_file(data))

    assert line.startswith("weights.costs: the objective could reach ")


@pytest.mark.skipif(not LINUX.exists(), reason="looks up in /proc when the program is ready for a signal")
@pytest.mark.parametrize(
    ("parties", "stop", "wait"),
    [
        pytest.param(600, signal.SIGTERM, 0.0, id="at once"),
        pytest.param(600, signal.SIGINT, 1.5, id="while it builds"),
        pytest.param(64, signal.SIGTERM, 1.5, id="while it searches"),
    ],
)
def test_a_stop_at_any_stage_ends_it_with_a_plan_file(tmp_path: Path, parties: int, stop: signal.Signals, wait: float):
    problem, out = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_bytes(as_file(make(Shape.of(parties), 1)))
    line = [sys.executable, "-m", "solver", "solve", str(problem), "-o", str(out), "--time-limit", "300"]
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        wait_until_it_listens(process.pid, stop)
        time.sleep(wait)

        process.send_signal(stop)
        process.communicate(timeout=60)

    assert process.returncode in (0, 3)
    assert read_plan(out.read_bytes()).status in ("feasible", "unknown")


def stopped(command: list[object], stop: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """The exit code and standard output of a command that was asked to stop in a step that takes no notice."""
    line = [sys.executable, "-c", BUSY, *map(str, command)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "busy\n"

        process.send_signal(stop)
        printed, _ = process.communicate(timeout=60)
    return process.returncode, printed


def test_a_stop_that_no_step_takes_notice_of_ends_it_with_a_plan_file_too(tmp_path: Path):
    problem, out = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_bytes(as_file(workshop([party("A")])))

    code, _ = stopped(["solve", problem, "-o", out, "--time-limit", "300"])

    assert code == 3
    assert read_plan(out.read_bytes()).status == "unknown"


def test_a_stop_of_advice_that_no_step_takes_notice_of_ends_it_with_what_is_known(tmp_path: Path):
    problem = tmp_path / "problem.json"
    problem.write_bytes(as_file(workshop([party("A")])))

    code, printed = stopped(["advise", problem, problem, "--json"])

    assert (code, json.loads(printed)) == (0, {"repairs": [], "ask_first": []})


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_of_an_explanation_ends_it_with_nothing_said(tmp_path: Path, stop: signal.Signals):
    problem = tmp_path / "problem.json"
    problem.write_bytes(as_file(workshop([party("A")])))

    code, printed = stopped(["explain", problem, problem, "--party", "A"], stop)

    assert code in (1, -signal.SIGTERM)
    assert printed == ""


BUSY = """
import sys, time
from solver import commands
from solver.__main__ import main

def busy(text):
    sys.stderr.write("busy\\n")
    sys.stderr.flush()
    while True:
        time.sleep(1)

commands.read_problem = busy  # a step as long as you like, before any search
main()
"""


@pytest.mark.skipif(not LINUX.exists(), reason="limits its memory as Linux can")
def test_a_search_that_may_take_no_more_memory_ends_with_the_best_plan_and_says_so(tmp_path: Path):
    problem, out = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_bytes(as_file(large_problem()))
    line = [sys.executable, "-m", "solver", "solve", str(problem), "-o", str(out), "--time-limit", "300"]
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for said in process.stderr:
            if "objective" in said:
                break
        pages = int(Path(f"/proc/{process.pid}/statm").read_text("ascii").split()[0])

        limit = pages * resource.getpagesize() + RESERVE // 2
        resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, limit))
        _, rest = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "There is not enough memory for more: this is the best so far." in rest
    assert read_plan(out.read_bytes()).status == "feasible"


@pytest.mark.skipif(not LINUX.exists(), reason="limits its memory as Linux can")
def test_what_was_found_is_written_where_memory_runs_out(tmp_path: Path):
    problem, out = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_bytes(as_file(workshop([party("A"), party("B")], max_seats=2)))
    line = [sys.executable, "-c", HUNGRY, "solve", str(problem), "-o", str(out), "--time-limit", "60"]

    done = subprocess.run(line, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=120)

    assert done.returncode == 0
    assert "There is not enough memory for more: this is the best so far." in done.stderr
    assert read_plan(out.read_bytes()).status == "feasible"


HUNGRY = """
from solver import commands, search
from solver.__main__ import main

solve = search.solve

def hungry(problem, *, improved, **more):
    solve(problem, improved=improved, **more)
    raise MemoryError

search.solve = hungry
main()
"""


def wait_until_it_listens(pid: int, number: signal.Signals) -> None:
    """Wait until a process has a handler of its own for a signal (proc(5): SigCgt; Python has one for SIGINT)."""
    while not caught(pid) >> (number - 1) & 1 or not caught(pid) >> (signal.SIGTERM - 1) & 1:
        time.sleep(0.01)


def caught(pid: int) -> int:
    """The mask of the signals a process catches."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("SigCgt")), 16)
