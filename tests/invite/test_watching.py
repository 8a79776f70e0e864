"""A real mailbox is looked into: what arrives is kept, marked and read once, whatever the server does."""

from __future__ import annotations

import imaplib
import time
from datetime import UTC, datetime

import pytest

from scheduler import heartbeats
from scheduler.extensions import db
from scheduler.invite import receiving, watching
from scheduler.models import ReceivedMessage, Reply
from tests.conftest import BOTH
from tests.invite.dovecot import PASSWORD
from tests.invite.inbox import a_reply, answer_of, invited
from tests.invite.relay import Relay

PATIENCE = 60.0


@pytest.fixture
def look(app, inbox):
    """Look into the mailbox once, as a worker does that ends when nothing is left to do."""

    def look(url=inbox.url, worker="vm/worker-1"):
        db.session.rollback()
        watch_at(app, url)
        heartbeats.first_beat(worker, "1")
        with watching.beside(app, worker, once=True) as watch:
            watch.join(PATIENCE)
        assert not watch.is_alive()
        db.session.rollback()
        return watching.mailbox_state()

    return look


@pytest.fixture
def relay(inbox):
    with Relay(inbox.server.port) as relay:
        yield relay


def watch_at(app, url):
    app.settings = app.settings.model_copy(update={"inbox_url": url})


def through(relay, inbox):
    """The address of the mailbox by way of the relay."""
    return inbox.url.replace(str(inbox.server.port), str(relay.port))


def letter(number, size=0):
    return (
        f"From: ann@trust.example\r\nMessage-ID: <{number}@trust.example>\r\nSubject: Letter {number}\r\n\r\n"
        f"{'Hello. ' * (size // 7)}\r\n"
    ).encode()


def kept():
    """The numbers of the letters that were kept, in order, with repeats; every one of them has been read."""
    db.session.rollback()
    rows = db.session.query(ReceivedMessage).order_by(ReceivedMessage.id).all()
    assert all(row.effect is not None for row in rows)
    return [int(row.message_id.strip("<>").split("@")[0]) for row in rows]


def seen(inbox):
    """The UIDs that are marked as read."""
    return {message.uid for message in inbox.messages() if "\\Seen" in message.flags}


def wait_until(what):
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


@BOTH
def test_a_reply_that_arrives_is_the_persons_answer_and_stays_in_the_mailbox_marked_as_read(app, inbox, look):
    invitation, _ = invited()
    reply = a_reply(invitation)
    inbox.put(reply)

    state = look()

    assert answer_of(invitation) == "accepted"
    assert [(each.body, each.flags) for each in inbox.messages()] == [(reply.replace(b"\n", b"\r\n"), ("\\Seen",))]
    assert (state.well, state.says) == (True, "last looked into 0 minutes ago")


def test_mail_that_somebody_has_opened_is_read_and_mail_that_is_unread_again_is_not_read_twice(inbox, look):
    inbox.put(letter(1))
    store(inbox, "+FLAGS", "\\Seen")
    look()
    store(inbox, "-FLAGS", "\\Seen")

    look()

    assert kept() == [1]
    assert db.session.query(ReceivedMessage).one().copies == 1


def store(inbox, *change):
    with imaplib.IMAP4("127.0.0.1", inbox.server.port) as connection:
        connection.login(inbox.user, PASSWORD)
        connection.select("INBOX")
        connection.store("1:*", *change)


def test_mail_from_before_convene_wrote_to_anybody_is_left_alone(inbox, look):
    append(inbox, letter(1), datetime(2024, 5, 1, tzinfo=UTC))
    look()
    append(inbox, letter(2), datetime(2024, 5, 1, tzinfo=UTC))  # moved here by hand, after Convene began to look
    inbox.put(letter(3))

    look()

    assert kept() == [2, 3]
    assert seen(inbox) == {2, 3}


def append(inbox, message, arrived):
    with imaplib.IMAP4("127.0.0.1", inbox.server.port) as connection:
        connection.login(inbox.user, PASSWORD)
        connection.append("INBOX", "", imaplib.Time2Internaldate(arrived), message)


def test_the_same_message_twice_and_a_mailbox_that_is_numbered_anew_change_nothing(inbox, look):
    invitation, _ = invited()
    reply = a_reply(invitation, message_id="<1@trust.example>")
    inbox.put(reply)
    inbox.put(reply)
    inbox.put(letter(2))
    look()

    inbox.renumber()
    inbox.put(letter(3))
    look()

    assert kept() == [1, 2, 3]
    assert (answer_of(invitation), db.session.query(Reply).count()) == ("accepted", 1)


def test_a_hundred_messages_are_each_read_once_and_in_order(inbox, look):
    for number in range(100):
        inbox.put(letter(number))

    look()
    look()

    assert kept() == list(range(100))
    assert len(seen(inbox)) == 100


@pytest.mark.parametrize("bytes_until_cut", [1, 300, 900, 3_000, 40_000, 100_000, 121_500])
def test_a_connection_that_breaks_anywhere_loses_nothing_and_reads_nothing_twice(inbox, look, relay, bytes_until_cut):
    for number in range(6):
        inbox.put(letter(number, size=20_000))
    relay.cut_after = bytes_until_cut

    broken = look(through(relay, inbox))
    assert not broken.well
    assert len(seen(inbox)) <= len(kept())
    relay.cut_after = None
    whole = look(through(relay, inbox))

    assert (sorted(kept()), whole.well) == ([0, 1, 2, 3, 4, 5], True)
    assert {row.copies for row in db.session.query(ReceivedMessage)} == {1}


def test_of_a_message_above_the_limit_the_beginning_is_kept_and_the_next_is_read(inbox, look):
    inbox.put(letter(1, size=receiving.LARGEST + 5_000))
    inbox.put(letter(2))

    look()

    large, small = db.session.query(ReceivedMessage).order_by(ReceivedMessage.id)
    assert (large.size > receiving.LARGEST, large.size_kept) == (True, receiving.KEPT_OF_LARGER)
    assert (large.effect.value, large.message_id) == ("held", "<1@trust.example>")
    assert small.message_id == "<2@trust.example>"


def test_a_message_the_server_does_not_hand_over_stops_no_other_and_is_told_of_once(inbox, look):
    for number in (1, 2, 3):
        inbox.put(letter(number))
    lock_away(inbox, b"<2@trust.example>")

    for _ in range(watching.MOST_TRIES + 2):
        look()

    subjects = [row.subject for row in db.session.query(ReceivedMessage).order_by(ReceivedMessage.id)]
    assert subjects == ["Letter 1", "Letter 3", "A message in the mailbox could not be fetched"]
    assert watching.mailbox_state().well


def lock_away(inbox, message_id):
    """Let the server find a message and be unable to read it."""
    folder = inbox.server.folder / "mail" / inbox.user
    (path,) = [path for path in folder.glob("*/*") if path.parent.name != "tmp" and message_id in path.read_bytes()]
    path.chmod(0)


def test_mail_is_read_the_moment_it_arrives_where_the_server_tells(app, inbox):
    watch_at(app, inbox.url)
    heartbeats.first_beat("vm/worker-1", "1")
    with watching.beside(app, "vm/worker-1"):
        wait_until(lambda: watching.mailbox_state().looked_at)
        inbox.put(letter(1))
        wait_until(lambda: db.session.query(ReceivedMessage).count())
        inbox.put(letter(2))
        wait_until(lambda: db.session.query(ReceivedMessage.effect).filter_by(subject="Letter 2").scalar())

    assert kept() == [1, 2]
