"""``solve`` and ``check`` as they are run: files in, files out, exit codes, and what stands on which output."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from solver import check, read_plan, read_problem
from solver.__main__ import main
from tests.solver.builders import Data, as_file, changed, party, settled, sitting, small_plan, small_problem

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """One command, run to its end in this process: to start another takes a second each time."""
    line = [*map(str, arguments)]
    done = CliRunner().invoke(main, line, prog_name="solver")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(line, done.exit_code, done.stdout, done.stderr)


def run_apart(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """One command as it is run from a shell: where its process, its environment or its outputs are the point."""
    line = [sys.executable, "-m", "solver", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    """The small problem as a file."""
    path = tmp_path / "problem.json"
    path.write_bytes(as_file(small_problem()))
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan that keeps every rule of the small problem, as a file."""
    stated = read_problem(as_file(small_problem()))
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(settled(stated, small_plan()).as_json()))
    return path


def infeasible(data: Data) -> Data:
    """The problem with a party fixed to a session and kept out of it."""
    return changed(data, lambda p: p["locks"].append({"party": "A", "session": "W1-a", "never": True}))


def large_problem() -> Data:
    """Forty golfers in eight fives, nine times over: far from any proof within the seconds of a test."""
    golfers = [party(f"P{n}", people=[f"P{n}"]) for n in range(40)]
    events = [
        {"id": f"E{e}", "encounters": True, "sessions": [sitting(f"E{e}-{s}", 1 + e, max_seats=5) for s in range(8)]}
        for e in range(9)
    ]
    sessions = [session["id"] for event in events for session in event["sessions"]]
    return {
        "format": "convene-problem/1",
        "parties": golfers,
        "events": events,
        "availability": {golfer["id"]: dict.fromkeys(sessions, "yes") for golfer in golfers},
    }


