"""Who sits at which table: a small problem of kind "table" for the solver, so that people meet whom they have not met.

Every table is a session of one event at the same time; each person (or, where pairs sit together, each pair) attends
one. Regions, kinds of Trust and research activity are spread as evenly as can be; Trusts that have met count as met.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import undefer

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow.rooms import Attendee, Room, room_of
from scheduler.models import Organiser, Presence, RunState, Session, TablePlan, record
from scheduler.plan.encounters import times_met
from scheduler.plan.keeping import PlanBroken, problem_bytes, recounted
from scheduler.plan.published import Held
from scheduler.plan.solving import SolverProcess, memory_limit
from scheduler.transaction import rows_changed, transaction
from solver.reading import read_problem

if TYPE_CHECKING:
    from scheduler import Convene

TASK = "plan-tables"
SECONDS = 10
EVENT = "tables"
MIXED = ("region", "trust_type", "research_activity")
UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)
GIVEN_UP = "Planning the tables ended the worker three times, so it was given up."
NO_PLAN = "No way to seat everyone was found. Try another number of seats."

log = logging.getLogger(__name__)


class NobodyToSeat(Exception):
    """Nobody is expected at the session."""


@dataclass(frozen=True)
class Table:
    """A table and who sits there, by surname."""

    number: int
    people: Sequence[Attendee]

    @property
    def trusts(self) -> int:
        """How many Trusts sit there."""
        return len({one.trust.id for one in self.people if one.trust is not None})


def ask(session: Session, *, seats: int, together: bool, by: Organiser | None) -> TablePlan:
    """Have the tables of a session planned by a worker, in place of any planned before.

    ``seats`` is the most at one table; ``together`` keeps the two of a pair at one. Raises NobodyToSeat.
    """
    problem = problem_for(room_of(session), seats=seats, together=together)
    with transaction() as tx:
        tables = table_plan_of(session)
        if tables is None:
            tables = TablePlan(programme_id=session.programme_id, session=session, turn=0)
            tx.add(tables)
        tables.turn += 1
        tables.seats, tables.problem, tables.result = seats, problem, None
        tables.state, tables.note, tables.asked_at, tables.ended_at = RunState.QUEUED, "", now(), None
        tables.made_by = by
        tx.flush()
        background.enqueue(TASK, tables.id, key=job_key(tables.id, tables.turn))
        record("tables.asked", programme=session.programme, by=by, thing=session.event.title)
    return tables


def table_plan_of(session: Session) -> TablePlan | None:
    """The tables of a session, planned or being planned."""
    return db.session.scalar(sa.select(TablePlan).where(TablePlan.session_id == session.id))


def tables_in(tables: TablePlan, room: Room) -> list[Table]:
    """The tables with their people; who has come to the list since sits nowhere yet."""
    if tables.result is None:
        return []
    at: dict[int, set[str]] = defaultdict(set)
    people = {party["id"]: party["people"] for party in tables.problem["parties"]}
    for placed in tables.result["assignments"]:
        at[int(placed["session"].removeprefix("T"))].update(people[placed["party"]])
    return [Table(number, [one for one in room.attendees if one.key in at[number]]) for number in sorted(at)]


def problem_for(room: Room, *, seats: int, together: bool) -> dict[str, Any]:
    """The question as a convene-problem/1 file. Raises NobodyToSeat."""
    people = [one for one in room.attendees if one.state in (None, Presence.PRESENT, Presence.DEPUTY)]
    if not people:
        raise NobodyToSeat
    parties = _parties(people, together=together)
    sizes = [len(party["people"]) for party in parties]
    number = _how_many(sizes, seats)
    tables = [f"T{n}" for n in range(1, number + 1)]
    start, end = room.session.starts_at, room.session.ends_at
    fewest = max(1, sum(sizes) // number - (1 if together else 0))
    most = seats if together else -(-sum(sizes) // number)
    return {
        "format": "convene-problem/1",
        "name": f"Tables of {room.session.key}",
        "parties": parties,
        "events": [
            {
                "id": EVENT,
                "kind": "table",
                "open": {"min": number, "max": number},
                "encounters": True,
                "mix": [{"attribute": attribute, "max_share": 1} for attribute in MIXED],
                "sessions": [_session(table, start, end, fewest, most) for table in tables],
            }
        ],
        "sets": [],
        "availability": {party["id"]: dict.fromkeys(tables, "yes") for party in parties},
        "apart": [] if together or number == 1 else _partners(parties),
        "previous_encounters": _met_before(room.session, {party.get("trust", "") for party in parties}),
    }


def run(tables_id: int) -> None:
    """Plan the tables that were asked for: what a worker does for a job."""
    with transaction() as tx:
        claim = sa.update(TablePlan).where(TablePlan.id == tables_id, TablePlan.state.in_(UNDER_WAY))
        turn = tx.scalar(claim.values(state=RunState.RUNNING).returning(TablePlan.turn))
    if turn is None:
        return
    wanted = sa.select(TablePlan).where(TablePlan.id == tables_id).options(undefer(TablePlan.problem))
    problem = problem_bytes(db.session.scalars(wanted).one().problem)
    db.session.rollback()  # nothing is open while the solver runs
    folder = Path(cast("Convene", current_app).settings.instance) / "runs" / f"tables-{tables_id}-{turn}"
    with SolverProcess(problem, folder, seconds=SECONDS, memory=memory_limit()) as solver:
        while solver.running:
            solver.wait(0.2)
            if background.draining():
                solver.ask_to_stop()
        made = solver.outcome().plan
    try:
        if made is None or made.status not in ("optimal", "feasible"):
            _end(tables_id, turn, RunState.FAILED, note=NO_PLAN)
            return
        recounted(read_problem(problem), made)
    except PlanBroken as broken:
        log.error("Tables %d were not kept: %s", tables_id, broken)
        _end(tables_id, turn, RunState.FAILED, note=NO_PLAN)
        return
    _end(tables_id, turn, RunState.FINISHED, result=json.loads(json.dumps(made.as_json())))


def revive(quiet_since: datetime) -> None:
    """Queue again what waits though no job of it does; for the worker's sweep."""
    waiting = sa.select(TablePlan.id, TablePlan.turn).where(
        TablePlan.state.in_(UNDER_WAY), TablePlan.asked_at <= quiet_since
    )
    with transaction() as tx:
        for tables_id, turn in tx.execute(waiting).all():
            if not background.revive(TASK, tables_id, key=job_key(tables_id, turn)):
                _end(tables_id, turn, RunState.FAILED, note=GIVEN_UP)


