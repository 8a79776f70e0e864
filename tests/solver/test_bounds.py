"""Bounds never lie: each of them against every plan there is, on tiny problems."""

import itertools
import math
import random
from datetime import timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from solver.bounds import Bounder
from solver.clock import Run
from solver.counting import RepeatCount, fewest_pairs_together
from solver.keeping import Keeper
from solver.problem import Event, Party, Problem, Round, Session, SetsEntry, Slot, Weights
from solver.search import solve
from solver.tables import Tables
from tests.solver.examples import examples
from tests.solver.exhaustive import cheapest
from tests.solver.tiny import MORNING, tiny_problems


@examples(40)
@given(problem=tiny_problems(), guided=st.booleans())
def test_the_sum_of_the_parts_is_never_above_the_cheapest_plan(problem, guided):
    least = cheapest(problem)
    run = Run(60)
    keeper = Keeper(problem, run)
    guide = solve(problem, seconds=10, threads=1) if guided and least is not None else None

    for _ in Bounder(problem, Tables(problem), run, 0).steps(guide):
        pass

    assert keeper.best is None
    assert least is None or run.bound <= least


@st.composite
def meeting_again(draw):
    """Parties who meet in two events and again in sets, with little else that costs; to leave somebody out is cheap."""
    number, sessions = draw(st.sampled_from([(4, (1, 1)), (3, (1, 2)), (3, (2, 1)), (3, (2, 2))]))
    made = [Party(f"P{i}", f"P{i}", (f"P{i}",)) for i in range(number)]
    names = tuple(party.id for party in made)
    days = itertools.count()

    def sitting(kind, name):
        start = MORNING + timedelta(days=next(days))
        return kind(name, start, start + timedelta(hours=1))

    events = tuple(
        Event(e, "workshop", names, tuple(sitting(Session, f"{e}-{s}") for s in range(n)), encounters=True)
        for e, n in zip("VW", sessions, strict=True)
    )
    slots = (sitting(Slot, "S-1"),)
    entry = SetsEntry("S", names, (Round("S", slots),), count_max=draw(st.integers(1, 2)), encounters=True)
    sittings = [session.id for event in events for session in event.sessions] + [slot.id for slot in slots]
    answers = st.sampled_from(["yes", "yes", "yes", "yes", "if-need-be", "no"])
    return Problem(
        "meeting again",
        tuple(made),
        events,
        (entry,),
        availability={name: {sitting: draw(answers) for sitting in sittings} for name in names},
        costs={name: {sitting: draw(st.integers(0, 2)) for sitting in sittings} for name in names},
        weights=Weights(unplaced=draw(st.sampled_from([6, 12, 20, 1000])), repeat_encounter=draw(st.integers(1, 4))),
    )


@examples(12)
@given(problem=meeting_again())
def test_nor_is_it_where_events_cross_and_those_who_met_meet_again_in_sets(problem):
    least = cheapest(problem)
    run = Run(60)

    for _ in Bounder(problem, Tables(problem), run, 0).steps(None):
        pass

    assert least is None or run.bound <= least


@given(parties=st.integers(0, 30), cells=st.integers(1, 12))
def test_fewest_pairs_together_is_what_an_even_division_has(parties, cells):
    dice = random.Random(parties * 100 + cells)
    sizes = [0] * cells
    for _ in range(parties):
        sizes[dice.randrange(cells)] += 1

    assert fewest_pairs_together(parties, cells) <= sum(math.comb(size, 2) for size in sizes)


def golfers(parties: int, groups: tuple[int, ...]) -> Problem:
    """Everybody meets in groups, as often as ``groups`` has entries."""
    made = tuple(Party(f"P{i}", f"P{i}", (f"P{i}",)) for i in range(parties))
    names = tuple(party.id for party in made)
    events = tuple(
        Event(f"E{e}", "workshop", names, tuple(Session(f"E{e}-{g}", MORNING, MORNING) for g in range(n)))
        for e, n in enumerate(groups)
    )
    return Problem("golfers", made, tuple(Event(**_fields(event) | {"encounters": True}) for event in events))


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__slots__}


@examples(40)
@given(
    parties=st.integers(2, 5),
    groups=st.one_of(st.tuples(*[st.integers(1, 3)] * 2), st.tuples(*[st.integers(1, 2)] * 3)),
)
def test_the_count_of_repeats_is_never_above_what_a_division_has(parties, groups):
    count = RepeatCount(golfers(parties, groups))
    least = min(
        _repeats(parties, division)
        # The first is in the first group of each: groups have no names here.
        for division in product(*(product((0,), *[range(g)] * (parties - 1)) for g in groups))
    )

    assert count.least({f"E{e}": n for e, n in enumerate(groups)}) <= least


def _repeats(parties: int, division: tuple[tuple[int, ...], ...]) -> int:
    pairs = [(a, b) for a in range(parties) for b in range(a)]
    return sum(max(0, sum(where[a] == where[b] for where in division) - 1) for a, b in pairs)


def test_four_weeks_of_four_sixteens_cannot_do_with_fewer_than_288_repeats():
    count = RepeatCount(golfers(64, (4, 4, 4, 4)))

    assert count.least({f"E{e}": 4 for e in range(4)}) == 288
