"""One large plan, several workers: idle ones take a share of the work while one of them makes it.

The rows are the centre: share 0 is the maker's and holds the best plan and bound so far, the others what each helper
has to give. A job carries the news that help is wanted, no more; a helper that dies leaves a share that falls silent.
What a helper found is counted again by the maker's solver before it is believed (decision 0015).

Whoever begins or ends a run, or takes a share in it, changes the plan's row first: so these wait for one another, and
none of a run's shares outlives it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import delete, select, update

from scheduler import background, heartbeats
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Plan, PlanShare, RunState
from scheduler.plan.keeping import problem_bytes
from scheduler.plan.solving import SOLVER, Help, SolverProcess, memory_limit
from scheduler.transaction import transaction
from solver.faults import PlanRefused
from solver.plan import Plan as SolverPlan
from solver.reading import read_plan

if TYPE_CHECKING:
    from scheduler import Convene

LARGE = 250
"""Parties from which on others help: smaller plans are as good as they get before a helper has begun."""

MOST_HELPERS = 8
"""Helpers of one plan: more of them walk the same ground."""

EXCHANGE_SECONDS = 3.0
"""Between two looks of maker or helper at what the others have: a better plan waits no longer than two of these."""

SILENT_AFTER = timedelta(seconds=15)
"""A share whose helper was not heard of for so long is free for another."""

LOOK_SECONDS = 0.5
JOB = "help-with-plan"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A share of a run as this worker holds it: what it writes goes nowhere once run or share are another's."""

    plan_id: int
    attempt: int
    number: int
    worker: str

    @property
    def row(self) -> tuple[sa.ColumnElement[bool], ...]:
        """What tells the share's row from all others."""
        return (
            PlanShare.plan_id == self.plan_id,
            PlanShare.attempt == self.attempt,
            PlanShare.number == self.number,
            PlanShare.worker == self.worker,
        )

    def beat(self) -> bool:
        """Say that its holder lives; False where the share is another's."""
        beaten = update(PlanShare).where(*self.row).values(beat_at=now()).returning(PlanShare.id)
        return db.session.scalar(beaten) is not None

    def write(self, plan: SolverPlan | None, bound: int) -> None:
        """Put down what there is for the others: a plan and a bound, or a bound alone."""
        values = {
            "objective": None if plan is None else plan.objective,
            "result": None if plan is None else plan.as_json(),
            "bound": bound,
            "beat_at": now(),
        }
        db.session.execute(update(PlanShare).where(*self.row).values(values))

    def give_up(self) -> None:
        """Leave the share to whoever wants it."""
        db.session.execute(delete(PlanShare).where(*self.row))


def open_shares(plan_id: int, attempt: int) -> None:
    """Begin a run's shares anew, with the maker's alone, in the transaction that claims the run."""
    close_shares(plan_id)
    db.session.add(PlanShare(plan_id=plan_id, attempt=attempt, number=0, worker=_this_worker()))


def close_shares(plan_id: int) -> None:
    """Delete what a run's workers had for one another, in the transaction that ends the run."""
    db.session.execute(delete(PlanShare).where(PlanShare.plan_id == plan_id))


class Maker:
    """The maker's side: gives its best to the helpers, takes theirs, and asks for help where workers are idle."""

    def __init__(self, plan_id: int, attempt: int, solver: SolverProcess, *, parties: int) -> None:
        self.held, self.solver = Held(plan_id, attempt, 0, _this_worker()), solver
        self.large = parties >= LARGE
        self._given = solver.latest
        self._heard: dict[int, tuple[int | None, int]] = {}
        self._due = 0.0

    def turn(self) -> None:
        """Exchange, if it is time and the plan is large; nothing before there is a first plan to help with.

        Help is welcome, not needed: where the database or the disk fails it, the run goes on alone until the next turn.
        """
        if not self.large or self.solver.latest.objective is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EXCHANGE_SECONDS
        try:
            self._exchange()
        except (sa.exc.DBAPIError, OSError) as error:
            log.warning("Plan %d: no exchange with helpers this time: %s", self.held.plan_id, type(error).__name__)

    def _exchange(self) -> None:
        known = self.solver.latest
        best = self.solver.best_plan() if known is not self._given else None
        with transaction():
            if best is not None:
                self.held.write(best, best.bound)
            shares = _shares(self.held.plan_id, self.held.attempt)
            news = [(share.number, _known(share), _found(share)) for share in shares.values() if self._is_news(share)]
            _ask_for_help(self.held.plan_id, shares)
        self._given = known if best is not None else self._given
        for number, theirs, found in news:
            self._heard[number] = theirs
            if found is not None:
                self.solver.tell(number, found)

    def _is_news(self, share: PlanShare) -> bool:
        """Whether a helper has something better than what there is here, and was not heard with it before."""
        mine = self.solver.latest
        cheaper = share.objective is not None and mine.objective is not None and share.objective < mine.objective
        better = share.number > 0 and (cheaper or share.bound > mine.bound)
        return better and _known(share) != self._heard.get(share.number)


