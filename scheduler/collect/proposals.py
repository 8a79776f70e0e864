"""Co-design: participants propose and support topics, dates and hosts; organisers make an event of one, with credit."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from scheduler.collect.events import EventDetails, SavedMeanwhile, add_event
from scheduler.extensions import db
from scheduler.models import (
    Event,
    EventKind,
    Organiser,
    Person,
    Programme,
    Proposal,
    ProposalKind,
    ProposalState,
    ProposalSupport,
    record,
)
from scheduler.transaction import transaction

MOST_OPEN = 5


class EnoughProposed(Exception):
    """The person has five proposals open already."""


class NotOpen(Exception):
    """The proposal is no longer open."""


def propose(person: Person, kind: ProposalKind, title: str, text: str) -> Proposal:
    """Make a proposal. Raises EnoughProposed; the same one pressed twice is one."""
    with transaction() as tx:
        mine = tx.scalars(sa.select(Proposal).filter_by(person_id=person.id, state=ProposalState.OPEN)).all()
        same = next((each for each in mine if (each.kind, each.title) == (kind, title)), None)
        if same is not None:
            return same
        if len(mine) >= MOST_OPEN:
            raise EnoughProposed
        made = Proposal(programme_id=person.programme_id, person=person, kind=kind, title=title, text=text)
        tx.add(made)
        tx.flush()
    return made


def proposals_of(programme: Programme, *, withdrawn: bool = False) -> list[Proposal]:
    """The proposals, open first, those with most support first, with who made and supports them."""
    rows = sa.select(Proposal).where(Proposal.programme_id == programme.id)
    if not withdrawn:
        rows = rows.where(Proposal.state != ProposalState.WITHDRAWN)
    loaded = db.session.scalars(
        rows.options(
            selectinload(Proposal.supports).selectinload(ProposalSupport.person),
            selectinload(Proposal.person),
            selectinload(Proposal.event),
        )
    )
    return sorted(loaded, key=lambda each: (each.state is not ProposalState.OPEN, -len(each.supports), each.id))


def support(person: Person, proposal: Proposal, *, wanted: bool = True) -> None:
    """Support somebody's proposal, or no longer; one's own needs no support. Raises NotOpen."""
    with transaction() as tx:
        if proposal.state is not ProposalState.OPEN:
            raise NotOpen
        given = tx.get(ProposalSupport, (proposal.id, person.id))
        if wanted and given is None and proposal.person_id != person.id:
            tx.add(ProposalSupport(proposal_id=proposal.id, person_id=person.id))
        elif not wanted and given is not None:
            tx.delete(given)
        tx.flush()
        tx.expire(proposal, ["supports"])


def withdraw(proposal: Proposal) -> None:
    """Take one's own proposal back. Raises NotOpen once organisers have decided."""
    with transaction():
        if proposal.state is not ProposalState.OPEN:
            raise NotOpen
        proposal.state = ProposalState.WITHDRAWN


def take_up(proposal: Proposal, kind: EventKind, *, version: int, by: Organiser) -> Event:
    """Make an event of a proposal; whoever proposed it is named beside it. Raises NotOpen, SavedMeanwhile."""
    with transaction() as tx:
        _decide(proposal, version)
        event = add_event(proposal.programme, EventDetails(proposal.title, kind, proposal.text), by=by)
        proposal.state, proposal.event = ProposalState.TAKEN_UP, event
        tx.flush()
        record("proposal.taken-up", programme=proposal.programme, by=by, thing=proposal.title)
    return event


def decline(proposal: Proposal, reply: str, *, version: int, by: Organiser) -> None:
    """Say that a proposal is not taken up, and why. Raises NotOpen, SavedMeanwhile."""
    with transaction():
        _decide(proposal, version)
        proposal.state, proposal.reply = ProposalState.DECLINED, reply
        record("proposal.declined", programme=proposal.programme, by=by, thing=proposal.title)


def credited(event: Event) -> Sequence[Proposal]:
    """The proposals that an event came from."""
    rows = sa.select(Proposal).where(Proposal.event_id == event.id).options(selectinload(Proposal.person))
    return db.session.scalars(rows).all()


def _decide(proposal: Proposal, version: int) -> None:
    db.session.refresh(proposal, with_for_update=True)
    if proposal.state is not ProposalState.OPEN:
        raise NotOpen
    if proposal.version != version:
        raise SavedMeanwhile
