"""Somebody leaves, with or without a successor, or a whole pair does: what it does is shown before it is done.

Who must be told is decided by ``changes.between`` over the published plan, as at every publication: the leaver gets
cancellations of what is to come, a successor invitations to it; what is over stays the leaver's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now, today
from scheduler.collect.audience import pairs_of
from scheduler.collect.joining import Newcomer, end_roles, give_role, new_person, who_has
from scheduler.collect.links import page_url
from scheduler.collect.notes import subject
from scheduler.collect.people import AddressTaken
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.invite.changes import Changes, Place
from scheduler.models import (
    LearningSet,
    Organiser,
    OutboxMessage,
    Pair,
    Person,
    Placement,
    Plan,
    SetMember,
    WishToLeave,
    record,
)
from scheduler.plan.published import published_plan
from scheduler.transaction import transaction
from scheduler.words import PAIR_ROLES


class Going(StrEnum):
    """What becomes of the place of somebody who leaves."""

    ALONE = "alone"  # the role is vacant, their partner comes alone
    REPLACED = "replaced"
    PAIR = "pair"  # both leave, and their seats are free


class CannotGo(Exception):
    """It cannot be done; the text says why, in the organiser's words."""


@dataclass(frozen=True)
class Departure:
    """Who leaves, and who comes in their place (of REPLACED alone)."""

    person: Person
    going: Going
    successor: Newcomer | None = None


@dataclass(frozen=True)
class Told:
    """What one person hears."""

    name: str
    invitations: int
    cancellations: int
    others: int  # updates of their entries, and letters without a calendar entry

    @property
    def messages(self) -> int:
        """How many messages that is."""
        return self.invitations + self.cancellations + self.others


@dataclass(frozen=True)
class Outcome:
    """What a departure does, or did: who is told what. ``plan`` is the number of the plan it was counted on."""

    told: tuple[Told, ...]
    plan: int | None

    @property
    def messages(self) -> int:
        """How many messages leave in all."""
        return sum(each.messages for each in self.told)

    @property
    def people(self) -> int:
        """How many people get one."""
        return len(self.told)


