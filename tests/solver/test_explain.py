"""What each other place of a party would cost and which rules forbid it, against a recount of the changed plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver import Place, Plan, Problem, check, explain, recount
from solver.check import objective_of
from solver.plan import Unplaced
from solver.problem import Assignment, Meeting, PlannedSet
from tests.solver.builders import as_file, party, read, settled, small_plan, small_problem
from tests.solver.examples import examples
from tests.solver.exhaustive import Candidate, allowed, candidates
from tests.solver.programmes import Programme, programmes
from tests.solver.test_commands import run
from tests.solver.tiny import tiny_problems


def moved(problem: Problem, plan: Plan, party: str, place: Place) -> Plan:
    """The plan with the party there, its figures those of a recount."""
    assignments = [a for a in plan.assignments if (a.event, a.party) != (place.event, party)]
    sets = []
    for planned in plan.sets:
        members = planned.parties
        if planned.set == place.event:
            members = tuple(p for p in members if p != party) + ((party,) if planned.number == place.number else ())
        if members:
            sets.append(replace(planned, parties=members))
    unplaced = [u for u in plan.unplaced if (u.event, u.party) != (place.event, party)]
    if place.session is not None:
        assignments.append(Assignment(place.event, party, place.session))
    elif place.number is None:
        unplaced.append(Unplaced(place.event, party))
    return counted(problem, replace(plan, assignments=tuple(assignments), sets=tuple(sets), unplaced=tuple(unplaced)))


def counted(problem: Problem, plan: Plan) -> Plan:
    return replace(plan, terms=recount(problem, plan), objective=objective_of(problem, plan))


def as_plan(problem: Problem, candidate: Candidate) -> Plan:
    """A candidate of the exhaustive search as a plan."""
    assignments = tuple(Assignment(event, party, s) for (event, party), s in candidate.placed.items())
    sets = []
    for formed in candidate.sets:
        rounds = next(entry.rounds for entry in problem.sets if entry.id == formed.entry)
        meetings = tuple(Meeting(r.id, slot) for r, slot in zip(rounds, formed.slots, strict=True))
        sets.append(PlannedSet(formed.entry, formed.number, formed.parties, formed.facilitator, meetings))
    placed = {*candidate.placed, *((s.set, p) for s in sets for p in s.parties)}
    places = (*problem.events, *problem.sets)
    unplaced = tuple(Unplaced(k.id, p) for k in places for p in k.audience if (k.id, p) not in placed)
    return counted(problem, Plan("feasible", 0.0, assignments=assignments, sets=tuple(sets), unplaced=unplaced))


def every_place(problem: Problem, plan: Plan) -> Iterator[tuple[str, Place]]:
    for one in problem.parties:
        for place in explain(problem, plan, one.id):
            yield one.id, place


def assert_every_price_is_that_of_a_recount(problem: Problem, plan: Plan) -> None:
    assert check(problem, plan) == []
    for who, place in every_place(problem, plan):
        there = moved(problem, plan, who, place)
        assert place.change == there.objective - plan.objective, (who, place)
        assert bool(place.broken) == bool(check(problem, there)), (who, place, check(problem, there))


@examples(60)
@given(made=programmes())
def test_each_price_and_each_refusal_is_that_of_a_recount_of_the_changed_plan(made: Programme):
    problem = read(made.problem)

    assert_every_price_is_that_of_a_recount(problem, settled(problem, made.plan))


@examples(60)
@given(problem=tiny_problems(), at=st.integers(0, 400))
def test_they_are_so_too_where_sittings_clash_parties_share_people_and_locks_hold(problem: Problem, at: int):
    plans = [c for c in islice(candidates(problem), 2000) if allowed(problem, c)]
    assume(plans)

    assert_every_price_is_that_of_a_recount(problem, as_plan(problem, plans[at % len(plans)]))


def test_where_a_party_is_now_costs_nothing_and_breaks_nothing():
    problem = read(small_problem())

    now = [place for place in explain(problem, settled(problem, small_plan()), "A") if place.now]

    assert [(p.event, p.session, p.number, p.price, p.broken) for p in now] == [
        ("N1", "N1-a", None, 0, ()),
        ("W1", "W1-a", None, 0, ()),
        ("ALS", None, 4, 0, ()),
    ]


def test_a_party_that_the_problem_does_not_have_is_refused():
    problem = read(small_problem())

    with pytest.raises(KeyError, match="nobody"):
        explain(problem, settled(problem, small_plan()), "nobody")


class TestCommand:
    """``convene explain``."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[Path, Path]:
        """The small problem and a plan of it."""
        problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
        problem.write_bytes(as_file(small_problem()))
        plan.write_bytes(as_file(settled(read(small_problem()), small_plan()).as_json()))
        return problem, plan

    def test_prints_each_place_with_its_price_or_the_rules_against_it(self, files: tuple[Path, Path]):
        done = run("explain", *files, "--party", "B", "--json")

        told = json.loads(done.stdout)
        assert (done.returncode, told["party"]) == (0, "B")
        assert [list(place) for place in told["places"][:2]] == [["event", "session", "now", "price", "broken"]] * 2
        assert [(place["event"], place["now"]) for place in told["places"]] == [
            ("N1", True),
            ("W1", True),
            ("W1", False),
            ("ALS", True),
            ("ALS", False),
        ]
        assert told["places"][4]["price"] is None
        assert told["places"][4]["broken"] == [
            "set 4 has 1 member, fewer than 2",
            'no set of "ALS" has all of "A", "B"',
        ]
        assert [place["event"] for place in told["unplaced"]] == ["N1", "W1", "ALS"]

    def test_says_the_same_in_sentences(self, files: tuple[Path, Path]):
        done = run("explain", *files, "--party", "C")

        assert done.returncode == 0
        assert done.stdout.splitlines()[:2] == [
            "N1: C is in N1-a (yes)",
            "  unplaced: would cost 1,000 more",
        ]

    def test_refuses_a_party_that_is_not_in_the_problem_in_one_line(self, files: tuple[Path, Path]):
        done = run("explain", *files, "--party", "nobody")

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == '--party: "nobody" is not a party of the problem\n'

    def test_refuses_a_plan_of_another_problem_in_one_line(self, files: tuple[Path, Path], tmp_path: Path):
        other = tmp_path / "other.json"
        other.write_bytes(as_file({"format": "convene-problem/1", "parties": [party("A")]}))

        done = run("explain", other, files[1], "--party", "A")

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith('assignments[0].event: "N1" is not an event in the problem (and 15 more')
        assert len(done.stderr.splitlines()) == 1

    def test_refuses_the_file_of_a_problem_without_a_plan(self, files: tuple[Path, Path], tmp_path: Path):
        none = tmp_path / "none.json"
        none.write_bytes(as_file(Plan("infeasible", 1.0, conflict=("W1 has no room",)).as_json()))

        done = run("explain", files[0], none, "--party", "A")

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "status: is infeasible: there is no plan to explain\n"
