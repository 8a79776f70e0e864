"""``convene run``, ``convene web`` and ``convene worker``: the processes that serve."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click
import sqlalchemy as sa

from scheduler import create_app
from scheduler.config import SettingRefused, Settings, load_settings

if TYPE_CHECKING:
    from scheduler import Convene

THREADS = 8
MOST_BYTES = 32 * 1024 * 1024
"""What the server takes at all, so that no upload fills the disk; the pages refuse less, in words."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a worker that died is started again

log = logging.getLogger(__name__)


class CannotStart(click.ClickException):
    """What keeps a process from starting, in one line."""

    exit_code = 2


@click.command()
def run() -> None:
    """Serve the pages and do the background work, until Ctrl-C."""
    _log_to_stderr()
    with _ended_by_signals(), _start_refused_in_one_line():
        settings, listening = _listen(load_settings())
        app = create_app(settings)
        with app.app_context():
            _ready_database(app)
            _demo_if_empty()
        with a_worker_beside(settings):
            _say_where_to_go(app, with_links=True)
            _serve(app, listening)


@click.command()
def web() -> None:
    """Serve the pages alone: run `convene worker` beside it."""
    _log_to_stderr()
    with _ended_by_signals(), _start_refused_in_one_line():
        settings, listening = _listen(load_settings())
        app = create_app(settings)
        with app.app_context():
            _ready_database(app)
        _say_where_to_go(app, with_links=False)
        _serve(app, listening)


@click.command()
@click.option("--until-idle", is_flag=True, help="Work off what is queued, then end.")
@click.option("--name", help="What this worker is called; each on this machine has another name.")
@click.option("--leashed", is_flag=True, hidden=True, help="End when standard input is closed.")
def worker(until_idle: bool, name: str | None, leashed: bool) -> None:
    """Do the background work: make plans, send mail. As many workers as wanted may share a database."""
    from scheduler import background, heartbeats
    from scheduler.worker import run as work

    _log_to_stderr()
    if name is not None and not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 30):
        raise click.BadParameter("use up to 30 letters, digits and hyphens.", param_hint="--name")
    stop = threading.Event()
    if leashed:
        threading.Thread(target=_stop_when_let_go, args=(stop,), daemon=True).start()
    with _start_refused_in_one_line():
        app = create_app()
        with app.app_context():
            _ready_database(app)
        try:
            work(app, name=name, until_idle=until_idle, stop=stop)
        except heartbeats.NameTaken:
            raise CannotStart(f"A worker named {name} is running already. Give this one another --name.") from None
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
            code = process.wait()
            if self._ending.is_set():
                return
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


def _listen(settings: Settings) -> tuple[Settings, socket.socket]:
    """Take the port before anything else is done, and put the one that PORT=0 was given into the settings."""
    host, port = settings.host, settings.port
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=1024)
    except socket.gaierror:
        raise CannotStart(f"HOST: there is no address {host} on this machine. For example: 127.0.0.1") from None
    except OSError as error:
        raise CannotStart(f"PORT: cannot listen on {host}:{port} ({_plainly(error)}). For example: PORT=8001") from None
    return settings.model_copy(update={"port": listening.getsockname()[1]}), listening


def _plainly(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _serve(app: Convene, listening: socket.socket) -> None:
    from waitress import create_server

    server = create_server(
        app,
        sockets=[listening],
        threads=THREADS,
        ident=None,
        max_request_body_size=MOST_BYTES,
        url_scheme="https" if app.settings.origin.startswith("https://") else "http",
    )
    # Returns on SystemExit, once the requests under way are answered.
    server.run()
    server.close()


def _ready_database(app: Convene) -> None:
    """Migrate SQLite; on PostgreSQL, which others may be using, only see that it was done."""
    from scheduler import upgrading

    if sa.make_url(app.settings.database).get_backend_name() == "sqlite":
        upgrading.upgrade()
    elif not upgrading.up_to_date():
        raise CannotStart("The database is older than this version of Convene. Run: convene db upgrade")


def _demo_if_empty() -> None:
    """Create the demo programme where there is no programme yet."""
    from scheduler.extensions import db
    from scheduler.models import Programme

    if db.session.scalar(sa.select(sa.exists().select_from(Programme))):
        return
    from scheduler import demo

    click.echo("Creating the demo programme. This takes a few seconds.")
    demo.create_demo()


def _say_where_to_go(app: Convene, *, with_links: bool) -> None:
    settings = app.settings
    click.echo(f"Convene is at {settings.origin}")
    if settings.base_url is not None:
        click.echo(f"  It listens on:            {settings.host}:{settings.port}")
    # Links are keys: they are printed only where nobody else can use or read them, on one's own machine.
    if with_links and settings.base_url is None and settings.host in LOOPBACK:
        from scheduler.cli import programmes as links

        with app.app_context():
            fresh = links.fresh_links()
        click.echo(f"  Log in as the organiser:  {fresh['organiser']}")
        for participant in fresh["participants"][:1]:
            click.echo(f"  Answer as a participant:  {participant['url']}")
        click.echo("  These links again:        convene links")
    if settings.smtp_url is None:
        click.echo(f"  Mail is written to:       {settings.mail_folder}")
    click.echo("Press Ctrl-C to stop.")


@contextmanager
def _start_refused_in_one_line() -> Iterator[None]:
    try:
        yield
    except SettingRefused as error:
        raise CannotStart(str(error)) from None
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise CannotStart(f"CONVENE_DATABASE_URL: the database cannot be used ({reason}).") from None
    except PermissionError as error:
        raise CannotStart(f"CONVENE_INSTANCE: cannot write to {error.filename} ({_plainly(error)}).") from None


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM and Ctrl-C into an orderly end with exit status 0."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    yield


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a page that waits its turn is no news
