"""The page of fairness, its file, the sentence on a Trust's page, and the tick that makes the next plan fairer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Plan
from tests.builders import a_pair, a_plan, a_session, a_trust, a_venue, an_event, answered, both_answered, placed


@pytest.fixture
def far(programme):
    """A pair that came to Leeds from Plymouth on an if need be, beside two of Leeds."""
    pairs = [a_pair(programme, trust=a_trust(programme, town=town)) for town in ("Plymouth", "Leeds", "Leeds")]
    session = a_session(an_event(programme), now() - timedelta(days=7), venue=a_venue(programme))
    placed(a_plan(programme), session, *pairs)
    answered(pairs[0].director, session, "if-need-be")
    return pairs[0]


def test_most_was_asked_of_who_came_from_far(organiser, programme, far):
    page = organiser.get(f"/programmes/{programme.slug}/fairness?by=travelled")
    file = organiser.get(f"/programmes/{programme.slug}/fairness/download").response.get_data().decode("utf-8-sig")

    first = page.table("What was asked of each pair")[1]
    assert (first[0], first[2]) == (far.trust.name, "1")
    assert f"{far.trust.name} the most, {first[3]}." in page.text
    assert "1 of 3 pairs came on an if need be, none of them more than once." in page.text
    assert file.splitlines()[1].startswith(f"{far.trust.ods_code},{far.trust.name},London,1,{first[3]},0,0")


def test_the_page_of_a_trust_says_it_in_a_sentence(organiser, programme, far):
    page = organiser.get(f"/programmes/{programme.slug}/trusts/{far.trust.ods_code}")

    assert "Has met 2 of 2 Trusts." in page.text
    assert "Over the year: bent once, travelled" in page.text


def test_a_plan_is_made_fairer_where_that_is_ticked(organiser, programme, far):
    workshop = an_event(programme)
    session = a_session(workshop, "2099-01-12 09:30", venue=a_venue(programme))
    both_answered(far, session)
    address = f"/programmes/{programme.slug}/plans/new"
    form = organiser.get(address).form_values

    assert form["fair"] == "yes"
    organiser.post(address, form | {"events": [workshop.key]}, follow=False)
    organiser.post(address, {k: v for k, v in form.items() if k != "fair"} | {"events": [workshop.key]}, follow=False)

    plain, fair = db.session.scalars(db.select(Plan).order_by(Plan.number.desc()).limit(2))
    assert set(fair.problem["costs"]) == {far.trust.ods_code}
    assert "costs" not in plain.problem


def test_an_empty_programme_says_what_will_be_here(organiser, programme):
    assert "No pairs yet" in organiser.get(f"/programmes/{programme.slug}/fairness").text
