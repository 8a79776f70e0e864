"""Who joins the programme and takes which role; the roles of a pair are handed over here alone, so that each is kept
with its dates and who held it before stays visible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from scheduler.clock import today
from scheduler.collect.people import AddressTaken
from scheduler.extensions import db
from scheduler.models import (
    Facilitator,
    Organiser,
    Pair,
    PairRole,
    Person,
    Programme,
    RoleHeld,
    Standing,
    Trust,
    record,
)
from scheduler.transaction import transaction

SPONSOR = "sponsor"
IN_A_PAIR = (*(role.value for role in PairRole), SPONSOR)


class RoleTaken(Exception):
    """Somebody holds this role of the Trust; ``person`` is who."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.name)
        self.person = person


class NoSuchTrust(Exception):
    """The programme has no Trust with this ODS code."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody who joins, as typed; ``email`` as Convene keeps addresses."""

    name: str
    email: str
    phone: str = ""
    affiliation: str = ""


def who_has(programme: Programme, address: str) -> Person | None:
    """The person of a programme with an address, whether they take part or have left."""
    found = sa.select(Person).where(Person.programme_id == programme.id, Person.email == address.lower())
    return db.session.scalar(found)


def join(programme: Programme, who: Newcomer, *, role: str, ods_code: str = "", by: Organiser) -> Person:
    """Let somebody take part: as "director", "manager" or "sponsor" of a Trust, or with a standing outside pairs.

    Raises AddressTaken where somebody has the address, NoSuchTrust, and RoleTaken where somebody holds the role.
    """
    if (holder := who_has(programme, who.email)) is not None:
        raise AddressTaken(holder)
    with transaction() as tx:
        pair = _pair_of(programme, ods_code) if role in IN_A_PAIR else None
        if pair is not None and (present := getattr(pair, role)) is not None:
            raise RoleTaken(present)
        person = new_person(programme, who, _standing_of(role))
        tx.flush()
        if pair is not None:
            give_role(pair, role, person)
        elif role == Standing.FACILITATOR:
            tx.add(Facilitator(programme_id=programme.id, person_id=person.id))
        record("person.added", programme=programme, by=by, thing=person.name, id=person.id)
    return person


def new_person(programme: Programme, who: Newcomer, standing: Standing = Standing.PARTICIPANT) -> Person:
    """A row for somebody new, in the caller's transaction."""
    person = Person(
        programme=programme,
        name=who.name,
        email=who.email.lower(),
        phone=who.phone,
        affiliation=who.affiliation,
        standing=standing,
    )
    db.session.add(person)
    return person


def give_role(pair: Pair, role: str, person: Person | None) -> None:
    """Hand a role of a pair to somebody, or to nobody: who held it keeps it until today. In the caller's transaction.

    A new sponsor has not confirmed the pair yet.
    """
    before: Person | None = getattr(pair, role)
    if before is person:
        return
    setattr(pair, role, person)
    if role == SPONSOR:
        pair.sponsor_confirmed_on = None
        return
    day = today(pair.programme.time_zone)
    if before is not None:
        _end_role(pair, PairRole(role), before, day)
    if person is not None:
        pair.roles_held.append(RoleHeld(programme=pair.programme, person=person, role=PairRole(role), since=day))


def end_roles(pair: Pair) -> None:
    """Let both roles of a pair that leaves end today; the pair goes on saying who held them."""
    day = today(pair.programme.time_zone)
    for role in PairRole:
        person: Person | None = getattr(pair, role.value)
        if person is not None:
            _end_role(pair, role, person, day)


def _end_role(pair: Pair, role: PairRole, person: Person, day: date) -> None:
    held = [each for each in pair.roles_held if each.role is role and each.until is None]
    for each in held:
        each.until = day
    if not held:  # a role given before roles were kept
        since = min(person.created_at.date(), day)
        pair.roles_held.append(RoleHeld(programme=pair.programme, person=person, role=role, since=since, until=day))


def _pair_of(programme: Programme, ods_code: str) -> Pair:
    code = ods_code.strip().upper()
    trust = db.session.scalar(sa.select(Trust).where(Trust.programme_id == programme.id, Trust.ods_code == code))
    if trust is None:
        raise NoSuchTrust(code)
    if trust.pair is None:
        pair = Pair(programme=programme, trust=trust)
        db.session.add(pair)
        db.session.flush()
        return pair
    return trust.pair


def _standing_of(role: str) -> Standing:
    return Standing.PARTICIPANT if role in list(PairRole) else Standing(role)
