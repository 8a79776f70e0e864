"""Where things stand, event by event, and what comes next: the figures of the home page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.progress import Collection, Stage
from scheduler.extensions import db
from scheduler.invite.places import placements_of, sets_of
from scheduler.models import AuditEntry, Event, Invitation, PartStat, Plan, Programme, Session


@dataclass(frozen=True)
class EventStanding:
    """One event's row: dates that run of those offered, answers, plan, replies, and what comes next."""

    event: Event
    dates: str
    answers: str
    plan: str
    invited: int
    accepted: int
    declined: int
    next: str


@dataclass(frozen=True)
class NextSession:
    """A session that runs, with how many parties are placed in it."""

    session: Session
    title: str
    parties: int


def standing_of(collections: Sequence[Collection], plan: Plan | None) -> list[EventStanding]:
    """A row for every event with dates, in order."""
    replies = _replies(collections)
    running = _running(plan)
    return [_row(collection, plan, replies, running) for collection in collections]


def next_sessions(plan: Plan | None, most: int = 5) -> list[NextSession]:
    """The next sessions of the published plan."""
    if plan is None:
        return []
    counts = Counter(placement.session_id for placement in placements_of(plan))
    titles = {}
    for learning_set in sets_of(plan):
        for meeting in learning_set.meetings:
            counts[meeting.session_id] += len(learning_set.members)
            titles[meeting.session_id] = learning_set.event.title
    sessions = db.session.scalars(
        sa.select(Session)
        .where(Session.id.in_(list(counts)), Session.ends_at > now())
        .options(joinedload(Session.event), joinedload(Session.venue))
        .order_by(Session.starts_at, Session.id)
        .limit(most)
    )
    return [NextSession(s, titles.get(s.id, s.event.title), counts[s.id]) for s in sessions]


def happened(programme: Programme, most: int = 10) -> list[AuditEntry]:
    """The latest entries of the audit."""
    return list(
        db.session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.programme_id == programme.id)
            .options(joinedload(AuditEntry.organiser), joinedload(AuditEntry.person))
            .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
            .limit(most)
        )
    )


def _row(
    collection: Collection, plan: Plan | None, replies: Counter[tuple[int, PartStat]], running: dict[int, set[int]]
) -> EventStanding:
    event = collection.event
    runs = running.get(event.id, set())
    offered = len(collection.sessions)
    invited = sum(number for (event_id, _), number in replies.items() if event_id == event.id)
    upcoming = [s for s in collection.sessions if s.id in runs]
    if upcoming:
        following = formatting.short_day(upcoming[0].starts_at, upcoming[0].time_zone)
    elif event.closes_at is not None and event.is_open():
        following = f"closes {formatting.short_day(event.closes_at, event.programme.time_zone)}"
    else:
        following = "not asked" if event.opened_at is None else "closed"
    return EventStanding(
        event=event,
        dates=formatting.of(len(upcoming), offered) if runs else formatting.number(offered),
        answers=f"{formatting.of(collection.stages[Stage.COMPLETE], len(collection.parties))}",
        plan=f"{plan.number} Published" if plan is not None and runs else "Not planned",
        invited=invited,
        accepted=replies[event.id, PartStat.ACCEPTED],
        declined=replies[event.id, PartStat.DECLINED],
        next=following,
    )


def _running(plan: Plan | None) -> dict[int, set[int]]:
    """By event, the sessions that run in a plan."""
    running: dict[int, set[int]] = {}
    if plan is None:
        return running
    for placement in placements_of(plan):
        running.setdefault(placement.event_id, set()).add(placement.session_id)
    for learning_set in sets_of(plan):
        running.setdefault(learning_set.event_id, set()).update(m.session_id for m in learning_set.meetings)
    return running


def _replies(collections: Sequence[Collection]) -> Counter[tuple[int, PartStat]]:
    rows = db.session.execute(
        sa.select(Session.event_id, Invitation.partstat, sa.func.count())
        .join(Session, Session.id == Invitation.session_id)
        .where(Session.event_id.in_([c.event.id for c in collections]), Invitation.cancelled_at.is_(None))
        .where(Session.is_own_meeting.is_(False))
        .group_by(Session.event_id, Invitation.partstat)
    )
    return Counter({(event_id, partstat): number for event_id, partstat, number in rows})
