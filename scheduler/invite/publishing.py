"""Making a plan the one that people are told of: the plan, its invitations and its mail in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.post import wake_the_post
from scheduler.extensions import db
from scheduler.invite import invitations, outbox
from scheduler.invite.changes import Changes, Key, between
from scheduler.invite.company import PlanCompany
from scheduler.invite.finished import Letter, read_letter
from scheduler.invite.grounds import Grounds, grounds_of
from scheduler.invite.places import STILL_HERE, Held, held_in, wanted_by
from scheduler.invite.written import Written, taken_from_session
from scheduler.mailboxes import AddressRefused
from scheduler.models import (
    Answer,
    Availability,
    Organiser,
    OutboxMessage,
    Person,
    Plan,
    PlanStatus,
    Programme,
    RunState,
    record,
)
from scheduler.plan import keeping
from scheduler.plan.overruling import overrulings_of, standing_faults
from scheduler.plan.published import published_plan
from scheduler.plan.whatif import unmet
from scheduler.transaction import transaction

_TRIES_BEFORE_LOCKING = 3
PUBLISHABLE = (PlanStatus.DRAFT, PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED)


class NotPublishable(Exception):
    """The plan cannot be published; the text says why, in the organiser's words."""


class SomeoneWasFirst(Exception):
    """Another plan was published since the organiser looked: ``plan`` is the one that people are told of now."""

    def __init__(self, plan: Plan | None) -> None:
        super().__init__(plan.number if plan else None)
        self.plan = plan


class SomethingChanged(Exception):
    """Since the organiser looked, something else would be sent: ``changes`` as they are now."""

    def __init__(self, changes: Changes) -> None:
        super().__init__(changes.messages)
        self.changes = changes


@dataclass(frozen=True)
class Publication:
    """What a publication would do, or did."""

    plan: Plan
    replaces: Plan | None
    changes: Changes
    held: Mapping[Key, Held] = field(repr=False, default_factory=dict)


def preview(plan: Plan, *, reword: bool = False) -> Publication:
    """What publishing this plan now would do; nothing is written. ``reword`` as ``publish`` takes it."""
    held = held_in(plan.programme)
    return Publication(plan, published_plan(plan.programme), _changes(held, plan, now(), reword), held)


@dataclass(frozen=True)
class AnswersSince:
    """The answers that came in after a plan had read them."""

    all: int
    of_people_told: int
    now_no: int  # answers of No to a place of the plan


def answers_since(seen: Publication) -> AnswersSince:
    """What people answered since the plan was made, and what of it speaks against it."""
    rows = db.session.execute(
        sa.select(Availability.person_id, Availability.session_id, Availability.answer).where(
            Availability.programme_id == seen.plan.programme_id, Availability.answered_at > seen.plan.asked_at
        )
    ).all()
    told, places = seen.changes.people_told, seen.changes.places
    return AnswersSince(
        all=len(rows),
        of_people_told=sum(row.person_id in told for row in rows),
        now_no=sum(row.answer is Answer.NO and (row.person_id, row.session_id) in places for row in rows),
    )


def letters_to(seen: Publication, person: Person) -> list[Letter]:
    """What a person would get if the plan were published now: written as a publication writes, and never kept.

    Lets go of every row that was read, so it comes last in a request.
    """
    try:
        with db.session.no_autoflush:
            messages = _told(seen.changes.of(person.id), seen.held, seen.plan, now())
        return [read_letter(message.body) for message in messages]
    finally:
        db.session.rollback()


def publish(
    plan: Plan,
    *,
    by: Organiser | None,
    replaces: int | None = None,
    expected: bool = False,
    messages: int | None = None,
    hold: bool = False,
    reword: bool = False,
) -> Publication:
    """Make a plan the published one and queue what its people must be told: both or neither.

    Publishing the published plan again tells those whose time or place changed since; going back to an older plan is
    a publication like any other. With ``expected``, ``replaces`` is the number of the plan that the organiser saw as
    published (None: none); ``messages`` is how many they were told would leave. ``hold`` keeps the messages in the
    outbox until they are released. ``reword`` also tells those whose entry has new words alone; answers stay.

    Everything is written before the lock is taken, and kept where it was written from what still holds (``grounds``);
    else it is written again, the last time under the lock, so that a programme that never rests is published too.

    Raises NotPublishable, SomeoneWasFirst where another organiser published in between, and SomethingChanged where
    another number of messages would leave.
    """
    wanted = _Wanted(plan, by, (replaces,) if expected else None, messages, hold, reword)
    for _ in range(_TRIES_BEFORE_LOCKING):
        ready = _prepare(wanted)
        with transaction():
            one_publication_at_a_time(plan.programme)
            if ready.grounds.hold(grounds_of(plan), ready.touched):
                return _keep(wanted, ready)
    with transaction():
        one_publication_at_a_time(plan.programme)
        return _keep(wanted, _prepare(wanted))


@dataclass(frozen=True)
class _Wanted:
    """What an organiser asked for."""

    plan: Plan
    by: Organiser | None
    seen_published: tuple[int | None] | None  # the number of the plan they saw as published; None: they saw no page
    messages: int | None
    hold: bool
    reword: bool


