"""``convene publish`` and ``convene outbox``, as a script and a newcomer meet them."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from scheduler import create_app
from scheduler.cli import main
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Programme
from tests.builders import a_pair, a_session, an_event
from tests.invite.plans import a_plan

FIELDS = ["id", "kind", "to", "about", "state", "tries", "error", "queued_at", "sent_at", "message_id", "file"]
CALENDAR_FIELDS = ["uid", "sequence", "method"]


@pytest.fixture
def convene(tmp_path, monkeypatch):
    """The command, on an instance with a programme and one plan of one pair."""
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))

    def run(*words):
        return CliRunner().invoke(main, list(words))

    run("programme", "add", "leaders", "R&D leaders")
    return run


@pytest.fixture
def programme(convene, tmp_path):
    with create_app(Settings(instance=tmp_path)).app_context():
        found = db.session.scalars(select(Programme)).one()
        session = a_session(an_event(found, title="Workshop 1"), "2027-01-12 09:30")
        a_plan(found, [(a_pair(found), session)])
        yield found
        db.session.remove()
        db.engine.dispose()


def test_publish_says_how_many_messages_to_whom_and_the_second_time_none(convene, programme):
    first, second = convene("publish", "1"), convene("publish", "1", "--json")

    assert (first.exit_code, first.output) == (0, "Plan 1 is published: 2 messages to 2 people.\n")
    assert json.loads(second.output)["messages"] == 0


def test_outbox_is_empty_json_before_anything_was_written(convene):
    assert json.loads(convene("outbox", "--json").output) == {"messages": []}


def test_outbox_lists_each_message_as_the_contract_says(convene, programme, tmp_path):
    convene("publish", "1")
    outbox.send_due()

    sent = json.loads(convene("outbox", "--json").output)["messages"]

    assert [list(message) for message in sent] == [FIELDS + CALENDAR_FIELDS] * 2
    assert {(m["state"], m["method"], m["sequence"], m["tries"], m["error"]) for m in sent} == {
        ("sent", "REQUEST", 0, 1, None)
    }
    assert all((tmp_path / message["file"]).exists() for message in sent)
    assert all(datetime.fromisoformat(message["sent_at"]).tzinfo for message in sent)


def test_held_messages_are_listed_as_held_and_what_was_taken_back_is_not_listed(convene, programme):
    convene("publish", "1", "--hold")
    held = json.loads(convene("outbox", "--json").output)["messages"]
    publishing.publish(a_plan(programme), by=None)

    assert [message["state"] for message in held] == ["held", "held"]
    assert json.loads(convene("outbox", "--json").output) == {"messages": []}


def test_a_plan_that_is_not_there_is_wrong_use(convene, programme):
    refused = convene("publish", "7")

    assert (refused.exit_code, refused.stderr) == (2, "Error: There is no plan 7 in leaders.\n")


def test_a_plan_that_cannot_be_published_is_a_no(convene, programme):
    a_plan(programme, objective=None)

    refused = convene("publish", "2")

    assert (refused.exit_code, refused.stderr) == (1, "Plan 2 is not ready: there is nothing to publish yet.\n")
