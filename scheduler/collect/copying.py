"""An event copied to later weeks: the same weekdays and times of the clock, rules and facilitators, no answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from scheduler.collect.events import SessionDetails, new_event, new_session, one_at_a_time
from scheduler.extensions import db
from scheduler.models import (
    AudienceName,
    Event,
    EventFacilitator,
    MixRule,
    Organiser,
    Round,
    Session,
    SessionUse,
    record,
)
from scheduler.transaction import transaction
from scheduler.wall_times import aware

WHAT_IT_IS = (
    "purpose", "encounters", "open_min", "open_max", "size_min", "size_max", "count_min", "count_max",
)  # fmt: skip
RULE = ("attribute", "max_share_text", "max_count", "min_distinct")


def copy_event(event: Event, *, title: str, weeks: int, by: Organiser) -> Event:
    """The event once more, ``weeks`` later, in the same programme; withdrawn dates stay behind.

    Raises WallTimeRefused where the clock does not show a time on the later day, or shows it twice.
    """
    programme_id = event.programme_id
    with transaction() as tx:
        copy = new_event(event.programme, event.kind)
        copy.title, copy.audience = title, dict(event.audience)
        for name in WHAT_IT_IS:
            setattr(copy, name, getattr(event, name))
        copy.mix = [MixRule(programme_id=programme_id, **_named(rule, RULE)) for rule in event.mix]
        copy.audience_names = [
            AudienceName(programme_id=programme_id, **_named(name, ("included", "party", "pair_id", "person_id")))
            for name in event.audience_names
        ]
        copy.facilitators = [
            EventFacilitator(facilitator=each.facilitator, max_sets=each.max_sets) for each in event.facilitators
        ]
        copy.after = list(event.after)
        tx.add(copy)
        tx.flush()
        for session in event.sessions:
            if session.withdrawn_at is None:
                _copy_session(session, copy, weeks, session.round.number if session.round else None)
        record("event.copied", programme=event.programme, by=by, thing=event.title, weeks=weeks)
    return copy


def copy_round(round_: Round, *, weeks: int, by: Organiser) -> Round:
    """The dates of a round of sets once more, ``weeks`` later, as the next round of its event.

    Raises WallTimeRefused where the clock does not show a time on the later day, or shows it twice.
    """
    event = round_.event
    with transaction() as tx:
        one_at_a_time(event.programme)
        number = 1 + max(each.number for each in event.rounds)
        offered = [slot for slot in round_.slots if slot.withdrawn_at is None]
        for slot in offered:
            _copy_session(slot, event, weeks, number)
        record("sessions.added", programme=event.programme, by=by, thing=event.title, dates=len(offered))
        tx.flush()
        tx.expire(event, ["rounds"])
    return next(each for each in event.rounds if each.number == number)


def later(session: Session, weeks: int) -> SessionDetails:
    """A date so many weeks later, on the same weekday and at the same time of its zone's clock.

    Raises WallTimeRefused where the clock does not show that time on that day, or shows it twice.
    """
    shift = timedelta(weeks=weeks)
    start, end = (
        aware((moment + shift).replace(tzinfo=None), session.time_zone)
        for moment in (session.local_start, session.local_end)
    )
    return replace(SessionDetails.of(session), start=start, end=end)


def _copy_session(session: Session, to: Event, weeks: int, round_number: int | None) -> None:
    copy = new_session(to, later(session, weeks), round_number)
    for use in session.uses:
        db.session.add(SessionUse(session_id=copy.id, resource_id=use.resource_id, amount=use.amount))


def _named(row: MixRule | AudienceName, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}
