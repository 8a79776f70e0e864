"""The front desk on a telephone: 48 people, two deputies, a walk-in, and no line for a while; and without scripts."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow import desks
from scheduler.follow.checking_in import Tap, mark
from scheduler.follow.desks import Desk
from scheduler.follow.rooms import room_of
from scheduler.models import CheckInTap, Presence, Session
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, an_organiser, invited
from tests.journeys.conftest import Running

FIRST = ("Ana", "Ben", "Cai", "Dee", "Eve", "Finn")
LAST = ("Abel", "Bell", "Costa", "Dunn", "Evans", "Frost", "Grant", "Hale")
KEPT = "() => Object.keys(localStorage).filter((key) => key.startsWith('convene-waits:')).length"


@pytest.fixture
def session(app: object) -> Session:
    """A workshop that begins now, for 24 pairs."""
    programme = a_programme()
    session = a_session(an_event(programme, title="Workshop 1"), now(), hours=2)
    names = [f"{first} {last}" for last in LAST for first in FIRST]
    for director, manager in zip(names[::2], names[1::2], strict=True):
        pair = a_pair(programme, director=a_person(programme, director), manager=a_person(programme, manager))
        for person in pair.people:
            invited(person, session)
    return session


@pytest.fixture
def link(session: Session) -> str:
    made = desks.make_link(session, "Kit Vale", by=an_organiser(session.programme))
    return desks.url_of(made) or ""


def here(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Here {name}", exact=True).tap()


def states(session: Session) -> dict[str, str]:
    db.session.rollback()
    return {one.name: one.state.value if one.state else "" for one in room_of(session).attendees}


def test_a_queue_is_checked_in_with_no_line_for_a_while_and_nothing_is_lost_or_counted_twice(
    phone: Page, served: Running, session: Session, link: str
) -> None:
    names = [one.name for one in room_of(session).attendees]
    phone.goto(link)
    for name in names[:20]:
        here(phone, name)
    expect(phone.locator("[data-count]")).to_have_text("20 of 48 here")
    phone.get_by_label("Find a name or Trust").fill("fi")
    expect(phone.locator(".app-desk__line:visible")).to_have_count(8)
    phone.get_by_label("Find a name or Trust").fill("")
    expect(phone.locator("[data-waits]")).to_be_hidden()

    phone.context.set_offline(True)
    for name in names[20:45]:
        here(phone, name)
    for name, deputy in ((names[45], "Sam Shah"), (names[46], "Noor Ali")):
        phone.get_by_text("Came for someone").tap()
        form = phone.locator("#came-for-someone")
        form.get_by_label("Who do they come for?").select_option(label=f"{name}, {trust_of(session, name)}")
        form.get_by_label("Their name").fill(deputy)
        form.get_by_role("button", name="Mark as here for them").tap()
    phone.get_by_text("Add someone", exact=True).tap()
    added = phone.locator("#add-someone")
    added.get_by_label("Their name").fill("Ida Berg")
    added.get_by_label("Their Trust or organisation").fill("A charity")
    added.get_by_role("button", name="Add and mark as here").tap()
    expect(phone.locator("[data-waits]")).to_have_text("28 not yet sent")
    expect(phone.locator("[data-count]")).to_have_text("47 of 48 here, and 1 walk-in")
    assert Counter(states(session).values())["present"] == 20
    phone.close()

    phone.context.set_offline(False)
    page = phone.context.new_page()
    page.goto(link)

    expect(page.locator("[data-waits]")).to_be_hidden(timeout=30_000)
    expect(page.locator("[data-count]")).to_have_text("47 of 48 here, and 1 walk-in")
    stood = states(session)
    assert Counter(stood.values()) == {"present": 46, "deputy": 2, "": 1}
    assert (stood[names[45]], stood[names[46]], stood["Ida Berg"], stood[names[47]]) == (
        "deputy",
        "deputy",
        "present",
        "",
    )
    assert db.session.query(CheckInTap).count() == 48
    assert page.evaluate(KEPT) == 0


def trust_of(session: Session, name: str) -> str:
    return next(one.whence for one in room_of(session).attendees if one.name == name)


def test_of_two_desks_the_later_tap_stands_and_each_sees_what_the_other_did(
    phone: Page, served: Running, session: Session, link: str
) -> None:
    first, second = room_of(session).attendees[:2]
    phone.goto(link)
    phone.context.set_offline(True)
    here(phone, first.name)
    db.session.rollback()
    desk = Desk(session, organiser=an_organiser(session.programme))
    mark(desk, first.key, Presence.APOLOGIES, Tap("other-desk-1"))
    mark(desk, second.key, Presence.PRESENT, Tap("other-desk-2"))

    phone.context.set_offline(False)

    expect(phone.locator("[data-waits]")).to_be_hidden(timeout=30_000)
    expect(phone.locator(f"#{first.key} [data-mark=apologies]")).to_have_attribute("aria-pressed", "true")
    expect(phone.locator(f"#{second.key} [data-mark=here]")).to_have_attribute("aria-pressed", "true")
    expect(phone.get_by_role("status")).to_contain_text(f"Another desk marked {first.name} later, and that stands.")
    assert states(session)[first.name] == "apologies"


def test_without_scripts_each_button_marks_and_says_so(
    without_scripts: Page, served: Running, session: Session, link: str
) -> None:
    without_scripts.goto(link)

    without_scripts.get_by_role("button", name="Here Ben Bell", exact=True).click()

    expect(without_scripts.get_by_role("status")).to_contain_text("Ben Bell is here.")
    assert states(session)["Ben Bell"] == "present"
