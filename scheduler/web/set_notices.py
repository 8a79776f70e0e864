"""What of a person's sets waits for them, said on their own page."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask import url_for

from scheduler import formatting
from scheduler.collect.audience import pairs_of
from scheduler.extensions import db
from scheduler.invite import own_sets
from scheduler.invite.choosing import open_choice, tallies
from scheduler.models import Facilitator, LearningSet, Person, Plan, PlanStatus, SetMember
from scheduler.plan.proposing import sets_proposed_to


@dataclass(frozen=True)
class Notice:
    """One sentence with its link."""

    text: str
    link: str
    href: str


@dataclass(frozen=True)
class SetNotices:
    """The notices, and whether there is any set to show."""

    notices: tuple[Notice, ...]
    has_sets: bool


def set_notices(person: Person, token: str) -> SetNotices:
    """What waits for somebody: a set that is proposed, dates to answer, a set they are asked to join."""
    found = []
    proposed = sets_proposed_to(person)
    if proposed is not None:
        here = url_for("set_page.mine", token=token)
        found.append(Notice("An action learning set is proposed for you.", "See it", here))
    for asked in own_sets.asked_to_join(person):
        href = url_for("own_sets.page", token=token, set_id=asked.set_id)
        found.append(Notice(f"You are asked to join {asked.own_set.name.lower()}.", "See it and answer", href))
    own = own_sets.sets_with(person)
    for own_set in own:
        choice = open_choice(own_set)
        if choice is None or person not in own_set.members:
            continue
        left = sum(person.id not in tally.said for tally in tallies(choice, own_set.members))
        if left:
            waits = f"{formatting.count(left, 'date waits', 'dates wait')} for your answer"
            href = f"{url_for('own_sets.page', token=token, set_id=own_set.id)}#choose"
            found.append(Notice(f"{own_set.name} chooses its next date: {waits}.", "Answer", href))
    return SetNotices(tuple(found), bool(proposed or own or found) or _is_in_published_set(person))


def _is_in_published_set(person: Person) -> bool:
    pairs = [pair.id for pair in pairs_of(person)]
    mine = sa.select(SetMember.set_id).where(sa.or_(SetMember.pair_id.in_(pairs), SetMember.person_id == person.id))
    chosen = sa.or_(LearningSet.id.in_(mine), LearningSet.facilitator.has(Facilitator.person_id == person.id))
    published = LearningSet.plan.has(
        sa.and_(Plan.programme_id == person.programme_id, Plan.status == PlanStatus.PUBLISHED)
    )
    return bool(db.session.scalar(sa.select(sa.exists().where(chosen, published))))
