"""Planning anew disturbs as few as can be: against every plan there is of tiny problems, and at 64 parties."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver import Plan, Problem, check
from solver.problem import AttendanceLock, Lock, Previous, RunningLock, SetLock
from solver.search import solve
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
    @settings(max_examples=100)
    @given(made=planned_anew(), begun=st.booleans())
    def test_no_cheapest_plan_changes_less(self, made, begun):
        problem, before = made
        least = cheapest_and_nearest(problem)

        plan = planned(problem, start=before if begun else None)

        assert (plan.objective, plan.terms.get("change")) == (least or (None, None))
        assert check(problem, plan) == []

    @settings(max_examples=60)
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
