"""Sets shown to their members before anything is published, and what members say against them in confidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfProgramme, Sealed
from scheduler.models.events import Event
from scheduler.models.people import Person
from scheduler.models.plans import Plan
from scheduler.models.programmes import Organiser


class SetProposal(OfProgramme, Model):
    """The sets of a draft as they were shown to their members: kept as they were, whatever the draft says since.

    ``sets`` is a list of {"event", "number", "facilitator", "members": [{"party", "pair", "person"}], "meetings":
    [{"round", "session"}]}, each value a row's id but for the set's and the round's number and the party's key.
    """

    __table_args__ = (sa.UniqueConstraint("plan_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    round: Mapped[int] = mapped_column(default=1)  # 1 for the first of a plan, one more each time
    edits: Mapped[int] = mapped_column(default=0)  # of the plan, when its sets were proposed
    sets: Mapped[list[Any]] = mapped_column(default=list)
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    plan: Mapped[Plan] = relationship()
    proposed_by: Mapped[Organiser | None] = relationship()


class ProposalLetter(Model):
    """That a person was written to about a proposal: once each, whatever is pressed twice."""

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("set_proposal.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)


class SetObjection(OfProgramme, Model):
    """Why somebody should not be in the set that was proposed to them, for the programme's owners alone.

    One a person, event and plan: writing again changes it. It is sealed, as reasons between people are the most
    private that Convene holds, and no audit entry tells even that there is one.
    """

    __table_args__ = (sa.UniqueConstraint("plan_id", "event_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("set_proposal.id", ondelete="CASCADE"))  # it speaks of
    reason: Mapped[bytes] = mapped_column(Sealed)
    written_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
    dealt_with_at: Mapped[datetime | None]
    dealt_with_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    plan: Mapped[Plan] = relationship()
    event: Mapped[Event] = relationship()
    person: Mapped[Person] = relationship()
    proposal: Mapped[SetProposal] = relationship()
    dealt_with_by: Mapped[Organiser | None] = relationship()

    @property
    def text(self) -> str:
        """The reason in the person's words."""
        return self.reason.decode("utf-8")
