"""Sets that run themselves: released from the published plan, joined, left, led and closed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.invite.own_meetings import NotPossible, hold_still, tell
from scheduler.invite.publishing import one_publication_at_a_time
from scheduler.models import (
    AskedToJoin,
    DateChoice,
    Facilitator,
    LearningSet,
    Organiser,
    OwnMeeting,
    OwnSet,
    OwnSetMember,
    Person,
    PlanStatus,
    Programme,
    record,
)
from scheduler.plan.overview import sets_of
from scheduler.plan.published import people_of, published_plan
from scheduler.transaction import transaction

MOST_ASKED = 10
"""So many people may be asked to join a set and not have answered: a set is no mailing list."""


def running_sets(programme: Programme) -> list[OwnSet]:
    """Every set of a programme that was released, those that are closed last."""
    return list(
        db.session.scalars(
            _with_all(sa.select(OwnSet).where(OwnSet.programme_id == programme.id)).order_by(
                OwnSet.closed_at.is_not(None), OwnSet.event_id, OwnSet.number, OwnSet.id
            )
        )
    )


def sets_with(person: Person) -> list[OwnSet]:
    """The sets that somebody is in, or leads, and that are not closed."""
    member = OwnSetMember.person_id == person.id, OwnSetMember.left_at.is_(None)
    in_it = OwnSet.id.in_(sa.select(OwnSetMember.set_id).where(*member))
    leads = OwnSet.facilitator.has(Facilitator.person_id == person.id)
    chosen = sa.select(OwnSet).where(OwnSet.programme_id == person.programme_id, OwnSet.closed_at.is_(None))
    return list(db.session.scalars(_with_all(chosen.where(in_it | leads)).order_by(OwnSet.number, OwnSet.id)))


def set_with(person: Person, set_id: int) -> OwnSet | None:
    """A set by its id, as one of those that somebody is in or leads."""
    return next((own_set for own_set in sets_with(person) if own_set.id == set_id), None)


def release(learning_set: LearningSet, *, by: Organiser | None) -> OwnSet:
    """Let a set of the published plan run itself from now on, and tell its people. Raises NotPossible.

    It leaves its meetings ahead to the plan; who led it leads it no longer, unless an organiser says so again.
    """
    programme = learning_set.plan.programme
    with transaction():
        one_publication_at_a_time(programme)
        if learning_set.plan.status is not PlanStatus.PUBLISHED:
            raise NotPossible("Another plan was published since. Look at its sets first.")
        return _release(learning_set, programme, by)


def release_all(programme: Programme, *, by: Organiser | None) -> list[OwnSet]:
    """Let every set of the published plan that does not yet do so run itself."""
    with transaction():
        one_publication_at_a_time(programme)
        plan = published_plan(programme)
        free = {(own.event_id, own.number) for own in running_sets(programme) if own.closed_at is None}
        to_release = [s for s in sets_of(plan) if (s.event_id, s.number) not in free] if plan is not None else []
        return [_release(each, programme, by) for each in to_release if _people(each)]


def leave(own_set: OwnSet, *, by: Person) -> None:
    """Take oneself out of a set; its last member closes it. Raises NotPossible."""
    with transaction():
        hold_still(own_set, by)
        for membership in own_set.memberships:
            if membership.person_id == by.id and membership.left_at is None:
                membership.left_at = now()
        if not own_set.members:
            _close(own_set, by)
        tell(own_set, because=f"You have left {own_set.name.lower()}.")
        record("own-set.left", programme=own_set.programme, by=by, thing=own_set.name.lower())


def close(own_set: OwnSet, *, by: Person) -> None:
    """End a set: its meetings ahead are cancelled and the others told. Raises NotPossible."""
    with transaction():
        hold_still(own_set, by)
        members = own_set.members
        _close(own_set, by)
        tell(own_set, because=f"{by.name} has closed {own_set.name.lower()}.")
        for person in members:
            if person.id != by.id:
                _write("set-closed", own_set, person, f"{own_set.name} is closed", by=by)
        record("own-set.closed", programme=own_set.programme, by=by, thing=own_set.name.lower())


def ask_to_join(own_set: OwnSet, address: str, *, by: Person) -> None:
    """Ask whoever of the programme has an address to join. Raises NotPossible where too many are asked already.

    Nothing tells whether anybody has that address: a set's page is no way to look people up (abuse case A7).
    """
    with transaction() as tx:
        hold_still(own_set, by)
        waiting = sa.select(sa.func.count(AskedToJoin.id)).where(
            AskedToJoin.set_id == own_set.id, AskedToJoin.answered_at.is_(None)
        )
        if (tx.scalar(waiting) or 0) >= MOST_ASKED:
            raise NotPossible(f"{MOST_ASKED} people have not yet said whether they join. Wait for their answers.")
        person = tx.scalar(
            sa.select(Person).where(
                Person.programme_id == own_set.programme_id, Person.email == address.lower(), Person.left_on.is_(None)
            )
        )
        if person is None or person in own_set.members or _asked(own_set, person) is not None:
            return
        tx.add(AskedToJoin(set_id=own_set.id, person_id=person.id, asked_by_id=by.id))
        _write("join-set", own_set, person, f"Join {own_set.name.lower()}?", by=by)
        record("own-set.asked-to-join", programme=own_set.programme, by=by, thing=own_set.name.lower())


def asked_to_join(person: Person) -> list[AskedToJoin]:
    """The sets that somebody was asked to join and has not answered yet."""
    return list(
        db.session.scalars(
            sa.select(AskedToJoin)
            .join(AskedToJoin.own_set)
            .where(AskedToJoin.person_id == person.id, AskedToJoin.answered_at.is_(None), OwnSet.closed_at.is_(None))
            .options(joinedload(AskedToJoin.own_set), joinedload(AskedToJoin.asked_by))
            .order_by(AskedToJoin.id)
        )
    )


def answer_asked(asked: AskedToJoin, *, joins: bool) -> None:
    """Join a set, or not; who joins is invited to its meetings ahead. Raises NotPossible."""
    with transaction() as tx:
        own_set, person = asked.own_set, asked.person
        hold_still(own_set)
        if asked.answered_at is not None:
            return
        asked.answered_at, asked.joined = now(), joins
        if joins and person not in own_set.members:
            tx.add(OwnSetMember(own_set=own_set, person=person))
            tell(own_set)
            record("own-set.joined", programme=own_set.programme, by=person, thing=own_set.name.lower())


def change_facilitator(own_set: OwnSet, facilitator: Facilitator | None, *, by: Organiser) -> bool:
    """Let somebody else lead a set that runs itself, or nobody; its people are told and invitations follow.

    False where they lead it already. Raises NotPossible.
    """
    with transaction():
        hold_still(own_set)
        before = own_set.facilitator
        if (before.id if before else None) == (facilitator.id if facilitator else None):
            return False
        own_set.facilitator = facilitator
        name = own_set.name.lower()
        tell(own_set, because=f"You no longer lead {name}.")
        for person in own_set.members:
            _write("set-facilitator", own_set, person, f"Who leads {name}", leader=facilitator, before=before)
        record("own-set.facilitator-changed", programme=own_set.programme, by=by, thing=name)
    return True


def let_leavers_go() -> int:
    """Take everybody who has left the programme out of their sets, and cancel what they were invited to there; returns
    out of how many sets. For the worker: whoever ends somebody's part in a programme need not know of sets."""
    gone = OwnSetMember.left_at.is_(None), OwnSetMember.person.has(Person.left_on.is_not(None))
    ids = db.session.scalars(
        sa.select(OwnSet.id).where(OwnSet.closed_at.is_(None), OwnSet.memberships.any(sa.and_(*gone)))
    ).all()
    return sum(_let_leavers_go(set_id) for set_id in ids)