@dataclass(frozen=True)
class _Ready:
    """A publication written out, and what it was written from."""

    at: datetime
    grounds: Grounds
    changes: Changes
    written: Written
    touched: frozenset[int]  # invitations about which something is said, or taken back, by id
    overtaken: frozenset[int]


def _prepare(wanted: _Wanted) -> _Ready:
    """Decide and write all of a publication; nothing of it stays in the session."""
    plan, at = wanted.plan, now()
    db.session.flush()
    db.session.expire_all()
    grounds = grounds_of(plan)
    before = published_plan(plan.programme)
    if wanted.seen_published is not None and wanted.seen_published != (before.number if before else None,):
        raise SomeoneWasFirst(before)
    refuse_unfit(plan)
    held = held_in(plan.programme)
    changes = _changes(held, plan, at, wanted.reword)
    if wanted.messages is not None and wanted.messages != changes.messages:
        raise SomethingChanged(changes)
    refuse_unwritable(changes)
    quiet = {place.key for place in (*changes.same, *changes.unsaid, *changes.past)}
    touched = frozenset(each.invitation.id for key, each in held.items() if key not in quiet)
    overtaken = frozenset(held[key].invitation.id for key in changes.overtaken if key in held)
    with db.session.no_autoflush:
        told = _told(changes, held, plan, at)
        written = taken_from_session(told, (each.invitation for each in held.values()), hold=wanted.hold)
    return _Ready(at, grounds, changes, written, touched, overtaken)


def _keep(wanted: _Wanted, ready: _Ready) -> Publication:
    """Make it so, in the caller's transaction."""
    plan, changes, by = wanted.plan, ready.changes, wanted.by
    before = published_plan(plan.programme)
    if before is not None and before.id != plan.id:
        before.status = PlanStatus.SUPERSEDED
        db.session.flush()
    if before is None or before.id != plan.id:
        plan.status = PlanStatus.PUBLISHED
        plan.published_at, plan.published_by_id = ready.at, by.id if by else None
    if ready.overtaken:
        invitations.take_back(ready.overtaken)
    ready.written.keep()
    if changes.messages and not wanted.hold:
        wake_the_post()
    record(
        "plan.published",
        programme=plan.programme,
        by=by,
        thing=f"plan {plan.number}",
        messages=changes.messages,
        people=len(changes.people_told),
        held=wanted.hold,
    )
    return Publication(plan, before, changes)


def _told(changes: Changes, held: Mapping[Key, Held], plan: Plan, at: datetime) -> list[OutboxMessage]:
    company = PlanCompany(plan)
    return invitations.tell(changes, held, programme=plan.programme, company=company, hold=True, at=at)


def _changes(held: Mapping[Key, Held], plan: Plan, at: datetime, reword: bool) -> Changes:
    return between({key: each.standing for key, each in held.items()}, wanted_by(plan), at, reword=reword)


def one_publication_at_a_time(programme: Programme) -> None:
    """Hold the programme and all its mail that waits until the commit, and forget what was read before.

    An UPDATE that changes nothing locks the programme's row on PostgreSQL and, as the first write of the transaction,
    the whole database on SQLite, which ignores SELECT … FOR UPDATE. So no worker takes a message that is taken back.
    """
    outbox.hold_still(programme)
    waiting = OutboxMessage.programme_id == programme.id, OutboxMessage.state.in_(STILL_HERE)
    db.session.execute(sa.select(OutboxMessage.id).where(*waiting).order_by(OutboxMessage.id).with_for_update())
    db.session.expire_all()


def refuse_unfit(plan: Plan) -> None:
    """Raise NotPublishable where a plan is unfinished, discarded, or breaks a rule of its problem."""
    if plan.status not in PUBLISHABLE:
        raise NotPublishable(f"Plan {plan.number} was discarded.")
    if plan.run_state is not RunState.FINISHED or plan.result is None or plan.objective is None:
        raise NotPublishable(f"Plan {plan.number} is not ready: there is nothing to publish yet.")
    result = keeping.result_of(plan)
    faults = standing_faults(keeping.problem_of(plan), result, overrulings_of(plan)) if result is not None else []
    if lacking := [each.text for each in unmet(plan)]:
        raise NotPublishable(
            f"Plan {plan.number} counts on what is not so yet: {'; '.join(lacking)}. Change that first."
        )
    if faults:
        broken = "; ".join(str(fault) for fault in faults)
        raise NotPublishable(f"Plan {plan.number} breaks a rule, so it cannot be published: {broken}")


def refuse_unwritable(changes: Changes) -> None:
    """Raise NotPublishable where somebody's address cannot be written to, or is the one invitations come from."""
    written_to = {place.person for place in changes.new} | {move.now.person for move in changes.moves}
    people = db.session.scalars(sa.select(Person).where(Person.id.in_(written_to)).order_by(Person.name, Person.id))
    for person in people:
        try:
            ours = invitations.is_our_own_mailbox(person.email)
        except AddressRefused as error:
            raise NotPublishable(f"{person.name} cannot be written to at {person.email}. {error}") from None
        if ours:
            raise NotPublishable(
                f"{person.name} has the address that invitations are sent from, {person.email}. "
                "Calendar programs show no buttons to the sender. Give this person another address."
            )
