"""The present answer to an invitation: the last that counts of all its replies (RFC 5546 2.1.5)."""

from __future__ import annotations

import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.models import Invitation, PartStat, Reply


def answer_on_record(invitation: Invitation) -> Reply | None:
    """The reply that says the present answer; None where none was given to the invitation as it is now.

    Within one version the latest DTSTAMP wins, whatever came first; of two with the same one, the later to arrive.
    """
    return db.session.scalars(
        sa.select(Reply)
        .where(
            Reply.invitation_id == invitation.id,
            Reply.sequence == invitation.sequence,
            Reply.answer.is_not(None),
            Reply.undone_at.is_(None),
        )
        .order_by(Reply.stamp.desc(), Reply.id.desc())
        .limit(1)
    ).first()


def settle(invitation: Invitation) -> None:
    """Let the invitation say what its replies say; to be called whenever a reply is added or undone."""
    given = answer_on_record(invitation)
    invitation.partstat = given.answer if given is not None and given.answer is not None else PartStat.NEEDS_ACTION
