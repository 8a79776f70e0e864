"""One run of the solver for a numbered plan: started by an organiser, made by a worker, watched, stopped, kept.

The plan's row is the truth. Whoever drives a run holds its ``attempt``; once another has taken it, the older one
writes nothing more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import select, update

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Event, Organiser, Plan, PlanProgress, PlanStatus, Programme, RunEnd, RunState, record
from scheduler.plan import advice
from scheduler.plan.helping import Maker, close_shares, open_shares
from scheduler.plan.keeping import PlanBroken, next_number, problem_bytes, problem_of, recounted, result_of, store
from scheduler.plan.problems import problem_for
from scheduler.plan.published import published_plan
from scheduler.plan.solving import SOLVER, Moment, Outcome, SolverProcess, memory_limit
from scheduler.transaction import rows_changed, transaction
from solver.faults import ProblemRefused
from solver.plan import Plan as SolverPlan
from solver.reading import read_problem

if TYPE_CHECKING:
    from scheduler import Convene

LONGEST = 24 * 60 * 60
"""The longest time limit of a run, in seconds."""

LOOK_SECONDS = 0.2
ASK_SECONDS = 0.4
BEAT_SECONDS = 3.0
UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)

log = logging.getLogger(__name__)
T = TypeVar("T")


class NothingToPlan(Exception):
    """None of the chosen events has a date that lies ahead and somebody to place."""


class ProblemFaulty(Exception):
    """What the programme says cannot be put to the solver; ``lines`` say where and why."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("; ".join(lines))


class PlanNotDraft(Exception):
    """The plan is published, superseded or discarded: it stays as it is."""


def start(
    programme: Programme,
    *,
    by: Organiser | None,
    time_limit: int = 60,
    events: Collection[Event] | None = None,
    afresh: bool = False,
    fair: bool = False,
    begins_from: int | None = None,
    to_worker: bool = True,
) -> Plan:
    """Freeze the programme's question in a new draft plan and queue the run: both or neither.

    ``time_limit`` in seconds; ``events`` are planned anew, the others keep their published places; ``fair`` spares
    those of whom most was asked; the search begins from the places of the plan numbered ``begins_from``; ``to_worker``
    False leaves the run to the caller. Raises NothingToPlan, and ProblemFaulty where the rows break the problem format.
    """
    for turn in range(5):
        try:
            seconds = min(max(1, time_limit), LONGEST)
            how = {"afresh": afresh, "fair": fair, "to_worker": to_worker}
            return _start(programme, by, seconds, events, begins_from=begins_from, **how)
        except sa.exc.IntegrityError:  # another organiser took the number in the same moment
            if turn == 4:
                raise
    raise AssertionError("unreachable")


def _start(
    programme: Programme,
    by: Organiser | None,
    time_limit: int,
    events: Collection[Event] | None,
    *,
    afresh: bool,
    fair: bool,
    begins_from: int | None,
    to_worker: bool,
) -> Plan:
    with transaction() as tx:
        asked_at = now()
        problem = problem_for(programme, events, afresh=afresh, fair=fair, at=asked_at)
        if not problem["parties"]:
            raise NothingToPlan
        try:
            read_problem(problem_bytes(problem))
        except ProblemRefused as refused:
            raise ProblemFaulty(list(refused.lines())) from None
        plan = Plan(
            programme=programme,
            number=next_number(programme),
            made_by=by,
            made_at=asked_at,
            asked_at=asked_at,
            based_on=published_plan(programme),
            begins_from=begins_from,
            problem=problem,
            time_limit=time_limit,
        )
        tx.add(plan)
        tx.flush()
        record("plan.started", programme=programme, by=by, thing=f"plan {plan.number}", time_limit=time_limit)
        if to_worker:
            background.enqueue("make-plan", plan.id, key=plan.id)
    return plan


