"""``convene receive`` and ``convene replies``, as a mail server and a script meet them."""

from __future__ import annotations

import json
import sqlite3

import pytest
from click.testing import CliRunner

from scheduler import create_app
from scheduler.cli import main
from scheduler.config import Settings
from scheduler.extensions import db
from tests.invite.inbox import a_reply, form, invited

INVITATION = [
    "uid", "sequence", "event", "session", "start", "person", "email", "answer", "for_old_time", "given_by",
    "comment", "proposal", "delegated_to", "bounced", "cancelled",
]  # fmt: skip
HELD = ["id", "received_at", "from", "why", "uid"]


@pytest.fixture
def convene(tmp_path, monkeypatch):
    """The command, on an instance of its own."""
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))

    def run(*words, given=b""):
        return CliRunner().invoke(main, list(words), input=given)

    run("db", "upgrade")
    return run


@pytest.fixture
def ana(convene, tmp_path):
    """Ana's invitation."""
    with create_app(Settings(instance=tmp_path)).app_context():
        yield invited()[0]
        db.session.remove()
        db.engine.dispose()


def test_receive_says_what_a_message_did_and_replies_what_is_on_record(convene, ana):
    raw = a_reply(ana, "TENTATIVE", extra="COMMENT:Perhaps\n", **{"from": "pa@trust.example"})
    start = ana.starts_at.isoformat()

    received = convene("receive", "--json", given=raw)
    again = convene("receive", "--json", given=raw)
    listed = json.loads(convene("replies", "--json").output)

    assert (received.exit_code, again.exit_code) == (0, 0)
    assert json.loads(received.output) == {
        "effect": "tentative",
        "why": "Ana Costa tentatively accepted Workshop 1 on Tuesday 12 January, given by pa@trust.example. "
        "There is a note with it.",
        "uid": ana.uid,
    }
    assert json.loads(again.output)["effect"] == "duplicate"
    (hers,) = [each for each in listed["invitations"] if each["uid"] == ana.uid]
    assert list(hers) == INVITATION
    assert (hers["answer"], hers["given_by"], hers["comment"], hers["start"]) == (
        "tentative", "pa@trust.example", "Perhaps", start
    )  # fmt: skip
    assert (hers["for_old_time"], hers["bounced"], hers["cancelled"], hers["proposal"]) == (False, False, False, None)
    assert [each["answer"] for each in listed["invitations"]] == ["tentative", "needs-action"]


def test_what_is_held_is_listed_with_its_reason(convene, ana):
    convene("receive", given=a_reply(ana, attendee="a@alias.example"))

    (held,) = json.loads(convene("replies", "--json").output)["held"]

    assert list(held) == HELD
    assert (held["from"], held["uid"]) == ("ana.costa@trust.example", ana.uid)
    assert held["why"].startswith("a@alias.example, whom Convene does not know, answered Ana Costa's invitation")


def test_another_time_is_given_with_its_zone(convene, ana):
    convene("receive", given=form("gmail-other-time", ana))

    hers = next(each for each in json.loads(convene("replies", "--json").output)["invitations"] if each["proposal"])

    assert hers["proposal"] == {"start": "2027-01-19T09:30:00+00:00", "end": "2027-01-19T16:30:00+00:00"}


def test_a_person_reads_one_line_for_each(convene, ana):
    received = convene("receive", given=a_reply(ana, "DECLINED"))

    assert received.output == "declined: Ana Costa declined Workshop 1 on Tuesday 12 January.\n"
    assert (
        convene("replies").output.splitlines()[0].startswith("declined      ana.costa@trust.example  Workshop 1, 2027")
    )


def test_whatever_it_says_a_message_that_is_kept_ends_with_nought(convene, ana):
    for raw in (b"", b"\xff\x00" * 100, b"x" * 26 * 1024 * 1024):
        assert convene("receive", given=raw).exit_code == 0


def test_a_message_that_cannot_be_kept_ends_with_75_and_one_line(convene, ana, tmp_path):
    raw = a_reply(ana)
    db.session.remove()
    connection = sqlite3.connect(tmp_path / "convene.sqlite")
    connection.execute("ALTER TABLE received_message RENAME TO away")
    connection.commit()

    refused = convene("receive", "--json", given=raw)

    connection.execute("ALTER TABLE away RENAME TO received_message")
    connection.commit()
    connection.close()
    assert (refused.exit_code, refused.stdout) == (75, "")
    assert refused.stderr.count("\n") == 1
    assert "offered again" in refused.stderr
    assert json.loads(convene("receive", "--json", given=raw).output)["effect"] == "accepted"


def test_a_setting_that_cannot_be_used_makes_a_mail_server_try_again(convene, monkeypatch):
    monkeypatch.setenv("CONVENE_DATABASE_URL", "mysql://elsewhere/convene")

    assert convene("receive", given=b"x").exit_code == 75


def test_no_escape_sequence_of_a_sender_reaches_the_terminal(convene, ana):
    raw = a_reply(ana, attendee="a@alias.example", **{"from": "\x1b]0;x\x07a@alias.example"})

    said = convene("receive", given=raw).output + convene("replies").output

    assert "\x1b" not in said
