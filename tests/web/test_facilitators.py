"""Who leads the sets of an event, as an organiser says it in the browser."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.collect.dates import asked_of
from scheduler.collect.facilitators import how_many_sets
from scheduler.extensions import db
from scheduler.models import EventFacilitator, Facilitator, Person
from scheduler.plan.problems import problem_for
from tests.builders import a_facilitator, a_pair, a_person, a_programme, an_event, answered, leads, sets_event
from tests.queries import queries_sent

JO = {"name": "Jo Hale", "email": "jo.hale@facilitators.example", "max_sets": "2"}


@pytest.fixture
def sets(programme):
    return sets_event(programme, size_min=2, size_max=3)


@pytest.fixture
def top(programme, sets):
    return f"/programmes/{programme.slug}/events/{sets.id}"


def test_a_facilitator_is_added_asked_for_their_dates_and_given_to_the_solver(organiser, programme, sets, top):
    page = organiser.post(f"{top}/facilitators/new", JO)

    jo = db.session.scalars(select(Person).filter_by(name="Jo Hale")).one()
    assert page.table(f"Facilitators of {sets.title}")[1][:3] == ["Jo Hale", JO["email"], "2"]
    assert page.said == "Jo Hale added. Remind them in Collect, so that they say when they can lead."
    assert len(asked_of(jo).dates) == 4
    [entry] = problem_for(programme)["sets"]
    assert [(found["max_sets"], found["unavailable"]) for found in entry["facilitators"]] == [(2, [])]


def test_a_no_of_a_facilitator_is_when_they_cannot_lead(organiser, programme, sets, top):
    organiser.post(f"{top}/facilitators/new", JO)
    jo = db.session.scalars(select(Person).filter_by(name="Jo Hale")).one()
    slot = sets.sessions[0]
    answered(jo, slot, "no")

    [entry] = problem_for(programme)["sets"]

    assert entry["facilitators"][0]["unavailable"] == [slot.key]


def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(organiser, top):
    typed = JO | {"email": "", "max_sets": "0"}

    page = organiser.post(f"{top}/facilitators/new", typed)

    assert page.title == "Error: Add a facilitator – Convene"
    assert page.error_summary == {
        "#email": "Enter the email address",
        "#max_sets": "Most sets they lead must be between 1 and 50",
    }
    assert page.form_values == typed
    assert db.session.scalars(select(Facilitator)).all() == []


def test_who_is_in_the_programme_already_leads_as_the_same_person(organiser, programme, top):
    jo = a_person(programme, "Jo Hale", email=JO["email"])

    organiser.post(f"{top}/facilitators/new", JO)

    assert [led.facilitator.person for led in db.session.scalars(select(EventFacilitator))] == [jo]


@pytest.mark.parametrize("name", ["Lee Grant", "Jo Hale"], ids=["another person's", "leads here already"])
def test_an_address_that_cannot_be_used_is_refused_at_its_field(organiser, programme, sets, top, name):
    leads(sets, a_facilitator(programme, name=name, email=JO["email"]))

    page = organiser.post(f"{top}/facilitators/new", JO)

    assert page.error_at("email").startswith(name)
    assert page.form_values == JO
    assert len(db.session.scalars(select(EventFacilitator)).all()) == 1


def test_the_most_sets_of_a_facilitator_change(organiser, programme, sets, top):
    led = leads(sets, a_facilitator(programme, name="Jo Hale"))

    page = organiser.post(f"{top}/facilitators/{led.facilitator_id}", {"max_sets": "3"})

    assert page.said == "Jo Hale leads at most 3 sets."
    assert db.session.scalars(select(EventFacilitator.max_sets)).all() == [3]


def test_a_facilitator_is_taken_away_only_after_the_page_that_asks(organiser, programme, sets, top):
    led = leads(sets, a_facilitator(programme, name="Jo Hale"))
    address = f"{top}/facilitators/{led.facilitator_id}/take-away"

    asked = organiser.get(address)
    still_there = len(db.session.scalars(select(EventFacilitator)).all())
    page = organiser.post(address)

    assert (asked.h1, still_there) == ("Take this facilitator away?", 1)
    assert page.said == f"Jo Hale leads no sets of {sets.title} any more."
    assert db.session.scalars(select(EventFacilitator)).all() == []
    assert db.session.scalars(select(Person.name).filter_by(name="Jo Hale")).all() == ["Jo Hale"]


def test_only_action_learning_sets_have_facilitators(organiser, programme):
    workshop = an_event(programme)
    address = f"/programmes/{programme.slug}/events/{workshop.id}"

    assert "Facilitators" not in organiser.get(address).text
    assert organiser.get(f"{address}/facilitators/new").status == 404


def test_a_facilitator_of_another_programme_is_not_found(organiser, top):
    others = sets_event(a_programme())
    led = leads(others, a_facilitator(others.programme))

    assert organiser.get(f"{top}/facilitators/{led.facilitator_id}").status == 404


def test_the_page_says_how_many_sets_there_can_be(organiser, programme, top):
    for _ in range(7):
        a_pair(programme)

    assert "With 7 pairs in sets of 2 to 3 there can be 3 sets." in organiser.get(top).text


@pytest.mark.parametrize(
    ("parties", "least", "most", "expected"),
    [(64, 5, 8, (8, 12)), (7, 4, 6, None), (0, 5, 8, None), (9, None, 4, (3, 9)), (9, 4, None, (1, 2))],
)
def test_the_fewest_and_most_sets_follow_from_the_sizes(parties, least, most, expected):
    assert how_many_sets(parties, least, most) == expected


def test_an_event_s_page_asks_the_database_as_often_for_one_facilitator_as_for_many(organiser, programme, sets, top):
    counts = []
    for more in (1, 2, 6):
        for _ in range(more):
            leads(sets, a_facilitator(programme))
        with queries_sent() as sent:
            organiser.get(top)
        counts.append(len(sent))

    assert counts[0] == counts[1] == counts[2]
