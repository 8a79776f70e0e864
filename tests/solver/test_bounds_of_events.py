"""An event at prices: whatever integers the prices and tolls are, no plan of the event costs less."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.problem import Event, MixRule, Party, Problem, Session, Weights
from solver.sessionprices import At, Mixed, bounds_at, climb_prices, climbed_bounds, first_prices, sittings_of
from solver.tables import Tables
from tests.solver.examples import examples
from tests.solver.exhaustive import allowed, candidates, cost
from tests.solver.tiny import HOUR, MORNING, tiny_problems


@st.composite
def one_event(draw):
    """A tiny problem that asks for one event alone, often with a rule on regions, without what joins places."""
    problem = draw(tiny_problems())
    assume(problem.events and problem.events[0].audience and problem.events[0].sessions)
    event = replace(problem.events[0], after=())
    sittings = {session.id for session in event.sessions}
    locks = tuple(lock for lock in problem.locks if getattr(lock, "session", None) in sittings)
    weights = replace(problem.weights, burden=0, repeat_encounter=0)
    return replace(problem, events=(event,), sets=(), locks=locks, weights=weights)


def cheapest_by_running(problem):
    """The least cost of any plan with so many sessions running."""
    least = {}
    for candidate in candidates(problem):
        if allowed(problem, candidate):
            running, paid = len(set(candidate.placed.values())), cost(problem, candidate)
            least[running] = min(paid, least.get(running, paid))
    return least


def costs_of(problem):
    """The event's costs at prices."""
    tables = Tables(problem)
    kind = tables.kinds[0]
    return sittings_of(tables, kind, 0 * kind.audience, scale=1, unplaced=problem.weights.unplaced)


@examples(50)
@given(problem=one_event(), seed=st.integers(0, 10_000))
def test_no_plan_of_an_event_costs_less_than_its_bound_at_any_prices(problem, seed):
    of, dice = costs_of(problem), np.random.default_rng(seed)
    tolls = tuple(dice.integers(0, 25, (of.cost.shape[1], mix.due.shape[1])) for mix in of.mixes)
    at = At(dice.integers(-10, 40, len(of.cost)), tolls)

    bounds = bounds_at(of, at)

    assert all(bounds[running] <= paid for running, paid in cheapest_by_running(problem).items())


@given(toll=st.integers(0, 30), due=st.integers(0, 5), most=st.integers(0, 6), weight=st.integers(0, 20))
def test_a_session_is_given_back_the_most_it_can_collect_less_its_imbalance(toll, due, most, weight):
    one_size = Mixed(np.array([0]), np.array([[due]]), np.array([[most]]), weight)

    back = one_size.given_back(np.array([[toll]]))

    assert back[0, 0] == max(toll * there - weight * max(0, there - due) for there in range(most + 1))


@examples(25)
@given(problem=one_event())
def test_prices_that_climbed_are_integers_at_which_no_plan_costs_less(problem):
    of, cheapest = costs_of(problem), cheapest_by_running(problem)
    for running in range(max(1, of.fewest), of.running + 1):
        at = climb_prices(of, first_prices(of), running, lambda: None)

        assert at.party.dtype == np.int64
        assert all((tolls >= 0).all() for tolls in at.tolls)
        assert all(bounds_at(of, at)[r] <= paid for r, paid in cheapest.items())


def test_parties_of_one_region_pay_for_a_session_that_does_not_suit_them():
    names = tuple(f"P{i}" for i in range(8))
    region = {name: "north" if i < 4 else "south" for i, name in enumerate(names)}
    sessions = tuple(Session(name, MORNING, MORNING + HOUR, max_seats=4) for name in ("near north", "near south"))
    half = MixRule("region", max_share=Fraction(1, 2))
    problem = Problem(
        "half of each region",
        tuple(Party(name, name, (name,), {"region": region[name]}) for name in names),
        (Event("day", "workshop", names, sessions, 0, 2, mix=(half,)),),
        availability={name: {"near north": "yes", "near south": "yes"} for name in names},
        costs={name: {f"near {other}": 9 for other in ("north", "south") if other != region[name]} for name in names},
        weights=Weights(burden=0),
    )
    tables = Tables(problem)
    of = sittings_of(tables, tables.kinds[0], 0 * tables.kinds[0].audience, scale=2, unplaced=20_000)
    nearer_regions_pay = np.array([[18, 0], [0, 18]])  # of each session: whoever it suits best

    bounds = bounds_at(of, At(np.full(8, 9), (nearer_regions_pay,)))

    assert bounds[2] == 2 * (4 * 9)
    assert climbed_bounds(of, lambda: None)[2] > 2 * (3 * 9)
