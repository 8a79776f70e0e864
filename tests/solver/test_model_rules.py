"""Each rule alone: what it allows has a plan, what it forbids has none and is named."""

import pytest

from solver import check
from solver.plan import Plan
from solver.search import solve
from tests.solver.builders import Data, day, party, read, sitting

PARTIES = ["A", "B", "C", "D"]


def programme(*, events: list[Data] | None = None, sets: list[Data] | None = None, **fields: Data) -> Data:
    """Four pairs who can always come; A and B are from London, C and D from the North West."""
    regions = ["London", "London", "North West", "North West"]
    sittings = [s["id"] for event in events or [] for s in event["sessions"]]
    sittings += [slot["id"] for entry in sets or [] for round_ in entry["rounds"] for slot in round_["slots"]]
    return {
        "format": "convene-problem/1",
        "parties": [party(name, region) for name, region in zip(PARTIES, regions, strict=True)],
        "events": events or [],
        "sets": sets or [],
        "availability": {name: dict.fromkeys(sittings, "yes") for name in PARTIES},
    } | fields


def workshop(*sessions: Data, **fields: Data) -> Data:
    return {"id": "W", "sessions": list(sessions)} | fields


def learning(*slots: Data, **fields: Data) -> Data:
    return {"id": "S", "rounds": [{"id": "R", "slots": list(slots)}]} | fields


def must(party_id: str, session: str) -> Data:
    return {"party": party_id, "session": session}


def never(party_id: str, session: str) -> Data:
    return {"party": party_id, "session": session, "never": True}


def solved(data: Data) -> Plan:
    problem = read(data)
    plan = solve(problem, seconds=30, threads=1)
    assert check(problem, plan) == []
    return plan


ALL_IN = [must(name, "W-1") for name in PARTIES]
ONE, TWO = sitting("W-1", 1), sitting("W-2", 2)
SLOT, OTHER = sitting("R-1", 11), sitting("R-2", 12)
TOGETHER = [{"set": "S", "parties": PARTIES}]

ALLOWED = {
    "eight seats hold four pairs": programme(events=[workshop(ONE | {"max_seats": 8})], locks=ALL_IN),
    "four pairs fill at least eight seats": programme(events=[workshop(ONE | {"min_seats": 8})], locks=ALL_IN),
    "two sessions may run": programme(events=[workshop(ONE, TWO, open={"min": 2, "max": 2})]),
    "half from each region": programme(
        events=[workshop(ONE, mix=[{"attribute": "region", "max_share": 0.5}])], locks=ALL_IN
    ),
    "two of a region": programme(events=[workshop(ONE, mix=[{"attribute": "region", "max_count": 2}])], locks=ALL_IN),
    "two regions": programme(events=[workshop(ONE, mix=[{"attribute": "region", "min_distinct": 2}])], locks=ALL_IN),
    "apart where nobody meets": programme(events=[workshop(ONE)], apart=[["A", "B"]], locks=ALL_IN),
    "sessions that just touch": programme(
        events=[workshop(ONE), {"id": "V", "sessions": [{"id": "V-1", "start": day(1, 12), "end": day(1, 13)}]}],
        locks=[must("A", "W-1"), must("A", "V-1")],
    ),
    "a later event": programme(
        events=[workshop(ONE), {"id": "V", "after": ["W"], "sessions": [sitting("V-1", 3)]}],
        locks=[must("A", "W-1"), must("A", "V-1")],
    ),
    "a team for two": programme(
        events=[workshop(ONE | {"uses": {"team": 1}}, sitting("W-2", 1, uses={"team": 1}))],
        resources=[{"id": "team", "capacity": 2}],
        locks=[{"session": "W-1", "runs": True}, {"session": "W-2", "runs": True}],
    ),
    "a set of four": programme(sets=[learning(SLOT, size={"min": 2, "max": 4})], locks=TOGETHER),
    "two sets of two": programme(sets=[learning(SLOT, size={"min": 2, "max": 2}, count={"min": 2, "max": 2})]),
    "two sets in one slot": programme(
        sets=[learning(SLOT | {"max_sets": 2}, size={"min": 2, "max": 2}, count={"min": 2})]
    ),
    "one leader for two slots": programme(
        sets=[learning(SLOT, OTHER, size={"min": 2, "max": 2}, count={"min": 2}, facilitators=[{"id": "F"}])]
    ),
    "a leader who is there": programme(
        sets=[learning(SLOT, OTHER, facilitators=[{"id": "F", "unavailable": ["R-1"]}])], locks=TOGETHER
    ),
    "a set that its leader leads": programme(
        sets=[learning(SLOT, facilitators=[{"id": "F"}, {"id": "G"}])],
        locks=[{"set": "S", "parties": ["A", "C"], "facilitator": "G"}],
    ),
    "one who is locked out elsewhere": programme(
        events=[workshop(ONE, TWO)], locks=[never("A", "W-1"), must("A", "W-2")]
    ),
}

