"""One problem, several processes: what a helper hands back is better or the same, and merged without belief."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.instances.generator import Shape, make
from solver import check
from solver.clock import Run
from solver.keeping import Keeper
from solver.merging import take_in
from solver.plan import Plan
from solver.search import solve
from solver.spreading import Share, help_with
from tests.solver.builders import read
from tests.solver.examples import examples
from tests.solver.exhaustive import cheapest
from tests.solver.tiny import tiny_problems


@pytest.fixture(scope="module")
def problem():
    """Sixteen pairs, two workshops, a national and regional events, and sets."""
    return read(make(Shape(16, workshops=2, sittings=2, rounds=2, slots=4), 3))


@pytest.fixture(scope="module")
def first(problem):
    """The first plan that a search comes by, which leaves much to improve."""
    return solve(problem, seconds=300, threads=1, progress=at_the_first_plan)


@pytest.fixture(scope="module")
def better(problem, first):
    """A plan that is clearly better, and of which one point more is said to be proven."""

    def enough(objective, bound, seconds):
        return seconds > 6 and objective is not None and objective < first.objective

    return replace(solve(problem, seconds=300, threads=2, seed=5, progress=enough), bound=first.bound + 1)


def at_the_first_plan(objective, bound, seconds):
    """Ends a search with the first plan it has."""
    return objective is not None


def told_once(news):
    """Somebody outside who has found something, and tells it once."""
    waiting = [news]
    return lambda: [waiting.pop()] if waiting else []


def keeper_with(problem, plan):
    keeper = Keeper(problem, Run(60))
    take_in(keeper, plan)
    return keeper


class TestAHelper:
    @pytest.mark.parametrize("number", range(4))
    def test_of_any_share_hands_back_a_better_plan_that_holds(self, problem, first, number):
        told = []

        def enough(objective, bound, seconds):
            return objective < first.objective

        plan = help_with(problem, first, Share(number, 4), seconds=300, seed=1, progress=enough, improved=told.append)

        assert plan.objective < first.objective
        assert check(problem, plan) == []
        assert told[-1].objective == plan.objective

    def test_of_the_first_share_raises_the_bound(self, problem, first):
        plan = help_with(problem, first, Share(0), seconds=300, progress=lambda _, bound, __: bound > first.bound)

        assert first.bound < plan.bound <= plan.objective

    def test_goes_on_from_what_others_find_meanwhile(self, problem, first, better):
        """Ended at its first report, it has had no time to find anything by itself."""
        plan = help_with(problem, first, Share(1, 2), seconds=300, outside=told_once(better), progress=lambda *_: True)

        assert plan.objective <= better.objective < first.objective
        assert plan.bound == better.bound
        assert check(problem, plan) == []

    def test_given_a_plan_that_breaks_a_rule_believes_none_of_it(self, problem, better):
        broken = replace(better, objective=0, bound=0, assignments=better.assignments * 2)

        plan = help_with(problem, broken, Share(0), seconds=5)

        assert (plan.status, plan.objective) == ("unknown", None)

    @examples(12)
    @given(problem=tiny_problems(), number=st.integers(0, 2))
    def test_never_proves_more_than_is_true(self, problem, number):
        least = cheapest(problem)
        start = solve(problem, seconds=60, threads=1)

        plan = help_with(problem, replace(start, bound=0), Share(number, 3), seconds=0.5)

        assert plan.objective == least
        assert least is None or plan.bound <= least

    @pytest.mark.parametrize(("number", "of"), [(2, 2), (-1, 3), (0, 0)])
    def test_has_a_number_below_their_count(self, number, of):
        with pytest.raises(ValueError, match=f"no share {number} of {of}"):
            Share(number, of)


class TestMerging:
    def test_takes_the_better_plan_and_the_higher_bound(self, problem, first, better):
        keeper = keeper_with(problem, first)

        take_in(keeper, better)
        take_in(keeper, replace(first, bound=0))

        assert keeper.best.objective <= better.objective
        assert keeper.run.bound == max(first.bound, better.bound)

    def test_takes_the_parts_that_two_improved_side_by_side(self, problem, first, better):
        mostly_first = replace(better, sets=first.sets)  # better events beside the old sets
        only_sets = replace(first, sets=better.sets)
        halves = [half for half in (mostly_first, only_sets) if _improves(problem, first, half)]
        assert halves, "neither half of the better plan is one by itself"

        keeper = keeper_with(problem, first)
        for half in halves:
            take_in(keeper, replace(half, bound=0))

        alone = [_objective(problem, half) for half in halves]
        assert keeper.best.objective <= min(alone)
        assert check(problem, keeper.best) == []

    def test_takes_one_place_of_a_plan_that_is_worse_as_a_whole(self, problem, first, better):
        """Better in its events, spoilt by an empty workshop: the good parts are still taken."""
        spoilt = replace(better, sets=())
        assert _objective(problem, spoilt) > first.objective

        keeper = keeper_with(problem, first)
        take_in(keeper, replace(spoilt, objective=1, bound=0))

        assert keeper.best.objective < first.objective
        assert keeper.best.sets != ()

    def test_refuses_a_bound_above_a_plan_at_hand(self, problem, first):
        keeper = keeper_with(problem, first)
        before = keeper.run.bound

        take_in(keeper, Plan("unknown", 0.0, bound=first.objective + 1))

        assert keeper.run.bound == before

    def test_takes_a_bound_that_comes_without_a_plan(self, problem, first):
        keeper = keeper_with(problem, replace(first, bound=0))

        take_in(keeper, Plan("unknown", 0.0, bound=7))

        assert (keeper.run.bound, keeper.best.objective) == (7, first.objective)


def test_a_search_goes_on_from_what_others_found(problem, first, better):
    """The search that ends with ``first`` when it hears of nothing, ended at its first plan too."""
    plan = solve(problem, seconds=300, threads=1, outside=told_once(better), progress=at_the_first_plan)

    assert plan.objective <= better.objective < first.objective
    assert plan.bound >= better.bound
    assert check(problem, plan) == []


def _objective(problem, plan):
    keeper = Keeper(problem, Run(60))
    take_in(keeper, replace(plan, objective=1, bound=0))
    return keeper.best.objective if keeper.best else float("inf")


def _improves(problem, than, plan):
    return _objective(problem, plan) < than.objective
