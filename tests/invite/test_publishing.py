"""Publishing a plan: who is told what, once, and that nobody else is."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.finished import read_letter
from scheduler.models import Invitation, MessageState, OutboxMessage, PlanStatus
from tests.builders import (
    a_facilitator,
    a_pair,
    a_person,
    a_programme,
    a_session,
    a_venue,
    an_event,
    an_organiser,
    both_answered,
    sets_event,
)
from tests.conftest import BOTH
from tests.invite.plans import a_plan, calendar_in, told


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def workshop(programme):
    event = an_event(programme, title="Workshop 1")
    for start in ("2027-03-23 09:30", "2027-04-13 09:30"):
        a_session(event, start, venue=a_venue(programme))
    return event


@BOTH
def test_each_person_of_a_placed_pair_gets_one_invitation_to_their_session(programme, workshop):
    first, second = workshop.sessions
    pair, other = a_pair(programme), a_pair(programme)
    plan = a_plan(programme, [(pair, first), (other, second)])

    made = publishing.publish(plan, by=an_organiser(programme))

    assert made.changes.messages == 4
    assert sorted(told()) == sorted((p.email, "REQUEST", 0) for p in (*pair.people, *other.people))
    assert plan.status is PlanStatus.PUBLISHED
    assert {(i.person_id, i.session_id) for i in db.session.scalars(select(Invitation))} == {
        *((p.id, first.id) for p in pair.people),
        *((p.id, second.id) for p in other.people),
    }


def test_who_is_in_two_pairs_and_leads_a_set_too_gets_one_invitation_to_each_session(programme, workshop):
    both, facilitator = a_pair(programme), a_facilitator(programme)
    facilitator.person = both.director
    second = a_pair(programme, director=a_person(programme, "Tom Reid"), manager=both.director)
    sets = sets_event(programme)
    slot = sets.rounds[0].slots[0]
    places = [(both, workshop.sessions[0]), (second, workshop.sessions[0])]
    plan = a_plan(programme, places, [(sets, 1, facilitator, [both, second], [slot])])

    made = publishing.publish(plan, by=None)

    rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.to_address == both.director.email)).all()
    assert [row.invitation.session_id for row in rows] == [workshop.sessions[0].id, slot.id]
    assert made.changes.messages == 6
    assert f"You come with {both.manager.name} and Tom Reid." in read_letter(rows[0].body).text


@pytest.mark.parametrize("title", ["Workshop 1", "Leading change together in research and development " * 3])
def test_no_subject_has_more_than_60_characters_and_each_names_its_day(programme, title):
    session = a_session(an_event(programme, title=title.strip()), "2027-03-23 09:30", venue=a_venue(programme))
    pair = a_pair(programme)
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    outbox.send_due()
    session.starts_at += timedelta(hours=1)
    db.session.commit()
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    outbox.send_due()
    publishing.publish(a_plan(programme), by=None)

    subjects = set(db.session.scalars(select(OutboxMessage.subject)))
    assert len(subjects) == 3
    assert max(map(len, subjects)) <= 60
    assert all("Tuesday 23 March" in subject for subject in subjects)


@BOTH
def test_publishing_twice_sends_nothing_twice(programme, workshop):
    plan = a_plan(programme, [(a_pair(programme), workshop.sessions[0])])
    publishing.publish(plan, by=None)
    before = told()

    made = publishing.publish(plan, by=None)

    assert made.changes.messages == 0
    assert told() == before


def test_the_invitation_says_the_time_in_utc_right_on_both_sides_of_the_change_to_summer_time(programme, workshop):
    winter, summer = workshop.sessions
    publishing.publish(a_plan(programme, [(a_pair(programme), winter), (a_pair(programme), summer)]), by=None)

    messages = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    starts = {calendar_in(message).walk("VEVENT")[0].start.astimezone(UTC).hour for message in messages}

    assert starts == {9, 8}


@BOTH
def test_a_pair_that_moves_gets_a_cancellation_and_a_new_invitation_and_nobody_else_hears(programme, workshop):
    first, second = workshop.sessions
    mover, stayer = a_pair(programme), a_pair(programme)
    publishing.publish(a_plan(programme, [(mover, first), (stayer, first)]), by=None)
    outbox.send_due()

    made = publishing.publish(a_plan(programme, [(mover, second), (stayer, first)]), by=None)

    assert len(made.changes.moved) == 2
    assert sorted(told()[4:]) == sorted(
        [(p.email, "CANCEL", 1) for p in mover.people] + [(p.email, "REQUEST", 0) for p in mover.people]
    )
    uids = db.session.scalars(select(Invitation.uid)).all()
    assert len(set(uids)) == len(uids) == 6


def test_a_new_time_or_place_is_an_update_of_the_same_uid_and_a_new_title_is_nothing(programme, workshop):
    session = workshop.sessions[0]
    pair = a_pair(programme)
    plan = a_plan(programme, [(pair, session)])
    publishing.publish(plan, by=None)
    outbox.send_due()
    uids = set(db.session.scalars(select(OutboxMessage.uid)))

    workshop.title = "Workshop one"
    db.session.commit()
    nothing = publishing.publish(plan, by=None)
    session.starts_at += timedelta(hours=1)
    db.session.commit()
    update = publishing.publish(plan, by=None)

    assert nothing.changes.messages == 0
    assert len(update.changes.changed) == 2
    assert sorted(told()[2:]) == sorted((p.email, "REQUEST", 1) for p in pair.people)
    assert set(db.session.scalars(select(OutboxMessage.uid))) == uids


def test_a_request_that_never_left_is_dropped_with_its_cancellation(programme, workshop):
    pair = a_pair(programme)
    publishing.publish(a_plan(programme, [(pair, workshop.sessions[0])]), by=None)

    publishing.publish(a_plan(programme), by=None)

    states = db.session.scalars(select(OutboxMessage.state)).all()
    assert states == [MessageState.WITHDRAWN, MessageState.WITHDRAWN]
    assert outbox.send_due() == 0


def test_who_comes_back_gets_a_new_uid(programme, workshop):
    pair = a_pair(programme)
    there, nowhere = a_plan(programme, [(pair, workshop.sessions[0])]), a_plan(programme)
    publishing.publish(there, by=None)
    outbox.send_due()
    publishing.publish(nowhere, by=None)
    outbox.send_due()

    publishing.publish(there, by=None)

    assert [method for _, method, _ in told()] == ["REQUEST"] * 2 + ["CANCEL"] * 2 + ["REQUEST"] * 2
    assert len(set(db.session.scalars(select(Invitation.uid)))) == 4
    assert nowhere.status is PlanStatus.SUPERSEDED


def test_members_and_facilitator_of_a_set_are_invited_to_each_of_its_meetings(programme):
    event = sets_event(programme, rounds=2, slots=1)
    facilitator = a_facilitator(programme)
    pairs = [a_pair(programme), a_pair(programme)]
    slots = [round_.slots[0] for round_ in event.rounds]
    plan = a_plan(programme, sets=[(event, 1, facilitator, pairs, slots)])

    made = publishing.publish(plan, by=None)

    people = [p.email for pair in pairs for p in pair.people] + [facilitator.person.email]
    assert made.changes.invitations == 10
    assert sorted(to for to, _, _ in told()) == sorted(people * 2)


def test_what_is_over_is_neither_cancelled_nor_asked_for(programme, workshop):
    session = workshop.sessions[0]
    pair = a_pair(programme)
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    outbox.send_due()
    session.starts_at, session.ends_at = now() - timedelta(days=2), now() - timedelta(days=1)
    for invitation in db.session.scalars(select(Invitation)):
        invitation.starts_at, invitation.ends_at = session.starts_at, session.ends_at
    db.session.commit()

    made = publishing.publish(a_plan(programme), by=None)

    assert made.changes.messages == 0


def test_an_organiser_who_looked_before_another_published_is_told(programme, workshop):
    mine, theirs = a_plan(programme), a_plan(programme)
    publishing.publish(theirs, by=None)

    with pytest.raises(publishing.SomeoneWasFirst) as first:
        publishing.publish(mine, by=None, expected=True, replaces=None)

    assert first.value.plan.number == theirs.number
    assert mine.status is PlanStatus.DRAFT


def test_nobody_is_invited_at_the_address_invitations_come_from(programme, workshop):
    pair = a_pair(programme)
    pair.director.email = "Convene+x@localhost"
    db.session.commit()

    with pytest.raises(publishing.NotPublishable, match="address that invitations are sent from"):
        publishing.publish(a_plan(programme, [(pair, workshop.sessions[0])]), by=None)

    assert told() == []


def test_held_messages_wait_until_they_are_released(programme, workshop):
    organiser = an_organiser(programme)
    publishing.publish(a_plan(programme, [(a_pair(programme), workshop.sessions[0])]), by=organiser, hold=True)
    sent_before = outbox.send_due()

    released = outbox.release(programme, by=organiser)

    assert (sent_before, released, outbox.send_due()) == (0, 2, 2)


def test_a_broken_plan_is_refused_and_nothing_is_queued(programme, workshop):
    pair = a_pair(programme)
    both_answered(pair, workshop.sessions[0], "no")
    plan = a_plan(programme, [(pair, workshop.sessions[0])])
    plan.result = plan.result | {"assignments": [{"event": "W9", "party": "XX", "session": "W9-1"}]}
    db.session.commit()

    with pytest.raises(publishing.NotPublishable, match="breaks a rule"):
        publishing.publish(plan, by=None)

    assert told() == []
