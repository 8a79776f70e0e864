"""Events of which one session runs, chosen together where their dates clash: against every choice there is."""

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.bounds import Bounder
from solver.clashbounds import Factor, cheapest_dates, least_of, that_clash
from solver.clock import Run
from solver.problem import Event, Party, Problem, Session, Weights
from solver.sessionprices import sittings_of
from solver.tables import Tables
from tests.solver.examples import examples
from tests.solver.exhaustive import cheapest
from tests.solver.tiny import HOUR, MORNING, answers, hours

SHAPES = [(4, (2, 2)), (3, (2, 1, 2)), (3, (2, 2, 2)), (2, (2, 2, 2, 2))]  # parties, dates of each event


@st.composite
def single_dates(draw):
    """Events of which one session runs, without a limit on seats: what they cost is their parties' answers alone."""
    number, shape = draw(st.sampled_from(SHAPES))
    names = tuple(f"P{i}" for i in range(number))
    events = []
    for e, dates in enumerate(shape):
        sessions = tuple(
            Session(f"E{e}-{i}", start, start + HOUR, open_cost=draw(st.integers(0, 9)))
            for i, start in enumerate(draw(hours) for _ in range(dates))
        )
        asked = tuple(name for name in names if draw(st.integers(0, 3)))
        after = (f"E{e - 1}",) if e and draw(st.booleans()) else ()
        events.append(Event(f"E{e}", "national", asked, sessions, 0, 1, after))
    sittings = [session.id for event in events for session in event.sessions]
    return Problem(
        "dates",
        tuple(Party(name, name, (name,)) for name in names),
        tuple(events),
        availability={name: {sitting: draw(answers) for sitting in sittings} for name in names},
        costs={name: {sitting: draw(st.integers(0, 5)) for sitting in sittings} for name in names},
        gap=draw(st.sampled_from([timedelta(), HOUR])),
        weights=Weights(unplaced=draw(st.sampled_from([5, 20, 1000])), burden=0),
    )


@examples(40)
@given(problem=single_dates())
def test_dates_chosen_together_cost_exactly_what_the_cheapest_plan_costs(problem):
    run = Run(60)

    for _ in Bounder(problem, Tables(problem), run, 0).steps(None):
        pass

    assert run.bound <= cheapest(problem)
    tables = Tables(problem)
    groups = that_clash(tables, tables.kinds)
    in_one = groups[0] if len(groups) == 1 else []
    if len(in_one) == sum(1 for event in problem.events if event.audience):
        assert run.bound == cheapest(problem)


@examples(30)
@given(problem=single_dates())
def test_the_dates_that_are_named_have_the_cost_that_is_told(problem):
    tables = Tables(problem)
    for group in that_clash(tables, tables.kinds):
        costs = [sittings_of(tables, kind, 0 * kind.audience, scale=1, unplaced=20) for kind in group]
        dates = cheapest_dates(tables, group, costs)

        chosen = tuple(
            replace(
                event,
                sessions=tuple(s for s in event.sessions if s.id == dates.session[event.id]),
                after=tuple(name for name in event.after if name in dates.session),
            )
            for event in problem.events
            if event.id in dates.session
        )
        weights = replace(problem.weights, unplaced=20)
        assert dates.cost == cheapest(replace(problem, events=chosen, weights=weights))


@given(
    sizes=st.lists(st.integers(1, 3), min_size=3, max_size=4),
    scopes=st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_eliminating_events_one_by_one_finds_the_least_of_all_choices(sizes, scopes, seed):
    dice = np.random.default_rng(seed)
    factors = [
        Factor(tuple(sorted(scope)), dice.integers(0, 20, [sizes[event] for event in sorted(scope)]))
        for scope in scopes
    ]

    least, chosen = least_of(factors)

    def whole(choice):
        return sum(int(factor.costs[tuple(choice[event] for event in factor.events)]) for factor in factors)

    assert least == min(whole(choice) for choice in itertools.product(*(range(n) for n in sizes)))
    assert whole(chosen) == least


def test_a_party_that_can_come_to_two_dates_at_one_time_is_seen_to_miss_one():
    everybody = tuple(f"P{i}" for i in range(3))
    once = tuple(Event(name, "day", everybody, (Session(name, MORNING, MORNING + HOUR),), 0, 1) for name in ("A", "B"))
    problem = Problem(
        "one morning",
        tuple(Party(name, name, (name,)) for name in everybody),
        once,
        availability={name: {"A": "yes", "B": "yes"} for name in everybody},
    )
    run = Run(60)

    for _ in Bounder(problem, Tables(problem), run, 0).steps(None):
        pass

    assert run.bound == 3 * 10_000
