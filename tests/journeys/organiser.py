"""What an organiser does in a browser, one deed a function, each by the words on the screen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.invite.postbox import Postbox
from tests.journeys.mailbag import letter, the_link_of


def log_in_by_mail(page: Page, origin: str, address: str, postbox: Postbox) -> None:
    """Ask for a link, read it in the mail that comes, press the one button it leads to."""
    page.goto(origin)
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Email me a log-in link").click()
    expect(page.get_by_text("If this address can log in, a link is on its way")).to_be_visible()
    page.goto(the_link_of(letter(postbox, address, "Your Convene link")))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def go_to(page: Page, area: str) -> None:
    """Open one of the areas in the header."""
    page.get_by_role("navigation", name="Areas").get_by_role("link", name=area).click()


def import_file(page: Page, file: Path) -> None:
    """Bring in a file as far as the page that says what was understood."""
    go_to(page, "People")
    page.get_by_role("button", name="Import a file").click()
    page.get_by_label("Choose a file").set_input_files(file)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check before you import")


def add_venue(page: Page, name: str, town: str) -> None:
    """Add a place that dates can be held at."""
    go_to(page, "Events")
    page.get_by_role("button", name="Add a venue").click()
    page.get_by_label("Name of the venue").fill(name)
    page.get_by_label("Town").fill(town)
    save(page)
    expect(status(page)).to_have_text(f"{name} added.")


def add_event(page: Page, title: str, kind: str, *, least: int | None = None) -> None:
    """Add an event, and stay on its page."""
    go_to(page, "Events")
    page.get_by_role("button", name="Add an event").click()
    page.get_by_label("Name of the event").fill(title)
    page.get_by_label(kind, exact=True).check()
    if least is not None:
        page.get_by_label("Fewest sessions that run").fill(str(least))
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def add_date(page: Page, day: date, starts: str, ends: str, *, venue: str, seats: int) -> None:
    """Add a date to the event whose page is open."""
    page.get_by_role("button", name="Add a date").click()
    fill_day(page, "Date", day)
    page.get_by_label("Start time").fill(starts)
    page.get_by_label("End time").fill(ends)
    page.get_by_label("Venue").select_option(label=venue)
    page.get_by_label("Most seats").fill(str(seats))
    save(page)
    expect(status(page)).to_contain_text("added.")


def fill_day(page: Page, legend: str, day: date) -> None:
    """Fill the three parts of a day."""
    group = page.get_by_role("group", name=legend)
    for label, part in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(label).fill(str(part))


def save(page: Page) -> None:
    """Press the button of a form."""
    page.get_by_role("button", name="Save and continue").click()


def status(page: Page) -> Locator:
    """The one place of a page that says what happened."""
    return page.get_by_role("status")


def ask_for_dates(page: Page, closes: date, people: int) -> None:
    """Open what is not asked about yet until a closing date, look at the mail, send it."""
    go_to(page, "Collect")
    page.get_by_role("button", name="Ask").click()
    fill_day(page, "Closing date", closes)
    page.get_by_role("button", name="See the email").click()
    expect(page.get_by_role("heading", name=f"{people} people hear of it")).to_be_visible()
    page.get_by_role("button", name=f"Send {people} emails").click()
    expect(status(page)).to_contain_text(f"{people} emails queued.")


def make_a_plan(page: Page) -> None:
    """Start planning and watch until the plan is there."""
    go_to(page, "Plan")
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_label("How long may it look for a better plan?").fill("20")
    page.get_by_role("button", name="Start planning").click()
    expect(page.get_by_text("Counted again by separate code: no rule broken.")).to_be_visible(timeout=60_000)


def publish(page: Page, messages: int) -> None:
    """Publish the plan whose page is open, having seen how many messages that queues."""
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Publish plan")
    page.get_by_role("button", name=f"Publish and queue {messages} message").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Publish plan")
