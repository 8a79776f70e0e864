"""The pages of reach and of the board report."""

from __future__ import annotations

from datetime import timedelta

from scheduler.clock import now
from tests.builders import a_pair, a_plan, a_session, a_trust, an_event, attended, placed


def test_reach_says_of_how_many_beside_its_map(organiser, programme):
    pair = a_pair(programme, trust=a_trust(programme, ods_code="RJ1"))
    session = a_session(an_event(programme, title="Workshop 1"), now() - timedelta(days=7))
    placed(a_plan(programme), session, pair)
    attended(pair.director, session)

    page = organiser.get(f"/programmes/{programme.slug}/reach")
    file = organiser.get(f"/programmes/{programme.slug}/reach/download").response.get_data().decode("utf-8-sig")
    book = organiser.get(f"/programmes/{programme.slug}/reach/download?as=xlsx").response.get_data()

    assert "1 of 201 NHS Trusts of England take part. 1 of 1 came to at least one session." in page.text
    assert len(page.soup.select("svg.app-tiles .app-tiles__tile")) == 7
    assert page.table("By event, Trusts of those asked") == [
        ["Event", "Have a place", "Came"],
        ["Workshop 1", "1 of 1", "1 of 1"],
    ]
    assert file.splitlines()[0] == "Group,Trusts in England,In the programme,Came"
    assert book.startswith(b"PK")


def test_the_board_report_explains_itself_in_every_state(organiser, programme):
    address = f"/programmes/{programme.slug}/board-report"

    assert "No plan is published yet." in organiser.get(address).text

    pairs = [a_pair(programme, region=region) for region in ("London", "Midlands")]
    session = a_session(an_event(programme, title="Workshop 1"), now() - timedelta(days=7))
    placed(a_plan(programme, objective=10, bound=10), session, *pairs)
    attended(pairs[0].director, session)
    page = organiser.get(address)

    assert "1 of 2 places were taken up (50%)." in page.text
    assert "0 of 1 pairs of Trusts have met (0%)." in page.text
    assert "All 2 pairs are placed. No plan can do better: this is proven." in page.text
    assert len(page.soup.select(".app-report__page")) == 2


def test_an_empty_programme_says_what_will_be_here(organiser, programme):
    assert "No Trusts yet." in organiser.get(f"/programmes/{programme.slug}/reach").text
