"""A real browser against the real server: Debian's Chromium, driven by Playwright, on a server of our own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from waitress.server import create_server

from scheduler import Convene, create_app
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import Pair
from tests.builders import a_pair, a_programme
from tests.journeys.watching import watched

PHONE = {"width": 375, "height": 812}
DESK = {"width": 1280, "height": 900}
TELEPHONE = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
NO_SCRIPTS = {"java_script_enabled": False}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The browser's program; without one the test says so loudly, and in CI fails."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    message = "NO BROWSER: install Chromium, nothing was tested in a browser"
    if os.environ.get("CI"):
        pytest.fail(message)
    warnings.warn(message, stacklevel=1)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_path: str) -> dict[str, Any]:
    """How pytest-playwright starts the browser: none of its own downloads, nothing asked of the network."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return {
        **browser_type_launch_args,
        "executable_path": browser_path,
        "args": ["--no-sandbox", "--disable-gpu", *quiet],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A British browser that is not in Britain: no page may lean on the clock of the machine."""
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "America/New_York", "viewport": DESK}


@dataclass
class Running:
    """A server that answers: where, and on which folder."""

    origin: str
    instance: Path
    app: Convene | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which any ``convene`` command is about this instance and makes links to this server."""
        return {**os.environ, "CONVENE_INSTANCE": str(self.instance), "PORT": self.origin.rpartition(":")[2]}

    @property
    def log_file(self) -> Path:
        """Where the processes of this instance write what they have to say."""
        return self.instance.with_name(f"{self.instance.name}.log")

    @property
    def log(self) -> str:
        """What the processes of this instance have said."""
        return self.log_file.read_text("utf-8", "replace")


@contextmanager
def serving(app: Convene) -> Iterator[Running]:
    """Serve an application of this process with the waitress of production.

    Its database is the test's own: builders and stage functions reach it beside the browser.
    """
    server = create_server(app, host="127.0.0.1", port=app.settings.port, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Running(app.settings.origin, app.settings.instance, app)
    finally:
        # In the thread of its loop: browsers keep connections open, and the loop ends with the last of them.
        server.trigger.pull_trigger(lambda: [part.close() for part in list(server._map.values())])
        thread.join(timeout=10)
    assert not thread.is_alive(), "the server of this test does not end"


@pytest.fixture
def serve() -> Iterator[Callable[[Convene], Running]]:
    """Serve applications until the test ends."""
    with ExitStack() as servers:
        yield lambda app: servers.enter_context(serving(app))


@pytest.fixture
def app(tmp_path: Path, database: str | None) -> Iterator[Convene]:
    """The application on a free port, its context pushed for builders; ``serve(app)`` puts it before a browser."""
    app = create_app(Settings(instance=tmp_path, database_url=database, PORT=free_port()))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def convene(*words: str, instance: Path, **settings: str) -> Iterator[Running]:
    """Run ``convene run`` (or other ``words``) as its users do, wait until it answers, and end it afterwards."""
    running = Running(f"http://127.0.0.1:{free_port()}", instance)
    with started(running, *(words or ("run",)), **settings) as process:
        wait_until(lambda: process.poll() is not None or answers(f"{running.origin}/healthz"), seconds=60)
        assert process.poll() is None, f"convene ended by itself:\n{running.log}"
        yield running


@contextmanager
def a_worker(running: Running, **settings: str) -> Iterator[None]:
    """Run ``convene worker`` beside a web server, and end it afterwards."""
    with started(running, "worker", **settings):
        yield


@contextmanager
def started(running: Running, *words: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A ``convene`` process on an instance; what it says goes to a file beside the instance."""
    with running.log_file.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "scheduler.cli", *words],
            env=running.environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(address: str) -> bool:
    """Whether an address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until(happened: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Wait for something to be true and give it back; fail where it never is."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, f"still not so after {seconds:.0f} seconds: {happened}"
        time.sleep(0.1)
    return found


Window = Callable[..., Page]


@pytest.fixture
def window(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Window]:
    """Open browsers that share nothing, each held to ``watching`` until the test ends: ``window(origin, **PHONE)``."""
    with ExitStack() as open_windows:

        def start(origin: str, **options: Any) -> Page:
            context = browser.new_context(**{**browser_context_args, **options})
            open_windows.callback(context.close)
            return open_windows.enter_context(watched(context, origin)).new_page()

        yield start


@pytest.fixture
def page(window: Window, app: Convene) -> Page:
    """A page of a browser on a desk."""
    return window(app.settings.origin)


@pytest.fixture
def phone(window: Window, app: Convene) -> Page:
    """A page on a telephone, 375 px wide, that is touched."""
    return window(app.settings.origin, **TELEPHONE)


@pytest.fixture
def without_scripts(window: Window, app: Convene) -> Page:
    """A page of a browser that runs no scripts."""
    return window(app.settings.origin, **NO_SCRIPTS)


@pytest.fixture
def served(app: Convene, serve: Callable[[Convene], Running]) -> Running:
    """The test's own app, served."""
    return serve(app)


@pytest.fixture
def pair(app: Convene) -> Pair:
    """A pair of a programme of its own."""
    return a_pair(a_programme())