def run(
    plan_id: int,
    *,
    memory: int | None = None,
    stop: threading.Event | None = None,
    command: Sequence[str] = SOLVER,
) -> None:
    """Make a plan: what a worker does for a job. Returns once it is kept, given up, or another has taken it over.

    ``memory`` is the most the solver may take, in bytes (half of the machine's where left out); ``stop`` asks for the
    best so far, as the button does.
    """
    attempt = _claim(plan_id)
    if attempt is None:
        return
    row = db.session.execute(select(Plan.problem, Plan.time_limit, Plan.number).where(Plan.id == plan_id)).one()
    begin = _begins_from(plan_id)
    db.session.rollback()  # nothing is open while the solver runs
    log.info("Plan %d: attempt %d, %d seconds", row.number, attempt, row.time_limit)
    folder = Path(cast("Convene", current_app).settings.instance) / "runs" / f"plan-{plan_id}-{attempt}"
    with SolverProcess(
        problem_bytes(row.problem),
        folder,
        seconds=row.time_limit,
        memory=memory or memory_limit(),
        command=command,
        start=begin,
    ) as solver:
        maker = Maker(plan_id, attempt, solver, parties=len(row.problem["parties"]))
        mine = _watch(plan_id, attempt, solver, maker, stop or threading.Event())
        if not mine:
            log.warning("Plan %d: another worker has taken it over", row.number)
            return
        outcome = solver.outcome()
    if background.draining() and outcome.plan is None:
        _give_back(plan_id, attempt)
        return
    keep(plan_id, attempt, outcome)


def _begins_from(plan_id: int) -> SolverPlan | None:
    """The places that a run begins from, where it begins from some."""
    plan = db.session.get_one(Plan, plan_id)
    of_number = Plan.programme_id == plan.programme_id, Plan.number == plan.begins_from
    earlier = db.session.scalar(select(Plan).where(*of_number)) if plan.begins_from is not None else None
    return None if earlier is None else result_of(earlier)


def _claim(plan_id: int) -> int | None:
    """Take the run: its next attempt, or None where it needs none."""
    with transaction() as tx:
        undone = Plan.id == plan_id, Plan.run_state.in_(UNDER_WAY)
        attempt = tx.scalar(
            update(Plan)
            .where(*undone)
            .values(
                run_state=RunState.RUNNING,
                attempt=Plan.attempt + 1,
                beat_at=now(),
                started_at=now(),
                objective=None,
                bound=None,
            )
            .returning(Plan.attempt)
        )
        if attempt is not None:  # what an earlier attempt told is not where this one stands
            tx.execute(sa.delete(PlanProgress).where(PlanProgress.plan_id == plan_id))
            open_shares(plan_id, attempt)
    return attempt


def _watch(plan_id: int, attempt: int, solver: SolverProcess, maker: Maker, stop: threading.Event) -> bool:
    """Write progress and heartbeat while the solver runs, exchange with helpers, and pass on the wish to stop.

    False once the run is not ours.
    """
    due_to_ask = due_to_beat = due_to_write = 0.0
    waiting: Moment | None = None
    while solver.running:
        solver.wait(LOOK_SECONDS)
        moment = time.monotonic()
        waiting = next(reversed(solver.news()), waiting)
        if waiting is not None and moment >= due_to_write:
            if not _retried(partial(_write_progress, plan_id, attempt, waiting)):
                return False
            # A long run tells less often: some hundred rows show its course as well as thousands.
            due_to_write = time.monotonic() + max(0.5, waiting.seconds / 100)
            waiting = None
        if moment >= due_to_beat:
            if not _retried(partial(_beat, plan_id, attempt)):
                return False
            due_to_beat = time.monotonic() + BEAT_SECONDS
        if moment >= due_to_ask:
            if stop.is_set() or background.draining() or _retried(partial(_stop_asked, plan_id)):
                solver.ask_to_stop()
            due_to_ask = time.monotonic() + ASK_SECONDS
        maker.turn()
    waiting = next(reversed(solver.news()), waiting)
    return waiting is None or _retried(partial(_write_progress, plan_id, attempt, waiting))


def _retried(deed: Callable[[], T]) -> T:
    """Do something in the database; where that does not answer, try again at the next turn: the search goes on."""
    for pause in (0.0, 0.2, 0.5, 1.0, 2.0, 4.0):
        try:
            time.sleep(pause)
            return deed()
        except sa.exc.DBAPIError as error:
            db.session.rollback()
            log.warning("The database does not answer: %s", type(error.orig).__name__)
    return deed()


def _mine(plan_id: int, attempt: int) -> tuple[sa.ColumnElement[bool], ...]:
    return Plan.id == plan_id, Plan.attempt == attempt, Plan.run_state == RunState.RUNNING


def _beat(plan_id: int, attempt: int) -> bool:
    with transaction() as tx:
        beaten = update(Plan).where(*_mine(plan_id, attempt)).values(beat_at=now()).returning(Plan.id)
        return tx.scalar(beaten) is not None


