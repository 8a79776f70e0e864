"""Advice on a plan: begun by itself, found by the real search in a process of its own, stored as it comes, stopped."""

from __future__ import annotations

import json
import sys
import threading
from datetime import timedelta

import pytest
from flask import current_app

from scheduler import background, worker
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import AdviceState, Plan, PlanAdvice
from scheduler.plan import advice, advising, planning
from scheduler.plan.advising import merged
from scheduler.transaction import transaction
from solver.check import check, objective_of
from solver.reading import read_problem
from tests.builders import a_pair, an_organiser, both_answered
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.plan.programmes import (
    a_hard_programme,
    a_small_programme,
    first_plan_of,
    planned,
    sessions_of,
    wait_until,
)

NO = "no"


@pytest.fixture
def left_out(app):
    """A small programme of which one pair said no to everything; the pair."""
    programme = a_small_programme(pairs=5)
    pair = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(pair, session, NO)
    return pair


def advised(plan: Plan, **options) -> PlanAdvice:
    """The advice on a plan as a worker finds it."""
    advising.run(plan.id, **options)
    return row_of(plan)


def row_of(plan: Plan) -> PlanAdvice | None:
    """The row as other processes see it."""
    db.session.rollback()
    return db.session.get(PlanAdvice, plan.id, populate_existing=True)


@BOTH
def test_a_plan_that_leaves_somebody_out_is_advised_on_by_itself(app, left_out):
    plan = planned(left_out.programme)

    row = row_of(plan)

    assert (row.state, row.turn, row.edits, row.asked_by_id) == (AdviceState.QUEUED, 1, plan.edits, None)


def test_a_plan_that_places_everybody_is_advised_on_when_it_is_asked_for(app):
    plan = planned(a_small_programme())
    organiser = an_organiser(plan.programme)

    before = row_of(plan)
    advice.ask_for(plan, by=organiser)

    assert before is None
    assert (row_of(plan).state, row_of(plan).asked_by) == (AdviceState.QUEUED, organiser)
    assert background.queued("advise-plan") == 1


@BOTH
def test_each_figure_is_that_of_a_plan_of_the_changed_problem(app, left_out):
    plan = planned(left_out.programme)

    row = advised(plan)

    found = advice.found_by(row)
    asks = [each for each in found if each.party == left_out.trust.ods_code]
    assert row.state is AdviceState.DONE
    assert {each.session for each in asks} == {"W1-a", "W1-b"}
    for each in asks:
        assert each.placed == (("W1", left_out.trust.ods_code),)
        assert each.unplaced == 0
        assert each.gains == plan.objective - each.objective
        assert sum(each.by_term.values()) == each.gains
        assert cheapest_with_a_yes(plan, each.party, each.session) == each.objective


def cheapest_with_a_yes(plan, party, session):
    """What the problem costs at best with one answer changed."""
    from solver.search import solve

    changed = json.loads(json.dumps(plan.problem))
    changed["availability"][party][session] = "yes"
    problem = read_problem(json.dumps(changed).encode())
    made = solve(problem, seconds=20, threads=1)
    assert made.status == "optimal"
    assert check(problem, made) == []
    return objective_of(problem, made)


def test_what_cannot_hold_together_gets_the_changes_that_leave_a_plan(app):
    programme = a_small_programme()
    session = sessions_of(programme)["W1-a"]
    session.event.open_min = 2
    for each in sessions_of(programme).values():
        each.min_seats = 8
    db.session.commit()
    plan = planned(programme)

    row = advised(plan)

    found = {each.place: (each.was, each.to, each.gains, each.unplaced) for each in advice.found_by(row)}
    assert plan.solver_status == "infeasible"
    assert row.state is AdviceState.DONE
    assert found["events[0].open.min"] == (2, 1, None, 0)


def test_asking_again_while_it_is_under_way_changes_nothing(app, left_out):
    plan = planned(left_out.programme)
    organiser = an_organiser(left_out.programme)

    advice.ask_for(plan, by=organiser)

    assert (row_of(plan).turn, row_of(plan).asked_by_id) == (1, None)


def test_asking_again_once_it_is_done_begins_anew(app, left_out):
    plan = planned(left_out.programme)
    advised(plan)

    advice.ask_for(plan, by=None)

    row = row_of(plan)
    assert (row.turn, row.state, row.found) == (2, AdviceState.QUEUED, {})
    assert background.queued("advise-plan") == 1


def test_after_a_move_by_hand_there_is_no_advice_on_the_plan_as_it_stands(app, left_out):
    plan = planned(left_out.programme)
    advised(plan)

    plan.edits += 1
    db.session.commit()

    assert advice.advice_on(plan) is None


@BOTH
def test_a_search_that_nobody_has_begun_is_stopped_at_once(app, left_out):
    plan = planned(left_out.programme)

    advice.stop(plan)
    advising.run(plan.id)

    assert (row_of(plan).state, row_of(plan).attempt, row_of(plan).found) == (AdviceState.STOPPED, 0, {})


@BOTH_AT_LENGTH
def test_a_search_that_is_stopped_keeps_what_it_has_found(app):
    plan = a_plan_that_could_be_better()

    with searching(plan):
        wait_until(lambda: row_of(plan).found.get("repairs"))
        advice.stop(plan)

    row = row_of(plan)
    assert row.state is AdviceState.STOPPED
    assert advice.found_by(row)
    assert (row.ended_at - row.started_at).total_seconds() < row.time_limit
    assert list((app.settings.instance / "runs").iterdir()) == []


