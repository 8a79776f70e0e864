"""Large problems go another way than small ones: that way is held to the same, on tiny and on real ones."""

from dataclasses import replace

import pytest
from hypothesis import given

from benchmarks.instances.generator import Shape, make
from solver import check, recount
from solver.search import Search, solve
from tests.solver.builders import read
from tests.solver.examples import examples
from tests.solver.exhaustive import cheapest
from tests.solver.tiny import tiny_problems


@pytest.fixture
def every_problem_is_large(monkeypatch):
    """Send even tiny problems the way of the large ones."""
    monkeypatch.setattr("solver.search.SMALL_ATTENDANCES", -1)


def sixteen_pairs(**fields):
    return read(make(Shape(16, workshops=2, sittings=2, rounds=2, slots=4, **fields), 3))


class TestTinyProblems:
    @pytest.mark.usefixtures("every_problem_is_large")
    @examples(25)
    @given(problem=tiny_problems())
    def test_the_way_of_the_large_ones_ends_at_the_least_objective_too(self, problem):
        least = cheapest(problem)

        plan = solve(problem, seconds=60, threads=1)

        assert plan.status == ("infeasible" if least is None else "optimal")
        assert plan.objective == least
        assert check(problem, plan) == []


def once_there_is_a_plan(objective: int | None, bound: int, seconds: float) -> bool:
    """Ends a run with its first plan, however slow the machine is."""
    return objective is not None


class TestARun:
    def test_reports_an_objective_that_falls_and_a_bound_that_rises(self):
        told = []

        plan = solve(sixteen_pairs(), seconds=2, threads=2, progress=lambda *news: told.append(news))

        objectives = [objective for objective, _, _ in told if objective is not None]
        bounds = [bound for _, bound, _ in told]
        assert objectives == sorted(objectives, reverse=True)
        assert bounds == sorted(bounds)
        assert plan.bound <= plan.objective

    def test_stops_when_it_is_asked_to_and_keeps_the_best_plan(self):
        problem = sixteen_pairs()

        plan = solve(problem, seconds=300, threads=2, progress=lambda objective, *_: objective is not None)

        assert plan.status == "feasible"
        assert check(problem, plan) == []
        assert plan.seconds < 60

    def test_shows_each_better_plan_as_it_comes(self):
        problem, shown = sixteen_pairs(), []

        plan = solve(problem, seconds=60, threads=1, improved=shown.append, progress=once_there_is_a_plan)

        assert all(check(problem, found) == [] for found in shown)
        assert shown[-1].objective == plan.objective

    def test_is_unknown_when_there_is_no_time_at_all(self):
        assert solve(sixteen_pairs(), seconds=0).status == "unknown"

    def test_refuses_less_than_no_time(self):
        with pytest.raises(ValueError, match="negative"):
            solve(sixteen_pairs(), seconds=-1)

    def test_does_no_worse_than_the_plan_it_starts_from(self):
        problem = sixteen_pairs()
        before = solve(problem, seconds=60, threads=1, progress=once_there_is_a_plan)

        after = solve(problem, seconds=1, threads=1, start=before)

        assert after.objective <= before.objective

    def test_makes_the_most_of_a_start_that_no_longer_fits(self):
        problem = sixteen_pairs()
        before = solve(problem, seconds=60, threads=1, progress=once_there_is_a_plan)
        closed = before.assignments[-1].session
        answers = {p: {s: a for s, a in given.items() if s != closed} for p, given in problem.availability.items()}

        changed = replace(problem, availability=answers)
        after = solve(changed, seconds=60, threads=1, start=before, progress=once_there_is_a_plan)

        assert after.objective is not None
        assert all(assigned.session != closed for assigned in after.assignments)

    def test_moves_nobody_when_its_own_plan_is_the_previous_one(self):
        problem = sixteen_pairs()
        before = solve(problem, seconds=60, threads=1, progress=once_there_is_a_plan)
        # Dear enough that no saving of the rest pays for a move.
        weights = replace(problem.weights, change=1000)
        again = replace(problem, previous=before, weights=weights)  # a plan has what a previous plan has

        after = solve(again, seconds=1, threads=1, start=before)

        assert after.terms["change"] == 0

    @pytest.mark.parametrize("threads", [1, 2])
    def test_has_a_bound_beside_a_start_before_it_looks_for_other_plans(self, monkeypatch, threads):
        problem = sixteen_pairs()
        before = solve(problem, seconds=60, threads=1, progress=once_there_is_a_plan)
        monkeypatch.setattr("solver.search.SMALL_ATTENDANCES", -1)
        monkeypatch.setattr("solver.search.LARGEST_MODEL_MEETINGS", -1)
        monkeypatch.setattr(Search, "improve", Search.finish)

        plan = solve(problem, seconds=60, threads=threads, start=before)

        assert plan.bound > 0


