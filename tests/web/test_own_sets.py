"""A set that runs itself, through its members' pages: choose, settle, move, cancel, join, leave; without scripts."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from scheduler import formatting
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.invite import outbox, own_meetings
from scheduler.invite.choosing import offer_dates, open_choice, save_answers
from scheduler.models import Answer, OutboxMessage, Session
from tests.builders import a_pair, a_person
from tests.invite.own_sets import LINK, LONDON, ASet, a_date


@pytest.fixture
def made(app):
    return ASet(pairs=2)


@pytest.fixture
def own_set(made):
    return made.released()


def page_of(person, own_set=None) -> str:
    address = urlsplit(page_url(person)).path
    db.session.commit()
    return f"{address}/set/{own_set.id}" if own_set is not None else address


def typed_dates(*days: int) -> dict[str, str]:
    typed = {"length": "180", "place": LINK}
    for number, when in enumerate((a_date(day) for day in days), start=1):
        day = when.start
        typed |= {f"day_{number}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
        typed[f"starts_{number}"] = "1pm"
    return typed


def words_of(days: int) -> str:
    return formatting.day(a_date(days).start, LONDON)


def test_a_set_chooses_its_next_date_from_the_first_offer_to_the_invitations(visitor, made, own_set):
    mine = page_of(made.amara, own_set)

    page = visitor.get(mine)
    assert (page.h1, page.links["Choose the next date"]) == ("Set 3", f"{mine}/dates")
    offered = visitor.post(f"{mine}/dates", typed_dates(200, 207))
    assert offered.said == "2 dates offered. 3 others were written to."
    assert "This page keeps no notes of what you discuss." in offered.text

    choice = open_choice(own_set)
    first, second = (date.id for date in choice.offered)
    for person in own_set.members[1:]:
        answers = visitor.post(page_of(person, own_set), {f"date-{first}": "no", f"date-{second}": "if-need-be"})
        assert answers.said.startswith("Saved at")
    seen = visitor.get(page_of(made.tom, own_set))
    short = formatting.day(a_date(207).start, LONDON, year=False)
    assert f"All 4 can come on {short}, 3 if need be." in seen.text
    assert seen.form_values[f"date-{second}"] == "if-need-be"

    settle = f"{page_of(made.tom, own_set)}/settle/{second}"
    question = visitor.get(settle)
    assert "4 invitations go out" in question.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Session).where(Session.is_own_meeting)) == 0
    settled = visitor.post(settle)
    assert settled.said == f"{words_of(207)} is settled. Invitations are on their way."
    assert f"Next meeting: {words_of(207)}, 1pm to 4pm" in settled.text
    assert "4 invited: 4 no reply." in settled.text


def test_who_settles_second_is_told_who_was_quicker(visitor, made, own_set):
    first, second = offer_dates(own_set, [a_date(200), a_date(207)], by=made.amara)
    own_meetings.settle(first, by=made.amara)

    page = visitor.post(f"{page_of(made.tom, own_set)}/settle/{second.id}")

    assert page.said == f"{made.amara.name} was quicker and settled {words_of(200)}. Nothing of yours was changed."


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ({}, {"#day_1-day": "Enter the first date"}),
        ({"day_1-day": "31", "day_1-month": "2", "day_1-year": "2099", "starts_1": "1pm"}, {"#day_1-day": "real date"}),
        ({"day_1-day": "3", "day_1-month": "2", "day_1-year": "2020", "starts_1": "1pm"}, {"#day_1-day": "the future"}),
        ({"day_1-day": "3", "day_1-month": "2", "day_1-year": "2099"}, {"#starts_1": "Enter when date 1 starts"}),
        ({"day_1-day": "29", "day_1-month": "3", "day_1-year": "2099", "starts_1": "1:30am"}, {"#starts_1": ""}),
    ],
)
def test_dates_that_cannot_be_are_refused_at_their_fields_and_nothing_typed_is_lost(
    visitor, made, own_set, typed, faults
):
    typed = {"length": "90", "place": LINK} | typed

    page = visitor.post(f"{page_of(made.amara, own_set)}/dates", typed)

    assert page.title.startswith("Error: ")
    for href, words in faults.items():
        assert words in page.error_summary[href]
    assert {name: page.form_values.get(name, "") for name in typed} == typed
    assert open_choice(own_set) is None


def test_a_meeting_is_moved_from_its_form_and_an_old_form_loses_nothing(visitor, made, own_set):
    session = made.settled(own_set)
    address = f"{page_of(made.amara, own_set)}/meetings/{session.id}"
    form = visitor.get(address).form_values
    assert (form["starts"], form["place"]) == ("1pm", LINK)
    moved = visitor.post(address, form | {"starts": "2pm"} | {"version": str(session.version), "ends": "5pm"})
    assert moved.said == "Moved. The others get an update."

    late = visitor.post(address, form | {"starts": "10am", "version": "1"})

    assert late.status == 409
    assert "Somebody moved this meeting since you opened this page" in late.error_at("day")
    assert late.form_values["starts"] == "10am"
    assert visitor.post(address, late.form_values | {"version": "2"}).said == "Moved. The others get an update."


def test_cancelling_leaving_and_closing_ask_first(visitor, made, own_set):
    session = made.settled(own_set)
    mine = page_of(made.amara, own_set)
    for address in (f"{mine}/meetings/{session.id}/cancel", f"{mine}/leave", f"{mine}/close"):
        page = visitor.get(address)
        assert page.status == 200
    assert own_meetings.meetings_ahead(own_set) == [session]

    assert visitor.post(f"{mine}/meetings/{session.id}/cancel", {"version": "0"}).said.startswith("Somebody moved")
    assert visitor.post(f"{mine}/meetings/{session.id}/cancel", {"version": "1"}).said.startswith("Cancelled.")
    assert visitor.post(f"{page_of(made.tom, own_set)}/leave").said == "You have left set 3."
    assert visitor.post(f"{mine}/close").said == "Set 3 is closed. The others hear of it."
    assert visitor.get(mine).status == 404


def test_somebody_is_asked_by_address_and_joins_and_nothing_tells_who_is_known(visitor, made, own_set):
    ana = a_person(made.programme, "Ana Costa", email="ana@trust.example")
    mine, asking = page_of(made.amara, own_set), f"{page_of(made.amara, own_set)}/ask"
    known = visitor.post(asking, {"email": "ana@trust.example"}).said
    unknown = visitor.post(asking, {"email": "eve@trust.example"}).said
    assert known.replace("ana@", "eve@") == unknown

    page = visitor.get(page_of(ana, own_set))
    joined = visitor.post(f"{page_of(ana, own_set)}/join", {"answer": "yes"})

    assert page.h1 == "Do you want to join set 3?"
    assert joined.said == "You are in set 3."
    assert "Ana Costa" in visitor.get(mine).text


def test_nobody_else_reaches_a_set_and_no_address_of_anybody_is_on_its_pages(visitor, made, own_set):
    session = made.settled(own_set)
    (offered,) = offer_dates(own_set, [a_date(220)], by=made.amara)
    stranger = page_of(a_pair(made.programme).director)
    mine = page_of(made.amara, own_set)
    places = ("", "/dates", f"/settle/{offered.id}", f"/meetings/{session.id}", f"/meetings/{session.id}/cancel",
              "/ask", "/leave", "/close")  # fmt: skip

    for place in places:
        assert visitor.get(f"{stranger}/set/{own_set.id}{place}").status == 404
        page = visitor.get(f"{mine}{place}")
        assert not [other.email for other in own_set.members if other.email in page.html]
    assert visitor.post(f"{stranger}/set/{own_set.id}/call-off").status == 404


def test_answers_are_cleared_and_changed_and_a_wrong_one_is_refused_at_its_radios(visitor, made, own_set):
    (offered,) = offer_dates(own_set, [a_date(200)], by=made.amara)
    save_answers(offered.choice, {offered.id: Answer.YES}, by=made.tom)
    mine = page_of(made.tom, own_set)

    wrong = visitor.post(mine, {f"date-{offered.id}": "maybe"})
    visitor.post(mine, {f"date-{offered.id}": "yes", "do": f"clear:{offered.id}"})

    assert "Select Yes, If need be or No" in wrong.error_at(f"date-{offered.id}")
    db.session.expire_all()
    assert [given.person_id for given in open_choice(own_set).offered[0].answers] == [made.amara.id]


def test_opening_pages_writes_nothing(visitor, made, own_set):
    made.settled(own_set)
    outbox.send_due()
    mine = page_of(made.amara, own_set)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)), own_set.edition

    for _ in range(2):
        visitor.get(mine)

    db.session.expire_all()
    assert (db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)), own_set.edition) == before
