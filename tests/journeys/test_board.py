"""The board in a browser: task 7 without a pointer, a card dragged with its prices on the columns, two organisers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scheduler import Convene, organisers
from scheduler.extensions import db
from scheduler.models import Plan, Programme
from tests.builders import a_pair, an_organiser, both_answered
from tests.journeys.accessibility import assert_accessible, assert_fits
from tests.journeys.conftest import Running
from tests.plan.programmes import a_small_programme, laid_out, pairs_of, sessions_of

MOST_KEYS = 12


@pytest.fixture
def programme(app: Convene) -> Programme:
    """Nine pairs and two sittings with room."""
    programme = a_small_programme()
    sessions = sessions_of(programme)
    for session in sessions.values():
        session.max_seats = 40
    for _ in range(3):
        pair = a_pair(programme, region="South West")
        both_answered(pair, sessions["W1-a"])
        both_answered(pair, sessions["W1-b"], "if-need-be")
    db.session.commit()
    return programme


@pytest.fixture
def plan(programme: Programme) -> Plan:
    """A draft, laid out."""
    return laid_out(programme)


@pytest.fixture
def desk(page: Page, served: Running, programme: Programme, plan: Plan) -> Page:
    """The board, opened by an owner."""
    page.goto(organisers.printed_link(an_organiser(programme, name="Kit Vale")))
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{served.origin}/programmes/{programme.slug}/plans/1/board")
    return page


def test_a_pair_is_moved_and_brought_back_with_twelve_keys_at_most_and_the_price_first(
    desk: Page, programme: Programme, plan: Plan
) -> None:
    before = plan.result
    party = pairs_of(programme)[0].trust.ods_code
    card = desk.locator(f"#card-{party}")
    card.focus()
    keys = 0

    def press(key: str) -> None:
        nonlocal keys
        keys += 1
        desk.keyboard.press(key)

    press("Enter")
    panel = desk.locator("#panel")
    expect(panel.locator("input[type=radio]").first).to_be_focused()
    assert "No rule broken" in panel.inner_text()
    press("Space")
    press("Enter")
    expect(desk.locator("#status")).to_contain_text("moved to")
    expect(desk.locator("#status")).to_contain_text("No rule broken.")
    expect(card).to_be_focused()
    moved = desk.locator("[data-place=W1-b]").locator(f"#card-{party}")
    expect(moved).to_be_visible()
    press("Control+z")
    expect(desk.locator("#status")).to_contain_text("is back where it was")
    expect(card).to_be_focused()

    db.session.refresh(plan)
    assert keys <= MOST_KEYS
    assert plan.result == before
    assert_accessible(desk)
    assert_fits(desk)


def test_a_card_is_dragged_to_a_column_that_says_its_price_and_escape_leaves_it(
    desk: Page, programme: Programme, plan: Plan, tmp_path: Path
) -> None:
    party = pairs_of(programme)[0].trust.ods_code
    card, column = desk.locator(f"#card-{party}"), desk.locator("[data-place=W1-b]")
    unplaced = desk.locator("[data-place=unplaced] [data-price]")

    card.hover()
    desk.mouse.down()
    column.hover()
    column.hover()
    expect(unplaced).to_contain_text("10,000 more. No rule broken.")
    expect(column.locator("[data-price]")).to_contain_text("No rule broken.")
    card.dispatch_event("dragend")  # what Escape comes to: the driver holds the key back while it drags
    expect(unplaced).to_be_hidden()
    desk.mouse.up()
    assert not plan.edits

    card.drag_to(column)

    expect(desk.locator("#status")).to_contain_text("moved to")
    expect(column.locator(f"#card-{party}")).to_be_focused()
    db.session.refresh(plan)
    assert plan.edits == 1
