from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.invite.zones import (
    offered_zones,
    timezone_for,
    universal_timezone,
)
from scheduler.wall_times import AmbiguousTime, NoSuchTime, WallTimeRefused, aware
from tests.invite.samples import wall

YEAR = 2027
# Their laws are no pair of "nth weekday" rules in these years, so their times go out in UTC.
WITHOUT_YEARLY_RULES = {
    "Africa/Cairo",  # the day after the last Thursday of October, which may be 1 November
    "Africa/Casablanca",  # Ramadan
    "Africa/El_Aaiun",
    "America/Asuncion",  # gave up changing in October 2024
    "America/Coyhaique",
    "America/Nuuk",  # the Saturday before the last Sunday
    "America/Santiago",  # the Sunday after the 2nd
    "America/Scoresbysund",
    "Asia/Almaty",  # moved in 2024
    "Asia/Gaza",
    "Asia/Hebron",
    "Asia/Jerusalem",  # the Friday before the last Sunday of March
    "Asia/Qostanay",
}


def read_back(component: icalendar.Timezone, tzid: str):
    """The zone as dateutil reads its bytes: by the rules written, not by the name."""
    return tzical(StringIO(component.to_ical().decode().replace("\r\n", "\n"))).get(tzid)


def offsets_of(component: icalendar.Timezone, time_zone: str, moments: list[datetime]) -> list[timedelta | None]:
    """The offset a reader of the component would use for each moment, told by the wall time it would be sent with."""
    zone = read_back(component, time_zone)
    walls = [moment.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) for moment in moments]
    return [zone.utcoffset(wall) for wall in walls]


def test_london_is_written_as_exchange_writes_it():
    component = timezone_for("Europe/London", YEAR, YEAR)

    assert component is not None
    assert component.to_ical(sorted=False).decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/London",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700329T010000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZOFFSETFROM:+0000",
        "TZOFFSETTO:+0100",
        "TZNAME:BST",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19701025T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0000",
        "TZNAME:GMT",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


@pytest.mark.parametrize("time_zone", offered_zones())
def test_every_offered_zone_reads_back_with_the_offsets_of_the_tz_database(time_zone):
    # Noon on the first and the twentieth of each month, the event's year and three to each side.
    moments = [
        datetime(year, month, day, 12, tzinfo=UTC)
        for year in range(YEAR - 3, YEAR + 4)
        for month in range(1, 13)
        for day in (1, 20)
    ]

    component = timezone_for(time_zone, YEAR, YEAR)

    if component is None:
        assert time_zone in WITHOUT_YEARLY_RULES | {"UTC"}
    else:
        real = [moment.astimezone(ZoneInfo(time_zone)).utcoffset() for moment in moments]
        assert offsets_of(component, time_zone, moments) == real


def clocks_change_in(time_zone: str) -> bool:
    january, july = (datetime(YEAR, month, 1, tzinfo=UTC).astimezone(ZoneInfo(time_zone)) for month in (1, 7))
    return january.utcoffset() != july.utcoffset()


CHANGING = [zone for zone in offered_zones() if zone not in WITHOUT_YEARLY_RULES and clocks_change_in(zone)]


@pytest.mark.parametrize("time_zone", CHANGING)
def test_every_change_of_the_clocks_is_read_back_to_the_hour(time_zone):
    hours = [datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24)]
    real = [hour.astimezone(ZoneInfo(time_zone)).utcoffset() for hour in hours]
    changes = [n for n in range(1, len(hours)) if real[n] != real[n - 1]]
    # Two hours after and three before: the hour between is shown twice, and only its fold says which.
    beside = [hours[n + step] for n in changes for step in (-3, 2)]

    component = timezone_for(time_zone, YEAR, YEAR)

    assert component is not None
    assert len(component.subcomponents) == len(changes) == 2
    expected = [moment.astimezone(ZoneInfo(time_zone)).utcoffset() for moment in beside]
    assert offsets_of(component, time_zone, beside) == expected


