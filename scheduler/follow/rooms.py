"""Who is in the room: everyone who has a place on a session or walked in, with what was marked of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.collect.presence import CAME
from scheduler.extensions import db
from scheduler.models import (
    Apology,
    Attendance,
    Facilitator,
    Invitation,
    LearningSet,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Presence,
    RoleHeld,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    WhoComes,
)
from scheduler.names import by_surname


@dataclass(frozen=True)
class Attendee:
    """One line of the list: a person with a place, or a walk-in. ``key`` names it on the page."""

    key: str
    name: str
    trust: Trust | None
    role: str  # director, manager, facilitator, "" for others
    affiliation: str  # of people outside Trusts, and the Trust a walk-in named where we do not know it
    person: Person | None = None
    row: Attendance | None = None
    apology: Apology | None = None

    @property
    def state(self) -> Presence | None:
        """What was marked at the desk, or else what they said beforehand; None where nothing was."""
        if self.row is not None:
            return self.row.state
        return Presence.APOLOGIES if self.apology is not None else None

    @property
    def came(self) -> bool:
        """Whether they, or somebody for them, are here."""
        return self.state in CAME

    @property
    def whence(self) -> str:
        """Where they are from, as a reader knows it."""
        return self.trust.name if self.trust is not None else self.affiliation

    @property
    def is_walk_in(self) -> bool:
        """Whether they came without a place."""
        return self.row is not None and self.row.walk_in is not None


@dataclass(frozen=True)
class Room:
    """A session and its list, by surname."""

    session: Session
    attendees: Sequence[Attendee]

    @property
    def expected(self) -> list[Attendee]:
        """Those with a place."""
        return [attendee for attendee in self.attendees if not attendee.is_walk_in]

    @property
    def here(self) -> list[Attendee]:
        """Those who came, walk-ins and people with a deputy among them."""
        return [attendee for attendee in self.attendees if attendee.came]

    @property
    def apologies(self) -> list[Attendee]:
        """Those who said that they do not come."""
        return [attendee for attendee in self.attendees if attendee.state is Presence.APOLOGIES]

    @property
    def not_here(self) -> list[Attendee]:
        """Those of whom nothing was heard, or who left again."""
        return [attendee for attendee in self.attendees if attendee.state in (None, Presence.ABSENT)]

    @property
    def counts(self) -> dict[Presence, int]:
        """How many of those with a place are in each state; unmarked ones are absent."""
        counted = Counter(attendee.state or Presence.ABSENT for attendee in self.expected)
        return {state: counted[state] for state in Presence}

    def by_key(self, key: str) -> Attendee | None:
        """The line of a key."""
        return next((attendee for attendee in self.attendees if attendee.key == key), None)


def room_of(session: Session) -> Room:
    """The list of one session; the number of queries does not depend on how long it is."""
    people = _invited_to(session)
    rows = _rows_of(session)
    apologies = _apologies_at(session)
    marked = {row.person_id: row for row in rows if row.person_id is not None}
    pairs = _Pairs({*people, *marked}, session)
    leaders = _facilitators(people)
    attendees = [
        Attendee(
            key=f"p{person.id}",
            name=person.name,
            trust=_trust(marked.get(person.id), pair),
            role=role or ("facilitator" if person.id in leaders else ""),
            affiliation=person.affiliation,
            person=person,
            row=marked.get(person.id),
            apology=apologies.get(person.id),
        )
        for person in people.values()
        for pair, role in [pairs.of(person)]
    ]
    attendees += [_walk_in(row, pairs) for row in rows if row.person_id not in people]
    return Room(session, sorted(attendees, key=lambda attendee: (by_surname(attendee.name), attendee.key)))


def _walk_in(row: Attendance, pairs: _Pairs) -> Attendee:
    """Somebody on the list by their row alone: they walked in, or their place went elsewhere since."""
    pair, role = pairs.of(row.person) if row.person is not None else (None, "")
    return Attendee(
        key=f"w{row.id}",
        name=row.person.name if row.person is not None else row.name,
        trust=_trust(row, pair),
        role=role,
        affiliation=row.person.affiliation if row.person is not None else row.trust_name,
        person=row.person,
        row=row,
    )


def _trust(row: Attendance | None, pair: Pair | None) -> Trust | None:
    if row is not None and row.trust is not None:
        return row.trust
    return pair.trust if pair is not None else None


def _invited_to(session: Session) -> dict[int, Person]:
    """Who holds a place: the living invitations say it, also of people who have left or moved on since."""
    found = db.session.scalars(
        sa.select(Person)
        .join(Invitation, Invitation.person_id == Person.id)
        .where(Invitation.session_id == session.id, Invitation.cancelled_at.is_(None))
    )
    return {person.id: person for person in found.unique()}


def _rows_of(session: Session) -> list[Attendance]:
    return list(
        db.session.scalars(
            sa.select(Attendance)
            .where(Attendance.session_id == session.id)
            .options(joinedload(Attendance.person), joinedload(Attendance.trust), joinedload(Attendance.deputy))
            .order_by(Attendance.id)
            .execution_options(populate_existing=True)
        )
    )


def _apologies_at(session: Session) -> dict[int, Apology]:
    """By person, what keeps them away: their own word, or their partner's "neither of us"."""
    said = db.session.scalars(
        sa.select(Apology).where(Apology.session_id == session.id, Apology.who_comes != WhoComes.SELF)
    ).all()
    away = {a.partner_id: a for a in said if a.who_comes is WhoComes.NOBODY and a.partner_id is not None}
    return away | {apology.person_id: apology for apology in said}


