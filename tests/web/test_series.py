"""Many dates at once: a series looked at before it is added, an event and a round of sets copied to later weeks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from scheduler.collect.repeating import Repeat, dates_of
from scheduler.extensions import db
from scheduler.models import Availability, Event, MixRule, Session
from tests.builders import a_pair, a_session, an_event, both_answered, sets_event

SERIES = {
    "day-day": "2", "day-month": "3", "day-year": "2027", "starts": "9:30", "ends": "16:30", "weeks": "1",
    "times": "12", "venue": "", "max_seats": "40", "only_if_needed": "0",
}  # fmt: skip


@pytest.fixture
def event(programme):
    return an_event(programme, title="Workshop 1")


@pytest.fixture
def top(programme, event):
    return f"/programmes/{programme.slug}/events/{event.id}"


def sessions_of(event):
    return list(db.session.scalars(sa.select(Session).filter_by(event_id=event.id).order_by(Session.starts_at)))


def utc(session):
    return f"{session.starts_at:%d %H:%M}"


def test_twelve_weeks_over_the_change_of_clocks_are_one_form_and_one_preview(organiser, event, top):
    shown = organiser.post(f"{top}/repeat", SERIES | {"do": "look"})
    added = organiser.post(f"{top}/repeat", shown.form_values | {"do": "add"})

    assert "clocks changed on 28 March, still 9:30am" in shown.text
    assert sessions_of(event)[0].max_seats == 40
    assert added.said == "12 dates added."
    assert [utc(s) for s in sessions_of(event)][3:6] == ["23 09:30", "30 08:30", "06 08:30"]


def test_only_what_stays_ticked_is_added_and_a_public_holiday_is_named(organiser, event, top):
    friday = SERIES | {"day-day": "19", "times": "3"}
    shown = organiser.post(f"{top}/repeat", friday | {"do": "look"})
    assert "Good Friday" in shown.text

    organiser.post(f"{top}/repeat", friday | {"do": "add", "dates": ["2027-03-19", "2027-04-02"]})

    assert [f"{s.starts_at:%d %m}" for s in sessions_of(event)] == ["19 03", "02 04"]


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"do": "add", "dates": []}, "dates", "Select at least one date"),
        ({"do": "add", "dates": ["2027-03-02"], "day-day": "3"}, "dates", "The dates are others now"),
        ({"do": "look", "times": "1"}, "times", "between 2 and 60"),
        ({"do": "look", "ends": "9:00"}, "ends", "must be after 9:30am"),
    ],
)
def test_nothing_is_added_that_was_not_looked_at(organiser, event, top, typed, field, told):
    refused = organiser.post(f"{top}/repeat", SERIES | typed)

    assert told in refused.error_at(field)
    assert refused.form_values["max_seats"] == "40"
    assert sessions_of(event) == []


def test_an_hour_that_the_clocks_jump_over_is_said_and_the_other_dates_can_be_added(organiser, event, top):
    night = SERIES | {"day-day": "21", "starts": "1:30", "ends": "2:30", "times": "2"}

    shown = organiser.post(f"{top}/repeat", night | {"do": "look"})
    organiser.post(f"{top}/repeat", shown.form_values | {"do": "add"})

    assert "does not exist, as the clocks go forward" in shown.text
    assert [f"{s.starts_at:%d %m}" for s in sessions_of(event)] == ["21 03"]


@given(
    st.dates(min_value=date(2026, 1, 1), max_value=date(2030, 1, 1)),
    st.times().filter(lambda t: 4 <= t.hour < 20),
    st.integers(1, 52),
    st.integers(2, 20),
)
def test_every_date_of_a_series_shows_the_same_time_on_the_same_weekday(first, starts, weeks, times):
    starts = starts.replace(second=0, microsecond=0)
    series = dates_of(Repeat(first, starts, timedelta(hours=3), times, "Europe/London", weeks))

    shown = [Session(starts_at=each.start, ends_at=each.end, time_zone="Europe/London") for each in series]

    assert {(s.local_start.weekday(), s.local_start.time()) for s in shown} == {(first.weekday(), starts)}
    assert len({each.day for each in series}) == times


def test_a_copy_keeps_rules_weekdays_and_the_clock_and_takes_no_answers(organiser, programme, event, top):
    session = a_session(event, "2027-03-23 09:30", max_seats=30)
    event.mix = [MixRule(programme_id=programme.id, attribute="region", max_share_text="0.4", min_distinct=3)]
    both_answered(a_pair(programme), session)
    db.session.commit()

    page = organiser.post(f"{top}/copy", {"title": "Workshop 2", "weeks": "1"})

    copy = db.session.scalar(sa.select(Event).filter_by(title="Workshop 2"))
    assert page.h1.startswith("Workshop")
    assert (utc(copy.sessions[0]), copy.sessions[0].max_seats) == ("30 08:30", 30)
    assert [(rule.max_share_text, rule.min_distinct) for rule in copy.mix] == [("0.4", 3)]
    assert copy.opened_at is None
    assert db.session.scalars(sa.select(Availability).filter_by(session_id=copy.sessions[0].id)).all() == []


def test_the_last_round_of_sets_is_copied_as_the_next(organiser, programme):
    sets = sets_event(programme, rounds=2, slots=3)
    db.session.commit()
    last = [slot.starts_at for slot in sets.rounds[-1].slots]

    page = organiser.post(f"/programmes/{programme.slug}/events/{sets.id}/rounds/copy", {"weeks": "4"})

    db.session.expire_all()
    assert page.said == "Round 3 added with 3 dates."
    assert [(slot.starts_at - was).days for slot, was in zip(sets.rounds[-1].slots, last, strict=True)] == [28] * 3
