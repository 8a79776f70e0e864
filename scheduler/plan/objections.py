"""What members say in confidence against the set that is proposed to them: for the programme's owners alone.

No audit entry, export or list tells even that somebody has said something: not to planners, not to the partner.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.collect.audience import pairs_of
from scheduler.collect.events import one_at_a_time
from scheduler.extensions import db
from scheduler.models import Event, LearningSet, Organiser, Person, Plan, SetMember, SetObjection, SetProposal
from scheduler.plan.proposing import sets_proposed_to
from scheduler.text import clean_text
from scheduler.transaction import transaction


class NotProposed(Exception):
    """No set is proposed to this person any more: the plan was published, discarded, or changed."""


@dataclass(frozen=True)
class Standing:
    """An objection beside the draft as it is now: the party it is about, and the number of its set, if it has one."""

    objection: SetObjection
    party: str
    number: int | None
    changed: bool  # whether the set is another than the one that was objected to


def object_to(person: Person, event: Event, reason: str) -> SetObjection:
    """Keep why somebody should not be in the set that is proposed to them; a second time replaces the first.

    Raises NotProposed where no set of the event is.
    """
    with transaction() as tx:
        one_at_a_time(event.programme)
        proposal = _proposal_to(person, event)
        row = _of(person, event, proposal.plan_id)
        if row is None:
            row = SetObjection(
                programme_id=event.programme_id, plan_id=proposal.plan_id, event_id=event.id, person_id=person.id
            )
            tx.add(row)
        row.proposal_id, row.reason = proposal.id, clean_text(reason).encode("utf-8")
        row.written_at, row.withdrawn_at, row.dealt_with_at, row.dealt_with_by_id = now(), None, None, None
    return row


def withdraw(person: Person, event: Event) -> bool:
    """Take an objection back; its words are forgotten. False where there is none. Raises NotProposed."""
    with transaction():
        one_at_a_time(event.programme)
        row = _of(person, event, _proposal_to(person, event).plan_id)
        if row is None or row.withdrawn_at is not None:
            return False
        row.withdrawn_at, row.reason = now(), b""
    return True


def own_objection(person: Person, event: Event, proposal: SetProposal) -> SetObjection | None:
    """What somebody has said against the set that is proposed to them, if they have not taken it back."""
    row = _of(person, event, proposal.plan_id)
    return row if row is not None and row.withdrawn_at is None else None


def objections_to(plan: Plan) -> list[SetObjection]:
    """What was said against the sets of a plan and not taken back; what is dealt with comes last."""
    return list(
        db.session.scalars(
            sa.select(SetObjection)
            .where(SetObjection.plan_id == plan.id, SetObjection.withdrawn_at.is_(None))
            .options(
                joinedload(SetObjection.person), joinedload(SetObjection.event), joinedload(SetObjection.dealt_with_by)
            )
            .order_by(SetObjection.dealt_with_at.is_not(None), SetObjection.written_at, SetObjection.id)
        )
    )


def standing_of(objection: SetObjection) -> Standing:
    """Where the party of an objection is in the draft now."""
    pairs = [pair.id for pair in pairs_of(objection.person)]
    mine = sa.or_(SetMember.pair_id.in_(pairs), SetMember.person_id == objection.person_id)
    member = db.session.scalar(
        sa.select(SetMember)
        .join(SetMember.learning_set)
        .where(LearningSet.plan_id == objection.plan_id, LearningSet.event_id == objection.event_id, mine)
        .options(joinedload(SetMember.learning_set).selectinload(LearningSet.members))
    )
    entries = [
        (each["party"], {m["party"] for m in entry["members"]})
        for entry in objection.proposal.sets
        if entry["event"] == objection.event_id
        for each in entry["members"]
        if each["pair"] in pairs or each["person"] == objection.person_id
    ]
    party, then = entries[0] if entries else ("", set())
    if member is None:
        return Standing(objection, party, None, changed=True)
    in_it = {each.party for each in member.learning_set.members}
    return Standing(objection, member.party, member.learning_set.number, changed=in_it != then)


def deal_with(objection: SetObjection, *, by: Organiser) -> None:
    """Note that an owner has dealt with an objection."""
    with transaction():
        objection.dealt_with_at, objection.dealt_with_by_id = now(), by.id


def _proposal_to(person: Person, event: Event) -> SetProposal:
    proposed = sets_proposed_to(person)
    if proposed is not None:
        proposal, sets = proposed
        if any(shown.event.id == event.id and person in shown.people for shown in sets):
            return proposal
    raise NotProposed


def _of(person: Person, event: Event, plan_id: int) -> SetObjection | None:
    mine = SetObjection.person_id == person.id, SetObjection.event_id == event.id, SetObjection.plan_id == plan_id
    return db.session.scalar(sa.select(SetObjection).where(*mine).execution_options(populate_existing=True))
