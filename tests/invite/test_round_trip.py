"""Invitations over the SMTP of a real server, Debian's Exim: what it lays down is what the outbox stored
(calendar-rules 90)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.places import location_of
from scheduler.models import MessageState, OutboxMessage
from tests.builders import a_pair, a_person, a_programme, a_session, a_venue, an_event
from tests.invite.calendar_program import diaries_after
from tests.invite.exim import Exim, running_exim
from tests.invite.hostile import SEEN_IN_ATTACKS
from tests.invite.plans import a_plan


@pytest.fixture(scope="module")
def one_exim():
    with running_exim() as server:
        yield server


@pytest.fixture
def exim(app, one_exim: Exim):
    """The server without mail, and the application connected to it."""
    for letter in one_exim.folder.glob("mail/new/*"):
        letter.unlink()
    app.settings = app.settings.model_copy(update={"smtp_url": one_exim.url})
    return one_exim


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def sessions(programme):
    # Either side of both changes of the clocks.
    days = "2027-03-28", "2027-03-29", "2027-10-30", "2027-10-31"
    return [
        a_session(an_event(programme, title=f"Workshop {n}"), f"{day} 09:30", venue=a_venue(programme))
        for n, day in enumerate(days)
    ]


def stored() -> list[OutboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def a_story(programme, sessions) -> dict[str, list]:
    """Invite, move, take elsewhere, withdraw; what each diary shows at the end."""
    pairs = [a_pair(programme) for _ in range(3)]
    pairs[0].director.name, pairs[1].manager.name = "Zoë “Zo” O'Brien-Łukasiewicz, MBE", "李 🧬 " * 9
    publishing.publish(a_plan(programme, [*zip(pairs, sessions, strict=False), (pairs[0], sessions[3])]), by=None)
    outbox.send_due()
    sessions[0].starts_at += timedelta(hours=1)
    sessions[0].ends_at += timedelta(hours=1)
    sessions[1].venue = a_venue(programme, name="Town Hall; Room 2, north\\south")
    db.session.commit()
    publishing.publish(a_plan(programme, [*zip(pairs[:2], sessions, strict=False), (pairs[2], sessions[3])]), by=None)
    outbox.send_due()
    last = {pairs[0]: sessions[0], pairs[1]: sessions[1], pairs[2]: sessions[3]}
    return {
        person.email: [(held.starts_at, held.ends_at, location_of(held.venue))]
        for pair, held in last.items()
        for person in pair.people
    }


@pytest.mark.parametrize("line", ["plain", "STARTTLS"])
def test_what_a_real_server_lays_down_is_byte_for_byte_what_was_stored(
    app, exim, programme, sessions, line, monkeypatch
):
    if line == "STARTTLS":
        monkeypatch.setenv("SSL_CERT_FILE", str(exim.certificate))
        app.settings = app.settings.model_copy(update={"smtp_url": exim.secure_url})

    a_story(programme, sessions)

    sent = stored()
    arrived = exim.arrived(len(sent))
    assert {message.state for message in sent} == {MessageState.SENT}
    assert {message.method and message.method.value for message in sent} == {"REQUEST", "CANCEL"}
    assert Counter((each.to, each.body) for each in arrived) == Counter((m.to_address, m.body) for m in sent)
    assert {each.envelope_from for each in arrived} == {"convene@localhost"}
    assert {"with esmtps" in each.received for each in arrived} == {line == "STARTTLS"}


def test_the_diaries_behind_a_real_server_show_the_published_plan(exim, programme, sessions):
    wanted = a_story(programme, sessions)

    arrived = exim.arrived(len(stored()))

    # In whatever order the server laid them down.
    assert diaries_after([(each.to, each.body) for each in arrived]) == wanted


def test_who_a_real_server_refuses_holds_nobody_else_up(exim, programme, sessions):
    pairs = [
        a_pair(programme, director=a_person(programme, email=f"{name}@trust.example"), manager=None)
        for name in ("refused", "later", "ann")
    ]
    publishing.publish(a_plan(programme, [(pair, sessions[0]) for pair in pairs]), by=None)

    outbox.send_due()

    (arrived,) = exim.arrived(1)
    refused, later, ann = stored()
    assert (arrived.to, arrived.body) == (ann.to_address, ann.body)
    assert [message.state for message in (refused, later, ann)] == [
        MessageState.FAILED,
        MessageState.WAITING,
        MessageState.SENT,
    ]
    assert ("5.1.1" in refused.error, "4.2.0" in later.error) == (True, True)


def test_hostile_words_come_through_a_real_server_unchanged(exim, programme):
    titles = [text[:200] for text in SEEN_IN_ATTACKS if text.isprintable() or "\n" in text]
    sessions = [
        a_session(an_event(programme, title=title), f"2027-05-{n + 1:02} 09:30") for n, title in enumerate(titles)
    ]
    pair = a_pair(programme, manager=None)
    publishing.publish(a_plan(programme, [(pair, session) for session in sessions]), by=None)

    outbox.send_due()

    sent, arrived = stored(), exim.arrived(len(titles))
    assert len(sent) == len(titles) > 10
    assert Counter(each.body for each in arrived) == Counter(message.body for message in sent)
