"""A set as its people are shown it: whose Trusts, which people, who leads it, when it meets. Addresses of nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.collect.audience import pairs_of
from scheduler.extensions import db
from scheduler.models import Event, Facilitator, LearningSet, Pair, Person, Plan, Session, SetMember
from scheduler.plan.overview import sets_of
from scheduler.plan.published import people_of, published_plan
from scheduler.words import PAIR_ROLES


@dataclass(frozen=True)
class Line:
    """One party of a set: a pair under its Trust's name, or a person alone."""

    name: str
    region: str
    people: tuple[Person, ...]
    roles: tuple[str, ...]  # of each of the people, "" where they are in no pair

    @property
    def who(self) -> list[tuple[Person, str]]:
        """Its people, each with their role."""
        return list(zip(self.people, self.roles, strict=True))


@dataclass(frozen=True)
class Meeting:
    """One date of a set; ``where`` is a place in a line, ``joining_url`` the link of a meeting online."""

    session: Session
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    where: str
    joining_url: str


@dataclass(frozen=True)
class ShownSet:
    """One set with all that its people see of it."""

    number: int
    event: Event
    lines: tuple[Line, ...]
    facilitator: Person | None
    meetings: tuple[Meeting, ...]
    row: LearningSet | None = None

    @property
    def people(self) -> list[Person]:
        """Everybody who is in it; who leads it is not."""
        return list(dict.fromkeys(person for line in self.lines for person in line.people))

    @property
    def everybody(self) -> list[Person]:
        """Everybody who is in it or leads it."""
        leaders = [self.facilitator] if self.facilitator is not None else []
        return list(dict.fromkeys([*self.people, *leaders]))

    def ahead(self, at: datetime) -> list[Meeting]:
        """Its meetings that are not over, the next one first."""
        return sorted((m for m in self.meetings if m.ends_at > at), key=lambda m: m.starts_at)


def sets_published_to(person: Person) -> list[ShownSet]:
    """The sets of the published plan that somebody is in or leads."""
    plan = published_plan(person.programme)
    if plan is None:
        return []
    return [shown for shown in map(shown_set, _sets_with(plan, person)) if person in shown.everybody]


def shown_set(row: LearningSet) -> ShownSet:
    """A set of a plan."""
    lines = (line_of(member) for member in row.members)
    leader = row.facilitator.person if row.facilitator is not None else None
    meetings = (meeting_at(meeting.session) for meeting in row.meetings if meeting.session.withdrawn_at is None)
    ordered = sorted(meetings, key=lambda meeting: meeting.starts_at)
    return ShownSet(row.number, row.event, _in_order(lines), leader, tuple(ordered), row)


def line_of(member: SetMember) -> Line:
    """One party of a set of a plan."""
    people = tuple(people_of(member))
    if member.pair is None:
        return Line(f"{people[0].name}" if people else member.party, "", people, tuple("" for _ in people))
    return line_of_pair(member.pair, people)


def line_of_pair(pair: Pair, people: Sequence[Person]) -> Line:
    """A pair, or those of it who are in a set."""
    held = [pair.role_of(person) for person in people]
    roles = tuple(PAIR_ROLES[role.value] if role is not None else "" for role in held)
    return Line(pair.trust.name, pair.trust.region, tuple(people), roles)


def lines_of_people(people: Iterable[Person]) -> tuple[Line, ...]:
    """People of a set that runs itself, under their Trusts' names; who serves two stands under the first."""
    by_pair: dict[int, tuple[Pair, list[Person]]] = {}
    alone = []
    for person in people:
        pairs = pairs_of(person)
        if pairs:
            by_pair.setdefault(pairs[0].id, (pairs[0], []))[1].append(person)
        else:
            alone.append(Line(person.name, "", (person,), ("",)))
    return _in_order([*(line_of_pair(pair, members) for pair, members in by_pair.values()), *alone])


def meeting_at(session: Session) -> Meeting:
    """A date as it stands now."""
    venue = session.venue
    where = ", ".join(filter(None, (venue.name, venue.address, venue.town, venue.postcode))) if venue else ""
    link = venue.joining_url if venue is not None else ""
    return Meeting(session, session.starts_at, session.ends_at, session.time_zone, where, link)


def from_snapshot(entry: dict[str, Any], rows: SnapshotRows) -> ShownSet | None:
    """A set as it was kept (``SetProposal.sets``), with the names of now; None where its event is gone."""
    event = rows.events.get(entry["event"])
    if event is None:
        return None
    lines = []
    for member in entry["members"]:
        pair, person = rows.pairs.get(member["pair"]), rows.people.get(member["person"])
        if pair is not None and pair.left_on is None:
            lines.append(line_of_pair(pair, [each for each in pair.people if each.left_on is None]))
        elif person is not None and person.left_on is None:
            lines.append(Line(person.name, "", (person,), ("",)))
    leader = rows.facilitators.get(entry["facilitator"])
    sessions = [rows.sessions[each["session"]] for each in entry["meetings"] if each["session"] in rows.sessions]
    meetings = sorted(map(meeting_at, sessions), key=lambda meeting: meeting.starts_at)
    return ShownSet(
        entry["number"], event, _in_order(lines), leader.person if leader is not None else None, tuple(meetings)
    )


class SnapshotRows:
    """The rows that kept sets name, each kind read once."""

    def __init__(self, entries: Sequence[dict[str, Any]]) -> None:
        members = [member for entry in entries for member in entry["members"]]
        pairs = sa.select(Pair).options(joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager))
        self.pairs: dict[int | None, Pair] = _by_id(pairs, Pair, (m["pair"] for m in members))
        self.people: dict[int | None, Person] = _by_id(sa.select(Person), Person, (m["person"] for m in members))
        leaders = sa.select(Facilitator).options(joinedload(Facilitator.person))
        self.facilitators: dict[int | None, Facilitator] = _by_id(
            leaders, Facilitator, (e["facilitator"] for e in entries)
        )
        sessions = sa.select(Session).options(joinedload(Session.venue))
        self.sessions: dict[int | None, Session] = _by_id(
            sessions, Session, (m["session"] for e in entries for m in e["meetings"])
        )
        self.events: dict[int | None, Event] = _by_id(sa.select(Event), Event, (e["event"] for e in entries))


def _by_id(chosen: sa.Select[Any], kind: Any, ids: Iterable[int | None]) -> dict[int | None, Any]:
    wanted = {each for each in ids if each is not None}
    return {row.id: row for row in db.session.scalars(chosen.where(kind.id.in_(wanted)))} if wanted else {}


def _sets_with(plan: Plan, person: Person) -> list[LearningSet]:
    """The sets of a plan that may concern somebody, read with all that is shown of them."""
    pairs = [pair.id for pair in pairs_of(person)]
    mine = sa.select(SetMember.set_id).where(sa.or_(SetMember.pair_id.in_(pairs), SetMember.person_id == person.id))
    chosen = LearningSet.id.in_(mine) | LearningSet.facilitator.has(Facilitator.person_id == person.id)
    ids = set(db.session.scalars(sa.select(LearningSet.id).where(LearningSet.plan_id == plan.id, chosen)))
    return sets_of(plan, ids) if ids else []


def _in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted((line for line in lines if line.people), key=lambda line: line.name))
