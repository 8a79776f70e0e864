"""An organiser brings in a spreadsheet, in a real browser: with scripts, without them, and for everyone to use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from scheduler import Convene, organisers
from scheduler.collect.importing.reference import england
from scheduler.extensions import db
from scheduler.models import Person, Programme, Trust
from tests.builders import a_pair, a_person, a_programme, an_organiser
from tests.collect.spreadsheets import xlsx_of
from tests.journeys.accessibility import assert_accessible, assert_fits
from tests.journeys.conftest import Running

HEADER = ["Trust code", "Region", "R&D director", "Director e-mail", "Notes"]


@pytest.fixture
def programme(app: Convene) -> Programme:
    return a_programme(slug="leaders")


@pytest.fixture
def spreadsheet(tmp_path: Path) -> Path:
    """104 rows about real Trusts, two of them wrong."""
    rows = [
        [trust.ods_code, trust.region, f"Director {trust.ods_code}", f"{trust.ods_code}@trust.example", ""]
        for trust in list(england())[:104]
    ]
    rows[11][1] = "Londn"
    rows[40][3] = "no address"
    file = tmp_path / "pairs.xlsx"
    file.write_bytes(xlsx_of([["Our pairs, 2027"], [], HEADER, *rows]))
    return file


def log_in(page: Page, running: Running, programme: Programme) -> None:
    page.goto(organisers.printed_link(an_organiser(programme)))
    page.get_by_role("button", name="Log in").click()


def rows_in_the_database() -> tuple[int, int]:
    db.session.rollback()
    return tuple(db.session.scalar(select(func.count()).select_from(kind)) for kind in (Trust, Person))  # type: ignore[return-value]


@pytest.mark.parametrize("browser_page", ["page", "without_scripts"])
def test_104_rows_with_2_faults_are_in_after_two_presses(
    request: pytest.FixtureRequest,
    serve: Callable[[Convene], Running],
    app: Convene,
    programme: Programme,
    spreadsheet: Path,
    browser_page: str,
) -> None:
    page: Page = request.getfixturevalue(browser_page)
    running = serve(app)
    log_in(page, running, programme)

    page.goto(f"{running.origin}/programmes/leaders/people/import")
    page.get_by_label("Choose a file").set_input_files(spreadsheet)
    page.get_by_role("button", name="Continue").click()
    faults = page.locator("main tbody tr").filter(has_text="Fault")
    expect(faults).to_have_count(2)
    expect(faults.nth(0)).to_contain_text('"Londn" is not an NHS region. Did you mean London?')
    expect(faults.nth(0).locator("th")).to_contain_text("15")
    expect(faults.nth(1).locator("th")).to_contain_text("44")
    assert rows_in_the_database() == (0, 0)

    page.get_by_role("button", name="Import 102 rows").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("102 rows imported")
    assert rows_in_the_database() == (102, 102)

    page.goto(f"{running.origin}/programmes/leaders/people/import")
    page.get_by_label("Choose a file").set_input_files(spreadsheet)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Unchanged 102")).to_be_visible()
    expect(page.get_by_role("button", name="Import")).to_have_count(0)


def test_every_page_about_people_can_be_used_by_everyone(
    page: Page, serve: Callable[[Convene], Running], app: Convene, programme: Programme, spreadsheet: Path
) -> None:
    pair = a_pair(programme, manager=None)
    a_person(programme, "Ida Berg", affiliation="A charity")
    running = serve(app)
    top = f"{running.origin}/programmes/leaders"
    log_in(page, running, programme)

    def look() -> None:
        assert_accessible(page)
        assert_fits(page)

    for address in (
        "people",
        "people?find=nobody",
        f"people/{pair.director_id}",
        f"people/{pair.director_id}/new-link",
        f"trusts/{pair.trust.ods_code}",
        "people/import",
    ):
        page.goto(f"{top}/{address}")
        look()
    page.get_by_role("button", name="Continue").click()
    look()
    page.get_by_label("Choose a file").set_input_files(spreadsheet)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("How the columns were read").click()
    page.get_by_text("Change how they are read").click()
    look()
    page.get_by_role("button", name="Use London").click()
    expect(page.get_by_role("status")).to_contain_text("Line 15 now says London.")
    look()
    page.get_by_role("button", name="Import 103 rows").click()
    look()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Import undone")
    look()
