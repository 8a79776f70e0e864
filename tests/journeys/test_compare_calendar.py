"""Comparing one's own calendar with the dates: read in the browser, marked in words, never sent, and never for long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Request, expect

from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.models import Invitation, Pair, Session
from tests.builders import LONDON, a_session, an_event, keep
from tests.journeys.accessibility import assert_accessible, assert_fits, assert_keyboard_reaches_everything
from tests.journeys.conftest import Running

SOON = 10_000  # milliseconds; a browser that hangs never gets there
MARKS = ".app-date__clash"
OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:GMT Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.fixture
def dates(pair: Pair) -> list[Session]:
    """A winter and a summer date of the same year, and one a week after the first: 9:30am to 4:30pm in London."""
    event = an_event(pair.programme)
    year = now().year + 1
    january = now().astimezone(LONDON).replace(year=year, month=1, day=12, hour=9, minute=30, second=0, microsecond=0)
    july = january.replace(month=7, day=6)
    return [a_session(event, start.replace(tzinfo=None)) for start in (january, january + timedelta(days=7), july)]


def on(date: Session, clock: str = "") -> str:
    """The day of a date as a calendar file writes it, with a time where one is given."""
    return f"{date.local_start:%Y%m%d}" + (f"T{clock}" if clock else "")


def entry(*lines: str, uid: str = "one@elsewhere.example", title: str = "Clinic") -> str:
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *lines, "END:VEVENT"))


def a_calendar(*parts: str) -> bytes:
    return "\r\n".join("\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", "")).split("\n")).encode()


def open_page(page: Page, pair: Pair) -> None:
    page.goto(page_url(pair.director))
    page.get_by_text("Compare with my calendar").click()
    expect(page.get_by_label("Your calendar, as an .ics file")).to_be_visible()


def compare(page: Page, content: bytes, name: str = "calendar.ics") -> None:
    page.locator("#calendar-file").set_input_files({"name": name, "mimeType": "text/calendar", "buffer": content})
    expect(page.locator("#compare")).to_have_attribute("aria-busy", "false", timeout=SOON)


def marks(page: Page) -> list[str]:
    return page.locator(MARKS).all_text_contents()


def test_dates_that_clash_are_marked_in_words_and_nothing_is_sent(
    phone: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    open_page(phone, pair)
    sent: list[Request] = []
    phone.on("request", lambda request: sent.append(request) if request.method != "GET" else None)
    winter, after, summer = dates
    zone = "TZID=GMT Standard Time"

    compare(
        phone,
        a_calendar(
            OUTLOOK_ZONE,
            entry(f"DTSTART;{zone}:{on(winter, '090000')}", f"DTEND;{zone}:{on(winter, '110000')}"),
            entry(f"DTSTART;{zone}:{on(summer, '160000')}", "DURATION:PT2H", uid="2@x", title="Board"),
            entry(f"DTSTART;{zone}:{on(summer, '163000')}", "DURATION:PT2H", uid="3@x", title="Just after"),
            entry(f"DTSTART;{zone}:{on(after, '080000')}", "DURATION:PT1H30M", uid="4@x", title="Just before"),
        ),
    )

    assert marks(phone) == [
        "In your calendar then: 9am to 11am, Clinic",
        "In your calendar then: 4pm to 6pm, Board",
    ]
    expect(phone.get_by_role("status")).to_have_text(
        "Compared with 4 entries of your calendar: 2 dates clash. Nothing was sent."
    )
    assert "clash-" in str(phone.locator(f"fieldset[data-date='{winter.id}']").get_attribute("aria-describedby"))
    assert sent == []
    assert_accessible(phone)
    assert_fits(phone)
    phone.evaluate("() => document.activeElement.blur()")
    assert_keyboard_reaches_everything(phone)

    phone.get_by_role("button", name="Take the marks away").click()

    expect(phone.locator(MARKS)).to_have_count(0)
    expect(phone.get_by_label("Your calendar, as an .ics file")).to_be_focused()
    assert "clash-" not in phone.content()


def busy_on(first: Session, second: Session) -> dict[str, tuple[list[str], list[Session]]]:
    """What a file says, and which of two dates a week apart clash with it; both are in winter."""
    morning = f"DTSTART;TZID=Europe/London:{on(first, '100000')}"
    long_ago = "DTSTART;TZID=Europe/London:20050104T100000"  # a Tuesday, like no other: the days below are named
    weekday = f"{first.local_start:%a}"[:2].upper()
    hour, both = "DURATION:PT1H", [first, second]
    moved = [f"RECURRENCE-ID;TZID=Europe/London:{on(first, '100000')}", f"DTSTART:{on(first, '200000Z')}", hour]
    return {
        "a zone by its name": ([entry(morning, hour)], [first]),
        "another continent": ([entry(f"DTSTART;TZID=America/New_York:{on(first, '110000')}", hour)], [first]),
        "a floating time": ([entry(f"DTSTART:{on(first, '100000')}", hour)], [first]),
        "a day": ([entry(f"DTSTART;VALUE=DATE:{on(first)}")], [first]),
        "a free day": ([entry(f"DTSTART;VALUE=DATE:{on(first)}", "TRANSP:TRANSPARENT")], []),
        "free": ([entry(morning, hour, "TRANSP:TRANSPARENT")], []),
        "called off": ([entry(morning, hour, "STATUS:CANCELLED")], []),
        "no length": ([entry(morning)], []),
        "every week": ([entry(long_ago, hour, f"RRULE:FREQ=WEEKLY;BYDAY={weekday}")], both),
        "but one": (
            [entry(morning, hour, "RRULE:FREQ=WEEKLY", f"EXDATE;TZID=Europe/London:{on(first, '100000')}")],
            [second],
        ),
        "one moved": ([entry(morning, hour, "RRULE:FREQ=WEEKLY"), entry(*moved)], [second]),
        "one of them": ([entry(morning, hour, "RRULE:FREQ=WEEKLY;COUNT=1")], [first]),
        "to the last": ([entry(morning, hour, f"RRULE:FREQ=WEEKLY;UNTIL={on(second, '100000Z')}")], both),
        "and another": ([entry(morning, hour, f"RDATE;TZID=Europe/London:{on(second, '100000')}")], both),
        "years on end": ([entry("DTSTART:00010101T000000Z", "DTEND:99991231T000000Z")], both),
        "an endless count": ([entry(long_ago, hour, "RRULE:FREQ=DAILY;COUNT=1000000000")], both),
    }


def test_what_counts_as_busy(page: Page, served: Running, pair: Pair, dates: list[Session]) -> None:
    open_page(page, pair)
    found, expected = {}, {}

    for name, (entries, clashing) in busy_on(*dates[:2]).items():
        compare(page, a_calendar(*entries))
        marked = page.locator(f"fieldset:has({MARKS})")
        ids = marked.evaluate_all("all => all.map(e => Number(e.dataset.date))")
        found[name] = [number for number in ids if number != dates[2].id]
        expected[name] = [date.id for date in clashing]

    assert found == expected


def test_an_invitation_of_ours_does_not_clash_with_its_own_date(
    page: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    first = dates[0]
    invited = {"organizer": "team@programme.example", "attendee": pair.director.email, "summary": "Workshop"}
    times = {"starts_at": first.starts_at, "ends_at": first.ends_at, "time_zone": first.time_zone, "dtstamp": now()}
    keep(Invitation(programme=pair.programme, person=pair.director, session=first, uid="ours@here", **invited, **times))
    open_page(page, pair)
    morning = f"DTSTART:{on(first, '093000Z')}"

    compare(page, a_calendar(entry(morning, "DURATION:PT7H", uid="ours@here")))
    assert marks(page) == []

    compare(page, a_calendar(entry(morning, "DURATION:PT7H", uid="theirs@here", title="")))
    assert marks(page) == ["In your calendar then: 9:30am to 4:30pm, an entry without a title"]


def test_a_title_is_text_whatever_it_holds(page: Page, served: Running, pair: Pair, dates: list[Session]) -> None:
    open_page(page, pair)
    title = "<img src=x onerror=alert(1)><b>Clinic</b> \u202eabc"

    compare(page, a_calendar(entry(f"DTSTART:{on(dates[0], '100000Z')}", "DURATION:PT1H", title=title)))

    assert marks(page) == [
        "In your calendar then: 10am to 11am, <img src=x onerror=alert(1)><b>Clinic</b> abc",
    ]
    assert page.locator(f"{MARKS} img, {MARKS} b").count() == 0


def bombs(date: Session) -> dict[str, bytes]:
    """Files that ask for more than anybody can work out (abuse case C5); each holds one plain entry besides."""
    plain = entry(f"DTSTART:{on(date, '100000Z')}", "DURATION:PT1H", uid="plain@x")
    ever = OUTLOOK_ZONE.replace("FREQ=YEARLY", "FREQ=SECONDLY")
    itself = OUTLOOK_ZONE.replace("DTSTART:", "DTSTART;TZID=GMT Standard Time:")
    times = ";".join(f"{name}={','.join(map(str, range(n)))}" for name, n in (("BYHOUR", 24), ("BYMINUTE", 60)))
    day = ["DTSTART:00010101T000000Z", "DURATION:PT1S"]
    return {
        "every second": a_calendar(plain, entry(*day, "RRULE:FREQ=SECONDLY")),
        "a billion times": a_calendar(plain, entry(*day, "RRULE:FREQ=SECONDLY;COUNT=1000000000")),
        "every billionth day": a_calendar(plain, entry(*day, "RRULE:FREQ=DAILY;INTERVAL=1000000000;COUNT=9")),
        "never": a_calendar(plain, entry(*day, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")),
        "every minute of every day": a_calendar(plain, entry(*day, f"RRULE:FREQ=DAILY;{times};BYSECOND=0,30")),
        "all of it taken out again": a_calendar(plain, entry(*day, "RRULE:FREQ=DAILY", "EXRULE:FREQ=SECONDLY")),
        "a zone that changes every second": a_calendar(
            ever, plain, entry(f"DTSTART;TZID=GMT Standard Time:{on(date)}T0")
        ),
        "a zone that needs itself": a_calendar(itself, plain, entry(f"DTSTART;TZID=GMT Standard Time:{on(date)}T0")),
        "many of them": a_calendar(plain, *(entry(*day, "RRULE:FREQ=SECONDLY", uid=f"{n}@x") for n in range(500))),
        "no end of a line": a_calendar(plain, "BEGIN:VEVENT\nSUMMARY:" + "x" * 1_000_000),
    }


def test_a_file_made_to_hang_the_page_is_left_out_and_the_rest_is_compared(
    page: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    open_page(page, pair)

    for name, file in bombs(dates[0]).items():
        compare(page, file)
        assert marks(page) == ["In your calendar then: 10am to 11am, Clinic"], name


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file you chose is empty."),
        (b"<!doctype html><p>BEGIN:VCALENDAR", "The file you chose is not a calendar."),
        (b"PK\x03\x04 and more", "The file you chose is a ZIP."),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "The calendar you chose has no entries."),
        (b"BEGIN:VCALENDAR\r\n" + b" " * 11_000_000, "The file must be 10 MB or smaller, it has 11 MB."),
    ],
    ids=["empty", "a page", "a ZIP", "no entries", "too large"],
)
def test_what_cannot_be_compared_is_said_at_its_field(
    page: Page, served: Running, pair: Pair, dates: list[Session], content: bytes, sentence: str
) -> None:
    open_page(page, pair)

    compare(page, content)

    expect(page.locator("#calendar-file-error")).to_contain_text(sentence)
    expect(page.get_by_role("status")).to_have_text("Your calendar was not compared.")
    assert "calendar-file-error" in str(page.locator("#calendar-file").get_attribute("aria-describedby"))
    assert_accessible(page)


def test_the_library_is_fetched_by_those_alone_who_choose_a_file(
    page: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))

    open_page(page, pair)

    assert [url for url in fetched if "ical" in url] == []


def test_without_scripts_it_is_not_offered(
    without_scripts: Page, served: Running, pair: Pair, dates: list[Session]
) -> None:
    without_scripts.goto(page_url(pair.director))

    expect(without_scripts.get_by_text("Compare with my calendar")).to_be_hidden()
