"""After logging out nothing is left in the browser (abuse case A14)."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from scheduler import Convene, organisers
from tests.builders import a_person, a_programme, an_organiser
from tests.journeys.conftest import Running


def test_back_after_logging_out_shows_no_names(page: Page, app: Convene, serve: Callable[[Convene], Running]) -> None:
    programme = a_programme()
    a_person(programme, name="Amara Okafor")
    link = organisers.printed_link(an_organiser(programme))
    people = f"{serve(app).origin}/programmes/{programme.slug}/people"
    page.goto(link)
    page.get_by_role("button", name="Log in").click()
    page.goto(people)
    expect(page.get_by_text("Amara Okafor").first).to_be_visible()

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_have_text("You have logged out")
    page.go_back()

    expect(page.get_by_text("Amara Okafor")).to_have_count(0)
    page.goto(people)
    expect(page.get_by_text("Amara Okafor")).to_have_count(0)
