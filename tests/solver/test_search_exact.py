"""The solver against every plan there is, on tiny problems."""

from hypothesis import given

from solver.check import check
from solver.search import solve
from tests.solver.examples import examples
from tests.solver.exhaustive import cheapest
from tests.solver.tiny import tiny_problems


@examples(100)
@given(problem=tiny_problems())
def test_a_tiny_problem_is_solved_to_the_least_objective_of_all_plans(problem):
    least = cheapest(problem)

    plan = solve(problem, seconds=30, threads=1)

    assert plan.status == ("infeasible" if least is None else "optimal")
    assert plan.objective == least
    if least is not None:
        assert plan.bound == least
        assert check(problem, plan) == []
