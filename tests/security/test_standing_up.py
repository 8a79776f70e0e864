"""What holds while many write, something is broken, too much is sent, or a secret is near (abuse cases D5, D6, I3,
O1, O5)."""

from __future__ import annotations

import io
import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from scheduler import Convene, background, create_app, heartbeats
from scheduler.cli import main
from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.config import SettingRefused, Settings, load_settings, secret_key_of
from scheduler.extensions import db
from scheduler.invite import outbox
from scheduler.models import Availability, MessageState, OutboxMessage, Programme
from scheduler.upgrading import upgrade
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, an_organiser, keep
from tests.web.page import Visitor

PEOPLE, SAVES = 30, 4
LETTER = (
    b"From: a@b.example\r\nTo: a@b.example\r\nSubject: Dates\r\nDate: Tue, 12 Jan 2027 10:00:00 +0000\r\n"
    b"Message-ID: <0@convene.example>\r\n\r\nHello\r\n"
)


def test_thirty_people_save_while_the_worker_writes_and_not_one_answer_is_lost(app: Convene) -> None:
    background.prepare()
    programme = a_programme()
    pairs = [a_pair(programme) for _ in range(PEOPLE // 2)]
    sessions = [a_session(an_event(programme)).id for _ in range(SAVES)]
    for n in range(40):
        keep(
            OutboxMessage(
                programme_id=programme.id, kind="ask", to_address="a@b.example", subject="Dates",
                body=LETTER.replace(b"<0@", b"<%d@" % n), message_id=f"<{n}@convene.example>",
            )
        )  # fmt: skip
    addresses = [page_url(person).removeprefix(app.settings.origin) for pair in pairs for person in pair.people]
    db.session.commit()
    together = threading.Barrier(PEOPLE + 1)

    def save_all(address: str) -> list[int]:
        with app.app_context():
            visitor = Visitor(app)
            together.wait()
            by_script = {"headers": {"X-Requested-With": "fetch"}, "rules": False}
            return [visitor.post(address, {f"date-{each}": "yes"}, **by_script).status for each in sessions]

    def send_all() -> int:
        with app.app_context():
            together.wait()
            return outbox.send_due()

    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        sent = pool.submit(send_all)
        statuses = [status for found in pool.map(save_all, addresses) for status in found]

    assert statuses == [200] * PEOPLE * SAVES
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Availability)) == PEOPLE * SAVES
    assert sent.result() == 40
    assert set(db.session.scalars(sa.select(OutboxMessage.state))) == {MessageState.SENT}


def test_a_save_waits_for_another_program_that_holds_the_database(app: Convene, visitor: Visitor) -> None:
    programme = a_programme()
    session = a_session(an_event(programme)).id
    address = page_url(a_pair(programme).director).removeprefix(app.settings.origin)
    db.session.commit()
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(app.settings.instance / "convene.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(1)
            let_go.set()
            other.rollback()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    page = visitor.post(address, {f"date-{session}": "yes"})
    waited = let_go.is_set()
    holder.join()

    assert page.said.startswith("Saved")
    assert waited
    assert db.session.scalars(sa.select(Availability)).one().session_id == session


def test_every_connection_to_sqlite_is_durable_and_waits_its_turn(app: Convene) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000, "foreign_keys": 1}

    with db.engine.connect() as one, db.engine.connect() as other:
        for connection in (one, other):
            read = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert read == wanted


def test_a_lost_database_is_said_by_readyz_alone(app: Convene, visitor: Visitor) -> None:
    heartbeats.first_beat("vm/worker-1", "1")
    db.session.remove()
    db.engine.dispose()
    (app.settings.instance / "convene.sqlite").unlink()
    (app.settings.instance / "convene.sqlite").mkdir()

    alive, ready = visitor.client.get("/healthz"), visitor.client.get("/readyz")

    assert (alive.status_code, alive.json) == (200, {"status": "ok"})
    assert (ready.status_code, list(ready.json["wrong"])) == (503, ["database"])
    (app.settings.instance / "convene.sqlite").rmdir()


