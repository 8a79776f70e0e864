"""The mails around a session that leave by themselves: the day before, and thanks the morning after.

A worker looks every few seconds for what is due. Each person is written to once for each session and kind, whoever
looks and however often: the row that says so is in the transaction of the letter. Owners can switch either kind off.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.notes import subject
from scheduler.collect.post import queue_letter
from scheduler.collect.presence import present_at, taken_at
from scheduler.extensions import db
from scheduler.follow.desks import day_of
from scheduler.follow.rooms import Room, room_of
from scheduler.invite.places import location_of
from scheduler.mailboxes import AddressRefused
from scheduler.models import (
    Attendance,
    Invitation,
    NoticeKind,
    NoticeOff,
    Organiser,
    Person,
    Presence,
    Programme,
    Session,
    SessionNotice,
    Trust,
    record,
)
from scheduler.transaction import transaction

DAY_BEFORE_FROM = time(10)
"""By the session's own clock; from then until midnight, for after it "tomorrow" would be wrong."""
THANKS_FROM = time(9)
THANKS_LATE = timedelta(days=3)
"""After so long thanks are no longer sent: attendance was taken too late."""

log = logging.getLogger(__name__)


def send_due() -> None:
    """Queue what is due now."""
    at = now()
    for session in _sessions_between(at, at + timedelta(days=2)):
        if _is_the_day_before(session, at) and is_on(session.programme, NoticeKind.DAY_BEFORE):
            _remind_of(session)
    over = [s for s in _sessions_between(at - THANKS_LATE - timedelta(days=1), at) if _thanks_are_due(s, at)]
    taken = taken_at([session.id for session in over]) if over else frozenset()
    for session in over:
        if session.id in taken and is_on(session.programme, NoticeKind.THANK_YOU):
            _thank(session)


def is_on(programme: Programme, kind: NoticeKind) -> bool:
    """Whether a programme's people are written to in this way."""
    off = sa.select(NoticeOff.id).where(NoticeOff.programme_id == programme.id, NoticeOff.kind == kind)
    return db.session.scalar(off) is None


def switch(programme: Programme, wanted: Iterable[NoticeKind], *, by: Organiser) -> bool:
    """Send these kinds and no others from now on; whether that changed anything."""
    with transaction() as tx:
        off = {row.kind: row for row in tx.scalars(sa.select(NoticeOff).filter_by(programme_id=programme.id))}
        wanted = set(wanted)
        changed = wanted != set(NoticeKind) - set(off)
        for kind in NoticeKind:
            if kind in wanted and kind in off:
                tx.delete(off[kind])
            elif kind not in wanted and kind not in off:
                tx.add(NoticeOff(programme_id=programme.id, kind=kind, off_by_id=by.id))
        if changed:
            record("notices.switched", programme=programme, by=by, thing=programme.name)
    return changed


def _sessions_between(first: datetime, last: datetime) -> list[Session]:
    """Sessions that start in a stretch of time and that somebody has a place on."""
    invited = sa.exists().where(Invitation.session_id == Session.id, Invitation.cancelled_at.is_(None))
    wanted = sa.select(Session).where(
        Session.starts_at > first, Session.starts_at <= last, Session.withdrawn_at.is_(None), invited
    )
    options = joinedload(Session.event), joinedload(Session.venue), joinedload(Session.programme)
    return list(db.session.scalars(wanted.options(*options).order_by(Session.starts_at, Session.id)))


def _is_the_day_before(session: Session, at: datetime) -> bool:
    morning, _ = day_of(session)
    there = at.astimezone(morning.tzinfo)
    return there.date() == morning.date() - timedelta(days=1) and there.time() >= DAY_BEFORE_FROM


def _thanks_are_due(session: Session, at: datetime) -> bool:
    _, over = day_of(session)
    # The wall clock of the next day, whether or not the clocks change that night.
    from_then = datetime.combine(over.date(), THANKS_FROM, over.tzinfo)
    return from_then <= at <= from_then + THANKS_LATE


def _remind_of(session: Session) -> None:
    written = _written_to(session, NoticeKind.DAY_BEFORE)
    venue = session.venue
    starts = "" if session.whole_days else formatting.clock_time(session.starts_at, session.time_zone)
    town = "online" if venue and venue.is_online else venue.town if venue else ""
    title = f"Tomorrow: {', '.join(filter(None, (session.event.title, starts, town)))}"
    for one in room_of(session).expected:
        person = one.person
        if person is None or person.id in written or person.left_on is not None or one.state is Presence.APOLOGIES:
            continue
        _write(
            session,
            NoticeKind.DAY_BEFORE,
            person,
            subject=title if len(title) <= 60 else f"Tomorrow: {session.event.title}"[:60],
            when=formatting.when(
                session.starts_at, session.ends_at, session.time_zone, reader=session.programme.time_zone
            ),
            where=location_of(venue),
        )


def _thank(session: Session) -> None:
    written = _written_to(session, NoticeKind.THANK_YOU)
    room = room_of(session)
    met = _trusts_in(session)
    for one in _themselves(room):
        if one.person_id in written or one.person is None or one.person.left_on is not None:
            continue
        _write(
            session,
            NoticeKind.THANK_YOU,
            one.person,
            subject=subject(f"Thank you for coming to {session.event.title}", session.programme),
            day=formatting.day(session.starts_at, session.time_zone),
            met=[trust.name for trust in met if trust.id != one.trust_id] if session.event.encounters else [],
        )


def _themselves(room: Room) -> list[Attendance]:
    """The rows of those who came themselves and whom we can write to."""
    rows = [one.row for one in room.attendees if one.row is not None and one.state is Presence.PRESENT]
    return [row for row in rows if row.person_id is not None]


def _trusts_in(session: Session) -> list[Trust]:
    ids = present_at([session.id]).get(session.id, frozenset())
    return list(db.session.scalars(sa.select(Trust).where(Trust.id.in_(ids)).order_by(Trust.name)))


def _written_to(session: Session, kind: NoticeKind) -> set[int]:
    wanted = sa.select(SessionNotice.person_id).where(
        SessionNotice.session_id == session.id, SessionNotice.kind == kind
    )
    return set(db.session.scalars(wanted))


def _write(session: Session, kind: NoticeKind, person: Person, *, subject: str, **context: Any) -> None:
    """One letter, unless another worker was quicker; the row stands also where the address takes no mail."""
    with transaction():
        if not _claimed(session, kind, person):
            return
        try:
            queue_letter(
                kind.value,
                to=person,
                subject=subject,
                programme=session.programme,
                about=session.event.title,
                title=session.event.title,
                url=page_url(person),
                session=session,
                **context,
            )
        except AddressRefused:
            log.warning("Person %d cannot be written to about session %d", person.id, session.id)


def _claimed(session: Session, kind: NoticeKind, person: Person) -> bool:
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    values = {
        "programme_id": session.programme_id, "session_id": session.id, "person_id": person.id, "kind": kind,
        "queued_at": now(),
    }  # fmt: skip
    made = insert(SessionNotice).values(values).on_conflict_do_nothing().returning(SessionNotice.id)
    return db.session.execute(made).scalar() is not None
