"""A worker process with tasks of the tests' own: errands, each a row that is claimed as plans and mails are.

Started as ``python -m tests.errands INSTANCE DATABASE-URL NAME [until-idle]``; the database URL may be "-".
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from scheduler import Convene, background, create_app, worker
from scheduler.background import Task
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.transaction import transaction

HOUSE = Path(__file__).parent.parent
LOST_AFTER = timedelta(seconds=3)
errand = sa.Table(
    "errand",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("attempt", sa.Integer, default=0, nullable=False),
    sa.Column("effects", sa.Integer, default=0, nullable=False),
    sa.Column("done_by", sa.String(100)),
)


def add_errands(how_many: int) -> list[int]:
    """Make the table and so many rows, in the current application's database."""
    errand.create(db.engine, checkfirst=True)
    ids = list(range(1, how_many + 1))
    with transaction() as tx:
        tx.execute(errand.insert(), [{"id": n} for n in ids])
    return ids


def errands() -> list[sa.Row[tuple[int, int, int, str | None]]]:
    """All rows as they are now."""
    db.session.rollback()
    return list(db.session.execute(sa.select(errand).order_by(errand.c.id)))


def start_worker(app: Convene, name: str, *options: str) -> subprocess.Popen[str]:
    """Start a worker process on the application's database."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.errands", str(app.settings.instance), app.settings.database, name, *options],
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )


def _claim(number: int) -> int | None:
    with transaction() as tx:
        undone = (errand.c.id == number) & (errand.c.effects == 0)
        values = {"attempt": errand.c.attempt + 1}
        return tx.scalar(errand.update().where(undone).values(values).returning(errand.c.attempt))


def _finish(number: int, attempt: int) -> None:
    mine = (errand.c.id == number) & (errand.c.attempt == attempt)
    with transaction() as tx:
        done = {"effects": errand.c.effects + 1, "done_by": background.this_worker()}
        tx.execute(errand.update().where(mine).values(done))


def run_errand(number: int) -> None:
    """Do one errand at once."""
    attempt = _claim(number)
    if attempt is not None:
        _finish(number, attempt)


def run_long_errand(number: int, seconds: float) -> None:
    """Do one errand that takes its time."""
    attempt = _claim(number)
    if attempt is not None:
        time.sleep(seconds)
        _finish(number, attempt)


def run_long_first_errand(number: int, seconds: float) -> None:
    """Take long over the first attempt alone, so that whoever takes it over is quickly done."""
    attempt = _claim(number)
    if attempt is not None:
        time.sleep(seconds if attempt == 1 else 0)
        _finish(number, attempt)


def end_the_worker(number: int) -> None:
    """Take the worker down, as a job that eats all memory does."""
    _claim(number)
    os._exit(9)


def fail(number: int) -> None:
    """Fail with an exception that no serialiser knows."""

    class Unspeakable(Exception):
        def __init__(self) -> None:
            super().__init__(object(), f"errand {number}")

    raise Unspeakable


TASKS = {
    "errand": Task(run_errand, at_once=8, poll_seconds=0.1),
    "long": Task(run_long_errand, poll_seconds=0.1),
    "long-first": Task(run_long_first_errand, poll_seconds=0.1),
    "deadly": Task(end_the_worker, poll_seconds=0.1),
    "failing": Task(fail, poll_seconds=0.1),
}


def main(instance: str, database: str, name: str, *options: str) -> None:
    """Be a worker until told to end."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app = create_app(Settings(instance=Path(instance), database_url=database))
    worker.run(
        app,
        tasks=TASKS,
        sweep=lambda quiet_for: None,
        name=name,
        until_idle="until-idle" in options,
        lost_after=LOST_AFTER,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
