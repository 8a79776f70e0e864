"""A mail scanner opens every link of every mail before its reader does, with scripts running (abuse case A2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from scheduler import Convene
from scheduler.clock import now
from scheduler.collect import notes
from scheduler.collect.reminders import ask
from scheduler.extensions import db
from scheduler.models import Event, OutboxMessage
from scheduler.organisers import mail_log_in_link
from tests.journeys.conftest import Running, Window
from tests.journeys.filled import Filled, fill
from tests.journeys.mailbag import links_of, parsed

LONGER_THAN_ANY_SCRIPT_WAITS = 2_500
"""Milliseconds: answers are saved 600 ms after a tap, work in progress is asked for every two seconds."""
WITH_LINKS = {
    "ask", "reminder", "nudge", "receipt", "link", "log-in", "invitation", "apology",
    "proposed-set", "set-date", "set-released",
}  # fmt: skip


def twice(addresses: Iterable[str]) -> Iterator[str]:
    """Each address again and at once once more."""
    for address in addresses:
        yield from (address, address)


def opened(scanner: Page, address: str) -> int:
    """Open an address anew, as somebody does who has not seen it, and give back the status."""
    scanner.goto("about:blank")
    answer = scanner.goto(address)
    assert answer is not None
    return answer.status


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(tuple(map(str, row)) for row in connection.execute(db.select(table)))
            for table in db.metadata.sorted_tables
        }


@pytest.mark.long
def test_opening_every_link_of_every_mail_three_times_changes_no_row(
    app: Convene, serve: Callable[[Convene], Running], window: Window
) -> None:
    filled = fill(app)
    write_every_kind_of_letter(filled)
    running = serve(app)
    # Where a meeting online is joined is not ours to open.
    addresses = [address for address in every_link() if address.startswith(running.origin)]
    before = rows()

    scanner = window(running.origin)
    for address in [*addresses, *twice(addresses)]:
        assert opened(scanner, address) == 200, address
    for address in {urlsplit(address).path.split("/")[1]: address for address in addresses}.values():
        opened(scanner, address)
        scanner.wait_for_timeout(LONGER_THAN_ANY_SCRIPT_WAITS)

    assert rows() == before
    log_in = next(address for address in addresses if "/sign-in/" in address)
    the_reader_can_still_use(window(running.origin), log_in)


def write_every_kind_of_letter(filled: Filled) -> None:
    """Write what ``fill`` has not: it reminded people and published a plan."""
    unasked = db.session.scalars(db.select(Event).where(Event.opened_at.is_(None))).all()
    ahead = [event for event in unasked if any(session.starts_at > now() for session in event.sessions)]
    ask(ahead, now() + timedelta(days=14), by=filled.organiser)
    notes.nudge(filled.pair.director, filled.pair.manager)
    notes.send_receipt(filled.pair.director)
    notes.send_link_again(filled.pair.director.email)
    notes.tell_organisers(filled.pair.director, "I am away in June.")
    mail_log_in_link(filled.organiser.email)


def every_link() -> list[str]:
    """Each address that any mail leads to."""
    found = [
        (message.kind, address)
        for message in db.session.scalars(db.select(OutboxMessage).order_by(OutboxMessage.id))
        for address in links_of(parsed(message.body))
    ]
    assert {kind for kind, _ in found} == WITH_LINKS
    return list(dict.fromkeys(address for _, address in found))


def the_reader_can_still_use(page: Page, log_in: str) -> None:
    page.goto(log_in)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
