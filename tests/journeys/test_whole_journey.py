"""The whole job in real browsers against real processes: a spreadsheet goes in, calendars that agree come out.

Web server and worker are processes of their own on a database file, as an operator starts them; mail goes over SMTP.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scheduler import create_app, formatting
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import Reminder
from tests.collect.spreadsheets import csv_of
from tests.invite.postbox import Postbox, open_postbox
from tests.journeys import organiser
from tests.journeys.conftest import NO_SCRIPTS, TELEPHONE, Running, Window, a_worker, convene, wait_until
from tests.journeys.mailbag import calendar_letters, letter, letters, the_link_of, times_in_feed

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
    march, april = around_the_clock_change()

    organiser.log_in_by_mail(desk, programme.origin, OWNER, postbox)
    import_the_sheet_and_mend_its_fault(desk, tmp_path)
    organiser.add_venue(desk, "The Carriageworks", "Leeds")
    organiser.add_event(desk, "Workshop 1", "Workshop", least=2)
    for day in (march, april):
        organiser.add_date(desk, day, "9:30am", "4:30pm", venue="The Carriageworks", seats=40)
    organiser.ask_for_dates(desk, date.today() + timedelta(days=7), people=8)  # noqa: DTZ011

    phone, plain = window(programme.origin, **TELEPHONE), window(programme.origin, **NO_SCRIPTS)
    answer_on_a_phone(phone, postbox, "amara@barts.example", "Yes", "No")
    for address, answers in (
        ("tom@barts.example", ["Yes"]),  # Amara's no has taken April out of what he is asked
        ("noor@leeds.example", ["No", "Yes"]),
        ("lee@leeds.example", [None, "If need be"]),
        ("ana@kings.example", ["Yes", "Yes"]),
        ("sam@kings.example", ["Yes", "Yes"]),
        ("bea@bristol.example", ["Yes", "Yes"]),
    ):
        answer_without_scripts(plain, postbox, address, answers)
    four_days_go_by(programme)
    remind_the_one_who_is_missing(desk, postbox)
    answer_without_scripts(plain, postbox, "cai@bristol.example", ["Yes", "Yes"], about="left")

    organiser.make_a_plan(desk)
    expect(desk.get_by_text("All 4 pairs are placed.")).to_be_visible()
    expect(desk.get_by_text("this is proven")).to_be_visible()
    place = move_by_keys_alone(desk, "King's College Hospital", march, april)
    organiser.publish(desk, messages=8)

    invitations = dict(
        wait_until(lambda: found if len(found := list(calendar_letters(postbox))) == 8 else None, seconds=60)
    )
    assert {invitation.method for invitation in invitations.values()} == {"REQUEST"}
    assert {invitation.attendee.lower() for invitation in invitations.values()} == {
        f"mailto:{to}" for to in invitations
    }
    in_winter, in_summer = at_half_past_nine(march, utc_hour=9), at_half_past_nine(april, utc_hour=8)
    for trust, when in (
        ("barts", in_winter),
        ("leeds", in_summer),
        ("kings", in_winter if place == march else in_summer),
    ):
        told = {(one.start, one.end) for to, one in invitations.items() if to.endswith(f"@{trust}.example")}
        assert told == {when}
    assert feed_on(phone, postbox, "amara@barts.example") == [in_winter]
    assert feed_on(phone, postbox, "noor@leeds.example") == [in_summer]

    came = len(postbox.arrived)
    organiser.make_a_plan(desk)
    organiser.publish(desk, messages=0)
    expect(organiser.status(desk)).to_have_text("Published. Nobody's time or place changed, so nobody hears anything.")
    everything_has_left(programme)
    assert len(postbox.arrived) == came
    assert len(set(postbox.message_ids)) == came


def import_the_sheet_and_mend_its_fault(desk: Page, folder: Path) -> None:
    file = folder / "who takes part.csv"
    file.write_bytes(csv_of(SHEET, separator=";", encoding="cp1252"))

    organiser.import_file(desk, file)
    expect(desk.get_by_text('"Londn" is not an NHS region. Did you mean London?')).to_be_visible()
    desk.get_by_role("button", name="Use London").click()
    desk.get_by_role("button", name="Import 4 rows").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("4 rows imported")


def answer_on_a_phone(phone: Page, postbox: Postbox, address: str, *answers: str) -> None:
    """Tap the answers, and leave: nothing is pressed to save them."""
    phone.goto(the_link_of(letter(postbox, address, "to answer")))
    for question, answer in zip(phone.locator("fieldset.app-date").all(), answers, strict=True):
        question.get_by_label(answer, exact=True).tap()
    expect(phone.get_by_text(f"{len(answers)} of {len(answers)} answered")).to_be_visible()


def answer_without_scripts(
    page: Page, postbox: Postbox, address: str, answers: Sequence[str | None], about: str = "to answer"
) -> None:
    """Choose the answers and press the one button; None leaves a date as it is."""
    page.goto(the_link_of(letter(postbox, address, about)))
    for question, answer in zip(page.locator("fieldset.app-date").all(), answers, strict=False):
        if answer is not None:
            question.get_by_label(answer, exact=True).check()
    page.get_by_role("button", name="Save my answers").click()
    expect(organiser.status(page)).to_contain_text("Saved at")


def four_days_go_by(programme: Running) -> None:
    """Let what was sent be four days old: who was written to just now is left alone."""
    app = create_app(Settings(instance=programme.instance))
    with app.app_context():
        for reminder in db.session.scalars(db.select(Reminder)):
            reminder.sent_at -= timedelta(days=4)
        db.session.commit()
        db.engine.dispose()


def remind_the_one_who_is_missing(desk: Page, postbox: Postbox) -> None:
    organiser.go_to(desk, "Home")
    desk.get_by_role("link", name="See and remind").click()
    missing = desk.get_by_role("table", name="Waits for one person")
    expect(missing.get_by_role("row")).to_have_count(2)  # the head, and Cai
    expect(missing).to_contain_text("Cai Evans")

    desk.get_by_role("button", name="Remind people").click()
    desk.get_by_role("button", name="Send 1 reminder").click()

    expect(organiser.status(desk)).to_have_text("1 reminder queued. 7 people hear nothing.")
    letter(postbox, "cai@bristol.example", "2 dates left")
    assert [str(each["To"]) for each in letters(postbox, about="left")] == ["Cai Evans <cai@bristol.example>"]


def move_by_keys_alone(desk: Page, trust: str, *days: date) -> date:
    """Move a pair to the other of two dates with at most 12 keys; gives back where it is now."""
    desk.get_by_role("link", name=formatting.day(days[0])).click()
    other = days[1]
    if not desk.get_by_role("rowheader", name=trust).is_visible():
        desk.get_by_role("link", name="Plan 1").click()
        desk.get_by_role("link", name=formatting.day(days[1])).click()
        other = days[0]
    desk.get_by_role("link", name=f"Move {trust}").focus()

    press(desk, "Enter")
    expect(desk.get_by_role("heading", level=1)).to_contain_text(f"Move {trust}")
    wanted = desk.get_by_role("radio", name=formatting.day(other))
    expect(wanted).to_have_accessible_description(re.compile("Yes, cost"))
    press(desk, "Tab", "Enter", "Tab", "Space", "Tab", "Enter")  # past the header, the first place, the button

    expect(organiser.status(desk)).to_contain_text(f"moved to {formatting.day(other)}")
    expect(organiser.status(desk)).to_contain_text("No rule broken.")
    expect(desk.get_by_role("rowheader", name=trust)).to_be_in_viewport()
    desk.get_by_role("link", name="Plan 1").click()
    return other


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def at_half_past_nine(day: date, *, utc_hour: int) -> tuple[datetime, datetime]:
    """From 9:30am to 4:30pm in London on a day, in UTC."""
    start = datetime.combine(day, time(utc_hour, 30), UTC)
    return start, start + timedelta(hours=7)


def feed_on(page: Page, postbox: Postbox, address: str) -> list[tuple[datetime, datetime]]:
    """The dates in somebody's own calendar feed, by the address that their page shows."""
    page.goto(the_link_of(letter(postbox, address, "to answer")))
    expect(page.get_by_text("Next: ")).to_be_visible()
    page.get_by_role("link", name="How to subscribe").click()
    with urllib.request.urlopen(page.get_by_label("Address of your dates").input_value()) as answer:  # noqa: S310
        return times_in_feed(answer.read())


def everything_has_left(programme: Running) -> None:
    """Wait until the outbox has nothing to do."""

    def idle() -> bool:
        listed = subprocess.run(
            [sys.executable, "-m", "scheduler.cli", "outbox", "--json"],
            env=programme.environment, check=True, capture_output=True,
        )  # fmt: skip
        return {message["state"] for message in json.loads(listed.stdout)["messages"]} == {"sent"}

    wait_until(idle)