FORBIDDEN = {
    "W-1 has seats for 7": programme(events=[workshop(ONE | {"max_seats": 7})], locks=ALL_IN),
    "W-1 takes at least 9 people when it runs, but only 8 can come": programme(
        events=[workshop(ONE | {"min_seats": 9})], locks=[must("A", "W-1")]
    ),
    "W runs at least 2 of its sessions": programme(
        events=[workshop(ONE, TWO, open={"min": 2})], locks=[{"session": "W-2", "runs": False}]
    ),
    "W runs at most 1 of its sessions": programme(
        events=[workshop(ONE, TWO, open={"max": 1})], locks=[must("A", "W-1"), must("B", "W-2")]
    ),
    "W keeps each region to a share of 0.4": programme(
        events=[workshop(ONE, mix=[{"attribute": "region", "max_share": 0.4}])], locks=ALL_IN
    ),
    "W keeps each region to 1 in one place": programme(
        events=[workshop(ONE, mix=[{"attribute": "region", "max_count": 1}])], locks=ALL_IN
    ),
    "W brings together at least 3 different values of region": programme(
        events=[workshop(ONE, mix=[{"attribute": "region", "min_distinct": 3}])], locks=[must("A", "W-1")]
    ),
    "A and B are kept apart": programme(events=[workshop(ONE, encounters=True)], apart=[["A", "B"]], locks=ALL_IN),
    "Nobody is in two places at once": programme(
        events=[workshop(ONE), {"id": "V", "sessions": [sitting("V-1", 1)]}],
        locks=[must("A", "W-1"), must("A", "V-1")],
    ),
    "V comes after W": programme(
        events=[workshop(TWO), {"id": "V", "after": ["W"], "sessions": [sitting("V-1", 1)]}],
        locks=[must("A", "W-2"), must("A", "V-1")],
    ),
    "There is no more of team than 1 at a time": programme(
        events=[workshop(ONE | {"uses": {"team": 1}}, sitting("W-2", 1, uses={"team": 1}))],
        resources=[{"id": "team", "capacity": 1}],
        locks=[{"session": "W-1", "runs": True}, {"session": "W-2", "runs": True}],
    ),
    "A set of S has at most 3 members": programme(sets=[learning(SLOT, size={"max": 3})], locks=TOGETHER),
    "A set of S has at least 5 members": programme(sets=[learning(SLOT, size={"min": 5})], locks=TOGETHER),
    "S forms at least 3 sets": programme(sets=[learning(SLOT, count={"min": 3})], locks=TOGETHER),
    "S forms at most 1 set": programme(
        sets=[learning(SLOT, OTHER, count={"max": 1})], locks=[must("A", "R-1"), must("B", "R-2")]
    ),
    "R-1 has room for 1 set": programme(
        sets=[learning(SLOT | {"max_sets": 1}, size={"max": 1}, count={"min": 2})],
    ),
    "F leads at most 1 set of S": programme(
        sets=[learning(SLOT, OTHER, size={"max": 2}, count={"min": 2}, facilitators=[{"id": "F", "max_sets": 1}])]
    ),
    "F leads no meeting when away": programme(
        sets=[learning(SLOT, facilitators=[{"id": "F", "unavailable": ["R-1"]}])], locks=[must("A", "R-1")]
    ),
    "F leads one meeting at a time": programme(
        sets=[learning(SLOT, size={"max": 2}, count={"min": 2}, facilitators=[{"id": "F"}])]
    ),
    "A is locked out of W-1": programme(events=[workshop(ONE)], locks=[must("A", "W-1"), never("A", "W-1")]),
    "W-1 is locked to not run": programme(
        events=[workshop(ONE)], locks=[must("A", "W-1"), {"session": "W-1", "runs": False}]
    ),
    "A and C are locked into one set of S, led by F": programme(
        sets=[learning(SLOT, facilitators=[{"id": "F"}, {"id": "G"}])],
        locks=[
            {"set": "S", "parties": ["A", "B"], "facilitator": "G"},
            {"set": "S", "parties": ["A", "C"], "facilitator": "F"},
        ],
    ),
}


@pytest.mark.parametrize("data", ALLOWED.values(), ids=ALLOWED)
def test_what_a_rule_allows_has_a_plan(data):
    plan = solved(data)

    assert plan.status == "optimal"


@pytest.mark.parametrize(("rule", "data"), FORBIDDEN.items(), ids=FORBIDDEN)
def test_what_a_rule_forbids_has_no_plan_and_the_conflict_names_the_rule(rule, data):
    plan = solved(data)

    assert plan.status == "infeasible"
    assert rule in plan.conflict


def test_two_parties_that_share_a_person_are_never_in_two_sets_that_meet_in_one_slot():
    data = programme(sets=[learning(SLOT, size={"max": 1}, count={"min": 2})])
    data["parties"] = [party("A", people=["Ann"]), party("B", people=["Ann", "Ben"])]
    data["availability"] = {name: {"R-1": "yes"} for name in ("A", "B")}

    plan = solved(data)

    assert plan.status == "infeasible"
    assert "Nobody is in two places at once" in plan.conflict


def test_a_person_of_two_parties_may_sit_in_one_session_with_both():
    data = programme(events=[workshop(ONE)])
    data["parties"] = [party("A", people=["Ann"]), party("B", people=["Ann", "Ben"])]
    data["availability"] = {name: {"W-1": "yes"} for name in ("A", "B")}

    plan = solved(data)

    assert plan.terms["unplaced"] == 0


def test_a_facilitator_of_two_entries_is_one_person():
    again = learning(sitting("Q-1", 11), id="Q", facilitators=[{"id": "F"}])
    data = programme(
        sets=[learning(SLOT, facilitators=[{"id": "F"}]), again], locks=[must("A", "R-1"), must("C", "Q-1")]
    )

    plan = solved(data)

    assert plan.status == "infeasible"
    assert "F leads one meeting at a time" in plan.conflict
