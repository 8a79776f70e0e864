"""Small programmes to plan, and a worker's run of one, for the tests that go through the real solver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psutil
from flask import current_app

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Pair, Plan, Programme, RunEnd, RunState, Session
from scheduler.plan import planning
from scheduler.plan.keeping import next_number, problem_bytes, store
from scheduler.plan.problems import problem_for
from scheduler.plan.published import published_plan
from solver.check import objective_of, recount
from solver.plan import Plan as SolverPlan
from solver.plan import Status
from solver.problem import Assignment, Meeting, PlannedSet
from solver.reading import read_problem
from tests.builders import a_pair, a_programme, a_session, an_event, both_answered, sets_event

REGIONS = ("London", "Midlands", "North West", "South East")
PATIENCE = 120


def a_small_programme(pairs: int = 6) -> Programme:
    """One workshop of two sittings that everybody can come to, planned to the proven best in a moment."""
    programme = a_programme()
    event = an_event(programme, key="W1", title="Workshop 1")
    sessions = [
        a_session(event, f"2099-01-{day} 09:30", key=f"W1-{letter}", max_seats=12)
        for day, letter in ((12, "a"), (14, "b"))
    ]
    for number in range(pairs):
        pair = a_pair(programme, region=REGIONS[number % len(REGIONS)])
        for session in sessions:
            both_answered(pair, session)
    return programme


def with_sets(programme: Programme, **given: Any) -> Programme:
    """The programme with action learning sets that everybody can come to."""
    event = sets_event(programme, key="ALS", **given)
    for pair in pairs_of(programme):
        for session in event.sessions:
            both_answered(pair, session)
    return programme


def a_hard_programme() -> Programme:
    """One that the solver finds plans of at once and goes on improving for longer than any test waits."""
    programme = a_programme()
    pairs = [a_pair(programme, region=REGIONS[number % len(REGIONS)]) for number in range(20)]
    for number in range(4):
        event = an_event(programme, key=f"W{number}")
        for sitting in range(3):
            session = a_session(event, f"2099-0{number + 1}-1{sitting} 09:30", key=f"W{number}-{sitting}", min_seats=8)
            for pair in pairs:
                both_answered(pair, session, "if-need-be" if (pair.id + number + sitting) % 3 == 0 else "yes")
    return programme


def pairs_of(programme: Programme) -> list[Pair]:
    """The programme's pairs, in the order they were made."""
    return list(db.session.scalars(db.select(Pair).filter_by(programme_id=programme.id).order_by(Pair.id)))


def sessions_of(programme: Programme) -> dict[str, Session]:
    """The programme's sessions under their keys."""
    rows = db.session.scalars(db.select(Session).filter_by(programme_id=programme.id))
    return {session.key: session for session in rows}


def planned(programme: Programme, **options: Any) -> Plan:
    """A plan as a worker makes it."""
    plan = planning.start(programme, by=None, to_worker=False, **{"time_limit": 10} | options)
    planning.run(plan.id)
    db.session.refresh(plan)
    return plan


def laid_out(programme: Programme, places: Mapping[str, str] | None = None, sets: int = 2) -> Plan:
    """A draft without a run of the solver: each party at ``places`` or in turn at the sessions, sets dealt in turn."""
    places = places or {}
    frozen = problem_for(programme)
    problem = read_problem(problem_bytes(frozen))
    assignments = tuple(
        Assignment(event.id, party, places.get(party, event.sessions[at % len(event.sessions)].id))
        for event in problem.events
        for at, party in enumerate(event.audience)
    )
    formed = tuple(
        PlannedSet(
            entry.id,
            number + 1,
            entry.audience[number::sets],
            entry.facilitators[0].id if entry.facilitators else None,
            tuple(Meeting(r.id, r.slots[number % len(r.slots)].id) for r in entry.rounds),
        )
        for entry in problem.sets
        for number in range(sets)
    )
    made = SolverPlan("feasible", 0.1, assignments=assignments, sets=formed)
    cost = objective_of(problem, made)
    status: Status = "feasible" if cost else "optimal"
    made = replace(made, status=status, terms=dict(recount(problem, made)), objective=cost)
    plan = Plan(programme=programme, number=next_number(programme), problem=frozen, run_end=RunEnd.TIME_LIMIT)
    plan.run_state, plan.ended_at, plan.based_on = RunState.FINISHED, now(), published_plan(programme)
    db.session.add(plan)
    db.session.flush()
    store(plan, made)
    db.session.commit()
    return plan


def first_plan_of(programme: Programme) -> Plan:
    """A plan of a programme that is never done, stopped as soon as there is one, however slow the machine."""
    plan = planning.start(programme, by=None, time_limit=600, to_worker=False)
    with worker_on(plan):
        wait_until(lambda: best_so_far(plan))
        planning.stop(plan)
    return plan


@contextmanager
def worker_on(plan: Plan, **options: Any) -> Iterator[threading.Thread]:
    """A worker's thread that makes a plan while the test does something else; the plan's row is fresh afterwards."""
    app, plan_id = current_app._get_current_object(), plan.id  # type: ignore[attr-defined]

    def work() -> None:
        with app.app_context():
            planning.run(plan_id, **options)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield thread
    except BaseException:
        planning.stop(plan)
        raise
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive()
        db.session.rollback()
        db.session.refresh(plan)


def wait_until(what: Callable[[], Any]) -> Any:
    """What ``what`` says, once that is something; a test that waits in vain fails."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def best_so_far(plan: Plan) -> int | None:
    """The cost of the best plan that the run has told of."""
    db.session.rollback()
    cost, end, note = db.session.execute(
        db.select(Plan.objective, Plan.run_end, Plan.run_note).where(Plan.id == plan.id)
    ).one()
    assert end is None, note
    return cost


def solver_process() -> psutil.Process | None:
    """The child in which the solver runs."""
    return next((child for child in psutil.Process().children() if "solver.child" in child.cmdline()), None)
