"""A plan beside another, and beside what people have said since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.extensions import db
from scheduler.models import Answer, AnswerChange, Availability, Placement
from scheduler.plan.comparing import answers_since, difference
from scheduler.plan.overview import Overview
from tests.builders import a_pair, a_session, an_event, answered, both_answered
from tests.plan.programmes import a_small_programme, pairs_of, planned, sessions_of, with_sets
from tests.queries import queries_sent


@pytest.fixture
def programme(app):
    """A small programme with room to move."""
    programme = a_small_programme()
    for session in sessions_of(programme).values():
        session.max_seats = 20
    db.session.commit()
    return programme


def test_who_moves_is_new_goes_and_stays_is_told_apart(programme):
    before, after = planned(programme), planned(programme)
    moving, new, leaving, *staying = sorted(placement.party for placement in after.placements)
    sessions = sessions_of(programme)
    by_party = {placement.party: placement for placement in after.placements}
    was = by_party[moving].session
    other = next(session for session in sessions.values() if session.id != was.id)
    by_party[moving].session = other
    db.session.delete(by_party[leaving])
    db.session.delete(next(placement for placement in before.placements if placement.party == new))
    db.session.commit()

    found = difference(after, before)

    assert [(move.party, move.leaves, move.goes_to) for move in found.moves] == [
        (moving, frozenset({was.id}), frozenset({other.id}))
    ]
    assert (found.new, found.no_longer) == ((new,), (leaving,))
    assert found.stay == tuple(staying)


def test_a_set_that_meets_at_another_time_moves_its_members(programme):
    with_sets(programme)
    before, after = planned(programme), planned(programme)
    was, meeting = before.sets[0].meetings[0], after.sets[0].meetings[0]
    meeting.session = next(slot for slot in meeting.round.slots if slot.id != was.session_id)
    db.session.commit()

    found = difference(after, before)

    assert {member.party for member in after.sets[0].members} <= {move.party for move in found.moves}


def test_a_plan_beside_itself_moves_nobody(programme):
    plan = planned(programme)

    found = difference(plan, plan)

    assert (found.moves, found.new, found.no_longer) == ((), (), ())
    assert len(found.stay) == 6


def test_answers_given_changed_and_taken_back_since_are_all_told(programme):
    unanswered = a_pair(programme)
    plan = planned(programme)
    later = plan.asked_at + timedelta(seconds=1)
    session = sessions_of(programme)["W1-a"]
    changing, taking_back = (pair.director for pair in pairs_of(programme)[:2])

    def row(person):
        return db.session.scalars(db.select(Availability).filter_by(person_id=person.id, session_id=session.id)).one()

    row(changing).answer, row(changing).answered_at = Answer.NO, later
    db.session.delete(row(taking_back))
    db.session.add(
        AnswerChange(
            programme=programme,
            person_id=taking_back.id,
            made_at=later,
            deed="cleared",
            before={str(session.id): "yes"},
            after={str(session.id): None},
        )
    )
    given = answered(unanswered.director, session)
    given.answered_at = later
    db.session.commit()

    found = [(answer.person.id, answer.session.key, answer.answer) for answer in answers_since(plan)]

    assert sorted(found) == sorted(
        [
            (changing.id, "W1-a", "no"),
            (taking_back.id, "W1-a", None),
            (unanswered.director_id, "W1-a", "yes"),
        ]
    )


def test_answers_to_dates_the_plan_did_not_ask_about_are_not_told(programme):
    plan = planned(programme)
    other = a_session(an_event(programme))
    answered(pairs_of(programme)[0].director, other).answered_at = plan.asked_at + timedelta(seconds=1)
    db.session.commit()

    assert answers_since(plan) == []


def test_how_many_queries_a_plan_page_takes_grows_with_neither_people_nor_dates(programme):
    def look(plan) -> int:
        db.session.expire_all()
        with queries_sent() as sent:
            seen = Overview(plan)
            for event in seen.events:
                [party.people for session in event.sessions for party in session.parties]
                [meeting.session.venue for learning_set in event.sets for meeting in learning_set.meetings]
            assert seen.parties
            assert seen.unplaced is not None
            assert seen.locks is not None
        return len(sent)

    with_sets(programme)
    few = look(planned(programme))
    event = an_event(programme)
    sessions = [*sessions_of(programme).values(), a_session(event), a_session(event)]
    for _ in range(4):
        pair = a_pair(programme)
        for session in sessions:
            both_answered(pair, session)
    larger = planned(programme)
    assert db.session.scalar(db.select(db.func.count()).select_from(Placement).filter_by(plan_id=larger.id)) > 6

    assert look(larger) == few
