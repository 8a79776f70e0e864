"""``convene import`` as a script meets it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from scheduler import create_app, upgrading
from scheduler.cli import main
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import ImportRun, Person
from tests.builders import a_programme
from tests.collect.spreadsheets import csv_of, xlsx_of

PAIRS = [
    ["Our pairs, draft"],
    ["Trust code", "NHS region", "R&D director", "Director's e-mail"],
    ["RJ1", "London", "Zoë Lee", "zoe@t.example"],
    ["R1H", "Londn", "Tom Reid", "tom@t.example"],
    [],
    ["RAL", "", "Ana Costa", "ana@t.example"],
]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every migration and one empty programme."""
    folder = tmp_path_factory.mktemp("migrated")
    with create_app(Settings(instance=folder)).app_context():
        upgrading.upgrade()
        a_programme(slug="leaders")
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()
    return folder / "convene.sqlite"


@pytest.fixture
def instance(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance with one empty programme, which the command finds by its settings."""
    shutil.copy(migrated, tmp_path)
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))
    return tmp_path


def convene(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def people(instance: Path) -> list[str]:
    with create_app(Settings(instance=instance)).app_context():
        return list(db.session.scalars(select(Person.name).order_by(Person.id)))


def test_the_good_rows_are_written_and_the_others_listed_in_the_shape_that_scripts_rely_on(instance: Path) -> None:
    file = instance / "pairs.csv"
    file.write_bytes(csv_of(PAIRS, separator=";", encoding="cp1252"))

    dry, real, again = (convene(file, *more, "--json") for more in (["--dry-run"], [], []))

    assert (dry.exit_code, real.exit_code, again.exit_code) == (1, 1, 1)
    assert json.loads(dry.output) == json.loads(real.output)
    assert json.loads(real.output) == {
        "rows": [
            {"line": 3, "status": "new", "faults": []},
            {
                "line": 4,
                "status": "fault",
                "faults": [
                    {
                        "column": "NHS region",
                        "value": "Londn",
                        "message": '"Londn" is not an NHS region. Did you mean London?',
                        "suggestion": "London",
                    }
                ],
            },
            {"line": 6, "status": "new", "faults": []},
        ],
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "faults": 1,
    }
    assert [row["status"] for row in json.loads(again.output)["rows"]] == ["unchanged", "fault", "unchanged"]
    assert people(instance) == ["Zoë Lee", "Ana Costa"]


def test_a_dry_run_writes_nothing(instance: Path) -> None:
    file = instance / "pairs.xlsx"
    file.write_bytes(xlsx_of(PAIRS))

    result = convene(file, "--dry-run")

    assert result.output == (
        "'Trust code' is read as ODS code\n"
        "'R&D director' is read as Director name\n"
        'Line 4, NHS region: "Londn" is not an NHS region. Did you mean London?\n'
        "2 rows would be imported (fault 1, new 2, changed 0, unchanged 0).\n"
    )
    assert people(instance) == []


def test_an_import_without_a_fault_ends_with_0_and_a_second_one_leaves_no_trace(instance: Path) -> None:
    file = instance / "pairs.csv"
    file.write_bytes(csv_of([PAIRS[1], PAIRS[2]]))

    results = [convene(file), convene(file, "--programme", "leaders")]

    assert [result.exit_code for result in results] == [0, 0]
    assert [result.output.splitlines()[-1] for result in results] == [
        "1 row imported (fault 0, new 1, changed 0, unchanged 0).",
        "0 rows imported (fault 0, new 0, changed 0, unchanged 1).",
    ]
    with create_app(Settings(instance=instance)).app_context():
        assert len(list(db.session.scalars(select(ImportRun)))) == 1


def test_what_is_estimated_of_a_trust_is_said(instance: Path) -> None:
    file = instance / "trusts.csv"
    file.write_bytes(csv_of([["ODS code", "Trust name", "Region"], ["X01", "Testshire NHS Trust", "London"]]))

    result = convene(file, "--dry-run")

    assert result.output.splitlines()[0] == "Line 2, estimated: Type of Trust acute, Research activity medium"


def test_the_template_needs_no_database_and_can_be_imported_once_filled_in(tmp_path: Path) -> None:
    result = convene("--template")

    assert (result.exit_code, result.output.splitlines()[0][:45]) == (
        0,
        "ODS code,Trust name,Region,Type of Trust,Rese",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "This file is not a spreadsheet."),
        (b"Zoe,zoe@t.example\n", "headings that Convene knows"),
        (b"Trust code,Provider code\nRJ1,R1H\n", "2 columns are read as ODS code"),
        (b"Region,Director,Director email\nLondon,Zoe,z@t.example\n", "No column says which Trust a row is about"),
    ],
)
def test_a_file_that_is_refused_as_a_whole_ends_with_2_and_one_line(instance: Path, content: bytes, why: str) -> None:
    file = instance / "pairs.csv"
    file.write_bytes(content)

    result = convene(file)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert why in result.stderr
    assert result.stderr.count("\n") == 1
    assert people(instance) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "Say which file to import"),
        (["nowhere.csv"], "nowhere.csv cannot be read: no such file or directory."),
        (["pairs.csv", "--programme", "others"], "There is no programme others"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_to_do(instance: Path, arguments: list[str], why: str) -> None:
    (instance / "pairs.csv").write_bytes(csv_of([PAIRS[1], PAIRS[2]]))

    result = convene(*(instance / word if word == "pairs.csv" else word for word in arguments))

    assert (result.exit_code, why in result.stderr) == (2, True)


def test_what_a_file_says_cannot_steer_the_terminal(instance: Path) -> None:
    file = instance / "pairs.csv"
    file.write_bytes(b"ODS code,\x1b[2JDirector,Director email\nRJ1,\x1b]0;x\x07Zoe,\x1b[31m@x\n")

    result = convene(file)

    assert "\x1b" not in result.output
    assert "\x07" not in result.output
