"""The import pages: choose a file, see every row before anything is written, mend, import, undo."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import ImportRun, Person, Programme, Role, Trust
from tests.builders import a_programme, an_organiser
from tests.collect.spreadsheets import csv_of, xlsx_of
from tests.web.page import Page, Visitor

HEADER = ["Trust code", "Region", "R&D director", "Director email", "Notes"]
GOOD = ["RJ1", "London", "Zoë Lee", "zoe@t.example", "likes tea"]
WRONG = ["R1H", "Londn", "Tom Reid", "tom@t.example", ""]


@pytest.fixture
def address(programme: Programme) -> str:
    return f"/programmes/{programme.slug}/people/import"


def choose(organiser: Visitor, address: str, *rows: list[str], name: str = "pairs.csv") -> Page:
    """Choose a file of these rows; the page of its check."""
    content = csv_of([HEADER, *rows]) if name.endswith(".csv") else xlsx_of([HEADER, *rows])
    return organiser.post(address, {"file": (io.BytesIO(content), name)})


def run_at(page: Page) -> str:
    """The address of the import that a page shows."""
    run = db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
    assert run is not None
    return f"{page.address.partition('/import')[0]}/import/{run.id}"


def names() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(Person.name).order_by(Person.id)))


def test_a_file_is_checked_and_nothing_is_written(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, GOOD, WRONG)

    assert page.h1 == "Check before you import"
    assert page.table("Rows of the file") == [
        ["Line", "State", "About", "Result"],
        [
            "3",
            "Fault",
            "Barts Health NHS Trust (R1H)Tom Reid, director",
            'Region: "Londn" is not an NHS region. Did you mean London? Use London on line 3',
        ],
        ["2", "New", "Guy's and St Thomas' NHS Foundation Trust (RJ1)Zoë Lee, director", "Adds Trust and director"],
    ]
    assert "'Trust code' is read as ODS code" in page.text
    assert "'Notes' is not read" in page.text
    assert "Import 1 row" in page.buttons
    assert names() == []


def test_the_mend_button_makes_a_row_good_and_the_import_writes_both(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, GOOD, WRONG)
    run = run_at(page)

    mended = organiser.post(f"{run}/mend", page.form(f"{run}/mend"))
    done = organiser.post(f"{run}/write", mended.form(f"{run}/write"))

    assert mended.said == "Line 3 now says London."
    assert done.h1 == "2 rows imported"
    assert "Undo this import" in done.buttons
    assert names() == ["Zoë Lee", "Tom Reid"]


def test_an_import_can_be_undone_and_then_not_written_again(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, GOOD)
    run = run_at(page)
    seen = page.form(f"{run}/write")
    organiser.post(f"{run}/write", seen)

    undone = organiser.post(f"{run}/undo")
    again = organiser.post(f"{run}/write", seen)

    assert (undone.h1, undone.said) == ("Import undone", "Import undone. Trusts and people are as they were before.")
    assert again.said == "This import was undone. Choose the file again to import it."
    assert names() == []


def test_a_used_import_says_why_it_stays(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, GOOD)
    run = run_at(page)
    organiser.post(f"{run}/write", page.form(f"{run}/write"))
    db.session.scalars(select(Trust)).one().region = "Midlands"

    shown = organiser.get(run)
    pressed = organiser.post(f"{run}/undo")

    assert "Undo this import" not in shown.buttons
    assert "Guy's and St Thomas' NHS Foundation Trust has been changed since." in shown.text
    assert pressed.said == "The import stays. Guy's and St Thomas' NHS Foundation Trust has been changed since."
    assert names() == ["Zoë Lee"]


def test_a_row_that_somebody_changed_meanwhile_is_asked_about_again(organiser: Visitor, address: str) -> None:
    first = choose(organiser, address, GOOD)
    organiser.post(f"{run_at(first)}/write", first.form(f"{run_at(first)}/write"))
    page = choose(organiser, address, ["RJ1", "South East", "Zoë Lee", "zoe@t.example", ""])
    run = run_at(page)
    db.session.scalars(select(Trust)).one().region = "Midlands"

    refused = organiser.post(f"{run}/write", page.form(f"{run}/write"))
    done = organiser.post(f"{run}/write", refused.form(f"{run}/write"))

    assert refused.said == "1 row changed in Convene meanwhile and was not imported. Check again."
    assert "Region: Midlands → South East" in refused.text
    assert done.h1 == "1 row imported"


def test_cells_can_be_pasted(organiser: Visitor, address: str) -> None:
    pasted = "\n".join("\t".join(row) for row in [["Our pairs"], HEADER, GOOD])

    page = organiser.post(address, {"pasted": pasted})

    assert page.h1 == "Check before you import"
    assert [row[:2] for row in page.table("Rows of the file")] == [["Line", "State"], ["3", "New"]]


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({}, "file", "Choose a file or paste cells"),
        ({"pasted": "hello"}, "pasted", "No row of this file has headings"),
        (
            {"file": (b"<html><table></table></html>", "people.xlsx")},
            "file",
            "web page that is named like a spreadsheet",
        ),
        ({"file": (b"%PDF-1.7", "people.pdf")}, "file", "The file must be CSV, TSV, TXT, XLSX, XLS or ODS"),
        ({"file": (b"", "people.csv")}, "file", "The file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    organiser: Visitor, address: str, typed, field, message
) -> None:
    posted = {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value for name, value in typed.items()
    }

    page = organiser.post(address, posted)

    assert message in page.error_at(field)
    assert page.title == "Error: Import Trusts and people – Convene"
    assert page.form_values["pasted"] == typed.get("pasted", "")
    assert list(db.session.scalars(select(ImportRun))) == []


def test_how_a_column_is_read_can_be_changed(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, ["RJ1", "London", "Zoë Lee", "zoe@t.example", "Tom Reid"])
    run = run_at(page)

    changed = organiser.post(
        f"{run}/columns", page.form(f"{run}/columns") | {"column-0-2": "", "column-0-4": "director.name"}
    )

    assert changed.said == "The file is read anew."
    assert "Tom Reid, director" in changed.text
    assert "Zoë Lee" not in changed.text


def test_a_column_that_is_there_twice_holds_the_import_until_it_is_settled(organiser: Visitor, address: str) -> None:
    pasted = "Trust code\tProvider code\tRegion\nRJ1\tR1H\tLondon\n"

    page = organiser.post(address, {"pasted": pasted})
    run = run_at(page)
    settled = organiser.post(f"{run}/columns", page.form(f"{run}/columns") | {"column-0-1": ""})

    assert list(page.error_summary) == ["#columns"]
    assert "Import 1 row" not in page.buttons
    assert settled.error_summary == {}
    assert "Import 1 row" in settled.buttons


def test_rows_with_faults_can_be_downloaded_with_what_to_mend(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, GOOD, [*WRONG[:4], "=1+1"], name="pairs.xlsx")

    download = organiser.get(f"{run_at(page)}/faults.xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(download.response.data)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        [*HEADER, "What to mend"],
        [*WRONG[:4], "=1+1", 'Region: "Londn" is not an NHS region. Did you mean London?'],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert download.headers["Content-Disposition"] == "attachment; filename=rows-with-faults.xlsx"


def test_counts_filter_the_rows_and_long_files_are_paged(organiser: Visitor, address: str) -> None:
    header = "ODS code\tTrust\tRegion\tType\tResearch activity"
    lines = [f"X{n:03}\tTrust {n}\tLondon\tacute\tlow" for n in range(60)] + ["X999\t\t\t\t"]

    page = organiser.post(address, {"pasted": "\n".join([header, *lines])})
    run = run_at(page)
    faults, second = organiser.get(f"{run}?show=fault"), organiser.get(f"{run}?show=new&page=2")

    assert "1 to 50 of 61 rows" in page.text
    assert [row[0] for row in faults.table("Faults")] == ["Line", "62"]
    assert [len(second.table("New")), second.table("New")[1][0]] == [11, "52"]


def test_the_templates_can_be_downloaded(organiser: Visitor, address: str) -> None:
    trusts, people = organiser.get(f"{address}/template.csv"), organiser.get(f"{address}/template.csv?rows=people")

    assert trusts.response.data.decode("utf-8-sig").startswith("ODS code,Trust name,Region,")
    assert people.response.data.decode("utf-8-sig") == "ODS code,Trust name,Role,Name,Email,Phone\r\n"


def test_opening_every_page_changes_nothing(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, GOOD, WRONG)
    run = run_at(page)

    for link in (run, f"{run}?show=fault", f"{run}/faults.xlsx", address):
        organiser.get(link)

    assert names() == []
    assert [row.choices for row in db.session.scalars(select(ImportRun))] == [{}]


def test_another_programme_s_import_is_not_there(organiser: Visitor, address: str) -> None:
    other = a_programme()
    stranger = Visitor(organiser.app).log_in(an_organiser(other))
    run = run_at(choose(organiser, address, GOOD))
    theirs = run.replace(address.split("/")[2], other.slug)

    statuses = [stranger.get(theirs).status, stranger.post(f"{theirs}/write").status, stranger.get(run).status]

    assert statuses == [404, 404, 404]
    assert names() == []


def test_a_viewer_cannot_import(app, programme: Programme, address: str) -> None:
    viewer = Visitor(app).log_in(an_organiser(programme, Role.VIEWER))

    assert viewer.get(address).status == 403


def test_a_file_may_be_called_anything(organiser: Visitor, address: str) -> None:
    name = "../\u202e\x07<b>" + "x" * 300 + ".csv"

    page = choose(organiser, address, GOOD, name=name)

    run = db.session.scalars(select(ImportRun)).one()
    assert page.h1 == "Check before you import"
    assert (len(run.file_name), run.file_name[:7]) == (200, "../<b>x")


def test_hostile_text_in_a_file_stays_text_on_the_page(organiser: Visitor, address: str) -> None:
    page = choose(organiser, address, ["RJ1", "<script>alert(1)</script>", "{{7*7}}<b>", "zoe@t.example", ""])

    assert "<script>alert(1)" not in page.html
    assert "{{7*7}}<b>" in page.text
