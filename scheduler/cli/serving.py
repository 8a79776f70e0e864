"""``convene run``, ``convene web`` and ``convene worker``: the processes that serve."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
import sqlalchemy as sa

from scheduler.cli.context import Refused, application, printable
from scheduler.config import SettingRefused, Settings, load_settings

if TYPE_CHECKING:
    from scheduler import Convene

THREADS = 8
MOST_BYTES = 32 * 1024 * 1024
"""What the server takes at all, so that no upload fills the disk; the pages refuse less, in words."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a worker that died is started again

log = logging.getLogger(__name__)


@click.command()
def run() -> None:
    """Serve the pages and do the background work, until Ctrl-C."""
    _log_to_stderr()
    _end_on_signals()
    settings, listening = _listen()
    with application(settings) as app:
        _demo_if_empty()
        links = _links_to_try(settings)
    with a_worker_beside(settings):
        _say_where_to_go(settings, links)
        _serve(app, listening)


@click.command()
def web() -> None:
    """Serve the pages alone: run `convene worker` beside it."""
    _log_to_stderr()
    _end_on_signals()
    settings, listening = _listen()
    with application(settings) as app:
        pass
    _say_where_to_go(settings, {})
    _serve(app, listening)


@click.command()
@click.option("--until-idle", is_flag=True, help="Work off what is queued, then end.")
@click.option("--name", help="What this worker is called; each on this machine has another name.")
@click.option("--leashed", is_flag=True, hidden=True, help="End when standard input is closed.")
def worker(until_idle: bool, name: str | None, leashed: bool) -> None:
    """Do the background work: make plans, send mail. As many workers as wanted may share a database."""
    _log_to_stderr()
    if name is not None and not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 30):
        raise click.BadParameter("use up to 30 letters, digits and hyphens.", param_hint="--name")
    stop = threading.Event()
    if leashed:
        threading.Thread(target=_stop_when_let_go, args=(stop,), daemon=True).start()
    from scheduler import background, heartbeats
    from scheduler.worker import run as work

    with application() as app:
        pass
    try:
        work(app, name=name, until_idle=until_idle, stop=stop)
    except heartbeats.NameTaken:
        raise Refused(f"A worker named {name} is running already. Give this one another --name.") from None
    if background.running():
        # Jobs that outlast the grace are the next worker's; their threads would keep this process for ever.
        logging.shutdown()
        os._exit(0)


@contextmanager
def a_worker_beside(settings: Settings) -> Iterator[None]:
    """Keep a worker process while inside: started again when it dies, ended and waited for on leaving.

    The worker ends when its standard input is closed, so it also goes when this process is killed.
    """
    keeper = _WorkerKeeper({**os.environ, "PORT": str(settings.port)})
    keeper.start()
    try:
        yield
    finally:
        keeper.end()


class _WorkerKeeper(threading.Thread):
    """Starts a worker, and another when it dies."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._environment = environment
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        pause = FIRST_PAUSE
        while (process := self._start_worker()) is not None:
            began = time.monotonic()
            code = process.wait()
            if self._ending.is_set():
                return
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            log.warning("The worker ended by itself (%d); another starts in %.0f s", code, pause)
            self._ending.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def end(self) -> None:
        """End the worker once its jobs are done; at once when told to end a second time meanwhile."""
        self._ending.set()
        with self._lock:
            process = self._worker
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()
        except (SystemExit, OSError):
            process.kill()
            process.wait()

    def _start_worker(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ending.is_set():
                return None
            # A session of its own, or Ctrl-C at the terminal would reach the worker past this process.
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "scheduler.cli", "worker", "--leashed"],
                stdin=subprocess.PIPE,
                start_new_session=True,
                env=self._environment,
            )
            return self._worker


def _stop_when_let_go(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


def _listen() -> tuple[Settings, socket.socket]:
    """The settings, and the port taken before anything else is done: with PORT=0 the settings say which it became."""
    try:
        settings = load_settings()
    except SettingRefused as error:
        raise Refused(str(error)) from None
    host, port = settings.host, settings.port
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=1024)
    except socket.gaierror:
        raise Refused(f"HOST: there is no address {printable(host)} on this machine. For example: 127.0.0.1") from None
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else str(error)
        raise Refused(f"PORT: cannot listen on {host}:{port} ({why}). For example: PORT=8001") from None
    return settings.model_copy(update={"port": listening.getsockname()[1]}), listening


def _serve(app: Convene, listening: socket.socket) -> None:
    from waitress import create_server

    server = create_server(
        app,
        sockets=[listening],
        threads=THREADS,
        ident=None,
        max_request_body_size=MOST_BYTES,
        clear_untrusted_proxy_headers=False,  # whose word counts is for web.proxies to say
        url_scheme="https" if app.settings.origin.startswith("https://") else "http",
    )
    # Returns on SystemExit, once the requests under way are answered.
    server.run()
    server.close()


def _demo_if_empty() -> None:
    """Create the demo programme where there is no programme yet."""
    from scheduler.extensions import db
    from scheduler.models import Programme

    if db.session.scalar(sa.select(sa.exists().select_from(Programme))):
        return
    from scheduler import demo

    click.echo("Creating the demo programme. This takes a few seconds.")
    demo.create_demo()


def _links_to_try(settings: Settings) -> dict[str, str]:
    """An organiser's and a participant's link, but only where nobody else can use them: on one's own machine."""
    from scheduler.cli.programmes import fresh_links
    from scheduler.collect.progress import collections_of, left_by_person
    from scheduler.extensions import db
    from scheduler.models import Person, Programme

    programme = db.session.scalar(sa.select(Programme).order_by(Programme.id).limit(1))
    if programme is None or settings.base_url is not None or settings.host not in LOOPBACK:
        return {}
    # Who has most left to answer has most to try.
    left = left_by_person(collections_of(programme))
    most = max(left, key=lambda person: (left[person], -person), default=None)
    found = fresh_links(programme.slug, db.session.get_one(Person, most).email if most else None)
    participant = next((each["url"] for each in found["participants"]), None)
    links = {"Log in as the organiser": found["organiser"], "Answer as a participant": participant}
    return {what: url for what, url in links.items() if url}


def _say_where_to_go(settings: Settings, links: dict[str, str]) -> None:
    click.echo(f"Convene is at {settings.origin}")
    lines = dict(links)
    if links:
        lines["These links again"] = f"{_this_command()} links"
    if settings.base_url is not None:
        lines["It listens on"] = f"{settings.host}:{settings.port}"
    if settings.smtp_url is None:
        lines["Mail is written to"] = str(settings.mail_folder)
    for what, value in lines.items():
        click.echo(f"  {what + ':':<25} {value}")
    click.echo("Press Ctrl-C to stop.")


def _this_command() -> str:
    """How this program is called from here: it need not be on the path."""
    called = Path(sys.argv[0])
    if called.name != "convene":
        return "convene"
    return (
        str(called.relative_to(Path.cwd()))
        if called.is_absolute() and called.is_relative_to(Path.cwd())
        else str(called)
    )


def _end_on_signals() -> None:
    """Turn SIGTERM and Ctrl-C into an orderly end with exit status 0."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a page that waits its turn is no news
