"""A real mailbox is looked into: what arrives is kept, marked and read once, whatever the server does."""

from __future__ import annotations

import imaplib
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import flask_migrate
import pytest
import time_machine
from click.testing import CliRunner

from scheduler import heartbeats
from scheduler import inbox as imap
from scheduler.cli import main
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import receiving, watching
from scheduler.models import MailboxWatch, ReceivedMessage, Reply
from tests.builders import keep
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.errands import HOUSE
from tests.invite.dovecot import PASSWORD, running_dovecot
from tests.invite.inbox import a_reply, answer_of, invited
from tests.invite.relay import Relay

PATIENCE = 120.0  # seconds, on a machine that has much to do


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
def whole(app):
    """The copy as commands and processes of their own want it: they look for the version of its tables."""
    flask_migrate.stamp()
    return app


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


def has_been_read(subject):
    db.session.rollback()
    return db.session.query(ReceivedMessage.effect).filter_by(subject=subject).scalar() is not None


def seen(inbox):
    """The UIDs that are marked as read."""
    return {message.uid for message in inbox.messages() if "\\Seen" in message.flags}


@contextmanager
def mail_program(inbox):
    """A person's mail program, logged in to the same mailbox."""
    with imaplib.IMAP4("127.0.0.1", inbox.server.port) as connection:
        connection.login(inbox.user, PASSWORD)
        yield connection


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
    with mail_program(inbox) as connection:
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
    with mail_program(inbox) as connection:
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
    with mail_program(inbox) as connection:
        for number in range(100):
            connection.append("INBOX", "", None, letter(number))

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
        wait_until(lambda: has_been_read("Letter 1"))
        inbox.put(letter(2))
        wait_until(lambda: has_been_read("Letter 2"))

    assert kept() == [1, 2]


def test_mail_is_looked_for_again_and_again_where_the_server_does_not_tell(app, monkeypatch):
    monkeypatch.setattr(imap, "POLL_SECONDS", 0.2)
    heartbeats.first_beat("vm/worker-1", "1")
    with running_dovecot(idle=False) as server:
        inbox = server.new_inbox()
        watch_at(app, inbox.url)
        with watching.beside(app, "vm/worker-1"):
            wait_until(lambda: watching.mailbox_state().looked_at)
            inbox.put(letter(1))
            wait_until(lambda: has_been_read("Letter 1"))

    assert kept() == [1]


def test_a_connection_that_ends_is_made_again_without_a_word(app, inbox, relay):
    watch_at(app, through(relay, inbox))
    heartbeats.first_beat("vm/worker-1", "1")
    with watching.beside(app, "vm/worker-1"):
        wait_until(lambda: watching.mailbox_state().looked_at)
        relay.cut()
        inbox.put(letter(1))
        wait_until(lambda: has_been_read("Letter 1"))

        assert watching.mailbox_state().well


def test_a_server_that_is_away_is_tried_again_until_it_is_back_and_nothing_is_lost(app, monkeypatch):
    monkeypatch.setattr(watching, "FIRST_PAUSE", 0.1)
    heartbeats.first_beat("vm/worker-1", "1")
    with running_dovecot() as server:
        inbox = server.new_inbox()
        inbox.put(letter(1))
        server.stop()
        watch_at(app, inbox.url)
        with watching.beside(app, "vm/worker-1"):
            wait_until(lambda: not watching.mailbox_state().well)
            assert watching.mailbox_state().says == "the mailbox server does not answer, for 0 minutes"
            server.start()
            wait_until(lambda: watching.mailbox_state().looked_at)

            assert watching.mailbox_state().well

    assert kept() == [1]


