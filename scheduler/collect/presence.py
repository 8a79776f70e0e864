"""Who was at a session, as its check-in says: what plans, encounters and figures count from.

Below ``plan``, because a new problem counts who has met from here; the screens' figures are in ``follow.attendance``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Attendance, Person, Presence, Session

# Somebody sat there for the Trust.
CAME = (Presence.PRESENT, Presence.DEPUTY)


def present_at(session_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Ids of the Trusts that somebody came for, by session; one where no attendance was taken is left out.

    A deputy counts for the Trust they came for, a walk-in for the Trust they named, if the programme knows it.
    """
    return _by_session(session_ids, Attendance.trust_id)


def people_at(session_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Ids of the people of the programme who were there themselves, by session; else as ``present_at``."""
    itself = sa.case((Attendance.state == Presence.DEPUTY, Attendance.deputy_id), else_=Attendance.person_id)
    return _by_session(session_ids, itself)


def taken_at(session_ids: Iterable[int]) -> frozenset[int]:
    """Ids of the sessions at which attendance was taken: somebody was marked as there. Apologies alone do not make it
    so, as they can come days before."""
    return frozenset(present_at(session_ids))


def attended_by(person: Person) -> list[Session]:
    """The sessions that are over and that a person came to themselves, the last one first."""
    themselves = sa.or_(
        sa.and_(Attendance.person_id == person.id, Attendance.state == Presence.PRESENT),
        sa.and_(Attendance.deputy_id == person.id, Attendance.state == Presence.DEPUTY),
    )
    wanted = sa.select(Session).where(
        Session.id.in_(sa.select(Attendance.session_id).where(themselves)), Session.ends_at <= now()
    )
    options = joinedload(Session.event), joinedload(Session.venue)
    return list(db.session.scalars(wanted.options(*options).order_by(Session.starts_at.desc(), Session.id)))


def _by_session(
    session_ids: Iterable[int], what: sa.ColumnElement[int | None] | sa.orm.InstrumentedAttribute[int | None]
) -> dict[int, frozenset[int]]:
    rows = db.session.execute(
        sa.select(Attendance.session_id, what)
        .where(Attendance.session_id.in_(list(session_ids)), Attendance.state.in_(CAME))
        .distinct()
    )
    found: dict[int, set[int]] = defaultdict(set)
    for session_id, row_id in rows:
        found[session_id] |= set() if row_id is None else {row_id}
    return {session_id: frozenset(ids) for session_id, ids in found.items()}
