"""One search for advice on a plan: in a process of its own, watched, its findings stored as they come.

Whoever drives it holds the row's ``attempt``; once another has taken it, the older one writes nothing more. What an
earlier attempt had found stays: each of its figures is a plan that was counted again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import current_app
from sqlalchemy import select, update

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import AdviceState, Plan, PlanAdvice, RunEnd
from scheduler.plan.advice import UNDER_WAY
from scheduler.plan.solving import SolverProcess, memory_limit
from scheduler.transaction import transaction

if TYPE_CHECKING:
    from scheduler import Convene

ADVISER: tuple[str, ...] = (sys.executable, "-m", "solver.advice_child")
LOOK_SECONDS = 0.3
ASK_SECONDS = 0.5
BEAT_SECONDS = 3.0
NOTES = {
    RunEnd.OUT_OF_MEMORY: "It ran out of memory: what it had found by then is kept.",
    RunEnd.CRASHED: "The search broke off: what it had found by then is kept.",
}

log = logging.getLogger(__name__)
Json = dict[str, Any]


class AdviserProcess(SolverProcess):
    """A search for advice, held to the same memory limit, and stopped and cleared away like a run of the solver."""

    def __init__(
        self, problem: Json, plan: Json, folder: Path, *, seconds: float, memory: int, command: Sequence[str] = ADVISER
    ) -> None:
        question = json.dumps({"problem": problem, "plan": plan}, ensure_ascii=False).encode()
        super().__init__(question, folder, seconds=seconds, memory=memory, command=command)
        self._seen_at = 0

    def advice(self) -> Json | None:
        """What it knows by now; None where that is no news since this was last asked."""
        with contextlib.suppress(FileNotFoundError):
            written_at = self._best.stat().st_mtime_ns
            if written_at != self._seen_at:
                self._seen_at = written_at
                return cast("Json", json.loads(self._best.read_bytes()))
        return None

    def end(self) -> RunEnd:
        """How it ended; ask once it runs no more."""
        if self._crashed():
            log.error("The search for advice ended with %s: see %s", self.process.returncode, self.folder)
            return RunEnd.CRASHED
        if self._killed_for is not None:
            return self._killed_for
        return RunEnd.TIME_LIMIT if self._stop_at is None else RunEnd.STOPPED


def run(
    plan_id: int,
    *,
    memory: int | None = None,
    stop: threading.Event | None = None,
    command: Sequence[str] = ADVISER,
) -> None:
    """Find advice on a plan: what a worker does for a job. Returns once it is done, or another has taken it over.

    ``memory`` is the most the search may take, in bytes (half of the machine's where left out); ``stop`` ends it with
    what it has found, as the button does.
    """
    claimed = _claim(plan_id)
    if claimed is None:
        return
    attempt, seconds, known = claimed
    row = db.session.execute(select(Plan.problem, Plan.result).where(Plan.id == plan_id)).one()
    db.session.rollback()  # nothing is open while the solver runs
    folder = Path(cast("Convene", current_app).settings.instance) / "runs" / f"advice-{plan_id}-{attempt}"
    with AdviserProcess(
        row.problem, row.result, folder, seconds=seconds, memory=memory or memory_limit(), command=command
    ) as adviser:
        if not _watch(plan_id, attempt, adviser, known, stop or threading.Event()):
            log.warning("Advice on plan %d: another worker has taken it over", plan_id)
            return
        end = adviser.end()
    if background.draining() and end is not RunEnd.TIME_LIMIT:
        _write(plan_id, attempt, state=AdviceState.QUEUED)  # this worker was told to end: the next one goes on
        return
    state = {RunEnd.STOPPED: AdviceState.STOPPED, RunEnd.CRASHED: AdviceState.FAILED}.get(end, AdviceState.DONE)
    _write(plan_id, attempt, state=state, note=NOTES.get(end, ""), ended_at=now(), stop_asked=False)


def merged(known: Json, news: Json) -> Json:
    """What two searches found together: of each change the cheaper plan, and none that a plan can do without."""
    bases = [each for each in (news, known) if each.get("unchanged") is not None]
    base = min(bases, key=lambda each: each["unchanged"], default=news)
    best: dict[tuple[str, str], Json] = {}
    for repair in (*known.get("repairs", ()), *news["repairs"]):
        key = repair["place"], json.dumps(repair["to"], sort_keys=True)
        if key not in best or repair["objective"] < best[key]["objective"]:
            best[key] = repair
    unchanged = base["unchanged"]
    useful = [repair for repair in best.values() if unchanged is None or repair["objective"] < unchanged]
    useful.sort(key=lambda repair: repair["objective"])
    tried = known.get("tried", 0) + news["tried"]
    placed = base["placed_unchanged"]
    return {"tried": tried, "unchanged": unchanged, "placed_unchanged": placed, "repairs": useful}


def _claim(plan_id: int) -> tuple[int, int, Json] | None:
    """Take the search: its attempt, its seconds and what was found before; None where there is nothing to do."""
    with transaction() as tx:
        undone = PlanAdvice.plan_id == plan_id, PlanAdvice.state.in_(UNDER_WAY)
        values = {
            "state": AdviceState.WORKING, "attempt": PlanAdvice.attempt + 1, "beat_at": now(), "started_at": now(),
        }  # fmt: skip
        taken = update(PlanAdvice).where(*undone).values(values)
        row = tx.execute(taken.returning(PlanAdvice.attempt, PlanAdvice.time_limit, PlanAdvice.found)).first()
    return None if row is None else (row.attempt, row.time_limit, row.found)


def _watch(plan_id: int, attempt: int, adviser: AdviserProcess, known: Json, stop: threading.Event) -> bool:
    """Store what is found, beat, and pass on the wish to stop; False once the search is not ours."""
    due_to_ask = due_to_beat = 0.0
    while adviser.running:
        adviser.wait(LOOK_SECONDS)
        moment = time.monotonic()
        news = adviser.advice()
        if news is not None or moment >= due_to_beat:
            values = {} if news is None else {"found": merged(known, news)}
            if not _write(plan_id, attempt, beat_at=now(), **values):
                return False
            due_to_beat = moment + BEAT_SECONDS
        if moment >= due_to_ask:
            if stop.is_set() or background.draining() or _stop_asked(plan_id):
                adviser.ask_to_stop()
            due_to_ask = moment + ASK_SECONDS
    last = adviser.advice()
    return last is None or _write(plan_id, attempt, found=merged(known, last))


def _write(plan_id: int, attempt: int, **values: Any) -> bool:
    """Change the row while it is ours; False once it is not."""
    mine = PlanAdvice.plan_id == plan_id, PlanAdvice.attempt == attempt, PlanAdvice.state == AdviceState.WORKING
    with transaction() as tx:
        return tx.scalar(update(PlanAdvice).where(*mine).values(values).returning(PlanAdvice.plan_id)) is not None


def _stop_asked(plan_id: int) -> bool:
    with transaction() as tx:
        return bool(tx.scalar(select(PlanAdvice.stop_asked).where(PlanAdvice.plan_id == plan_id)))
