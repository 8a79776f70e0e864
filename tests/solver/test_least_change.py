"""Planning anew disturbs as few as can be: against every plan there is of tiny problems, and at 64 parties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.bench_explain import with_joiners
from benchmarks.instances.generator import Shape, make
from solver import Plan, Problem, check
from solver.clock import Run
from solver.drafting import Draft, left_out
from solver.keeping import counted
from solver.leastchange import with_fewest_changes
from solver.parts import part_of
from solver.problem import Assignment, AttendanceLock, Lock, Previous, RunningLock, SetLock, Weights
from solver.repairing import with_open_places
from solver.search import solve
from tests.solver.builders import Data, party, read, sitting
from tests.solver.examples import examples
from tests.solver.exhaustive import allowed, candidates, counts
from tests.solver.tiny import tiny_problems


def planned(problem: Problem, **fields) -> Plan:
    """An optimal plan of a tiny problem."""
    return solve(problem, seconds=60, threads=1, **fields)


def cost(problem: Problem, terms: dict[str, int]) -> int:
    """The weighted sum of some terms."""
    return sum(getattr(problem.weights, term) * count for term, count in terms.items())


def cheapest_and_nearest(problem: Problem) -> tuple[int, int] | None:
    """The least objective of any plan, and the fewest changes of any plan that costs no more; None without a plan."""
    found = [counts(problem, candidate) for candidate in candidates(problem) if allowed(problem, candidate)]
    return min(((cost(problem, terms), terms["change"]) for terms in found), default=None)


def without(problem: Problem, party: str) -> Problem:
    """The problem before a party joined: nothing asks for it."""
    return replace(
        problem,
        events=tuple(replace(e, audience=tuple(p for p in e.audience if p != party)) for e in problem.events),
        sets=tuple(replace(s, audience=tuple(p for p in s.audience if p != party)) for s in problem.sets),
        locks=tuple(k for k in problem.locks if not names(k, party)),
    )


def names(lock: Lock, party: str) -> bool:
    """Whether a lock is about a party."""
    return (isinstance(lock, AttendanceLock) and lock.party == party) or (
        isinstance(lock, SetLock) and party in lock.parties
    )


def says_no(problem: Problem, party: str, sitting: str) -> Problem:
    """The problem once a party cannot come to a session or slot."""
    answers = dict(problem.availability[party]) | {sitting: "no"}
    return replace(problem, availability={**problem.availability, party: answers})


def closed(problem: Problem, sitting: str) -> Problem:
    """The problem once a session or slot may not run."""
    return replace(problem, locks=(*problem.locks, RunningLock(sitting, runs=False)))


def leaves(problem: Problem, facilitator: str) -> Problem:
    """The problem once a facilitator is there no more."""
    sets = tuple(replace(s, facilitators=tuple(f for f in s.facilitators if f.id != facilitator)) for s in problem.sets)
    kept = (k for k in problem.locks if not (isinstance(k, SetLock) and k.facilitator == facilitator))
    return replace(problem, sets=sets, locks=tuple(kept))


@st.composite
def planned_anew(draw):
    """A tiny problem after one of the usual things happened to it, with its plan of before; and that plan."""
    problem = replace(draw(tiny_problems()), previous=None)
    problem = replace(problem, weights=replace(problem.weights, change=draw(st.sampled_from([1, 3, 50]))))
    kind = draw(st.sampled_from(["no", "closed", "leaves", "joins"]))
    if kind == "joins":
        before = planned(without(problem, draw(st.sampled_from([party.id for party in problem.parties]))))
        assume(before.status == "optimal")
    else:
        before = planned(problem)
        assume(before.status == "optimal")
        attended = [(a.party, a.session) for a in before.assignments]
        attended += [(party, meeting.slot) for s in before.sets for party in s.parties for meeting in s.meetings]
        led = [formed.facilitator for formed in before.sets if formed.facilitator is not None]
        assume(led if kind == "leaves" else attended)
        if kind == "leaves":
            problem = leaves(problem, draw(st.sampled_from(led)))
        else:
            party, sitting = draw(st.sampled_from(attended))
            problem = says_no(problem, party, sitting) if kind == "no" else closed(problem, sitting)
    return replace(problem, previous=Previous(before.assignments, before.sets)), before


class TestTinyProblems:
    @examples(40)
    @given(made=planned_anew(), begun=st.booleans())
    def test_no_cheapest_plan_changes_less(self, made, begun):
        problem, before = made
        least = cheapest_and_nearest(problem)

        plan = planned(problem, start=before if begun else None)

        assert (plan.objective, plan.terms.get("change")) == (least or (None, None))
        assert check(problem, plan) == []

    @examples(30)
    @given(problem=tiny_problems())
    def test_nothing_changes_of_a_plan_that_is_cheapest_as_it_is(self, problem):
        problem = replace(problem, previous=None, weights=replace(problem.weights, change=1))
        before = planned(problem)
        assume(before.status == "optimal")
        again = replace(problem, previous=Previous(before.assignments, before.sets))

        plan = planned(again)

        assert plan.objective == before.objective
        assert plan.terms["change"] == 0
        assert {*before.assignments} <= {*plan.assignments}


def test_of_plans_that_cost_the_same_one_that_changes_less_is_taken():
    sittings = [sitting("W-1", 1), sitting("W-2", 2)]
    problem = read(
        {
            "format": "convene-problem/1",
            "parties": [party("A"), party("B")],
            "events": [{"id": "W", "sessions": sittings}],
            "availability": {name: {"W-1": "yes", "W-2": "yes"} for name in "AB"},
            "costs": {"A": {"W-1": 3}, "B": {"W-1": 4}},
            "weights": {"change": 3},
            "previous": {"assignments": [{"event": "W", "party": name, "session": "W-1"} for name in "AB"], "sets": []},
        }
    )
    both_moved = counted(problem, Draft(tuple(Assignment("W", name, "W-2") for name in "AB"), ()))

    made = with_fewest_changes(problem, both_moved, Run(60), seed=0)

    assert {(a.party, a.session) for a in made.assignments} == {("A", "W-1"), ("B", "W-2")}
    assert counted(problem, made).objective == both_moved.objective


def at(problem: Problem, plan: Plan, event: str) -> tuple[int, int]:
    """How many of an event are unplaced in a plan, and how many are not where the earlier plan had them."""
    was = {a.party: a.session for a in problem.previous.assignments if a.event == event}
    now = {a.party: a.session for a in plan.assignments if a.event == event}
    asked = next(e.audience for e in problem.events if e.id == event)
    return sum(party not in now for party in asked), sum(now.get(party) != was[party] for party in was)


def least_at(problem: Problem, event: str) -> tuple[int, int]:
    """How many of an event by itself are unplaced and changed where that is cheapest, a place for ten changes: proven.

    Nothing of these problems shares days with an event, so that it can be planned by itself.
    """
    weights = Weights(10, 0, 0, 0, 0, 0, 0, change=1)
    alone = solve(replace(part_of(problem, {event}, ()), weights=weights), seconds=300, threads=2)
    assert alone.status == "optimal"
    return alone.terms["unplaced"], alone.terms["change"]


def after(problem: Problem, before: Plan) -> Problem:
    """The problem with the plan of before as the earlier one."""
    return replace(problem, previous=Previous(before.assignments, before.sets))


def anew(problem: Problem, enough: Callable[[Plan], bool], seconds: float = 120) -> Plan:
    """The best plan of a run that ends with the first that is good enough, however slow the machine is."""
    found: list[Plan] = []
    plan = solve(
        problem,
        seconds=seconds,
        threads=2,
        improved=found.append,
        progress=lambda *_: bool(found) and enough(found[-1]),
    )
    assert check(problem, plan) == []
    return plan


def once_there_is_a_plan(objective: int | None, bound: int, seconds: float) -> bool:
    """Ends a run with its first plan, however slow the machine is."""
    return objective is not None


def dear(data: Data) -> Problem:
    """The problem where to move anybody costs more than any saving but a place."""
    problem = read(data)
    return replace(problem, weights=replace(problem.weights, change=1000))


@pytest.fixture(scope="module")
def problem():
    """The usual programme of 64 parties."""
    return dear(make(Shape.of(64), 1))


@pytest.fixture(scope="module")
def before(problem):
    """Its plan, before anything happened."""
    return solve(problem, seconds=300, threads=2, progress=once_there_is_a_plan)


class TestSixtyFourParties:
    def test_a_closed_session_moves_no_more_than_its_event_needs(self, problem, before):
        session = next(a.session for a in before.assignments if a.event == "W1")
        changed = after(closed(problem, session), before)
        least = least_at(changed, "W1")

        plan = anew(changed, lambda plan: at(changed, plan, "W1") == least)

        assert at(changed, plan, "W1") == least
        assert plan.terms["change"] == least[1]

    def test_a_no_moves_no_more_than_its_event_needs(self, problem, before):
        placed = next(a for a in before.assignments if a.event == "W1")
        changed = after(says_no(problem, placed.party, placed.session), before)
        least = least_at(changed, "W1")

        plan = anew(changed, lambda plan: at(changed, plan, "W1") == least)

        assert at(changed, plan, "W1") == least
        assert plan.terms["change"] == least[1]

    def test_a_facilitator_who_leaves_moves_nobody_to_another_set(self, problem, before):
        led = Counter(formed.facilitator for formed in before.sets)
        changed = after(leaves(problem, min(led, key=lambda name: (led[name], name))), before)
        unplaced = before.terms["unplaced"]

        plan = anew(changed, lambda plan: plan.terms["unplaced"] <= unplaced)

        assert {(s.number, s.parties) for s in plan.sets} == {(s.number, s.parties) for s in before.sets}
        assert plan.assignments == before.assignments

    def test_who_joins_moves_nobody_for_a_place_that_is_open(self):
        early, whole = with_joiners(64, 1, 5)
        first = solve(dear(early), seconds=300, threads=2, progress=once_there_is_a_plan)
        changed = after(dear(whole), first)
        standing = with_open_places(changed, Draft(first.assignments, first.sets), Run(300), seed=0)
        left = len(left_out(changed, standing))

        plan = anew(changed, lambda plan: plan.terms["unplaced"] <= left)

        assert plan.terms["unplaced"] <= left
        assert plan.terms["change"] == 0 or plan.terms["unplaced"] < left

    def test_nothing_changes_where_nothing_happened(self, problem, before):
        changed = after(problem, before)

        plan = anew(changed, lambda plan: False, seconds=2)

        assert plan.terms["change"] == 0


def test_the_last_open_places_fall_by_the_seed():
    time = {"start": "2027-01-01T09:00:00Z", "end": "2027-01-01T10:00:00Z"}
    names = [f"P{i}" for i in range(6)]
    problem = read(
        {
            "format": "convene-problem/1",
            "parties": [{"id": name, "people": [f"{name}-D", f"{name}-M"]} for name in names],
            "events": [{"id": "W", "sessions": [{"id": "W-1", "max_seats": 8} | time]}],
            "availability": {name: {"W-1": "yes"} for name in names},
        }
    )
    nobody = Draft((), ())

    drafts = [with_open_places(problem, nobody, Run(60), seed=seed) for seed in range(30)]

    assert {lost.party for made in drafts for lost in left_out(problem, made)} == set(names)
