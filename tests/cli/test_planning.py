"""``convene export-problem`` and ``convene plan`` as a script meets them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from scheduler import create_app, upgrading
from scheduler.cli import main
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import Plan, Programme, RunEnd, RunState
from solver.plan import TERMS
from solver.reading import read_problem
from tests.builders import a_session, an_event
from tests.plan.programmes import a_hard_programme, a_small_programme

HOUSE = Path(__file__).parent.parent.parent
PATIENCE = 120


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every migration and no programme."""
    folder = tmp_path_factory.mktemp("migrated")
    with create_app(Settings(instance=folder)).app_context():
        upgrading.upgrade()
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()
    return folder / "convene.sqlite"


@pytest.fixture
def instance(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance that the commands find by its settings."""
    shutil.copy(migrated, tmp_path)
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))
    return tmp_path


def within(instance: Path):
    """The instance's application, to build in and to look into."""
    return create_app(Settings(instance=instance)).app_context()


def convene(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_the_problem_of_the_only_programme_is_written_to_the_file_alone(instance: Path) -> None:
    with within(instance):
        name = a_small_programme().name
    target = instance / "problem.json"

    result = convene("export-problem", "-o", target)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    problem = read_problem(target.read_bytes())
    assert problem.name == name
    assert len(problem.parties) == 6


def test_a_dash_prints_the_problem(instance: Path) -> None:
    with within(instance):
        a_small_programme()

    result = convene("export-problem", "-o", "-")

    assert result.exit_code == 0
    assert len(read_problem(result.stdout_bytes).parties) == 6


def test_where_there_are_several_programmes_one_must_be_named(instance: Path) -> None:
    with within(instance):
        slugs = [a_small_programme().slug, a_small_programme().slug]

    unnamed = convene("export-problem", "-o", "-")
    named = convene("export-problem", slugs[1], "-o", "-")

    assert unnamed.exit_code == 2
    assert "There are several programmes" in unnamed.stderr
    assert named.exit_code == 0


def test_a_plan_is_made_without_a_worker_and_told_in_the_shape_that_scripts_rely_on(instance: Path) -> None:
    with within(instance):
        a_small_programme()

    result = convene("plan", "--time-limit", "20", "--json")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert list(told) == ["plan", "status", "objective", "bound", "terms", "seconds"]
    assert (told["plan"], told["status"], told["bound"]) == (1, "optimal", told["objective"])
    assert tuple(told["terms"]) == TERMS
    with within(instance):
        plan = db.session.scalars(select(Plan)).one()
        assert (plan.run_state, len(plan.placements)) == (RunState.FINISHED, 6)


def test_what_cannot_hold_together_ends_with_1_and_says_what(instance: Path) -> None:
    with within(instance):
        a_session(an_event(a_small_programme(), key="X9", open_min=2))

    result = convene("plan", "--time-limit", "20", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "infeasible"
    assert "This cannot hold together:" in result.stderr
    assert "X9" in result.stderr


def test_a_programme_with_nothing_to_plan_ends_with_1(instance: Path) -> None:
    with within(instance):
        db.session.add(Programme(slug="empty", name="Empty", short_name="Empty"))
        db.session.commit()

    result = convene("plan")

    assert result.exit_code == 1
    assert result.stderr == "Nothing to plan: no event has a date ahead and somebody to place.\n"


@pytest.mark.parametrize("wrong", ["0", "soon", "86401"])
def test_a_time_limit_out_of_range_is_wrong_use(instance: Path, wrong: str) -> None:
    result = convene("plan", "--time-limit", wrong)

    assert result.exit_code == 2
    assert "--time-limit" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_ctrl_c_and_sigterm_keep_the_best_plan_so_far(instance: Path, number: signal.Signals) -> None:
    with within(instance):
        a_hard_programme()
    process = subprocess.Popen(
        [sys.executable, "-m", "scheduler.cli", "plan", "--time-limit", "600", "--json"],
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CONVENE_INSTANCE": str(instance)},
    )
    with within(instance):
        deadline = time.monotonic() + PATIENCE
        while db.session.scalar(select(Plan.objective)) is None:
            assert time.monotonic() < deadline, "no plan was found"
            assert process.poll() is None, process.stderr.read()
            db.session.rollback()
            time.sleep(0.1)

    process.send_signal(number)
    told, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, said
    assert said == "Stopping with the best plan so far.\n"
    assert json.loads(told)["objective"] is not None
    with within(instance):
        assert db.session.scalar(select(Plan.run_end)) is RunEnd.STOPPED
