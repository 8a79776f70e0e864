"""Numbered plans: the frozen question, the run of the solver, and its answer as rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfParty, OfProgramme, spoken
from scheduler.models.events import Event, Round, Session
from scheduler.models.people import Facilitator
from scheduler.models.programmes import Organiser


class PlanStatus(StrEnum):
    """What a plan is to the people in it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


class RunState(StrEnum):
    """How far the solver's run for a plan has come."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class RunEnd(StrEnum):
    """Why a run ended."""

    PROVEN = "proven"
    TIME_LIMIT = "time limit"
    STOPPED = "stopped"
    INFEASIBLE = "infeasible"
    NOTHING_FOUND = "nothing found"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"
    EDITED = "edited by hand"


class Plan(OfProgramme, Model):
    """One numbered plan of a programme.

    ``problem`` is the frozen convene-problem/1 file, ``result`` the convene-plan/1 file; ``asked_at`` is when the
    answers were read. The run's ``attempt`` rises with each worker that takes it: an older attempt writes nothing.
    """

    __table_args__ = (sa.UniqueConstraint("programme_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    status: Mapped[PlanStatus] = mapped_column(spoken(PlanStatus), default=PlanStatus.DRAFT)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    based_on_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id"))
    edits: Mapped[int] = mapped_column(default=0)  # rises with each edit by hand
    begins_from: Mapped[int | None]  # the number of the plan whose places the search begins from
    # What a plan kept from "what if" counts on: facts that must be made so before anybody is told of it.
    assumes: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list, server_default="[]")

    problem: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON, deferred=True)
    solver_status: Mapped[str | None] = mapped_column(sa.String(20))
    objective: Mapped[int | None] = mapped_column(sa.BigInteger)
    bound: Mapped[int | None] = mapped_column(sa.BigInteger)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    conflict: Mapped[list[str]] = mapped_column(default=list)
    seconds: Mapped[float | None]

    run_state: Mapped[RunState] = mapped_column(spoken(RunState), default=RunState.QUEUED)
    run_end: Mapped[RunEnd | None] = mapped_column(spoken(RunEnd))
    run_note: Mapped[str] = mapped_column(sa.Text, default="")
    time_limit: Mapped[int] = mapped_column(default=60)  # seconds
    attempt: Mapped[int] = mapped_column(default=0)
    beat_at: Mapped[datetime | None]
    stop_asked: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    made_by: Mapped[Organiser | None] = relationship(foreign_keys=[made_by_id])
    published_by: Mapped[Organiser | None] = relationship(foreign_keys=[published_by_id])
    based_on: Mapped[Plan | None] = relationship(remote_side=[id])
    placements: Mapped[list[Placement]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="Placement.id"
    )
    sets: Mapped[list[LearningSet]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="LearningSet.number"
    )
    unplaced: Mapped[list[Unplaced]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="Unplaced.id"
    )
    progress: Mapped[list[PlanProgress]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="PlanProgress.seconds, PlanProgress.id"
    )


class PlanProgress(Model):
    """A moment at which a run's best cost or bound improved; ``seconds`` from the start of the run."""

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    seconds: Mapped[float]
    objective: Mapped[int | None] = mapped_column(sa.BigInteger)
    bound: Mapped[int] = mapped_column(sa.BigInteger)

    plan: Mapped[Plan] = relationship(back_populates="progress")


class PlanShare(Model):
    """One worker's share of the work at a plan while it is made, and the best it has for the others.

    ``number`` 0 is the maker's, helpers count from 1; ``result`` is a convene-plan/1 file. Of another ``attempt`` than
    the plan's it says nothing, and once the plan is made it is gone.
    """

    __table_args__ = (sa.UniqueConstraint("plan_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int]
    attempt: Mapped[int]
    worker: Mapped[str] = mapped_column(sa.String(100))
    beat_at: Mapped[datetime] = mapped_column(default=now)
    objective: Mapped[int | None] = mapped_column(sa.BigInteger)
    bound: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), deferred=True)

    plan: Mapped[Plan] = relationship()


class Placement(OfParty, Model):
    """One party in one session."""

    __table_args__ = (sa.UniqueConstraint("plan_id", "event_id", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id"))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id"), index=True)

    plan: Mapped[Plan] = relationship(back_populates="placements")
    event: Mapped[Event] = relationship()
    session: Mapped[Session] = relationship()


class LearningSet(Model):
    """One action learning set of a plan."""

    __table_args__ = (sa.UniqueConstraint("plan_id", "event_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id"))
    number: Mapped[int]
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("facilitator.id"))

    plan: Mapped[Plan] = relationship(back_populates="sets")
    event: Mapped[Event] = relationship()
    facilitator: Mapped[Facilitator | None] = relationship()
    members: Mapped[list[SetMember]] = relationship(
        back_populates="learning_set", cascade="all, delete-orphan", order_by="SetMember.id"
    )
    meetings: Mapped[list[SetMeeting]] = relationship(
        back_populates="learning_set", cascade="all, delete-orphan", order_by="SetMeeting.id"
    )


class SetMember(OfParty, Model):
    """A party in a set."""

    __table_args__ = (sa.UniqueConstraint("set_id", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("learning_set.id", ondelete="CASCADE"), index=True)

    learning_set: Mapped[LearningSet] = relationship(back_populates="members")


class SetMeeting(Model):
    """A set in the slot of a round."""

    __table_args__ = (sa.UniqueConstraint("set_id", "round_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("learning_set.id", ondelete="CASCADE"), index=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id"), index=True)

    learning_set: Mapped[LearningSet] = relationship(back_populates="meetings")
    round: Mapped[Round] = relationship()
    session: Mapped[Session] = relationship()


class Unplaced(OfParty, Model):
    """A party of an audience with no session or set, and why, in words."""

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id"))
    reasons: Mapped[list[str]] = mapped_column(default=list)

    plan: Mapped[Plan] = relationship(back_populates="unplaced")
    event: Mapped[Event] = relationship()


class LockKind(StrEnum):
    """What a lock fixes."""

    ATTENDS = "attends"
    NEVER = "never"
    RUNS = "runs"
    STAYS_CLOSED = "stays closed"
    SET = "set"


class Lock(OfProgramme, Model):
    """A fixed choice of the organiser, which every run keeps.

    ``party`` (a problem-file id) and ``session`` for ATTENDS and NEVER; ``session`` for RUNS and STAYS_CLOSED;
    ``event`` and ``parties`` (and ``facilitator``) for SET.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LockKind] = mapped_column(spoken(LockKind))
    party: Mapped[str | None] = mapped_column(sa.String(200))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    parties: Mapped[list[str]] = mapped_column(default=list)
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("facilitator.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)

    session: Mapped[Session | None] = relationship()
    event: Mapped[Event | None] = relationship()
    facilitator: Mapped[Facilitator | None] = relationship()
    made_by: Mapped[Organiser | None] = relationship()


class ToldUnplaced(Model):
    """That one person was written to that a plan has no place for them: once for each person and plan."""

    __table_args__ = (sa.UniqueConstraint("plan_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    told_at: Mapped[datetime] = mapped_column(default=now)
