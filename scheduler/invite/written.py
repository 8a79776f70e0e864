"""What a publication has written, as rows that wait to be kept: finished, sealed, and no longer in the session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.models import Invitation, MessageState, OutboxMessage
from scheduler.models.columns import sealed

Row = dict[str, Any]

_OF_AN_INVITATION = (
    "sequence",
    "dtstamp",
    "cancelled_at",
    "attendee",
    "partstat",
    "summary",
    "description",
    "location",
    "starts_at",
    "ends_at",
    "time_zone",
    "venue_id",
)
_OF_A_NEW_ONE = ("programme_id", "uid", "created_at", "organizer", *_OF_AN_INVITATION)
_OF_A_MESSAGE = (
    "programme_id",
    "person_id",
    "kind",
    "about",
    "to_address",
    "to_name",
    "subject",
    "message_id",
    "uid",
    "sequence",
    "dtstamp",
    "method",
    "queued_at",
)


@dataclass(frozen=True)
class Written:
    """The rows of one publication: new invitations, what changes of those people hold, and messages in their order."""

    new: list[Row]
    changed: list[Row]
    messages: list[Row]

    def keep(self) -> None:
        """Put all of it into the database, in the caller's transaction."""
        if self.changed:
            db.session.execute(sa.update(Invitation), self.changed)
        if self.new:
            db.session.execute(sa.insert(Invitation), self.new)
        if self.messages:
            about = sa.select(Invitation.id).where(Invitation.uid == sa.bindparam("about_uid")).scalar_subquery()
            # As plain bytes: a value for the column as it is would be sealed once more.
            body = sa.bindparam("sealed", type_=sa.LargeBinary)
            outbox = cast("sa.Table", OutboxMessage.__table__)
            db.session.execute(sa.insert(outbox).values(invitation_id=about, body=body), self.messages)


def taken_from_session(messages: list[OutboxMessage], held: Iterable[Invitation], *, hold: bool) -> Written:
    """The rows of what was written into the session and not flushed; the session forgets it."""
    with db.session.no_autoflush:
        new = [m.invitation for m in messages if m.invitation is not None and m.invitation in db.session.new]
        changed = [invitation for invitation in held if invitation in db.session.dirty]
        written = Written(
            new=[_row(i, _OF_A_NEW_ONE) | {"person_id": i.person.id, "session_id": i.session.id} for i in new],
            # Ends first: one person has one living invitation to one session.
            changed=sorted(
                (_row(i, ("id", *_OF_AN_INVITATION)) for i in changed), key=lambda row: row["cancelled_at"] is None
            ),
            messages=[_message_row(message, hold=hold) for message in messages],
        )
        for row in (*messages, *new):
            db.session.expunge(row)
        for invitation in changed:
            db.session.expire(invitation)
    return written


def _message_row(message: OutboxMessage, *, hold: bool) -> Row:
    return _row(message, _OF_A_MESSAGE) | {
        "about_uid": message.uid,
        "sealed": sealed(message.body),
        "state": MessageState.HELD if hold else MessageState.WAITING,
    }


def _row(thing: Invitation | OutboxMessage, columns: Iterable[str]) -> Row:
    return {column: getattr(thing, column) for column in columns}
