"""The pages of planning: the gallery, a new plan, its progress, what it says, and who has no place."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import openpyxl
import pytest

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Plan, PlanProgress, PlanStatus, Role, RunEnd, RunState
from scheduler.plan import planning
from scheduler.plan.problems import problem_for
from scheduler.web.plans import sentences
from solver.reading import read_plan, read_problem
from tests.builders import (
    a_facilitator,
    a_mix,
    a_pair,
    a_programme,
    a_session,
    a_venue,
    an_event,
    an_organiser,
    both_answered,
    keep,
    leads,
)
from tests.plan.programmes import a_small_programme, pairs_of, planned, sessions_of, with_sets
from tests.queries import queries_sent
from tests.web.page import Visitor


@pytest.fixture
def programme(app):
    """A small programme that can be planned in a moment."""
    return a_small_programme()


@pytest.fixture
def plans(programme):
    """The address of the programme's plans."""
    return f"/programmes/{programme.slug}/plans"


def test_without_plans_the_gallery_says_what_will_be_here(organiser, plans):
    page = organiser.get(plans)

    assert page.h1 == "Plans"
    assert "No plans yet." in page.text
    assert page.links["Make a plan"] == f"{plans}/new"


def test_a_new_plan_is_queued_and_its_progress_shown(organiser, programme, plans):
    background.prepare()
    form = organiser.get(f"{plans}/new").form_values

    page = organiser.post(f"{plans}/new", form | {"time_limit": "30"})

    plan = db.session.scalars(db.select(Plan)).one()
    assert (plan.number, plan.time_limit, plan.run_state) == (1, 30, RunState.QUEUED)
    assert plan.made_by.name.startswith("Aisha")
    assert page.h1 == "Plan 1"
    assert "Waiting for the background work to begin." in page.text
    assert page.buttons == ["Stop and keep the best so far", "Discard"]


def test_what_is_wrong_in_the_form_is_said_at_its_field_and_nothing_is_lost(organiser, plans):
    page = organiser.post(f"{plans}/new", {"how": "afresh", "time_limit": "soon"})

    assert page.error_summary == {
        "#events": "Select at least one event to plan",
        "#time_limit": "How long may it look for a better plan? must be a whole number, like 12",
    }
    assert page.form_values["time_limit"] == "soon"
    assert db.session.scalars(db.select(Plan)).all() == []


def test_before_you_start_says_what_stands_in_the_way(organiser, programme, plans):
    event = an_event(programme, title="Workshop 9", closes_at=now() + timedelta(days=2))
    a_session(event, max_seats=4)

    page = organiser.get(f"{plans}/new")

    assert "6 pairs have not answered fully: what is missing counts as no." in page.text
    assert "Workshop 9 is open for answers until" in page.text
    assert "Workshop 9 has 4 seats for 12 people." in page.text


def test_an_event_that_is_left_out_is_not_asked_about(organiser, programme, plans):
    background.prepare()
    other = an_event(programme, key="W2")
    a_session(other)

    organiser.post(f"{plans}/new", {"events": ["W1"], "how": "afresh", "time_limit": "10"})

    plan = db.session.scalars(db.select(Plan)).one()
    assert [event["id"] for event in plan.problem["events"]] == ["W1"]


def test_progress_says_what_is_found_so_far_and_how_good_it_is(organiser, programme, plans):
    plan = planning.start(programme, by=None, time_limit=60, to_worker=False)
    plan.run_state, plan.started_at, plan.objective, plan.bound = RunState.RUNNING, now(), 455, 418
    keep(PlanProgress(plan=plan, seconds=1.5, objective=500, bound=400))
    keep(PlanProgress(plan=plan, seconds=18.2, objective=455, bound=418))

    page = organiser.get(f"{plans}/1/progress")

    assert "Everyone is placed. This plan costs 455." in page.text
    assert "No plan can cost less than 418, so it is at most 9% above the best possible." in page.text
    assert "Improved 1 time, last after 18 seconds" in page.text
    assert page.table("Cost and bound over time") == [
        ["Seconds", "Best plan so far", "No plan can cost less than"],
        ["1.5", "500", "400"],
        ["18.2", "455", "418"],
    ]
    assert page.buttons == ["Stop and keep the best so far", "Discard"]


def test_the_script_that_polls_gets_the_moving_part_and_is_led_on_once_there_is_a_plan(organiser, programme, plans):
    plan = planning.start(programme, by=None, to_worker=False)
    waiting = organiser.get(f"{plans}/1/progress?part=yes", rules=False)
    planning.run(plan.id)

    ended = organiser.get(f"{plans}/1/progress?part=yes", rules=False)

    assert "<html" not in waiting.html
    assert "Waiting" in waiting.html
    assert "Refresh-Page" not in waiting.headers
    assert ended.headers["Refresh-Page"] == f"{plans}/1"


