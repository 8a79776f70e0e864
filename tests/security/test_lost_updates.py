"""Two organisers at once: nobody's save is lost unseen, nobody meets an error of ours (abuse case D4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from scheduler import Convene
from scheduler.clock import now
from scheduler.collect import events
from scheduler.collect.events import EventDetails, SavedMeanwhile, SessionDetails
from scheduler.extensions import db
from scheduler.models import Event, EventKind, Organiser, Programme, Round, Session
from scheduler.web.access import public
from tests.builders import a_programme, a_session, an_event, an_organiser, sets_event
from tests.conftest import BOTH
from tests.web.page import Visitor

WORKSHOP = EventDetails(title="Workshop", kind=EventKind.WORKSHOP)
START = now() + timedelta(days=90)
DATE = SessionDetails(start=START, end=START + timedelta(hours=2), time_zone="Europe/London")


def at_once(app: Convene, times: int, deed: Callable[[int], Any]) -> list[Any]:
    """Do something in so many threads that begin together, each with an application context of its own."""
    together = threading.Barrier(times)

    def one(number: int) -> Any:
        with app.app_context():
            db.session.scalar(sa.select(1))
            together.wait()
            return deed(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@BOTH
def test_events_and_dates_that_are_added_at_once_all_get_keys_of_their_own(app: Convene) -> None:
    programme = a_programme()
    sets = sets_event(programme, rounds=1, slots=1)
    ids = programme.id, sets.id, an_organiser(programme).id

    def add(number: int) -> str:
        by = db.session.get_one(Organiser, ids[2])
        if number % 2:
            return events.add_event(db.session.get_one(Programme, ids[0]), WORKSHOP, by=by).key
        return events.add_session(db.session.get_one(Event, ids[1]), DATE, by=by, round_number=2).key

    keys = at_once(app, 8, add)

    assert len(set(keys)) == 8
    assert db.session.scalars(sa.select(Round.number).order_by(Round.number)).all() == [1, 2]


def raise_version_elsewhere(row: Event | Session) -> None:
    """What another organiser's save in the same moment does, after the row was read here."""
    table = type(row).__table__
    with db.engine.begin() as other:
        other.execute(sa.update(table).where(table.c.id == row.id).values(version=table.c.version + 1))


@BOTH
def test_a_save_in_the_very_same_moment_is_told_like_an_earlier_one(app: Convene) -> None:
    programme = a_programme()
    session, by = a_session(an_event(programme)), an_organiser(programme)
    event, title = session.event, session.event.title
    as_read = event.version, session.version
    db.session.commit()
    assert (event.version, session.version) == as_read  # read, and held in memory
    raise_version_elsewhere(event)
    raise_version_elsewhere(session)

    with pytest.raises(SavedMeanwhile):
        events.change_event(event, replace(WORKSHOP, title="Mine"), version=as_read[0], by=by)
    assert (event.version, session.version) == (as_read[0] + 1, as_read[1] + 1)
    with pytest.raises(SavedMeanwhile):
        events.change_session(session, DATE, version=as_read[1], by=by)

    assert event.title == title


def test_of_two_who_save_the_same_form_at_once_one_wins_and_the_other_sees_both_versions(app: Convene) -> None:
    programme = a_programme()
    event = an_event(programme)
    organisers = [Visitor(app).log_in(an_organiser(programme)) for _ in range(2)]
    address = f"/programmes/{programme.slug}/events/{event.id}/change"
    typed = [organiser.get(address).form_values for organiser in organisers]
    version = str(event.version)
    db.session.commit()

    pages = at_once(
        app,
        2,
        lambda n: organisers[n].post(
            address, typed[n] | {"version": version, "title": f"Title {n}"}, follow=False, rules=False
        ),
    )

    assert sorted(page.status for page in pages) == [302, 409]
    (winner,) = [n for n in range(2) if pages[n].status == 302]
    lost = pages[1 - winner]
    assert f"Title {winner}" in lost.text
    assert f"Title {1 - winner}" in lost.html
    db.session.expire_all()
    assert db.session.get_one(Event, event.id).title == f"Title {winner}"


def test_where_no_page_foresaw_it_what_was_typed_can_be_sent_again(app: Convene, visitor: Visitor) -> None:
    def stale(token: str) -> str:
        raise StaleDataError

    app.view_functions["participant.post"] = public(stale)

    page = visitor.post("/p/some-token", {"note": "A long text"})

    assert (page.status, page.h1) == (409, "Someone else saved this just now")
    assert page.form("/p/some-token")["note"] == "A long text"
