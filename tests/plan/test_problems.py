"""From the database to the problem file: what the solver is asked, byte for byte what ``export-problem`` writes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Apart, EventKind, Lock, LockKind, SessionUse, SharedResource, Standing
from scheduler.plan.problems import problem_for
from solver.reading import read_problem
from tests.builders import (
    a_facilitator,
    a_mix,
    a_pair,
    a_person,
    a_programme,
    a_session,
    a_trust,
    an_event,
    answered,
    both_answered,
    keep,
    leads,
    named,
    sets_event,
)
from tests.conftest import BOTH
from tests.queries import queries_sent


@pytest.fixture
def programme(app):
    """A programme without anything in it."""
    return a_programme(name="R&D leadership programme 2027", gap_minutes=45)


def read(problem):
    """The problem as the solver reads it, so that every test also holds the file to its format."""
    return read_problem(json.dumps(problem).encode())


@BOTH
def test_a_pair_becomes_a_party_named_for_its_trust_with_ids_and_no_names(programme):
    pair = a_pair(programme, trust=a_trust(programme, ods_code="RJ1", name="Guy's and St Thomas'"))
    event = an_event(programme)
    a_session(event)

    problem = problem_for(programme)

    director, manager = pair.people
    assert problem["parties"] == [
        {
            "id": "RJ1",
            "trust": "RJ1",
            "people": [f"P{director.id}", f"P{manager.id}"],
            "attributes": {"region": "London", "trust_type": "acute", "research_activity": "high"},
        }
    ]
    written = json.dumps(problem)
    assert director.name not in written
    assert director.email not in written
    assert pair.trust.name not in written


@pytest.mark.parametrize(
    ("director", "manager", "together"),
    [
        ("yes", "yes", "yes"),
        ("yes", "if-need-be", "if-need-be"),
        ("if-need-be", "no", "no"),
        ("no", None, "no"),
        ("yes", None, None),
        (None, None, None),
    ],
)
def test_a_pair_can_come_when_both_can(programme, director, manager, together):
    pair = a_pair(programme)
    session = a_session(an_event(programme))
    for person, answer in zip(pair.people, (director, manager), strict=True):
        if answer is not None:
            answered(person, session, answer)

    problem = problem_for(programme)

    said = problem["availability"].get(pair.trust.ods_code, {}).get(session.key)
    assert said == together


def test_where_a_role_is_vacant_the_other_comes_alone(programme):
    pair = a_pair(programme, manager=None)
    session = a_session(an_event(programme))
    answered(pair.director, session, "yes")

    problem = problem_for(programme)

    assert problem["parties"][0]["people"] == [f"P{pair.director_id}"]
    assert problem["availability"] == {pair.trust.ods_code: {session.key: "yes"}}


def test_an_event_is_written_with_its_sessions_rules_and_limits(programme):
    for code in ("RA1", "RA2"):
        a_pair(programme, trust=a_trust(programme, ods_code=code))
    earlier = an_event(programme, key="N1", kind=EventKind.NATIONAL, open_min=1, open_max=1)
    a_session(earlier, "2099-01-05 10:00", hours=2, key="N1-a", max_seats=None)
    event = an_event(programme, key="W1", open_min=1, after=[earlier], encounters=False)
    a_mix(event, max_share_text="0.4", min_distinct=2)
    a_mix(event, "trust_type", max_count=3)
    session = a_session(event, "2099-07-12 09:30", key="W1-a", min_seats=2, max_seats=40, open_cost=100)
    team = keep(SharedResource(programme=programme, key="team", name="Team", capacity=2, gap_minutes=30))
    keep(SessionUse(session=session, resource=team, amount=1))

    problem = problem_for(programme)

    assert problem["resources"] == [{"id": "team", "capacity": 2, "gap_minutes": 30}]
    assert problem["gap_minutes"] == 45
    assert problem["events"][1] == {
        "id": "W1",
        "kind": "workshop",
        "audience": ["RA1", "RA2"],
        "open": {"min": 1},
        "after": ["N1"],
        "mix": [
            {"attribute": "region", "max_share": 0.4, "min_distinct": 2},
            {"attribute": "trust_type", "max_count": 3},
        ],
        "encounters": False,
        "sessions": [
            {
                "id": "W1-a",
                "start": "2099-07-12T09:30:00+01:00",
                "end": "2099-07-12T16:30:00+01:00",
                "min_seats": 2,
                "max_seats": 40,
                "open_cost": 100,
                "uses": {"team": 1},
            }
        ],
    }
    assert problem["events"][0]["open"] == {"min": 1, "max": 1}
    read(problem)


def test_sets_are_written_with_rounds_slots_and_facilitators(programme):
    pair = a_pair(programme)
    event = sets_event(programme, key="ALS", rounds=2, slots=2, count_min=1, count_max=3)
    facilitator = a_facilitator(programme)
    leads(event, facilitator, max_sets=3)
    first, second = event.rounds[0].slots
    answered(facilitator.person, first, "no")
    answered(facilitator.person, second, "if-need-be")

    problem = problem_for(programme)

    [entry] = problem["sets"]
    assert entry["audience"] == [pair.trust.ods_code]
    assert entry["size"] == {"min": 2, "max": 4}
    assert entry["count"] == {"min": 1, "max": 3}
    assert [[slot["id"] for slot in r["slots"]] for r in entry["rounds"]] == [
        ["ALS-R1-1", "ALS-R1-2"],
        ["ALS-R2-1", "ALS-R2-2"],
    ]
    # Unavailable where they said no; what a facilitator has not answered is no obstacle (docs/decisions).
    assert entry["facilitators"] == [{"id": f"F{facilitator.id}", "max_sets": 3, "unavailable": ["ALS-R1-1"]}]
    read(problem)


def test_directors_alone_and_people_outside_pairs_are_parties_of_one(programme):
    pair = a_pair(programme, trust=a_trust(programme, ods_code="RJ1"))
    speaker = a_person(programme, standing=Standing.SPEAKER)
    event = an_event(programme, audience={"who": "directors"})
    a_session(event)
    named(event, person=speaker)

    problem = problem_for(programme)

    assert [(party["id"], party["people"], party.get("trust")) for party in problem["parties"]] == [
        (f"P{speaker.id}", [f"P{speaker.id}"], None),
        ("RJ1-D", [f"P{pair.director_id}"], "RJ1"),
    ]
    read(problem)


def test_dates_that_are_withdrawn_or_have_begun_are_not_asked_about(programme):
    a_pair(programme)
    event = an_event(programme)
    a_session(event, now() - timedelta(hours=1), key="begun")
    a_session(event, key="withdrawn", withdrawn_at=now())
    a_session(event, key="ahead")
    over = an_event(programme)
    a_session(over, now() - timedelta(days=9))

    problem = problem_for(programme)

    assert [[session["id"] for session in listed["sessions"]] for listed in problem["events"]] == [["ahead"]]


def test_locks_are_written_but_for_those_on_what_is_no_longer_there(programme):
    pair, gone = a_pair(programme), a_pair(programme)
    event = an_event(programme)
    session, withdrawn = a_session(event), a_session(event, withdrawn_at=now())
    sets = sets_event(programme, key="ALS")
    leader = leads(sets, a_facilitator(programme)).facilitator
    named(event, pair=gone, included=False)
    code = pair.trust.ods_code
    for lock in (
        {"kind": LockKind.ATTENDS, "party": code, "session": session},
        {"kind": LockKind.NEVER, "party": code, "session": sets.rounds[0].slots[0]},
        {"kind": LockKind.RUNS, "session": session},
        {"kind": LockKind.STAYS_CLOSED, "session": sets.rounds[0].slots[1]},
        {"kind": LockKind.SET, "event": sets, "parties": [code, "nobody"], "facilitator": leader},
        {"kind": LockKind.ATTENDS, "party": code, "session": withdrawn},
        {"kind": LockKind.ATTENDS, "party": gone.trust.ods_code, "session": session},
    ):
        keep(Lock(programme=programme, **lock))

    problem = problem_for(programme)

    assert problem["locks"] == [
        {"party": code, "session": session.key},
        {"party": code, "session": "ALS-R1-1", "never": True},
        {"session": session.key, "runs": True},
        {"session": "ALS-R1-2", "runs": False},
        {"set": "ALS", "parties": [code], "facilitator": f"F{leader.id}"},
    ]
    read(problem)


def test_pairs_kept_apart_are_apart_in_every_shape_they_come_in(programme):
    one, other = (a_pair(programme, trust=a_trust(programme, ods_code=code)) for code in ("RB2", "RA1"))
    keep(Apart(programme=programme, one_id=one.id, other_id=other.id))
    a_session(an_event(programme))
    a_session(an_event(programme, audience={"who": "directors"}))

    problem = problem_for(programme)

    assert problem["apart"] == [["RA1", "RB2"], ["RA1", "RB2-D"], ["RA1-D", "RB2"], ["RA1-D", "RB2-D"]]
    read(problem)


@BOTH
def test_the_same_rows_make_the_same_file(programme):
    pairs = [a_pair(programme, region=region) for region in ("London", "Midlands", "South West")]
    event = an_event(programme, audience={"who": "pairs", "regions": ["Midlands", "London"]})
    sessions = [a_session(event) for _ in range(3)]
    for pair in reversed(pairs):
        for session in reversed(sessions):
            both_answered(pair, session, "yes")
    first = json.dumps(problem_for(programme))
    db.session.expire_all()

    again = json.dumps(problem_for(programme))

    assert again == first


def test_how_many_queries_it_takes_does_not_grow_with_the_programme(programme):
    def grow(pairs: int, events: int) -> None:
        for _ in range(pairs):
            a_pair(programme)
        for _ in range(events):
            a_session(an_event(programme))

    grow(1, 1)
    db.session.expire_all()
    with queries_sent() as few:
        problem_for(programme)
    grow(5, 3)
    db.session.expire_all()

    with queries_sent() as many:
        problem_for(programme)

    assert len(many) == len(few)


def test_a_programme_with_nothing_to_plan_is_a_problem_without_parties(programme):
    problem = problem_for(programme)

    assert problem["parties"] == problem["events"] == problem["sets"] == []
    read(problem)


def test_a_pair_carries_its_main_theme_and_a_mix_rule_can_name_it(programme):
    event = an_event(programme)
    a_mix(event, "theme", max_share_text="0.5")
    a_session(event)
    a_pair(programme, themes=["data", "workforce"])
    a_pair(programme)

    problem = problem_for(programme)

    assert sorted(party["attributes"].get("theme", "") for party in problem["parties"]) == ["", "data"]
    assert problem["events"][0]["mix"] == [{"attribute": "theme", "max_share": 0.5}]
    assert read(problem)