class SomethingElse(Exception):
    """Since the organiser looked, something else would be sent: ``outcome`` as it is now."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.messages)
        self.outcome = outcome


class _TakenBack(Exception):
    """What was done to be counted is undone."""


def preview(departure: Departure) -> Outcome:
    """What a departure would do: done as it would be, counted, and taken back.

    Lets go of every row that was read. Raises CannotGo, and AddressTaken for the successor's address.
    """
    try:
        with transaction():
            outcome = _outcome(*_done(departure))
            raise _TakenBack
    except _TakenBack:
        return outcome


def depart(departure: Departure, *, messages: int, by: Organiser, hold: bool = False) -> Outcome:
    """Let somebody leave, and tell whoever must be told: all of it or nothing.

    ``messages`` is how many the organiser was told would leave; ``hold`` keeps those about places in the outbox.
    Raises CannotGo, AddressTaken, and SomethingElse where another number would leave.
    """
    return _depart(departure, messages, by=by, hold=hold)


def depart_untold(departure: Departure, *, by: Organiser | None) -> Outcome:
    """The same where nobody looked at a number before: an erasure, or the command line. Raises CannotGo."""
    return _depart(departure, None, by=by, hold=False)


def _depart(departure: Departure, said: int | None, *, by: Organiser | None, hold: bool) -> Outcome:
    person = departure.person
    with transaction():
        plan, changes, letters = _done(departure)
        outcome = _outcome(plan, changes, letters)
        if said is not None and outcome.messages != said:
            raise SomethingElse(outcome)
        if plan is not None:
            try:
                publishing.publish(
                    plan, by=by, replaces=plan.number, expected=True, messages=changes.messages, hold=hold
                )
            except (publishing.SomeoneWasFirst, publishing.SomethingChanged):
                raise CannotGo("Somebody published a plan at the same moment. Look again, then confirm.") from None
            except publishing.NotPublishable as error:
                raise CannotGo(str(error)) from None
        record(
            "person.left",
            programme=person.programme,
            by=by,
            thing=person.name,
            id=person.id,
            going=departure.going.value,
            messages=outcome.messages,
        )
    return outcome


def come_back(person: Person, *, by: Organiser) -> None:
    """Let somebody who left take part again, without the role they had: their link works again, nobody is told."""
    with transaction():
        person.left_on = None
        record("person.came-back", programme=person.programme, by=by, thing=person.name, id=person.id)


def _done(departure: Departure) -> tuple[Plan | None, Changes, list[OutboxMessage]]:
    """Do it in the session: who holds which role then, what that changes of the published places, and the letters."""
    person = departure.person
    if person.left_on is not None:
        raise CannotGo(f"{person.name} has left already.")
    pairs = [pair for pair in pairs_of(person) if pair.left_on is None]
    successor = _successor(departure)
    partners = [partner for pair in pairs if (partner := pair.partner_of(person)) is not None]
    held = [(pair, role) for pair in pairs for role in ("director", "manager") if getattr(pair, role) is person]
    if departure.going is Going.PAIR:
        _end_pairs(pairs)
    else:
        for pair, role in held:
            give_role(pair, role, successor)
    for pair in db.session.scalars(sa.select(Pair).where(Pair.sponsor_id == person.id)).all():
        give_role(pair, "sponsor", None)
    person.left_on = today(person.programme.time_zone)
    db.session.execute(sa.update(WishToLeave).where(WishToLeave.person_id == person.id).values(settled_at=now()))
    plan = published_plan(person.programme)
    if successor is not None and plan is not None:
        _take_over_alone(plan, person, successor)
    db.session.flush()
    changes = publishing.preview(plan).changes if plan is not None else Changes()
    letters = [_to_partner(partner, departure, successor) for partner in dict.fromkeys(partners)]
    if successor is not None:
        letters.append(_to_successor(successor, person, held))
    db.session.flush()
    return plan, changes, letters


def _successor(departure: Departure) -> Person | None:
    """Who takes over: somebody new, or one whom the programme knows by that address and name."""
    if departure.going is not Going.REPLACED or departure.successor is None:
        return None
    known = who_has(departure.person.programme, departure.successor.email)
    if known is None:
        person = new_person(departure.person.programme, departure.successor)
        db.session.flush()
        return person
    if known is departure.person or known.name.casefold() != departure.successor.name.casefold():
        raise AddressTaken(known)
    known.left_on = None
    return known


def _end_pairs(pairs: Iterable[Pair]) -> None:
    """Pairs leave, and with them whoever has no other role; their roles go on saying who held them."""
    for pair in pairs:
        day = today(pair.programme.time_zone)
        end_roles(pair)
        pair.left_on = day
        for person in pair.people:
            if not any(other.left_on is None for other in pairs_of(person)):
                person.left_on = day


def _take_over_alone(plan: Plan, leaver: Person, successor: Person) -> None:
    """Places that a plan gives to the leaver by name, as directors alone have them, go to the successor."""
    of_plan = sa.select(LearningSet.id).where(LearningSet.plan_id == plan.id)
    for kind, where in ((Placement, Placement.plan_id == plan.id), (SetMember, SetMember.set_id.in_(of_plan))):
        theirs = sa.update(kind).where(where, kind.person_id == leaver.id)
        db.session.execute(theirs.values(person_id=successor.id).execution_options(synchronize_session=False))


def _to_partner(partner: Person, departure: Departure, successor: Person | None) -> OutboxMessage:
    leaver = departure.person
    return queue_letter(
        "partner-left",
        to=partner,
        subject=subject(f"{leaver.name} has left the programme", leaver.programme),
        programme=leaver.programme,
        about=leaver.name,
        leaver=leaver,
        successor=successor,
        both=departure.going is Going.PAIR,
    )


def _to_successor(successor: Person, leaver: Person, held: list[tuple[Pair, str]]) -> OutboxMessage:
    roles = [f"{PAIR_ROLES[role]} of {pair.trust.name}" for pair, role in held]
    return queue_letter(
        "taken-over",
        to=successor,
        subject=subject(f"You take over from {leaver.name}", leaver.programme),
        programme=leaver.programme,
        about=leaver.name,
        leaver=leaver,
        roles=formatting.listed(roles),
        url=page_url(successor),
    )


def _outcome(plan: Plan | None, changes: Changes, letters: list[OutboxMessage]) -> Outcome:
    invited = Counter(place.person for place in _invited(changes))
    cancelled = Counter(place.person for place in _cancelled(changes))
    others = Counter(move.now.person for move in (*changes.changed, *changes.reworded))
    others.update(letter.person_id for letter in letters if letter.person_id is not None)
    ids = invited.keys() | cancelled.keys() | others.keys()
    people = db.session.scalars(sa.select(Person).where(Person.id.in_(ids)).order_by(Person.name, Person.id))
    told = tuple(Told(each.name, invited[each.id], cancelled[each.id], others[each.id]) for each in people)
    return Outcome(told, plan.number if plan is not None else None)


def _invited(changes: Changes) -> Iterator[Place]:
    yield from changes.new
    yield from (move.now for move in (*changes.moved, *changes.readdressed))


def _cancelled(changes: Changes) -> Iterator[Place]:
    yield from changes.gone
    yield from (move.was for move in (*changes.moved, *changes.readdressed))
