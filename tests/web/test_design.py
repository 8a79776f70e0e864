"""Participants shape the programme: proposals that become events with credit, interviews that leave themes."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from scheduler.collect import interviews
from scheduler.collect.links import token_of
from scheduler.collect.proposals import MOST_OPEN
from scheduler.extensions import db
from scheduler.models import Event, Heard, Pair, Proposal, Purpose, Trust, TrustType
from scheduler.plan.problems import problem_for
from tests.builders import a_pair, an_event


@pytest.fixture
def pairs(programme):
    return [a_pair(programme, region=region) for region in ("London", "London", "Midlands")]


def page_of(person):
    return f"/p/{token_of(person, Purpose.PAGE)}/proposals"


def propose(visitor, person, title="Working with small Trusts", **typed):
    return visitor.post(page_of(person), {"kind": "topic", "title": title, "text": "How?"} | typed)


def only_proposal():
    return db.session.scalars(sa.select(Proposal).execution_options(populate_existing=True)).one()


def test_a_proposal_is_supported_and_made_an_event_that_names_who_proposed_it(visitor, organiser, programme, pairs):
    propose(visitor, pairs[0].director)
    propose(visitor, pairs[0].director)
    say = f"{page_of(pairs[1].director)}/{only_proposal().id}"
    for _ in range(2):
        visitor.post(say, {"do": "support"})
    visitor.post(f"{page_of(pairs[0].director)}/{only_proposal().id}", {"do": "support"})
    top = f"/programmes/{programme.slug}/proposals"
    assert [row[3] for row in organiser.get(top).table("Proposals, most supported first")[1:]] == ["1"]

    page = organiser.get(f"{top}/{only_proposal().id}")
    made = organiser.post(page.address, page.form_values | {"kind": "workshop", "do": "take"})

    event = db.session.scalars(sa.select(Event)).one()
    assert event.title == "Working with small Trusts"
    assert f"Proposed by {pairs[0].director.name}" in made.text
    assert "It became Working with small Trusts" in visitor.get(page_of(pairs[1].director)).text
    late = visitor.post(say, {"do": "stop"})
    assert "decided about it meanwhile" in late.said
    assert len(only_proposal().supports) == 1


def test_a_proposal_that_is_not_taken_up_says_why_and_one_withdrawn_is_gone(visitor, organiser, programme, pairs):
    propose(visitor, pairs[0].director)
    page = organiser.get(f"/programmes/{programme.slug}/proposals/{only_proposal().id}")

    silent = organiser.post(page.address, {"do": "decline", "version": "1", "reply": ""})
    organiser.post(page.address, {"do": "decline", "version": "1", "reply": "Next year, with more time."})

    assert silent.error_at("reply") == "Enter what you tell them"
    assert "Next year, with more time." in visitor.get(page_of(pairs[2].manager)).text
    propose(visitor, pairs[1].director, title="In Leeds", kind="host")
    theirs = next(p for p in db.session.scalars(sa.select(Proposal)) if p.title == "In Leeds")
    visitor.post(f"{page_of(pairs[0].director)}/{theirs.id}", {"do": "withdraw"})
    assert "In Leeds" in visitor.get(page_of(pairs[0].director)).text
    visitor.post(f"{page_of(pairs[1].director)}/{theirs.id}", {"do": "withdraw"})
    assert "In Leeds" not in visitor.get(page_of(pairs[0].director)).text


def test_nobody_floods_the_list_and_nothing_typed_is_lost(visitor, pairs):
    for number in range(MOST_OPEN):
        propose(visitor, pairs[0].director, title=f"Topic {number}")

    refused = propose(visitor, pairs[0].director, title="One more")

    assert f"You have {MOST_OPEN} proposals open" in refused.text
    assert refused.form_values["title"] == "One more"


INQUIRY = {
    "title": "First talks", "number": "2", "interviewers": "Jo Hale\nKit Vale", "day-day": "8", "day-month": "1",
    "day-year": "2099", "days": "2", "starts": "9:00", "ends": "11:00", "minutes": "45", "seed": "1",
}  # fmt: skip


@pytest.fixture
def inquiry(organiser, programme, pairs):
    organiser.post(f"/programmes/{programme.slug}/interviews/new", INQUIRY | {"do": "make"})
    return interviews.inquiries_of(programme)[0]


def test_a_sample_is_drawn_and_each_interviewer_has_a_date_at_each_time(organiser, programme, pairs):
    top = f"/programmes/{programme.slug}/interviews"
    drawn = organiser.post(f"{top}/new", INQUIRY | {"do": "look"})
    assert "2 pairs drawn" in drawn.text

    organiser.post(f"{top}/new", drawn.form_values | {"do": "make"})

    (event,) = interviews.inquiries_of(programme)
    # Thursday and Friday, 9:00 and 9:45 (10:30 would end too late), for two interviewers.
    assert Counter(f"{s.local_start:%a %H:%M}" for s in event.sessions) == dict.fromkeys(
        ("Thu 09:00", "Thu 09:45", "Fri 09:00", "Fri 09:45"), 2
    )
    asked = problem_for(programme)
    assert {(s["max_seats"], len(s["uses"])) for s in asked["events"][0]["sessions"]} == {(2, 1)}
    assert [resource["capacity"] for resource in asked["resources"]] == [1, 1]
    assert len(asked["events"][0]["audience"]) == 2


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"interviewers": "Jo Hale\njo hale"}, "interviewers", "Enter each name once"),
        ({"ends": "9:30"}, "ends", "no room for 45 minutes"),
        ({"number": "0"}, "number", "between 1 and 500"),
    ],
)
def test_interviews_that_cannot_be_are_refused_at_their_field(organiser, programme, pairs, typed, field, told):
    page = organiser.post(f"/programmes/{programme.slug}/interviews/new", INQUIRY | typed | {"do": "make"})

    assert told in page.error_at(field)
    assert interviews.inquiries_of(programme) == []


def test_what_was_heard_becomes_themes_that_events_take_up(organiser, programme, pairs, inquiry):
    top, said = f"/programmes/{programme.slug}", ("Time for research, Data", "time for research")
    for name, themes in zip(inquiry.audience_names, said, strict=True):
        organiser.post(f"{top}/interviews/{inquiry.id}/heard/{name.party}", {"themes": themes, "version": "0"})
    workshop = an_event(programme, title="Workshop 1")
    db.session.commit()

    organiser.post(f"{top}/events/{workshop.id}/themes", {"themes": "Time for research"})

    table = organiser.get(f"{top}/interviews").table("Themes that were heard")
    assert table[1:] == [["Time for research", "2", "Workshop 1"], ["Data", "1", "None yet"]]
    assert "Heard so far: 2 of 2 pairs." in organiser.get(f"{top}/interviews/{inquiry.id}").text


def test_two_who_write_down_one_talk_the_second_sees_both(organiser, programme, inquiry):
    where = f"/programmes/{programme.slug}/interviews/{inquiry.id}/heard/{inquiry.audience_names[0].party}"
    organiser.post(where, {"themes": "Data", "text": "First", "version": "0"})

    late = organiser.post(where, {"themes": "Money", "text": "Second", "version": "0"})

    assert late.status == 409
    assert ("First" in late.text, "Second" in late.text) == (True, True)
    assert db.session.scalars(sa.select(Heard.text)).all() == ["First"]


@given(
    st.lists(st.sampled_from(["London", "Midlands", "South West"]), min_size=1, max_size=40),
    st.integers(1, 40),
    st.integers(0, 9),
)
def test_a_sample_has_of_each_region_its_share_to_within_one(regions, number, seed):
    pairs = [Pair(trust=Trust(region=region, trust_type=TrustType.ACUTE)) for region in regions]

    drawn = interviews.sample(pairs, number, seed=seed)

    taken = min(number, len(pairs))
    assert len(drawn) == len(set(map(id, drawn))) == taken
    for region, there in Counter(regions).items():
        assert abs(sum(pair.trust.region == region for pair in drawn) - there * taken / len(regions)) < 1 + 1e-9
