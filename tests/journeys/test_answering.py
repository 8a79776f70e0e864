"""Answering on a phone: few taps, nothing to press at the end, and the way back to where one stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.reminders import remind
from scheduler.extensions import db
from scheduler.models import Availability, OutboxMessage, Pair, Person, Session
from tests.builders import a_pair, a_session, an_event, an_organiser
from tests.journeys.conftest import Running
from tests.journeys.mailbag import parsed, the_link_of

MOST_TAPS = 20
PREFERS = {"Yes": (0, 3, 6), "If need be": (1, 4)}


def dates_for(pair: Pair, how_many: int) -> list[Session]:
    """Dates of two events, three a week: Tuesday, Wednesday and Thursday."""
    events = [an_event(pair.programme, title=title) for title in ("Workshop 1", "Workshop 2")]
    monday = (now() + timedelta(days=70)).replace(hour=9, minute=30, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    days = [monday + timedelta(weeks=n // 3, days=1 + n % 3) for n in range(how_many)]
    return [a_session(events[0 if 2 * n < how_many else 1], day) for n, day in enumerate(days)]


def answers_of(person: Person) -> dict[int, str]:
    db.session.rollback()
    rows = db.session.scalars(select(Availability).where(Availability.person_id == person.id))
    return {row.session_id: row.answer.value for row in rows}


def wishes(dates: list[Session]) -> dict[int, str]:
    """What somebody wants to say to each date outside the week they are away, the last of the programme."""
    return {
        date.id: next((word for word, places in PREFERS.items() if n in places), "No")
        for n, date in enumerate(dates)
        if n // 3 != 3
    }


def no_to_the_week_of(page: Page, date: Session) -> Locator:
    monday = date.local_start - timedelta(days=date.local_start.weekday())
    return page.get_by_role("button", name=f"No to everything this week (3) , week of {formatting.day(monday)}".lower())


def radio(page: Page, date_id: int, word: str) -> Locator:
    return page.locator(f"fieldset:has([name=date-{date_id}])").get_by_label(word, exact=True)


def test_14_dates_with_a_week_away_take_20_taps_at_most_and_no_press_of_save(
    phone: Page, served: Running, pair: Pair
) -> None:
    dates = dates_for(pair, 14)
    phone.goto(page_url(pair.director))
    taps = 0

    no_to_the_week_of(phone, dates[9]).tap()
    expect(phone.get_by_role("status")).to_contain_text("3 dates set to No")
    taps += 1
    for date_id, word in wishes(dates).items():
        radio(phone, date_id, word).tap()
        taps += 1
    expect(phone.get_by_text("14 of 14 answered")).to_be_visible()
    expect(phone.get_by_role("status")).to_contain_text("Nothing is left to answer")
    expect(phone.get_by_role("button", name="No to the rest")).to_be_hidden()

    assert taps <= MOST_TAPS
    by_touch = answers_of(pair.director)
    assert len(by_touch) == 14
    assert [by_touch[date.id] for date in dates[9:12]] == ["no"] * 3


def test_without_scripts_the_same_choices_are_the_same_rows(
    phone: Page, without_scripts: Page, served: Running, pair: Pair
) -> None:
    dates = dates_for(pair, 14)
    other = a_pair(pair.programme).director
    for page, person in ((phone, pair.director), (without_scripts, other)):
        page.goto(page_url(person))
        no_to_the_week_of(page, dates[9]).click()
        for date_id, word in wishes(dates).items():
            radio(page, date_id, word).check()
        if page is without_scripts:
            page.get_by_role("button", name="Save my answers").click()
        expect(page.get_by_text("14 of 14 answered")).to_be_visible()

    assert answers_of(pair.director) == answers_of(other)


@pytest.mark.parametrize("browser_page", ["phone", "without_scripts"])
def test_who_stops_half_way_comes_back_by_the_reminder_to_the_first_date_not_answered(
    request: pytest.FixtureRequest, served: Running, pair: Pair, browser_page: str
) -> None:
    page: Page = request.getfixturevalue(browser_page)
    dates = dates_for(pair, 8)
    page.goto(page_url(pair.director))
    for date in dates[:3]:
        radio(page, date.id, "Yes").check()
    if browser_page == "without_scripts":
        page.get_by_role("button", name="Save my answers").click()
    expect(page.get_by_text("3 of 8 answered")).to_be_visible()

    remind(pair.programme, {pair.director.id}, by=an_organiser(pair.programme))
    reminder = parsed(db.session.scalars(select(OutboxMessage)).one().body)
    page.goto("about:blank")
    page.goto(the_link_of(reminder))

    assert str(reminder["Subject"]).startswith("5 dates left")
    assert len(answers_of(pair.director)) == 3
    for date in dates[:3]:
        expect(radio(page, date.id, "Yes")).to_be_checked()
    first_left = radio(page, dates[3].id, "Yes")
    expect(first_left).to_be_in_viewport()
    expect(page.get_by_text("3 of 8 answered")).to_be_in_viewport()
    assert first_left.bounding_box()["y"] < 400  # near the top, not just on the screen


def test_a_line_that_breaks_is_said_and_what_was_tapped_is_saved_when_it_is_back(
    phone: Page, served: Running, pair: Pair
) -> None:
    first, second, *_ = dates_for(pair, 3)
    phone.goto(page_url(pair.director))

    phone.context.set_offline(True)
    radio(phone, first.id, "Yes").tap()
    radio(phone, second.id, "No").tap()
    expect(phone.get_by_role("status")).to_contain_text("Not saved. Check your connection, we keep trying.")
    phone.context.set_offline(False)

    expect(phone.get_by_text("2 of 3 answered")).to_be_visible(timeout=20_000)
    assert answers_of(pair.director) == {first.id: "yes", second.id: "no"}


def test_arrowing_through_the_radios_of_a_date_saves_the_last_alone(phone: Page, served: Running, pair: Pair) -> None:
    first, *_ = dates_for(pair, 3)
    saves: list[str] = []
    phone.on("request", lambda request: saves.append(request.post_data or "") if request.method == "POST" else None)
    phone.goto(page_url(pair.director))

    radio(phone, first.id, "Yes").focus()
    for key in ("Space", "ArrowRight", "ArrowRight"):
        phone.keyboard.press(key)
    expect(phone.get_by_text("1 of 3 answered")).to_be_visible()

    assert answers_of(pair.director) == {first.id: "no"}
    assert len(saves) == 1
    expect(radio(phone, first.id, "No")).to_be_focused()
