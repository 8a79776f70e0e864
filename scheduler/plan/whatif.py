"""What if: a plan tried with some facts changed, from the present plan, never touching it; kept as one of its own.

The row is the truth, a job carries its news. A plan that is kept says what it counts on: before anybody is told of it,
those facts must be made so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Event, Organiser, Pair, Plan, RunEnd, RunState, Session, Trust, WhatIf, record
from scheduler.plan.keeping import next_number, problem_bytes, result_of, store
from scheduler.plan.naming import Names
from scheduler.plan.planning import UNDER_WAY, ProblemFaulty
from scheduler.plan.supposing import Json, begun_from, in_words, nobody_was_asked, supposed
from scheduler.transaction import transaction
from solver.faults import ProblemRefused
from solver.plan import Plan as SolverPlan
from solver.reading import read_plan, read_problem

TASK = "try-what-if"
SECONDS = 10
KEPT_FOR = timedelta(days=30)
"""What was tried is forgotten after that; a plan that was kept stays."""


class CannotBeKept(Exception):
    """What was tried found no plan, or counts on a date that nobody has been asked about."""


@dataclass(frozen=True)
class Unmet:
    """A fact that a plan counts on and that is not so: in words, and the page where it can be made so."""

    text: str
    action: str
    endpoint: str
    values: dict[str, Any]


def ask(
    plan: Plan, changes: Sequence[Json], *, by: Organiser | None, seconds: int = SECONDS, to_worker: bool = True
) -> WhatIf:
    """Suppose some facts otherwise and queue the search; where the present places still hold, they are a first answer.

    Raises ProblemFaulty where the changed question breaks the problem format.
    """
    problem = supposed(plan.problem, changes)
    try:
        question = read_problem(problem_bytes(problem))
    except ProblemRefused as refused:
        raise ProblemFaulty(list(refused.lines())) from None
    made = result_of(plan)
    first = begun_from(question, made) if made is not None else None
    with transaction() as tx:
        row = WhatIf(
            programme=plan.programme,
            plan=plan,
            made_by=by,
            changes=list(changes),
            base_objective=plan.objective or 0,
            base_terms=dict(plan.terms),
            base_edits=plan.edits,
            problem=problem,
            start=None if made is None else made.as_json(),
            time_limit=seconds,
            **figures(first),
        )
        tx.add(row)
        tx.flush()
        if to_worker:
            background.enqueue(TASK, row.id, key=row.id)
    return row


def tried_of(plan: Plan) -> list[WhatIf]:
    """What was tried from a plan, newest first."""
    rows = select(WhatIf).where(WhatIf.plan_id == plan.id).options(joinedload(WhatIf.kept_as))
    return list(db.session.scalars(rows.order_by(WhatIf.id.desc()).limit(20)))


def is_under_way(row: WhatIf) -> bool:
    """Whether it may still become better."""
    return row.run_state in UNDER_WAY


def keep(row: WhatIf, *, by: Organiser | None) -> Plan:
    """Make what was tried a draft of its own, which says what it counts on. Raises CannotBeKept."""
    if row.result is None or row.objective is None or nobody_was_asked(row.changes):
        raise CannotBeKept
    with transaction() as tx:
        plan = Plan(
            programme=row.plan.programme,
            number=next_number(row.plan.programme),
            made_by=by,
            asked_at=row.plan.asked_at,
            based_on=row.plan.based_on,
            begins_from=row.plan.number,
            assumes=list(row.changes),
            problem=row.problem,
            run_state=RunState.FINISHED,
            run_end=row.run_end or RunEnd.STOPPED,
            time_limit=row.time_limit,
            started_at=row.made_at,
            ended_at=now(),
        )
        tx.add(plan)
        tx.flush()
        store(plan, read_plan_of(row.result))
        row.kept_as = plan
        record("plan.kept", programme=plan.programme, by=by, thing=f"plan {plan.number}", tried_from=row.plan.number)
    return plan


def read_plan_of(result: Json) -> SolverPlan:
    """A stored plan file, read."""
    return read_plan(json.dumps(result).encode("utf-8"))


def unmet(plan: Plan) -> list[Unmet]:
    """What a plan counts on and is not so by now; nothing of a plan that was made from the facts."""
    if not plan.assumes:
        return []
    names = Names(plan).by_id
    zone = plan.programme.time_zone
    return [Unmet(in_words(change, names, zone), *way) for change in plan.assumes for way in _missing(plan, change)]


def forget_old() -> None:
    """Delete what was tried long ago."""
    with transaction() as tx:
        tx.execute(sa.delete(WhatIf).where(WhatIf.made_at < now() - KEPT_FOR))


def _missing(plan: Plan, change: Json) -> Iterator[tuple[str, str, dict[str, Any]]]:
    of_programme = {"programme_id": plan.programme_id}
    if change["kind"] == "seats":
        session = db.session.scalar(select(Session).filter_by(**of_programme, key=change["session"]))
        if session is not None and session.max_seats is not None and session.max_seats < change["to"]:
            where = {"event_id": session.event_id, "session_id": session.id, "max_seats": change["to"]}
            yield "Change the seats", "events.session", where
    elif change["kind"] == "share":
        event = db.session.scalar(select(Event).filter_by(**of_programme, key=change["event"]))
        rule = next((rule for rule in event.mix if rule.attribute == "region"), None) if event is not None else None
        if event is not None and rule is not None and (rule.max_share or 1) < Decimal(change["to"]):
            yield "Change the rule", "events.change", {"event_id": event.id, "max_share": _percent(change["to"])}
    elif change["kind"] == "out":
        pair = db.session.scalar(
            select(Pair)
            .join(Pair.trust)
            .where(Pair.programme_id == plan.programme_id, Trust.ods_code == change["party"])
        )
        if pair is not None and any(person.left_on is None for person in pair.people):
            yield "See the pair", "people.trust", {"ods": change["party"]}


def _percent(share: str) -> int:
    return round(Decimal(share) * 100)


def figures(made: SolverPlan | None) -> dict[str, Any]:
    """The columns of a row that say what a plan comes to."""
    if made is None:
        return {}
    return {
        "result": made.as_json(),
        "solver_status": made.status,
        "objective": made.objective,
        "bound": made.bound,
        "terms": dict(made.terms),
        "conflict": list(made.conflict),
    }
