"""Which rules a plan breaks, against the same counted from the format alone, for plans that keep some rules or none."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from solver.drafting import Draft
from solver.judging import EMPTY, Judge
from solver.problem import Assignment, Meeting, PlannedSet
from solver.variables import sets_asked_for
from tests.solver.broken import broken, candidates
from tests.solver.examples import examples
from tests.solver.exhaustive import Candidate
from tests.solver.test_conflicts import asking_problems


def as_draft(problem, candidate):
    """A candidate of the exhaustive search as a draft."""
    rounds = {entry.id: entry.rounds for entry in problem.sets}
    return Draft(
        tuple(Assignment(event, party, session) for (event, party), session in candidate.placed.items()),
        tuple(
            PlannedSet(
                s.entry,
                s.number,
                s.parties,
                s.facilitator,
                tuple(Meeting(r.id, slot) for r, slot in zip(rounds[s.entry], s.slots, strict=True)),
            )
            for s in candidate.sets
        ),
    )


@examples(40)
@given(problem=asking_problems(), every=st.integers(1, 97))
def test_exactly_the_rules_are_named_that_a_plan_breaks(problem, every):
    judge = Judge(problem)
    asked = {entry.id: sets_asked_for(problem, entry) for entry in problem.sets}

    for candidate in islice(candidates(problem), 0, 60 * every, every):
        if all(formed.number <= asked[formed.entry] for formed in candidate.sets):
            named = judge.broken_by(as_draft(problem, candidate))
            counted = broken(problem, candidate)
            assert all(any(rule.startswith(begins) for begins in counted) for rule in named), (named, counted)
            assert all(any(rule.startswith(begins) for rule in named) for begins in counted), (named, counted)


@examples(40)
@given(problem=asking_problems())
def test_what_asks_is_what_leaving_everybody_out_breaks(problem):
    judge = Judge(problem)

    assert judge.asking == judge.broken_by(EMPTY)
    assert {
        begins for rule in judge.asking for begins in broken(problem, Candidate({}, ())) if rule.startswith(begins)
    } == (broken(problem, Candidate({}, ())))