def test_a_run_can_be_stopped_and_a_draft_discarded(organiser, programme, plans):
    plan = planning.start(programme, by=None, to_worker=False)
    plan.run_state = RunState.RUNNING

    stopping = organiser.post(f"{plans}/1/stop")
    gone = organiser.post(f"{plans}/1/discard")

    db.session.refresh(plan)
    assert stopping.said == "Stopping. The best plan so far is kept."
    assert plan.stop_asked
    assert plan.status is PlanStatus.DISCARDED
    assert gone.said == "Plan 1 is discarded."
    assert "No plans yet." in gone.text


def test_the_plan_page_says_how_good_the_plan_is_and_what_it_costs(organiser, programme, plans):
    plan = planned(programme)

    page = organiser.get(f"{plans}/1")

    assert page.h1 == "Plan 1"
    assert page.text.startswith("Plan 1 Draft All 6 pairs are placed. No plan can do better: this is proven. ")
    assert "Counted again by separate code: no rule broken." in page.text
    assert f"Cost {plan.objective}" in page.text
    assert "Everyone has a place." in page.text
    assert page.links["Publish"] == f"{plans}/1/publish"


def test_sessions_are_listed_with_seats_and_regions_those_that_do_not_run_last(organiser, programme, plans):
    sessions = sessions_of(programme)
    sessions["W1-b"].venue = a_venue(programme)
    sessions["W1-b"].min_seats, sessions["W1-b"].open_cost = 10, 50
    a_mix(sessions["W1-a"].event, max_share_text="0.4")
    planned(programme)

    page = organiser.get(f"{plans}/1")

    assert page.table("Sessions of Workshop 1") == [
        ["Session", "Pairs", "Seats", "Regions", "Runs"],
        [
            "Monday 12 January 2099",
            "6",
            "12 of 12",
            "6 pairs: North West 1, Midlands 2, South East 1, London 2; limit 2 1 NW 2 Mid 1 SE 2 Lon",
            "yes",
        ],
        ["Wednesday 14 January 2099, Leeds", "0", "closed", "6 of 6 can come, needs 10 seats taken", "no"],
    ]


