"""What was asked of each pair over the year, and how that makes the next plan fairer."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow.fairness import findings, in_words, lines_of
from scheduler.models import Answer, PlanStatus, Unplaced
from scheduler.plan.burdens import Burden, burdens_of, cost_of, points_above_most
from scheduler.plan.distances import great_circle, miles_to
from scheduler.plan.problems import problem_for
from solver.reading import read_problem
from tests.builders import (
    a_pair,
    a_plan,
    a_programme,
    a_session,
    a_trust,
    a_venue,
    an_event,
    answered,
    attended,
    both_answered,
    keep,
    placed,
)
from tests.queries import queries_sent

LEEDS, PLYMOUTH = (53.7965, -1.5478), (50.3715, -4.1430)


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def pairs(programme):
    """One in Plymouth, far from Leeds; two in Leeds itself."""
    return [a_pair(programme, trust=a_trust(programme, town=town)) for town in ("Plymouth", "Leeds", "Leeds")]


def last_week(programme, **given):
    return a_session(an_event(programme, **given), now() - timedelta(days=7), venue=a_venue(programme))


def test_miles_are_straight_lines_between_places_we_know(programme):
    leeds, online = a_venue(programme), a_venue(programme, joining_url="https://meet.example")
    far, nowhere = a_trust(programme, town="plymouth "), a_trust(programme, town="Nowhere")

    assert great_circle(LEEDS, LEEDS) == 0
    assert great_circle(LEEDS, PLYMOUTH) == pytest.approx(261, abs=2)
    assert miles_to(far, leeds) == pytest.approx(261, abs=5)
    assert miles_to(far, online) == 0
    assert miles_to(nowhere, leeds) is None
    assert miles_to(far, None) is None


def test_what_was_asked_is_counted_for_who_came(programme, pairs):
    far, near, absent = pairs
    session, plan = last_week(programme), a_plan(programme)
    placed(plan, session, *pairs)
    answered(far.director, session, "if-need-be")
    answered(far.manager, session, "yes")
    both_answered(absent, session, "if-need-be")
    attended(far.manager, session)
    attended(near.director, session)
    ahead = a_session(an_event(programme), venue=session.venue)
    placed(plan, ahead, far)
    answered(far.director, ahead, "if-need-be")
    keep(Unplaced(plan=plan, event=ahead.event, party=near.trust.ods_code, pair=near))

    burdens = burdens_of(programme, now())

    one_way = miles_to(far.trust, session.venue)
    assert burdens[far.trust.ods_code] == Burden(1, 1, 2 * one_way, 2 * one_way)
    assert burdens[near.trust.ods_code] == Burden(left_out=1)
    assert burdens[absent.trust.ods_code] == Burden()


def test_a_move_is_a_place_taken_and_another_given_between_plans_people_were_told_of(programme, pairs):
    one, two, _ = pairs
    event = an_event(programme)
    first, second = a_session(event), a_session(event)
    later = a_session(an_event(programme))
    draft = a_plan(programme, PlanStatus.DRAFT)
    placed(draft, second, one, two)
    placed(a_plan(programme, PlanStatus.SUPERSEDED, published_at=now() - timedelta(days=9)), first, one, two)
    newer = a_plan(programme, published_at=now() - timedelta(days=2))
    placed(newer, second, one)
    placed(newer, first, two)
    placed(newer, later, one, two)

    burdens = burdens_of(programme, now())

    assert [burdens[pair.trust.ods_code].moved for pair in pairs] == [1, 0, 0]


def test_it_reads_as_a_sentence(programme, pairs):
    placed(a_plan(programme), last_week(programme), *pairs)

    lines = lines_of(programme)

    assert lines[0].trust is pairs[0].trust
    assert findings(lines)[0].startswith("Half of the pairs have travelled 0 miles or less; Trust")
    assert in_words(Burden(bent=2, miles=410, left_out=1)) == "bent twice, travelled 410 miles, left out once"
    assert in_words(Burden(bent_ahead=1)) == ""


def test_half_the_pairs_cost_nothing_and_what_is_near_and_welcome_never_does():
    burdens = {"A": Burden(), "B": Burden(bent=1), "C": Burden(bent=9, left_out=3)}

    assert points_above_most(burdens) == {"A": 0, "B": 0, "C": 5}
    assert cost_of(5, Answer.YES, 49) == 0
    assert cost_of(5, Answer.IF_NEED_BE, None) == 15
    assert cost_of(2, Answer.YES, 261) == 10
    assert points_above_most({}) == {}


def test_a_fair_plan_spares_those_of_whom_most_was_asked(programme, pairs):
    far, *_ = pairs
    session = last_week(programme)
    placed(a_plan(programme), session, *pairs)
    answered(far.director, session, "if-need-be")
    workshop = an_event(programme)
    leeds = a_session(workshop, "2099-01-12 09:30", venue=session.venue)
    plymouth = a_session(workshop, "2099-01-14 09:30", venue=a_venue(programme, town="Plymouth"))
    for pair in pairs:
        both_answered(pair, leeds)
        both_answered(pair, plymouth)
    db.session.commit()

    fair, plain = problem_for(programme, fair=True), problem_for(programme)

    assert "costs" not in plain
    assert set(fair["costs"]) == {far.trust.ods_code}
    assert set(fair["costs"][far.trust.ods_code]) == {leeds.key}
    assert fair["costs"][far.trust.ods_code][leeds.key] > 0
    assert read_problem(json.dumps(fair).encode()).costs


def test_fairness_is_read_in_a_number_of_queries_that_grows_with_nothing(programme):
    def sent() -> int:
        db.session.expire_all()
        with queries_sent() as queries:
            lines_of(programme)
        return len(queries)

    plan = a_plan(programme)
    placed(plan, last_week(programme), *[a_pair(programme) for _ in range(2)])
    few = sent()
    for _ in range(3):
        placed(plan, last_week(programme), *[a_pair(programme) for _ in range(2)])

    assert sent() == few
