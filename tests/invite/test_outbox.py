"""The outbox and a mail server that says no, later, or nothing; what organisers may hold, stop and send again."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy import select

from scheduler import organisers
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import AuditEntry, Invitation, MessageState, Method, OutboxMessage, Plan, Session, WorkerBeat
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser, keep
from tests.conftest import BOTH
from tests.invite.plans import a_plan
from tests.invite.postbox import AFTER_DOT, GOODBYE, GREETED, open_postbox

GONE = "550 5.1.1 no such person here"
LATER = "450 4.2.0 greylisted, come back"


@pytest.fixture
def postbox(app):
    with open_postbox() as postbox:
        send_to(app, postbox.url)
        yield postbox


def send_to(app, smtp_url):
    app.settings = app.settings.model_copy(update={"smtp_url": smtp_url})


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def session(programme):
    return a_session(an_event(programme, title="Workshop 1"), "2027-03-23 09:30")


def publish(programme, *placements, hold=False):
    return publishing.publish(a_plan(programme, placements), by=None, hold=hold)


def published(programme, session, people=1, **given):
    """One invitation for each of so many people, queued."""
    publish(programme, *((a_pair(programme, manager=None), session) for _ in range(people)), **given)
    return messages()


def messages():
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def states():
    return [message.state.value for message in messages()]


def make_due():
    db.session.execute(sa.update(OutboxMessage).values(due_at=now()))
    db.session.commit()


def test_what_arrives_is_byte_for_byte_what_was_stored_and_goes_to_its_one_reader(programme, session, postbox):
    queued = published(programme, session, people=3)

    assert outbox.send_due() == 3

    assert postbox.arrived == [(message.to_address, message.body) for message in queued]
    assert {(m.state, m.tries, m.error) for m in messages()} == {(MessageState.SENT, 1, "")}
    assert all(message.sent_at and message.data_at for message in messages())


def test_without_a_mail_server_each_message_is_one_file_in_the_mail_folder(app, programme, session, tmp_path):
    queued = published(programme, session, people=2)

    outbox.send_due()

    assert [(tmp_path / m.file).read_bytes() for m in messages()] == [m.body for m in queued]


def test_a_refused_recipient_fails_at_once_with_the_servers_words_and_holds_up_nobody(programme, session, postbox):
    wrong = published(programme, session, people=3)[1].to_address
    postbox.rcpt_says = lambda address: GONE if address == wrong else "250 OK"

    assert outbox.send_due() == 2

    assert states() == ["sent", "failed", "sent"]
    assert messages()[1].error == GONE
    assert outbox.send_due() == 0


def test_many_messages_share_a_connection_though_some_are_refused(programme, session, postbox):
    queued = [message.to_address for message in published(programme, session, people=6)]
    rcpt_says, data_says = {queued[1]: GONE, queued[2]: LATER}, {queued[4]: "554 5.7.1 not wanted"}
    postbox.rcpt_says = lambda address: rcpt_says.get(address, "250 OK")
    postbox.data_says = lambda address: data_says.get(address, "250 OK")

    outbox.send_due()

    assert states() == ["sent", "failed", "waiting", "sent", "failed", "sent"]
    assert [m.to_address for m in messages() if m.state is MessageState.SENT] == postbox.recipients
    assert (postbox.reached[GREETED], postbox.reached[GOODBYE]) == (1, 1)


@pytest.mark.parametrize("enough", ["421 4.7.0 too many messages", "452 4.5.3 too many messages", ""])
def test_a_server_that_ends_a_connection_gets_the_next_message_on_another_at_once(programme, session, postbox, enough):
    queued = published(programme, session, people=5)
    postbox.carries, postbox.enough = 2, enough

    assert outbox.send_due() == 5

    assert postbox.arrived == [(message.to_address, message.body) for message in queued]
    assert {(m.state, m.tries, m.error) for m in messages()} == {(MessageState.SENT, 1, "")}
    assert postbox.reached[GREETED] == 3


def test_after_an_answer_that_was_missing_the_next_message_goes_on_a_new_connection(programme, session, postbox):
    published(programme, session, people=2)
    postbox.hangs_up = True
    postbox.when[(AFTER_DOT, 2)] = lambda: setattr(postbox, "hangs_up", False)

    assert outbox.send_due() == 1

    assert states() == ["uncertain", "sent"]
    assert postbox.reached[GREETED] == 2


def test_a_message_refused_after_the_dot_has_not_left(programme, session, postbox):
    published(programme, session)
    postbox.data_says = lambda address: "554 5.7.1 not wanted"

    outbox.send_due()

    (message,) = messages()
    assert (message.state, message.data_at) == (MessageState.FAILED, None)


def test_a_later_is_tried_again_after_growing_pauses_for_a_day_and_then_given_up(app, programme, session, postbox):
    postbox.rcpt_says = lambda address: LATER
    with time_machine.travel(now(), tick=False) as clock:
        published(programme, session)
        pauses = []
        while states() == ["waiting"]:
            assert outbox.send_due() == 0
            (message,) = messages()
            assert message.error == LATER
            pauses.append(message.due_at - now())
            assert outbox.send_due() == 0  # nothing is tried before it is due
            assert messages()[0].tries == len(pauses)
            clock.shift(pauses[-1])

    minutes = [pause // timedelta(minutes=1) for pause in pauses[:9]]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    assert states() == ["failed"]
    assert timedelta(days=1) < sum(pauses, timedelta()) < timedelta(days=2)


def test_a_mail_server_that_is_away_is_tried_for_four_days_as_it_is_no_fault_of_the_message(app, programme, session):
    with socket.create_server(("127.0.0.1", 0)) as ends_soon:
        port = ends_soon.getsockname()[1]
    send_to(app, f"smtp://127.0.0.1:{port}")
    with time_machine.travel(now(), tick=False) as clock:
        published(programme, session)
        begun = now()
        while states() == ["waiting"]:
            outbox.send_due()
            clock.move_to(messages()[0].due_at)

        assert timedelta(days=4) < now() - begun < timedelta(days=4, hours=5)
    assert states() == ["failed"]


def test_what_was_held_for_days_is_given_a_day_of_tries_from_its_release(app, programme, session, postbox):
    postbox.rcpt_says = lambda address: LATER
    with time_machine.travel(now(), tick=False) as clock:
        published(programme, session, hold=True)
        clock.shift(timedelta(days=10))
        outbox.release(programme, by=None)

        outbox.send_due()

        assert states() == ["waiting"]


@BOTH
def test_messages_leave_evenly_spaced_however_many_send_at_once(app, programme, session, postbox):
    app.settings = app.settings.model_copy(update={"mail_per_minute": 300})
    published(programme, session, people=6)

    def send():
        with app.app_context():
            outbox.send_due()

    threads = [threading.Thread(target=send, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    taken = sorted(message.claimed_at for message in messages())
    assert states() == ["sent"] * 6
    assert min(later - earlier for earlier, later in pairwise(taken)) >= timedelta(seconds=0.2)


@pytest.mark.parametrize("where", ["rcpt_says", "data_says"])
def test_a_later_for_one_holds_up_nobody_and_arrives_in_the_end(programme, session, postbox, where):
    first, second = (message.to_address for message in published(programme, session, people=2))
    setattr(postbox, where, lambda address: LATER if address == first else "250 OK")
    outbox.send_due()
    assert states() == ["waiting", "sent"]
    setattr(postbox, where, lambda address: "250 OK")
    make_due()

    assert outbox.send_due() == 1

    assert postbox.recipients == [second, first]
    assert messages()[0].error == ""


def test_a_mail_server_that_is_away_is_named_and_everything_waits(app, programme, session):
    with socket.create_server(("127.0.0.1", 0)) as ends_soon:
        port = ends_soon.getsockname()[1]
    send_to(app, f"smtp://user:secret@127.0.0.1:{port}")
    published(programme, session)

    outbox.send_due()

    (message,) = messages()
    assert (message.state, message.error) == (MessageState.WAITING, f"127.0.0.1:{port}: Connection refused")


@pytest.mark.parametrize("taken", [True, False])
def test_where_the_last_answer_is_missing_the_same_bytes_are_sent_again(programme, session, postbox, taken):
    (queued,) = published(programme, session)
    postbox.hangs_up, postbox.takes = True, taken
    outbox.send_due()
    (message,) = messages()
    assert (message.state, message.error) == (MessageState.UNCERTAIN, outbox.PERHAPS_SENT)
    assert message.due_at > now()
    postbox.hangs_up = False
    make_due()

    outbox.send_due()

    assert postbox.arrived == [(queued.to_address, queued.body)] * (2 if taken else 1)
    assert (messages()[0].state, messages()[0].error) == (MessageState.SENT, outbox.PERHAPS_TWICE)


def test_what_may_have_arrived_stays_so_whatever_later_tries_say(programme, session, postbox):
    published(programme, session)
    postbox.hangs_up = True
    outbox.send_due()
    postbox.hangs_up = False
    for says, state in ((LATER, MessageState.UNCERTAIN), (GONE, MessageState.FAILED)):
        postbox.rcpt_says = lambda address, says=says: says
        make_due()
        outbox.send_due()
        assert messages()[0].state is state

    gone = publish(programme).changes

    assert gone.cancellations == 1
    assert messages()[-1].method is Method.CANCEL


@BOTH
def test_a_cancellation_waits_behind_its_invitation(programme, session, postbox):
    published(programme, session)
    postbox.hangs_up = True
    outbox.send_due()
    publish(programme)
    postbox.hangs_up = False

    assert outbox.send_due() == 0
    assert states() == ["uncertain", "waiting"]

    make_due()
    assert outbox.send_due() == 2
    assert [b'method="REQUEST"' in body for _, body in postbox.arrived[-2:]] == [True, False]


@BOTH
@pytest.mark.parametrize(("says", "state"), [(GONE, "failed"), (LATER, "withdrawn")])
def test_no_cancellation_leaves_where_the_invitation_did_not(app, programme, session, postbox, says, state):
    published(programme, session)
    postbox.rcpt_says = lambda address: says

    # The plan is taken back at the very moment the server is about to refuse the invitation.
    def take_it_back():
        with app.app_context():
            publishing.publish(db.session.get(Plan, nothing), by=None)

    nothing = a_plan(programme).id
    postbox.when[("RCPT", 1)] = take_it_back
    outbox.send_due()
    postbox.rcpt_says = lambda address: "250 OK"
    make_due()
    outbox.send_due()

    assert states() == [state, "withdrawn"]
    assert messages()[1].error == outbox.NOTHING_TO_CANCEL
    assert postbox.arrived == []


def test_an_invitation_that_could_not_leave_before_a_newer_was_written_is_left_out(app, programme, session, postbox):
    plan = a_plan(programme, [(a_pair(programme, manager=None), session)])
    publishing.publish(plan, by=None)
    plan_id, session_id = plan.id, session.id
    postbox.rcpt_says = lambda address: LATER

    def move_it():
        with app.app_context():
            db.session.get(Session, session_id).ends_at += timedelta(hours=1)
            db.session.flush()
            publishing.publish(db.session.get(Plan, plan_id), by=None)

    postbox.when[("RCPT", 1)] = move_it
    outbox.send_due()
    postbox.rcpt_says = lambda address: "250 OK"
    make_due()
    outbox.send_due()

    assert states() == ["withdrawn", "sent"]
    assert messages()[0].error == outbox.OVERTAKEN


def test_held_messages_wait_until_they_are_released_and_stopped_ones_are_held(programme, session, postbox):
    organiser = an_organiser(programme)
    published(programme, session, people=2, hold=True)
    assert outbox.send_due() == 0
    assert outbox.release(programme, by=organiser) == 2
    assert outbox.stop(programme, by=organiser) == 2
    assert outbox.send_due() == 0

    assert outbox.release(programme, by=organiser, only=messages()[1].id) == 1

    assert outbox.send_due() == 1
    assert states() == ["held", "sent"]
    done = db.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)).all()
    assert done[-3:] == ["messages.released", "messages.stopped", "messages.released"]


def test_stopping_one_programme_leaves_another_alone(programme, session, postbox):
    published(programme, session)
    other = a_programme()
    published(other, a_session(an_event(other), "2027-03-23 09:30"))

    outbox.stop(programme, by=None)

    assert outbox.send_due() == 1
    assert states() == ["held", "sent"]


def test_a_message_sent_again_is_the_same_message(programme, session, postbox):
    published(programme, session)
    outbox.send_due()

    assert outbox.send_again(messages()[0], by=None)
    outbox.send_due()

    assert postbox.arrived[0] == postbox.arrived[1]
    assert len(messages()) == 1
    assert (messages()[0].state, messages()[0].error) == (MessageState.SENT, "")


def test_only_the_last_word_on_a_date_may_be_sent_again(programme, session, postbox):
    pair = a_pair(programme, manager=None)
    plan = a_plan(programme, [(pair, session)])
    publishing.publish(plan, by=None)
    outbox.send_due()
    session.ends_at += timedelta(hours=1)
    db.session.commit()
    publishing.publish(plan, by=None)
    outbox.send_due()

    assert [outbox.may_go_again(message) for message in messages()] == [False, True]
    assert not outbox.send_again(messages()[0], by=None)
    assert states() == ["sent", "sent"]


def test_what_was_sent_again_though_uncertain_is_still_uncertain(programme, session, postbox):
    published(programme, session)
    postbox.hangs_up = True
    outbox.send_due()

    outbox.send_again(messages()[0], by=None)

    assert states() == ["uncertain"]
    assert messages()[0].due_at <= now()


def test_a_log_in_link_does_not_wait_behind_invitations(programme, session, postbox):
    published(programme, session, people=3)
    organiser = an_organiser(programme)
    organisers.mail_log_in_link(organiser.email)

    outbox.send_due()

    assert postbox.recipients[0] == organiser.email


def test_a_message_written_under_another_key_fails_and_holds_up_nobody(app, programme, session, postbox):
    published(programme, session, people=2)
    key = app.config["SECRET_KEY"]
    first = messages()[0]
    app.config["SECRET_KEY"] = "another key" * 5
    app.extensions.pop("convene-seal")
    first.body = b"sealed with it"
    db.session.commit()
    app.config["SECRET_KEY"] = key
    app.extensions.pop("convene-seal")

    outbox.send_due()

    assert states() == ["failed", "sent"]
    assert messages()[0].error == outbox.UNREADABLE


@BOTH
def test_what_a_dead_worker_had_in_hand_waits_again_or_may_have_arrived(programme, session, postbox):
    published(programme, session, people=3)
    dead = keep(WorkerBeat(name="vm/w-1", started_at=now() - timedelta(hours=2), beat_at=now() - timedelta(hours=1)))
    hours_ago = {"state": MessageState.SENDING, "claimed_by": dead.name, "claimed_at": now() - timedelta(hours=1)}
    before, after, living = (message.id for message in messages())
    alive = keep(WorkerBeat(name="vm/w-2", started_at=now() - timedelta(hours=2), beat_at=now()))
    for message, more in ((before, {}), (after, {"data_at": now()}), (living, {"claimed_by": alive.name})):
        values = hours_ago | more
        db.session.execute(sa.update(OutboxMessage).where(OutboxMessage.id == message).values(**values))
    db.session.commit()

    assert outbox.lies_waiting(since=now() - timedelta(minutes=1))
    assert outbox.recover() == 2

    assert states() == ["waiting", "uncertain", "sending"]


@BOTH
def test_a_publication_and_a_worker_at_the_same_moment_never_disagree(app, programme, session, postbox):
    """Whoever is first: what left is cancelled, what was taken back has not left."""
    pairs = [a_pair(programme) for _ in range(4)]
    publish(programme, *((pair, session) for pair in pairs))
    nothing, failures = a_plan(programme).id, []

    def take_it_back():
        try:
            with app.app_context():
                publishing.publish(db.session.get(Plan, nothing), by=None)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=take_it_back, daemon=True)
    postbox.when[(AFTER_DOT, 3)] = thread.start
    outbox.send_due()
    thread.join(60)
    make_due()
    outbox.send_due()

    assert failures == []
    by_uid = {}
    for message in messages():
        by_uid.setdefault(message.uid, []).append((message.method.value, message.state.value))
    told = [("REQUEST", "sent"), ("CANCEL", "sent")]
    assert {tuple(said) for said in by_uid.values()} <= {tuple(told), (("REQUEST", "withdrawn"),)}
    assert by_uid[messages()[2].uid] == told
    assert all(db.session.scalars(select(Invitation.cancelled_at)))
