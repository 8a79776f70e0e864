"""With one thread, the same seed and an end of its own a run gives the same file twice, to the byte but for seconds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.instances.generator import Shape, make
from tests.solver.builders import as_file, small_problem
from tests.solver.test_commands import run_apart
from tests.solver.test_conflicts import too_many_sessions

PROBLEMS = {
    "every field is used": small_problem(),
    "eight of sixteen pairs have no place somewhere": make(Shape(16, workshops=2, sittings=2, rounds=2, slots=3), 1),
    "sixty-four pairs cannot be planned": too_many_sessions(),
}


@pytest.mark.parametrize("data", PROBLEMS.values(), ids=PROBLEMS.keys())
def test_two_runs_write_the_same_plan_with_the_same_reasons(data, tmp_path: Path):
    problem = tmp_path / "problem.json"
    problem.write_bytes(as_file(data))

    written = []
    for out in (tmp_path / "one.json", tmp_path / "two.json"):
        run_apart("solve", problem, "-o", out, "--threads", "1", "--seed", "5", "--time-limit", "100")
        written.append(re.sub(rb'"seconds": [\d.]+', b"", out.read_bytes()))

    assert written[0] == written[1]
    assert b'"status": "feasible"' not in written[0]  # it ended by itself
