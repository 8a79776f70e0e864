"""The worker process: makes plans, sends mail, looks into the mailbox, and sweeps up what a dead worker left.

As many workers as wanted may share a database, on as many machines; each row is claimed by one of them.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scheduler import __version__, background, heartbeats
from scheduler.background import Task
from scheduler.clock import now
from scheduler.models import AdviceState, Plan, PlanAdvice, RunEnd, RunState, WhatIf
from scheduler.transaction import transaction

if TYPE_CHECKING:
    from scheduler import Convene

GRACE_SECONDS = 20
KEEP_FINISHED = timedelta(days=1)
READ_AT_ONCE = 50  # received messages between two beats
GIVEN_UP = "Making this plan ended the worker three times, so it was given up. Nothing was kept."
ADVICE_GIVEN_UP = "The search ended the worker three times, so it was given up."
_UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)

log = logging.getLogger(__name__)

Sweep = Callable[[timedelta], object]


def _send_mail() -> None:
    from scheduler.invite import copies, outbox

    outbox.send_due()
    copies.queue_due()


def _make_plan(plan_id: int) -> None:
    from scheduler.plan import planning

    planning.run(plan_id)


def _advise_plan(plan_id: int) -> None:
    from scheduler.plan import advising

    advising.run(plan_id)


def _try_what_if(what_if_id: int) -> None:
    from scheduler.plan import trying

    trying.run(what_if_id)


def _help_with_plan(plan_id: int) -> None:
    from scheduler.plan import helping

    helping.help_with(plan_id)


def _mail_log_in_link(address: str) -> None:
    from scheduler import organisers

    organisers.mail_log_in_link(address)


def _mail_page_link(address: str) -> None:
    from scheduler.collect import notes

    notes.send_link_again(address)


def _plan_tables(tables_id: int) -> None:
    from scheduler.follow import tables

    tables.run(tables_id)


# One plan at a time: the solver takes every core it is given, and pages share them.
TASKS: Mapping[str, Task] = {
    "make-plan": Task(_make_plan),
    "advise-plan": Task(_advise_plan),
    # Somebody waits for it with the page open, so it is looked for more often.
    "try-what-if": Task(_try_what_if, poll_seconds=0.3),
    "help-with-plan": Task(_help_with_plan),
    "plan-tables": Task(_plan_tables),
    "send-mail": Task(_send_mail, at_once=2),
    "mail-log-in-link": Task(_mail_log_in_link, at_once=2),
    "mail-page-link": Task(_mail_page_link, at_once=2),
}


def sweep(quiet_for: timedelta) -> None:
    """Queue anew what waits in our rows though nobody has touched it ``quiet_for``: rows outlive lost jobs."""
    _sweep_outbox(now() - quiet_for)
    _sweep_plans(now() - quiet_for)
    _sweep_advice(now() - quiet_for)
    _sweep_what_ifs(now() - quiet_for)
    _sweep_tables(now() - quiet_for)
    _sweep_offers()
    _let_leavers_go()
    _sweep_received()
    if quiet_for:  # a script that works off what lies there counts what leaves, and brings no news upon itself
        _tell_organisers()
        _write_around_sessions()


def run(
    app: Convene,
    *,
    tasks: Mapping[str, Task] = TASKS,
    sweep: Sweep = sweep,
    name: str | None = None,
    until_idle: bool = False,
    stop: threading.Event | None = None,
    lost_after: timedelta = heartbeats.LOST_AFTER,
) -> None:
    """Work until ``stop`` is set or SIGTERM or SIGINT comes, or, with ``until_idle``, until no job waits or runs.

    Beside its jobs it looks into the mailbox that replies come to, with ``until_idle`` once. Ending, it takes no new
    jobs and waits for those it has. Raises heartbeats.NameTaken.
    """
    from scheduler.invite import watching

    stop = stop or threading.Event()
    with heartbeats.claimed_name(app.settings.instance, name) as worker, _stopped_by_signals(stop):
        with app.app_context():
            background.prepare()
            started = heartbeats.first_beat(worker, __version__)
            # What an earlier worker of this name left: it cannot be running, so it need not time out.
            background.take_over(heartbeats.living(lost_after) - {worker})
        with (
            background.serving(app, tasks, worker=worker, grace_seconds=GRACE_SECONDS),
            watching.beside(app, worker, once=until_idle) as watch,
        ):
            log.info("Worker %s started", worker)
            looking = watch.is_alive if watch is not None and until_idle else _never
            options: Any = {"sweep": sweep, "until_idle": until_idle, "lost_after": lost_after}
            _work(app, worker, started, stop, looking, **options)
        log.info("Worker %s ended", worker)


def _work(
    app: Convene,
    worker: str,
    started: datetime,
    stop: threading.Event,
    looking: Callable[[], bool],
    *,
    sweep: Sweep,
    until_idle: bool,
    lost_after: timedelta,
) -> None:
    """Beat, sweep and tidy until it is time to end."""
    beats = _Every(lost_after / 6)
    sweeps = _Every(lost_after / 3)
    tidyings = _Every(timedelta(hours=1))
    while not stop.is_set():
        try:
            with app.app_context():
                if beats.due() and not heartbeats.beat(worker, started):
                    log.error("Another worker took the name %s: this one ends", worker)
                    return
                if sweeps.due():
                    background.take_over(heartbeats.living(lost_after))
                    # A script that waits for the end of the work wants what lies there now.
                    sweep(timedelta() if until_idle else lost_after / 3)
                if tidyings.due():
                    background.delete_finished(before=now() - KEEP_FINISHED)
                    _erase_due()
                if until_idle and not looking() and background.idle():
                    return
        except sa.exc.DBAPIError as error:
            # The database may be away for a while; a worker that died of it would have to be started by hand.
            log.warning("The database does not answer: %s", type(error.orig).__name__)
        stop.wait(0.2 if until_idle else beats.seconds)


def _erase_due() -> None:
    """Erase what has been kept long enough, and whoever waits for the last mail to them."""
    from scheduler.invite import erasing, retention

    retention.erase_due()
    erasing.complete_due()


def _never() -> bool:
    return False


class _Every:
    """A clock that says when something is due again."""

    def __init__(self, period: timedelta) -> None:
        self.seconds = period.total_seconds()
        self._next = time.monotonic()

    def due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self.seconds * 0.9  # so that a wait of one period is never just too short
        return True


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Python hands signals to the main thread alone; whoever runs a worker in another one sets ``stop``
        return

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    before: dict[int, Any] = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sweep_outbox(quiet_since: datetime) -> None:
    """Queue a round of sending where a mail is overdue, or its sender has died over it."""
    from scheduler.invite import outbox

    with transaction():
        if not background.queued("send-mail") and outbox.lies_waiting(since=quiet_since):
            background.enqueue("send-mail")


def _sweep_plans(quiet_since: datetime) -> None:
    """Queue the runs again that nobody drives; give up on one that took its worker down too often."""
    from scheduler.plan import helping

    heard_of = sa.func.coalesce(Plan.beat_at, Plan.made_at)
    undriven = sa.select(Plan.id).where(Plan.run_state.in_(_UNDER_WAY), heard_of <= quiet_since)
    with transaction() as tx:
        for plan_id in tx.scalars(undriven).all():
            if not background.revive("make-plan", plan_id, key=plan_id):
                given_up = {"run_state": RunState.FAILED, "run_end": RunEnd.CRASHED, "run_note": GIVEN_UP}
                # A raised attempt: whoever may still be at it writes nothing more.
                values = {**given_up, "ended_at": now(), "attempt": Plan.attempt + 1}
                tx.execute(sa.update(Plan).where(Plan.id == plan_id, Plan.run_state.in_(_UNDER_WAY)).values(values))
                helping.close_shares(plan_id)


def _sweep_advice(quiet_since: datetime) -> None:
    """The same for searches for advice: what they had found stays."""
    from scheduler.plan import advice

    heard_of = sa.func.coalesce(PlanAdvice.beat_at, PlanAdvice.asked_at)
    undriven = sa.select(PlanAdvice.plan_id, PlanAdvice.turn).where(
        PlanAdvice.state.in_(advice.UNDER_WAY), heard_of <= quiet_since
    )
    with transaction() as tx:
        for plan_id, turn in tx.execute(undriven).all():
            if not background.revive(advice.TASK, plan_id, key=advice.job_key(plan_id, turn)):
                values = {"state": AdviceState.FAILED, "note": ADVICE_GIVEN_UP, "ended_at": now()}
                raised = {**values, "attempt": PlanAdvice.attempt + 1}
                still = PlanAdvice.plan_id == plan_id, PlanAdvice.turn == turn
                tx.execute(sa.update(PlanAdvice).where(*still).values(raised))


def _sweep_what_ifs(quiet_since: datetime) -> None:
    """The same for what was supposed; what was tried long ago is forgotten."""
    from scheduler.plan import whatif

    heard_of = sa.func.coalesce(WhatIf.beat_at, WhatIf.made_at)
    undriven = sa.select(WhatIf.id).where(WhatIf.run_state.in_(_UNDER_WAY), heard_of <= quiet_since)
    with transaction() as tx:
        for what_if_id in tx.scalars(undriven).all():
            if not background.revive(whatif.TASK, what_if_id, key=what_if_id):
                given_up = {"run_state": RunState.FAILED, "run_end": RunEnd.CRASHED, "run_note": ADVICE_GIVEN_UP}
                raised = {**given_up, "ended_at": now(), "attempt": WhatIf.attempt + 1}
                tx.execute(sa.update(WhatIf).where(WhatIf.id == what_if_id).values(raised))
    whatif.forget_old()


def _sweep_tables(quiet_since: datetime) -> None:
    """Queue again the table plans whose job was lost."""
    from scheduler.follow import tables

    tables.revive(quiet_since)


def _sweep_received() -> None:
    """Read the mail that was kept by somebody who did not come to read it."""
    from scheduler.invite import receiving

    receiving.read_waiting(most=READ_AT_ONCE)


def _sweep_offers() -> None:
    """End the offers of seats whose time is up, and ask the next in line."""
    from scheduler.invite import offering

    offering.lapse_due()


def _write_around_sessions() -> None:
    """Write to who has a place tomorrow, and thank who came yesterday."""
    from scheduler.follow import notices

    notices.send_due()


def _let_leavers_go() -> None:
    """Take who has left a programme out of the sets that run themselves."""
    from scheduler.invite import own_sets

    own_sets.let_leavers_go()


def _tell_organisers() -> None:
    """Write to organisers what has come up, and in the morning what needs them."""
    from scheduler.follow import alerts, digest

    alerts.tell_organisers()
    digest.send_due()
