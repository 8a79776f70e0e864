"""Who else has the board of a plan open: each page says so every few seconds, and is forgotten when it stops."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import BoardPresence, Organiser, Plan
from scheduler.transaction import rows_changed, transaction

GONE_AFTER = timedelta(seconds=30)


def is_here(plan: Plan, organiser: Organiser) -> None:
    """Note that an organiser looks at the board of a plan at this moment."""
    mine = BoardPresence.plan_id == plan.id, BoardPresence.organiser_id == organiser.id
    try:
        with transaction() as tx:
            if not rows_changed(sa.update(BoardPresence).where(*mine).values(seen_at=now())):
                tx.add(BoardPresence(plan_id=plan.id, organiser_id=organiser.id))
    except sa.exc.IntegrityError:
        pass  # another window of theirs said so in the same moment


def others_here(plan: Plan, organiser: Organiser) -> list[str]:
    """The names of the other organisers who look at the board of a plan now."""
    living = BoardPresence.plan_id == plan.id, BoardPresence.seen_at > now() - GONE_AFTER
    rows = sa.select(Organiser.name).join(BoardPresence, BoardPresence.organiser_id == Organiser.id)
    return list(db.session.scalars(rows.where(*living, Organiser.id != organiser.id).order_by(Organiser.name)))


def in_words(names: list[str]) -> str:
    """ "Aisha is on this board too"; "" where nobody is."""
    if not names:
        return ""
    if len(names) == 1:
        return f"{names[0]} is on this board too"
    return f"{', '.join(names[:-1])} and {names[-1]} are on this board too"
