"""``python -m solver.advice_child``: advice in a process of its own, kept as it comes, ended when it is asked to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from solver.search import solve
from tests.solver.builders import Data, read
from tests.solver.test_commands import ROOT
from tests.solver.test_model_rules import programme, workshop

ONE_SESSION = {"id": "W-1", "start": "2027-01-12T09:30:00+00:00", "end": "2027-01-12T16:30:00+00:00"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where question and advice lie."""
    return tmp_path


def ask(folder: Path, data: Data, *, say: str | None = None) -> dict[str, Any]:
    """What the child keeps of a problem and its plan; ``say`` is a line on its standard input."""
    plan = solve(read(data), seconds=20, threads=1)
    (folder / "question.json").write_text(json.dumps({"problem": data, "plan": plan.as_json()}), "utf-8")
    child = subprocess.Popen(
        [sys.executable, "-m", "solver.advice_child", "question.json", "advice.json", "--seconds", "20"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    if say is not None:
        child.stdin.write(f"{say}\n")
        child.stdin.flush()
    assert child.wait(60) == 0
    child.stdin.close()
    return json.loads((folder / "advice.json").read_text("utf-8"))


def test_each_change_says_whom_it_places_and_what_it_saves_term_by_term(folder):
    data = programme(events=[workshop(ONE_SESSION)])
    data["availability"] = {"A": {}, "B": {"W-1": "if-need-be"}, "C": {"W-1": "yes"}, "D": {"W-1": "yes"}}

    told = ask(folder, data)

    first, second = told["repairs"]
    assert (first["place"], first["party"], first["session"]) == ("availability.A.W-1", "A", "W-1")
    assert (first["from"], first["to"], first["saves"], first["objective"]) == ("no", "yes", 10000, 10)
    assert (first["placed"], first["unplaced"], first["by_term"]) == ([["W", "A"]], 0, {"unplaced": 10000})
    assert (second["party"], second["placed"], second["unplaced"], second["by_term"]) == (
        "B",
        [],
        1,
        {"if_need_be": 10},
    )
    assert told["tried"] == 2


def test_of_a_problem_that_cannot_hold_no_change_saves_but_some_leave_a_plan(folder):
    data = programme(events=[workshop(ONE_SESSION | {"max_seats": 6}, open={"min": 1})])
    data["locks"] = [{"party": party, "session": "W-1"} for party in "ABCD"]

    told = ask(folder, data)

    seats = next(each for each in told["repairs"] if each["place"] == "events[0].sessions[0].max_seats")
    assert (seats["to"], seats["saves"], seats["placed"], seats["unplaced"], seats["by_term"]) == (8, None, [], 0, {})


def test_asked_to_stop_it_ends_with_what_it_knows(folder):
    told = ask(folder, programme(events=[workshop(ONE_SESSION)]), say="stop")

    assert told == {"tried": 0, "unchanged": None, "placed_unchanged": [], "repairs": []}
