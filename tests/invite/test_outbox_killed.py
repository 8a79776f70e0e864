"""Workers killed with -9 while they send, and several at once: each message arrives once, and if twice, as one."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import select

from scheduler import background
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import MessageState, OutboxMessage
from scheduler.transaction import transaction
from tests.builders import a_pair, a_programme, a_session, an_event
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.invite.forked_sender import Senders
from tests.invite.plans import a_plan
from tests.invite.postbox import AFTER_DOT, GOODBYE, GREETED, RECIPIENT, SENDER, Postbox, open_postbox
from tests.invite.sender import PATIENCE, ended, start_sender

# How many workers are killed while how many mails leave: few in every run, a hundred in `make test-long`.
KILLS_AND_MAILS = [
    pytest.param(8, 40, id="8 kills"),
    pytest.param(100, 300, id="100 kills", marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
]
SEED = int(os.environ.get("KILL_SEED", "1"))  # other moments: KILL_SEED=2


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as postbox:
        yield postbox


@pytest.fixture
def queued(app):
    """A publication just committed: six invitations that wait, with the job that sends them."""
    return published(pairs=3)


def published(pairs):
    programme = a_programme()
    session = a_session(an_event(programme), "2027-03-23 09:30")
    publishing.publish(a_plan(programme, [(a_pair(programme), session) for _ in range(pairs)]), by=None)
    return messages()


def messages():
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def work_off(app, postbox, kills):
    """Start a sender again and again until one ends by itself; each of ``kills`` ends one, with -9."""
    senders, started = Senders(app, postbox.url), []
    # It waits for the mail server's answer in this moment, so it never hears of it.
    postbox.when = dict.fromkeys(kills, lambda: os.kill(started[-1], signal.SIGKILL))
    while True:
        started.append(senders.start())
        if senders.ended_by() == 0:
            senders.close()
            return len(started)


@BOTH_AT_LENGTH
def test_a_worker_killed_before_and_between_messages_sends_each_exactly_once(app, queued, postbox):
    kills = [(GREETED, 1), (SENDER, 3), (RECIPIENT, 4), (GOODBYE, 1)]

    workers = work_off(app, postbox, kills)

    assert workers == len(kills) + 1
    assert sorted(postbox.recipients) == sorted(message.to_address for message in queued)
    assert {(m.state, m.error) for m in messages()} == {(MessageState.SENT, "")}


@pytest.mark.parametrize(("database", "taken"), [("sqlite", True), ("postgresql", False)], indirect=["database"])
def test_a_worker_killed_after_the_dot_may_send_again_but_the_same_bytes_and_says_so(app, queued, postbox, taken):
    postbox.takes = taken

    work_off(app, postbox, [(AFTER_DOT, 2), (AFTER_DOT, 5)])

    times = Counter(postbox.message_ids)
    sure, unsure = [m for m in messages() if not m.error], [m for m in messages() if m.error]
    assert {m.error for m in unsure} == {outbox.PERHAPS_TWICE}
    assert len(unsure) == 2
    assert [times[m.message_id] for m in sure] == [1] * 4
    assert [times[m.message_id] for m in unsure] == [2 if taken else 1] * 2
    assert len(set(postbox.arrived)) == 6
    assert {m.state for m in messages()} == {MessageState.SENT}


@pytest.mark.long
def test_a_worker_killed_while_it_writes_to_the_folder_is_followed_by_one_that_writes_the_rest_once(app, tmp_path):
    queued = published(pairs=30)
    process = start_sender(app)
    wait_for(lambda: len(list((tmp_path / "mail").glob("*.eml"))) >= 14, process)
    process.kill()

    assert not ended(process)
    assert ended(start_sender(app))

    written = [path.read_bytes() for path in (tmp_path / "mail").iterdir()]
    assert sorted(written) == sorted(message.body for message in queued)
    assert {(m.state, m.error) for m in messages()} == {(MessageState.SENT, "")}
    assert {tmp_path / m.file for m in messages()} == set((tmp_path / "mail").iterdir())


@pytest.mark.parametrize(("kills", "mails"), KILLS_AND_MAILS)
def test_a_sender_killed_at_random_moments_loses_nothing_and_sends_twice_only_inside_data(app, postbox, kills, mails):
    queued = published(pairs=mails // 2)
    chance, killed = Random(SEED), 0
    senders = Senders(app, postbox.url)
    begun = time.monotonic()
    for nth in range(kills):
        # On a machine so busy that this thread comes late, no sender gets past the mail that its kill belongs to.
        postbox.most = (nth + 1) * mails // kills
        sender = senders.start()
        # One kill to every few mails, at any point of the way that one of them takes.
        while len(postbox.arrived) < nth * mails // kills:
            time.sleep(0.001)
        one_takes = (time.monotonic() - begun) / (len(postbox.arrived) + 1)
        time.sleep(chance.uniform(0, one_takes))
        os.kill(sender, signal.SIGKILL)
        killed += senders.ended_by() == signal.SIGKILL
    postbox.most = None
    senders.start()
    ended = senders.ended_by()
    senders.close()

    times = Counter(postbox.message_ids)
    twice = {message_id for message_id, number in times.items() if number > 1}
    unsure = {m.message_id for m in messages() if m.error == outbox.PERHAPS_TWICE}
    assert (killed, ended) == (kills, 0)
    assert {m.state for m in messages()} == {MessageState.SENT}
    assert sorted(times) == sorted(m.message_id for m in queued)
    assert twice <= unsure
    assert {m.error for m in messages()} <= {"", outbox.PERHAPS_TWICE}
    assert len(set(postbox.arrived)) == mails  # a second copy is the first once more, byte for byte


def wait_for(what, process):
    deadline = time.monotonic() + PATIENCE
    while not what() and process.poll() is None:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


@pytest.mark.parametrize("database", ["postgresql", pytest.param("sqlite", marks=pytest.mark.long)], indirect=True)
def test_two_workers_at_once_send_each_message_once(app, postbox):
    queued = published(pairs=10)
    with transaction():
        for _ in range(3):
            background.enqueue("send-mail")
    postbox.wait_for = 3  # more than one worker sends at once

    both = [start_sender(app, postbox.url, name) for name in ("worker-1", "worker-2")]

    assert [ended(process) for process in both] == [True, True]
    assert sorted(postbox.message_ids) == sorted(message.message_id for message in queued)
    assert {(m.state, m.error, m.tries) for m in messages()} == {(MessageState.SENT, "", 1)}
    assert len({m.claimed_by for m in messages()}) == 2


@BOTH
def test_many_threads_sending_at_once_send_each_message_once(app, postbox):
    queued = published(pairs=10)
    app.settings = app.settings.model_copy(update={"smtp_url": postbox.url})
    start, sent = threading.Barrier(4), []

    def send():
        with app.app_context():
            start.wait(PATIENCE)
            sent.append(outbox.send_due())

    threads = [threading.Thread(target=send, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert sum(sent) == len(queued)
    assert sorted(postbox.message_ids) == sorted(message.message_id for message in queued)
    assert {(m.state, m.tries) for m in messages()} == {(MessageState.SENT, 1)}
