"""What people say of themselves on their own page, and what is kept of those who merged, left or were erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, Versioned
from scheduler.models.invitations import OutboxMessage
from scheduler.models.people import Person
from scheduler.models.programmes import Organiser


class AccessNeeds(OfProgramme, Model):
    """What a person needs at their sessions; erased 30 days after the last of them (``collect.retention``)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    access: Mapped[str] = mapped_column(sa.Text, default="")
    dietary: Mapped[str] = mapped_column(sa.Text, default="")
    saved_at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship()


class Assistant(OfProgramme, Model):
    """Who gets a copy of a person's invitations and may answer for them. That their answers count is a learned
    address beside this row; invitations that left before ``added_at`` are not copied."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str] = mapped_column(NAME)
    address: Mapped[str] = mapped_column(ADDRESS)
    added_at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship()


class InvitationCopy(OfProgramme, Model):
    """That a message about an invitation was copied to an assistant: once, whoever looks and how often."""

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox_message.id", ondelete="CASCADE"), unique=True)
    copy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True)

    message: Mapped[OutboxMessage] = relationship(foreign_keys=[message_id])
    copy: Mapped[OutboxMessage | None] = relationship(foreign_keys=[copy_id])


class AddressChange(OfProgramme, Model):
    """A new address that a person gave, until they confirm it by the link sent there."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(ADDRESS)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # used, or overtaken by a later one

    person: Mapped[Person] = relationship()


class WishToLeave(OfProgramme, Model):
    """That a person told the organisers they want to leave; an organiser settles it, one way or the other."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    told_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class Merging(OfProgramme, Model):
    """Two rows of one person made one: ``kept`` has everything, ``gone`` is a shell with what would stand twice.

    ``moved`` lists what went over, as [table, column, id]; it is what "Undo" takes back.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    gone_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    merged_at: Mapped[datetime] = mapped_column(default=now)
    merged_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    moved: Mapped[list[Any]] = mapped_column(default=list)
    undone_at: Mapped[datetime | None]

    kept: Mapped[Person] = relationship(foreign_keys=[kept_id])
    gone: Mapped[Person] = relationship(foreign_keys=[gone_id])
    merged_by: Mapped[Organiser | None] = relationship()


class Erasure(OfProgramme, Model):
    """That a person is to be erased, and was: it waits until the last mail to them has left."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    done_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class Retention(OfProgramme, Versioned, Model):
    """How long one programme keeps what it must not keep for ever, in days; without a row, the usual times."""

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), unique=True)
    needs_days: Mapped[int] = mapped_column(default=30)
    received_days: Mapped[int] = mapped_column(default=180)
    sent_days: Mapped[int] = mapped_column(default=365)
