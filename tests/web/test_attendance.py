"""The attendance page and its file, what is printed for a session, certificates, and the switches of its mails."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.follow import tables
from scheduler.models import NoticeOff, TablePlan
from tests.builders import an_organiser, attended
from tests.follow.conftest import barts, leeds, under_way  # noqa: F401 (fixtures)
from tests.web.page import Visitor, words


@pytest.fixture
def organiser(app, under_way):  # noqa: F811
    return Visitor(app).log_in(an_organiser(under_way.programme))


@pytest.fixture
def home(under_way):  # noqa: F811
    return f"/programmes/{under_way.programme.slug}"


@pytest.fixture
def top(home, under_way):  # noqa: F811
    return f"{home}/sessions/{under_way.id}"


def over(session):
    session.starts_at -= timedelta(days=1)
    session.ends_at -= timedelta(days=1)


def test_attendance_says_of_how_many_by_session_and_by_trust(organiser, home, under_way, barts, leeds):  # noqa: F811
    over(under_way)
    attended(barts.director, under_way)
    attended(leeds.director, under_way, "deputy", deputy_name="Sam Shah")

    page = organiser.get(f"{home}/attendance")

    assert "Attendance was taken at 1 session: 2 of 4 places were filled, 1 of them by a deputy." in page.text
    assert page.table("By session")[1][1:] == ["Workshop 1", "1 of 4", "1", "0", "2", "0"]
    assert page.table("By Trust, where attendance was taken")[1][2:] == ["1 of 2", "0", "0", "1"]


def test_an_empty_attendance_page_leads_to_the_plans(organiser, home, under_way):  # noqa: F811
    page = organiser.get(f"{home}/attendance")

    assert "Nobody has a place on a date yet." in page.text


def test_the_file_holds_no_formula(organiser, home, under_way, barts):  # noqa: F811
    attended(barts.director, under_way, "deputy", deputy_name="=1+1")

    text = organiser.get(f"{home}/attendance/download", rules=False).html.removeprefix("\ufeff")

    assert list(csv.reader(io.StringIO(text)))[1][11] == "'=1+1"
    assert organiser.get(f"{home}/attendance/download?as=xlsx", rules=False).status == 200


def test_badges_stand_ten_a_sheet_with_a_code_that_is_no_personal_link(organiser, top, under_way, barts):  # noqa: F811
    page = organiser.get(f"{top}/print/badges")

    assert [words(name) for name in page.select(".app-badge__name")] == ["Amara Okafor", "Tom Reid"]
    assert len(page.select(".app-badge svg")) == 2
    assert "/p/" not in page.html


def test_the_sign_in_sheet_is_by_surname_with_room_to_sign(organiser, top, barts, leeds):  # noqa: F811
    rows = organiser.get(f"{top}/print/sign-in-sheet").table("People by surname")

    assert rows[1] == ["Costa", "Ana", "Leeds Teaching Hospitals NHS Trust", "director", "", ""]
    assert [row[0] for row in rows[1:]] == ["Costa", "Grant", "Okafor", "Reid"]


def test_tables_are_asked_for_followed_and_printed_one_a_page(organiser, top, under_way, barts, leeds):  # noqa: F811
    assert organiser.get(f"{top}/print/tables").h1 == "Table plan"
    wrong = organiser.post(f"{top}/tables", {"seats": "1", "together": "no"})
    assert wrong.error_at("seats") == "Most seats at one table must be between 2 and 100"

    asked = organiser.post(f"{top}/tables", {"seats": "2", "together": "no"})
    assert asked.said == "The tables are being planned. It takes a few seconds."
    assert "Refresh-Page" not in organiser.get(f"{top}/tables/progress").headers
    planned = db.session.scalars(db.select(TablePlan)).one()
    places = [{"party": p["id"], "session": f"T{n % 2 + 1}"} for n, p in enumerate(planned.problem["parties"])]
    tables._end(planned.id, planned.turn, "finished", result={"assignments": places})

    assert organiser.get(f"{top}/tables/progress").headers["Refresh-Page"] == f"{top}/tables"
    assert [words(head) for head in organiser.get(f"{top}/print/tables").select(".app-table-card h2")] == [
        "Table 1",
        "Table 2",
    ]


def test_a_person_finds_the_certificate_of_a_date_they_came_to_and_no_other(app, under_way, barts):  # noqa: F811
    attended(barts.director, under_way)
    attended(barts.manager, under_way, "absent")
    own, partners = (page_url(person).removeprefix(app.settings.origin) for person in barts.people)
    assert Visitor(app).get(f"{own}/certificate/{under_way.id}").status == 404  # it is not over
    over(under_way)

    page = Visitor(app).get(own)
    certificate = Visitor(app).get(f"{own}/certificate/{under_way.id}")

    assert "Workshop 1, Monday 11 January 2027: Certificate" in page.text
    assert "Amara Okafor Barts Health NHS Trust attended Workshop 1" in certificate.text
    assert Visitor(app).get(f"{partners}/certificate/{under_way.id}").status == 404


def test_certificates_of_a_session_name_who_came_deputies_too(organiser, top, under_way, barts):  # noqa: F811
    attended(barts.director, under_way, "deputy", deputy_name="Sam Shah")
    assert organiser.get(f"{top}/print/certificates").select(".app-certificate") == []
    over(under_way)

    page = organiser.get(f"{top}/print/certificates")

    assert [words(part) for part in page.select(".app-certificate__name bdi")] == ["Sam Shah"]


def test_owners_switch_the_mails_around_a_session_off(organiser, home):
    page = organiser.get(f"{home}/settings/around-sessions")
    assert len(page.select("input[checked]")) == 2

    assert organiser.post(f"{home}/settings/around-sessions", {"sent": "thank-you"}).said == "Saved."

    assert [row.kind.value for row in db.session.scalars(db.select(NoticeOff))] == ["day-before"]
    assert organiser.post(f"{home}/settings/around-sessions", {"sent": "thank-you"}).said == "Nothing was changed."
