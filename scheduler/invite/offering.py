"""Offering free seats, taking them, giving them up: each step a new published version of the plan, or nothing.

All seats of a pair or none, and one offer at a time for each seat. Whoever takes an offer gets a place in a new version
of the published plan, checked like every plan and published by the same machinery, which writes to that pair alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.audience import Party
from scheduler.collect.links import page_url
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.seats import (
    declined_people,
    open_offers,
    party_name,
    people_of,
    seats_in_words,
    subject_of,
    usual_end,
    which_session,
    with_all,
)
from scheduler.models import OfferState, Organiser, Person, Plan, Programme, SeatOffer, Session, record
from scheduler.plan.published import published_plan
from scheduler.plan.seats import Present, keep_version, parties_in, wants_of
from scheduler.transaction import rows_changed, transaction
from solver import plan as solver_plan

_STILL_OPEN = SeatOffer.state == OfferState.OFFERED
_QUICKER = "Someone was quicker. You stay on the list."
_NO_LONGER_FITS = "These seats no longer fit the plan. The organisers see that you want them, and you stay on the list."
_NOT_NOW = "The organisers are changing dates just now, so nothing was changed. Try again in a while."
_OTHERS_FIRST = (
    "Other people have not yet been told of what has changed since the plan was published. Publish it again first."
)


class CannotOffer(ValueError):
    """Seats that cannot be offered or given up; the message says why, in the organiser's words."""


class NotYours(ValueError):
    """An offer that cannot be taken any more; the message says so to its pair."""


def offer(
    session: Session, party_key: str, *, until: datetime, then_next: bool = True, by: Organiser | None
) -> SeatOffer:
    """Keep seats of a session for one party until a time, and write to its people. Raises CannotOffer."""
    with transaction() as tx:
        plan = _held_still(session.programme)
        present = Present(plan, session.event)
        party = parties_in(present).get(party_key)
        if party is None:
            raise CannotOffer("This pair is not asked to come to this event any more.")
        refuse_offer(present, session, party, until)
        made = SeatOffer(
            programme_id=session.programme_id,
            session=session,
            party=party.key,
            pair=None if party.alone else party.pair,
            person=party.people[0] if party.alone or party.pair is None else None,
            seats=len(party.people),
            until=until,
            then_next=then_next,
            offered_by=by,
        )
        tx.add(made)
        tx.flush()
        for person in party.people:
            _write_to(person, made)
        record("seats.offered", programme=session.programme, by=by, thing=party.name, when=which_session(session))
    return made


def refuse_offer(present: Present, session: Session, party: Party, until: datetime) -> None:
    """Raise CannotOffer where seats of a session cannot be offered to a party, with the reason."""
    if session.starts_at <= now():
        raise CannotOffer("This session has begun.")
    if not now() < until < session.starts_at:
        raise CannotOffer("An offer must end after now, and before the session begins.")
    if session.key not in present.places.values():
        raise CannotOffer("This session does not run in the published plan.")
    if present.places.get(party.key) == session.key:
        raise CannotOffer(f"{party.name} already has a place in this session.")
    if faults := present.faults():
        raise CannotOffer(f"The published plan no longer keeps its own rules, so plan again first. {' '.join(faults)}")
    open_now = open_offers(present.event)
    if any(each.party == party.key for each in open_now):
        raise CannotOffer(f"{party.name} already has an offer for this event.")
    free, seats = present.free_seats(session), len(party.people)
    offered = sum(each.seats for each in open_now if each.session_id == session.id)
    if free is not None and free - offered < seats:
        raise CannotOffer(
            f"{seats_in_words(max(0, free - offered)).capitalize()} free that nobody was offered: {seats} needed."
        )
    if broken := present.broken_by(present.with_party_at(party.key, session)):
        raise CannotOffer(" ".join(broken))


def take(offered: SeatOffer, *, by: Person) -> Plan | None:
    """Give the pair its seats, in a new published version of the plan; None where it had taken them already.

    Raises NotYours, with nothing changed but that an offer which no longer fits is marked as gone.
    """
    with transaction():
        plan = _held_still(by.programme)
        row = _fresh(offered)
        if row.state is OfferState.TAKEN:
            return None
        if row.state is not OfferState.OFFERED or row.until <= now():
            raise NotYours(why_over(row))
        present = Present(plan, row.session.event)
        moved, fits = None, not present.faults() and row.party in present.audience
        if fits:
            moved = present.with_party_at(row.party, row.session)
            fits = not present.broken_by(moved)
        if moved is not None and fits:
            version = _publish(present, moved, {person.id for person in people_of(row)}, by=None)
            row = _fresh(offered)
            row.state, row.ended_at, row.ended_by, row.plan = OfferState.TAKEN, now(), by, version
            _record("seats.taken", row, by)
            return version
        row.state, row.ended_at = OfferState.GONE, now()
        free = present.free_seats(row.session)
        why = _QUICKER if free is not None and free < row.seats else _NO_LONGER_FITS
        _record("seats.gone", row, None)
    raise NotYours(why)


def refuse(offered: SeatOffer, *, by: Person) -> bool:
    """Note that the pair does not want the seats, and go on to the next in line; False where it was over already."""
    with transaction():
        if not _end(offered, OfferState.REFUSED, ended_by_id=by.id):
            return False
        _record("seats.refused", offered, by)
        _offer_next(offered)
    return True


def withdraw(offered: SeatOffer, *, by: Organiser) -> bool:
    """Take an offer back; False where the pair was quicker, or it was over."""
    with transaction():
        if not _end(offered, OfferState.WITHDRAWN):
            return False
        _record("seats.withdrawn", offered, by)
    return True


