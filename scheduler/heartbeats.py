"""Which workers live: a name each, stable over restarts and unique among the living, and a row they renew."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from scheduler import locks
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import WorkerBeat
from scheduler.transaction import transaction

LOST_AFTER = timedelta(seconds=30)
"""A worker that was not heard of for so long is taken for dead. Clocks of machines must agree better than this."""

_FORGOTTEN_AFTER = timedelta(days=1)
_process_began = now()


class NameTaken(Exception):
    """Another living worker of this instance has the name."""


@contextmanager
def claimed_name(instance: Path, wanted: str | None = None) -> Iterator[str]:
    """Hold a worker's name while inside: the ``wanted`` one, else the first free of worker-1, worker-2 and so on.

    A worker that is started again thus gets its old name, and with it the jobs it left. Machine and instance folder
    are part of the name, so that it is unique in a database that many machines share. Raises NameTaken.
    """
    host = socket.gethostname()[:50]
    place = f"{host}-{zlib.crc32(str(instance).encode()):08x}"
    with ExitStack() as lock:
        for name in [wanted] if wanted else (f"worker-{number}" for number in count(1)):
            try:
                lock.enter_context(locks.held(instance / f"{name}.lock"))
            except locks.Locked:
                continue
            yield f"{place}/{name}"
            return
    raise NameTaken(wanted)


def first_beat(worker: str, version: str) -> datetime:
    """Say that a worker has started; the moment returned tells it from an earlier one of its name."""
    started = now()
    with transaction() as tx:
        tx.execute(sa.delete(WorkerBeat).where(WorkerBeat.beat_at < started - _FORGOTTEN_AFTER))
        tx.merge(WorkerBeat(name=worker, started_at=started, beat_at=started, version=version))
    return started


def beat(worker: str, started: datetime) -> bool:
    """Say that a worker lives; False where another has taken its name since."""
    mine = WorkerBeat.name == worker, WorkerBeat.started_at == started
    with transaction() as tx:
        renewed = tx.scalar(sa.update(WorkerBeat).where(*mine).values(beat_at=now()).returning(WorkerBeat.name))
    return renewed is not None


def living(lost_after: timedelta = LOST_AFTER) -> set[str]:
    """The names of the workers heard of lately."""
    return set(db.session.scalars(sa.select(WorkerBeat.name).where(WorkerBeat.beat_at >= now() - lost_after)))


def latest(most: int = 20) -> list[WorkerBeat]:
    """The workers heard of within a day, the latest first."""
    return list(db.session.scalars(sa.select(WorkerBeat).order_by(WorkerBeat.beat_at.desc()).limit(most)))


def gone(
    worker: sa.SQLColumnExpression[str | None], since: sa.SQLColumnExpression[datetime | None]
) -> sa.ColumnElement[bool]:
    """The condition that whoever took a row (two columns: by whom, when) no longer works at it.

    Either that worker was not heard of lately, or one of its name has started after the row was taken.
    """
    still_at_it = sa.exists().where(
        WorkerBeat.name == worker, WorkerBeat.beat_at >= now() - LOST_AFTER, WorkerBeat.started_at <= since
    )
    return ~still_at_it


def worker_down_since() -> datetime | None:
    """When the last worker was heard of, if that is too long ago to believe that one lives; else None.

    Where none was ever heard of it is the start of this process, and a worker that starts with it gets its time.
    """
    last = db.session.scalar(sa.select(sa.func.max(WorkerBeat.beat_at))) or _process_began
    return last if last < now() - LOST_AFTER else None
