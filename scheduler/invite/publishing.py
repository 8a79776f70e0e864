"""Making a plan the one that people are told of: the plan, its invitations and its mail in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import invitations
from scheduler.invite.changes import Changes, between
from scheduler.invite.finished import Letter, read_letter
from scheduler.invite.places import as_places, held_in, wanted_by
from scheduler.mailboxes import AddressRefused
from scheduler.models import Organiser, OutboxMessage, Person, Plan, PlanStatus, Programme, RunState, record
from scheduler.plan import keeping
from scheduler.plan.published import published_plan
from scheduler.transaction import transaction

PUBLISHABLE = (PlanStatus.DRAFT, PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED)


class NotPublishable(Exception):
    """The plan cannot be published; the text says why, in the organiser's words."""


class SomeoneWasFirst(Exception):
    """Another plan was published since the organiser looked: ``plan`` is the one that people are told of now."""

    def __init__(self, plan: Plan | None) -> None:
        super().__init__(plan.number if plan else None)
        self.plan = plan


@dataclass(frozen=True)
class Publication:
    """What a publication would do, or did."""

    plan: Plan
    replaces: Plan | None
    changes: Changes


def preview(plan: Plan) -> Publication:
    """What publishing this plan now would do; nothing is written."""
    held = as_places(held_in(plan.programme))
    return Publication(plan, published_plan(plan.programme), between(held, wanted_by(plan), now()))


def letters_to(plan: Plan, person: Person) -> list[Letter]:
    """What a person would get if this plan were published now: nothing is kept.

    The messages are written as a publication writes them, and taken back: what is shown is what would be sent.
    """
    held = held_in(plan.programme)
    changes = between(as_places(held), wanted_by(plan), now()).of(person.id)
    before = sa.select(sa.func.max(OutboxMessage.id))
    try:
        last = db.session.scalar(before) or 0
        invitations.tell(changes, held, plan=plan, hold=True, at=now())
        db.session.flush()
        written = sa.select(OutboxMessage).where(OutboxMessage.id > last, OutboxMessage.person_id == person.id)
        return [read_letter(message.body) for message in db.session.scalars(written.order_by(OutboxMessage.id))]
    finally:
        db.session.rollback()


def publish(
    plan: Plan, *, by: Organiser | None, replaces: int | None = None, expected: bool = False, hold: bool = False
) -> Publication:
    """Make a plan the published one and queue what its people must be told: both or neither.

    Publishing the published plan again tells those whose time or place changed since; going back to an older plan is
    a publication like any other. With ``expected``, ``replaces`` is the number of the plan that the organiser saw as
    published (None: none). ``hold`` keeps the messages in the outbox until they are released.

    Raises NotPublishable, and SomeoneWasFirst where another organiser published in between.
    """
    with transaction() as tx:
        _one_publication_at_a_time(plan.programme)
        tx.refresh(plan)
        before = published_plan(plan.programme)
        if expected and (before.number if before else None) != replaces:
            raise SomeoneWasFirst(before)
        refuse_unfit(plan)
        at = now()
        held = held_in(plan.programme)
        changes = between(as_places(held), wanted_by(plan), at)
        _refuse_our_own_mailbox(changes)
        if before is not None and before.id != plan.id:
            before.status = PlanStatus.SUPERSEDED
        if before is None or before.id != plan.id:
            plan.status = PlanStatus.PUBLISHED
            plan.published_at, plan.published_by_id = at, by.id if by else None
        invitations.tell(changes, held, plan=plan, hold=hold, at=at)
        record(
            "plan.published",
            programme=plan.programme,
            by=by,
            thing=f"plan {plan.number}",
            messages=changes.messages,
            people=len(changes.people_told),
            held=hold,
        )
    return Publication(plan, before, changes)


def _one_publication_at_a_time(programme: Programme) -> None:
    """Hold the programme until the commit: an UPDATE that changes nothing locks its row on PostgreSQL and, as the
    first write of the transaction, the whole database on SQLite, which ignores SELECT … FOR UPDATE."""
    db.session.execute(sa.update(Programme).where(Programme.id == programme.id).values(slug=Programme.slug))


def refuse_unfit(plan: Plan) -> None:
    """Raise NotPublishable where a plan is unfinished, discarded, or breaks a rule of its problem."""
    if plan.status not in PUBLISHABLE:
        raise NotPublishable(f"Plan {plan.number} was discarded.")
    if plan.run_state is not RunState.FINISHED or plan.result is None or plan.objective is None:
        raise NotPublishable(f"Plan {plan.number} is not ready: there is nothing to publish yet.")
    result = keeping.result_of(plan)
    try:
        if result is not None:
            keeping.recounted(keeping.problem_of(plan), result)
    except keeping.PlanBroken as broken:
        raise NotPublishable(f"Plan {plan.number} breaks a rule, so it cannot be published: {broken}") from broken


def _refuse_our_own_mailbox(changes: Changes) -> None:
    for person_id in sorted({place.person for place in changes.new} | {move.now.person for move in changes.moved}):
        person = db.session.get_one(Person, person_id)
        try:
            ours = invitations.is_our_own_mailbox(person.email)
        except AddressRefused as error:
            raise NotPublishable(f"{person.name} cannot be written to at {person.email}. {error}") from None
        if ours:
            raise NotPublishable(
                f"{person.name} has the address that invitations are sent from, {person.email}. "
                "Calendar programs show no buttons to the sender. Give this person another address."
            )