def test_a_session_page_shows_its_people_their_answers_and_what_they_have_said_since(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    session = plan.placements[0].session
    for other in plan.placements:
        if other.pair_id == pair.id:
            session = other.session
    answer = db.session.scalars(
        db.select(type(answered_row(pair, session))).filter_by(person_id=pair.director_id, session_id=session.id)
    ).one()
    answer.answer, answer.answered_at = "no", now()

    page = organiser.get(f"{plans}/1/sessions/{session.id}")

    [row] = [row for row in page.table("Who is in this session") if row[0] == pair.trust.name]
    assert row[1] == f"{pair.director.name}, {pair.manager.name}"
    assert row[3] == f"Yes{pair.director.name} has since said: No"


def answered_row(pair, session):
    """The director's answer to a session."""
    from scheduler.models import Availability

    return db.session.scalars(
        db.select(Availability).filter_by(person_id=pair.director_id, session_id=session.id)
    ).one()


def test_answers_that_came_in_since_are_counted_and_shown(organiser, programme, plans):
    plan = planned(programme)
    pair = pairs_of(programme)[0]
    row = answered_row(pair, sessions_of(programme)["W1-a"])
    row.answer, row.answered_at = "if-need-be", plan.asked_at + timedelta(seconds=1)

    view = organiser.get(f"{plans}/1")
    page = organiser.get(view.links["Show it"])

    assert "1 answer came in after this plan was made at" in view.text
    assert page.table("Answers that came in since") == [
        ["Person", "Date", "Answer now"],
        [pair.director.name, "Workshop 1, Monday 12 January 2099", "If need be"],
    ]


def test_who_has_no_place_is_named_with_the_reason(organiser, programme, plans):
    left_out = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(left_out, session, "no")
    planned(programme)

    view = organiser.get(f"{plans}/1")
    page = organiser.get(f"{plans}/1/unplaced")

    assert "6 of 7 pairs are placed everywhere: 1 has no place in at least one event." in view.text
    assert page.h1 == "Unplaced (1)"
    assert f"Workshop 1 (1) {left_out.trust.name} It said no to every session of Workshop 1." in page.text
    assert "counts as no" not in page.text  # they have answered every date


def test_sets_are_shown_with_members_facilitator_and_meetings(organiser, programme, plans):
    with_sets(programme)
    event = next(e for e in programme_events(programme) if e.has_sets)
    leader = leads(event, a_facilitator(programme, name="Jo Hale"), max_sets=4).facilitator
    plan = planned(programme)
    first = plan.sets[0]

    view = organiser.get(f"{plans}/1")
    page = organiser.get(f"{plans}/1/sets/{first.number}")

    assert leader.person.name in view.text
    assert page.h1 == f"Set {first.number}"
    assert "led by Jo Hale" in page.text
    assert "Round 1: " in page.text
    names = {member.pair.trust.name for member in first.members}
    assert {row[0] for row in page.table("Who is in this set")[1:]} == names


def programme_events(programme):
    """The programme's events."""
    from scheduler.models import Event

    return db.session.scalars(db.select(Event).filter_by(programme_id=programme.id)).all()


def test_a_plan_is_compared_with_the_published_one(organiser, programme, plans):
    published = planned(programme)
    published.status = PlanStatus.PUBLISHED
    newcomer = a_pair(programme)
    sessions = sessions_of(programme)
    sessions["W1-a"].max_seats = sessions["W1-b"].max_seats = 20
    for session in sessions.values():
        both_answered(newcomer, session)
    db.session.commit()
    planned(programme)

    page = organiser.get(f"{plans}/2")

    assert "Against plan 1: 1 pair is new, 6 stay." in page.text


def test_the_gallery_shows_each_plan_with_its_figures_in_a_fixed_number_of_queries(organiser, programme, plans):
    first = planned(programme)
    first.status = PlanStatus.PUBLISHED
    planned(programme, afresh=True)
    with queries_sent() as few:
        page = organiser.get(plans)
    for _ in range(2):
        planned(programme, afresh=True)

    with queries_sent() as many:
        organiser.get(plans)

    assert [card.h2.get_text(strip=True) for card in page.select(".nhsuk-card")] == ["Plan 2", "Plan 1"]
    figures = page.select(".nhsuk-card")[0].get_text(" ", strip=True)
    assert "Draft" in figures
    assert "Unplaced 0" in figures
    assert "Would move from plan 1" in figures
    assert len(many) == len(few)


def test_rules_that_cannot_hold_together_are_a_page_of_their_own(organiser, programme, plans):
    event = an_event(programme, key="X9", title="Conference", open_min=2)
    a_session(event)
    plan = planned(programme)

    page = organiser.get(f"{plans}/1")

    assert plan.run_end is RunEnd.INFEASIBLE
    assert page.h1 == "Plan 1 cannot hold together"
    assert page.links["See the locks"] == f"{plans}/1/locks"
    assert "Conference" in page.text
    assert "X9" not in page.text  # ids never reach the screen


def test_the_files_are_those_of_the_contract(organiser, programme, plans):
    plan = planned(programme)

    problem = organiser.get(f"{plans}/1/problem", rules=False)
    file = organiser.get(f"{plans}/1/file", rules=False)

    assert read_problem(problem.response.data).name == programme.name
    assert json.loads(problem.response.data) == plan.problem == problem_for(programme)
    assert read_plan(file.response.data).objective == plan.objective
    assert file.headers["Content-Disposition"] == 'attachment; filename="plan-1.json"'


def test_plans_of_another_programme_look_like_not_there(organiser, programme, plans):
    other = a_programme()
    stranger = Visitor(organiser.app).log_in(an_organiser(other))
    planned(programme)

    assert stranger.get(f"{plans}/1").status == 404
    assert stranger.get(f"/programmes/{other.slug}/plans/1").status == 404


def test_a_viewer_sees_plans_and_changes_nothing(organiser, programme, plans):
    plan = planned(programme)
    viewer = Visitor(organiser.app).log_in(an_organiser(programme, role=Role.VIEWER))
    placement = plan.placements[0]

    page = viewer.get(f"{plans}/1/sessions/{placement.session_id}")

    assert "Move" not in " ".join(page.links)
    assert page.buttons == []
    assert viewer.get(f"{plans}/new").status == 403
    assert viewer.post(f"{plans}/1/discard").status == 403


@pytest.mark.parametrize(
    ("cost", "bound", "said"),
    [
        (431, 431, "No plan can do better: this is proven."),
        (455, 418, "No plan can cost less than 418, so it is at most 9% above the best possible."),
        (100_001, 100_000, "No plan can cost less than 100,000, so it is at most 1% above the best possible."),
        (455, 0, "How much better a plan could be is not known."),
    ],
)
def test_how_good_a_plan_is_is_rounded_up_and_never_guessed(cost, bound, said):
    assert sentences.how_good(cost, bound) == said


def test_a_plan_opens_in_a_spreadsheet_with_places_sets_and_the_unplaced(organiser, programme, plans):
    with_sets(programme)
    plan = planned(programme)

    page = organiser.get(f"{plans}/{plan.number}/table?as=xlsx", rules=False)

    book = openpyxl.load_workbook(io.BytesIO(page.response.data))
    assert book.sheetnames == ["Places", "Sets", "Without a place"]
    assert {row[4].value for row in book["Places"]} == {"ODS code", *(p.trust.ods_code for p in pairs_of(programme))}
    assert {row[7].value for row in book["Places"]} == {"Answer", "Yes"}
    assert len(list(book["Sets"])) == 1 + len(pairs_of(programme))
