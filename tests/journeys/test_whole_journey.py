"""The whole job in real browsers against real processes: a spreadsheet goes in, calendars that agree come out.

Web server and worker are processes of their own on a database file, as an operator starts them; mail goes over SMTP.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.collect.spreadsheets import csv_of
from tests.invite.postbox import Postbox, open_postbox
from tests.journeys import organiser
from tests.journeys.conftest import Running, Window, a_worker, convene

OWNER = "aisha.khan@programme.example"
SHEET = [
    ["R&D leadership programme: who takes part"],
    [],
    ["R&D director", "Director e-mail", "Trust code", "Region", "R&D manager", "Manager e-mail"],
    ["Amara Okafor", "amara@barts.example", "R1H", "London", "Tom Reid", "tom@barts.example"],
    ["Noor Ali", "noor@leeds.example", "RR8", "North East and Yorkshire", "Lee Grant", "lee@leeds.example"],
    ["Ana Costa", "ana@kings.example", "RJZ", "Londn", "Sam Shah", "sam@kings.example"],
    ["Bea Lindt", "bea@bristol.example", "RA7", "South West", "Cai Evans", "cai@bristol.example"],
]


def around_the_clock_change() -> tuple[date, date]:
    """The Tuesdays before and after the clocks go forward, in the next year in which both are far enough off."""
    year = date.today().year + 1  # noqa: DTZ011
    change = max(date(year, 3, day) for day in range(25, 32) if date(year, 3, day).weekday() == 6)
    return change - timedelta(days=12), change + timedelta(days=9)


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as found:
        yield found


@pytest.fixture
def programme(tmp_path: Path, postbox: Postbox) -> Iterator[Running]:
    """An empty programme, its web server and its worker."""
    instance = tmp_path / "instance"
    settings = {"CONVENE_SMTP_URL": postbox.url}
    subprocess.run(
        [sys.executable, "-m", "scheduler.cli", "programme", "add", "leaders", "R&D leaders", "--owner", OWNER],
        check=True,
        env={**os.environ, "CONVENE_INSTANCE": str(instance)},
        stdout=subprocess.DEVNULL,
    )
    with convene("web", instance=instance, **settings) as running, a_worker(running, **settings):
        yield running


def test_from_a_spreadsheet_to_calendars_that_agree(
    programme: Running, postbox: Postbox, window: Window, tmp_path: Path
) -> None:
    desk = window(programme.origin)
    before, after = around_the_clock_change()

    organiser.log_in_by_mail(desk, programme.origin, OWNER, postbox)
    import_the_sheet_and_mend_its_fault(desk, tmp_path)
    organiser.add_venue(desk, "The Carriageworks", "Leeds")
    organiser.add_event(desk, "Workshop 1", "Workshop", least=2)
    for day in (before, after):
        organiser.add_date(desk, day, "9:30am", "4:30pm", venue="The Carriageworks", seats=40)


def import_the_sheet_and_mend_its_fault(desk: Page, folder: Path) -> None:
    file = folder / "who takes part.csv"
    file.write_bytes(csv_of(SHEET, separator=";", encoding="cp1252"))

    organiser.import_file(desk, file)
    expect(desk.get_by_text('"Londn" is not an NHS region. Did you mean London?')).to_be_visible()
    desk.get_by_role("button", name="Use London").click()
    desk.get_by_role("button", name="Import 4 rows").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("4 rows imported")
