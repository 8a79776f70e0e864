"""The frame and every component in a real browser: axe, narrow screens, no scripts, focus after a post."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import flask
import pytest
from playwright.sync_api import Page, expect

from scheduler import Convene
from scheduler.web.access import public
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import SelectField
from tests.journeys.accessibility import assert_accessible, assert_fits
from tests.journeys.conftest import DESK, PHONE, Running
from tests.web.test_forms import EveryField

GALLERY = (Path(__file__).parent / "gallery.html").read_text("utf-8")


class Filters(Form):
    """The filters above a list."""

    region = SelectField("Region", choices=[("", "All regions"), ("London", "London")])


@pytest.fixture
def gallery(app: Convene, serve: Callable[[Convene], Running]) -> str:
    """The address of a page that shows everything."""

    def show() -> str:
        form = EveryField()
        if form.validate_on_submit():
            flask.flash("Saved at 10:42am")
        return flask.render_template_string(
            GALLERY,
            form=form,
            filters=Filters(None),
            programme=SimpleNamespace(name="R&D leadership programme 2027", slug="rd"),
            banners=[
                {"text": "Mail is not connected. Messages are kept and can be", "href": "/x", "link": "read here"}
            ],
            waiting={"Invite": 3},
            account={"text": "Aisha Khan", "href": "/programmes"},
        )

    app.add_url_rule("/gallery", "gallery", public(show), methods=["GET", "POST"])
    return f"{serve(app).origin}/gallery"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_the_components_right_or_wrong(page: Page, gallery: str, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(gallery)
    assert_accessible(page)

    page.get_by_role("button", name="Save and continue").click()

    expect(page).to_have_title("Error: Every component – Convene")
    assert_accessible(page)


def test_at_320_px_only_tables_in_a_region_of_their_own_scroll_sideways(page: Page, gallery: str) -> None:
    page.goto(gallery)

    assert_fits(page)


def test_after_a_refused_post_focus_is_on_the_summary_and_each_entry_leads_to_its_input(
    page: Page, gallery: str
) -> None:
    page.goto(gallery)
    page.get_by_role("button", name="Save and continue").click()

    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="Enter the date of the session").click()
    expect(page.locator("#day-day")).to_be_focused()


def test_on_paper_no_link_spells_out_its_address_which_may_hold_a_token(page: Page, gallery: str) -> None:
    page.goto(gallery)
    page.emulate_media(media="print")

    written = page.evaluate(
        "() => [...document.querySelectorAll('a')].map((a) => getComputedStyle(a, '::after').content)"
    )
    assert set(written) == {"none"}
    expect(page.get_by_role("button", name="Save and continue")).to_be_hidden()


def test_without_scripts_the_page_shows_everything_and_posts(without_scripts: Page, gallery: str) -> None:
    page = without_scripts
    page.goto(gallery)
    page.get_by_role("button", name="Save and continue").click()

    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_label("Most seats")).to_be_editable()
    page.get_by_text("Show the numbers").click()
    expect(page.get_by_role("table", name="Cost over time")).to_be_visible()