def lapse_due() -> int:
    """End every offer whose time is up and go on to the next in line; returns how many ended."""
    due = db.session.scalars(sa.select(SeatOffer.id).where(_STILL_OPEN, SeatOffer.until <= now())).all()
    ended = 0
    for offer_id in due:
        with transaction() as tx:
            row = tx.get_one(SeatOffer, offer_id)
            if _end(row, OfferState.LAPSED):
                ended += 1
                _record("seats.lapsed", row, None)
                _offer_next(row)
    return ended


@dataclass(frozen=True)
class GivingUp:
    """What taking a party out of its session would do: who loses the place and is told, or why it cannot be done."""

    session: Session
    party: Party
    fault: str


def preview_giving_up(session: Session, person: Person) -> GivingUp:
    """What ``give_up`` would do; changes nothing. Raises CannotOffer where the person has no place there."""
    plan = published_plan(session.programme)
    if plan is None:
        raise CannotOffer("No plan is published.")
    present, party = _placed_party(plan, session, person)
    moved = present.with_party_at(party.key, None)
    return GivingUp(session, party, " ".join(present.broken_by(moved)))


def give_up(session: Session, person: Person, *, by: Organiser) -> Plan:
    """Take a person's party out of a session, in a new published version; its people get cancellations.

    Raises CannotOffer where a rule, or the state of the programme, stands against it.
    """
    with transaction():
        plan = _held_still(session.programme)
        present, party = _placed_party(plan, session, person)
        moved = present.with_party_at(party.key, None, why="Declined, and the seats were given up.")
        if broken := present.broken_by(moved):
            raise CannotOffer(" ".join(broken))
        try:
            version = _publish(present, moved, {each.id for each in party.people}, by=by)
        except NotYours:
            raise CannotOffer(_OTHERS_FIRST) from None
        record("seats.given-up", programme=session.programme, by=by, thing=party.name, when=which_session(session))
    return version


def _held_still(programme: Programme) -> Plan:
    """The published plan, with nobody else publishing, offering or taking until the commit."""
    outbox.hold_still(programme)
    db.session.expire_all()
    plan = published_plan(programme)
    if plan is None:
        raise CannotOffer("No plan is published.")
    return plan


def _publish(present: Present, moved: solver_plan.Plan, people: Collection[int], *, by: Organiser | None) -> Plan:
    """A new version, published to these people alone. Raises NotYours where it cannot be, or others would hear."""
    version = keep_version(present, moved, by=by)
    changes = publishing.preview(version).changes
    if not changes.people_told <= set(people):
        raise NotYours(_NOT_NOW)
    try:
        publishing.publish(version, by=by, replaces=present.plan.number, expected=True, messages=changes.messages)
    except (publishing.NotPublishable, publishing.SomeoneWasFirst, publishing.SomethingChanged):
        raise NotYours(_NOT_NOW) from None
    return version


def _placed_party(plan: Plan, session: Session, person: Person) -> tuple[Present, Party]:
    present = Present(plan, session.event)
    for party in parties_in(present).values():
        if person in party.people and present.places.get(party.key) == session.key:
            return present, party
    raise CannotOffer(f"{person.name} has no place in this session any more.")


def _end(offered: SeatOffer, state: OfferState, **values: int) -> bool:
    """End an open offer. One UPDATE settles who was first on every database."""
    open_still = SeatOffer.id == offered.id, _STILL_OPEN
    ended = sa.update(SeatOffer).where(*open_still).values(state=state, ended_at=now(), **values)
    changed = rows_changed(ended.execution_options(synchronize_session=False))
    db.session.expire(offered)
    return changed > 0


def _offer_next(ended: SeatOffer) -> SeatOffer | None:
    """Offer the seats to the best pair that has not been asked about this session yet, where the organiser said so."""
    session, until = ended.session, usual_end(ended.session)
    if not ended.then_next or until is None:
        return None
    plan = published_plan(session.programme)
    if plan is None:
        return None
    asked = set(db.session.scalars(sa.select(SeatOffer.party).where(SeatOffer.session_id == session.id)))
    for want in wants_of(Present(plan, session.event), declined_people(session.event)):
        if want.session.id == session.id and not want.broken and want.party.key not in asked:
            try:
                return offer(session, want.party.key, until=until, by=ended.offered_by)
            except CannotOffer:  # it has an offer elsewhere, or there are too few seats for it: the one after it
                continue
    return None


def _fresh(offered: SeatOffer) -> SeatOffer:
    found = sa.select(SeatOffer).where(SeatOffer.id == offered.id).options(*with_all())
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def why_over(row: SeatOffer) -> str:
    """Why an offer can no longer be taken, as its pair reads it."""
    if row.state is OfferState.REFUSED:
        return "You said that you do not want these seats."
    if row.state is OfferState.WITHDRAWN:
        return "The organisers have taken this offer back. You stay on the list."
    if row.state is OfferState.GONE:
        return _QUICKER
    return "The time to take these seats is over. You stay on the list."


def _write_to(person: Person, made: SeatOffer) -> None:
    programme = made.session.programme
    queue_letter(
        "seat-offer",
        to=person,
        subject=subject_of(made.session, made.seats, made.until),
        programme=programme,
        about=made.session.event.title,
        session=made.session,
        partner=next((other.name for other in people_of(made) if other.id != person.id), ""),
        seats=seats_in_words(made.seats),
        until=formatting.day_and_time(made.until, programme.time_zone),
        url=f"{page_url(person)}/offer/{made.id}",
    )


def _record(what: str, row: SeatOffer, by: Organiser | Person | None) -> None:
    record(what, programme=row.session.programme, by=by, thing=party_name(row), when=which_session(row.session))
