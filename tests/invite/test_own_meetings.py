"""Sets that run themselves: one invitation a person and meeting, and no plan has a say in it."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import feeds, outbox, own_sets, publishing
from scheduler.invite.choosing import offer_dates, open_choice, save_answers, tallies
from scheduler.invite.own_meetings import (
    MovedMeanwhile,
    NotPossible,
    SettledBefore,
    cancel,
    meetings_ahead,
    move,
    settle,
)
from scheduler.models import (
    Answer,
    Event,
    Invitation,
    OfferedDate,
    OutboxMessage,
    OwnSet,
    Person,
    Session,
)
from scheduler.plan.problems import problem_for
from tests.builders import a_facilitator, a_pair, a_person
from tests.conftest import BOTH
from tests.invite.own_sets import LINK, ASet, a_date
from tests.invite.plans import a_plan, calendar_in
from tests.invite.test_publishing_at_once import at_once

ENTRY = ("DTSTART", "SUMMARY", "LOCATION", "SEQUENCE")


@pytest.fixture
def made(app):
    return ASet()


@pytest.fixture
def own_set(made):
    return made.released()


def messages_since(last: int, kind: str | None = None) -> list[OutboxMessage]:
    wanted = sa.select(OutboxMessage).where(OutboxMessage.id > last).order_by(OutboxMessage.id)
    return list(db.session.scalars(wanted if kind is None else wanted.where(OutboxMessage.kind == kind)))


def last_message() -> int:
    return db.session.scalar(sa.select(sa.func.max(OutboxMessage.id))) or 0


def living(session: Session) -> list[Invitation]:
    alive = Invitation.session_id == session.id, Invitation.cancelled_at.is_(None)
    return list(db.session.scalars(sa.select(Invitation).where(*alive).order_by(Invitation.person_id)))


def test_members_choose_a_date_and_everybody_gets_one_invitation(made, own_set):
    before = last_message()
    first, second = offer_dates(own_set, [a_date(200), a_date(207)], by=made.amara)
    asked = messages_since(before)

    for person in own_set.members:
        save_answers(first.choice, {first.id: Answer.NO, second.id: Answer.YES}, by=person)
    said = tallies(open_choice(own_set), own_set.members)
    before = last_message()
    session = settle(second, by=made.tom)

    assert [(m.kind, m.subject) for m in asked] == [("set-date", "Set 3: choose the next date")] * 5
    assert made.amara.email not in {m.to_address for m in asked}
    assert [(tally.can_come, tally.suits_all) for tally in said] == [(0, False), (6, True)]
    invited = messages_since(before)
    assert sorted(m.to_address for m in invited) == sorted(p.email for p in own_set.members)
    (entry,) = {tuple(str(calendar_in(m).walk("VEVENT")[0][name]) for name in ENTRY[1:]) for m in invited}
    assert entry == (f"Set 3 – {made.programme.short_name}", LINK, "0")
    assert {m.subject.split(",")[0] for m in invited} == {"Set 3"}
    assert meetings_ahead(own_set) == [session]


def test_a_meeting_is_moved_and_cancelled_under_the_same_uid_by_anybody_in_the_set(made, own_set):
    session = made.settled(own_set)
    uids = {invitation.uid for invitation in living(session)}
    before = last_message()

    moved = move(session, a_date(201, place="Room 4, Leeds"), by=made.pairs[2].director, version=session.version)
    outbox.send_due()
    cancel(session, by=made.tom, version=session.version)
    outbox.send_due()

    told = messages_since(before)
    assert moved
    assert [(m.kind, m.sequence) for m in told] == [("update", 1)] * 6 + [("cancellation", 2)] * 6
    assert {m.uid for m in told} == uids
    assert "Room 4, Leeds" in str(calendar_in(told[0]).walk("VEVENT")[0]["LOCATION"])
    assert f"{made.tom.name} cancelled it." in told[-1].body.decode("utf-8", "replace")
    assert living(session) == []
    assert meetings_ahead(own_set) == []


def test_moving_to_where_it_is_says_nothing_and_an_old_page_moves_nothing(made, own_set):
    session = made.settled(own_set)
    seen = session.version
    before = last_message()

    assert not move(session, a_date(200), by=made.amara, version=seen)
    move(session, a_date(201), by=made.amara, version=seen)
    with pytest.raises(MovedMeanwhile):
        move(session, a_date(202), by=made.tom, version=seen)
    with pytest.raises(MovedMeanwhile):
        cancel(session, by=made.tom, version=seen)

    assert len(messages_since(before)) == 6


@BOTH
def test_of_two_who_settle_two_dates_at_once_one_wins_and_the_other_is_told(app):
    made = ASet(pairs=1)
    own_set = made.released()
    offered = [date.id for date in offer_dates(own_set, [a_date(200), a_date(207)], by=made.amara)]
    people = [made.amara.id, made.tom.id]

    def settle_as(offered_id, person_id):
        return settle(db.session.get(OfferedDate, offered_id), by=db.session.get(Person, person_id)).id

    came = at_once(app, *[partial(settle_as, *each) for each in zip(offered, people, strict=True)])

    (told,) = [each for each in came if isinstance(each, SettledBefore)]
    (won,) = [each for each in came if not isinstance(each, SettledBefore)]
    (session,) = db.session.scalars(sa.select(Session).where(Session.is_own_meeting)).all()
    assert told.day == formatting.day(session.starts_at, session.time_zone)
    assert session.id == won
    assert [i.sequence for i in living(session)] == [0, 0]


def test_no_publication_says_anything_of_what_a_set_has_settled(made, own_set):
    session = made.settled(own_set)
    before = last_message()
    other = a_plan(made.programme, sets=[(made.event, 1, None, made.pairs[:1], made.event.sessions[:1])])

    again = publishing.publish(made.plan, by=None)
    publishing.publish(other, by=None)
    outbox.send_due()
    publishing.publish(made.plan, by=None)

    assert again.changes.messages == 0
    assert session.id not in {m.invitation.session_id for m in messages_since(before)}
    assert len(living(session)) == 6


def test_what_a_set_settles_is_no_date_of_the_event(made, own_set):
    made.settled(own_set)
    db.session.expire_all()

    event = db.session.get(Event, made.event.id)

    assert len(event.sessions) == 2
    assert "own-" not in str(problem_for(made.programme))


def test_a_persons_feed_and_files_have_the_meetings_of_their_set(app, made, own_set):
    session = made.settled(own_set)
    invitation = next(i for i in living(session) if i.person_id == made.amara.id)
    feed = feeds.feed_of(made.amara)

    assert invitation.uid in feed.body.decode().replace("\r\n ", "")
    assert feeds.date_file(made.amara, invitation.id) is not None

    cancel(session, by=made.tom, version=session.version)
    later = feeds.feed_of(made.amara)
    assert invitation.uid not in later.body.decode().replace("\r\n ", "")
    assert later.last_modified >= feed.last_modified


def test_who_leaves_or_joins_hears_alone_and_the_last_one_closes_the_set(made, own_set):
    session = made.settled(own_set)
    newcomer = a_person(made.programme, email="ana@trust.example")
    before = last_message()

    own_sets.leave(own_set, by=made.tom)
    own_sets.ask_to_join(own_set, "ANA@trust.example", by=made.amara)
    own_sets.ask_to_join(own_set, "nobody@trust.example", by=made.amara)
    (asked,) = own_sets.asked_to_join(newcomer)
    own_sets.answer_asked(asked, joins=True)
    own_sets.answer_asked(asked, joins=True)

    assert [(m.to_address, m.kind) for m in messages_since(before)] == [
        (made.tom.email, "cancellation"),
        (newcomer.email, "join-set"),
        (newcomer.email, "invitation"),
    ]
    assert newcomer.id in {i.person_id for i in living(session)}
    with pytest.raises(NotPossible, match="not in set 3"):
        cancel(session, by=made.tom, version=session.version)
    for person in list(own_set.members):
        own_sets.leave(own_set, by=person)
    assert own_set.closed_at is not None
    assert living(session) == []


def test_who_leaves_the_programme_is_let_go_by_the_worker_and_nobody_else_hears(made, own_set):
    session = made.settled(own_set)
    made.tom.left_on = now().date()
    db.session.commit()
    before = last_message()

    assert (own_sets.let_leavers_go(), own_sets.let_leavers_go()) == (1, 0)

    assert [(m.to_address, m.kind) for m in messages_since(before)] == [(made.tom.email, "cancellation")]
    assert len(living(session)) == 5


def test_a_closed_set_cancels_what_lay_ahead_and_does_nothing_more(made, own_set):
    session = made.settled(own_set)
    (offered,) = offer_dates(own_set, [a_date(230)], by=made.amara)
    outbox.send_due()
    before = last_message()

    own_sets.close(own_set, by=made.amara)

    kinds = [m.kind for m in messages_since(before)]
    assert (kinds.count("cancellation"), kinds.count("set-closed")) == (6, 5)
    assert living(session) == []
    with pytest.raises(NotPossible, match="is closed"):
        settle(offered, by=made.tom)
    assert own_sets.sets_with(made.amara) == []


def test_another_facilitator_is_invited_the_one_before_let_go_and_members_told(made, own_set):
    session = made.settled(own_set)
    kit = a_facilitator(made.programme, name="Kit Vale")
    before = last_message()

    assert own_sets.change_facilitator(own_set, made.leader, by=made.aisha)
    assert not own_sets.change_facilitator(own_set, made.leader, by=made.aisha)
    outbox.send_due()
    assert own_sets.change_facilitator(own_set, kit, by=made.aisha)

    told = [(m.kind, m.to_name) for m in messages_since(before) if m.kind != "set-facilitator"]
    assert told == [("invitation", "Jo Hale"), ("cancellation", "Jo Hale"), ("invitation", "Kit Vale")]
    assert len(messages_since(before, "set-facilitator")) == 12
    assert len(living(session)) == 7


def test_a_set_says_when_it_has_lost_half_of_its_people(made, own_set):
    for person in own_set.members[:2]:
        own_sets.leave(own_set, by=person)
    assert not own_sets.has_lost_half(own_set)

    own_sets.leave(own_set, by=own_set.members[0])

    assert own_sets.has_lost_half(own_set)


def test_a_set_is_released_once_and_all_that_are_left_with_one_press(made):
    own_set = made.released()
    with pytest.raises(NotPossible, match="runs itself already"):
        own_sets.release(made.learning_set, by=made.aisha)
    assert own_sets.release_all(made.programme, by=made.aisha) == []
    assert db.session.scalars(sa.select(OwnSet)).all() == [own_set]


def test_more_than_six_dates_are_refused_and_one_offered_twice_is_one(made, own_set):
    offer_dates(own_set, [a_date(200 + n) for n in range(5)], by=made.amara)

    assert offer_dates(own_set, [a_date(200)], by=made.tom) == []
    with pytest.raises(NotPossible, match="6 dates at most"):
        offer_dates(own_set, [a_date(300), a_date(301)], by=made.tom)
    assert len(open_choice(own_set).offered) == 5


def test_a_stranger_reaches_no_set(made, own_set):
    stranger = a_pair(made.programme).director

    assert own_sets.set_with(stranger, own_set.id) is None
    with pytest.raises(NotPossible):
        offer_dates(own_set, [a_date(200)], by=stranger)
