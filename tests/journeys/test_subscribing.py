"""Subscribed by programs of others: vdirsyncer keeps a copy of a feed, curl asks whether there is anything new, and a
person copies the address."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import icalendar
import pytest
import sqlalchemy as sa

from scheduler.collect import links
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Pair, Person, Purpose
from tests.builders import a_session, an_event
from tests.invite.plans import a_plan
from tests.invite.servers import program
from tests.journeys.conftest import Running

CONFIGURATION = """
[general]
status_path = "{folder}/status"

[pair dates]
a = "diary"
b = "feed"
collections = null
conflict_resolution = "b wins"

[storage feed]
type = "http"
url = "{url}"

[storage diary]
type = "filesystem"
path = "{folder}/diary"
fileext = ".ics"
"""


class Vdirsyncer:
    """The calendar program: a folder with one file a date, kept like the feed."""

    def __init__(self, folder: Path, url: str) -> None:
        self.path = program("vdirsyncer", "vdirsyncer")
        self.folder = folder
        (folder / "diary").mkdir(parents=True)
        (folder / "config").write_text(CONFIGURATION.format(folder=folder, url=url))
        self._run("discover")

    def sync(self) -> bool:
        """Bring the copy up to date; False where the program could not."""
        return self._run("sync").returncode == 0

    @property
    def dates(self) -> list[tuple[datetime, datetime]]:
        """Start and end of all that the program holds; the UIDs of feeds it replaces by its own."""
        read = [icalendar.Calendar.from_ical(path.read_bytes()) for path in self.folder.glob("diary/*.ics")]
        return sorted((event["dtstart"].dt, event["dtend"].dt) for each in read for event in each.walk("VEVENT"))

    def _run(self, word: str) -> subprocess.CompletedProcess[bytes]:
        home = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        words = [self.path, "-c", str(self.folder / "config"), word]
        return subprocess.run(words, env=home, capture_output=True, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture
def sessions(pair: Pair):
    days = "2027-03-28 09:30", "2027-05-11 09:30"
    return [a_session(an_event(pair.programme), day) for day in days]


def publish(pair, sessions):
    publishing.publish(a_plan(pair.programme, [(pair, session) for session in sessions]), by=None)
    outbox.send_due()


def times_of(sessions):
    return sorted((session.starts_at, session.ends_at) for session in sessions)


def feed_of(person: Person) -> str:
    url = links.calendar_url(person)
    db.session.commit()
    return url


def rename_table(running: Running, was: str, becomes: str) -> None:
    with sa.create_engine(running.app.settings.database).begin() as other:
        other.execute(sa.text(f"ALTER TABLE {was} RENAME TO {becomes}"))


def test_a_calendar_program_follows_the_feed_and_keeps_what_it_has_when_there_is_none(served, pair, sessions, tmp_path):
    publish(pair, sessions)
    vdirsyncer = Vdirsyncer(tmp_path / "vdirsyncer", feed_of(pair.director))

    assert vdirsyncer.sync()
    assert vdirsyncer.dates == times_of(sessions)

    sessions[0].starts_at += timedelta(hours=1)
    publish(pair, sessions)
    assert vdirsyncer.sync()
    assert vdirsyncer.dates == times_of(sessions)

    publish(pair, sessions[:1])
    assert vdirsyncer.sync()
    assert vdirsyncer.dates == times_of(sessions[:1])

    rename_table(served, "invitation", "elsewhere")
    assert not vdirsyncer.sync()
    rename_table(served, "elsewhere", "invitation")
    assert vdirsyncer.dates == times_of(sessions[:1])

    links.renew(pair.director, Purpose.CALENDAR, by=None)
    assert not vdirsyncer.sync()
    assert vdirsyncer.dates == times_of(sessions[:1])


def test_curl_is_told_that_nothing_is_new_in_no_bytes_until_something_is(served, pair, sessions, tmp_path):
    publish(pair, sessions)
    url, tag, copy = feed_of(pair.director), tmp_path / "tag", tmp_path / "feed.ics"

    def asked() -> tuple[int, int]:
        """Status and length of the answer to curl, which keeps tag and feed as a program would."""
        words = [program("curl", "curl"), "-s", "--etag-compare", str(tag), "--etag-save", str(tag), "-o", str(copy)]
        done = subprocess.run([*words, "-w", "%{http_code} %{size_download}", url], capture_output=True, check=True)
        status, length = done.stdout.split()
        return int(status), int(length)

    first = asked()
    again = asked()
    publish(pair, sessions[:1])
    changed = asked()

    assert (first[0], again, changed[0]) == (200, (304, 0), 200)
    assert first[1] > changed[1] == copy.stat().st_size > 500


def test_the_address_is_copied_with_one_button(served, pair, window):
    url = feed_of(pair.director)
    page = window(served.origin, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{links.page_url(pair.director)}/calendar")

    page.get_by_role("button", name="Copy address").click()

    assert page.locator("#status").inner_text().startswith("The address is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == url
    assert page.locator("#feed").input_value() == url
    assert re.fullmatch(r"webcal://127\.0\.0\.1:\d+/calendar/\w+\.ics", _subscribe(page))


def _subscribe(page) -> str:
    return page.get_by_role("link", name="Subscribe on this device").get_attribute("href")