def job_key(tables_id: int, turn: int) -> str:
    """The name of the job for one asking."""
    return f"{tables_id}-{turn}"


def _end(tables_id: int, turn: int, state: RunState, **values: Any) -> None:
    with transaction():
        mine = TablePlan.id == tables_id, TablePlan.turn == turn
        rows_changed(sa.update(TablePlan).where(*mine).values(state=state, ended_at=now(), **values))


def _session(table: str, start: datetime, end: datetime, fewest: int, most: int) -> dict[str, Any]:
    return {
        "id": table, "start": start.isoformat(), "end": end.isoformat(), "min_seats": fewest, "max_seats": most,
    }  # fmt: skip


def _parties(people: Iterable[Attendee], *, together: bool) -> list[dict[str, Any]]:
    groups: dict[str, list[Attendee]] = defaultdict(list)
    for one in people:
        groups[f"trust-{one.trust.ods_code}" if together and one.trust is not None else one.key].append(one)
    return [_party(key, members) for key, members in sorted(groups.items())]


def _party(key: str, members: Sequence[Attendee]) -> dict[str, Any]:
    party: dict[str, Any] = {"id": key, "people": [one.key for one in members]}
    trust = members[0].trust
    if trust is not None:
        party["trust"] = trust.ods_code
        values = (trust.region, trust.trust_type.value, trust.research_activity.value)
        party["attributes"] = dict(zip(MIXED, values, strict=True))
    return party


def _met_before(session: Session, trusts: set[str]) -> list[list[str | int]]:
    """How often two of these Trusts have met by the time the session starts."""
    met = times_met(session.programme, Held(), (), session.starts_at)
    return [[one, other, times] for one, other, times in met if one in trusts and other in trusts]


def _partners(parties: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Whoever comes for the same Trust, two by two: apart, each of them meets other people."""
    by_trust: dict[str, list[str]] = defaultdict(list)
    for party in parties:
        if "trust" in party:
            by_trust[party["trust"]].append(party["id"])
    # Of more than two, those who walked in may sit with anybody.
    return [list(two) for members in by_trust.values() for two in combinations(members[:2], 2)]


def _how_many(sizes: Sequence[int], seats: int) -> int:
    """The fewest tables that hold parties of these sizes, each whole at one table."""
    largest = max(sizes)
    free: list[int] = []
    seats = max(seats, largest)
    for size in sorted(sizes, reverse=True):
        place = next((at for at, left in enumerate(free) if left >= size), None)
        if place is None:
            free.append(seats)
            place = len(free) - 1
        free[place] -= size
    return len(free)
