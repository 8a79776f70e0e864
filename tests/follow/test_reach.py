"""Whom the programme reaches, and what its board is told: every figure counted by hand beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.collect.importing.reference import england
from scheduler.extensions import db
from scheduler.follow.board_report import board_report
from scheduler.follow.reach import Group, reach_of, tiles
from scheduler.models import ResearchActivity, TrustType
from tests.builders import a_pair, a_plan, a_programme, a_session, a_trust, an_event, attended, placed
from tests.queries import queries_sent


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def pairs(programme):
    """Guy's and Manchester from the list of England, and one in the Midlands that the list does not know."""
    kinds = {"trust_type": TrustType.ACUTE, "research_activity": ResearchActivity.HIGH}
    rows = (("RJ1", "London"), ("R0A", "North West"), ("X9X", "Midlands"))
    return [a_pair(programme, trust=a_trust(programme, ods_code=c, region=r, **kinds)) for c, r in rows]


def in_england(region: str) -> int:
    return sum(trust.region == region for trust in england())


def test_every_region_is_of_how_many(programme, pairs):
    london, north_west, midlands = pairs
    plan = a_plan(programme)
    first = a_session(an_event(programme, title="Workshop 1"), now() - timedelta(days=7))
    placed(plan, first, london, north_west)
    attended(london.director, first)
    second = a_session(an_event(programme, title="Workshop 2"), now() - timedelta(days=2))
    placed(plan, second, midlands)

    reach = reach_of(programme)

    by_region = {group.name: group for group in reach.regions}
    assert by_region["London"] == Group("London", in_england("London"), 1, 1)
    assert by_region["North West"] == Group("North West", in_england("North West"), 1, 0)
    assert by_region["Midlands"] == Group("Midlands", in_england("Midlands") + 1, 1, 1)  # by the plan
    assert (reach.whole.in_england, reach.whole.in_programme, reach.whole.came) == (len(list(england())) + 1, 3, 2)
    assert [(each.event.title, each.asked, each.placed, each.came) for each in reach.events] == [
        ("Workshop 1", 3, 2, 1),
        ("Workshop 2", 3, 1, None),
    ]
    assert {tile.region for tile in tiles()} == set(by_region)
    assert len({(tile.column, tile.row) for tile in tiles()}) == 7


def test_the_board_is_told_what_happened(programme, pairs):
    london, north_west, midlands = pairs
    plan = a_plan(programme)
    session = a_session(an_event(programme), now() - timedelta(days=7))
    placed(plan, session, london, north_west)
    for pair in (london, midlands):
        attended(pair.director, session)
    placed(plan, a_session(an_event(programme), now() - timedelta(days=3)), london, north_west)

    report = board_report(programme)

    assert (report.expected, report.came, report.ended_without) == (2, 1, 1)
    assert [line.walked_in for line in report.attended] == [1]
    assert (report.encounters.met, report.encounters.pairs) == (2, 3)
    assert (report.mix.groups, report.mix.fewest_regions, report.mix.most_of_one) == (2, 2, (1, 2))
    assert report.pairs_with("bent") == 0


def test_it_is_read_in_a_number_of_queries_that_grows_with_nothing(programme):
    def sent() -> int:
        db.session.expire_all()
        with queries_sent() as queries:
            board_report(programme)
        return len(queries)

    plan = a_plan(programme)
    placed(plan, a_session(an_event(programme), now() - timedelta(days=7)), a_pair(programme), a_pair(programme))
    few = sent()
    for _ in range(3):
        placed(plan, a_session(an_event(programme), now() - timedelta(days=7)), a_pair(programme), a_pair(programme))

    assert sent() == few
