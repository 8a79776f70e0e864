"""What would help a plan: the row of a search for repairs, and what it has found so far."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import spoken
from scheduler.models.plans import Plan
from scheduler.models.programmes import Organiser


class AdviceState(StrEnum):
    """How far the search for advice on a plan has come."""

    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class PlanAdvice(Model):
    """What would help one plan, as it stood at its move by hand number ``edits``; a plan's question never changes.

    ``found`` is what ``solver.advice_child`` says, stored as it comes. ``turn`` rises with each time it is asked for,
    ``attempt`` with each worker that takes it: an older attempt writes nothing.
    """

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    edits: Mapped[int] = mapped_column(default=0)
    state: Mapped[AdviceState] = mapped_column(spoken(AdviceState), default=AdviceState.QUEUED)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
    time_limit: Mapped[int]  # seconds
    turn: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[int] = mapped_column(default=0)
    stop_asked: Mapped[bool] = mapped_column(default=False)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship()
    asked_by: Mapped[Organiser | None] = relationship()