def test_a_zone_has_at_most_one_standard_and_one_daylight_each_with_a_weekday_and_no_list_of_dates():
    for time_zone in available_timezones() - {"localtime", "Factory"}:
        component = timezone_for(time_zone, YEAR, YEAR)
        if component is None:
            continue

        text = component.to_ical().decode()

        assert text.count("BEGIN:STANDARD") == 1
        assert text.count("BEGIN:DAYLIGHT") <= 1
        assert text.count("RRULE") == text.count("BYDAY") == 2 * text.count("BEGIN:DAYLIGHT")
        assert "RDATE" not in text
        assert text.count("DTSTART:1970") == len(component.subcomponents)


def test_ireland_has_its_daylight_in_summer_though_its_law_calls_winter_the_odd_time():
    component = timezone_for("Europe/Dublin", YEAR, YEAR)

    assert component is not None
    assert [(part.name, str(part["tzname"])) for part in component.subcomponents] == [
        ("DAYLIGHT", "IST"),
        ("STANDARD", "GMT"),
    ]


def test_a_rule_is_kept_only_if_it_holds_for_all_the_years_of_a_feed():
    assert timezone_for("America/Asuncion", 2029, 2029) is not None
    assert timezone_for("America/Asuncion", 2026, 2029) is None


def test_an_empty_calendar_can_carry_utc():
    component = universal_timezone()

    assert read_back(component, "UTC").utcoffset(wall("2027-07-01")) == timedelta()


def test_a_wall_time_the_clocks_jump_over_is_refused_with_both_readings():
    with pytest.raises(NoSuchTime) as refused:
        aware(wall("2027-03-28 01:30"), "Europe/London")

    assert str(refused.value) == (
        "In UK time 1:30am on Sunday 28 March 2027 does not exist, as the clocks go forward. Enter 12:30am or 2:30am."
    )
    assert refused.value.readings == (
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
        datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
    )


def test_a_wall_time_the_clocks_show_twice_is_refused_with_both_readings():
    with pytest.raises(AmbiguousTime) as refused:
        aware(wall("2027-10-31 01:30"), "Europe/London")

    assert str(refused.value) == (
        "In UK time 1:30am on Sunday 31 October 2027 comes twice, as the clocks go back: "
        "at 1:30am BST and at 1:30am GMT. Enter a time outside that hour."
    )
    assert refused.value.readings == (
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2027-03-28 00:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28 02:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31 00:59", datetime(2027, 10, 30, 23, 59, tzinfo=UTC)),
        ("2027-10-31 02:00", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
    ],
)
def test_the_minutes_beside_a_change_are_one_moment_each(local, utc):
    assert aware(wall(local), "Europe/London") == utc


def test_a_time_that_has_a_zone_already_is_no_wall_time():
    with pytest.raises(ValueError, match="no zone of its own"):
        aware(datetime(2027, 1, 12, 9, 30, tzinfo=UTC), "Europe/London")


@example(local=wall("2027-10-31 01:30"), time_zone="Europe/London")
@example(local=wall("2027-03-28 01:30"), time_zone="Europe/London")
@example(local=wall("2027-04-04 01:45"), time_zone="Australia/Lord_Howe")
@given(
    local=st.datetimes(wall("2024-01-01"), wall("2032-01-01")),
    time_zone=st.sampled_from(offered_zones()),
)
def test_a_wall_time_is_one_moment_that_shows_it_or_is_refused(local, time_zone):
    moments, kind = meant_by(local, time_zone)

    shown = [moment.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) == local for moment in moments]
    assert shown == {None: [True], AmbiguousTime: [True, True], NoSuchTime: [False, False]}[kind]
    assert list(moments) == sorted(set(moments))


def meant_by(local: datetime, time_zone: str) -> tuple[tuple[datetime, ...], type[WallTimeRefused] | None]:
    """The moments a wall time may mean, and the refusal if it is not one."""
    try:
        return (aware(local, time_zone),), None
    except WallTimeRefused as refused:
        return refused.readings, type(refused)
