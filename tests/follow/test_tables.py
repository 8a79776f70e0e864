"""Who sits at which table: the question to the solver, its answer, and a session with nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.extensions import db
from scheduler.follow import tables
from scheduler.follow.rooms import room_of
from scheduler.models import RunState, TablePlan
from solver.reading import read_problem
from tests.builders import a_plan, a_session, attended, placed
from tests.follow.conftest import expected


def question(session, **how):
    return tables.problem_for(room_of(session), **{"seats": 4, "together": False} | how)


def test_tables_are_sessions_of_one_event_that_hold_everyone_evenly(under_way, barts, leeds):
    for number in range(3):
        expected(under_way, f"A {number}", f"B {number}")

    problem = question(under_way)

    read_problem(tables.problem_bytes(problem))  # the strict reader takes it
    [event] = problem["events"]
    assert (event["kind"], event["encounters"], event["open"]) == ("table", True, {"min": 3, "max": 3})
    assert {(s["min_seats"], s["max_seats"]) for s in event["sessions"]} == {(3, 4)}
    assert sorted(len(party["people"]) for party in problem["parties"]) == [1] * 10
    assert len(problem["apart"]) == 5


def test_pairs_that_sit_together_are_one_party(under_way, barts, leeds):
    problem = question(under_way, together=True)

    assert [party["id"] for party in problem["parties"]] == ["trust-R1H", "trust-RR8"]
    assert problem["apart"] == []


def test_trusts_that_have_met_by_then_count_as_met(under_way, barts, leeds):
    earlier = a_session(under_way.event, under_way.starts_at - timedelta(days=30))
    placed(a_plan(under_way.programme), earlier, barts, leeds)
    for pair in (barts, leeds):
        attended(pair.director, earlier)

    assert question(under_way)["previous_encounters"] == [["R1H", "RR8", 1]]


def test_who_sent_apologies_gets_no_seat_and_with_nobody_there_is_no_question(under_way, barts):
    attended(barts.director, under_way, "apologies")
    assert [party["people"] for party in question(under_way)["parties"]] == [[f"p{barts.manager_id}"]]

    attended(barts.manager, under_way, "absent")
    with pytest.raises(tables.NobodyToSeat):
        question(under_way)


def test_a_worker_plans_the_tables_and_an_older_asking_writes_nothing(under_way, barts, leeds, monkeypatch):
    monkeypatch.setattr(tables, "SECONDS", 1)
    asked = tables.ask(under_way, seats=2, together=False, by=None)

    tables.run(asked.id)

    planned = db.session.get_one(TablePlan, asked.id, populate_existing=True)
    found = tables.tables_in(planned, room_of(under_way))
    assert (planned.state, [len(table.people) for table in found]) == (RunState.FINISHED, [2, 2])
    assert [table.trusts for table in found] == [2, 2]
    again = tables.ask(under_way, seats=4, together=False, by=None)
    tables._end(again.id, 1, RunState.FINISHED, result={"assignments": []})
    assert db.session.get_one(TablePlan, asked.id, populate_existing=True).state is RunState.QUEUED
