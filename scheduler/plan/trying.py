"""One search for what supposed facts come to: the solver in a process of its own, from the places of the present plan.

Whoever drives it holds the row's ``attempt``; once another has taken it, the older one writes nothing more. Every
figure that is stored is that of a plan which separate code has counted again.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import current_app
from sqlalchemy import select, update

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import RunEnd, RunState, WhatIf
from scheduler.plan.keeping import problem_bytes
from scheduler.plan.planning import UNDER_WAY
from scheduler.plan.solving import SolverProcess, memory_limit
from scheduler.plan.whatif import figures, read_plan_of
from scheduler.transaction import transaction
from solver.check import check
from solver.plan import Plan as SolverPlan
from solver.problem import Problem
from solver.reading import read_problem

if TYPE_CHECKING:
    from scheduler import Convene

LOOK_SECONDS = 0.2
BEAT_SECONDS = 3.0
WRITE_SECONDS = 0.5

log = logging.getLogger(__name__)


def run(what_if_id: int, *, memory: int | None = None) -> None:
    """Find the best plan of supposed facts: what a worker does for a job, ten seconds at most and a few to tidy up."""
    attempt = _claim(what_if_id)
    if attempt is None:
        return
    row = db.session.execute(
        select(WhatIf.problem, WhatIf.start, WhatIf.objective, WhatIf.time_limit).where(WhatIf.id == what_if_id)
    ).one()
    db.session.rollback()  # nothing is open while the solver runs
    question, stated = problem_bytes(row.problem), read_problem(problem_bytes(row.problem))
    folder = Path(cast("Convene", current_app).settings.instance) / "runs" / f"what-if-{what_if_id}-{attempt}"
    start = None if row.start is None else read_plan_of(row.start)
    with SolverProcess(
        question, folder, seconds=row.time_limit, memory=memory or memory_limit(), start=start
    ) as solver:
        trial = _Trial(what_if_id, attempt, stated, row.objective)
        if not trial.watch(solver):
            log.warning("What if %d: another worker has taken it over", what_if_id)
            return
        outcome = solver.outcome()
    if background.draining() and outcome.plan is None:
        trial.write(run_state=RunState.QUEUED)  # this worker was told to end: the next one goes on
        return
    trial.end(outcome.end, outcome.plan, outcome.note)


class _Trial:
    """What a worker writes of one search."""

    def __init__(self, what_if_id: int, attempt: int, problem: Problem, best: int | None) -> None:
        self.what_if_id, self.attempt, self.problem, self.best = what_if_id, attempt, problem, best

    def watch(self, solver: SolverProcess) -> bool:
        """Store each better plan as it comes, and beat; False once the search is not ours."""
        due_to_beat = due_to_write = 0.0
        better = False
        while solver.running:
            solver.wait(LOOK_SECONDS)
            moment = time.monotonic()
            better = better or bool(solver.news())
            if background.draining():
                solver.ask_to_stop()
            if better and moment >= due_to_write:
                better, due_to_write = False, moment + WRITE_SECONDS
                if not self.take(solver.best_plan()):
                    return False
            if moment >= due_to_beat:
                due_to_beat = moment + BEAT_SECONDS
                if not self.write(beat_at=now()):
                    return False
        return True

    def take(self, made: SolverPlan | None) -> bool:
        """Store a plan if it is the best so far and keeps every rule; False once the search is not ours."""
        if made is None or made.objective is None or (self.best is not None and made.objective >= self.best):
            return True
        if check(self.problem, made):
            return True
        self.best = made.objective
        return self.write(beat_at=now(), **figures(made))

    def end(self, end: RunEnd, made: SolverPlan | None, note: str) -> None:
        """Store how it ended, with what was proven by then."""
        values: dict[str, Any] = {"run_end": end, "run_note": note, "ended_at": now()}
        if made is not None and made.objective is not None and not check(self.problem, made):
            if self.best is None or made.objective <= self.best:
                values |= figures(made)
                self.best = made.objective
        elif made is not None and self.best is None:
            values |= {"solver_status": made.status, "conflict": list(made.conflict)}
        self.write(run_state=RunState.FAILED if self.best is None else RunState.FINISHED, **values)

    def write(self, **values: Any) -> bool:
        """Change the row while it is ours; False once it is not."""
        mine = WhatIf.id == self.what_if_id, WhatIf.attempt == self.attempt, WhatIf.run_state == RunState.RUNNING
        with transaction() as tx:
            return tx.scalar(update(WhatIf).where(*mine).values(values).returning(WhatIf.id)) is not None


def _claim(what_if_id: int) -> int | None:
    """Take the search: its attempt; None where there is nothing to do."""
    undone = WhatIf.id == what_if_id, WhatIf.run_state.in_(UNDER_WAY)
    values = {
        "run_state": RunState.RUNNING, "attempt": WhatIf.attempt + 1, "beat_at": now(), "started_at": now(),
    }  # fmt: skip
    with transaction() as tx:
        return tx.scalar(update(WhatIf).where(*undone).values(values).returning(WhatIf.attempt))