class TestRepeating:
    @pytest.mark.usefixtures("every_problem_is_large")
    def test_one_thread_and_one_seed_give_the_same_plan_again(self):
        problem = read(make(Shape(8, workshops=1, sittings=2, rounds=1, slots=3), 5))

        first, second = (solve(problem, seconds=120, threads=1, seed=7) for _ in range(2))

        assert first.status == "optimal"
        assert replace(first, seconds=0) == replace(second, seconds=0)

    def test_each_of_six_equal_pairs_is_left_out_by_some_seed(self):
        seats = {"id": "W", "sessions": [{"id": "W-1", "start": "2027-01-01T09:00:00Z", "end": "2027-01-01T10:00:00Z"}]}
        seats["sessions"][0]["max_seats"] = 8
        names = [f"P{i}" for i in range(6)]
        problem = read(
            {
                "format": "convene-problem/1",
                "parties": [{"id": name, "people": [f"{name}-D", f"{name}-M"]} for name in names],
                "events": [seats],
                "availability": {name: {"W-1": "yes"} for name in names},
            }
        )

        plans = [solve(problem, seconds=10, threads=1, seed=seed) for seed in range(30)]

        assert {lost.party for plan in plans for lost in plan.unplaced} == set(names)


class TestWithAllThatJoinsParts:
    def test_keeps_every_rule_and_counts_what_it_says(self):
        problem = read(make(Shape(24, workshops=3, sittings=2, rounds=2, slots=4, joined=True), 2))

        plan = solve(problem, seconds=60, threads=2, progress=once_there_is_a_plan)

        assert check(problem, plan) == []
        assert dict(plan.terms) == dict(recount(problem, plan))

    def test_a_search_begun_and_not_finished_leaves_no_thread_behind(self):
        import threading

        before = threading.active_count()

        solve(sixteen_pairs(), seconds=1, threads=3)

        assert threading.active_count() <= before + 1
        assert Search.__doc__


EMPTY = {"format": "convene-problem/1", "parties": [], "events": [], "sets": [], "availability": {}}
ONE = {"id": "A", "people": ["A"]}
TIME = {"start": "2027-01-01T09:00:00Z", "end": "2027-01-01T10:00:00Z"}
DEGENERATE = {
    "nobody and nothing": (EMPTY, 0),
    "an event without sessions": (EMPTY | {"parties": [ONE], "events": [{"id": "E", "sessions": []}]}, 1),
    "an event for nobody that must open": (
        EMPTY
        | {
            "parties": [ONE],
            "events": [{"id": "E", "audience": [], "open": {"min": 1}, "sessions": [{"id": "s"} | TIME]}],
        },
        0,
    ),
    "an event for nobody that would repeat encounters": (
        EMPTY
        | {
            "parties": [ONE],
            "events": [
                {
                    "id": "E",
                    "audience": [],
                    "encounters": True,
                    "sessions": [{"id": "s"} | TIME, {"id": "t"} | TIME],
                }
            ],
        },
        0,
    ),
    "fewer than a set needs": (
        EMPTY
        | {
            "parties": [ONE],
            "sets": [{"id": "S", "size": {"min": 2}, "rounds": [{"id": "R", "slots": [{"id": "s"} | TIME]}]}],
            "availability": {"A": {"s": "yes"}},
        },
        1,
    ),
    "sets without rounds": (EMPTY | {"parties": [ONE], "sets": [{"id": "S", "rounds": []}]}, 0),
    "a round without slots": (
        EMPTY | {"parties": [ONE], "sets": [{"id": "S", "rounds": [{"id": "R", "slots": []}]}]},
        1,
    ),
    "a session without seats": (
        EMPTY
        | {
            "parties": [ONE],
            "events": [{"id": "E", "sessions": [{"id": "s", "max_seats": 0} | TIME]}],
            "availability": {"A": {"s": "yes"}},
        },
        1,
    ),
    "a session without limit": (
        EMPTY
        | {
            "parties": [ONE],
            "events": [{"id": "E", "sessions": [{"id": "s"} | TIME]}],
            "availability": {"A": {"s": "yes"}},
        },
        0,
    ),
}


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("data", "unplaced"), DEGENERATE.values(), ids=DEGENERATE)
def test_what_is_hardly_a_problem_has_a_plan(data, unplaced, large, monkeypatch):
    if large:
        monkeypatch.setattr("solver.search.SMALL_ATTENDANCES", -1)

    plan = solve(read(data), seconds=20, threads=1)

    assert plan.status == "optimal"
    assert plan.terms["unplaced"] == unplaced
