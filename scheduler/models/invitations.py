"""What left the house: invitations by UID, and the outbox, one row a mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, Sealed, spoken
from scheduler.models.events import Session
from scheduler.models.people import Person


class Method(StrEnum):
    """The iTIP methods that Convene sends (RFC 5546)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class PartStat(StrEnum):
    """What an attendee's calendar answered (RFC 5545 section 3.2.12)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class MessageState(StrEnum):
    """How far a mail has come; UNCERTAIN: the connection broke inside DATA, so it may have arrived."""

    WAITING = "waiting"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"


class Invitation(OfProgramme, Model):
    """One person to one session: a UID for life. A cancelled one is dead; who comes back gets a new UID.

    The columns from ``summary`` on say what the last message said, so that a change can be told from none; ``venue_id``
    is the venue it spoke of, so that a new name for one can be told from another place (None: not known, or none).
    """

    __table_args__ = (
        sa.Index(
            "ix_invitation_alive",
            "person_id",
            "session_id",
            unique=True,
            sqlite_where=sa.text("cancelled_at IS NULL"),
            postgresql_where=sa.text("cancelled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id"), index=True)
    uid: Mapped[str] = mapped_column(sa.String(255), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    dtstamp: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    cancelled_at: Mapped[datetime | None]
    organizer: Mapped[str] = mapped_column(ADDRESS)
    attendee: Mapped[str] = mapped_column(ADDRESS)
    partstat: Mapped[PartStat] = mapped_column(spoken(PartStat), default=PartStat.NEEDS_ACTION)

    summary: Mapped[str] = mapped_column(NAME)
    description: Mapped[str] = mapped_column(sa.Text, default="")
    location: Mapped[str] = mapped_column(sa.String(500), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    venue_id: Mapped[int | None]  # no foreign key: it says what was told, and outlives the venue

    person: Mapped[Person] = relationship()
    session: Mapped[Session] = relationship()
    messages: Mapped[list[OutboxMessage]] = relationship(back_populates="invitation", order_by="OutboxMessage.id")


class OutboxMessage(Model):
    """One mail to one person, finished and stored before it is sent: a retry sends the same bytes.

    ``uid``, ``sequence``, ``dtstamp`` and ``method`` are for calendar messages: at most one row for each version,
    whatever happens. Messages of one UID leave in the order of their ids. ``programme_id`` is empty for log-in links
    alone.
    """

    __table_args__ = (sa.UniqueConstraint("uid", "sequence", "method", "dtstamp"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitation.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))  # ask, reminder, invitation, update, cancellation, log-in, …
    about: Mapped[str] = mapped_column(NAME, default="")
    to_address: Mapped[str] = mapped_column(ADDRESS)
    to_name: Mapped[str] = mapped_column(NAME, default="")
    subject: Mapped[str] = mapped_column(sa.String(300))
    body: Mapped[bytes] = mapped_column(Sealed, deferred=True)  # the whole message, as it goes over the wire
    message_id: Mapped[str] = mapped_column(sa.String(255), unique=True)
    uid: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    sequence: Mapped[int | None]
    dtstamp: Mapped[datetime | None]  # as the calendar part says it; None in rows older than the column
    method: Mapped[Method | None] = mapped_column(spoken(Method))
    state: Mapped[MessageState] = mapped_column(spoken(MessageState), default=MessageState.WAITING, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.Text, default="")
    queued_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now, index=True)
    first_tried_at: Mapped[datetime | None]  # since then a mail server has been asked; anew when it is queued again
    claimed_by: Mapped[str | None] = mapped_column(sa.String(100))
    claimed_at: Mapped[datetime | None]
    data_at: Mapped[datetime | None]  # when DATA began: from then on it may have arrived
    sent_at: Mapped[datetime | None]
    file: Mapped[str | None] = mapped_column(sa.String(255))  # relative to the instance folder

    person: Mapped[Person | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship(back_populates="messages")


class DeliveryTry(Model):
    """One try to deliver a message: when it began and ended, what came of it, and what the mail server said.

    ``fate`` is that of ``mail.Outcome``; one that has no end was cut short with the worker that made it.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox_message.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    fate: Mapped[str | None] = mapped_column(sa.String(20))
    words: Mapped[str] = mapped_column(sa.Text, default="")
