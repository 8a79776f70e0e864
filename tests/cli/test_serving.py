"""``convene run``, ``web`` and ``worker`` as an operator meets them: real processes on a real port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from scheduler import create_app, locks, upgrading
from scheduler.config import Settings
from scheduler.extensions import db
from tests.builders import a_programme

HOUSE = Path(__file__).parent.parent.parent
PATIENCE = 60


class Command:
    """A ``convene`` process on a test's instance."""

    def __init__(self, instance: Path, *arguments: str, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scheduler.cli", *arguments],
            cwd=HOUSE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CONVENE_INSTANCE": str(instance), **settings},
        )

    def end(self, number: signal.Signals | None = None) -> tuple[int, str, str]:
        """Exit status, output and errors once it has ended, by a signal or by itself."""
        if number is not None:
            self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output, errors


Start = Callable[..., Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start commands on the test's instance, which are gone after the test whatever becomes of it."""
    started: list[Command] = []

    def start(*arguments: str, **settings: str) -> Command:
        started.append(Command(tmp_path, *arguments, **settings))
        return started[-1]

    yield start
    for command in started:
        if command.process.poll() is None:
            for child in psutil.Process(command.process.pid).children(recursive=True):
                child.kill()
            command.process.kill()
            command.process.communicate()


@pytest.fixture
def served(tmp_path: Path, start: Start) -> Command:
    """``convene run`` on an instance that has a programme, once it answers and its worker works."""
    app = create_app(Settings(instance=tmp_path))
    with app.app_context():
        upgrading.upgrade()
        a_programme()
        db.engine.dispose()
    command = start("run", PORT="0", CONVENE_BASE_URL="https://convene.example")
    port = port_of(command)
    wait_until(lambda: answers(port) and worker_lives(tmp_path))
    return command


def port_of(command: Command) -> int:
    """The port that a command says it listens on."""
    assert command.process.stdout is not None
    for line in command.process.stdout:
        if "listens on" in line:
            return int(line.rpartition(":")[2])
    raise AssertionError("it ended before it listened")


def answers(port: int) -> bool:
    """Whether a web server answers on a port, whatever it says."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def page_at(url: str) -> int:
    """The status of a page."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:  # noqa: S310 (a link of ours)
        return int(response.status)


def worker_of(command: Command) -> psutil.Process | None:
    """The worker process beside a ``convene run``, if there is one."""
    children = psutil.Process(command.process.pid).children()
    return children[0] if children else None


def worker_lives(instance: Path) -> bool:
    """Whether any process is the first worker of an instance."""
    try:
        with locks.held(instance / "worker-1.lock"):
            return False
    except locks.Locked:
        return True


def wait_until(what: Callable[[], bool]) -> None:
    """Wait for something another process does; a test that waits in vain fails."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def test_the_first_start_makes_the_demo_and_prints_links_that_open_until_ctrl_c(start, tmp_path):
    command = start("run", PORT="0")
    said = list(iter(command.process.stdout.readline, "Press Ctrl-C to stop.\n"))
    links = {what.strip(): url.strip() for what, _, url in (line.partition(": ") for line in said) if "://" in url}

    assert [page_at(links[who]) for who in ("Log in as the organiser", "Answer as a participant")] == [200, 200]

    wait_until(lambda: worker_lives(tmp_path))
    code, _, errors = command.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in errors
    assert not worker_lives(tmp_path)


def test_run_ends_in_order_when_it_is_told_to(served, tmp_path):
    code, _, errors = served.end(signal.SIGTERM)

    assert code == 0
    assert "Traceback" not in errors
    assert not worker_lives(tmp_path)


@pytest.mark.long
def test_run_starts_another_worker_when_one_dies(served):
    first = worker_of(served)

    first.kill()

    wait_until(lambda: worker_of(served) not in (None, first))
    assert served.process.poll() is None


@pytest.mark.long
def test_the_worker_goes_when_run_is_killed(served, tmp_path):
    served.end(signal.SIGKILL)

    wait_until(lambda: not worker_lives(tmp_path))


def test_a_port_that_is_taken_is_said_in_one_line(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, output, errors = start("run", PORT=str(port)).end()

    expected = f"Error: PORT: cannot listen on 127.0.0.1:{port} (address already in use). For example: PORT=8001\n"
    assert (code, output, errors) == (2, "", expected)


@pytest.mark.parametrize("command", ["run", "worker"])
def test_a_setting_that_cannot_be_used_is_said_in_one_line(start, command):
    code, output, errors = start(command, CONVENE_TIME_ZONE="Europe/Londn").end()

    assert (code, output) == (2, "")
    assert errors == "Error: CONVENE_TIME_ZONE: there is no such time zone. For example: Europe/London\n"


def test_a_database_that_cannot_be_reached_is_said_in_one_line_without_its_password(start):
    with socket.create_server(("127.0.0.1", 0)) as ends_soon:
        port = ends_soon.getsockname()[1]
    address = f"postgresql://convene:secret@127.0.0.1:{port}/convene"

    code, output, errors = start("worker", CONVENE_DATABASE_URL=address).end()

    assert (code, output) == (2, "")
    assert errors.startswith("Error: CONVENE_DATABASE_URL: the database cannot be used")
    assert len(errors.splitlines()) == 1
    assert "secret" not in errors


def test_an_older_database_on_postgresql_is_left_for_its_operator_to_migrate(start, postgresql_url):
    code, _, errors = start("web", PORT="0", CONVENE_DATABASE_URL=postgresql_url).end()

    assert code == 2
    assert errors == "Error: The database is older than this version of Convene. Run: convene db upgrade\n"


@pytest.mark.long
def test_two_processes_that_start_at_once_on_nothing_migrate_once(start):
    both = [start("worker", "--until-idle"), start("worker", "--until-idle")]

    for command in both:
        code, _, errors = command.end()
        assert code == 0, errors


def test_a_worker_name_that_no_file_may_have_is_refused(start):
    code, _, errors = start("worker", "--name", "../x").end()

    assert code == 2
    assert errors.splitlines()[-1] == "Error: Invalid value for --name: use up to 30 letters, digits and hyphens."


def test_a_second_worker_of_a_name_is_refused_in_one_line(start, tmp_path):
    with locks.held(tmp_path / "mail.lock"):
        code, _, errors = start("worker", "--name", "mail").end()

    assert code == 2
    assert errors == "Error: A worker named mail is running already. Give this one another --name.\n"


@pytest.mark.long
def test_a_proxy_named_in_the_settings_is_believed_by_the_server_that_runs(start):
    command = start(
        "web", PORT="0", CONVENE_TRUSTED_PROXIES="127.0.0.1", CONVENE_BASE_URL="https://convene.example"
    )  # fmt: skip
    port = port_of(command)

    one, other = ([guessed(port, sender) for _ in range(61)] for sender in ("192.0.2.1", "192.0.2.2"))

    assert one == other == [404] * 60 + [429]


def guessed(port: int, sender: str) -> int:
    """The status of a wrong link, asked for through a proxy that names the sender."""
    headers = {"Host": "convene.example", "X-Forwarded-For": f"203.0.113.9, {sender}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/calendar/guess.ics", headers=headers)
    try:
        urllib.request.urlopen(request, timeout=PATIENCE).close()  # noqa: S310 (a server of ours)
    except urllib.error.HTTPError as answer:
        return answer.code
    return 200
