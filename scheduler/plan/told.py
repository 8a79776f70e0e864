"""Where people were told to be: for each session the plan that was in force when it began, or is in force now.

A plan that replaces another takes over what has begun, but a set's members may change between two of its rounds. So the
past is read from the plan of its day, never from the newest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import (
    LearningSet,
    Pair,
    Placement,
    Plan,
    PlanStatus,
    Programme,
    Session,
    SetMeeting,
    SetMember,
    Trust,
)

TOLD = (PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED)


class Seat(NamedTuple):
    """A party at a session: its id in problem files, the ODS code it counts for, its pair; None outside Trusts."""

    party: str
    trust: str | None
    pair_id: int | None


@dataclass(frozen=True)
class Sitting:
    """A session, or the set of a ``number`` in its slot, with the parties that were told to come."""

    session: Session
    number: int | None
    seats: tuple[Seat, ...]

    @cached_property
    def trusts(self) -> frozenset[str]:
        """ODS codes of the Trusts that were told to come."""
        return frozenset(seat.trust for seat in self.seats if seat.trust is not None)

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes it one occasion: the session, or the set in all its rounds (problem format, "together")."""
        if self.number is None:
            return "session", self.session.id, 0
        return "set", self.session.event_id, self.number

    def has_ended(self, at: datetime) -> bool:
        """Whether it lies behind."""
        return self.session.ends_at <= at


def sittings_of(programme: Programme, at: datetime, ahead: Plan | None = None) -> list[Sitting]:
    """Every session that took place or is published, by time; one without a seat where nobody was told to come.

    ``ahead`` speaks for what has not begun in place of the published plan: what a draft would bring. Withdrawn sessions
    are left out. Five queries, whatever the size.
    """
    sessions = _sessions(programme)
    in_force = _in_force(_plans(programme), sessions, at, None if ahead is None else ahead.id)
    if not in_force:
        return [Sitting(session, None, ()) for session in sessions if session.round_id is None]
    seats = _placements(in_force)
    sets = _sets(in_force)
    found: list[Sitting] = []
    for session in sessions:
        if session.round_id is None:
            found.append(Sitting(session, None, tuple(seats.get(session.id, ()))))
        found += [Sitting(session, number, tuple(members)) for number, members in sets.get(session.id, ())]
    return found


def plans_told(programme: Programme) -> list[int]:
    """Ids of the plans that people were told of, in the order of their days."""
    return [plan_id for plan_id, *_ in _plans(programme)]


def trust_of(party: str, code: str | None) -> str | None:
    """The ODS code a party counts for: that of its pair, or of a director or manager alone."""
    if code is not None:
        return code
    trust, dash, role = party.rpartition("-")
    return trust if dash and role in ("D", "M") else None


def _sessions(programme: Programme) -> list[Session]:
    rows = db.session.scalars(
        sa.select(Session)
        .where(Session.programme_id == programme.id)
        .options(joinedload(Session.event), joinedload(Session.venue))
        .order_by(Session.starts_at, Session.id)
    )
    return [row for row in rows if row.withdrawn_at is None or row.withdrawn_at > row.starts_at]


def _plans(programme: Programme) -> list[tuple[int, datetime, PlanStatus]]:
    """The plans that people were told of, in the order of their days."""
    since = sa.func.coalesce(Plan.published_at, Plan.made_at, type_=Plan.made_at.type)
    rows = db.session.execute(
        sa.select(Plan.id, since, Plan.status)
        .where(Plan.programme_id == programme.id, Plan.status.in_(TOLD))
        .order_by(since, Plan.id)
    )
    return [(plan_id, moment, status) for plan_id, moment, status in rows]


def _in_force(
    plans: list[tuple[int, datetime, PlanStatus]], sessions: Iterable[Session], at: datetime, ahead: int | None
) -> dict[int, list[int]]:
    """By plan, the ids of the sessions it speaks for; where none was in force yet, the first speaks."""
    published = next((plan_id for plan_id, _, status in plans if status is PlanStatus.PUBLISHED), None)
    chosen: dict[int, list[int]] = defaultdict(list)
    for session in sessions:
        if session.starts_at > at:
            plan = published if ahead is None else ahead
        else:
            before = [plan_id for plan_id, since, _ in plans if since <= session.starts_at]
            plan = before[-1] if before else next((plan_id for plan_id, *_ in plans), None)
        if plan is not None:
            chosen[plan].append(session.id)
    return chosen


def _of_plans(
    plan_id: sa.orm.InstrumentedAttribute[int],
    session_id: sa.orm.InstrumentedAttribute[int],
    in_force: Mapping[int, Collection[int]],
) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.and_(plan_id == plan, session_id.in_(ids)) for plan, ids in in_force.items()))


def _placements(in_force: Mapping[int, Collection[int]]) -> dict[int, list[Seat]]:
    rows = db.session.execute(
        sa.select(Placement.session_id, Placement.party, Trust.ods_code, Placement.pair_id)
        .outerjoin(Pair, Pair.id == Placement.pair_id)
        .outerjoin(Trust, Trust.id == Pair.trust_id)
        .where(_of_plans(Placement.plan_id, Placement.session_id, in_force))
        .order_by(Placement.party)
    )
    seats: dict[int, list[Seat]] = defaultdict(list)
    for session_id, party, code, pair_id in rows:
        seats[session_id].append(Seat(party, trust_of(party, code), pair_id))
    return seats


def _sets(in_force: Mapping[int, Collection[int]]) -> dict[int, list[tuple[int, list[Seat]]]]:
    """By slot, the sets that meet in it: number and members."""
    meetings = db.session.execute(
        sa.select(SetMeeting.session_id, LearningSet.id, LearningSet.number)
        .join(LearningSet, LearningSet.id == SetMeeting.set_id)
        .where(_of_plans(LearningSet.plan_id, SetMeeting.session_id, in_force))
        .order_by(LearningSet.number)
    ).all()
    rows = db.session.execute(
        sa.select(SetMember.set_id, SetMember.party, Trust.ods_code, SetMember.pair_id)
        .join(LearningSet, LearningSet.id == SetMember.set_id)
        .outerjoin(Pair, Pair.id == SetMember.pair_id)
        .outerjoin(Trust, Trust.id == Pair.trust_id)
        .where(LearningSet.plan_id.in_(list(in_force)))
        .order_by(SetMember.party)
    )
    members: dict[int, list[Seat]] = defaultdict(list)
    for set_id, party, code, pair_id in rows:
        members[set_id].append(Seat(party, trust_of(party, code), pair_id))
    found: dict[int, list[tuple[int, list[Seat]]]] = defaultdict(list)
    for session_id, set_id, number in meetings:
        found[session_id].append((number, members[set_id]))
    return found
