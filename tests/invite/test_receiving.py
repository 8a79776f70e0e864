"""Mail is kept before it is read, and read once, whatever dies in between."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from scheduler import create_app
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.invite import receiving
from scheduler.models import Effect, ReceivedMessage, Reply
from tests.conftest import BOTH
from tests.invite.inbox import a_reply, answer_of, invited, receive


@BOTH
def test_what_was_kept_and_not_read_is_read_later_and_once(app):
    ana, _ = invited()
    kept = receiving.keep(a_reply(ana))
    before = answer_of(ana), db.session.get(ReceivedMessage, kept.id).effect

    read = receiving.read_waiting(), receiving.read_waiting()

    assert before == ("needs-action", None)
    assert (read, answer_of(ana)) == ((1, 0), "accepted")


@BOTH
def test_a_copy_of_a_message_that_was_never_read_is_read(app):
    ana, _ = invited()
    raw = a_reply(ana)
    receiving.keep(raw)

    received = receive(raw)

    assert received.effect is Effect.ACCEPTED
    assert db.session.query(ReceivedMessage).one().copies == 2


@BOTH
def test_the_bytes_are_kept_as_they_came(app):
    raw = bytes(range(256)) * 40

    kept = receiving.keep(raw)

    db.session.expire_all()
    assert db.session.get(ReceivedMessage, kept.id).raw == raw


@BOTH
def test_one_message_that_comes_by_eight_ways_at_once_is_one_answer(app):
    ana, _ = invited()
    raw = a_reply(ana, "DECLINED")
    effects = []

    def deliver():
        with app.app_context():
            effects.append(receiving.receive(raw).effect)
            db.session.remove()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(effects) == 8
    assert set(effects) <= {Effect.DECLINED, Effect.DUPLICATE, Effect.HELD}
    assert answer_of(ana) == "declined"
    assert db.session.query(ReceivedMessage).one().copies == 8
    assert db.session.query(Reply).count() == 1


@BOTH
def test_many_answers_to_one_invitation_at_once_end_with_the_last(app):
    ana, _ = invited()
    mails = [a_reply(ana, ("ACCEPTED", "DECLINED")[n % 2]) for n in range(8)]
    mails[5] = a_reply(ana, "TENTATIVE", stamp="DTSTAMP:20991231T000000Z\n".replace("2099", "2098"))

    def deliver(raw):
        with app.app_context():
            receiving.receive(raw)
            db.session.remove()

    threads = [threading.Thread(target=deliver, args=(raw,)) for raw in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    history = db.session.query(Reply).order_by(Reply.stamp.desc(), Reply.id.desc()).all()
    assert len(history) == 8
    assert answer_of(ana) == history[0].answer.value == ana.partstat.value


def test_a_message_that_takes_its_reader_down_again_and_again_is_read_no_more(app):
    ana, _ = invited()
    kept = receiving.keep(a_reply(ana))
    for _ in range(receiving.MOST_TRIES):
        receiving._begin(kept.id)  # and then the process dies

    received = receiving.read(kept.id)

    assert (received.effect, received.why) == (Effect.HELD, receiving.UNREADABLE)
    assert receiving.read_waiting() == 0


def test_while_the_database_is_away_a_message_is_not_taken(app):
    ana, _ = invited()
    raw = a_reply(ana)
    db.session.execute(sa.text("ALTER TABLE received_message RENAME TO away"))
    db.session.commit()

    with pytest.raises(sa.exc.SQLAlchemyError):
        receiving.receive(raw)
    db.session.rollback()
    db.session.execute(sa.text("ALTER TABLE away RENAME TO received_message"))
    db.session.commit()

    assert receiving.receive(raw).effect is Effect.ACCEPTED


def test_a_message_that_is_kept_is_taken_even_where_it_cannot_be_read_yet(app):
    ana, _ = invited()
    raw = a_reply(ana)
    db.session.execute(sa.text("ALTER TABLE reply RENAME TO away"))
    db.session.commit()

    received = receiving.receive(raw)
    db.session.execute(sa.text("ALTER TABLE away RENAME TO reply"))
    db.session.commit()

    assert "read later" in received.why
    assert (receiving.read_waiting(), answer_of(ana)) == (1, "accepted")


def test_what_was_kept_under_another_signing_key_is_held(app, tmp_path):
    ana, _ = invited()
    kept = receiving.keep(a_reply(ana))
    db.session.remove()

    other = create_app(Settings(instance=tmp_path, secret_key="another key, long enough to be taken for one"))
    with other.app_context():
        received = receiving.read(kept.id)
        db.session.remove()
        db.engine.dispose()

    assert (received.effect, received.why) == (Effect.HELD, receiving.OTHER_KEY)


def test_the_highest_uid_of_a_mailbox_is_known_under_its_validity(app):
    place = receiving.MailboxPlace
    for n, mailbox in enumerate((place(5, 1), place(5, 4_000_000_000), place(6, 7))):
        receiving.receive(b"Message-ID: <%d@x.example>\n\nhello" % n, mailbox=mailbox)

    assert [receiving.last_uid(validity) for validity in (5, 6, 7)] == [4_000_000_000, 7, None]
