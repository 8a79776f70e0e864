"""Seats that are free: offered to a pair until a time, taken, lapsed; and declined places whose seats are kept."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfParty, OfProgramme, spoken
from scheduler.models.events import Session
from scheduler.models.people import Person
from scheduler.models.plans import Plan
from scheduler.models.programmes import Organiser
from scheduler.models.replies import Reply


class OfferState(StrEnum):
    """What became of an offer; GONE: it no longer fitted the plan when the pair said yes."""

    OFFERED = "offered"
    TAKEN = "taken"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    GONE = "gone"


class SeatOffer(OfProgramme, OfParty, Model):
    """Seats of one session, kept for one pair (or person alone) until a time; all of them or none.

    ``seats`` is how many the party takes, ``plan`` the version in which it has them. With ``then_next`` the seats are
    offered to the next in line when the offer lapses or is refused.
    """

    __table_args__ = (
        sa.Index(
            "ix_seat_offer_open",
            "session_id",
            "party",
            unique=True,
            sqlite_where=sa.text("state = 'offered'"),
            postgresql_where=sa.text("state = 'offered'"),
        ),
        sa.Index("ix_seat_offer_due", "state", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"))
    seats: Mapped[int]
    until: Mapped[datetime]
    then_next: Mapped[bool] = mapped_column(default=True)
    state: Mapped[OfferState] = mapped_column(spoken(OfferState), default=OfferState.OFFERED)
    offered_at: Mapped[datetime] = mapped_column(default=now)
    offered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="SET NULL"))

    # Two columns lead to people, so each relationship says which is its own.
    person: Mapped[Person | None] = relationship(foreign_keys="SeatOffer.person_id")
    session: Mapped[Session] = relationship()
    offered_by: Mapped[Organiser | None] = relationship()
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    plan: Mapped[Plan | None] = relationship()


class SeatsKept(OfProgramme, Model):
    """That an organiser has read a decline, and keeps the seats: it is no longer asked about."""

    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), unique=True)
    kept_at: Mapped[datetime] = mapped_column(default=now)
    kept_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    reply: Mapped[Reply] = relationship()
    kept_by: Mapped[Organiser | None] = relationship()
