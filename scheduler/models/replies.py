"""What comes back: every mail as it arrived, the replies read from it, addresses learned, addresses that bounce."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, Sealed, spoken
from scheduler.models.invitations import Invitation, OutboxMessage, PartStat
from scheduler.models.people import Person
from scheduler.models.programmes import Organiser


class Effect(StrEnum):
    """What was done with a received message (contract: ``receive --json``)."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    COUNTER = "counter"
    DELEGATED = "delegated"
    REFRESHED = "refreshed"
    BOUNCED = "bounced"
    IGNORED = "ignored"
    AUTO_REPLY_IGNORED = "auto-reply-ignored"
    HELD = "held"
    REFUSED = "refused"
    DUPLICATE = "duplicate"  # said of a further copy; the row is the first one's


class Decision(StrEnum):
    """What an organiser decided about a message that was held."""

    SAME_PERSON = "same-person"
    ASSISTANT = "assistant"
    NOT_THEIRS = "not-theirs"
    SEEN = "seen"  # read and settled elsewhere: a letter, a wish to send somebody else


class Whose(StrEnum):
    """What an address that is not the one on record is to a person."""

    OWN = "own"
    ASSISTANT = "assistant"


class ReceivedMessage(Model):
    """One mail as it arrived, kept before anything of it is understood, and what was done with it.

    ``effect`` is empty until it has been read. ``fingerprint`` tells a second copy from a second message; a copy is
    counted in ``copies`` and changes nothing. ``programme_id`` is empty where nothing says which programme it concerns.
    Of a message larger than ``size_kept`` says, the beginning alone was kept.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    raw: Mapped[bytes] = mapped_column(Sealed, deferred=True)
    size: Mapped[int]
    size_kept: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    copies: Mapped[int] = mapped_column(default=1)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # Where it lay in an IMAP mailbox, for who polls one; the last place of several copies.
    mailbox_uidvalidity: Mapped[int | None] = mapped_column(sa.BigInteger)
    mailbox_uid: Mapped[int | None] = mapped_column(sa.BigInteger)

    message_id: Mapped[str] = mapped_column(sa.String(500), default="")
    sender: Mapped[str] = mapped_column(ADDRESS, default="", index=True)
    sender_name: Mapped[str] = mapped_column(NAME, default="")
    subject: Mapped[str] = mapped_column(sa.String(300), default="")

    tries: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None] = mapped_column(index=True)
    effect: Mapped[Effect | None] = mapped_column(spoken(Effect), index=True)
    why: Mapped[str] = mapped_column(sa.Text, default="")
    uid: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitation.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    answered_as: Mapped[str] = mapped_column(ADDRESS, default="")  # the ATTENDEE where it is not the invited address

    waits: Mapped[bool] = mapped_column(default=False, index=True)  # an organiser is to decide
    decision: Mapped[Decision | None] = mapped_column(spoken(Decision))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    invitation: Mapped[Invitation | None] = relationship()
    person: Mapped[Person | None] = relationship()
    decided_by: Mapped[Organiser | None] = relationship(foreign_keys=[decided_by_id])
    undone_by: Mapped[Organiser | None] = relationship(foreign_keys=[undone_by_id])
    replies: Mapped[list[Reply]] = relationship(back_populates="received", order_by="Reply.id")


class Reply(OfProgramme, Model):
    """One answer to one invitation; the history stays, the present answer is the last that counts.

    ``sequence`` is the version of ours that it answers, ``stamp`` its DTSTAMP: within one version the latest stamp
    wins, whatever came first (RFC 5546 2.1.5). ``answer`` is empty where it says none, as a delegation does.
    ``given_by`` is who wrote it where that is not the person; a proposal is another time they asked for, in UTC.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    received_message_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("received_message.id", ondelete="SET NULL"), index=True
    )
    answer: Mapped[PartStat | None] = mapped_column(spoken(PartStat))
    sequence: Mapped[int]
    stamp: Mapped[datetime]
    arrived_at: Mapped[datetime] = mapped_column(default=now)
    given_by: Mapped[str] = mapped_column(ADDRESS, default="")
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    proposed_start: Mapped[datetime | None]
    proposed_end: Mapped[datetime | None]
    delegated_to: Mapped[str] = mapped_column(ADDRESS, default="")
    undone_at: Mapped[datetime | None]

    invitation: Mapped[Invitation] = relationship()
    received: Mapped[ReceivedMessage | None] = relationship(back_populates="replies")

    @property
    def for_old_time(self) -> bool:
        """Whether the invitation has changed since the version that it answers."""
        return self.sequence < self.invitation.sequence


class LearnedAddress(OfProgramme, Model):
    """An address beside the one on record from which a person's answers count, because an organiser said so."""

    __table_args__ = (sa.UniqueConstraint("person_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(ADDRESS, index=True)
    whose: Mapped[Whose] = mapped_column(spoken(Whose), default=Whose.OWN)
    learned_at: Mapped[datetime] = mapped_column(default=now)
    learned_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    received_message_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("received_message.id", ondelete="SET NULL"), index=True
    )

    person: Mapped[Person] = relationship()


class Bounce(OfProgramme, Model):
    """That a message to an address came back; it stands until cleared, by a real answer, a mended address or undone."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(ADDRESS, index=True)
    outbox_message_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True
    )
    received_message_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("received_message.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str] = mapped_column(sa.String(20), default="")  # RFC 3463, as "5.1.1"
    words: Mapped[str] = mapped_column(sa.Text, default="")  # the mail server's own
    mailbox_full: Mapped[bool] = mapped_column(default=False)
    bounced_at: Mapped[datetime] = mapped_column(default=now)
    cleared_at: Mapped[datetime | None]

    person: Mapped[Person | None] = relationship()
    outbox_message: Mapped[OutboxMessage | None] = relationship()
