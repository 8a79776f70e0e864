"""Sets formed anew by column generation: no dearer than before, and near to an earlier plan where that counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.instances.generator import Shape, make
from solver import Plan, Problem, check
from solver.clock import Run
from solver.diving import reform
from solver.drafting import Draft
from solver.keeping import counted
from solver.problem import Previous
from solver.search import solve
from solver.standing import Standing, drafted
from solver.tables import Tables
from tests.solver.builders import read


@pytest.fixture(scope="module")
def problem():
    """Twenty-four pairs with a workshop and sets of two rounds."""
    return read(make(Shape(24, workshops=1, sittings=2, rounds=2, slots=4), 4))


@pytest.fixture(scope="module")
def plan(problem):
    """The first plan that a search comes by."""
    return solve(problem, seconds=300, threads=1, progress=lambda objective, *_: objective is not None)


def dived(problem: Problem, plan: Plan, seed: int = 0) -> Plan:
    """The plan with all its sets formed anew."""
    standing = Standing(Tables(problem), plan)
    formed = reform(standing, standing.groups[-1], Run(300), seed)
    assert formed is not None
    made = counted(problem, drafted(standing.tables, [*standing.groups[:-1], formed]))
    assert check(problem, made) == []
    return made


def renumbered(plan: Plan, by: int) -> Plan:
    """The same sets under each other's numbers."""
    numbers = [formed.number for formed in plan.sets]
    turned = [*numbers[by:], *numbers[:by]]
    sets = sorted((replace(s, number=n) for s, n in zip(plan.sets, turned, strict=True)), key=lambda s: s.number)
    return replace(plan, sets=tuple(sets))


@pytest.mark.parametrize("seed", range(3))
def test_sets_formed_anew_cost_no_more(problem, plan, seed):
    assert dived(problem, plan, seed).objective <= plan.objective


@pytest.mark.parametrize("by", [1, 2])
def test_sets_take_their_earlier_numbers_again(problem, plan, by):
    earlier = replace(problem, previous=Previous(plan.assignments, plan.sets))
    turned = counted(earlier, Draft(plan.assignments, renumbered(plan, by).sets))

    made = dived(earlier, turned)

    assert turned.terms["change"] > 0
    assert made.objective <= plan.objective


def test_a_set_keeps_its_facilitator_and_its_slots_where_members_leave_it(problem, plan):
    earlier = replace(problem, previous=Previous(plan.assignments, plan.sets))
    smallest, *_, largest = sorted(plan.sets, key=lambda formed: len(formed.parties))
    left = counted(earlier, Draft(plan.assignments, tuple(s for s in plan.sets if s is not smallest)))

    made = dived(earlier, left)

    assert made.objective <= plan.objective
    assert largest in made.sets
