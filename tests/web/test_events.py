"""Events and their dates, as an organiser sets them up in the browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import Availability, Event, EventKind, Session
from tests.builders import a_pair, a_programme, a_session, a_venue, an_event, answered, sets_event

SESSION = {
    "day-day": "30", "day-month": "3", "day-year": "2027", "starts": "9:30am", "ends": "4:30pm",
    "venue": "", "min_seats": "16", "max_seats": "40", "only_if_needed": "100",
    "last_day-day": "", "last_day-month": "", "last_day-year": "",
}  # fmt: skip
WHOLE_DAYS = SESSION | {"all_day": "yes", "starts": "", "ends": ""}


@pytest.fixture
def top(programme):
    return f"/programmes/{programme.slug}/events"


@pytest.fixture
def workshop(programme):
    return an_event(programme, title="Workshop 1")


def test_a_programme_without_events_says_what_will_be_here(organiser, top):
    page = organiser.get(top)

    assert "No events yet" in page.text
    assert page.links["Add an event"] == f"{top}/new"


def test_an_event_is_added_with_its_rules(organiser, programme, top):
    page = organiser.post(
        f"{top}/new",
        {"title": "Workshop 2", "kind": "workshop", "regions": ["London", "South East"], "open_min": "1",
         "max_share": "40", "min_distinct": "4", "encounters": "yes"},
    )  # fmt: skip

    event = db.session.scalars(select(Event)).one()
    assert page.h1 == "Workshop 2"
    assert (event.kind, event.key, event.programme_id) == (EventKind.WORKSHOP, "W1", programme.id)
    assert event.audience == {"who": "pairs", "regions": ["South East", "London"]}
    assert [(str(rule.max_share), rule.min_distinct) for rule in event.mix] == [("0.4", 4)]
    assert "at most 40% of the pairs come from one region" in page.text


def test_an_event_without_a_name_is_refused_at_its_field_and_the_rest_stays(organiser, top):
    page = organiser.post(f"{top}/new", {"title": "", "kind": "workshop", "max_share": "140"})

    assert page.title == "Error: Add an event – Convene"
    assert page.error_summary == {
        "#title": "Enter the name of the event",
        "#max_share": "At most this share of the pairs come from one region must be between 1 and 100",
    }
    assert page.form_values["kind"] == "workshop"
    assert page.form_values["max_share"] == "140"


@pytest.mark.parametrize(
    ("day", "month", "hour"), [("30", "3", 8), ("12", "1", 9)], ids=["in summer time", "in winter time"]
)
def test_a_date_is_entered_as_the_venues_clock_shows_it_and_kept_in_utc(organiser, top, workshop, day, month, hour):
    typed = SESSION | {"day-day": day, "day-month": month}

    page = organiser.post(f"{top}/{workshop.id}/sessions/new", typed)

    session = db.session.scalars(select(Session)).one()
    assert session.starts_at == datetime(2027, int(month), int(day), hour, 30, tzinfo=UTC)
    assert (session.time_zone, session.key) == ("Europe/London", f"{workshop.key}-a")
    assert "added" in page.said


def test_a_date_is_held_at_the_venue_that_was_chosen_and_at_no_other_programmes(organiser, top, programme, workshop):
    ours, theirs = a_venue(programme), a_venue(a_programme())

    refused = organiser.post(f"{top}/{workshop.id}/sessions/new", SESSION | {"venue": str(theirs.id)})
    organiser.post(f"{top}/{workshop.id}/sessions/new", SESSION | {"venue": str(ours.id)})

    assert refused.error_at("venue") == "Venue must be one of the choices shown"
    assert [session.venue_id for session in db.session.scalars(select(Session))] == [ours.id]


def test_a_time_that_the_clocks_jump_over_is_refused_with_both_readings(organiser, top, workshop):
    typed = SESSION | {"day-day": "28", "starts": "1:30am"}

    page = organiser.post(f"{top}/{workshop.id}/sessions/new", typed)

    assert "does not exist, as the clocks go forward" in page.error_at("starts")
    assert page.form_values == typed | {"encounters": "yes"} or page.form_values == typed
    assert db.session.scalars(select(Session)).all() == []


def test_whole_days_have_no_times_and_are_counted_in_days_over_the_change_of_the_clocks(organiser, top, workshop):
    typed = WHOLE_DAYS | {"day-day": "27", "last_day-day": "28", "last_day-month": "3", "last_day-year": "2027"}

    listed = organiser.post(f"{top}/{workshop.id}/sessions/new", typed)

    session = db.session.scalars(select(Session)).one()
    assert session.starts_at == datetime(2027, 3, 27, tzinfo=UTC)
    assert session.ends_at == datetime(2027, 3, 28, 23, tzinfo=UTC)  # 47 hours: the clocks go forward that night
    assert "Saturday 27 March 2027 to Sunday 28 March 2027, all day" in listed.text
    form = organiser.get(f"{top}/{workshop.id}/sessions/{session.id}").form_values
    assert (form["all_day"], form["last_day-day"], form["starts"]) == ("yes", "28", "")


def test_a_last_day_without_whole_days_or_before_the_first_is_refused_at_its_field(organiser, top, workshop):
    last = {"last_day-day": "29", "last_day-month": "3", "last_day-year": "2027"}

    part, before = (organiser.post(f"{top}/{workshop.id}/sessions/new", day | last) for day in (SESSION, WHOLE_DAYS))

    assert part.error_at("last_day").startswith("Last day is for whole days.")
    assert before.error_at("last_day") == "Last day must be Tuesday 30 March 2027 or later"
    assert db.session.scalars(select(Session)).all() == []


def test_an_end_before_the_start_is_refused_at_its_field_and_nothing_typed_is_lost(organiser, top, workshop):
    typed = SESSION | {"starts": "9:30am", "ends": "9am"}

    page = organiser.post(f"{top}/{workshop.id}/sessions/new", typed)

    assert page.title == "Error: Add a session – Convene"
    assert page.error_summary == {"#ends": "End time must be after 9:30am"}
    assert page.form_values == typed
    assert db.session.scalars(select(Session)).all() == []


def test_a_new_time_asks_again_who_answered_and_other_dates_keep_their_answers(organiser, top, programme, workshop):
    moved, kept = a_session(workshop, "2027-03-30 09:30"), a_session(workshop, "2027-04-06 09:30")
    person = a_pair(programme).director
    answered(person, moved)
    answered(person, kept)

    page = organiser.post(f"{top}/{workshop.id}/sessions/{moved.id}", SESSION | {"starts": "10am", "version": "1"})

    assert page.said == "Saved. 1 person answered this date and will be asked again. Other dates keep their answers."
    assert db.session.scalars(select(Availability.session_id)).all() == [kept.id]


def test_more_seats_at_the_same_time_keep_every_answer(organiser, top, programme, workshop):
    session = a_session(workshop, "2027-03-30 09:30")
    answered(a_pair(programme).director, session)

    organiser.post(f"{top}/{workshop.id}/sessions/{session.id}", SESSION | {"max_seats": "60", "version": "1"})

    db.session.refresh(session)
    assert session.max_seats == 60
    assert len(db.session.scalars(select(Availability)).all()) == 1


def test_who_saves_second_sees_both_versions_and_loses_nothing(organiser, top, workshop):
    session = a_session(workshop, "2027-03-30 09:30")
    address = f"{top}/{workshop.id}/sessions/{session.id}"
    organiser.post(address, SESSION | {"max_seats": "50", "version": "1"})

    page = organiser.post(address, SESSION | {"max_seats": "60", "version": "1"})

    db.session.refresh(session)
    assert (page.status, page.h1) == (409, "Someone else changed this")
    assert ["Most seats Differs", "50", "60"] in page.table("Both versions")
    assert session.max_seats == 50


def test_a_withdrawn_date_can_be_offered_again(organiser, top, workshop):
    session = a_session(workshop, "2027-03-30 09:30")
    address = f"{top}/{workshop.id}/sessions/{session.id}/withdraw"

    gone = organiser.post(address)
    withdrawn_at = db.session.scalars(select(Session.withdrawn_at)).one()
    organiser.post(address, {"undo": "yes"})

    assert "no longer offered" in gone.said
    assert withdrawn_at is not None
    assert db.session.scalars(select(Session.withdrawn_at)).one() is None


def test_a_slot_of_sets_is_added_to_its_round(organiser, top, programme):
    event = sets_event(programme, rounds=1, slots=1)

    organiser.post(f"{top}/{event.id}/sessions/new", SESSION | {"round": "2", "max_sets": "4"})

    db.session.expire_all()
    assert [round_.number for round_ in event.rounds] == [1, 2]
    assert [slot.max_sets for slot in event.rounds[1].slots] == [4]


def test_the_event_of_another_programme_is_not_there(organiser, top):
    other = an_event(a_programme())

    assert organiser.get(f"{top}/{other.id}").status == 404
    assert organiser.post(f"{top}/{other.id}/change", {"title": "Mine"}).status == 404


def test_a_venue_online_needs_an_address_of_the_web(organiser, top):
    page = organiser.post(f"{top}/venues/new", {"name": "Online", "joining_url": "javascript:alert(1)"})

    assert page.error_at("joining_url") == "Link to join online must begin with https://"


def test_sizes_are_kept_of_sets_alone_and_numbers_of_sessions_of_all_others(organiser, top):
    typed = {"open_min": "1", "open_max": "4", "size_min": "5", "size_max": "8", "encounters": "yes"}
    for kind in ("workshop", "action learning sets"):
        organiser.post(f"{top}/new", {"title": kind, "kind": kind} | typed)

    workshop, sets = db.session.scalars(select(Event).order_by(Event.id))

    assert (workshop.open_min, workshop.open_max, workshop.size_min, workshop.size_max) == (1, 4, None, None)
    assert (sets.open_min, sets.open_max, sets.size_min, sets.size_max) == (0, None, 5, 8)
    assert "Fewest pairs in a set" not in organiser.get(f"{top}/{workshop.id}/change").text
    assert "Fewest sessions that run" not in organiser.get(f"{top}/{sets.id}/change").text
