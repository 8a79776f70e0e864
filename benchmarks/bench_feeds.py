"""What 3,000 calendar programs cost that ask every quarter of an hour, and what people notice of it.

``python -m benchmarks.bench_feeds`` fills a database, starts the real server (``convene web``, waitress) on loopback
and asks it over new connections, as calendar programs do. Whoever asks runs on the same cores, and so makes it slower.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil

from benchmarks.reporting import Table, save
from scheduler.config import Settings

SUBSCRIBERS = 3_000
EVERY = timedelta(minutes=15)
DATES_EACH = 8
PAGES_A_SECOND = 2.0  # some sixty people, a page every half a minute each
AT_ONCE = 8  # connections in the measurement of what the server can do at most
Ask = Callable[[], None]


@dataclass
class Poll:
    """One subscription: where, and what the calendar program has of it."""

    path: str
    tag: str = ""


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS)
    parser.add_argument("--seconds", type=float, default=15.0, help="for each line of the tables")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder), PORT=free_port())
        began = time.monotonic()
        feeds, person, log_in = fill(settings, asked.subscribers)
        print(
            f"{asked.subscribers:,} people with {DATES_EACH} dates each: {time.monotonic() - began:.0f} s", flush=True
        )
        with serving(settings) as server:
            polls = [Poll(urllib.parse.urlsplit(feed).path) for feed in feeds]
            for poll in polls:
                poll.tag = get(settings, poll.path)[1]
            runs = at_most(settings, server, polls, asked.seconds)
            runs += beside_pages(settings, server, polls, pages_of(person, log_in), asked.seconds)
    save("feeds", vars(asked), runs)


def at_most(settings: Settings, server: psutil.Process, polls: list[Poll], seconds: float) -> list[dict[str, Any]]:
    """How many feeds a second, with so many connections at once, and the processor time of one."""
    table = Table(("answer", "a second", "median ms", "p95 ms", "processor ms each"), "### As fast as it goes")
    runs = []
    for answer, conditional in (("304", True), ("200", False)):
        waiting = iter(polls * 1_000)
        lock = threading.Lock()

        def ask(conditional: bool = conditional, waiting: Iterator[Poll] = waiting, lock: Any = lock) -> None:
            with lock:
                poll = next(waiting)
            get(settings, poll.path, poll.tag if conditional else "")

        busy, began = processor_seconds(server), time.monotonic()
        took = without_pause(ask, seconds)
        a_second = len(took) / (time.monotonic() - began)
        each = 1_000 * (processor_seconds(server) - busy) / len(took)
        runs.append({"answer": answer, "a_second": a_second, "processor_ms": each, **percentiles(took)})
        table.add(answer, a_second, runs[-1]["median_ms"], runs[-1]["p95_ms"], each)
    return runs


def beside_pages(
    settings: Settings, server: psutil.Process, polls: list[Poll], pages: list[Ask], seconds: float
) -> list[dict[str, Any]]:
    """What people wait for their pages, and programs for their feeds, at several paces of polling."""
    evenly = len(polls) / EVERY.total_seconds()
    in_a_minute = len(polls) / 60
    columns = "polls", "a second", "feed p95 ms", "page median ms", "page p95 ms", "server busy"
    table = Table(columns, f"### Beside {PAGES_A_SECOND:.0f} pages a second")
    runs = []
    for name, pace, conditional in (
        ("none", 0.0, True),
        ("evenly, 304", evenly, True),
        ("evenly, 200", evenly, False),
        ("all within a minute, 304", in_a_minute, True),
        ("all within a minute, 200", in_a_minute, False),
    ):
        asks = [lambda p=poll, c=conditional: get(settings, p.path, p.tag if c else "") for poll in polls]
        busy, began = processor_seconds(server), time.monotonic()
        fed, shown = at_pace([(asks, pace), (pages, PAGES_A_SECOND)], seconds)
        share = (processor_seconds(server) - busy) / (time.monotonic() - began)
        run = {
            "polls": name,
            "a_second": pace,
            "server_busy": share,
            "feed": percentiles(fed),
            "page": percentiles(shown),
        }
        runs.append(run)
        feed, page = run["feed"], run["page"]
        table.add(name, pace, feed["p95_ms"], page["median_ms"], page["p95_ms"], f"{100 * share:.0f} % of a core")
    return runs


def without_pause(ask: Ask, seconds: float) -> list[float]:
    """Ask again as soon as there is an answer, ``AT_ONCE`` at a time; how long each took."""
    took: list[float] = []
    until = time.monotonic() + seconds

    def go_on() -> None:
        while (began := time.monotonic()) < until:
            ask()
            took.append(time.monotonic() - began)

    threads = [threading.Thread(target=go_on) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def at_pace(streams: list[tuple[list[Ask], float]], seconds: float) -> list[list[float]]:
    """Ask at a pace whatever the answers do; how long each took from the moment it was due."""
    took: list[list[float]] = [[] for _ in streams]

    def ask_now(stream: int, ask: Ask, due: float) -> None:
        ask()
        took[stream].append(time.monotonic() - due)

    plan = [
        (n / pace, stream, asks[n % len(asks)])
        for stream, (asks, pace) in enumerate(streams)
        for n in range(int(pace * seconds))
    ]
    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        began = time.monotonic()
        for at, stream, ask in sorted(plan, key=lambda each: each[0]):
            time.sleep(max(0.0, began + at - time.monotonic()))
            pool.submit(ask_now, stream, ask, began + at)
    return took


def percentiles(took: list[float]) -> dict[str, float | None]:
    """Median and 95th percentile in milliseconds; None where nothing was asked."""
    if len(took) < 2:
        return {"median_ms": None, "p95_ms": None}
    return {"median_ms": 1_000 * statistics.median(took), "p95_ms": 1_000 * statistics.quantiles(took, n=20)[-1]}


def processor_seconds(server: psutil.Process) -> float:
    """Processor time of the server so far."""
    used = server.cpu_times()
    return float(used.user + used.system)


def get(settings: Settings, path: str, tag: str = "") -> tuple[int, str]:
    """Fetch a feed over a connection of its own; the status and the tag."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=60)
    try:
        connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    assert answer.status == (304 if tag else 200), answer.status
    return answer.status, answer.headers["ETag"]


