"""What if: facts supposed otherwise from the present plan, tried by a worker, kept as a plan that says so."""

from __future__ import annotations

import pytest

from scheduler import background
from scheduler.extensions import db
from scheduler.models import Plan, PlanStatus, RunState, WhatIf
from scheduler.plan import trying, whatif
from scheduler.plan.keeping import problem_bytes
from solver.check import check
from solver.reading import read_problem
from tests.builders import a_mix, a_session, an_event, both_answered
from tests.plan.programmes import a_small_programme, laid_out, pairs_of, sessions_of


@pytest.fixture
def programme(app):
    """Six pairs, two sittings of 12 seats, and a rule on regions."""
    background.prepare()
    programme = a_small_programme()
    a_mix(sessions_of(programme)["W1-a"].event, max_share_text="0.5")
    return programme


@pytest.fixture
def plan(programme):
    """A plan that was laid out: three pairs in each sitting."""
    places = zip(pairs_of(programme), "aaabbb", strict=True)
    return laid_out(programme, {pair.trust.ods_code: f"W1-{letter}" for pair, letter in places})


@pytest.fixture
def address(programme, plan):
    """Where one asks."""
    return f"/programmes/{programme.slug}/plans/1/what-if"


def the_trial():
    return db.session.scalars(db.select(WhatIf).order_by(WhatIf.id.desc())).first()


def test_other_seats_are_tried_from_the_present_plan_which_stays_as_it_is(organiser, programme, plan, address):
    before, edits = plan.result, plan.edits

    page = organiser.post(address, {"what": "seats", "seats-session": "W1-a", "seats-to": "64"})

    row = the_trial()
    db.session.refresh(plan)
    assert (plan.result, plan.edits) == (before, edits)
    assert row.problem["events"][0]["sessions"][0]["max_seats"] == 64
    assert row.objective == plan.objective  # the present places hold: a first figure at once
    assert "64 seats in Workshop 1, Monday 12 January 2099, instead of 12." in page.text
    assert "Working it out" in page.text
    assert page.select("[data-refresh]")
    assert background.queued("try-what-if") == 1


def test_a_worker_finds_what_it_comes_to_and_it_is_kept_as_the_next_plan(organiser, programme, plan, address):
    organiser.post(address, {"what": "closed", "closed-session": "W1-b"})
    row = the_trial()
    at_first = row.objective

    trying.run(row.id)

    db.session.refresh(row)
    assert at_first == plan.objective + 3 * 10_000
    assert row.objective == plan.objective
    assert check(read_problem(problem_bytes(row.problem)), whatif.read_plan_of(row.result)) == []
    page = organiser.get(f"{address}/{row.id}")
    assert "Keep as plan 2" in page.buttons
    kept = organiser.post(f"{address}/{row.id}/keep")
    made = db.session.scalars(db.select(Plan).filter_by(number=2)).one()
    assert kept.said == "Kept as plan 2. Plan 1 stays as it is."
    assert {p.session.key for p in made.placements} == {"W1-a"}
    assert organiser.post(f"{address}/{row.id}/keep").h1 == "Plan 2"  # once more makes no second one


def test_a_kept_plan_is_not_published_before_what_it_counts_on_is_so(organiser, programme, plan, address):
    organiser.post(address, {"what": "seats", "seats-session": "W1-a", "seats-to": "64"})
    row = the_trial()
    row.run_state = RunState.FINISHED
    made = whatif.keep(row, by=None)
    plans = address.removesuffix("/1/what-if")

    page = organiser.get(f"{plans}/2")
    refused = organiser.get(f"{plans}/2/publish")
    sessions_of(programme)["W1-a"].max_seats = 64
    db.session.commit()
    after = organiser.get(f"{plans}/2/publish")

    assert "It cannot be published before that is changed" in page.text
    assert page.links["Change the seats"].endswith("?max_seats=64")
    assert "Plan 2 counts on what is not so yet: 64 seats in Workshop 1" in refused.text
    assert "no rule broken" in after.text
    assert made.status is PlanStatus.DRAFT


def test_a_date_nobody_was_asked_about_is_answered_at_best_and_cannot_be_kept(organiser, programme, plan, address):
    new = {
        "what": "date", "date-event": "W1", "date-day-day": "9", "date-day-month": "2", "date-day-year": "2099",
        "date-starts": "9:30am", "date-ends": "4:30pm", "date-max_seats": "",
    }  # fmt: skip

    page = organiser.post(address, new)

    row = the_trial()
    assert "At best: nobody has been asked about this date" in page.text
    assert {said["what-if-date"] for said in row.problem["availability"].values()} == {"yes"}
    assert "Add this date and ask" in page.links
    assert "cannot be kept" in organiser.post(f"{address}/{row.id}/keep").said


def test_a_pair_that_is_left_out_is_asked_for_nothing_and_its_locks_go(organiser, programme, plan, address):
    party = pairs_of(programme)[0].trust.ods_code
    locked = [{"party": party, "session": "W1-a"}, {"session": "W1-a", "runs": True}]
    plan.problem = plan.problem | {"locks": locked}
    db.session.commit()

    organiser.post(address, {"what": "out", "out-party": party})

    row = the_trial()
    assert party not in row.problem["events"][0]["audience"]
    assert row.problem["locks"] == locked[1:]
    assert row.objective is not None


def test_a_share_is_supposed_beside_what_was_supposed_before(organiser, programme, plan, address):
    organiser.post(address, {"what": "seats", "seats-session": "W1-a", "seats-to": "64"})
    also = the_trial().id

    page = organiser.post(address, {"what": "share", "share-event": "W1", "share-to": "60", "also": also})

    row = the_trial()
    assert [change["kind"] for change in row.changes] == ["seats", "share"]
    assert row.problem["events"][0]["mix"][0]["max_share"] == 0.6
    assert "up to 60% of one region in Workshop 1, instead of 50%" in page.text


@pytest.mark.parametrize(
    ("posted", "field", "said"),
    [
        ({"what": "seats", "seats-session": "", "seats-to": "64"}, "seats-session", "Select the date whose"),
        ({"what": "seats", "seats-session": "W1-a", "seats-to": "no"}, "seats-to", "whole number"),
        ({"what": "out"}, "out-party", "Select who is left out"),
        ({"what": "closed", "closed-session": "W9"}, "closed-session", "Select the date that does not run"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_nothing_is_tried(
    organiser, programme, plan, address, posted, field, said
):
    page = organiser.post(address, posted)

    assert said in page.error_at(field)
    assert the_trial() is None


def test_another_programme_s_trial_is_not_there(app, organiser, programme, plan, address):
    other = an_event(laid_out(a_small_programme()).programme)
    both_answered(pairs_of(other.programme)[0], a_session(other))
    theirs = db.session.scalars(db.select(Plan).where(Plan.programme_id == other.programme_id)).one()
    row = whatif.ask(theirs, [{"kind": "closed", "session": "W1-b"}], by=None, to_worker=False)

    assert organiser.get(f"{address}/{row.id}").status == 404
