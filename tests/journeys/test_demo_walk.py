"""The first half hour with Convene: ``convene run`` on nothing, and the whole story in the browser, until Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import organiser
from tests.journeys.conftest import TELEPHONE, Running, Window, answers, free_port, started, wait_until

SECONDS = 15
SOME = 20  # letters that have left are enough to read one; Ctrl-C comes while others wait
PATIENCE = 120_000  # milliseconds: the solver and 1,300 letters share two cores with the browser


@pytest.mark.long
def test_the_printed_link_leads_from_the_demo_to_invitations_that_can_be_read(tmp_path: Path, window: Window) -> None:
    demo = Running(f"http://127.0.0.1:{free_port()}", tmp_path / "instance")
    with started(demo, "run") as process:
        wait_until(lambda: process.poll() is not None or answers(f"{demo.origin}/healthz"), seconds=60)
        desk = window(demo.origin)
        desk.set_default_timeout(PATIENCE)
        desk.set_default_navigation_timeout(PATIENCE)

        desk.goto(printed_link(demo, "Log in as the organiser"))
        desk.get_by_role("button", name="Log in").click()
        expect(desk.get_by_role("heading", level=1)).to_contain_text("What needs you now")
        expect(desk.get_by_role("table", name="Where things stand").get_by_role("row")).to_have_count(11)
        plan_from_home(desk)
        organiser_sees_that_everyone_has_a_place(desk)
        publish_to_everyone(desk)
        wait_until(lambda: len(list((demo.instance / "mail").glob("*.eml"))) >= SOME, seconds=60)
        an_invitation_can_be_read(desk)
        a_participant_answers_a_date(window(demo.origin, **TELEPHONE), printed_link(demo, "Answer as a participant"))

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert "Traceback" not in demo.log
    assert "ended by itself" not in demo.log
    assert no_process_has(demo.instance)


def printed_link(demo: Running, what: str) -> str:
    found = re.search(rf"{what}: +(\S+)", demo.log)
    assert found is not None, demo.log
    return found[1]


def plan_from_home(desk: Page) -> None:
    desk.get_by_role("link", name="Make a plan").first.click()
    desk.get_by_label("How long may it look for a better plan?").fill(str(SECONDS))
    desk.get_by_role("button", name="Start planning").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Plan 1")
    expect(desk.get_by_text(re.compile(rf"Planning: \d+ seconds? of {SECONDS}"))).to_be_visible(timeout=30_000)
    expect(desk.get_by_text("Counted again by separate code: no rule broken.")).to_be_visible(timeout=90_000)


def organiser_sees_that_everyone_has_a_place(desk: Page) -> None:
    expect(desk.get_by_role("heading", name=re.compile("^Workshop 1"))).to_be_visible()
    expect(desk.get_by_role("heading", name=re.compile(r"^Action learning sets \(\d+\)"))).to_be_visible()
    expect(desk.get_by_role("img", name=re.compile("London")).first).to_be_visible()


def publish_to_everyone(desk: Page) -> None:
    """Publish, with the number typed that so many messages ask for."""
    desk.get_by_role("button", name="Publish").click()
    button = desk.get_by_role("button", name="Publish and queue")
    messages = int(re.sub(r"\D", "", button.inner_text()))
    button.click()
    expect(desk.locator(".nhsuk-error-summary")).to_be_focused()
    desk.get_by_label("Number of messages").fill(str(messages))
    button.click()
    expect(organiser.status(desk)).to_have_text(f"Published. {messages:,} messages queued.")


def an_invitation_can_be_read(desk: Page) -> None:
    """Open the mail page from the banner, and one letter from there: its words, and what calendars read."""
    desk.get_by_role("link", name="read here").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Mail")
    desk.get_by_role("table").get_by_role("link").first.click()
    expect(desk.get_by_text("You have a place ")).to_be_visible()
    expect(desk.get_by_role("table", name="In the calendar")).to_be_visible()


def a_participant_answers_a_date(phone: Page, link: str) -> None:
    phone.goto(link)
    phone.locator("fieldset.app-date").first.get_by_label("Yes", exact=True).tap()
    expect(organiser.status(phone)).to_contain_text("Saved at")


def no_process_has(instance: Path) -> bool:
    """Whether nothing of an instance runs any more."""
    found = subprocess.run(["pgrep", "-f", str(instance)], capture_output=True, check=False)
    return found.returncode == 1
