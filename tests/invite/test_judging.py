"""What an organiser does with a received message: decide one that is held, and take back what one did."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import judging, publishing, replies
from scheduler.models import AuditEntry, Decision, Effect, LearnedAddress, OutboxMessage, PartStat, ReceivedMessage
from tests.builders import a_person, an_organiser
from tests.conftest import BOTH
from tests.invite.inbox import a_reply, answer_of, first_message, form, invited, receive
from tests.invite.plans import a_plan
from tests.invite.test_incoming_answers import moved

ALIAS = "a.costa@alias.example"


def from_alias(invitation, partstat="ACCEPTED", **given):
    return a_reply(invitation, partstat, attendee=ALIAS, **{"from": ALIAS} | given)


def held():
    return replies.held_in()[0]


@BOTH
def test_an_address_once_remembered_counts_for_this_mail_and_all_later_ones(app):
    ana, ben = invited()
    before = receive(from_alias(ana)).effect, answer_of(ana)

    effect = judging.decide_held(held(), Decision.SAME_PERSON, by=an_organiser(ana.programme))

    after = answer_of(ana)
    later = receive(from_alias(ana, "DECLINED")).effect
    assert (before, effect, after) == ((Effect.HELD, "needs-action"), Effect.ACCEPTED, "accepted")
    assert (later, answer_of(ana), answer_of(ben)) == (Effect.DECLINED, "declined", "needs-action")
    assert replies.held_in() == []
    assert replies.replies_to(ana).last.given_by == ""


def test_an_assistants_answers_count_and_say_who_gave_them(app):
    ana, _ = invited()
    receive(from_alias(ana))

    judging.decide_held(held(), Decision.ASSISTANT, by=None)

    assert (answer_of(ana), replies.replies_to(ana).last.given_by) == ("accepted", ALIAS)


def test_what_is_not_theirs_is_ignored_and_teaches_nothing(app):
    ana, _ = invited()
    receive(from_alias(ana))

    judging.decide_held(held(), Decision.NOT_THEIRS, by=None)

    assert (answer_of(ana), replies.held_in(), db.session.query(LearnedAddress).count()) == ("needs-action", [], 0)
    assert receive(from_alias(ana, "DECLINED")).effect is Effect.HELD


def test_a_message_is_decided_once(app):
    ana, _ = invited()
    receive(from_alias(ana))
    message = held()
    judging.decide_held(message, Decision.NOT_THEIRS, by=None)

    with pytest.raises(judging.CannotDecide, match="decided this message already"):
        judging.decide_held(message, Decision.SAME_PERSON, by=None)

    assert answer_of(ana) == "needs-action"


def test_the_address_of_another_participant_cannot_become_theirs(app):
    ana, ben = invited()
    receive(a_reply(ana, attendee="ben.okoro@trust.example", **{"from": "ben.okoro@trust.example"}))
    message = held()

    with pytest.raises(judging.CannotDecide, match="the address of Ben Okoro"):
        judging.decide_held(message, Decision.SAME_PERSON, by=None)

    assert (answer_of(ana), answer_of(ben)) == ("needs-action", "needs-action")
    assert replies.held_in() == [message]


def test_what_an_address_learned_would_change_is_shown_before(app):
    ana, _ = invited()
    receive(from_alias(ana, "DECLINED", extra="COMMENT:On leave\n"))

    contents = judging.look_into(held())

    assert (contents.answers, contents.answering, contents.comment) == ("declined", ALIAS, "On leave")
    assert judging.address_to_learn(held()) == ALIAS


def test_a_letter_from_an_unknown_address_is_filed_once_its_sender_is_known(app):
    ana, _ = invited()
    receive(form("letter", ana).replace(b"From: Ana Costa <ana.costa@trust.example>", b"From: <ana@home.example>"))

    effect = judging.decide_held(held(), Decision.SAME_PERSON, by=None)

    assert (effect, replies.held_in(), answer_of(ana)) == (Effect.IGNORED, [], "needs-action")
    assert db.session.query(LearnedAddress).one().address == "ana@home.example"
    assert judging.look_into(db.session.query(ReceivedMessage).one()).text == "Yes, I will come."


def test_whose_a_letter_is_must_be_said_where_nothing_tells(app):
    ana, _ = invited()
    receive(b"From: x@home.example\nSubject: hello\nMessage-ID: <l@home.example>\n\nI come\n")

    with pytest.raises(judging.CannotDecide, match="Choose the person first"):
        judging.decide_held(held(), Decision.SAME_PERSON, by=None)
    judging.decide_held(held(), Decision.SAME_PERSON, by=None, person=ana.person)

    assert receive(a_reply(ana, attendee="x@home.example")).effect is Effect.ACCEPTED


def test_a_message_that_is_held_for_another_reason_as_well_stays_held(app):
    ana, _ = invited()
    receive(form("delegated", ana))
    receive(from_alias(ana, extra="RECURRENCE-ID:20270112T093000Z\n"))

    for message in replies.held_in():
        judging.decide_held(message, Decision.SEEN, by=None)

    assert replies.held_in() == []
    assert answer_of(ana) == "needs-action"


@BOTH
def test_undoing_an_answer_leaves_the_one_before_it_standing(app):
    ana, _ = invited()
    receive(a_reply(ana, "ACCEPTED", stamp=now() - timedelta(minutes=2)))
    wrong = receive(a_reply(ana, "DECLINED"))

    undone = judging.undo(db.session.get(ReceivedMessage, wrong.id), by=an_organiser(ana.programme))

    again = judging.undo(db.session.get(ReceivedMessage, wrong.id), by=None)
    assert (undone, again, answer_of(ana), ana.partstat) == (True, False, "accepted", PartStat.ACCEPTED)
    assert receive(a_reply(ana, "TENTATIVE")).effect is Effect.TENTATIVE


def test_undoing_a_decision_forgets_the_address_and_holds_the_message_again(app):
    ana, _ = invited()
    receive(from_alias(ana))
    message = held()
    judging.decide_held(message, Decision.SAME_PERSON, by=None)

    judging.undo(message, by=None)

    assert (answer_of(ana), replies.held_in()) == ("needs-action", [message])
    assert receive(from_alias(ana, "DECLINED")).effect is Effect.HELD
    assert judging.decide_held(message, Decision.SAME_PERSON, by=None) is Effect.ACCEPTED
    assert answer_of(ana) == "accepted"


def test_undoing_a_bounce_clears_its_marks(app):
    ana, _ = invited()
    bounced = receive(form("bounce-report", ana))

    judging.undo(db.session.get(ReceivedMessage, bounced.id), by=None)

    assert replies.bounced_in(ana.programme) == []
    assert first_message(ana).state.value == "sent"


def test_undoing_what_did_nothing_is_no_deed(app):
    ana, _ = invited()
    ignored = receive(a_reply(ana, uid="x@y.example"))

    assert not judging.undo(db.session.get(ReceivedMessage, ignored.id), by=None)
    assert db.session.query(AuditEntry).filter_by(what="reply.undone").count() == 0


def test_an_answer_stands_again_when_the_change_after_it_is_taken_back_before_it_left(app):
    ana, _ = invited()
    receive(a_reply(ana, "ACCEPTED"))
    session = ana.session
    session.starts_at += timedelta(hours=1)
    db.session.commit()
    pair = replies.by_session_and_pair(ana.programme)[0].pairs[0].pair
    publishing.publish(a_plan(ana.programme, [(pair, session)]), by=None, hold=True)
    db.session.expire_all()
    meanwhile = answer_of(ana), ana.partstat
    session.starts_at -= timedelta(hours=1)
    db.session.commit()

    publishing.publish(a_plan(ana.programme, [(pair, session)]), by=None)

    assert meanwhile == ("needs-action", PartStat.NEEDS_ACTION)
    assert (answer_of(ana), ana.partstat, ana.sequence) == ("accepted", PartStat.ACCEPTED, 0)


def test_replies_are_listed_by_session_and_pair_with_their_states(app):
    ana, ben = invited()
    receive(a_reply(ana, "DECLINED"))

    (page,) = replies.by_session_and_pair(ana.programme)

    assert page.counts == {replies.ReplyState.DECLINED: 1, replies.ReplyState.NO_REPLY: 1}
    assert [each.invitation.person.name for each in page.pairs[0].people] == ["Ana Costa", "Ben Okoro"]
    assert [each.invitation.id for each in page.pairs[0].declined] == [ana.id]
    assert replies.counts_by_event(ana.programme) == {ana.session.event_id: page.counts}
    moved(ben)
    assert replies.by_session_and_pair(ana.programme)[0].counts == {
        replies.ReplyState.OLD_TIME: 1,
        replies.ReplyState.NO_REPLY: 1,
    }


def test_what_names_no_programme_is_shown_to_each_and_what_names_one_to_that_alone(app):
    ana, _ = invited()
    other, _ = invited()
    receive(from_alias(ana))
    receive(b"From: x@home.example\nMessage-ID: <l@home.example>\n\nI come\n")

    assert [len(replies.held_in(each.programme)) for each in (ana, other)] == [2, 1]
    assert len(replies.received_in(ana.programme)) == 2


def test_an_address_that_was_mended_bounces_no_more(app):
    ana, _ = invited()
    receive(form("bounce-report", ana))
    ana.person.email = "ana.mended@trust.example"
    db.session.commit()

    assert replies.bounced_in(ana.programme) == []


def test_deciding_sends_nobody_anything(app):
    ana, _ = invited()
    receive(from_alias(ana))
    before = db.session.query(OutboxMessage).count()

    judging.decide_held(held(), Decision.SAME_PERSON, by=None)

    assert db.session.query(OutboxMessage).count() == before


def test_an_address_known_for_one_person_says_nothing_of_another(app):
    ana, ben = invited()
    receive(from_alias(ana))
    judging.decide_held(held(), Decision.SAME_PERSON, by=None)
    a_person(ana.programme, "Noor Ali")

    assert receive(from_alias(ben)).effect is Effect.HELD
    assert answer_of(ben) == "needs-action"
