"""What would help most: each change is worth what a checked plan of the changed problem costs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from solver import advise, read_problem
from solver.search import solve
from tests.solver.builders import Data, as_file, read, settled, sitting, small_plan, small_problem
from tests.solver.examples import examples
from tests.solver.exhaustive import cheapest
from tests.solver.test_commands import ROOT, large_problem, run
from tests.solver.test_model_rules import must, programme, workshop
from tests.solver.tiny import tiny_problems

ONE, TWO = sitting("W-1", 1), sitting("W-2", 2)


def advice(data: Data, seconds: float = 20) -> list[tuple[str, Any, Any, int | None, int]]:
    problem = read(data)
    plan = solve(problem, seconds=20, threads=1)
    made = advise(problem, plan, seconds=seconds, threads=1)
    return [(r.change.place, r.change.was, r.change.to, r.saves, r.objective) for r in made.repairs]


@examples(20)
@given(problem=tiny_problems())
def test_no_change_is_said_to_leave_a_cheaper_plan_than_there_is_of_the_changed_problem(problem):
    plan = solve(problem, seconds=20, threads=1)

    made = advise(problem, plan, seconds=3, threads=1)

    for repair in made.repairs[:3]:
        least = cheapest(repair.change.problem)
        assert least is not None
        assert repair.objective >= least
        assert repair.saves == (None if plan.objective is None else plan.objective - repair.objective)
        assert repair.saves is None or repair.saves > 0


def test_more_seats_save_the_price_of_whoever_was_left_out():
    found = advice(programme(events=[workshop(ONE | {"max_seats": 6})]))

    assert found == [("events[0].sessions[0].max_seats", 6, 8, 10000, 0)]


def test_one_more_session_that_may_run_helps_everyone_who_cannot_come_to_the_first():
    data = programme(events=[workshop(ONE, TWO, open={"max": 1})])
    data["availability"] = {"A": {"W-2": "yes"}, "B": {"W-2": "yes"}, "C": {"W-1": "yes"}, "D": {"W-1": "yes"}}

    found = advice(data)

    assert found[0] == ("events[0].open.max", 1, 2, 20000, 0)


def test_whose_yes_would_save_most_is_to_be_asked_first():
    data = programme(events=[workshop(ONE)])
    data["availability"] = {"A": {}} | {name: {"W-1": "yes"} for name in "BCD"}
    problem = read(data)

    made = advise(problem, solve(problem, seconds=20, threads=1), seconds=20, threads=1)

    assert [(r.party, r.session, r.saves) for r in made.ask_first] == [("A", "W-1", 10000)]


def test_an_infeasible_problem_is_repaired_by_the_fewest_steps_that_leave_a_plan():
    data = programme(events=[workshop(ONE | {"max_seats": 4}, TWO)], locks=[must(p, "W-1") for p in "ABCD"])

    found = advice(data)

    assert ("events[0].sessions[0].max_seats", 4, 8, None, 0) in found


def test_a_lock_on_a_no_is_repaired_by_the_answer_or_without_the_lock():
    data = programme(events=[workshop(ONE)], locks=[must("A", "W-1")])
    data["availability"]["A"] = {}

    found = advice(data)

    lock = {"party": "A", "session": "W-1"}
    assert ("availability.A.W-1", "no", "yes", None, 0) in found
    assert ("locks[0]", lock, None, None, 10000) in found


class TestCommand:
    """``convene advise``."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[Path, Path]:
        """A workshop with a seat for all but one, and its plan."""
        data = programme(events=[workshop(ONE | {"max_seats": 6})])
        problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
        problem.write_bytes(as_file(data))
        plan.write_bytes(as_file(solve(read(data), seconds=20, threads=1).as_json()))
        return problem, plan

    def test_prints_repairs_and_whom_to_ask_as_the_format_says(self, files: tuple[Path, Path]):
        done = run("advise", *files, "--json", "--time-limit", 20)

        told = json.loads(done.stdout)
        assert done.returncode == 0
        assert told["repairs"] == [
            {
                "change": {"place": "events[0].sessions[0].max_seats", "from": 6, "to": 8},
                "text": "Raise the most seats of W-1 from 6 to 8",
                "saves": 10000,
                "objective": 0,
            }
        ]
        assert told["ask_first"] == []

    def test_says_the_same_in_sentences(self, files: tuple[Path, Path]):
        done = run("advise", *files, "--time-limit", 20)

        assert done.stdout.splitlines() == [
            "These changes help most:",
            "  saves 10,000: Raise the most seats of W-1 from 6 to 8",
        ]

    def test_refuses_a_plan_that_breaks_rules_in_one_line(self, files: tuple[Path, Path], tmp_path: Path):
        other = tmp_path / "other.json"
        other.write_bytes(as_file(settled(read(small_problem()), small_plan()).as_json()))

        done = run("advise", files[0], other)

        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_prints_what_is_known_when_it_is_stopped(self, tmp_path: Path, number: signal.Signals):
        problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
        problem.write_bytes(as_file(large_problem()))
        stated = read_problem(problem.read_bytes())
        first = solve(stated, seconds=60, threads=1, progress=lambda objective, *_: objective is not None)
        plan.write_bytes(as_file(first.as_json()))
        line = [sys.executable, "-m", "solver", "advise", problem, plan, "--json", "--time-limit", "100"]
        started = subprocess.Popen(line, stdout=subprocess.PIPE, cwd=ROOT)
        time.sleep(2)

        started.send_signal(number)

        printed, _ = started.communicate(timeout=30)
        assert started.returncode == 0
        assert set(json.loads(printed)) >= {"repairs", "ask_first"}
