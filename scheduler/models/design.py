"""What participants bring to the design: proposals they make and support, and what was heard in interviews."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import NAME, OfProgramme, Versioned, spoken
from scheduler.models.events import Event
from scheduler.models.people import Pair, Person
from scheduler.models.programmes import Organiser


class ProposalKind(StrEnum):
    """What is proposed."""

    TOPIC = "topic"
    DATE = "date"
    HOST = "host"


class ProposalState(StrEnum):
    """Where a proposal stands: open, made an event, not taken up, or withdrawn by whoever made it."""

    OPEN = "open"
    TAKEN_UP = "taken up"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Proposal(OfProgramme, Versioned, Model):
    """A topic, date or host that a participant proposes; ``event`` is what it became, ``reply`` what was answered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ProposalKind] = mapped_column(spoken(ProposalKind))
    title: Mapped[str] = mapped_column(NAME)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[ProposalState] = mapped_column(spoken(ProposalState), default=ProposalState.OPEN)
    reply: Mapped[str] = mapped_column(sa.Text, default="")
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("event.id", ondelete="SET NULL"), index=True)

    person: Mapped[Person] = relationship()
    event: Mapped[Event | None] = relationship()
    supports: Mapped[list[ProposalSupport]] = relationship(back_populates="proposal", cascade="all, delete-orphan")


class ProposalSupport(Model):
    """That another participant supports a proposal."""

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)

    proposal: Mapped[Proposal] = relationship(back_populates="supports")
    person: Mapped[Person] = relationship()


class Heard(OfProgramme, Versioned, Model):
    """What was heard from one pair in an interview: themes, and the interviewer's words."""

    __table_args__ = (sa.UniqueConstraint("event_id", "pair_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    pair_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"), index=True)
    themes: Mapped[list[str]] = mapped_column(default=list)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    written_at: Mapped[datetime] = mapped_column(default=now)
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    event: Mapped[Event] = relationship()
    pair: Mapped[Pair] = relationship()
    written_by: Mapped[Organiser | None] = relationship()
