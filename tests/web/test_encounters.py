"""The pages of the ledger: figures, matrix and table, one Trust, the file; and the participant's own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.collect.links import token_of
from scheduler.extensions import db
from scheduler.models import Purpose, Trust
from tests.builders import a_pair, a_plan, a_programme, a_session, a_trust, a_venue, an_event, attended, placed
from tests.queries import queries_sent


@pytest.fixture
def address(programme):
    return f"/programmes/{programme.slug}/encounters"


@pytest.fixture
def pairs(programme):
    """Of three that met last week two came; the fourth joins the first in a month."""
    regions = ("North West", "North West", "London", "London")
    pairs = [a_pair(programme, trust=a_trust(programme, name=f"Trust {n}", region=r)) for n, r in enumerate(regions)]
    plan = a_plan(programme)
    last_week = a_session(an_event(programme, title="=Workshop 1"), now() - timedelta(days=7), venue=a_venue(programme))
    placed(plan, last_week, *pairs[:3])
    for pair in pairs[:2]:
        attended(pair.director, last_week)
    placed(plan, a_session(an_event(programme, title="Workshop 2"), "2099-01-12 09:30"), pairs[0], pairs[3])
    return pairs


def test_it_says_how_many_have_met_and_shows_the_matrix_with_its_table(organiser, address, pairs):
    page = organiser.get(address)

    assert page.h1 == "Encounters"
    assert "1 of 6 pairs of Trusts have met (17%). Plan 1 adds 1." in page.text
    assert page.soup.select_one("svg.app-matrix path.app-matrix__met")["d"].count("M") == 2
    assert page.table("Pairs of Trusts that have met, by region") == [
        ["Region", "NW", "Lon"],
        ["North West (2)", "1 of 1", "0 of 4"],
        ["London (2)", "0 of 4", "0 of 1"],
    ]
    assert [row[2:] for row in page.table("Those who have met fewest come first")[1:]] == [
        ["0 of 3", "0"], ["0 of 3", "1"], ["1 of 3", "1"], ["1 of 3", "0"],
    ]  # fmt: skip


def test_a_trust_has_met_will_meet_and_has_not_met(organiser, address, pairs):
    page = organiser.get(f"{address}/{pairs[0].trust.ods_code}")

    day = (now() - timedelta(days=7)).day
    assert "Has met 1 of 3 Trusts. Will meet 1 more on 12 January 2099." in page.text
    assert page.table("Where and when")[1][:2] == ["Trust 1", "North West"]
    assert page.table("Where and when")[1][2].startswith(f"=Workshop 1, Leeds, {day} ")
    assert page.table("For the first time, by the published plan")[1] == [
        "Trust 3", "London", "Workshop 2, 12 January 2099",
    ]  # fmt: skip
    assert page.table("Next chance: an event that both are asked to and that is not planned yet")[1:] == [
        ["Trust 2", "London", "None yet"]
    ]


def test_nobody_yet_is_said_in_a_sentence(organiser, address, programme):
    assert "No encounters yet" in organiser.get(address).text
    a_pair(programme)
    a_pair(programme)
    assert "Nobody has met yet." in organiser.get(address).text


def test_the_file_holds_every_encounter_and_no_formula(organiser, address, pairs):
    text = organiser.get(f"{address}/download").response.get_data().decode("utf-8-sig")
    book = organiser.get(f"{address}/download?as=xlsx")

    lines = text.splitlines()
    assert len(lines) == 1 + 2
    assert ",'=Workshop 1," in lines[1]
    assert lines[1].endswith(",Leeds,Met")
    assert lines[2].endswith(",2099-01-12,,Will meet")
    assert book.response.get_data().startswith(b"PK")


def test_a_participant_sees_whom_they_have_met_and_meet_next(visitor, pairs):
    token = token_of(pairs[0].director, Purpose.PAGE)
    db.session.commit()

    own = visitor.get(f"/p/{token}")
    page = visitor.get(f"/p/{token}/met")

    assert own.links["You have met 1 of 3 Trusts"] == f"/p/{token}/met"
    assert "You have met 1 of 3 Trusts." in page.text
    assert "You will meet 1 more on 12 January 2099." in page.text
    assert "North West (1)" in page.text
    assert pairs[1].director.name not in page.html
    assert visitor.get("/p/unknown/met").status == 404


def programme_trusts(programme) -> list[str]:
    return list(db.session.scalars(db.select(Trust.ods_code).filter_by(programme_id=programme.id)))


def test_many_trusts_are_shown_without_a_matrix_in_as_many_queries(organiser, address, programme, monkeypatch):
    monkeypatch.setattr("scheduler.web.encounters.MOST_DRAWN", 3)
    plan = a_plan(programme)
    session = a_session(an_event(programme), now() - timedelta(days=7))

    def sent() -> int:
        organiser.get(address)
        with queries_sent() as queries:
            organiser.get(address)
        return len(queries)

    placed(plan, session, *[a_pair(programme) for _ in range(2)])
    few = sent()
    placed(plan, session, *[a_pair(programme) for _ in range(4)])

    page = organiser.get(address)
    assert page.soup.select_one("svg.app-matrix") is None
    assert "The matrix is drawn for up to 3 Trusts." in page.text
    code = programme_trusts(programme)[0]
    assert "Not met (0)" in organiser.get(f"{address}/{code}").links
    assert len(organiser.get(f"{address}/{code}?show=met").table("Where and when")) == 1 + 5
    assert sent() == few


def test_earlier_years_come_from_our_own_file_after_a_check(organiser, address, pairs, programme):
    own = organiser.get(f"{address}/download").response.get_data().decode("utf-8-sig").replace("Workshop 1", "School")
    nothing = organiser.post(f"{address}/earlier", {"programme": "", "pasted": ""})
    check = organiser.post(f"{address}/earlier", {"programme": "", "pasted": own})

    assert nothing.error_at("file") == "Choose a file or paste cells"
    assert "1 encounter can be brought in. 1 row has a fault and stays out." in check.text
    assert check.table("Rows that stay out")[1][1] == "This lies ahead: only what has been counts as met"
    done = organiser.post(check.address.split("?")[0].rstrip("/") + "/bring", {})
    assert done.said == "1 encounter brought in. The next plan counts them."
    gone = organiser.post(check.address.split("?")[0].rstrip("/") + "/take-back", {})
    assert gone.said == "What came from Pasted cells is out again."


def test_another_organisers_programme_cannot_be_brought_in(organiser, address, programme):
    a_pair(programme)
    stranger = a_programme()

    page = organiser.post(f"{address}/earlier", {"programme": str(stranger.id), "pasted": ""})

    assert stranger.name not in page.html
    assert page.error_summary
