"""Trusts with like intentions that have not met yet: whom a pair would have most to talk about with."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.collect.intentions import shared_themes
from scheduler.extensions import db
from scheduler.models import Event, LearningSet, Pair, Placement, Plan, PlanStatus, Session, SetMeeting, SetMember

MOST = 10


@dataclass(frozen=True, slots=True)
class Alike:
    """Another pair, and the themes that both have."""

    pair: Pair
    themes: list[str]


def not_met_yet(pair: Pair, most: int = MOST) -> list[Alike]:
    """The pairs with a theme in common that this one has not met, most themes in common first."""
    if not pair.themes:
        return []
    others = db.session.scalars(
        sa.select(Pair)
        .where(Pair.programme_id == pair.programme_id, Pair.left_on.is_(None), Pair.id != pair.id)
        .options(joinedload(Pair.trust))
    )
    known = met(pair)
    found = [Alike(other, shared) for other in others if (shared := shared_themes(pair.themes, other.themes))]
    strangers = [alike for alike in found if alike.pair.id not in known]
    return sorted(strangers, key=lambda alike: (-len(alike.themes), alike.pair.trust.name))[:most]


def met(pair: Pair) -> set[int]:
    """The pairs, by id, that this one was placed with in a session or set meeting that has begun."""
    begun = (Plan.programme_id == pair.programme_id, Plan.status == PlanStatus.PUBLISHED, Session.starts_at <= now())
    sessions = (
        sa.select(Placement.session_id)
        .join(Placement.plan)
        .join(Placement.session)
        .join(Event, Placement.event_id == Event.id)
        .where(Placement.pair_id == pair.id, Event.encounters, *begun)
    )
    there = (
        sa.select(Placement.pair_id)
        .join(Placement.plan)
        .where(Plan.status == PlanStatus.PUBLISHED, Placement.session_id.in_(sessions))
    )
    sets = (
        sa.select(SetMember.set_id)
        .join(SetMember.learning_set)
        .join(LearningSet.plan)
        .join(SetMeeting, SetMeeting.set_id == LearningSet.id)
        .join(SetMeeting.session)
        .where(SetMember.pair_id == pair.id, *begun)
    )
    members = sa.select(SetMember.pair_id).where(SetMember.set_id.in_(sets))
    return {found for query in (there, members) for found in db.session.scalars(query) if found is not None}
