"""When answers are taken: opening events with a closing date, changing it, closing now; then answers are read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.events import SavedMeanwhile
from scheduler.models import Event, Organiser, record
from scheduler.transaction import transaction


class ClosingDateRefused(ValueError):
    """The closing date cannot be that; the text says why, in words for its field."""


class NothingToAsk(ValueError):
    """No date of the chosen events lies ahead."""


def open_events(events: Sequence[Event], closes_at: datetime, *, by: Organiser | None) -> None:
    """Take answers to some events' dates from now until a closing date.

    Raises ClosingDateRefused, and NothingToAsk where an event has no date ahead. Nobody is written to: see
    ``reminders.ask``.
    """
    moment = now()
    for event in events:
        if not any(session.withdrawn_at is None and session.starts_at > moment for session in event.sessions):
            raise NothingToAsk(f"{event.title} has no date ahead. Add dates before you ask")
    check_closing_date(events, closes_at)
    with transaction():
        for event in events:
            event.opened_at = event.opened_at or moment
            event.closes_at = closes_at
            record(
                "collection.opened", programme=event.programme, by=by, thing=event.title, closes=closes_at.isoformat()
            )


def change_closing_date(event: Event, closes_at: datetime, *, by: Organiser | None, version: int | None = None) -> None:
    """Move an event's closing date; one that has closed is open again.

    Raises ClosingDateRefused, and SavedMeanwhile where ``version`` is given and not the event's own any more.
    """
    check_closing_date([event], closes_at)
    with transaction():
        if version is not None and event.version != version:
            raise SavedMeanwhile
        event.closes_at = closes_at
        record(
            "collection.closing-date-changed",
            programme=event.programme,
            by=by,
            thing=event.title,
            closes=closes_at.isoformat(),
        )


def close_now(event: Event, *, by: Organiser | None) -> None:
    """Take no more answers to an event; pressing twice closes once."""
    if not event.is_open():
        return
    with transaction():
        event.closes_at = now()
        record("collection.closed", programme=event.programme, by=by, thing=event.title)


def check_closing_date(events: Sequence[Event], closes_at: datetime) -> None:
    """A closing date lies ahead, and before the last date it is about. Raises ClosingDateRefused."""
    if closes_at <= now():
        raise ClosingDateRefused("The closing date must be in the future")
    for event in events:
        last = max((s.starts_at for s in event.sessions if s.withdrawn_at is None), default=None)
        if last is not None and closes_at >= last:
            day = formatting.day(last, event.programme.time_zone)
            raise ClosingDateRefused(f"The closing date must be before {day}, the last date of {event.title}")


def answers_can_close(event: Event, left: Mapping[int, int]) -> bool:
    """Whether an event takes answers though nobody has any left to give: time to close it."""
    return event.is_open() and not left
