"""Sets at prices: what is proven of an entry, against all the sets that can be formed."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.bounds import Bounder
from solver.clock import Run
from solver.columns import IMPOSSIBLE, combinations_of
from solver.problem import Answer, Party, Problem, Round, SetsEntry, Slot, Weights
from solver.setprices import (
    bound_by_own,
    fewest_for_everybody,
    held_by,
    least_by_sets,
    numbers_of_sets,
    own_cheapest,
)
from solver.tables import Tables
from tests.solver.examples import examples
from tests.solver.exhaustive import allowed, candidates, cost
from tests.solver.tiny import HOUR, MORNING, tiny_problems


@st.composite
def one_entry(draw):
    """A tiny problem that asks for sets of one entry alone, without what joins places."""
    problem = draw(tiny_problems())
    assume(problem.sets)
    sittings = {slot.id for round_ in problem.sets[0].rounds for slot in round_.slots}
    locks = tuple(lock for lock in problem.locks if getattr(lock, "session", None) in sittings)
    weights = replace(problem.weights, burden=0, repeat_encounter=0)
    return replace(problem, events=(), sets=problem.sets[:1], locks=locks, weights=weights)


def cheapest_by_number(problem):
    """The least cost of any plan with so many sets."""
    least = {}
    for candidate in candidates(problem):
        if allowed(problem, candidate):
            sets, paid = len(candidate.sets), cost(problem, candidate)
            least[sets] = min(paid, least.get(sets, paid))
    return least


@examples(30)
@given(problem=one_entry())
def test_no_number_of_sets_costs_less_than_its_bound(problem):
    tables, entry = Tables(problem), problem.sets[0]
    nobody_pays_more = np.zeros(len(entry.audience), dtype=np.int64)

    bounds = least_by_sets(tables, tables.kinds[0], nobody_pays_more, Run(60), unplaced=problem.weights.unplaced)

    for sets, paid in cheapest_by_number(problem).items():
        assert bounds[max(fewest_for_everybody(entry), sets)] <= paid


@examples(30)
@given(problem=one_entry(), many=st.booleans())
def test_parties_pay_no_less_than_in_the_slots_that_suit_them_best(problem, many):
    problem = replace(problem, previous=None)
    tables, entry = Tables(problem), problem.sets[0]
    audience = tables.kinds[0].audience
    price = np.where(tables.allowed[audience], tables.price[audience].astype(np.int64), IMPOSSIBLE)

    own = own_cheapest(tables, entry, None if many else combinations_of(tables, entry), price)

    for sets, paid in cheapest_by_number(problem).items():
        assert sets in numbers_of_sets(entry)
        assert bound_by_own(own, held_by(entry, sets), problem.weights.unplaced) <= paid


def test_however_many_parties_there_are_each_pays_for_the_slots_that_suit_it_best():
    names = tuple(f"P{i}" for i in range(500))
    slots = (Slot("early", MORNING, MORNING + HOUR), Slot("late", MORNING + HOUR, MORNING + 2 * HOUR))
    entry = SetsEntry("sets", names, (Round("round", slots),), 5, 8)
    can: dict[str, dict[str, Answer]] = {name: {"early": "if-need-be", "late": "if-need-be"} for name in names[:300]}
    can |= {name: {"early": "if-need-be", "late": "yes"} for name in names[300:499]}
    parties = tuple(Party(name, name, (name,)) for name in names)
    problem = Problem("many", parties, sets=(entry,), availability=can, weights=Weights(burden=0))
    run = Run(60)

    for _ in Bounder(problem, Tables(problem), run, 0).steps(None):
        pass

    assert run.bound == 10_000 + 300 * 10
