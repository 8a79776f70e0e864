"""Which dates can run: held against every group one could form by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.collect.audience import Party
from scheduler.collect.progress import Cell, Collection, DateProgress, collections_of
from scheduler.collect.verdicts import Standing, ask_first, verdict_of
from scheduler.models import Event, EventKind, MixRule, Pair, Person, Session, Trust
from tests.builders import (
    a_facilitator,
    a_mix,
    a_pair,
    a_programme,
    a_session,
    a_trust,
    an_event,
    answered,
    both_answered,
    leads,
    sets_event,
)

REGIONS = ("London", "Midlands", "South West")


def a_party(number, region):
    """A pair that needs no database."""
    pair = Pair(trust=Trust(ods_code=f"R{number}", name=f"Trust {number}", region=region))
    pair.director, pair.manager = Person(name=f"D{number}"), Person(name=f"M{number}")
    return Party(f"R{number}", (pair.director, pair.manager), pair)


@st.composite
def questions(draw):
    """A date of a workshop, who can come to it, its seats, and a rule on regions."""
    asked = [a_party(n, draw(st.sampled_from(REGIONS))) for n in range(draw(st.integers(1, 7)))]
    come = [draw(st.booleans()) for _ in asked]
    rule = MixRule(
        attribute="region",
        max_share_text=draw(st.sampled_from([None, "0.4", "0.5", "0.34"])),
        max_count=draw(st.sampled_from([None, 1, 2])),
        min_distinct=draw(st.sampled_from([None, 2, 3])),
    )
    event = Event(kind=EventKind.WORKSHOP, mix=draw(st.sampled_from([[], [rule]])))
    least = draw(st.integers(0, 5))
    session = Session(event=event, min_seats=2 * least, max_seats=2 * (least + draw(st.integers(0, 3))) or 2)
    cells = tuple((party, Cell.YES if comes else Cell.NONE) for party, comes in zip(asked, come, strict=True))
    return Collection(event, tuple(asked), (session,), {}), DateProgress(session, cells)


def keeps_the_rules(group, event, session):
    if not group or not session.min_seats <= 2 * len(group) <= session.max_seats:
        return False
    for rule in event.mix:
        regions = [party.pair.trust.region for party in group]
        most = max(regions.count(region) for region in regions)
        if rule.max_share is not None and Fraction(most, len(group)) > Fraction(rule.max_share):
            return False
        if rule.max_count is not None and most > rule.max_count:
            return False
        if rule.min_distinct is not None and len(set(regions)) < rule.min_distinct:
            return False
    return True


@given(question=questions())
def test_a_date_needs_exactly_as_many_more_as_the_best_group_one_can_form_by_hand(question):
    collection, date = question
    coming = {party.key for party in date.can_come}
    groups = [group for n in range(8) for group in combinations(collection.parties, n)]

    verdict = verdict_of(collection, date)

    lacking = [
        sum(party.key not in coming for party in group)
        for group in groups
        if keeps_the_rules(group, collection.event, date.session)
    ]
    if not lacking:
        assert verdict.standing is Standing.CANNOT
    else:
        assert verdict.needs == min(lacking)
        assert verdict.standing is (Standing.LACKS if min(lacking) else Standing.RUNS)


@pytest.fixture
def event(app):
    return an_event(a_programme())


def the_verdict(event):
    [collection] = collections_of(event.programme)
    return verdict_of(collection, collection.by_date[0])


def test_a_date_that_lacks_one_pair_says_so_and_whose_yes_would_let_it_run(event):
    session = a_session(event, min_seats=4)
    a_mix(event, max_count=1)
    come, same_region, elsewhere = (a_pair(event.programme, region=r) for r in ("London", "London", "Midlands"))
    both_answered(come, session)
    answered(same_region.director, session)

    assert the_verdict(event).words == "Needs 1 more pair"
    [collection] = collections_of(event.programme)
    assert [ask.party.pair for ask in ask_first(collection)] == [elsewhere]


def test_two_rules_are_each_looked_at_and_planning_is_said_to_tell(event):
    session = a_session(event, min_seats=4)
    a_mix(event, max_count=1)
    a_mix(event, "trust_type", max_count=2)
    for region in ("London", "Midlands"):
        both_answered(a_pair(event.programme, region=region), session)

    assert the_verdict(event).standing is Standing.MAY_RUN


def test_a_slot_of_sets_can_run_when_a_set_can_be_formed_and_led(app):
    event = sets_event(a_programme(), rounds=1, slots=1)
    slot = event.sessions[0]
    for _ in range(5):
        both_answered(a_pair(event.programme), slot)
    facilitator = a_facilitator(event.programme)
    leads(event, facilitator)

    assert the_verdict(event).words == "Needs a facilitator"
    answered(facilitator.person, slot, "if-need-be")
    assert the_verdict(event).words == "Can run: 2 sets at most"


def test_people_alone_are_counted_as_people(event):
    event.audience = {"who": "directors"}
    a_session(event, min_seats=2)
    a_pair(event.programme, trust=a_trust(event.programme))
    a_pair(event.programme)

    assert the_verdict(event).words == "Needs 2 more people"
