"""Dates, times, counts and lists as the NHS content style guide writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import formatting

LONDON = "Europe/London"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_has_its_weekday_month_and_year_in_full() -> None:
    assert formatting.day(date(2027, 1, 12)) == "Tuesday 12 January 2027"
    assert formatting.day(date(2027, 1, 12), year=False) == "Tuesday 12 January"
    assert formatting.short_day(date(2027, 1, 12)) == "12 January"


def test_a_moment_is_a_day_of_the_zone_it_is_shown_in() -> None:
    late = utc("2027-07-12T23:30")

    assert formatting.day(late, LONDON) == "Tuesday 13 July 2027"
    assert formatting.day(late, "America/New_York") == "Monday 12 July 2027"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (time(9, 30), "9:30am"),
        (time(17), "5pm"),
        (time(12), "midday"),
        (time(0), "midnight"),
        (time(0, 5), "12:05am"),
        (time(12, 5), "12:05pm"),
        (time(11, 59), "11:59am"),
    ],
)
def test_times_are_on_a_12_hour_clock_without_needless_zeros(moment: time, words: str) -> None:
    assert formatting.clock_time(moment) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2027-01-12T09:30", "2027-01-12T16:30", "Tuesday 12 January 2027, 9:30am to 4:30pm"),
        ("2027-03-28T09:30", "2027-03-28T12:00", "Sunday 28 March 2027, 10:30am to 1pm"),
        ("2027-01-12T18:00", "2027-01-13T00:00", "Tuesday 12 January 2027, 6pm to midnight"),
        ("2027-01-12T00:00", "2027-01-13T00:00", "Tuesday 12 January 2027, all day"),
        ("2027-01-12T00:00", "2027-01-14T00:00", "Tuesday 12 January 2027 to Wednesday 13 January 2027, all day"),
        (
            "2027-01-12T09:30",
            "2027-01-13T16:30",
            "Tuesday 12 January 2027, 9:30am to Wednesday 13 January 2027, 4:30pm",
        ),
    ],
)
def test_when_something_takes_place(start: str, end: str, words: str) -> None:
    assert formatting.when(utc(start), utc(end), LONDON) == words


def test_the_zone_is_named_only_where_the_reader_has_another_time() -> None:
    start, end = utc("2027-01-12T09:00"), utc("2027-01-12T10:00")

    assert formatting.when(start, end, "Europe/Paris", reader=LONDON).endswith("10am to 11am (Paris time)")
    assert formatting.when(start, end, LONDON, reader="Europe/Dublin").endswith("9am to 10am")
    assert formatting.when(start, end, LONDON, reader="America/New_York").endswith("(UK time)")


def test_the_hour_that_comes_twice_says_which() -> None:
    first, second = utc("2027-10-31T00:30"), utc("2027-10-31T01:30")

    assert formatting.clock_time(first, LONDON) == "1:30am BST"
    assert formatting.clock_time(second, LONDON) == "1:30am GMT"
    assert formatting.clock_time(second + timedelta(hours=1), LONDON) == "2:30am"


def test_a_moment_without_a_zone_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ValueError, match="time zone"):
        formatting.clock_time(datetime(2027, 1, 12, 9, 30), LONDON)  # noqa: DTZ001


def test_a_moment_reads_as_a_sentence() -> None:
    assert formatting.day_and_time(utc("2026-12-11T17:00"), LONDON) == "Friday 11 December 2026 at 5pm"


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0 people"), (1, "1 person"), (2, "2 people"), (1204, "1,204 people")]
)
def test_counts_know_one_from_many(value: int, words: str) -> None:
    assert formatting.count(value, "person", "people") == words


def test_most_nouns_take_an_s() -> None:
    assert [formatting.count(n, "pair") for n in (1, 2)] == ["1 pair", "2 pairs"]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Fraction(3, 5), "60%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (Fraction(1, 1000), "less than 1%"),
        (Fraction(999, 1000), "more than 99%"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: Fraction, words: str) -> None:
    assert formatting.percentage(share) == words


@pytest.mark.parametrize(
    ("items", "words"), [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_lists_are_written_as_sentences_have_them(items: list[str], words: str) -> None:
    assert formatting.listed(items) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (65, "1 minute and 5 seconds"), (7200, "2 hours"), (90061, "1 day and 1 hour")],
)
def test_a_span_of_time_has_two_units_at_most(seconds: float, words: str) -> None:
    assert formatting.duration(seconds) == words


def test_a_file_size_is_rounded_up_to_what_is_surely_enough() -> None:
    assert [formatting.file_size(n) for n in (1, 900, 2000, 10 * 1024 * 1024)] == [
        "1 byte",
        "900 bytes",
        "2 kB",
        "10 MB",
    ]


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)), st.integers(1, 300))  # noqa: DTZ001
def test_a_range_within_a_day_names_the_day_once(naive: datetime, minutes: int) -> None:
    start = naive.replace(second=0, microsecond=0, tzinfo=UTC)

    words = formatting.when(start, start + timedelta(minutes=minutes), LONDON)

    assert words.count(str(formatting.day(start, LONDON))) == 1
    assert " to " in words
