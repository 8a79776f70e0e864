"""Every set: who is in it, who leads it, what it has held and who came, since when it runs itself. Never contents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.collect.presence import people_at
from scheduler.extensions import db
from scheduler.invite.own_sets import has_lost_half, running_sets
from scheduler.models import Event, Invitation, OwnMeeting, OwnSet, Person, Programme, Session
from scheduler.plan.overview import sets_of
from scheduler.plan.published import published_plan
from scheduler.plan.shown_sets import Line, ShownSet, lines_of_people, shown_set


@dataclass(frozen=True)
class HeldMeeting:
    """A meeting that is over: who was invited, and who came where somebody took note; None where nobody did."""

    session: Session
    invited: int
    came: int | None


@dataclass(frozen=True)
class SetLine:
    """One set, as a plan placed it, as it runs itself, or both."""

    number: int
    event: Event
    planned: ShownSet | None
    own: OwnSet | None
    held: tuple[HeldMeeting, ...]
    ahead: tuple[Session, ...]

    @property
    def people(self) -> list[Person]:
        """Who is in it now."""
        if self.own is not None:
            return self.own.members
        return self.planned.people if self.planned is not None else []

    @property
    def leader(self) -> Person | None:
        """Who leads it now."""
        if self.own is not None:
            return self.own.facilitator.person if self.own.facilitator is not None else None
        return self.planned.facilitator if self.planned is not None else None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Who is in it now, under their Trusts."""
        if self.own is None and self.planned is not None:
            return self.planned.lines
        return lines_of_people(self.people)

    @property
    def lost_half(self) -> bool:
        """Whether it runs itself and half of those it began with are gone."""
        return self.own is not None and self.own.closed_at is None and has_lost_half(self.own)


def every_set(programme: Programme) -> list[SetLine]:
    """Every set of the published plan, and every one that was released, in a fixed number of queries.

    A set that is closed stands for itself; one that runs itself stands with the set of the plan it came from.
    """
    plan = published_plan(programme)
    planned = [shown_set(row) for row in sets_of(plan)] if plan is not None else []
    own_sets = running_sets(programme)
    own_meetings = _own_meetings([own.id for own in own_sets])
    sessions = {m.session.id for shown in planned for m in shown.meetings}
    sessions |= {session.id for listed in own_meetings.values() for session in listed}
    at, counts = now(), _Counts(sessions)

    def line(shown: ShownSet | None, own: OwnSet | None) -> SetLine:
        dates = [meeting.session for meeting in shown.meetings] if shown is not None else []
        people = {person.id for person in shown.everybody} if shown is not None else set()
        mine = own_meetings.get(own.id, []) if own is not None else []
        held = [counts.held(session, people) for session in dates if session.ends_at <= at]
        held += [counts.held(session, None) for session in mine if session.ends_at <= at]
        ahead = [session for session in (*dates, *mine) if session.ends_at > at]
        found = shown or own
        assert found is not None  # noqa: S101 (one of the two is always there)
        return SetLine(
            found.number,
            found.event,
            shown,
            own,
            tuple(sorted(held, key=lambda each: each.session.starts_at)),
            tuple(sorted(ahead, key=lambda session: session.starts_at)),
        )

    running = {(own.event_id, own.number): own for own in own_sets if own.closed_at is None}
    found = [line(shown, running.pop((shown.event.id, shown.number), None)) for shown in planned]
    found += [line(None, own) for own in own_sets if own.closed_at is not None or own in running.values()]
    return sorted(found, key=lambda each: (each.event.position, each.number, each.own is not None))


def own_meetings_held(programme: Programme, until: datetime | None = None) -> list[tuple[Session, list[Person]]]:
    """The meetings that sets have made for themselves and held, oldest first, each with the people invited to it: for
    whoever counts encounters."""
    rows = db.session.execute(
        sa.select(Session, Person)
        .join(Invitation, Invitation.session_id == Session.id)
        .join(Person, Person.id == Invitation.person_id)
        .where(
            Session.programme_id == programme.id,
            Session.is_own_meeting,
            Session.withdrawn_at.is_(None),
            Session.ends_at <= (until or now()),
            Invitation.cancelled_at.is_(None),
        )
        .order_by(Session.starts_at, Session.id, Person.id)
    )
    found: dict[Session, list[Person]] = defaultdict(list)
    for session, person in rows:
        found[session].append(person)
    return list(found.items())


class _Counts:
    """Who was invited to sessions and who came, read once for all of them."""

    def __init__(self, sessions: Iterable[int]) -> None:
        ids = list(sessions)
        self.came = people_at(ids)
        self.invited: dict[int, set[int]] = defaultdict(set)
        for session, person in db.session.execute(
            sa.select(Invitation.session_id, Invitation.person_id).where(
                Invitation.session_id.in_(ids), Invitation.cancelled_at.is_(None)
            )
        ):
            self.invited[session].add(person)

    def held(self, session: Session, people: set[int] | None) -> HeldMeeting:
        """A meeting of a set; several sets may meet in one slot, so only ``people`` count where they are given."""
        invited: Set[int] = self.invited.get(session.id, set())
        came: Set[int] = self.came.get(session.id, frozenset())
        if people is not None:
            invited, came = invited & people, came & people
        return HeldMeeting(session, len(invited), len(came) if session.id in self.came else None)


def _own_meetings(sets: list[int]) -> dict[int, list[Session]]:
    rows = db.session.execute(
        sa.select(OwnMeeting.set_id, Session)
        .join(Session, Session.id == OwnMeeting.session_id)
        .where(OwnMeeting.set_id.in_(sets), Session.withdrawn_at.is_(None))
        .options(joinedload(Session.own_meeting))
        .order_by(Session.starts_at, Session.id)
    )
    found: dict[int, list[Session]] = defaultdict(list)
    for set_id, session in rows:
        found[set_id].append(session)
    return found
