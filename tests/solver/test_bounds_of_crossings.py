"""Events with the repeats among them, bounded together: whatever the prices are, no plan costs less."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.crossings import Crossed, Crossing, can_cross
from solver.sessionprices import At, sittings_of
from solver.tables import Tables
from tests.solver.examples import examples
from tests.solver.exhaustive import allowed, candidates, cost
from tests.solver.tiny import tiny_problems

SEVERAL_EVENTS = [(4, (2, 2), ()), (3, (2, 1, 2), ())]  # parties, sessions of each event, no sets


@st.composite
def crossing_events(draw):
    """A tiny problem of events whose encounters count, each party of a Trust of its own."""
    problem = draw(tiny_problems(SEVERAL_EVENTS))
    assume(sum(1 for event in problem.events if event.audience) > 1)
    events = tuple(replace(event, encounters=True) for event in problem.events if event.audience)
    parties = tuple(replace(party, trust=party.id) for party in problem.parties)
    sittings = {session.id for event in events for session in event.sessions}
    ids = {event.id for event in events}
    return replace(
        problem,
        parties=parties,
        events=tuple(replace(event, after=tuple(name for name in event.after if name in ids)) for event in events),
        sets=(),
        previous_encounters=(),
        locks=tuple(lock for lock in problem.locks if getattr(lock, "session", None) in sittings),
        weights=replace(problem.weights, burden=0, repeat_encounter=draw(st.sampled_from([1, 3, 10]))),
    )


@examples(40)
@given(problem=crossing_events(), seed=st.integers(0, 10_000), climbed=st.booleans())
def test_no_plan_of_crossing_events_costs_less_than_their_bound_at_any_prices(problem, seed, climbed):
    tables = Tables(problem)
    kinds, weights, dice = tables.kinds, problem.weights, np.random.default_rng(seed)
    less = int(dice.integers(0, weights.unplaced + 1))
    costs = [sittings_of(tables, k, 0 * k.audience, scale=4, unplaced=4 * (weights.unplaced - less)) for k in kinds]
    crossing = Crossing(kinds, costs, [4 * less for _ in kinds], 4 * weights.repeat_encounter)
    assert can_cross(tables, kinds)

    if climbed:
        running = [min(max(1, of.fewest), of.cost.shape[1]) for of in costs]
        prices = crossing.climb(running, lambda: None)
    else:
        at = tuple(
            At(
                dice.integers(-10, 60, len(of.cost)),
                tuple(dice.integers(0, 25, (of.cost.shape[1], mix.due.shape[1])) for mix in of.mixes),
            )
            for of in costs
        )
        moved = tuple(dice.integers(-15, 15, of.cost.shape) for of in costs)
        cell = tuple(dice.integers(0, 40, (costs[i].cost.shape[1], costs[j].cost.shape[1])) for i, j in crossing.pairs)
        prices = Crossed(at, moved, cell)
    together = crossing.together(prices)

    for candidate in candidates(problem):
        if allowed(problem, candidate):
            running = {
                event.id: len({s for (e, _), s in candidate.placed.items() if e == event.id})
                for event in problem.events
            }
            assert together.least(running) <= 4 * cost(problem, candidate)
