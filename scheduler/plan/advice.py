"""What would help a plan: asked for, stopped, and whether it is still true. The row is the truth; a job carries news.

The search itself is in ``advising``, what is found is put into words by the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import AdviceState, AuditEntry, Organiser, Plan, PlanAdvice, PlanStatus, Programme, RunState
from scheduler.plan.overruling import overrulings_of
from scheduler.transaction import rows_changed, transaction
from solver.plan import Plan as SolverPlan

TASK = "advise-plan"
UNDER_WAY = (AdviceState.QUEUED, AdviceState.WORKING)
SECONDS = 30
SECONDS_FOR_CONFLICT = 60
SECONDS_A_PARTY = 4
"""More for each party without a place, so that each gets its own repairs; up to LONGEST."""

LONGEST = 180
CHANGES_OF_RULES = (
    "event.added",
    "event.changed",
    "facilitator.added",
    "facilitator.changed",
    "facilitator.taken-away",
    "lock.added",
    "lock.removed",
    "people.import-undone",
    "people.imported",
    "session.added",
    "session.changed",
    "session.offered-again",
    "session.withdrawn",
    "trust.changed",
)


@dataclass(frozen=True)
class Found:
    """A change that helps, as the solver found it: ids and points, no names.

    ``objective`` is the cost of a plan of the changed problem that was found and counted again. Against the best plan
    with nothing changed: ``gains`` is how much less that is (None where no plan holds), ``placed`` are the (event,
    party) that have a place there alone, ``by_term`` the points saved. ``unplaced`` is how many still have no place;
    ``party`` and ``session`` stand where the change is an answer.
    """

    place: str
    was: Any
    to: Any
    text: str
    gains: int | None
    objective: int
    party: str | None
    session: str | None
    placed: tuple[tuple[str, str], ...]
    unplaced: int
    by_term: Mapping[str, int]


def worth_advice(made: SolverPlan) -> bool:
    """Whether advice on a plan begins by itself: nothing can hold, or somebody has no place."""
    return made.status == "infeasible" or bool(made.unplaced)


def can_be_advised(plan: Plan) -> bool:
    """Whether there is something to give advice on: a run that is over, with a plan or a conflict.

    Advice begins from a plan that keeps every rule, so there is none where an owner has overruled one.
    """
    if plan.edits and overrulings_of(plan):
        return False
    over = plan.run_state in (RunState.FINISHED, RunState.FAILED)
    return over and (plan.objective is not None or plan.solver_status == "infeasible")


def ask_for(plan: Plan, *, by: Organiser | None, to_worker: bool = True) -> None:
    """Queue the search for advice on a plan as it stands; changes nothing where one is under way for it already.

    In the caller's transaction, if there is one. With ``to_worker`` False the row alone is written, for processes that
    may run without the engine's tables: a worker's sweep finds it.
    """
    with transaction() as tx:
        asked = {
            "edits": plan.edits,
            "state": AdviceState.QUEUED,
            "note": "",
            "found": {},
            "time_limit": seconds_for(plan),
            "stop_asked": False,
            "asked_by_id": by.id if by else None,
            "asked_at": now(),
            "started_at": None,
            "beat_at": None,
            "ended_at": None,
        }
        idle = sa.or_(PlanAdvice.state.not_in(UNDER_WAY), PlanAdvice.edits != plan.edits)
        # A raised attempt: whoever may still be at it for an earlier state of the plan writes nothing more.
        again = {**asked, "turn": PlanAdvice.turn + 1, "attempt": PlanAdvice.attempt + 1}
        row = update(PlanAdvice).where(PlanAdvice.plan_id == plan.id, idle).values(again).returning(PlanAdvice.turn)
        turn = tx.scalar(row)
        if turn is None:
            if tx.scalar(select(PlanAdvice.turn).where(PlanAdvice.plan_id == plan.id)) is not None:
                return
            turn = 1
            tx.add(PlanAdvice(plan_id=plan.id, **asked))
            tx.flush()
        if to_worker:
            background.enqueue(TASK, plan.id, key=job_key(plan.id, turn))


def job_key(plan_id: int, turn: int) -> str:
    """What names the job of one asking for good."""
    return f"{plan_id}-{turn}"


def seconds_for(plan: Plan) -> int:
    """How long to look: longer where many have no place, or nothing can hold."""
    if plan.objective is None:
        return SECONDS_FOR_CONFLICT
    unplaced = (plan.terms or {}).get("unplaced", 0)
    return min(LONGEST, SECONDS + SECONDS_A_PARTY * max(0, unplaced - 1))


def stop(plan: Plan) -> None:
    """End the search now, and keep what it has found; one that no worker has begun ends at once."""
    with transaction():
        waiting = PlanAdvice.plan_id == plan.id, PlanAdvice.state == AdviceState.QUEUED
        ended = {"state": AdviceState.STOPPED, "ended_at": now()}
        if not rows_changed(update(PlanAdvice).where(*waiting).values(ended)):
            working = PlanAdvice.plan_id == plan.id, PlanAdvice.state == AdviceState.WORKING
            rows_changed(update(PlanAdvice).where(*working).values(stop_asked=True))


def advice_on(plan: Plan) -> PlanAdvice | None:
    """The advice on a plan as it stands now; None where none was asked for, or before a move by hand since."""
    row = db.session.get(PlanAdvice, plan.id, populate_existing=True)
    return row if row is not None and row.edits == plan.edits else None


def newest_advice(programme: Programme) -> PlanAdvice | None:
    """The advice on the newest plan that has any and was not discarded, with its plan."""
    return db.session.scalar(
        select(PlanAdvice)
        .join(PlanAdvice.plan)
        .where(
            Plan.programme_id == programme.id,
            Plan.status.in_((PlanStatus.DRAFT, PlanStatus.PUBLISHED)),
            PlanAdvice.edits == Plan.edits,
        )
        .options(contains_eager(PlanAdvice.plan))
        .order_by(Plan.number.desc())
        .limit(1)
    )


def found_by(row: PlanAdvice) -> list[Found]:
    """The changes that help, those that leave the cheapest plan first; ``row.plan`` must be what it is advice on."""
    base = without_change(row)
    base = row.plan.objective if base is None else base
    return [_found(each, base) for each in row.found.get("repairs", ())]


def without_change(row: PlanAdvice) -> int | None:
    """What the best plan costs that was found on the way with nothing changed; None where none is better."""
    unchanged: int | None = row.found.get("unchanged")
    return unchanged


def placed_without_change(row: PlanAdvice) -> frozenset[tuple[str, str]]:
    """The (event, party) without a place whom that plan places."""
    return frozenset((event, party) for event, party in row.found.get("placed_unchanged", ()))


def changes_since(plan: Plan) -> int:
    """How many changes of events, dates, locks, facilitators and people the plan's question does not know."""
    return (
        db.session.scalar(
            select(sa.func.count())
            .select_from(AuditEntry)
            .where(
                AuditEntry.programme_id == plan.programme_id,
                AuditEntry.at > plan.asked_at,
                AuditEntry.what.in_(CHANGES_OF_RULES),
            )
        )
        or 0
    )


def _found(each: Mapping[str, Any], base: int | None) -> Found:
    return Found(
        place=each["place"],
        was=each["from"],
        to=each["to"],
        text=each["text"],
        gains=None if base is None else base - each["objective"],
        objective=each["objective"],
        party=each["party"],
        session=each["session"],
        placed=tuple((event, party) for event, party in each["placed"]),
        unplaced=each["unplaced"],
        by_term=each["by_term"],
    )
