"""For any two files: an import does what its check said, a second time nothing, and undone it leaves no trace."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler import Convene
from scheduler.collect.importing.applying import apply_import, keep_import
from scheduler.collect.importing.checking import check_run
from scheduler.collect.importing.files import read_file
from scheduler.collect.importing.undoing import undo_import, why_not_undone
from scheduler.extensions import db
from scheduler.models import ImportRun, Programme
from tests.builders import a_programme
from tests.collect.spreadsheets import csv_of
from tests.collect.test_importing_applying import everything
from tests.conftest import BOTH

# Few values, so that files contradict and repeat each other as real ones do.
CODES = ["RJ1", "R1H", "RAL", ""]
NAMES = ["Zoe Lee", "Zoe Lee-Park", "Tom Reid", "Ana Costa", ""]
ADDRESSES = ["zoe@t.example", "tom@t.example", "ana@t.example", "no address", ""]
REGIONS = ["London", "South East", "Londn", ""]
COHORTS = ["Cohort 1", "cohort 1", "Cohort 2", ""]
ROLES = ["Director", "Manager", "Board sponsor", "Speaker", "Facilitator", "Nurse"]


def cells(*columns: list[str]) -> st.SearchStrategy[list[str]]:
    return st.tuples(*(st.sampled_from(column) for column in columns)).map(list)


pairs = st.lists(cells(CODES, REGIONS, COHORTS, NAMES, ADDRESSES, NAMES, ADDRESSES), max_size=4).map(
    lambda rows: [["ODS code", "Region", "Cohort", "Director", "Director email", "Manager", "Manager email"], *rows]
)
people = st.lists(cells(CODES, ROLES, NAMES, ADDRESSES, REGIONS), max_size=6).map(
    lambda rows: [["ODS code", "Role", "Name", "Email", "Region"], *rows]
)
files = (pairs | people).filter(lambda rows: any(any(row) for row in rows[1:]))


def kept(programme: Programme, rows: list[list[str]]) -> ImportRun:
    return keep_import(programme, "people.csv", read_file(csv_of(rows)), by=None)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=files, second=files)
def test_an_import_does_what_it_said_once_and_can_be_taken_back(app: Convene, first, second) -> None:
    programme = a_programme()
    earlier = kept(programme, first)
    apply_import(earlier, by=None)
    before = everything(programme)
    run = kept(programme, second)
    said = check_run(run)

    applied = apply_import(run, by=None, seen=said.seen())
    after, again = everything(programme), check_run(run)
    second_time = apply_import(run, by=None)

    assert applied.written + len(applied.asked_again) == said.to_import
    assert applied.asked_again == ()
    assert [row.status.value for row in again.rows if row.status.value in ("new", "changed")] == []
    assert second_time.written == 0
    assert everything(programme) == after
    assert why_not_undone(run) == ""
    undo_import(run, by=None)
    assert everything(programme) == before


@BOTH
def test_two_presses_at_once_import_once(app: Convene) -> None:
    rows = [["ODS code", "Director", "Director email"], ["RJ1", "Zoe Lee", "zoe@t.example"]]
    run = kept(a_programme(), rows)

    written = at_once(app, *[lambda: apply_import(db.session.get_one(ImportRun, 1), by=None).written] * 2)

    assert sorted(written) == [0, 1]
    assert len(everything(run.programme)["person"]) == 1


@BOTH
def test_two_files_at_once_about_the_same_people_leave_one_of_each(app: Convene) -> None:
    programme = a_programme()
    for name in ("Zoe Lee", "Zoe Lee-Park"):
        kept(programme, [["ODS code", "Director", "Director email"], ["RJ1", name, "zoe@t.example"]])

    at_once(app, *(lambda id_=id_: apply_import(db.session.get_one(ImportRun, id_), by=None).written for id_ in (1, 2)))

    found = everything(programme)
    assert [len(found[kind]) for kind in ("trust", "pair", "person")] == [1, 1, 1]


def at_once(app: Convene, *acts: Callable[[], int]) -> list[int]:
    """What each act gives, all begun at the same moment in threads of their own."""
    db.session.commit()
    together = threading.Barrier(len(acts))
    given: list[int] = []

    def run(act: Callable[[], int]) -> None:
        with app.app_context():
            together.wait()
            given.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(given) != len(acts):
        pytest.fail("one of the acts did not end well; see its traceback")
    return given
