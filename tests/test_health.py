"""What ``/readyz`` and ``convene doctor`` say: each thing broken in turn is named, alone, and well again after."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from click.testing import CliRunner

from scheduler import background, create_app, health, heartbeats
from scheduler.cli import main
from scheduler.clock import now
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import MessageState, OutboxMessage
from scheduler.transaction import transaction
from scheduler.upgrading import upgrade
from tests.builders import a_programme, an_organiser, keep
from tests.web.page import Visitor

ALL = ["database", "migrations", "worker", "queue", "mail", "disk"]


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """A whole copy with a living worker, at a moment that moves only when told to."""
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))
    app = create_app(Settings(instance=tmp_path))
    with app.app_context():
        upgrade()
        heartbeats.first_beat("vm/worker-1", "1")
        yield app
        db.session.remove()
        db.engine.dispose()


def wrong(app) -> dict[str, str]:
    """What /readyz says is wrong; doctor must say the same, in the same words."""
    db.session.commit()
    answer = app.test_client().get("/readyz")
    said = CliRunner().invoke(main, ["doctor", "--json"])
    checks = {each["check"]: each for each in json.loads(said.stdout)["checks"]}
    found = answer.json["wrong"]
    assert answer.status_code == (503 if found else 200)
    assert found == {name: checks[name]["says"] for name in ALL if name in checks and not checks[name]["well"]}
    assert not [secret for secret in (str(app.settings.instance), "vm/worker-1", "ann@") if secret in answer.text]
    return dict(found)


def a_message(**values) -> OutboxMessage:
    given = {"queued_at": now(), "due_at": now(), "state": MessageState.WAITING, **values}
    number = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage))
    return keep(
        OutboxMessage(
            kind="ask", to_address="ann@trust.example", subject="Dates", body=b"", message_id=f"<{number}@t>", **given
        )
    )


def ago(**time) -> datetime:
    return now() - timedelta(**time)


def test_a_whole_copy_is_ready(instance) -> None:
    assert wrong(instance) == {}
    assert [found.check for found in health.findings()] == ALL


def test_a_database_that_takes_no_writes(instance) -> None:
    db.session.execute(sa.text("ALTER TABLE rate_window RENAME TO gone"))
    assert wrong(instance) == {"database": "does not answer or takes no writes"}

    db.session.execute(sa.text("ALTER TABLE gone RENAME TO rate_window"))
    assert wrong(instance) == {}


def test_a_database_of_another_version(instance) -> None:
    version = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    assert list(wrong(instance)) == ["migrations"]

    db.session.execute(sa.text("UPDATE alembic_version SET version_num = :was"), {"was": version})
    assert wrong(instance) == {}


def test_a_dead_worker(instance) -> None:
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        assert wrong(instance) == {"worker": "none was heard of in the last 30 seconds. Start one: convene worker"}

    assert wrong(instance) == {}


def test_mail_that_could_leave_and_does_not(instance) -> None:
    message = a_message(due_at=ago(minutes=20))
    assert wrong(instance) == {"queue": "mail has been due for 20 minutes and none is being sent"}

    message.claimed_at = now()
    assert wrong(instance) == {}


def test_background_work_that_nobody_takes(instance) -> None:
    with transaction():
        background.enqueue("send-mail")
    assert wrong(instance) == {}

    with time_machine.travel(now() + timedelta(minutes=21), tick=False):
        heartbeats.first_beat("vm/worker-1", "1")
        assert wrong(instance) == {"queue": "background work has waited for 21 minutes"}


def test_a_mail_server_that_takes_nothing(instance) -> None:
    message = a_message(
        tries=4, queued_at=ago(minutes=8), due_at=now() + timedelta(hours=1), error="connection refused"
    )
    assert wrong(instance) == {"mail": "none has left for 8 minutes though it was tried. See: convene outbox"}

    a_message(state=MessageState.SENT, sent_at=now())
    assert wrong(instance) == {}
    assert message.state is MessageState.WAITING


def test_a_message_that_is_tried_for_over_four_hours(instance) -> None:
    message = a_message(tries=2, queued_at=ago(hours=4, minutes=1), due_at=ago(hours=-1))
    assert wrong(instance) == {"mail": "1 message tried for over 4 hours without leaving. See: convene outbox"}

    message.state = MessageState.SENT
    assert wrong(instance) == {}


def test_one_that_waits_to_be_released_is_no_trouble(instance) -> None:
    a_message(state=MessageState.HELD, queued_at=ago(days=3), due_at=ago(days=3))

    assert wrong(instance) == {}


def test_a_disk_without_room(instance, monkeypatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 2**60)

    assert wrong(instance) == {"disk": f"less than {2**40:,} MB are free where Convene writes"}


def test_a_check_that_hangs_is_said_in_time_and_not_begun_again(instance) -> None:
    let_go, begun = threading.Event(), []

    def hang() -> str:
        begun.append(1)
        let_go.wait(30)
        return "at last"

    answers = [health._Asked.begin("disk", hang).answer(0.05) for _ in range(3)]
    let_go.set()

    assert [(found.well, found.says) for found in answers] == [(False, "no answer within 0.05 seconds")] * 3
    assert begun == [1]


def test_asking_leaves_nothing_in_the_database(instance) -> None:
    health.findings()

    assert db.session.scalar(sa.text("SELECT count(*) FROM rate_window")) == 0


def test_home_says_after_four_hours_whose_mail_has_not_left(instance) -> None:
    programme = a_programme()
    values = {"programme_id": programme.id, "to_name": "Ann Lee", "tries": 3, "due_at": ago(hours=-1)}
    a_message(**values, queued_at=ago(hours=3))
    late = "Mail to 1 person has been tried for over 4 hours"

    home = f"/programmes/{programme.slug}"
    before = Visitor(instance).log_in(an_organiser(programme)).get(home).text
    a_message(**values, queued_at=ago(hours=5))
    after = Visitor(instance).log_in(an_organiser(programme)).get(home).text

    assert late not in before
    assert late in after


def test_the_banner_is_there_two_minutes_after_the_worker_stopped(instance) -> None:
    programme = a_programme()
    organiser = Visitor(instance).log_in(an_organiser(programme))
    address = f"/programmes/{programme.slug}"
    before = organiser.get(address).response.text
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        after = organiser.get(address).response.text

    assert "Background work has stopped" not in before
    assert "Background work has stopped since" in after


def test_the_system_page_says_what_doctor_says_and_names_neither_host_nor_path(instance):
    a_message(due_at=now() - timedelta(hours=1))
    organiser = Visitor(instance).log_in(an_organiser(a_programme()))

    page = organiser.get("/system")

    checks = {row[0].lower(): (row[1], row[2]) for row in page.table("Checks")[1:]}
    assert checks == {each.check: ("Well" if each.well else "Not well", each.says) for each in health.findings()}
    assert [row[0] for row in page.table("Workers heard of within a day")[1:]] == ["worker-1"]
    assert "Messages that could leave 1, the oldest since" in page.text
    assert "vm/worker" not in page.html
    assert str(instance.settings.instance) not in page.html
