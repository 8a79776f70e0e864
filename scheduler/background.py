"""Background work, and the one module that knows its engine: DBOS (docs/decisions/0001).

The truth is in our own rows: a plan that is to be made, a message that is to be sent. A job carries no more than the
news of such a row to a worker, so a job may be lost, repeated or come late without harm: whoever does the work claims
its row first, and the worker's sweep brings back the news of rows that lie waiting.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session as DatabaseSession

from scheduler.extensions import db, tune_sqlite

if TYPE_CHECKING:
    from dbos import DBOSClient

    from scheduler import Convene

APPLICATION = "convene"
# Fixed, because the engine would else hash the code and leave jobs of an older version waiting for ever.
JOB_VERSION = "1"
MOST_LOSSES = 3
_UNFINISHED = ["ENQUEUED", "DELAYED", "PENDING"]
_DELETED_AT_ONCE = 1000
_LOOKED_AT = 1000
_AFTER_COMMIT = "background_after_commit"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does for the jobs of one name; ``at_once`` is the most of them that one worker runs together."""

    run: Callable[..., object]
    at_once: int = 1
    poll_seconds: float = 1.0


def prepare() -> None:
    """Make or migrate the engine's own tables; does nothing where they are right."""
    from dbos import DBOS

    _quieten()
    DBOS.migrate(_queue_url())


def enqueue(name: str, *args: str | int, key: str | int | None = None) -> None:
    """Queue a job in the caller's transaction: no commit, no job.

    Where the queue lies in a database of its own (CONVENE_BROKER_URL) the job is queued right after the commit; should
    that fail, the worker's sweep finds the row. A ``key`` names one job for good: queueing it again does nothing.
    """
    _queue(_job_id(name, key, 1) if key is not None else None, name, args)


def revive(name: str, *args: str | int, key: str | int) -> bool:
    """Queue a job again whose row is not done though no job of its key waits or runs; for sweeps.

    Returns False where the job was set aside because it took its worker down with it too often: not queued again.
    """
    earlier = _client().list_workflows(workflow_id_prefix=_job_id(name, key, ""), load_input=False, load_output=False)
    if any(job.status == "CANCELLED" for job in earlier):
        return False
    if not any(job.status in _UNFINISHED for job in earlier):
        turns = (int(job.workflow_id.rpartition(":")[2]) for job in earlier)
        _queue(_job_id(name, key, max(turns, default=0) + 1), name, args)
    return True


def idle() -> bool:
    """Whether no job waits or runs, on any worker."""
    return not _client().list_workflows(status=_UNFINISHED, limit=1, load_input=False, load_output=False)


def queued(name: str) -> int:
    """How many jobs of a name no worker has begun yet."""
    return len(_client().list_workflows(status=["ENQUEUED", "DELAYED"], name=name, load_input=False, load_output=False))


def number_waiting() -> int:
    """How many jobs no worker has begun yet, counted up to a thousand."""
    options: Any = {"load_input": False, "load_output": False}
    return len(_client().list_workflows(status=["ENQUEUED", "DELAYED"], limit=_LOOKED_AT, **options))


def oldest_waiting() -> datetime | None:
    """Since when the job waits that has waited longest of those of whose kind no worker has one; None if none does."""
    options: Any = {"load_input": False, "load_output": False}
    at_work = {job.name for job in _client().list_workflows(status="PENDING", **options)}
    waiting = _client().list_workflows(status=["ENQUEUED"], limit=_LOOKED_AT, **options)
    since = [job.created_at for job in waiting if job.name not in at_work and job.created_at is not None]
    return datetime.fromtimestamp(min(since) / 1000, UTC) if since else None


def take_over(living: Collection[str]) -> int:
    """Give the jobs of workers that are not among the ``living`` to those that are, and say how many.

    A job that lost its worker three times is set aside, since it may be what kills them.
    """
    given = 0
    for job in _client().list_workflows(status="PENDING", load_input=False, load_output=False):
        if job.executor_id in living:
            continue
        losses = (job.attributes or {}).get("losses", 0) + 1
        if losses >= MOST_LOSSES:
            log.error("Job %s lost its worker %d times and is set aside", job.workflow_id, losses)
            _client().cancel_workflow(job.workflow_id)
            continue
        log.warning("Job %s lost its worker %s and goes to another", job.workflow_id, job.executor_id)
        _client().update_workflow_attributes(job.workflow_id, {"losses": losses})
        _client().resume_workflow(job.workflow_id, queue_name=job.name)
        given += 1
    return given