def a_plan_that_could_be_better() -> Plan:
    """A draft that leaves a pair out, with more to advise on than any test waits for."""
    programme = a_hard_programme()
    pair = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(pair, session, NO)
    plan = first_plan_of(programme)
    db.session.get(PlanAdvice, plan.id).time_limit = 600
    db.session.commit()
    return plan


class searching:
    """A worker's thread that looks for advice while the test does something else."""

    def __init__(self, plan: Plan, **options) -> None:
        self.app, self.plan, self.options = current_app._get_current_object(), plan, options

    def __enter__(self):
        plan_id = self.plan.id

        def work():
            with self.app.app_context():
                advising.run(plan_id, **self.options)

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            advice.stop(self.plan)
        self.thread.join(120)
        assert not self.thread.is_alive()


def test_a_discarded_plan_is_advised_on_no_more(app, left_out):
    plan = planned(left_out.programme)

    planning.discard(plan, by=None)

    assert row_of(plan).state is AdviceState.STOPPED
    assert advice.newest_advice(left_out.programme) is None


def test_a_search_that_crashes_says_so_and_keeps_what_was_found(app, left_out):
    plan = planned(left_out.programme)
    row = row_of(plan)
    row.found = {"tried": 1, "unchanged": None, "placed_unchanged": [], "repairs": [a_repair("a", 5)]}
    db.session.commit()

    row = advised(plan, command=(sys.executable, "-c", "import sys; sys.exit(3)"))

    assert (row.state, row.note) == (AdviceState.FAILED, "The search broke off: what it had found by then is kept.")
    assert [each.place for each in advice.found_by(row)] == ["a"]


def test_a_search_that_takes_too_much_memory_is_ended_and_says_so(app, left_out):
    plan = planned(left_out.programme)

    row = advised(plan, memory=20 * 1024 * 1024)

    assert (row.state, row.note) == (AdviceState.DONE, "It ran out of memory: what it had found by then is kept.")


def test_an_older_attempt_writes_nothing_more(app, left_out):
    plan = planned(left_out.programme)
    attempt, _, _ = advising._claim(plan.id)
    advising._claim(plan.id)

    assert not advising._write(plan.id, attempt, beat_at=now())


def a_repair(place: str, objective: int, to: object = 1):
    """A change as the child says it."""
    return {
        "place": place, "from": 0, "to": to, "text": place, "saves": 1, "objective": objective,
        "party": None, "session": None, "placed": [], "unplaced": 0, "by_term": {},
    }  # fmt: skip


def test_what_two_attempts_found_is_kept_once_each_by_its_cheapest_plan():
    known = {"tried": 3, "unchanged": None, "placed_unchanged": [], "repairs": [a_repair("a", 9), a_repair("b", 4)]}
    news = {
        "tried": 2,
        "unchanged": 8,
        "placed_unchanged": [["W", "A"]],
        "repairs": [a_repair("a", 7), a_repair("a", 7, to=2)],
    }

    both = merged(known, news)

    assert [(each["place"], each["to"], each["objective"]) for each in both["repairs"]] == [
        ("b", 1, 4), ("a", 1, 7), ("a", 2, 7),
    ]  # fmt: skip
    assert (both["tried"], both["unchanged"], both["placed_unchanged"]) == (5, 8, [["W", "A"]])


def test_a_change_that_the_plan_can_do_without_is_dropped():
    known = {"tried": 1, "unchanged": None, "placed_unchanged": [], "repairs": [a_repair("a", 9)]}

    both = merged(known, {"tried": 1, "unchanged": 9, "placed_unchanged": [], "repairs": []})

    assert both["repairs"] == []


def test_changes_of_events_and_locks_since_the_question_are_counted(app):
    from scheduler.plan.locking import lock_session

    programme = a_small_programme()
    plan = planned(programme)
    before = advice.changes_since(plan)

    lock_session(programme, sessions_of(programme)["W1-a"], runs=True, reason="The hall is paid for", by=None)

    assert (before, advice.changes_since(plan)) == (0, 1)


@BOTH
def test_a_search_that_nobody_drives_is_queued_again_once(app, left_out):
    plan = planned(left_out.programme)
    row_of(plan).asked_at = now() - timedelta(hours=1)
    db.session.commit()

    worker.sweep(timedelta(minutes=5))
    worker.sweep(timedelta(minutes=5))

    assert background.queued("advise-plan") == 1


def test_a_search_that_ended_its_worker_three_times_is_given_up_with_what_it_had_found(app, left_out):
    plan = planned(left_out.programme)
    row = row_of(plan)
    row.asked_at = now() - timedelta(hours=1)
    row.found = {"tried": 1, "unchanged": None, "placed_unchanged": [], "repairs": [a_repair("a", 5)]}
    with transaction():
        background.enqueue("advise-plan", plan.id, key=advice.job_key(plan.id, row.turn))
    background._client().cancel_workflow(f"advise-plan:{advice.job_key(plan.id, 1)}:1")

    worker.sweep(timedelta(minutes=5))

    row = row_of(plan)
    assert (row.state, row.note, len(advice.found_by(row))) == (AdviceState.FAILED, worker.ADVICE_GIVEN_UP, 1)
    assert background.idle()
