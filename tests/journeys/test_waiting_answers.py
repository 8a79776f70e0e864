"""Taps that could not be saved wait on the phone, go out when the page is opened again, and undo nothing said later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from scheduler.clock import now
from scheduler.collect.answers import save_answers
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import Answer, Pair, Session
from tests.builders import a_session, an_event
from tests.journeys.conftest import Running
from tests.journeys.test_answering import answers_of, radio

FIFTEEN_DAYS = 15 * 86_400_000
KEPT = "() => Object.entries(localStorage).filter(([key]) => key.startsWith('convene-waits:')).flat().join(' ')"


@pytest.fixture
def dates(pair: Pair) -> list[Session]:
    event = an_event(pair.programme)
    return [a_session(event, now() + timedelta(days=70 + n)) for n in range(3)]


def tap_without_a_line_and_close(phone: Page, pair: Pair, taps: dict[int, str]) -> None:
    """Choose while nothing can be saved, and close the page with what waits."""
    phone.goto(page_url(pair.director))
    phone.context.set_offline(True)
    for date_id, word in taps.items():
        radio(phone, date_id, word).tap()
    waits = "1 answer waits" if len(taps) == 1 else f"{len(taps)} answers wait"
    expect(phone.get_by_role("status")).to_contain_text(f"we keep trying. {waits} on this device.")
    phone.close()


def opened_again(phone: Page, pair: Pair) -> Page:
    phone.context.set_offline(False)
    page = phone.context.new_page()
    page.goto(page_url(pair.director))
    return page


def test_taps_that_wait_survive_the_closed_page_and_are_erased_once_saved(
    phone: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    first, second, _ = dates
    tap_without_a_line_and_close(phone, pair, {first.id: "Yes", second.id: "No"})
    assert answers_of(pair.director) == {}

    page = opened_again(phone, pair)

    expect(page.get_by_text("2 of 3 answered")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Saved at")
    assert answers_of(pair.director) == {first.id: "yes", second.id: "no"}
    assert page.evaluate(KEPT) == ""


def test_what_waits_is_kept_under_no_token_and_no_name(
    phone: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    phone.goto(page_url(pair.director))
    phone.context.set_offline(True)
    radio(phone, dates[0].id, "Yes").tap()
    expect(phone.get_by_role("status")).to_contain_text("1 answer waits")

    kept = phone.evaluate(KEPT)

    assert f"date-{dates[0].id}" in kept
    assert page_url(pair.director).rpartition("/")[2] not in kept
    assert pair.director.name not in kept
    assert pair.director.email not in kept


def test_an_answer_given_elsewhere_since_stands_and_is_said(
    phone: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    first, second, _ = dates
    tap_without_a_line_and_close(phone, pair, {first.id: "Yes", second.id: "Yes"})
    save_answers(pair.director, {first.id: Answer.NO})

    page = opened_again(phone, pair)

    expect(page.get_by_text("2 of 3 answered")).to_be_visible()
    expect(radio(page, first.id, "No")).to_be_checked()
    expect(radio(page, second.id, "Yes")).to_be_checked()
    assert answers_of(pair.director) == {first.id: "no", second.id: "yes"}
    assert page.evaluate(KEPT) == ""


def test_that_a_later_answer_stands_is_said_in_words(
    phone: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    tap_without_a_line_and_close(phone, pair, {dates[0].id: "Yes"})
    save_answers(pair.director, {dates[0].id: Answer.NO})

    page = opened_again(phone, pair)

    expect(page.get_by_role("status")).to_contain_text("was answered elsewhere later. That answer stands.")


def test_taps_that_wait_for_a_date_that_has_closed_are_dropped_and_said(
    phone: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    tap_without_a_line_and_close(phone, pair, {dates[0].id: "Yes"})
    dates[0].event.closes_at = now() - timedelta(minutes=1)
    db.session.commit()

    page = opened_again(phone, pair)

    expect(page.get_by_role("status")).to_have_text("1 answer on this device came too late to be saved.")
    assert answers_of(pair.director) == {}
    assert page.evaluate(KEPT) == ""


def test_taps_older_than_14_days_are_dropped(phone: Page, served: Running, pair: Pair, dates: list[Session]) -> None:
    phone.goto(page_url(pair.director))
    phone.context.set_offline(True)
    radio(phone, dates[0].id, "Yes").tap()
    expect(phone.get_by_role("status")).to_contain_text("1 answer waits")
    phone.evaluate(
        """(age) => { for (const key of Object.keys(localStorage))
             localStorage[key] = JSON.stringify({ ...JSON.parse(localStorage[key]), at: Date.now() - age }); }""",
        FIFTEEN_DAYS,
    )
    phone.close()

    page = opened_again(phone, pair)

    expect(page.get_by_text("0 of 3 answered")).to_be_visible()
    page.wait_for_function(f"() => ({KEPT})() === ''")
    assert answers_of(pair.director) == {}