TROUBLES = {
    "a wrong password": ("imap://{user}:wrong@127.0.0.1:{port}", "the mailbox refuses the log-in"),
    "a folder that is not there": ("imap://{user}:secret@127.0.0.1:{port}/Nowhere", "the mailbox has no such folder"),
    "nobody there": ("imap://{user}:secret@127.0.0.1:1", "the mailbox server does not answer"),
    "a name nobody knows": ("imaps://{user}:secret@mail.invalid", "the mailbox server does not answer"),
    "a certificate of a stranger": (
        "imaps://{user}:secret@127.0.0.1:{secure}",
        "the mailbox server's certificate is not trusted",
    ),
    "the same after STARTTLS": (
        "imap+starttls://{user}:secret@127.0.0.1:{port}",
        "the mailbox server's certificate is not trusted",
    ),
    "TLS where none is spoken": (
        "imaps://{user}:secret@127.0.0.1:{port}",
        "the mailbox server offers no encryption, so nobody logged in",
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_keeps_convene_from_the_mailbox_is_said_in_the_same_words_everywhere(
    app, whole, inbox, look, monkeypatch, trouble
):
    address, words = TROUBLES[trouble]
    url = address.format(user=inbox.user, port=inbox.server.port, secure=inbox.server.secure_port)
    monkeypatch.setenv("CONVENE_INSTANCE", str(app.settings.instance))
    monkeypatch.setenv("CONVENE_INBOX_URL", url)

    state = look(url)

    said = f"{words}, for 0 minutes"
    doctor = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)["checks"]
    assert (state.well, state.says) == (False, said)
    assert app.test_client().get("/readyz").json["wrong"]["mailbox"] == said
    assert {each["says"] for each in doctor if each["check"] == "mailbox"} == {said}


@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_over_tls_mail_comes_in_once_its_authority_is_named(inbox, look, monkeypatch, scheme):
    monkeypatch.setenv("SSL_CERT_FILE", str(inbox.server.certificate))
    inbox.put(letter(1))

    state = look(inbox.secure_url if scheme == "imaps" else inbox.url.replace("imap://", "imap+starttls://"))

    assert (kept(), state.well) == ([1], True)


@BOTH_AT_LENGTH
def test_of_two_workers_one_looks_until_it_is_gone(app, inbox, look, relay):
    heartbeats.first_beat("vm/worker-1", "1")
    watch_at(app, inbox.url)
    with watching.beside(app, "vm/worker-1"):
        wait_until(lambda: watching.mailbox_state().looked_at)
        looked_at = watching.mailbox_state().looked_at
        assert look(worker="vm/worker-2").looked_at == looked_at
    inbox.put(letter(1))

    assert look(worker="vm/worker-2").looked_at > looked_at
    assert kept() == [1]


def test_a_worker_that_was_killed_leaves_its_turn_to_the_next(app, inbox, look):
    watch_at(app, inbox.url)
    heartbeats.first_beat("vm/worker-1", "1")
    keep(MailboxWatch(mailbox=app.settings.inbox.name, held_by="vm/worker-1", held_at=now()))
    assert look(worker="vm/worker-2").looked_at is None

    with time_machine.travel(now() + timedelta(minutes=1), tick=True):
        assert look(worker="vm/worker-2").looked_at is not None


def test_a_server_that_says_nothing_more_does_not_hold_up_the_end(app, inbox, relay):
    watch_at(app, through(relay, inbox))
    heartbeats.first_beat("vm/worker-1", "1")
    with watching.beside(app, "vm/worker-1") as watch:
        wait_until(lambda: watching.mailbox_state().looked_at)
        relay.dead.set()

    assert not watch.is_alive()


def test_nobody_looking_is_noticed(app, inbox):
    watch_at(app, inbox.url)
    heartbeats.first_beat("vm/worker-1", "1")
    assert watching.mailbox_state().says == "not looked into yet"

    with time_machine.travel(now() + timedelta(minutes=20)):
        assert watching.mailbox_state().says == "no worker looks into the mailbox, for 20 minutes"


@pytest.fixture
def start_worker(whole, inbox):
    """Start a worker as an operator does; it ends with the test whatever becomes of it."""
    started = []

    def start(*options):
        environment = {"CONVENE_INSTANCE": str(whole.settings.instance), "CONVENE_INBOX_URL": inbox.url}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "scheduler.cli", "worker", *options],
                cwd=HOUSE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **environment},
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_worker_until_idle_looks_once_and_one_that_goes_on_ends_when_it_is_told_to(inbox, start_worker):
    inbox.put(letter(1))
    once = start_worker("--until-idle")
    output, _ = once.communicate(timeout=PATIENCE)
    assert (once.returncode, kept()) == (0, [1]), output

    inbox.put(letter(2))
    goes_on = start_worker()
    wait_until(lambda: has_been_read("Letter 2"))
    goes_on.terminate()
    output, _ = goes_on.communicate(timeout=PATIENCE)

    assert goes_on.returncode == 0, output
    assert PASSWORD not in output