def test_a_dead_worker_is_said_by_readyz(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path))
    with app.app_context():
        upgrade()
        beat = heartbeats.first_beat("vm/worker-1", "1")
        well = app.test_client().get("/readyz")
        db.session.execute(sa.text("UPDATE worker_beat SET beat_at = '2020-01-01', started_at = '2020-01-01'"))
        db.session.commit()
        ill = app.test_client().get("/readyz")

        assert beat
        assert (well.status_code, well.json) == (200, {"status": "ok", "wrong": {}})
        assert (ill.status_code, list(ill.json["wrong"])) == (503, ["worker"])
        assert str(tmp_path) not in ill.text
        db.engine.dispose()


@pytest.mark.parametrize("field", ["note", "comment"])
def test_a_text_longer_than_a_form_may_be_is_refused(app: Convene, visitor: Visitor, field: str) -> None:
    address = page_url(a_person(a_programme())).removeprefix(app.settings.origin)

    page = visitor.post(address, {"do": "note", field: "x" * 3_000_000})

    assert page.status == 413
    assert "MB" in page.text


def test_an_upload_of_too_many_bytes_or_parts_is_refused_and_says_the_limit(app: Convene, programme: Programme) -> None:
    organiser = Visitor(app).log_in(an_organiser(programme))
    address = f"/programmes/{programme.slug}/people/import"

    large = organiser.post(address, {"file": (io.BytesIO(b"x" * 11 * 1024 * 1024), "people.csv")})
    many = organiser.post(address, {f"f{n}": (io.BytesIO(b"x"), f"{n}.csv") for n in range(10_001)}, rules=False)

    assert (large.status, many.status) == (413, 413)
    assert "10 MB" in large.text


def test_the_key_is_for_its_owners_eyes_and_refused_once_others_can_read_it(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    key = secret_key_of(settings)
    kept = tmp_path / "secret-key"

    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(key) >= 32
    kept.chmod(0o644)
    with pytest.raises(SettingRefused, match="others can read"):
        secret_key_of(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONVENE_SMTP_URL", "smtp://user:hunter2-hunter2@"),
        ("CONVENE_SMTP_URL", "ftp://user:hunter2-hunter2@mail.example"),
        ("CONVENE_SMTP_URL", "smtp://user:hunter2-hunter2@mail.example:99999"),
        ("CONVENE_DATABASE_URL", "mysql://user:hunter2-hunter2@host/name"),
        ("CONVENE_BROKER_URL", "amqp://user:hunter2-hunter2@host"),
        ("CONVENE_INBOX_URL", "pop3://user:hunter2-hunter2@host"),
        ("CONVENE_SECRET_KEY", "hunter2-hunter2"),
        ("CONVENE_BASE_URL", "https://user:hunter2-hunter2@host"),
    ],
)
def test_a_setting_that_is_refused_is_named_and_its_password_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))
    monkeypatch.setenv(name, value)

    said = CliRunner().invoke(main, ["links"])

    assert said.exit_code != 0
    assert name in said.output
    assert "hunter2" not in said.output


def test_a_mail_server_that_is_not_there_costs_no_password(
    app: Convene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = "smtp://user:hunter2-hunter2@127.0.0.1:1"
    monkeypatch.setattr(app, "settings", app.settings.model_copy(update={"smtp_url": url}))
    message = keep(
        OutboxMessage(
            kind="ask", to_address="a@b.example", subject="Dates", message_id="<1@convene.example>", due_at=now(),
            body=LETTER,
        )
    )  # fmt: skip

    outbox.send_due()

    db.session.refresh(message)
    assert message.state is MessageState.WAITING
    assert message.error
    assert "hunter2" not in message.error + caplog.text + repr(app.settings)


def test_settings_never_show_their_secrets_when_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "hunter2-" * 5
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONVENE_SECRET_KEY", secret)
    monkeypatch.setenv("CONVENE_SMTP_URL", f"smtp://user:{secret}@mail.example")
    monkeypatch.setenv("CONVENE_DATABASE_URL", f"postgresql+psycopg://user:{secret}@host/name")
    monkeypatch.setenv("CONVENE_BROKER_URL", f"postgresql+psycopg://user:{secret}@host/name")
    monkeypatch.setenv("CONVENE_INBOX_URL", f"imaps://user:{secret}@host/INBOX")

    settings = load_settings()

    assert secret not in repr(settings) + str(settings) + repr(settings.mail_server)
