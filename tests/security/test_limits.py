"""Guessing costs whoever guesses; nobody else behind the same address notices (abuse case A10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from scheduler import Convene
from scheduler.clock import now
from scheduler.collect.links import renew, token_of
from scheduler.extensions import db
from scheduler.models import Person, Programme, Purpose, RateWindow
from scheduler.transaction import transaction
from scheduler.web import limits
from tests.builders import a_person, an_organiser, keep
from tests.conftest import BOTH
from tests.web.page import Visitor

GUESSES = ("/p/{}", "/p/{}/calendar", "/calendar/{}.ics", "/sign-in/{}", "/p/{}/dates/1.ics")
A_MINUTE = limits.WRONG_TOKENS.amount


@pytest.fixture(autouse=True)
def _at_a_moment_that_stands_still():
    with time_machine.travel("2027-01-12T10:00:30Z", tick=False):
        yield


def guess(visitor: Visitor, times: int, path: str = "/calendar/{}.ics", **kwargs) -> list[int]:
    return [visitor.get(path.format(f"guess{n}"), rules=False, **kwargs).status for n in range(times)]


def from_address(address: str) -> dict:
    return {"environ_base": {"REMOTE_ADDR": address}}


@BOTH
def test_who_guesses_is_told_to_wait_and_when_to_come_back(visitor: Visitor) -> None:
    statuses = guess(visitor, A_MINUTE + 5)
    page = visitor.get("/p/guess")

    assert statuses == [404] * A_MINUTE + [429] * 5
    assert (page.status, page.h1) == (429, "Too many tries")
    assert 0 < int(page.headers["Retry-After"]) <= 120


@pytest.mark.parametrize("path", GUESSES)
def test_guesses_at_every_kind_of_link_are_counted_together(visitor: Visitor, path: str) -> None:
    guess(visitor, A_MINUTE)

    assert visitor.get(path.format("guess")).status == 429


def test_pressing_the_buttons_of_guessed_links_is_counted_too(visitor: Visitor) -> None:
    guess(visitor, A_MINUTE - 2)
    presses = [visitor.post(path).status for path in ("/p/guess", "/sign-in/guess", "/p/guess")]

    assert presses == [404, 404, 429]


def test_300_people_behind_the_same_address_open_their_own_links_while_it_guesses(
    visitor: Visitor, programme: Programme
) -> None:
    people = [Person(programme=programme, name=f"Person {n}", email=f"{n}@t.example") for n in range(300)]
    with transaction() as tx:
        tx.add_all(people)
        tx.flush()
        links = [f"/calendar/{token_of(person, Purpose.CALENDAR)}.ics" for person in people]
        links += [f"/p/{token_of(person, Purpose.PAGE)}" for person in people[::10]]
    guess(visitor, A_MINUTE + 1)

    assert {visitor.get(link, rules=False).status for link in links} == {200}


def test_a_link_that_was_right_once_costs_nothing_however_often_a_calendar_asks(
    app: Convene, visitor: Visitor, programme: Programme
) -> None:
    person = a_person(programme)
    old = token_of(person, Purpose.CALENDAR)
    renew(person, Purpose.CALENDAR, by=None)

    assert {visitor.get(f"/calendar/{old}.ics").status for _ in range(A_MINUTE + 5)} == {410}
    assert db.session.scalars(sa.select(RateWindow)).all() == []


def test_the_next_minute_is_a_new_one(visitor: Visitor) -> None:
    guess(visitor, A_MINUTE + 1)

    with time_machine.travel(now() + timedelta(seconds=61)):
        assert visitor.get("/p/guess").status == 404


def test_one_address_does_not_use_up_the_tries_of_another(visitor: Visitor) -> None:
    guess(visitor, A_MINUTE + 1, **from_address("192.0.2.1"))

    assert guess(visitor, 1, **from_address("192.0.2.1")) == [429]
    assert guess(visitor, 1, **from_address("192.0.2.2")) == [404]


def test_a_house_with_a_whole_network_of_addresses_is_counted_as_one(visitor: Visitor) -> None:
    statuses = [guess(visitor, 1, **from_address(f"2001:db8:1:2::{n:x}"))[0] for n in range(A_MINUTE + 1)]

    assert statuses[-1] == 429
    assert guess(visitor, 1, **from_address("2001:db8:1:3::1")) == [404]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_nobody_gets_new_tries_by_naming_another_address(visitor: Visitor, header: str) -> None:
    guess(visitor, A_MINUTE + 1)

    assert visitor.get("/p/guess", headers={header: "198.51.100.7"}).status == 429


def test_a_flood_from_many_addresses_leaves_no_rows_behind(visitor: Visitor) -> None:
    for n in range(50):
        guess(visitor, 1, **from_address(f"192.0.2.{n}"))
    with time_machine.travel(now() + timedelta(minutes=2)):
        guess(visitor, 1)

    assert db.session.scalar(sa.select(sa.func.count()).select_from(RateWindow)) == 1


def test_past_the_limit_nothing_more_is_written(visitor: Visitor) -> None:
    guess(visitor, A_MINUTE + 30)

    assert db.session.scalars(sa.select(RateWindow.count)).all() == [A_MINUTE]


@pytest.mark.parametrize(("path", "done"), [("/sign-in", "/sign-in/asked"), ("/find-my-link", "/find-my-link/sent")])
def test_nobody_asks_for_links_without_end_and_others_still_can(visitor: Visitor, path: str, done: str) -> None:
    most = limits.LINKS_ASKED_FOR.amount

    asked = [visitor.post(path, {"email": f"someone{n}@t.example"}, follow=False, rules=False) for n in range(most + 1)]
    other = visitor.post(path, {"email": "other@t.example"}, follow=False, **from_address("192.0.2.9"))

    assert [page.status for page in asked] == [302] * most + [429]
    assert other.headers["Location"] == done


def test_an_address_mistyped_many_times_costs_nothing(visitor: Visitor) -> None:
    assert {visitor.post("/sign-in", {"email": "aisha"}).status for _ in range(70)} == {200}


def test_where_tries_cannot_be_counted_the_answer_is_as_ever(visitor: Visitor, app: Convene) -> None:
    RateWindow.__table__.drop(db.engine)

    assert visitor.get("/p/guess").status == 404


def test_an_organiser_who_looks_for_what_is_not_there_is_not_counted(app: Convene, programme: Programme) -> None:
    organiser = Visitor(app).log_in(an_organiser(programme))
    statuses = {organiser.get(f"/programmes/{programme.slug}/people/{n}9999").status for n in range(5)}

    assert statuses == {404}
    assert db.session.scalars(sa.select(RateWindow)).all() == []


def test_a_window_that_has_passed_counts_from_one_again(app: Convene) -> None:
    keep(RateWindow(key="old", count=99, expires_at=now() - timedelta(seconds=1)))

    assert limits.RateWindows().incr("old", 60) == 1