def _facilitators(people: Iterable[int]) -> set[int]:
    return set(db.session.scalars(sa.select(Facilitator.person_id).where(Facilitator.person_id.in_(list(people)))))


class _Pairs:
    """The pair that each person stands for at a session, with their role in it."""

    def __init__(self, people: Iterable[int], session: Session) -> None:
        ids = list(people)
        placed = _pairs_placed(session)
        held = db.session.execute(
            sa.select(RoleHeld)
            .where(RoleHeld.person_id.in_(ids))
            .options(joinedload(RoleHeld.pair).joinedload(Pair.trust))
            .order_by(RoleHeld.id)
        ).scalars()
        current = db.session.scalars(
            sa.select(Pair)
            .where(sa.or_(Pair.director_id.in_(ids), Pair.manager_id.in_(ids)))
            .options(joinedload(Pair.trust))
            .order_by(Pair.id)
        )
        self._of: dict[int | None, tuple[Pair, str]] = {}
        day = session.local_start.date()
        # Who held a role that day comes first, then who holds it now; of two, the pair that has the place here.
        roles: list[tuple[int | None, Pair, str]] = [
            (past.person_id, past.pair, past.role.value) for past in held if _held_on(past, day)
        ]
        for pair in current:
            roles += [(pair.director_id, pair, "director"), (pair.manager_id, pair, "manager")]
        for person_id, pair, role in sorted(roles, key=lambda found: found[1].id not in placed):
            self._of.setdefault(person_id, (pair, role))

    def of(self, person: Person) -> tuple[Pair | None, str]:
        """The pair and the role of a person, (None, "") outside pairs."""
        return self._of.get(person.id, (None, ""))


def _held_on(role: RoleHeld, day: date) -> bool:
    return role.since <= day and (role.until is None or day <= role.until)


def _pairs_placed(session: Session) -> set[int]:
    """Ids of the pairs that the published plan puts here: whoever serves two Trusts comes for that one."""
    published = sa.select(Plan.id).where(Plan.programme_id == session.programme_id, Plan.status == PlanStatus.PUBLISHED)
    by_place = sa.select(Placement.pair_id).where(
        Placement.session_id == session.id, Placement.plan_id.in_(published), Placement.pair_id.is_not(None)
    )
    by_set = (
        sa.select(SetMember.pair_id)
        .join(LearningSet, LearningSet.id == SetMember.set_id)
        .join(SetMeeting, SetMeeting.set_id == LearningSet.id)
        .where(SetMeeting.session_id == session.id, LearningSet.plan_id.in_(published), SetMember.pair_id.is_not(None))
    )
    return {pair_id for pair_id in db.session.scalars(sa.union(by_place, by_set)) if pair_id is not None}
