"""Cohorts: Trusts that join together and are planned in, and alumni, whom later events no longer ask."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scheduler.collect.audience import parties_of
from scheduler.extensions import db
from scheduler.models import Cohort, PlanStatus
from scheduler.plan.problems import problem_for
from solver import read_problem, solve
from tests.builders import a_cohort, a_pair, a_person, a_session, a_trust, an_event, both_answered
from tests.invite.plans import a_plan
from tests.queries import queries_sent

JANUARY = {"joined_on-day": "4", "joined_on-month": "1", "joined_on-year": "2027"}


@pytest.fixture
def top(programme):
    return f"/programmes/{programme.slug}/cohorts"


def test_a_cohort_is_added_filled_and_renamed(organiser, programme, top):
    one, other = a_pair(programme), a_pair(programme)
    organiser.post(
        f"{top}/new", {"name": "Cohort 2", "joined_on-day": "4", "joined_on-month": "1", "joined_on-year": "2027"}
    )
    cohort = db.session.scalars(db.select(Cohort)).one()

    joined = organiser.post(f"{top}/{cohort.id}/joiners", {"pairs": [str(one.id)]})
    page = organiser.get(f"{top}/{cohort.id}")
    renamed = organiser.post(f"{top}/{cohort.id}", {"name": "Spring cohort", "version": str(cohort.version)})

    assert joined.said == "1 pair put into Cohort 2."
    assert "joined on Monday 4 January 2027" in page.text
    assert (renamed.said, cohort.name) == ("Saved.", "Spring cohort")
    assert "1 pair is in no cohort." in organiser.get(top).text
    assert other.cohort_id is None


def test_a_name_that_is_taken_and_an_old_version_are_said(organiser, programme, top):
    a_cohort(programme, "Cohort 1")
    cohort = a_cohort(programme, "Cohort 2")

    taken = organiser.post(f"{top}/{cohort.id}", {"name": "Cohort 1", "version": "1"})
    backwards = {
        "name": "Cohort 2",
        "version": "1",
        "joined_on-day": "4",
        "joined_on-month": "1",
        "joined_on-year": "2027",
    }
    early = organiser.post(
        f"{top}/{cohort.id}", backwards | {"ended_on-day": "1", "ended_on-month": "1", "ended_on-year": "2027"}
    )
    organiser.post(f"{top}/{cohort.id}", {"name": "Cohort Two", "version": str(cohort.version)})
    late = organiser.post(f"{top}/{cohort.id}", {"name": "Mine", "version": "1"})

    assert "There is a cohort of this name already" in taken.error_at("name")
    assert early.error_at("ended_on") == "Last day must be Monday 4 January 2027 or later"
    assert late.status == 409
    assert "Aisha" in late.text
    assert "Cohort Two" in late.text


def test_joiners_are_planned_in_while_those_with_a_place_keep_it(organiser, programme, top):
    event = an_event(programme)
    session = a_session(event)
    old, joiner = a_pair(programme), a_pair(programme, cohort=a_cohort(programme, "Cohort 2"))
    plan = a_plan(programme, [(old, session)])
    plan.status = PlanStatus.PUBLISHED
    for pair in (old, joiner):
        both_answered(pair, session)

    page = organiser.get(f"{top}/{joiner.cohort_id}")
    problem = problem_for(programme)

    assert "1 of 1 pairs has no place in plan 1, which is published." in page.text
    assert organiser.get(top).table("Cohorts")[1] == ["Cohort 2", "Not said", "Not said", "1", "1"]
    assert [each["party"] for each in problem["previous"]["assignments"]] == [old.trust.ods_code]
    assert problem["events"][0]["audience"] == sorted([old.trust.ods_code, joiner.trust.ods_code])


def test_alumni_keep_what_took_place_and_are_asked_later_only_by_name(programme):
    cohort = a_cohort(programme)
    alumni, others = a_pair(programme, cohort=cohort), a_pair(programme)
    cohort.ended_on = date(2027, 6, 30)
    db.session.commit()
    before, after, reunion = (an_event(programme) for _ in range(3))
    a_session(before, "2027-06-30 09:30")
    for event in (after, reunion):
        a_session(event, "2027-07-01 09:30")
    reunion.audience = {"who": "pairs", "cohorts": [cohort.id]}
    db.session.commit()

    asked = {event: {party.pair for party in parties_of(event)} for event in (before, after, reunion)}

    assert asked == {before: {alumni, others}, after: {others}, reunion: {alumni}}


@pytest.mark.parametrize("page", ["sponsors", "sponsors/ask", "cohorts", "intentions"])
def test_a_list_needs_the_same_queries_for_one_pair_and_for_many(organiser, programme, page):
    def some(pairs):
        for _ in range(pairs):
            a_pair(
                programme, sponsor=a_person(programme), cohort=a_cohort(programme, f"Cohort {a_trust(programme).id}")
            )

    some(1)
    organiser.get(f"/programmes/{programme.slug}/{page}")
    with queries_sent() as few:
        organiser.get(f"/programmes/{programme.slug}/{page}")
    some(3)

    with queries_sent() as many:
        organiser.get(f"/programmes/{programme.slug}/{page}")

    assert len(many) == len(few)


def test_a_plan_with_joiners_leaves_the_others_where_they_are(programme):
    event = an_event(programme)
    sittings = [a_session(event, max_seats=4) for _ in range(2)]
    old = [a_pair(programme) for _ in range(2)]
    plan = a_plan(programme, [(old[0], sittings[1]), (old[1], sittings[0])])
    plan.status = PlanStatus.PUBLISHED
    joiners = [a_pair(programme, cohort=a_cohort(programme, f"Cohort {n}")) for n in (2, 3)]
    for pair in (*old, *joiners):
        for session in sittings:
            both_answered(pair, session)

    solved = solve(read_problem(json.dumps(problem_for(programme)).encode()), seconds=1)

    where = {each.party: each.session for each in solved.assignments}
    assert len(where) == 4
    assert where[old[0].trust.ods_code] == sittings[1].key
    assert where[old[1].trust.ods_code] == sittings[0].key
    assert solved.terms["change"] == 0