def delete_finished(*, before: datetime) -> None:
    """Delete the engine's record of the jobs that ended before a moment; those set aside stay."""
    while True:
        ended = _client().list_workflows(
            status=["SUCCESS", "ERROR"],
            completed_before=before.isoformat(),
            limit=_DELETED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            _client().delete_workflows([job.workflow_id for job in ended])
        if len(ended) < _DELETED_AT_ONCE:
            return


def draining() -> bool:
    """Whether this worker was asked to end: a long job looks here and ends early, with its best so far."""
    return _here.draining.is_set()


def this_worker() -> str | None:
    """The name of the worker that this process is, as in ``heartbeats.living()``; None outside a worker."""
    return _here.worker


@contextmanager
def serving(app: Convene, tasks: Mapping[str, Task], *, worker: str, grace_seconds: int) -> Iterator[None]:
    """Run jobs in this process while inside; on leaving take no more, and wait for those that run.

    ``worker`` is stable over restarts and unique among the living. What still runs after ``grace_seconds`` is left to
    the next worker; ``running()`` then says how many.
    """
    from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

    _quieten()
    # An engine of its own: the engine's threads must not wait for connections behind the jobs they carry.
    with app.app_context():
        engine = _new_queue_engine()
    config = DBOSConfig(
        name=APPLICATION,
        system_database_engine=engine,
        executor_id=worker,
        application_version=JOB_VERSION,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
        scheduler_polling_interval_sec=3600.0,  # we schedule nothing
        notification_listener_polling_interval_sec=0.2,  # we notify nobody, but an ending worker waits this long
    )
    _here.draining.clear()
    _here.worker = worker
    DBOS(config=config)
    try:
        for name, task in tasks.items():
            DBOS.workflow(name=name)(_job(app, name, task))
        DBOS.listen_queues(list(tasks))
        with app.app_context():
            for name, task in tasks.items():
                _client().register_queue(
                    name,
                    worker_concurrency=task.at_once,
                    polling_interval_sec=task.poll_seconds,
                    application_name=APPLICATION,
                )
        DBOS.launch()
        yield
    finally:
        _here.draining.set()
        # The engine waits whole seconds, at least one: not where nothing is left to wait for.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=grace_seconds if _here.count else 0)
        engine.dispose()


def running() -> int:
    """How many jobs run in this process."""
    return _here.count


class _Here:
    """What this process is doing."""

    def __init__(self) -> None:
        self.worker: str | None = None
        self.draining = threading.Event()
        self.count = 0
        self._lock = threading.Lock()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        with self._lock:
            self.count += 1
        try:
            yield
        finally:
            with self._lock:
                self.count -= 1


_here = _Here()


def _job(app: Convene, name: str, task: Task) -> Callable[..., None]:
    def job(*args: Any) -> None:
        began = time.monotonic()
        with _here.one_more(), app.app_context():
            try:
                task.run(*args)
            except Exception:
                log.exception("Job %s failed", name)
                raise
        log.info("Job %s done in %.1f s", name, time.monotonic() - began)

    return job


def _job_id(name: str, key: str | int, turn: int | str) -> str:
    return f"{name}:{key}:{turn}"


def _queue(job_id: str | None, name: str, args: tuple[str | int, ...]) -> None:
    options: Any = {"workflow_name": name, "queue_name": name}
    if job_id is not None:
        options["workflow_id"] = job_id
    ours = db.session.connection()  # begins the transaction: one that never began tells nobody of its rollback
    if _queue_shares_our_database():
        _client().enqueue_in_transaction(ours, options, *args)
    else:
        db.session.info.setdefault(_AFTER_COMMIT, []).append((options, args))


@sa.event.listens_for(db.session, "after_commit")
def _queue_what_was_committed(session: DatabaseSession) -> None:
    if session.in_nested_transaction():
        return  # a deed within a deed: nothing is committed before the outer one is
    for options, args in session.info.pop(_AFTER_COMMIT, ()):
        try:
            _client().enqueue(options, *args)
        except sa.exc.DBAPIError:
            log.exception("Job %s could not be queued: the worker's sweep will find its row", options["queue_name"])


@sa.event.listens_for(db.session, "after_rollback")
def _forget_what_was_rolled_back(session: DatabaseSession) -> None:
    # Of a deed within a deed the news stays: without its row it is harmless, and the outer deed's must not go with it.
    if not session.in_nested_transaction():
        session.info.pop(_AFTER_COMMIT, None)


def _queue_url() -> str:
    settings = cast("Convene", current_app).settings
    return settings.broker_url or settings.database


def _queue_shares_our_database() -> bool:
    return make_url(_queue_url()) == db.engine.url


def _new_queue_engine() -> sa.Engine:
    engine = sa.create_engine(_queue_url(), pool_pre_ping=not _queue_url().startswith("sqlite"), hide_parameters=True)
    tune_sqlite(engine)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _without_waiting_for_the_disk(connection: Any, _: Any) -> None:
            # The news of a row may be lost in a power cut, as the row is not: half a dozen fewer waits a job.
            connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _client() -> DBOSClient:
    """The application's one client of the engine, made at first use: most requests queue nothing."""
    client: DBOSClient | None = current_app.extensions.get("convene_background")
    if client is None:
        from dbos import DBOSClient, DBOSPortableJSONSerializer

        _quieten()
        client = current_app.extensions["convene_background"] = DBOSClient(
            system_database_engine=db.engine if _queue_shares_our_database() else _new_queue_engine(),
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )
    return client


def _quieten() -> None:
    """Leave the console to our own lines: the engine's warnings go where all others go."""
    engine_log = logging.getLogger("dbos")
    engine_log.setLevel(logging.WARNING)
    if not engine_log.handlers:  # else it writes to the console by itself
        engine_log.addHandler(logging.NullHandler())