@dataclass(frozen=True, slots=True)
class Taken:
    """A share that this worker has just taken, and what it needs to begin."""

    held: Held
    of: int
    best: SolverPlan
    problem: dict[str, Any]
    seconds: float


def help_with(plan_id: int, *, memory: int | None = None, command: Sequence[str] = SOLVER) -> None:
    """Help with a plan while it is made: what a worker does for a job. Returns once it is made, stopped or discarded.

    Ends as well when a plan waits for a worker, and begins nothing where this worker makes one itself or every share is
    taken. ``memory`` is the most its solver may take, in bytes: a quarter of the machine's where left out.
    """
    taken = _take(plan_id)
    if taken is None:
        return
    held = taken.held
    log.info("Plan %d: helping, share %d of %d", plan_id, held.number, taken.of)
    runs = Path(cast("Convene", current_app).settings.instance) / "runs"
    with SolverProcess(
        problem_bytes(taken.problem),
        runs / f"help-{plan_id}-{held.attempt}-{held.number}-{time.time_ns()}",
        seconds=taken.seconds,
        memory=memory or memory_limit() // 2,
        command=command,
        help=Help(held.number - 1, taken.of, taken.best),
    ) as solver:
        _work_along(taken, solver)
    with transaction():
        held.give_up()


def _work_along(taken: Taken, solver: SolverProcess) -> None:
    """Exchange with the maker while there is something to help with.

    A share whose solver has ended stays taken: it has proven all there is, or it would crash again.
    """
    helper, at_work = Helper(taken, solver), True
    while not background.draining() and _wanted(taken.held) and helper.turn():
        if at_work and not solver.running:
            at_work = False
            log.info("Plan %d: share %d ended: %s", taken.held.plan_id, taken.held.number, solver.outcome().end.value)
        time.sleep(LOOK_SECONDS)


class Helper:
    """The helper's side: gives what is better than what the maker has, and takes what the maker has."""

    def __init__(self, taken: Taken, solver: SolverProcess) -> None:
        self.held, self.solver = taken.held, solver
        self._given = solver.latest
        self._heard = taken.best.objective, taken.best.bound
        self._due = 0.0

    def turn(self) -> bool:
        """Exchange, if it is time; False where the share is another's by now."""
        if time.monotonic() < self._due:
            return True
        self._due = time.monotonic() + EXCHANGE_SECONDS
        known = self.solver.latest
        best = self.solver.best_plan() if known is not self._given else None
        with transaction():
            centre = _shares(self.held.plan_id, self.held.attempt).get(0)
            if centre is None or not self.held.beat():
                return False
            if best is not None:
                self._give(best, centre)
            theirs = _known(centre)
            news = _found(centre) if theirs != self._heard else None
        self._given, self._heard = known, theirs
        if news is not None:
            self.solver.tell(0, news)
        return True

    def _give(self, best: SolverPlan, centre: PlanShare) -> None:
        if best.objective is None or centre.objective is None:
            return  # the one refused the plan to begin from, or the other has none: there is nothing to compare
        cheaper = best.objective < centre.objective
        if cheaper or best.bound > centre.bound:
            self.held.write(best if cheaper else None, best.bound)


