"""Marking who is here: each tap counts once, whatever the network does, and the latest tap of two desks stands.

A tap carries an id made by its desk and the moment it was made. All taps are kept, so that nothing is lost where two
desks mark one person; the attendance itself is what the latest says (abuse case L5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.clock import now
from scheduler.extensions import Model, db
from scheduler.follow.desks import Desk
from scheduler.follow.rooms import Attendee, Room, room_of
from scheduler.models import Attendance, CheckInTap, Person, Presence, Trust
from scheduler.text import clean_line
from scheduler.transaction import rows_changed, transaction


class CheckInClosed(Exception):
    """Nobody can be marked as here: the day has not come, or the session was withdrawn."""


class NotOnTheList(Exception):
    """The person has no place on this session and did not walk in."""


class HasAPlace(Exception):
    """Who is said to come for somebody has a place of their own here: ``person`` is marked as themselves."""

    def __init__(self, attendee: Attendee) -> None:
        super().__init__(attendee.name)
        self.attendee = attendee


@dataclass(frozen=True, slots=True)
class Tap:
    """One press at a desk: its id there, and when by our clock; a moment that lies ahead is now."""

    key: str
    made_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it counts as made."""
        return min(self.made_at or now(), now())


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who walks in or comes for another, as typed at the desk."""

    name: str
    email: str = ""
    trust: str = ""  # of a walk-in
    role: str = ""  # of a deputy


@dataclass(frozen=True)
class Marked:
    """What became of a tap: whom it was about, and whether it had counted before."""

    attendee: Attendee
    repeated: bool = False
    known: bool = False  # of a walk-in: they were on the list already
    room: Room = field(repr=False, kw_only=True)


def mark(desk: Desk, key: str, state: Presence, tap: Tap) -> Marked:
    """Mark somebody on the list as here, with apologies, or as not here (which takes either back).

    Raises NotOnTheList; CheckInClosed where people cannot be marked as here yet, or no longer. Apologies can be
    marked before the day.
    """
    _check(desk, state)
    attendee = _attendee(desk, key)
    with transaction():
        repeated = not _count(desk, attendee, tap, {"state": state})
    return _told(desk, key, repeated=repeated)


def came_for(desk: Desk, key: str, deputy: Visitor, tap: Tap) -> Marked:
    """Mark that somebody came for a person on the list.

    Raises HasAPlace where the deputy is on the list themselves, and else as ``mark`` does.
    """
    _check(desk, Presence.DEPUTY)
    room = room_of(desk.session)
    attendee = room.by_key(key)
    if attendee is None:
        raise NotOnTheList
    known = _person_of(desk, deputy, attendee.trust)
    taken = known and next((one for one in room.expected if one.person is known), None)
    if taken:
        raise HasAPlace(taken)
    values = {
        "state": Presence.DEPUTY,
        "deputy_name": clean_line(deputy.name),
        "deputy_role": clean_line(deputy.role),
        "deputy_email": deputy.email.lower(),
        "deputy_id": known.id if known else None,
    }
    with transaction():
        repeated = not _count(desk, attendee, tap, values)
    return _told(desk, key, repeated=repeated)


def walk_in(desk: Desk, visitor: Visitor, tap: Tap) -> Marked:
    """Add somebody without a place, and mark them as here; one who is on the list already is marked there.

    Raises CheckInClosed.
    """
    _check(desk, Presence.PRESENT)
    name, trust_name = clean_line(visitor.name), clean_line(visitor.trust)
    trust = trust_called(desk.session.programme_id, trust_name)
    person = _person_of(desk, visitor, trust)
    there = next((one for one in room_of(desk.session).attendees if _is(one, person, name, trust, trust_name)), None)
    if there is not None:
        marked = mark(desk, there.key, Presence.PRESENT, tap)
        return Marked(marked.attendee, marked.repeated, known=True, room=marked.room)
    key = f"{name}|{trust.name if trust else trust_name}".casefold()
    row = {
        "person_id": person.id if person else None,
        "trust_id": trust.id if trust else None,
        "walk_in": key,
        "name": name,
        "trust_name": trust_name,
        "email": visitor.email.lower(),
    }
    which = Attendance.walk_in == key
    if person is not None:
        which = sa.or_(which, Attendance.person_id == person.id)
    with transaction():
        repeated = not _write(desk, row, which, tap, {"state": Presence.PRESENT})
    room = room_of(desk.session)
    added = next(one for one in room.attendees if _is(one, person, name, trust, trust_name))
    return Marked(added, repeated, room=room)


def _is(one: Attendee, person: Person | None, name: str, trust: Trust | None, trust_name: str) -> bool:
    """Whether a line of the list is who walks in: the person, or a walk-in of the same name whose Trust fits."""
    if person is not None and one.person is person:
        return True
    if not one.is_walk_in or one.name.casefold() != name.casefold():
        return False
    return one.trust is trust if trust and one.trust else not trust_name or not one.whence or _fits(one, trust_name)


def _fits(one: Attendee, trust_name: str) -> bool:
    return _short(one.whence) == _short(trust_name)


def trust_called(programme_id: int, name: str) -> Trust | None:
    """The Trust of a programme that somebody names, by its ODS code or its name in full or without its ending."""
    if not name:
        return None
    said = _short(name)
    trusts = db.session.scalars(sa.select(Trust).where(Trust.programme_id == programme_id))
    return next((trust for trust in trusts if said in (trust.ods_code.casefold(), _short(trust.name))), None)


def _short(name: str) -> str:
    words = name.casefold().removesuffix(" nhs foundation trust").removesuffix(" nhs trust")
    return words.strip()


def _check(desk: Desk, state: Presence) -> None:
    if desk.session.withdrawn_at is not None:
        raise CheckInClosed
    if state in (Presence.PRESENT, Presence.DEPUTY) and not desk.is_open:
        raise CheckInClosed


def _attendee(desk: Desk, key: str) -> Attendee:
    attendee = room_of(desk.session).by_key(key)
    if attendee is None:
        raise NotOnTheList
    return attendee


def _told(desk: Desk, key: str, *, repeated: bool) -> Marked:
    room = room_of(desk.session)
    attendee = room.by_key(key)
    assert attendee is not None  # noqa: S101 (its row was just written)
    return Marked(attendee, repeated, room=room)


def _count(desk: Desk, attendee: Attendee, tap: Tap, said: dict[str, Any]) -> bool:
    """Write a tap about somebody on the list; False where it was written before."""
    if attendee.row is not None:
        condition: sa.ColumnElement[bool] = Attendance.id == attendee.row.id
    else:
        assert attendee.person is not None  # noqa: S101 (only a walk-in has none, and walk-ins have a row)
        condition = Attendance.person_id == attendee.person.id
    row = {
        "person_id": attendee.person.id if attendee.person else None,
        "trust_id": attendee.trust.id if attendee.trust else None,
        "walk_in": attendee.row.walk_in if attendee.row else None,
    }
    return _write(desk, row, condition, tap, said)


def _write(desk: Desk, row: dict[str, Any], which: sa.ColumnElement[bool], tap: Tap, said: dict[str, Any]) -> bool:
    """Keep a tap and let it stand where none was made later; False where its id had counted before.

    Three statements that no two desks can come between: the insertion of a row that is there does nothing, and the
    update compares the moments itself.
    """
    session = desk.session
    hand = {
        "programme_id": session.programme_id,
        "session_id": session.id,
        "marked_at": tap.at,
        "kept_at": now(),
        "organiser_id": desk.organiser.id if desk.organiser else None,
        "link_id": desk.link.id if desk.link else None,
    }
    heard = {"key": tap.key, "state": said["state"], "deputy_name": said.get("deputy_name", "")}
    if not _insert(CheckInTap, hand | heard):
        return False
    latest = {"deputy_name": "", "deputy_role": "", "deputy_email": "", "deputy_id": None} | said
    here = (Attendance.session_id == session.id, which)
    if not _insert(Attendance, hand | row | latest):
        changed = latest | {name: hand[name] for name in ("marked_at", "kept_at", "organiser_id", "link_id")}
        rows_changed(sa.update(Attendance).where(*here, Attendance.marked_at <= tap.at).values(changed))
    about = sa.select(Attendance.id).where(*here).scalar_subquery()
    mine = (CheckInTap.session_id == session.id, CheckInTap.key == tap.key)
    rows_changed(sa.update(CheckInTap).where(*mine).values(attendance_id=about))
    return True


def _insert(table: type[Model], values: dict[str, Any]) -> bool:
    """Insert a row, unless one that must be unique is there."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    made = db.session.execute(insert(table).values(values).on_conflict_do_nothing().returning(table.id))  # type: ignore[attr-defined]
    return made.scalar() is not None


def _person_of(desk: Desk, visitor: Visitor, trust: Trust | None) -> Person | None:
    """Whom we know by what was typed: by address, or by a name that is the only one of its kind in that Trust."""
    people = sa.select(Person).where(Person.programme_id == desk.session.programme_id)
    if visitor.email:
        return db.session.scalar(people.where(Person.email == visitor.email.lower()))
    if trust is None or trust.pair is None:
        return None
    called = [one for one in trust.pair.people if one.name.casefold() == clean_line(visitor.name).casefold()]
    return called[0] if len(called) == 1 else None
