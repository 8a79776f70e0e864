"""Which answer counts: whose it is, which version it answers, which is the last (calendar-rules 62 to 72)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations, product

import pytest
import time_machine

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing, replies
from scheduler.models import Effect, MessageState, OutboxMessage, PartStat, Placement, Reply, Session
from tests.conftest import BOTH
from tests.invite.inbox import a_reply, answer_of, first_message, form, invited, of, receive
from tests.invite.plans import a_plan

STRANGER = "someone@elsewhere.example"
PARTNER = "ben.okoro@trust.example"
OWN = "ana.costa@trust.example"


def moved(invitation, hours=1):
    """The session of an invitation starts later, and everybody is told."""
    session, plan = invitation.session, db.session.query(Placement).first().plan
    session.starts_at += timedelta(hours=hours)
    session.ends_at += timedelta(hours=hours)
    db.session.commit()
    pair = db.session.query(Placement).filter_by(plan_id=plan.id).one().pair
    publishing.publish(a_plan(invitation.programme, [(pair, session)]), by=None)
    outbox.send_due()
    db.session.expire_all()


@BOTH
def test_an_answer_changes_the_reply_and_neither_seat_nor_mail(app):
    ana, ben = invited()
    before = db.session.query(Placement).count(), db.session.query(OutboxMessage).count(), ana.session.max_seats

    received = receive(a_reply(ana, "DECLINED"))

    assert (received.effect, received.uid) == (Effect.DECLINED, ana.uid)
    assert received.why == "Ana Costa declined Workshop 1 on Tuesday 12 January."
    assert (answer_of(ana), answer_of(ben), ana.partstat) == ("declined", "needs-action", PartStat.DECLINED)
    assert before == (
        db.session.query(Placement).count(),
        db.session.query(OutboxMessage).count(),
        db.session.get(Session, ana.session_id).max_seats,
    )


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_latest_stamp_wins_whatever_came_first(app, order):
    ana, _ = invited()
    start = now()
    stamped = [("ACCEPTED", -40), ("TENTATIVE", -30), ("ACCEPTED", -20), ("DECLINED", -10)]
    mails = [a_reply(ana, partstat, stamp=start + timedelta(seconds=s)) for partstat, s in stamped]

    for place in order:
        receive(mails[place])

    assert answer_of(ana) == "declined"


def test_an_older_answer_that_comes_later_is_in_the_history_alone(app):
    ana, _ = invited()
    receive(a_reply(ana, "DECLINED", stamp=now() - timedelta(minutes=1)))

    late = receive(a_reply(ana, "ACCEPTED", stamp=now() - timedelta(minutes=5)))

    assert late.effect is Effect.IGNORED
    assert "A later answer is on record" in late.why
    assert [each.answer for each in replies.replies_to(ana).history] == [PartStat.DECLINED, PartStat.ACCEPTED]


def test_of_two_answers_with_one_stamp_the_later_to_arrive_wins(app):
    ana, _ = invited()
    stamp = now() - timedelta(minutes=1)

    receive(a_reply(ana, "ACCEPTED", stamp=stamp))
    receive(a_reply(ana, "DECLINED", stamp=stamp))

    assert answer_of(ana) == "declined"


def test_a_stamp_from_the_far_future_does_not_outlive_a_change_of_mind(app):
    ana, _ = invited()

    receive(a_reply(ana, "ACCEPTED", stamp=now() + timedelta(days=400)))
    receive(a_reply(ana, "DECLINED", stamp=now() + timedelta(seconds=5)))

    assert answer_of(ana) == "declined"


@pytest.mark.parametrize("stamp", ["", "DTSTAMP:20261125T101500\n"])
def test_without_a_stamp_that_says_a_moment_the_date_of_the_letter_counts(app, stamp):
    ana, _ = invited()

    receive(a_reply(ana, "ACCEPTED", stamp=now() - timedelta(hours=1)))
    receive(a_reply(ana, "DECLINED", stamp=stamp))

    assert answer_of(ana) == "declined"


def test_an_answer_for_the_old_time_is_shown_as_such_and_asked_for_again(app):
    ana, _ = invited()
    receive(a_reply(ana, "ACCEPTED", stamp=now() - timedelta(minutes=9)))
    early = a_reply(ana, "DECLINED")

    moved(ana)
    after_the_move = replies.replies_to(ana).state
    received = receive(early)

    assert ana.sequence == 1
    assert after_the_move is replies.ReplyState.OLD_TIME
    assert "for the old time" in received.why
    assert (answer_of(ana), replies.replies_to(ana).state) == ("needs-action", replies.ReplyState.OLD_TIME)


def test_an_answer_to_the_new_time_stands_whatever_comes_for_the_old_one(app):
    ana, _ = invited()
    early = a_reply(ana, "DECLINED", stamp=now() + timedelta(minutes=5))
    moved(ana)
    receive(a_reply(ana, "ACCEPTED"))

    receive(early)

    standing = replies.replies_to(ana)
    assert (standing.answer, standing.for_old_time, standing.state) == (
        PartStat.ACCEPTED, False, replies.ReplyState.ACCEPTED
    )  # fmt: skip


def test_a_sequence_raised_by_the_program_that_answers_is_the_present_one(app):
    ana, _ = invited()

    assert receive(a_reply(ana, sequence=7)).effect is Effect.ACCEPTED
    moved(ana)

    assert replies.replies_to(ana).state is replies.ReplyState.OLD_TIME


def test_without_a_sequence_the_time_says_which_version_is_answered(app):
    ana, _ = invited()
    old_start = f"DTSTART:{ana.starts_at:%Y%m%dT%H%M%SZ}\n"
    moved(ana)

    receive(a_reply(ana, "DECLINED", sequence=None, start=old_start))
    for_the_old = answer_of(ana)
    receive(a_reply(ana, "ACCEPTED", sequence=None))

    assert (for_the_old, answer_of(ana)) == ("needs-action", "accepted")


@pytest.mark.parametrize("partstat", ["NEEDS-ACTION", "X-PERHAPS", "COMPLETED", '"ACCEPTED;"'])
def test_what_is_no_answer_changes_nothing(app, partstat):
    ana, _ = invited()
    receive(a_reply(ana, "ACCEPTED"))

    receive(a_reply(ana, partstat))

    assert answer_of(ana) == "accepted"


def test_an_attendee_without_an_answer_changes_nothing_but_words_are_kept(app):
    ana, _ = invited()

    received = receive(a_reply(ana, attendees=f"ATTENDEE:mailto:{OWN}\n", extra="COMMENT:Who else comes?\n"))

    assert received.effect is Effect.IGNORED
    assert replies.replies_to(ana).comment == "Who else comes?"


def test_one_date_of_a_series_is_held(app):
    ana, _ = invited()

    assert receive(a_reply(ana, extra="RECURRENCE-ID:20270112T093000Z\n")).effect is Effect.HELD


def test_what_is_over_is_answered_no_more(app):
    ana, _ = invited()

    with time_machine.travel(ana.ends_at + timedelta(minutes=1), tick=False):
        received = receive(a_reply(ana))

    assert (received.effect, answer_of(ana)) == (Effect.IGNORED, "needs-action")


@pytest.mark.parametrize(
    ("sender", "attendee", "tag"),
    list(product((OWN, PARTNER, STRANGER), (OWN, PARTNER, STRANGER, None), ("own", "other", ""))),
)
def test_who_wrote_whom_it_names_and_where_it_went(app, sender, attendee, tag):
    ana, ben = invited()
    ana.organizer, ben.organizer = "convene+tagofana@localhost", "convene+tagofben@localhost"
    db.session.commit()
    to = {"own": ana.organizer, "other": ben.organizer, "": "convene@localhost"}[tag]
    attendees = "" if attendee is None else f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{attendee}\n"

    received = receive(a_reply(ana, **{"from": sender}, attendees=attendees, to=to))

    proven = tag == "own" or (tag == "" and sender == OWN)
    counts = proven and attendee == OWN
    refused = tag == "other"
    assert received.effect is (Effect.ACCEPTED if counts else Effect.REFUSED if refused else Effect.HELD)
    assert (answer_of(ana), answer_of(ben)) == ("accepted" if counts else "needs-action", "needs-action")
    if counts and sender != OWN:
        assert replies.replies_to(ana).last.given_by == sender


def test_a_tag_with_an_unknown_uid_is_held_for_whom_the_tag_names(app):
    ana, _ = invited()
    ana.organizer = "convene+tagofana@localhost"
    db.session.commit()

    received = receive(a_reply(ana, uid="another@place.example", to="convene+TagOfAna@localhost"))

    (held,) = replies.held_in(ana.programme)
    assert (received.effect, held.person_id) == (Effect.HELD, ana.person_id)


def test_only_the_invited_one_of_many_attendees_counts(app):
    ana, ben = invited()
    crowd = "".join(
        f"ATTENDEE;PARTSTAT={partstat}:mailto:{address}\n"
        for partstat, address in (("DECLINED", PARTNER), ("TENTATIVE", STRANGER), ("ACCEPTED", OWN.upper()))
    )

    receive(a_reply(ana, attendees=crowd))

    assert (answer_of(ana), answer_of(ben)) == ("accepted", "needs-action")


def test_a_deputy_is_not_accepted_before_the_organiser_agrees(app):
    ana, _ = invited()
    receive(form("delegated", ana))
    deputy = f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{OWN}":mailto:noor.deputy@trust.example\n'

    received = receive(a_reply(ana, attendees=deputy, **{"from": "noor.deputy@trust.example"}))

    assert received.effect is Effect.HELD
    assert "Agree to that first" in received.why
    assert answer_of(ana) == "needs-action"


def test_who_declines_and_asks_for_another_time_has_declined(app):
    ana, _ = invited()

    received = receive(a_reply(ana, "DECLINED", method="COUNTER", start="DTSTART:20270119T093000Z\n"))

    assert (received.effect, answer_of(ana)) == (Effect.COUNTER, "declined")
    start, end = replies.replies_to(ana).proposal
    assert end - start == ana.ends_at - ana.starts_at


def test_who_had_accepted_and_asks_for_another_time_is_tentative_at_most(app):
    ana, _ = invited()
    receive(a_reply(ana, "ACCEPTED", stamp=now() - timedelta(minutes=1)))

    receive(a_reply(ana, "ACCEPTED", method="COUNTER", start="DTSTART:20270119T093000Z\n"))

    assert answer_of(ana) == "tentative"


def test_a_time_in_a_zone_nobody_knows_is_not_used(app):
    ana, _ = invited()
    start = 'DTSTART;TZID="(UTC+00:00) Dublin, Edinburgh, Lisbon, London":20270119T093000\n'

    received = receive(a_reply(ana, "TENTATIVE", method="COUNTER", start=start))

    assert received.effect is Effect.COUNTER
    assert "its time zone is not known" in received.why
    assert replies.replies_to(ana).proposal is None


def test_the_invitation_is_sent_again_on_request_once_an_hour_and_to_the_address_on_record_alone(app):
    ana, _ = invited()
    count = db.session.query(OutboxMessage).count()

    with time_machine.travel(now() + timedelta(hours=2), tick=True):
        first = receive(form("refresh", ana).replace(OWN.encode(), STRANGER.encode()))
        state, to = first_message(ana).state, first_message(ana).to_address
        outbox.send_due()
        second = receive(form("refresh", ana).replace(b"<refresh@", b"<refresh-2@"))

    assert (first.effect, second.effect) == (Effect.REFRESHED, Effect.IGNORED)
    assert (state, to) == (MessageState.WAITING, OWN)
    assert db.session.query(OutboxMessage).count() == count


def test_an_answer_while_the_invitation_still_waits_here_counts(app):
    ana, _ = invited(send=False)

    assert receive(a_reply(ana)).effect is Effect.ACCEPTED


def test_words_are_plain_short_and_without_controls(app):
    ana, _ = invited()

    receive(a_reply(ana, extra="COMMENT:=1+1\\n\x1b]0;x\x07<b>\u202ebold</b>" + "x" * 5000 + "\n"))

    comment = replies.replies_to(ana).comment
    assert comment.startswith("=1+1\n]0;x<b>bold</b>xxx")
    assert len(comment) <= 2000


def test_each_answer_is_one_row_of_history(app):
    ana, _ = invited()

    for partstat in ("ACCEPTED", "DECLINED", "ACCEPTED"):
        receive(a_reply(ana, partstat))

    assert db.session.query(Reply).count() == 3
    assert of(ana.person).partstat is PartStat.ACCEPTED