def has_lost_half(own_set: OwnSet) -> bool:
    """Whether half of those it began with, or more, are gone."""
    return 2 * len(own_set.members) <= own_set.began_with


def _let_leavers_go(set_id: int) -> bool:
    try:
        with transaction() as tx:
            own_set = tx.get_one(OwnSet, set_id)
            hold_still(own_set)
            for membership in own_set.memberships:
                if membership.left_at is None and membership.person.left_on is not None:
                    membership.left_at = now()
            if not own_set.members:
                _close(own_set, None)
            tell(own_set, because=f"You are no longer in {own_set.name.lower()}.")
            record("own-set.leavers-let-go", programme=own_set.programme, by=None, thing=own_set.name.lower())
    except NotPossible:  # closed in this moment, or somebody there cannot be written to: the next round tries again
        return False
    return True


def _release(learning_set: LearningSet, programme: Programme, by: Organiser | None) -> OwnSet:
    people = _people(learning_set)
    name = f"set {learning_set.number}"
    running = OwnSet.event_id == learning_set.event_id, OwnSet.number == learning_set.number, OwnSet.closed_at.is_(None)
    if db.session.scalar(sa.select(sa.exists().where(*running))):
        raise NotPossible(f"There is a {name} that runs itself already.")
    if not people:
        raise NotPossible(f"Nobody is in {name} any more.")
    own_set = OwnSet(
        programme_id=programme.id,
        event_id=learning_set.event_id,
        number=learning_set.number,
        began_with=len(people),
        released_by_id=by.id if by else None,
    )
    db.session.add(own_set)
    own_set.memberships.extend(OwnSetMember(person=person) for person in people)
    db.session.flush()
    for person in people:
        _write("set-released", own_set, person, f"{own_set.name} now runs itself")
    record("own-set.released", programme=programme, by=by, thing=name, people=len(people))
    return own_set


def _people(learning_set: LearningSet) -> list[Person]:
    members = learning_set.members
    living = [member for member in members if member.pair is None or member.pair.left_on is None]
    return list(dict.fromkeys(p for member in living for p in people_of(member) if p.left_on is None))


def _close(own_set: OwnSet, by: Person | None) -> None:
    by_id = by.id if by is not None else None
    own_set.closed_at, own_set.closed_by_id = now(), by_id
    db.session.execute(
        sa.update(DateChoice)
        .where(DateChoice.set_id == own_set.id, DateChoice.ended_at.is_(None))
        .values(ended_at=now(), ended_by_id=by_id)
    )


def _asked(own_set: OwnSet, person: Person) -> AskedToJoin | None:
    open_still = AskedToJoin.set_id == own_set.id, AskedToJoin.person_id == person.id, AskedToJoin.answered_at.is_(None)
    return db.session.scalar(sa.select(AskedToJoin).where(*open_still))


def _write(template: str, own_set: OwnSet, to: Person, subject: str, **context: Any) -> None:
    queue_letter(
        template,
        to=to,
        subject=f"{subject} – {own_set.programme.short_name}",
        programme=own_set.programme,
        about=own_set.name,
        own_set=own_set,
        url=f"{page_url(to)}/set/{own_set.id}",
        **context,
    )


def _with_all(chosen: sa.Select[Any]) -> sa.Select[Any]:
    return chosen.options(
        joinedload(OwnSet.event),
        joinedload(OwnSet.facilitator).joinedload(Facilitator.person),
        selectinload(OwnSet.memberships).joinedload(OwnSetMember.person),
        selectinload(OwnSet.meetings).joinedload(OwnMeeting.session),
    )
