"""How far answering has come: the same counts as on each person's own page, in a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.clock import now
from scheduler.collect.dates import asked_of
from scheduler.collect.progress import Cell, Stage, collections_of, left_by_person, people_in
from scheduler.extensions import db
from scheduler.models import Answer
from tests.builders import (
    a_facilitator,
    a_pair,
    a_person,
    a_programme,
    a_session,
    an_event,
    answered,
    both_answered,
    leads,
    named,
    sets_event,
)
from tests.conftest import BOTH
from tests.queries import queries_sent


@pytest.fixture
def event(app):
    return an_event(a_programme())


def the_only(event):
    [collection] = collections_of(event.programme)
    return collection


@pytest.mark.parametrize(
    ("director", "manager", "cell"),
    [
        ("yes", "yes", Cell.YES),
        ("yes", "if-need-be", Cell.IF_NEED_BE),
        ("if-need-be", "no", Cell.NO),
        (None, "no", Cell.NO),
        ("yes", None, Cell.DIRECTOR_ONLY),
        (None, "if-need-be", Cell.MANAGER_ONLY),
        (None, None, Cell.NONE),
    ],
)
def test_a_pair_s_cell_is_the_lesser_of_two_answers_or_says_who_has_answered(event, director, manager, cell):
    session = a_session(event)
    pair = a_pair(event.programme)
    for person, answer in ((pair.director, director), (pair.manager, manager)):
        if answer:
            answered(person, session, answer)

    assert the_only(event).by_party[0].cells == (cell,)


@BOTH
def test_pairs_are_complete_wait_for_one_or_two_people_or_have_not_started(app):
    event = an_event(a_programme())
    first, second = a_session(event), a_session(event)
    complete, settled_by_a_no, one, two, nobody = (a_pair(event.programme) for _ in range(5))
    for session in (first, second):
        both_answered(complete, session)
        answered(settled_by_a_no.director, session, "no")
    answered(one.director, first)
    answered(one.director, second)
    answered(two.director, first)

    stages = {progress.party.pair: progress.stage for progress in the_only(event).by_party}

    assert stages == {
        complete: Stage.COMPLETE,
        settled_by_a_no: Stage.COMPLETE,
        one: Stage.ONE_MISSING,
        two: Stage.BOTH_MISSING,
        nobody: Stage.NOT_STARTED,
    }


def test_every_pair_is_counted_once_by_date_and_by_region(event):
    session = a_session(event)
    for region, answer in (("London", "yes"), ("London", "no"), ("Midlands", "if-need-be"), ("Midlands", None)):
        pair = a_pair(event.programme, region=region)
        if answer:
            both_answered(pair, session, answer)

    [date] = the_only(event).by_date

    assert len(date.can_come) == 2
    assert sum(date.counts.values()) == date.total == 4
    assert date.by_region == {"London": (1, 2), "Midlands": (1, 2)}


def test_a_pair_that_answered_if_need_be_at_best_can_be_asked_to_decide(event):
    session = a_session(event)
    bends, free = a_pair(event.programme), a_pair(event.programme)
    both_answered(bends, session, "if-need-be")
    both_answered(free, session, "yes")

    assert [p.party.pair for p in the_only(event).by_party if p.if_need_be_only] == [bends]


def test_past_and_withdrawn_dates_are_not_waited_for(event):
    a_pair(event.programme)
    a_session(event, now() - timedelta(days=3))
    a_session(event, withdrawn_at=now())
    ahead = a_session(event)

    assert the_only(event).sessions == (ahead,)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_who_has_how_much_left_is_the_same_here_and_on_each_person_s_own_page(app, data):
    programme = a_programme()
    workshop = an_event(programme)
    for _ in range(2):
        a_session(workshop)
    sets = sets_event(programme, rounds=1, audience={"who": "pairs", "regions": ["London"]})
    closed = an_event(programme, closes_at=now() - timedelta(days=1))
    a_session(closed)
    pairs = [a_pair(programme), a_pair(programme, region="Midlands"), a_pair(programme, manager=None)]
    # One who serves two Trusts, one who leads sets and comes too, and a guest by name.
    pairs.append(a_pair(programme, director=pairs[0].director))
    facilitator = a_facilitator(programme)
    leads(sets, facilitator)
    pairs.append(a_pair(programme, manager=facilitator.person))
    named(workshop, person=a_person(programme))
    everyone = people_in(collections_of(programme)).values()
    for person in everyone:
        for session in (*workshop.sessions, *sets.sessions):
            answer = data.draw(st.sampled_from([None, Answer.YES, Answer.NO]))
            if answer:
                answered(person, session, answer)

    counted = left_by_person(collections_of(programme))

    on_their_pages = {person.id: asked_of(person).left for person in everyone}
    assert counted == {person_id: left for person_id, left in on_their_pages.items() if left}


def test_the_number_of_queries_grows_with_neither_pairs_nor_dates(app):
    def queries_for(size):
        event = an_event(a_programme())
        for _ in range(size):
            a_session(event)
            a_pair(event.programme)
        programme = event.programme
        db.session.expire_all()
        db.session.refresh(programme)
        with queries_sent() as sent:
            for collection in collections_of(programme):
                assert len(collection.by_date) == len(collection.by_party) == size
        return len(sent)

    assert queries_for(1) == queries_for(3)
