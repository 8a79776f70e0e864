"""Collect, as an organiser works with it: who can come when and who is missing; ask, remind, close, answer for."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Availability, Event, GivenIn, OutboxMessage, Role
from tests.builders import (
    a_pair,
    a_person,
    a_session,
    an_event,
    an_organiser,
    answered,
    both_answered,
    keep,
)
from tests.queries import queries_sent
from tests.web.page import Visitor


@pytest.fixture
def top(programme):
    return f"/programmes/{programme.slug}/collect"


@pytest.fixture
def workshop(programme):
    return an_event(programme, title="Workshop 1")


@pytest.fixture
def date(workshop):
    return a_session(workshop, min_seats=4)


def queued(kind):
    return db.session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.kind == kind)).all()


def a_closing_date(days=10):
    day = now() + timedelta(days=days)
    return {"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year), "at": "5pm"}


def test_before_anyone_was_asked_the_page_says_how_to_begin(organiser, top):
    page = organiser.get(top)

    assert "Nobody has been asked for dates yet." in page.text
    assert page.links["Ask for dates"] == f"{top}/ask"


def test_the_heat_table_counts_pairs_by_answer_and_region_and_says_what_a_date_lacks(organiser, top, programme, date):
    london, south = a_pair(programme), a_pair(programme, region="South West")
    both_answered(london, date, "yes")
    answered(south.director, date, "if-need-be")

    page = organiser.get(top)

    row = dict(zip(*page.table("Answers by date"), strict=True))
    assert (row["Can come"], row["Yes"], row["If need be"], row["No"], row["One of two"]) == (
        "1 of 2",
        "1",
        "0",
        "0",
        "1",
    )
    assert (row["Lon"][0], row["SW"][0]) == ("1", "0")
    assert row["Verdict"] == "Needs 1 more pair"
    assert "1 of 2 pairs complete" in page.text


def test_by_pair_each_cell_says_what_the_two_answers_come_to(organiser, top, programme, date):
    both, one, none = a_pair(programme), a_pair(programme), a_pair(programme)
    both_answered(both, date, "no")
    answered(one.manager, date, "yes")

    page = organiser.get(f"{top}?view=pair")

    cells = {row[0]: row[1] for row in page.table("Answers by pair")[1:]}
    assert cells == {both.trust.name: "No", one.trust.name: "Manager only", none.trust.name: "Not answered"}


def test_the_region_filter_is_in_the_address(organiser, top, programme, date):
    a_pair(programme)
    south = a_pair(programme, region="South West")

    page = organiser.get(f"{top}?view=pair&region=South+West")

    assert [row[0] for row in page.table("Answers by pair")[1:]] == [south.trust.name]


def test_behind_a_cell_stand_its_pairs_with_what_each_person_said(organiser, top, programme, date):
    pair, _ = a_pair(programme), a_pair(programme)
    both_answered(pair, date, "yes")

    page = organiser.get(f"{top}/sessions/{date.id}?answer=come")

    assert page.table("Answers")[1:] == [
        [pair.trust.name, "London", "Yes", f"{pair.director.name}: Yes, {pair.manager.name}: Yes"]
    ]


def test_who_is_missing_is_grouped_by_what_would_help(organiser, top, programme, date):
    done, one, none = a_pair(programme), a_pair(programme), a_pair(programme)
    both_answered(done, date, "yes")
    answered(one.director, date, "yes")

    page = organiser.get(f"{top}/missing")

    assert [row[0] for row in page.table("Waits for one person")[1:]] == [one.manager.name]
    assert sorted(row[0] for row in page.table("Not started")[1:]) == sorted(p.name for p in none.people)
    assert done.director.name not in page.text
    assert f"{one.trust.name}: a Yes would let" in page.text


def test_many_who_are_missing_are_paged_and_the_groups_say_how_many_there_are_in_all(organiser, top, programme, date):
    for _ in range(53):
        a_pair(programme)

    first, second = organiser.get(f"{top}/missing"), organiser.get(f"{top}/missing?page=2")

    assert "1 to 50 of 53 pairs" in first.text
    assert "Not started (53 pairs)" in first.text
    assert len(first.select("tbody tr")) == 100
    assert len(second.select("tbody tr")) == 6
    assert "Next page" in first.links
    assert "Next page" not in second.links


def test_a_partner_s_no_leaves_nothing_to_ask(organiser, top, programme, date):
    pair = a_pair(programme)
    answered(pair.director, date, "no")

    page = organiser.get(f"{top}/missing")

    assert "Nobody is missing" in page.text


def test_exactly_the_ticked_people_are_reminded_and_the_page_says_who_hears_nothing(organiser, top, programme, date):
    done, waits = a_pair(programme), a_pair(programme)
    both_answered(done, date, "yes")
    shown = organiser.get(f"{top}/remind")

    page = organiser.post(f"{top}/remind", {"people": [str(waits.manager.id)], "do": "send"})

    assert "Send 2 reminders" in shown.buttons
    assert "2 people hear nothing." in shown.text
    assert page.said == "1 reminder queued. 3 people hear nothing."
    assert queued("reminder") == [waits.manager.email]


def test_who_was_written_to_lately_is_not_ticked_and_the_page_says_why(organiser, top, programme, date):
    pair = a_pair(programme)
    organiser.post(f"{top}/remind", {"people": [str(pair.director.id)], "do": "send"})

    page = organiser.get(f"{top}/remind")

    ticked = [box["value"] for box in page.select("input[name=people][checked]")]
    assert ticked == [str(pair.manager.id)]
    assert "Written to on" in page.text


def test_a_reminder_to_nobody_is_refused_at_the_ticks(organiser, top, programme, date):
    a_pair(programme)

    page = organiser.post(f"{top}/remind", {"do": "send", "opening": "Please hurry"})

    assert page.error_summary == {"#people": "Select who gets a reminder"}
    assert page.form_values["opening"] == "Please hurry"
    assert queued("reminder") == []


def test_whose_best_answer_is_if_need_be_is_asked_to_decide_from_the_missing_page(organiser, top, programme, date):
    bends, firm = a_pair(programme), a_pair(programme)
    both_answered(bends, date, "if-need-be")
    both_answered(firm, date, "yes")
    day = f"{date.local_start.day} {date.local_start:%B}"

    missing = organiser.get(f"{top}/missing")
    shown = organiser.get(missing.links["Ask them to decide"])
    page = organiser.post(f"{top}/decide", {"people": [str(bends.manager.id)], "do": "send"})

    assert "If need be only: ask to decide (2 people)" in missing.text
    assert f"{bends.trust.name}: if need be on 1 date. One pair more and {day} runs" in missing.text
    assert "Send 2 emails" in shown.buttons
    assert f"Subject: One pair more and {day} runs" in shown.text
    assert page.said == "1 email queued. 3 people hear nothing."
    assert queued("decide") == [bends.manager.email]


def test_asking_nobody_to_decide_is_refused_at_the_ticks_and_the_line_is_kept(organiser, top, programme, date):
    both_answered(a_pair(programme), date, "if-need-be")

    page = organiser.post(f"{top}/decide", {"do": "send", "opening": "Nearly there"})

    assert page.error_summary == {"#people": "Select who is asked to decide"}
    assert page.form_values["opening"] == "Nearly there"
    assert queued("decide") == []


def test_where_nobody_bends_nobody_is_asked_to_decide(organiser, top, programme, date):
    both_answered(a_pair(programme), date, "yes")

    assert 'Nobody answers "if need be" alone' in organiser.get(f"{top}/decide").text
    assert "ask to decide" not in organiser.get(f"{top}/missing").text


def test_asking_shows_the_mail_first_then_opens_the_event_and_writes_to_each_person(organiser, top, programme):
    event = an_event(programme, open_for_answers=False, title="Workshop 9")
    a_session(event)
    pair = a_pair(programme)
    typed = a_closing_date() | {"events": [str(event.id)]}

    shown = organiser.post(f"{top}/ask", typed)
    sent_before = queued("ask")
    page = organiser.post(f"{top}/ask", typed | {"do": "send"})

    db.session.expire_all()
    assert "2 people hear of it" in shown.text
    assert sent_before == []
    assert page.said == "2 emails queued. Each person has their own link."
    assert sorted(queued("ask")) == sorted(person.email for person in pair.people)
    assert db.session.get_one(Event, event.id).is_open()


def test_a_closing_date_in_the_past_is_refused_at_its_field(organiser, top, programme):
    event = an_event(programme, open_for_answers=False)
    a_session(event)
    a_pair(programme)

    page = organiser.post(f"{top}/ask", a_closing_date(days=-3) | {"events": [str(event.id)], "do": "send"})

    assert "closing date" in page.error_at("day").lower()
    assert queued("ask") == []


def test_an_event_is_closed_now_and_its_answers_become_read_only(organiser, top, workshop, date):
    page = organiser.post(f"{top}/close?event={workshop.id}", {"do": "now"})

    db.session.expire_all()
    assert page.said == "Workshop 1 is closed. Its answers are read only."
    assert not db.session.get_one(Event, workshop.id).is_open()


def test_two_organisers_change_the_closing_date_and_the_second_sees_both(organiser, top, workshop, date):
    version = str(workshop.version)
    organiser.post(f"{top}/close?event={workshop.id}", a_closing_date(5) | {"version": version})

    page = organiser.post(f"{top}/close?event={workshop.id}", a_closing_date(6) | {"version": version})

    assert (page.status, page.h1) == (409, "Someone else changed this")


def test_use_mine_changes_the_event_it_was_about_and_no_other(organiser, top, programme, workshop, date):
    other = an_event(programme, title="Workshop 2")
    a_session(other)
    before = workshop.closes_at
    typed = organiser.get(f"{top}/close?event={other.id}").form(f"{top}/close?event={other.id}")
    organiser.post(f"{top}/close?event={other.id}", typed | a_closing_date(5))
    page = organiser.post(f"{top}/close?event={other.id}", typed | a_closing_date(6))

    page = organiser.post(f"{top}/close", page.form(f"{top}/close") | {"use": "mine"})

    db.session.refresh(workshop)
    db.session.refresh(other)
    assert "Workshop 2 closes" in page.said
    assert workshop.closes_at == before
    assert other.closes_at.date() == (now() + timedelta(days=6)).date()


def test_an_organiser_answers_for_somebody_who_gets_a_receipt(organiser, top, programme, date):
    person = a_pair(programme).director

    page = organiser.post(
        f"{top}/people/{person.id}", {f"date-{date.id}": "yes", "heard_how": "by phone", "do": "save", "was": ""}
    )

    row = db.session.scalars(select(Availability)).one()
    assert (row.answer, row.given_in) == ("yes", GivenIn.ON_BEHALF)
    assert "gets a receipt by email" in page.text
    assert queued("receipt") == [person.email]
    assert "by an organiser who heard it by phone" in page.text


def test_how_they_told_must_be_said_and_the_answers_stay_on_the_page(organiser, top, programme, date):
    person = a_pair(programme).director

    page = organiser.post(f"{top}/people/{person.id}", {f"date-{date.id}": "no", "do": "save", "was": ""})

    assert page.error_summary == {"#heard_how": "Select how they told you"}
    assert page.form_values[f"date-{date.id}"] == "no"
    assert db.session.scalars(select(Availability)).all() == []


def test_the_download_holds_no_formula(organiser, top, programme, date):
    pair = a_pair(programme)
    pair.trust.name = "=cmd|calc"
    keep(pair.trust)

    page = organiser.get(f"{top}/answers.csv", rules=False)

    rows = list(csv.reader(io.StringIO(page.html.removeprefix("\ufeff"))))
    assert rows[1][0] == "'=cmd|calc"
    book = openpyxl.load_workbook(io.BytesIO(organiser.get(f"{top}/answers.csv?as=xlsx", rules=False).response.data))
    assert [(cell.value, cell.data_type) for cell in book.worksheets[0][2]][:2] == [
        ("=cmd|calc", "s"),
        (pair.trust.ods_code, "s"),
    ]


def test_a_viewer_reads_and_has_no_button_that_acts(app, top, programme, date):
    a_pair(programme)
    viewer = Visitor(app).log_in(an_organiser(programme, Role.VIEWER))

    table, missing = viewer.get(top), viewer.get(f"{top}/missing")

    assert "Remind" not in table.text + missing.text
    assert "Ask for dates" not in table.links


def test_the_number_of_queries_does_not_grow_with_the_pairs(organiser, top, programme, date):
    a_pair(programme)
    with queries_sent() as few:
        organiser.get(top)
    for _ in range(4):
        both_answered(a_pair(programme), date)
    a_person(programme)

    with queries_sent() as many:
        organiser.get(top)

    assert len(many) == len(few)
