"""A conflict against every plan there is: all of its rules together leave none, and without any one of them some is."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.instances.generator import Shape, make
from solver.clock import Run
from solver.conflicts import NOT_SMALLEST, find_conflict
from solver.drafting import Draft
from solver.keeping import holds
from solver.search import solve
from tests.solver.broken import broken, candidates
from tests.solver.builders import read, sitting
from tests.solver.examples import examples
from tests.solver.test_model_rules import learning, must, programme, workshop
from tests.solver.tiny import tiny_problems


@st.composite
def asking_problems(draw):
    """Tiny problems in which more is asked for than most can give."""
    problem = draw(tiny_problems())
    events = tuple(
        replace(e, open_min=draw(st.integers(0, len(e.sessions))), open_max=None) if draw(st.booleans()) else e
        for e in problem.events
    )
    entries = tuple(
        replace(entry, count_min=draw(st.integers(0, 2 if entry.count_max is None else min(2, entry.count_max))))
        for entry in problem.sets
    )
    return replace(problem, events=events, sets=entries)


def names(conflict, of_candidate):
    """The rules of a conflict that a candidate breaks."""
    return {rule for rule in conflict if any(rule.startswith(begins) for begins in of_candidate)}


@examples(100)
@given(problem=asking_problems())
def test_a_conflict_leaves_no_plan_and_without_any_one_of_its_rules_there_is_one(problem):
    found = find_conflict(problem, Run(120), seed=0)

    of_each = [broken(problem, candidate) for candidate in candidates(problem)]
    if isinstance(found, Draft):
        assert holds(problem, found)
        assert any(not rules for rules in of_each)
        return
    hurt = [names(found, rules) for rules in of_each]
    assert all(hurt), "a plan keeps every rule of the conflict"
    assert {rule for rules in hurt if len(rules) == 1 for rule in rules} == set(found)


def infeasible(data):
    plan = solve(read(data), seconds=300, threads=1)
    assert plan.status == "infeasible"
    return plan.conflict


def sixty_four(**fields):
    """Sixty-four pairs of the benchmark, with more asked of them."""
    data = make(Shape.of(64), 1)
    data["sets"][0] |= fields
    return data


def too_many_sessions():
    """Sixty-four pairs of whom five sessions ask 140 people."""
    data = sixty_four()
    workshop_1 = next(event for event in data["events"] if event["id"] == "W1")
    workshop_1["open"] = {"min": 5, "max": 5}
    for session in workshop_1["sessions"]:
        session |= {"min_seats": 28, "max_seats": 60}
    return data


TOO_MANY_SESSIONS = {
    "W1 runs at least 5 of its sessions",
    *(f"W1-{number} takes at least 28 people when it runs" for number in range(1, 6)),
}


class TestManyPairs:
    def test_sizes_that_need_more_pairs_than_there_are(self):
        data = make(Shape.of(24), 1)
        data["sets"][0]["count"] = {"min": 5}

        assert infeasible(data) == ("ALS forms at least 5 sets", "A set of ALS has at least 5 members")

    def test_too_few_facilitators(self):
        data = sixty_four(count={"min": 9})
        leaders = [facilitator | {"max_sets": 1} for facilitator in data["sets"][0]["facilitators"]]
        data["sets"][0]["facilitators"] = leaders

        conflict = infeasible(data)

        led = [f"{leader['id']} leads at most 1 set of ALS" for leader in leaders]
        assert set(conflict) == {"ALS forms at least 9 sets", *led}

    def test_more_sessions_than_there_are_people_for(self):
        assert set(infeasible(too_many_sessions())) == TOO_MANY_SESSIONS

    def test_too_few_who_can_meet_in_every_round(self):
        data = sixty_four(count={"min": 9})
        slots = [slot["id"] for slot in data["sets"][0]["rounds"][2]["slots"]]
        for pair in data["parties"][:26]:
            for slot in slots:
                data["availability"][pair["id"]].pop(slot, None)

        conflict = infeasible(data)

        assert conflict == (
            "ALS forms at least 9 sets, and 38 of its 64 parties can meet in every round",
            "A set of ALS has at least 5 members",
        )

    def test_says_that_fewer_may_be_enough_where_the_time_runs_out(self):
        problem, whole = read(too_many_sessions()), Interrupted(10_000)
        find_conflict(problem, whole, seed=0)

        late, early = (find_conflict(problem, Interrupted(looks), seed=0) for looks in (whole.looks - 1, 5))

        assert set(late) == {*TOO_MANY_SESSIONS, NOT_SMALLEST}
        assert early is None


class Interrupted(Run):
    """A run that is over once it was asked so often whether to go on."""

    def __init__(self, after):
        super().__init__(600)
        self.looks, self.after = 0, after

    def tick(self):
        self.looks += 1
        self.stopped = self.looks > self.after
        super().tick()


class TestFactsThatAloneForbid:
    def test_a_lock_of_someone_who_is_not_asked(self):
        data = programme(events=[workshop(sitting("W-1", 1), audience=["B"])], locks=[must("A", "W-1")])

        assert infeasible(data) == ("A is locked to W-1, but W does not ask it",)

    def test_a_session_that_nobody_can_come_to(self):
        data = programme(events=[workshop(sitting("W-1", 1))], locks=[{"session": "W-1", "runs": True}])
        data["availability"] = {}

        assert infeasible(data) == ("W-1 is locked to run, but nobody who is asked can come",)

    def test_more_sessions_than_there_are(self):
        data = programme(events=[workshop(sitting("W-1", 1), open={"min": 2})])

        assert infeasible(data) == ("W runs at least 2 of its sessions, but has 1",)

    def test_a_set_of_two_who_never_can_at_once(self):
        slots = (sitting("R-1", 11), sitting("R-2", 12))
        data = programme(sets=[learning(*slots)], locks=[{"set": "S", "parties": ["A", "B"]}])
        data["availability"] |= {"A": {"R-1": "yes"}, "B": {"R-2": "yes"}}

        assert infeasible(data) == ("A and B are locked into one set of S, but no slot of R suits them all",)

    def test_a_set_of_someone_who_misses_a_round(self):
        data = programme(sets=[learning(sitting("R-1", 11))], locks=[{"set": "S", "parties": ["A"]}])
        data["availability"]["A"] = {}

        assert infeasible(data) == ("A is locked into a set of S, but A said no to every slot of R",)

    def test_sets_that_have_nowhere_to_meet(self):
        data = programme(sets=[learning(count={"min": 1})])

        assert infeasible(data) == ("S forms at least 1 set, but R has no slots",)
