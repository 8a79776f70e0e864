"""Trusts with like intentions that have not met yet: whom a pair would have most to talk about with."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.collect.intentions import shared_themes
from scheduler.extensions import db
from scheduler.follow.encounters import Ledger
from scheduler.models import Pair
from scheduler.plan.encounters import How

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
    found = [Alike(other, shared) for other in others if (shared := shared_themes(pair.themes, other.themes))]
    ledger, here = Ledger(pair.programme), pair.trust.ods_code
    strangers = [one for one in found if ledger.state(here, one.pair.trust.ods_code) not in (How.MET, How.PLANNED)]
    return sorted(strangers, key=lambda one: (-len(one.themes), one.pair.trust.name))[:most]