def pages_of(person: str, log_in: str) -> list[Ask]:
    """What people look at meanwhile: a participant's own page, an organiser's home, answers and people."""
    organiser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with organiser.open(log_in, timeout=60) as page:
        token = re.search(rb'name="csrf_token" value="([^"]+)"', page.read())
    assert token is not None
    form = urllib.parse.urlencode({"csrf_token": token[1].decode()}).encode()
    organiser.open(log_in, form, timeout=60).close()
    origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(log_in))
    top = f"{origin}/programmes/demo"
    return [
        lambda a=address: _look(organiser, a) for address in (person, top, person, f"{top}/collect", f"{top}/people")
    ]


def _look(browser: urllib.request.OpenerDirector, address: str) -> None:
    asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - an address of ours
    with browser.open(asked, timeout=60) as page:
        page.read()
        assert page.url == address, page.url


def fill(settings: Settings, subscribers: int) -> tuple[list[str], str, str]:
    """The demo programme for people to look at, and beside it one of so many subscribers.

    Returns the addresses of their feeds, of a participant's page and of an organiser's log-in.
    """
    from scheduler.cli.context import application
    from scheduler.cli.programmes import fresh_links
    from scheduler.demo import create_demo

    with application(settings):
        create_demo()
        links = fresh_links("demo")
        page = next(each["url"] for each in links["participants"] if each["url"])
        return subscribe(subscribers), page, links["organiser"]


def subscribe(how_many: int) -> list[str]:
    """A programme of people with dates, each with the address of a feed."""
    from scheduler.clock import now
    from scheduler.collect.links import calendar_url
    from scheduler.invite.identity import new_uid
    from scheduler.models import Event, EventKind, Invitation, Person, Programme, Session, record
    from scheduler.transaction import transaction

    with transaction() as tx:
        programme = Programme(slug="large", name="A large programme", short_name="Large")
        tx.add(programme)
        tx.flush()
        event = Event(programme=programme, key="W1", position=1, title="Workshop", kind=EventKind.WORKSHOP, audience={})
        first = now().replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=30)
        sessions = [
            Session(
                programme=programme,
                event=event,
                key=f"W1-{n}",
                starts_at=first + timedelta(days=14 * n),
                ends_at=first + timedelta(days=14 * n, hours=7),
                time_zone="Europe/London",
            )
            for n in range(DATES_EACH)
        ]
        people = [
            Person(programme=programme, name=f"Person {n}", email=f"person{n}@trust.example") for n in range(how_many)
        ]
        tx.add_all([event, *sessions, *people])
        tx.flush()
        tx.add_all(
            Invitation(
                programme=programme,
                person=person,
                session=session,
                uid=new_uid("convene.example"),
                dtstamp=now().replace(microsecond=0),
                organizer="convene@localhost",
                attendee=person.email,
                summary="Workshop – Large",
                description="You come with Tom Reid.\n\n" + "What this day is for, in a few sentences. " * 10,
                location="The Carriageworks, Leeds, LS2 3AD",
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                time_zone="Europe/London",
            )
            for person in people
            for session in sessions
        )
        record("plan.published", programme=programme, by=None, thing="plan 1")
        return [calendar_url(person) for person in people]


@contextmanager
def serving(settings: Settings) -> Iterator[psutil.Process]:
    """Run ``convene web`` while inside."""
    environment = {**os.environ, "CONVENE_INSTANCE": str(settings.instance), "PORT": str(settings.port)}
    words = [sys.executable, "-m", "scheduler.cli", "web"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", settings.port), timeout=1).close()
                    break
                except OSError:
                    assert server.poll() is None, "the server ended by itself"
                    time.sleep(0.1)
            yield psutil.Process(server.pid)
        finally:
            server.terminate()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()
