"""The people of a programme as its organisers see them: pairs in a list, people outside them, details and links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import now
from scheduler.collect.audience import parties_of
from scheduler.collect.links import renew
from scheduler.collect.notes import queue_link
from scheduler.extensions import db
from scheduler.models import (
    Availability,
    Event,
    LearningSet,
    MessageState,
    Organiser,
    OutboxMessage,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Programme,
    Purpose,
    RoleHeld,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    TrustType,
    audit,
    record,
)
from scheduler.transaction import transaction


class ChangedMeanwhile(Exception):
    """Somebody else saved the same record after the form was opened."""


class AddressTaken(Exception):
    """Another person of the programme has this address; ``person`` is who."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.name)
        self.person = person


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which pairs are wanted; what is left out narrows nothing.

    ``missing``: "person" for a vacant role, "sponsor" for none confirmed, "address" where mail came back.
    """

    find: str = ""
    region: str = ""
    kind: TrustType | None = None
    cohort_id: int | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class PairLine:
    """One pair in the list: how many of the dates its people are asked about are answered, and where it goes next."""

    pair: Pair
    answered: int
    asked: int
    next_session: Session | None


def pair_lines(
    programme: Programme, wanted: Narrowing, *, first: int = 0, most: int | None = None
) -> tuple[list[PairLine], int]:
    """The living pairs that are wanted, by the name of their Trust, and how many there are in all."""
    director, manager = aliased(Person), aliased(Person)
    pairs = (
        sa.select(Pair)
        .join(Pair.trust)
        .outerjoin(director, Pair.director)
        .outerjoin(manager, Pair.manager)
        .where(Pair.programme_id == programme.id, Pair.left_on.is_(None), *_conditions(wanted, director, manager))
    )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(pairs.subquery())) or 0
    shown = db.session.scalars(
        pairs.options(
            joinedload(Pair.trust),
            joinedload(Pair.cohort),
            selectinload(Pair.director),
            selectinload(Pair.manager),
            selectinload(Pair.sponsor),
        )
        .order_by(Trust.name, Pair.id)
        .offset(first)
        .limit(most)
    ).all()
    asked, answered = _answers(programme, shown)
    going = _next_sessions(programme, shown)
    return [PairLine(pair, answered[pair.id], asked[pair.id], going.get(pair.id)) for pair in shown], total


def _conditions(wanted: Narrowing, director: type[Person], manager: type[Person]) -> Iterable[sa.ColumnElement[bool]]:
    if wanted.find:
        places: tuple[Any, ...] = (
            Trust.name,
            Trust.ods_code,
            director.name,
            director.email,
            manager.name,
            manager.email,
        )
        yield sa.or_(*(place.icontains(wanted.find, autoescape=True) for place in places))
    if wanted.region:
        yield Trust.region == wanted.region
    if wanted.kind:
        yield Trust.trust_type == wanted.kind
    if wanted.cohort_id:
        yield Pair.cohort_id == wanted.cohort_id
    if wanted.missing == "person":
        yield Pair.director_id.is_(None) | Pair.manager_id.is_(None)
    elif wanted.missing == "sponsor":
        yield Pair.sponsor_confirmed_on.is_(None)
    elif wanted.missing == "address":
        yield sa.or_(*(_bounced(person) for person in (director, manager)))


def _bounced(person: type[Person]) -> sa.ColumnElement[bool]:
    """Whether mail to the address that a person has now came back."""
    return sa.exists().where(
        OutboxMessage.person_id == person.id,
        OutboxMessage.to_address == person.email,
        OutboxMessage.state == MessageState.BOUNCED,
    )


def _answers(programme: Programme, pairs: Sequence[Pair]) -> tuple[dict[int, int], dict[int, int]]:
    """By pair: how many answers its people are asked for, and how many of them they have given."""
    asked: dict[int, int] = defaultdict(int)
    answered: dict[int, int] = defaultdict(int)
    people = {person.id for pair in pairs for person in pair.people}
    rows = db.session.execute(
        sa.select(Availability.person_id, Availability.session_id).where(Availability.person_id.in_(people))
    )
    given = {(person_id, session_id) for person_id, session_id in rows}
    events = db.session.scalars(
        sa.select(Event)
        .where(Event.programme_id == programme.id, Event.opened_at.is_not(None))
        .options(selectinload(Event.sessions), selectinload(Event.audience_names))
    )
    for event in events:
        sessions = [session.id for session in event.sessions if session.withdrawn_at is None]
        for party in parties_of(event, pairs):
            if party.pair is None:
                continue
            wanted = [(person.id, session) for person in party.people for session in sessions]
            asked[party.pair.id] += len(wanted)
            answered[party.pair.id] += sum(each in given for each in wanted)
    return asked, answered


def _next_sessions(programme: Programme, pairs: Sequence[Pair]) -> dict[int, Session]:
    """By pair: the first session or set meeting to come in the published plan."""
    ids = [pair.id for pair in pairs]
    published = (Plan.programme_id == programme.id, Plan.status == PlanStatus.PUBLISHED, Session.starts_at > now())
    placed = (
        sa.select(Placement.pair_id, Session)
        .join(Placement.plan)
        .join(Placement.session)
        .where(Placement.pair_id.in_(ids), *published)
    )
    meeting = (
        sa.select(SetMember.pair_id, Session)
        .join(SetMember.learning_set)
        .join(LearningSet.plan)
        .join(SetMeeting, SetMeeting.set_id == LearningSet.id)
        .join(SetMeeting.session)
        .where(SetMember.pair_id.in_(ids), *published)
    )
    found: dict[int, Session] = {}
    for query in (placed, meeting):
        for pair_id, session in db.session.execute(query):
            before = found.get(pair_id or 0)
            if pair_id and (before is None or session.starts_at < before.starts_at):
                found[pair_id] = session
    return found


def people_outside_pairs(programme: Programme, find: str = "") -> list[Person]:
    """Stakeholders, speakers, facilitators, sponsors, and who held a role before: by name, without those who left."""
    in_pairs = sa.exists().where(sa.or_(Pair.director_id == Person.id, Pair.manager_id == Person.id))
    found = sa.select(Person).where(Person.programme_id == programme.id, Person.left_on.is_(None), ~in_pairs)
    if find:
        places = (Person.name, Person.email, Person.affiliation)
        found = found.where(sa.or_(*(place.icontains(find, autoescape=True) for place in places)))
    return list(db.session.scalars(found.order_by(Person.name, Person.id)))


def people_taking_part(programme: Programme) -> list[Person]:
    """Everyone who has not left, by name."""
    found = sa.select(Person).where(Person.programme_id == programme.id, Person.left_on.is_(None))
    return list(db.session.scalars(found.order_by(Person.name, Person.id)))


def roles_of(person: Person) -> list[tuple[str, Trust]]:
    """The roles that a person holds now: (director, manager or sponsor; the Trust)."""
    columns = {"director": Pair.director_id, "manager": Pair.manager_id, "sponsor": Pair.sponsor_id}
    return [
        (role, pair.trust)
        for role, column in columns.items()
        for pair in db.session.scalars(
            sa.select(Pair).where(Pair.programme_id == person.programme_id, column == person.id).order_by(Pair.id)
        )
    ]


def roles_past(pair: Pair) -> list[RoleHeld]:
    """Who held a role of the pair before, the latest first."""
    before = [held for held in pair.roles_held if held.until is not None]
    return sorted(before, key=lambda held: (held.until or held.since, held.id), reverse=True)


def save_person(person: Person, values: dict[str, str], *, version: int, by: Organiser) -> None:
    """Save a person's name, email, phone and affiliation.

    Raises AddressTaken, or ChangedMeanwhile where ``version`` is not the one on record.
    """
    address = values["email"].lower()
    holder = db.session.scalar(
        sa.select(Person).where(
            Person.programme_id == person.programme_id, Person.email == address, Person.id != person.id
        )
    )
    if holder:
        raise AddressTaken(holder)
    _save(person, {**values, "email": address}, version, "person.changed", by)


def save_trust(trust: Trust, values: dict[str, Any], *, version: int, by: Organiser) -> None:
    """Save a Trust's name, region, type and research activity. Raises ChangedMeanwhile for an old version."""
    _save(trust, values, version, "trust.changed", by)


def _save(row: Person | Trust, values: dict[str, Any], version: int, what: str, by: Organiser) -> None:
    if row.version != version:
        raise ChangedMeanwhile
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    if not changed:
        return
    try:
        with transaction() as tx:
            for name in changed:
                setattr(row, name, values[name])
            tx.flush()
            record(what, programme=row.programme, by=by, thing=row.name, id=row.id, fields=changed)
    except StaleDataError:
        raise ChangedMeanwhile from None


def last_saved(row: Person | Trust) -> tuple[str, datetime] | None:
    """Who saved a record last on its page, and when; None if only an import or the person did."""
    what = "trust.changed" if isinstance(row, Trust) else "person.changed"
    return audit.last_saved(row.programme_id, what, row.id)


def send_link(person: Person, *, by: Organiser) -> None:
    """Mail a person the link to their own page once more."""
    with transaction():
        queue_link(person)
        record("link.sent", programme=person.programme, by=by, thing=person.name)


def replace_link(person: Person, *, by: Organiser) -> None:
    """End a person's link at once, and mail them a new one."""
    with transaction():
        renew(person, Purpose.PAGE, by=by)
        queue_link(person)
