"""What of the published plan stays: the past, and events that are not planned anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Plan, PlanStatus, Round, RunEnd, SessionUse, SharedResource
from scheduler.plan import planning
from scheduler.plan.keeping import problem_of, result_of
from scheduler.plan.problems import problem_for
from scheduler.plan.published import published_plan
from solver.check import check
from tests.builders import a_facilitator, a_pair, a_session, an_event, both_answered, keep, leads
from tests.conftest import BOTH
from tests.plan.programmes import a_small_programme, pairs_of, planned, sessions_of, with_sets


@pytest.fixture
def programme(app):
    """A small programme with room to spare."""
    programme = a_small_programme()
    for session in sessions_of(programme).values():
        session.max_seats = 40
    db.session.commit()
    return programme


def published(plan: Plan) -> Plan:
    """The plan, as if its people had been told of it."""
    plan.status = PlanStatus.PUBLISHED
    db.session.commit()
    return plan


def another_event(programme, start: str, **given):
    """An event of one sitting that everybody can come to."""
    event = an_event(programme, **given)
    session = a_session(event, start, key=f"{event.key}-a")
    for pair in pairs_of(programme):
        both_answered(pair, session)
    return event


def event_of(programme, key: str):
    return next(s.event for s in sessions_of(programme).values() if s.event.key == key)


def places(plan: Plan) -> set[tuple[str, str]]:
    """Who is where, sessions and meetings alike."""
    found = {(placement.party, placement.session.key) for placement in plan.placements}
    return found | {(m.party, meeting.session.key) for s in plan.sets for m in s.members for meeting in s.meetings}


def test_the_published_plan_is_what_change_counts_against_unless_one_starts_afresh(programme):
    first = published(planned(programme))

    kept = problem_for(programme)
    afresh = problem_for(programme, afresh=True)

    assert published_plan(programme).id == first.id
    assert {(a["party"], a["session"]) for a in kept["previous"]["assignments"]} == places(first)
    assert "previous" not in afresh


@BOTH
def test_an_event_that_is_not_planned_anew_keeps_its_published_places(programme):
    with_sets(programme)
    first = published(planned(programme))
    another_event(programme, "2099-03-01 09:30", key="W2")

    second = planned(programme, events=[event_of(programme, "W2")])

    assert [event["id"] for event in second.problem["events"]] == ["W2"]
    assert second.run_end is RunEnd.PROVEN
    assert places(first) < places(second)
    assert {key for _, key in places(second) - places(first)} == {"W2-a"}
    assert check(problem_of(second), result_of(second)) == []


def test_nobody_is_planned_where_they_are_held_somewhere_else(programme):
    first = published(planned(programme))
    taken = first.placements[0].session
    clashing = another_event(programme, "2099-01-12 16:00" if taken.key == "W1-a" else "2099-01-14 16:00", key="W2")

    problem = problem_for(programme, [clashing])

    answers = {party: says["W2-a"] for party, says in problem["availability"].items()}
    held_there = {placement.party for placement in first.placements if placement.session_id == taken.id}
    assert {party for party, answer in answers.items() if answer == "no"} == held_there


def test_trusts_that_are_held_together_have_met(programme):
    first = published(planned(programme))
    other = another_event(programme, "2099-03-01 09:30", key="W2")
    here = sorted(p.party for p in first.placements if p.session_id == first.placements[0].session_id)

    problem = problem_for(programme, [other])

    assert [here[0], here[1], 1] in problem["previous_encounters"]


def test_the_order_of_events_holds_across_what_is_held(programme):
    first = published(planned(programme))
    before_all = another_event(programme, "2099-01-01 09:30", key="W2")
    before_all.after = [event_of(programme, "W1")]
    db.session.commit()

    problem = problem_for(programme, [before_all])

    assert {says["W2-a"] for says in problem["availability"].values()} == {"no"}
    assert len(problem["availability"]) == len(first.placements)


def test_a_facilitator_who_leads_a_held_set_is_not_free_then(programme):
    with_sets(programme)
    sets = event_of(programme, "ALS")
    leader = leads(sets, a_facilitator(programme), max_sets=9).facilitator
    first = published(planned(programme))
    busy = next(meeting.session for s in first.sets for meeting in s.meetings)
    other = an_event(programme, key="ALS2", kind=sets.kind, size_min=1)
    leads(other, leader)
    round_ = keep(Round(programme=programme, event=other, number=1, key="ALS2-R1"))
    slot = a_session(other, busy.starts_at, hours=1, key="ALS2-R1-1", round=round_, max_seats=None)
    for pair in pairs_of(programme):
        both_answered(pair, slot)

    problem = problem_for(programme, [other])

    assert problem["sets"][0]["facilitators"] == [{"id": f"F{leader.id}", "max_sets": 2, "unavailable": ["ALS2-R1-1"]}]


def test_what_has_begun_stays_and_is_not_asked_about_again(programme):
    first = published(planned(programme))
    newcomer = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(newcomer, session)
    begun = first.placements[0].session
    begun.starts_at, begun.ends_at = now() - timedelta(hours=2), now() + timedelta(hours=5)
    db.session.commit()
    was_there = {placement.party for placement in first.placements if placement.session_id == begun.id}

    second = planned(programme)

    assert set(second.problem["events"][0]["audience"]).isdisjoint(was_there)
    assert {party for party, key in places(second) if key == begun.key} == was_there
    assert newcomer.trust.ods_code in {party for party, key in places(second) if key != begun.key}


def test_sets_keep_the_meetings_of_a_round_that_has_begun(programme):
    with_sets(programme, rounds=2)
    first = published(planned(programme))
    begun = next(meeting.round for s in first.sets for meeting in s.meetings if meeting.round.number == 1)
    for slot in begun.slots:
        slot.starts_at, slot.ends_at = now() - timedelta(days=1), now() - timedelta(hours=21)
    db.session.commit()

    second = planned(programme)

    assert [r["id"] for r in second.problem["sets"][0]["rounds"]] == ["ALS-R2"]
    assert places(second) == places(first)


def test_a_place_that_is_held_is_let_go_where_its_session_is_withdrawn_or_its_party_has_left(programme):
    first = published(planned(programme))
    other = another_event(programme, "2099-03-01 09:30", key="W2")
    leaver = pairs_of(programme)[0]
    leaver.left_on = now().date()
    withdrawn = next(p.session for p in first.placements if p.pair_id != leaver.id)
    withdrawn.withdrawn_at = now()
    db.session.commit()

    second = planned(programme, events=[other])

    held = {(party, key) for party, key in places(second) if key != "W2-a"}
    assert leaver.trust.ods_code not in {party for party, _ in held}
    assert withdrawn.key not in {key for _, key in held}


def test_a_room_that_a_held_session_uses_is_not_used_twice(programme):
    first = published(planned(programme))
    room = keep(SharedResource(programme=programme, key="room", name="The room", capacity=1, gap_minutes=60))
    taken = first.placements[0].session
    keep(SessionUse(session=taken, resource=room, amount=1))
    other = another_event(
        programme, (taken.local_end + timedelta(minutes=30)).replace(tzinfo=None).isoformat(), key="W2"
    )
    keep(SessionUse(session=other.sessions[0], resource=room, amount=1))

    problem = problem_for(programme, [other])

    assert problem["locks"] == [{"session": "W2-a", "runs": False}]


def test_stopping_a_published_plan_changes_nothing(programme):
    first = published(planned(programme))

    planning.stop(first)

    assert first.run_end is RunEnd.PROVEN
    assert not first.stop_asked