class TestSolve:
    def test_writes_a_plan_that_keeps_every_rule_and_says_so_with_exit_0(self, problem: Path, tmp_path: Path):
        done = run_apart("solve", problem, "-o", tmp_path / "out.json", "--time-limit", 20)

        made = read_plan((tmp_path / "out.json").read_bytes())
        assert (done.returncode, done.stdout) == (0, "")
        assert check(read_problem(problem.read_bytes()), made) == []
        assert made.status == "optimal"
        assert made.objective == made.bound

    def test_writes_the_plan_and_nothing_else_to_standard_output_for_a_dash(self, problem: Path):
        done = run_apart("solve", problem, "-o", "-", "--time-limit", 20)

        assert done.returncode == 0
        assert read_plan(done.stdout.encode()).status == "optimal"

    def test_writes_the_same_plan_again_to_the_byte_apart_from_the_seconds(self, problem: Path):
        again = ["solve", problem, "-o", "-", "--time-limit", 60, "--threads", 1, "--seed", 7]

        one, other = (re.sub(r'"seconds": [0-9.]+', "", run(*again).stdout) for _ in range(2))

        assert one == other != ""

    def test_begins_from_a_plan_of_the_same_problem(self, problem: Path, plan: Path):
        assert run("solve", problem, "-o", "-", "--start", plan).returncode == 0

    def test_begins_from_a_plan_made_before_a_facilitator_left(self, tmp_path: Path, plan: Path):
        path = tmp_path / "changed.json"
        path.write_bytes(as_file(changed(small_problem(), lambda p: p["sets"][0]["facilitators"][1].update(id="F3"))))

        done = run("solve", path, "-o", "-", "--start", plan, "--time-limit", 20)

        said = done.stderr.splitlines()[0]
        assert done.returncode == 0
        assert said.startswith("1 place of ")
        assert said.endswith(' left aside: sets[1].facilitator: "F2" is not a facilitator of "ALS"')

    def test_refuses_to_begin_from_a_plan_of_another_problem(self, tmp_path: Path, plan: Path):
        other = tmp_path / "other.json"
        other.write_bytes(as_file(large_problem()))

        done = run("solve", other, "-o", "-", "--start", plan)

        assert (done.returncode, done.stdout) == (2, "")
        assert 'assignments[0].event: "N1" is not an event in the problem' in done.stderr.splitlines()

    def test_says_that_there_can_be_no_plan_with_exit_1(self, tmp_path: Path):
        path = tmp_path / "infeasible.json"
        path.write_bytes(as_file(infeasible(small_problem())))

        done = run("solve", path, "-o", "-", "--time-limit", 20)

        made = read_plan(done.stdout.encode())
        assert (done.returncode, made.status) == (1, "infeasible")
        assert done.stderr.splitlines()[0].startswith("infeasible after ")

    def test_says_that_the_time_ran_out_first_with_exit_3(self, tmp_path: Path):
        path = tmp_path / "large.json"
        path.write_bytes(as_file(large_problem()))

        done = run("solve", path, "-o", "-", "--time-limit", 0)

        assert (done.returncode, read_plan(done.stdout.encode()).status) == (3, "unknown")

    @pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
    def test_writes_the_best_plan_so_far_when_it_is_stopped(self, tmp_path: Path, stop: signal.Signals):
        path, out = tmp_path / "large.json", tmp_path / "out.json"
        path.write_bytes(as_file(large_problem()))
        line = [sys.executable, "-m", "solver", "solve", str(path), "-o", str(out), "--time-limit", "300"]
        with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for said in process.stderr:
                if "objective" in said:
                    break

            process.send_signal(stop)
            process.communicate(timeout=60)

        made = read_plan(out.read_bytes())
        assert process.returncode == 0
        assert made.status == "feasible"
        assert check(read_problem(path.read_bytes()), made) == []
        assert made.seconds < 250

    def test_says_at_most_a_line_a_second(self, tmp_path: Path):
        path = tmp_path / "large.json"
        path.write_bytes(as_file(large_problem()))

        done = run("solve", path, "-o", os.devnull, "--time-limit", 4)

        *progress, summary = done.stderr.splitlines()
        seconds = [float(line.partition(" s ")[0]) for line in progress]
        assert all(
            re.fullmatch(r"[0-9.]+ s  (no plan yet|objective \d+)  bound \d+(  gap [0-9.]+%)?", line)
            for line in progress
        )
        assert all(later - earlier >= 0.9 for earlier, later in pairwise(seconds))
        assert summary.startswith(("feasible: ", "optimal: ", "unknown: "))

    def test_refuses_a_problem_with_a_line_for_each_fault(self, tmp_path: Path):
        path = tmp_path / "bad.json"
        path.write_bytes(as_file(small_problem() | {"gap_minutes": -1, "name": 5}))

        done = run("solve", path, "-o", tmp_path / "out.json")

        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            "name: must be text in double quotes, not 5",
            "gap_minutes: must be at least 0, not -1",
        ]
        assert not (tmp_path / "out.json").exists()

    @pytest.mark.parametrize(
        "option", [("--time-limit", "nan"), ("--time-limit", "-1"), ("--threads", "x"), ("--seed", "-1")]
    )
    def test_refuses_an_option_it_cannot_use(self, problem: Path, option: tuple[str, str]):
        done = run("solve", problem, "-o", "-", *option)

        assert (done.returncode, done.stdout) == (2, "")
        assert option[0] in done.stderr
        assert "Traceback" not in done.stderr

    def test_finds_out_before_the_search_that_the_plan_cannot_be_written(self, problem: Path, tmp_path: Path):
        missing = run("solve", problem, "-o", tmp_path / "no" / "out.json", "--time-limit", 100)
        folder = run("solve", problem, "-o", tmp_path, "--time-limit", 100)

        assert (missing.returncode, folder.returncode) == (2, 2)
        assert missing.stderr == f"{tmp_path}/no/out.json: cannot be written: No such file or directory\n"
        assert folder.stderr == f"{tmp_path}: cannot be written: Is a directory\n"

    def test_says_in_one_line_that_standard_output_is_full(self, problem: Path):
        line = [sys.executable, "-m", "solver", "solve", str(problem), "-o", "-", "--time-limit", "20"]
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)

        assert done.returncode == 2
        assert done.stderr.splitlines()[-1] == "-: cannot be written: No space left on device"
        assert "Traceback" not in done.stderr

    def test_leaves_no_other_file_and_the_mode_of_the_old_one(self, problem: Path, tmp_path: Path):
        out = tmp_path / "out.json"
        out.write_text("old")
        out.chmod(0o640)

        run("solve", problem, "-o", out, "--time-limit", 20)

        assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "problem.json"]
        assert out.stat().st_mode & 0o777 == 0o640
        assert read_plan(out.read_bytes()).status == "optimal"

    def test_writes_into_a_pipe_and_leaves_it_one(self, problem: Path, tmp_path: Path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
            done = run("solve", problem, "-o", pipe, "--time-limit", 20)
            if done.returncode:
                reader.kill()
            text, _ = reader.communicate(timeout=60)

        assert read_plan(text).status == "optimal"
        assert pipe.is_fifo()


class TestCheck:
    def test_finds_nothing_with_exit_0(self, problem: Path, plan: Path):
        done = run("check", problem, plan)

        assert (done.returncode, done.stdout, done.stderr) == (0, "Every rule holds. The objective is 158.\n", "")

    def test_prints_each_violation_with_its_place_and_exit_1(self, problem: Path, plan: Path):
        broken = json.loads(plan.read_text())
        broken["assignments"][4]["session"] = "W1-b"
        broken["objective"] = 1
        plan.write_text(json.dumps(broken))

        done = run("check", problem, plan)

        assert done.returncode == 1
        assert 'problem.locks[0]: "A" does not attend "W1-a"' in done.stdout.splitlines()
        assert "objective: is 1, and the recount gives 102" in done.stdout.splitlines()
        assert done.stderr == ""

    def test_refuses_either_file_with_exit_2(self, problem: Path, plan: Path, tmp_path: Path):
        empty = tmp_path / "empty.json"
        empty.write_text("")

        assert run("check", empty, plan).returncode == 2
        assert run("check", problem, empty).returncode == 2
        assert run("check", problem, empty).stderr == "line 1, column 1: the file is empty\n"
        assert run("check", plan, problem).stderr.startswith("format: must be")
        assert run("check", problem, tmp_path / "none.json").stderr.endswith(
            "cannot be read: No such file or directory\n"
        )
        assert run("check", problem, tmp_path).stderr.endswith("cannot be read: Is a directory\n")

    def test_reads_no_more_of_a_file_without_end_than_a_file_may_hold(self, plan: Path):
        assert run("check", "/dev/zero", plan).stderr == "file: is larger than 64 MiB\n"

    def test_never_writes_a_control_character_to_the_terminal(self, problem: Path, tmp_path: Path):
        hostile = changed(small_plan(), lambda p: p["assignments"][0].update(party="\u202e\u2066gone"))
        path = tmp_path / "\x1b]0;x\x07.json"
        path.write_bytes(as_file(hostile))

        found, missing = run("check", problem, path), run("check", problem, f"{path}\n2027 INFO ok")

        assert r"\u202e\u2066gone" in found.stdout
        assert len(missing.stderr.splitlines()) == 1
        assert all(line.isprintable() for done in (found, missing) for line in (done.stdout + done.stderr).splitlines())

    def test_says_that_there_is_nothing_to_check_in_a_file_without_a_plan(self, problem: Path, tmp_path: Path):
        path = tmp_path / "unknown.json"
        nothing: Data = {"terms": {}, "assignments": [], "sets": [], "unplaced": [], "bound": 0, "seconds": 1}
        path.write_bytes(as_file({"format": "convene-plan/1", "status": "unknown"} | nothing))

        done = run("check", problem, path)

        assert (done.returncode, done.stdout) == (0, "Nothing to check: the file says that the problem is unknown.\n")

    def test_writes_other_alphabets_to_a_terminal_that_has_none(self, plan: Path, tmp_path: Path):
        path = tmp_path / "problem.json"
        path.write_bytes(as_file(small_problem() | {"locks": [{"party": "Ж", "session": "W1-a"}]}))

        done = run_apart("check", path, plan, env={**os.environ, "PYTHONIOENCODING": "ascii"})

        assert done.stderr == 'locks[0].party: "\\u0416" is not the id of a party\n'


def test_the_commands_and_the_solver_load_without_flask_or_a_database():
    program = "import sys, solver.commands, solver.search; print({'flask', 'sqlalchemy', 'scheduler'} & {*sys.modules})"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout == "set()\n"


def test_check_loads_no_part_of_the_model():
    program = (
        "import sys, solver.commands; print({m for m in sys.modules if m.startswith(('ortools', 'solver.model'))})"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout == "set()\n"