def _write_progress(plan_id: int, attempt: int, moment: Moment) -> bool:
    with transaction() as tx:
        values = {"objective": moment.objective, "bound": moment.bound, "beat_at": now()}
        if tx.scalar(update(Plan).where(*_mine(plan_id, attempt)).values(values).returning(Plan.id)) is None:
            return False
        tx.add(PlanProgress(plan_id=plan_id, seconds=moment.seconds, objective=moment.objective, bound=moment.bound))
    return True


def _stop_asked(plan_id: int) -> bool:
    with transaction() as tx:
        return bool(tx.scalar(select(Plan.stop_asked).where(Plan.id == plan_id)))


def _give_back(plan_id: int, attempt: int) -> None:
    """Leave a run that has found nothing yet to the next worker: this one was told to end."""
    with transaction():
        if rows_changed(update(Plan).where(*_mine(plan_id, attempt)).values(run_state=RunState.QUEUED)):
            close_shares(plan_id)


def keep(plan_id: int, attempt: int, outcome: Outcome) -> bool:
    """Store how a run ended, and its plan if separate code finds no fault in it; False where the run is not ours."""
    plan = db.session.get_one(Plan, plan_id)
    problem = problem_of(plan)
    db.session.rollback()
    made, end, note = outcome.plan, outcome.end, outcome.note
    if made is not None and made.objective is not None:
        try:
            recounted(problem, made)  # outside the transaction: it takes a while
        except PlanBroken as broken:
            log.error("Plan %d was refused: %s", plan_id, broken)
            made, end = None, RunEnd.CRASHED
            note = "The solver's plan broke a rule when separate code counted it again, so it was not kept."
    try:
        return _retried(partial(_keep, plan_id, attempt, made, end, note))
    except PlanBroken as broken:
        note = "What this plan was made from has been deleted since, so it was not kept."
        log.error("Plan %d was refused: %s", plan_id, broken)
        return _retried(partial(_keep, plan_id, attempt, None, RunEnd.CRASHED, note))


def _keep(plan_id: int, attempt: int, made: SolverPlan | None, end: RunEnd, note: str) -> bool:
    with transaction() as tx:
        state = RunState.FAILED if made is None else RunState.FINISHED
        values = {"run_state": state, "run_end": end, "run_note": note, "ended_at": now(), "stop_asked": False}
        if tx.scalar(update(Plan).where(*_mine(plan_id, attempt)).values(values).returning(Plan.id)) is None:
            return False
        close_shares(plan_id)
        plan = tx.get_one(Plan, plan_id, populate_existing=True)
        if made is not None:
            plan.seconds = made.seconds
            store(plan, made)
            if advice.worth_advice(made):
                advice.ask_for(plan, by=None, to_worker=background.this_worker() is not None)
        record("plan.made", programme=plan.programme, by=None, thing=f"plan {plan.number}", end=end.value)
    return True


def stop(plan: Plan) -> None:
    """Ask the run of a plan to end now with its best so far; one that no worker has begun ends with nothing."""
    with transaction() as tx:
        waiting = Plan.id == plan.id, Plan.run_state == RunState.QUEUED
        ended = {"run_state": RunState.FAILED, "run_end": RunEnd.STOPPED, "ended_at": now()}
        if not rows_changed(update(Plan).where(*waiting).values(ended)):
            tx.execute(update(Plan).where(Plan.id == plan.id, Plan.run_state.in_(UNDER_WAY)).values(stop_asked=True))
    db.session.refresh(plan)


def discard(plan: Plan, *, by: Organiser | None) -> None:
    """Put a draft away, and end its run. Raises PlanNotDraft for one that people were told of."""
    with transaction() as tx:
        draft = Plan.id == plan.id, Plan.status == PlanStatus.DRAFT
        away = update(Plan).where(*draft).values(status=PlanStatus.DISCARDED).returning(Plan.id)
        if tx.scalar(away) is None:
            raise PlanNotDraft(plan.number)
        record("plan.discarded", programme=plan.programme, by=by, thing=f"plan {plan.number}")
    stop(plan)
    advice.stop(plan)


def runs_before(plan: Plan) -> int:
    """How many runs a waiting plan waits for: workers make one at a time."""
    if plan.run_state is not RunState.QUEUED:
        return 0
    earlier = sa.or_(Plan.run_state == RunState.RUNNING, Plan.id < plan.id)
    count = select(sa.func.count()).select_from(Plan).where(Plan.run_state.in_(UNDER_WAY), Plan.id != plan.id, earlier)
    return db.session.scalar(count) or 0
