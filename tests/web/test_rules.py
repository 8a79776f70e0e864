"""Who an event is for and the rules of its groups, as an organiser sets them and reads what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.collect.audience import parties_of
from scheduler.collect.rules import Mix, fewest_for, meanings
from scheduler.extensions import db
from scheduler.models import Standing, TrustType
from scheduler.plan.problems import problem_for
from tests.builders import a_pair, a_person, a_session, an_event


@pytest.fixture
def event(programme):
    event = an_event(programme, title="Workshop 1")
    a_session(event, "2099-01-12 09:30")
    for region, kind in (("London", "acute"), ("London", "mental health"), ("Midlands", "acute")):
        a_pair(programme, region=region).trust.trust_type = TrustType(kind)
    db.session.commit()
    return event


@pytest.fixture
def top(programme, event):
    return f"/programmes/{programme.slug}/events/{event.id}"


def asked(event):
    db.session.expire_all()
    return [party.key for party in parties_of(event)]


def test_a_rule_says_who_is_asked_and_the_page_counts_them(organiser, event, top):
    page = organiser.get(f"{top}/audience")
    assert "Asked now: 3 pairs" in page.text

    saved = organiser.post(
        page.address, page.form_values | {"who": "directors", "regions": ["London"], "trust_types": ["acute"]}
    )

    assert saved.said == "Saved. Workshop 1 is for 1 person."
    assert asked(event)[0].endswith("-D")


def test_names_are_put_in_and_taken_out_whatever_the_rule_says(organiser, programme, event, top):
    speaker = a_person(programme, name="Sam Speaker", standing=Standing.SPEAKER)
    first = asked(event)[0]

    organiser.post(f"{top}/audience/names", {"name": first, "do": "out"})
    organiser.post(f"{top}/audience/names", {"name": "sam speak", "do": "in"})

    assert asked(event) == [f"P{speaker.id}", *asked(event)[1:]]
    assert first not in asked(event)
    assert len(asked(event)) == 3
    organiser.post(f"{top}/audience/names", {"name": first, "do": "in"})
    assert first in asked(event)
    assert [name.party for name in event.audience_names] == [f"P{speaker.id}"]


@pytest.mark.parametrize(("typed", "told"), [("", "Enter an ODS code"), ("nobody", "Nobody here"), ("trust", "fit")])
def test_a_name_that_means_nobody_or_several_is_asked_again(organiser, event, top, typed, told):
    page = organiser.post(f"{top}/audience/names", {"name": typed, "do": "in"})

    assert told in page.error_at("name")


def test_rules_are_kept_shown_and_reach_the_solver(organiser, programme, event, top):
    page = organiser.get(f"{top}/rules")
    typed = page.form_values | {"region_share": "40", "trust_type_count": "2", "research_activity_distinct": "1"}

    checked = organiser.post(page.address, typed | {"do": "check"})
    assert "With 40%, a session needs at least 3 pairs." in checked.text
    assert "2 of 3 pairs are from London: at most 0 of them can be placed, as 1 others come." in checked.text
    assert event.mix == []
    organiser.post(page.address, typed | {"do": "save"})

    db.session.expire_all()
    assert problem_for(programme)["events"][0]["mix"] == [
        {"attribute": "region", "max_share": 0.4},
        {"attribute": "trust_type", "max_count": 2},
        {"attribute": "research_activity", "min_distinct": 1},
    ]


def test_an_event_comes_only_after_ones_that_do_not_come_after_it(organiser, programme, event, top):
    national, other = an_event(programme, title="National event"), an_event(programme, title="Workshop 2")
    other.after = [event]
    db.session.commit()
    page = organiser.get(f"{top}/rules")

    organiser.post(page.address, page.form_values | {"after": [str(national.id)], "do": "save"})

    db.session.expire_all()
    assert event.after == [national]
    assert "Workshop 2" not in page.text


def test_two_who_change_the_rules_at_once_the_second_sees_both(organiser, event, top):
    page = organiser.get(f"{top}/rules")
    organiser.post(page.address, page.form_values | {"region_share": "40", "do": "save"})

    late = organiser.post(page.address, page.form_values | {"region_share": "50", "do": "save"})

    assert late.status == 409
    assert [rule.max_share_text for rule in event.mix] == ["0.4"]


def test_two_trusts_are_kept_apart_until_they_may_meet_again(organiser, programme, event, top):
    one, other, _ = asked(event)
    organiser.post(f"{top}/rules/apart", {"one": one.lower(), "other": other})
    assert problem_for(programme)["apart"] == [sorted((one, other))]

    again = organiser.post(f"{top}/rules/apart", {"one": other, "other": one})
    assert again.said == "They were kept apart already."
    wrong = organiser.post(f"{top}/rules/apart", {"one": one, "other": one})
    assert wrong.error_at("other") == "Enter two different Trusts"

    organiser.post(f"{top}/rules/apart", organiser.get(f"{top}/rules").form(f"{top}/rules/apart"))
    assert problem_for(programme)["apart"] == []


@given(st.integers(1, 100))
def test_the_fewest_that_a_share_needs_are_the_fewest_in_which_one_is_no_more_than_it(percent):
    fewest = fewest_for(str(percent / 100))

    assert percent * fewest >= 100
    assert percent * (fewest - 1) < 100


@given(st.lists(st.sampled_from(["London", "Midlands", "South West"]), min_size=1, max_size=9), st.integers(1, 99))
def test_what_is_said_of_room_is_what_a_search_over_all_groups_finds(regions, percent):
    class Anyone:
        def __init__(self, region):
            self.trust = type("Trust", (), {"region": region})

    said = " ".join(meanings(None, [Mix("region", f"0.{percent:02}")], [Anyone(r) for r in regions], group="session"))

    most = max(regions.count(region) for region in regions)
    assert ("there is room" in said) is (100 * most <= percent * len(regions))