def _take(plan_id: int) -> Taken | None:
    """Take the first free share of a plan that is being made; None where there is none, or better things to do."""
    worker = _this_worker()
    with transaction() as tx:
        # Changed for nothing but that no run ends, and nobody takes a share in it, between the look and the taking.
        unchanged = update(Plan).where(*_under_way(plan_id)).values(attempt=Plan.attempt).returning(Plan.attempt)
        attempt = tx.scalar(unchanged)
        if attempt is None or worker in _at_work() or _a_plan_waits():
            return None
        shares = _shares(plan_id, attempt)
        heard_of = {number for number, share in shares.items() if number == 0 or _is_heard_of(share)}
        free = next((number for number in range(1, MOST_HELPERS + 1) if number not in heard_of), None)
        best = _found(shares[0]) if 0 in shares and shares[0].objective is not None else None
        if free is None or best is None:
            return None
        tx.execute(delete(PlanShare).where(PlanShare.plan_id == plan_id, PlanShare.number == free))
        tx.add(PlanShare(plan_id=plan_id, attempt=attempt, number=free, worker=worker))
        plan = tx.execute(select(Plan.problem, Plan.time_limit, Plan.started_at).where(Plan.id == plan_id)).one()
        left = plan.time_limit - (now() - plan.started_at).total_seconds()
        helpers = min(MOST_HELPERS, max(free, len(heartbeats.living()) - 1))
        return Taken(Held(plan_id, attempt, free, worker), helpers, best, plan.problem, max(1.0, left))


def _ask_for_help(plan_id: int, shares: Mapping[int, PlanShare]) -> None:
    """Queue a job for each idle worker, unless a plan waits for one."""
    helpers = sum(number > 0 and _is_heard_of(share) for number, share in shares.items())
    idle = len(heartbeats.living() - _at_work())
    room = min(idle, MOST_HELPERS - helpers)
    if room > 0 and not _a_plan_waits():
        for _ in range(room - background.queued(JOB)):
            background.enqueue(JOB, plan_id)


def _this_worker() -> str:
    return background.this_worker() or ""


def _under_way(plan_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return Plan.id == plan_id, Plan.run_state == RunState.RUNNING, ~Plan.stop_asked


def _wanted(held: Held) -> bool:
    """Whether the plan is still made by whom we help, and this worker has no plan of its own to make."""
    with transaction() as tx:
        here = select(Plan.id).where(*_under_way(held.plan_id), Plan.attempt == held.attempt)
        return tx.scalar(here) is not None and not _a_plan_waits() and held.worker not in _making()


def _a_plan_waits() -> bool:
    return db.session.scalar(select(Plan.id).where(Plan.run_state == RunState.QUEUED).limit(1)) is not None


def _making() -> set[str]:
    """The workers that make a plan."""
    running = Plan.run_state == RunState.RUNNING, Plan.attempt == PlanShare.attempt, PlanShare.number == 0
    return set(db.session.scalars(select(PlanShare.worker).join(PlanShare.plan).where(*running)))


def _at_work() -> set[str]:
    """The workers that make a plan or help with one."""
    helping = PlanShare.number > 0, PlanShare.beat_at >= now() - SILENT_AFTER
    return _making() | set(db.session.scalars(select(PlanShare.worker).where(*helping)))


def _is_heard_of(share: PlanShare) -> bool:
    return share.beat_at >= now() - SILENT_AFTER


def _shares(plan_id: int, attempt: int) -> dict[int, PlanShare]:
    """The shares of a run under their numbers, as they stand now; their plans are read when asked for."""
    those = select(PlanShare).where(PlanShare.plan_id == plan_id, PlanShare.attempt == attempt)
    rows = db.session.scalars(those.order_by(PlanShare.number), execution_options={"populate_existing": True})
    return {share.number: share for share in rows}


def _known(share: PlanShare) -> tuple[int | None, int]:
    return share.objective, share.bound


def _found(share: PlanShare) -> SolverPlan | None:
    """What a share holds; None where a worker of another version wrote what this one cannot read."""
    if share.result is None:
        return SolverPlan("unknown", 0.0, bound=share.bound)
    try:
        return read_plan(json.dumps(share.result).encode("utf-8"))
    except PlanRefused as refused:
        log.warning("Plan %d: share %d cannot be read: %s", share.plan_id, share.number, refused)
        return None
