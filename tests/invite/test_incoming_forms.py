"""Each form in which calendar programs answer (calendar-rules 50 to 54, 69 to 74), each from its own file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scheduler.extensions import db
from scheduler.invite import replies
from scheduler.models import Bounce, MessageState, OutboxMessage, ReceivedMessage
from tests.invite.inbox import FORMS, a_reply, answer_of, first_message, form, invited, receive

PAT = "pat.assistant@trust.example"
WORDS = "Zoë kommt später"
QUOTED = "Zoë kommt später – “bald”"
# form: effect, the answer on record afterwards, comment, given by
EXPECTED = {
    "apple-other-account": ("tentative", "tentative", "", "ana@home.example"),
    "bounce-delayed": ("ignored", "needs-action", "", ""),
    "bounce-qmail": ("bounced", "needs-action", "", ""),
    "bounce-report": ("bounced", "needs-action", "", ""),
    "charset-declared-wrongly": ("accepted", "accepted", QUOTED, ""),
    "charset-latin-1": ("accepted", "accepted", WORDS, ""),
    "charset-missing": ("accepted", "accepted", WORDS, ""),
    "charset-unknown": ("accepted", "accepted", QUOTED, ""),
    "charset-utf-16": ("accepted", "accepted", WORDS, ""),
    "charset-utf-16-unmarked": ("accepted", "accepted", WORDS, ""),
    "charset-utf-8-with-mark": ("accepted", "accepted", WORDS, ""),
    "delegated": ("delegated", "needs-action", "", ""),
    "exchange-accepted": ("accepted", "accepted", "I will be ten minutes late.", ""),
    "gateway-disclaimer": ("accepted", "accepted", "I bring the figures.", ""),
    "gmail-declined": ("declined", "declined", "I'll bring Noor & Lee", ""),
    "gmail-other-time": ("counter", "tentative", "I'll bring Noor & Lee", ""),
    "icloud-no-reply": ("accepted", "accepted", "", ""),
    "letter": ("held", "needs-action", "", ""),
    "method-in-the-body-alone": ("accepted", "accepted", "", ""),
    "mu4e-all-own-addresses": ("accepted", "accepted", "See you there.", "ana@home.example"),
    "nextcloud": ("accepted", "accepted", "Bis bald", "invitations-noreply@cloud.example"),
    "notes": ("accepted", "accepted", "", ""),
    "octet-stream": ("accepted", "accepted", "Yes", ""),
    "out-of-office": ("auto-reply-ignored", "needs-action", "", ""),
    "outlook-other-time": ("counter", "tentative", "A week later suits us.", ""),
    "outlook-words-in-the-letter": (
        "accepted",
        "accepted",
        "Ana comes by the 9.15 train – “a little late”.",
        PAT,
    ),
    "proton": ("accepted", "accepted", "", ""),
    "read-receipt": ("ignored", "needs-action", "", ""),
    "refresh": ("ignored", "needs-action", "", ""),  # the invitation left less than an hour before
    "samsung-bare": ("accepted", "accepted", "", ""),
    "signed": ("accepted", "accepted", "I come", ""),
    "thunderbird": ("accepted", "accepted", "", ""),
    "tnef": ("held", "needs-action", "", ""),
    "zimbra-sent-by": ("declined", "declined", "", PAT),
}


def test_every_form_says_what_is_expected_of_it():
    assert sorted(EXPECTED) == FORMS


@pytest.mark.parametrize("name", FORMS)
def test_a_form_does_what_it_says_to_its_own_invitation_and_to_no_other(app, name):
    ana, ben = invited()

    received = receive(form(name, ana))

    effect, answer, comment, given_by = EXPECTED[name]
    standing = replies.replies_to(ana)
    last = standing.last
    assert (received.effect.value, answer_of(ana)) == (effect, answer), received.why
    assert (standing.comment, last.given_by if last else "") == (comment, given_by)
    assert answer_of(ben) == "needs-action"
    assert db.session.query(ReceivedMessage).count() == 1


@pytest.mark.parametrize("name", ["outlook-other-time", "gmail-other-time"])
def test_another_time_that_was_asked_for_is_kept_in_utc_and_moves_no_session(app, name):
    ana, _ = invited()

    received = receive(form(name, ana))

    half_past_nine = datetime(2027, 1, 19, 9, 30, tzinfo=UTC)
    assert replies.replies_to(ana).proposal == (half_past_nine, half_past_nine.replace(hour=16))
    assert ana.session.starts_at == ana.starts_at == datetime(2027, 1, 12, 9, 30, tzinfo=UTC)
    assert "Tuesday 19 January 2027, 9:30am to 4:30pm" in received.why


def test_who_sends_somebody_else_asks_the_organiser(app):
    ana, _ = invited()

    received = receive(form("delegated", ana))

    assert replies.replies_to(ana).delegated_to == "noor.deputy@trust.example"
    assert [each.id for each in replies.held_in(ana.programme)] == [received.id]


@pytest.mark.parametrize("name", ["bounce-report", "bounce-qmail"])
def test_a_bounce_marks_the_message_and_the_address_until_a_real_answer_comes(app, name):
    ana, _ = invited()

    receive(form(name, ana))
    bounced = replies.replies_to(ana).state, [each.address for each in replies.bounced_in(ana.programme)]
    state = first_message(ana).state
    receive(form("exchange-accepted", ana))

    assert bounced == (replies.ReplyState.BOUNCED, ["ana.costa@trust.example"])
    assert state is MessageState.BOUNCED
    assert replies.replies_to(ana).state is replies.ReplyState.ACCEPTED
    assert replies.bounced_in(ana.programme) == []
    assert first_message(ana).state is MessageState.SENT


def test_a_report_about_somebody_elses_message_marks_nothing(app):
    ana, _ = invited()
    stranger = form("bounce-report", ana).replace(first_message(ana).message_id.encode(), b"<other@elsewhere.example>")

    received = receive(stranger.replace(ana.uid.encode(), b"other@elsewhere.example"))

    assert received.effect.value == "ignored"
    assert db.session.query(Bounce).count() == 0


def test_a_mail_server_that_is_not_clear_is_held(app):
    ana, _ = invited()

    vague = receive(form("bounce-qmail", ana).replace(b"550 5.1.1 ", b""))

    assert vague.effect.value == "held"
    assert first_message(ana).state is MessageState.SENT


def test_a_letter_is_filed_under_the_invitation_it_answers_and_never_guessed_into_an_answer(app):
    ana, _ = invited()

    receive(form("letter", ana))

    (held,) = replies.held_in(ana.programme)
    assert (held.invitation_id, held.person_id) == (ana.id, ana.person_id)


def test_nothing_that_comes_in_is_answered(app):
    ana, _ = invited()
    before = db.session.query(OutboxMessage).count()

    for name in FORMS:
        receive(form(name, ana))

    assert db.session.query(OutboxMessage).count() == before


def test_a_bounce_that_returns_nothing_is_placed_by_the_tag_it_came_to(app):
    ana, _ = invited()
    ana.organizer = "convene+tagofana@localhost"
    db.session.commit()
    report = form("bounce-report", ana)
    report = report[: report.index(b"--r\r\nContent-Description: Undelivered")] + b"--r--\r\n"

    unplaced = receive(report)
    placed = receive(report.replace(b"To: convene@", b"To: convene+tagofana@").replace(b"<bounce-report@", b"<second@"))

    assert (unplaced.effect.value, placed.effect.value) == ("ignored", "bounced")
    assert first_message(ana).state is MessageState.BOUNCED


def test_an_address_in_foreign_letters_answers_in_either_spelling(app):
    ana, _ = invited()
    ana.attendee, ana.person.email = "ana@xn--bcher-kva.example", "ana@bücher.example"
    db.session.commit()

    spelled = [
        receive(a_reply(ana, partstat, attendee=address)).effect.value
        for partstat, address in (("DECLINED", "ana@bücher.example"), ("ACCEPTED", "ana@XN--BCHER-KVA.example"))
    ]

    assert spelled == ["declined", "accepted"]


def test_a_later_answer_ends_the_wish_for_another_time_or_another_person(app):
    ana, _ = invited()

    for name in ("outlook-other-time", "delegated"):
        receive(form(name, ana))
    receive(a_reply(ana, "ACCEPTED"))

    standing = replies.replies_to(ana)
    assert (standing.proposal, standing.delegated_to) == (None, "")
