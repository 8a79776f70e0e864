"""Changing a draft by hand: moves that can be taken back, who is at it, mix rules overruled, and what was tried."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import NAME, OfProgramme, spoken
from scheduler.models.plans import Plan, RunEnd, RunState
from scheduler.models.programmes import Organiser


class MoveKind(StrEnum):
    """What a move by hand changed."""

    PARTY = "party"
    FACILITATOR = "facilitator"
    MEETING = "meeting"
    SWAP = "swap"


class BoardMove(Model):
    """One move by hand in a draft, which can be taken back and made again as far as its start.

    ``subject`` is whom it moved: a party, or the number of a set, whose facilitator or meeting (``round``) it changed;
    of a swap ``was`` and ``place`` both name the party it changed places with.
    ``was`` and ``place`` are in the words of ``plan.editing.Choice``; ``why`` are the reasons that stood where ``was``
    is no place, ``gone`` the set that the move emptied. ``edit`` is the draft's number of edits after it was last made
    or taken back.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(NAME)
    kind: Mapped[MoveKind] = mapped_column(spoken(MoveKind), default=MoveKind.PARTY)
    subject: Mapped[str] = mapped_column(NAME)
    round: Mapped[str | None] = mapped_column(NAME)
    was: Mapped[str] = mapped_column(NAME)
    place: Mapped[str] = mapped_column(NAME)
    why: Mapped[list[str]] = mapped_column(default=list)
    gone: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    who: Mapped[str] = mapped_column(NAME)
    where_to: Mapped[str] = mapped_column(sa.String(400))
    edit: Mapped[int]
    undone: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    by: Mapped[Organiser | None] = relationship()
    overrulings: Mapped[list[Overruling]] = relationship(back_populates="move", cascade="all, delete-orphan")


class BoardPresence(Model):
    """An organiser who has the board of a plan open, and when their page last said so."""

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)

    organiser: Mapped[Organiser] = relationship()


class Overruling(Model):
    """A limit of a mix rule that one session or set of a plan may break, as an owner said why.

    ``limit`` is "max_share", "max_count" or "min_distinct" of the rule on ``attribute``, ``place`` a session's id or a
    set's number. It holds while its ``move`` stands, and covers no more than was seen: ``count`` of ``present`` parties
    with ``value``, or, of "min_distinct", ``count`` different values.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    move_id: Mapped[int] = mapped_column(sa.ForeignKey("board_move.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(NAME)
    place: Mapped[str] = mapped_column(NAME)
    attribute: Mapped[str] = mapped_column(sa.String(60))
    limit: Mapped[str] = mapped_column("mix_limit", sa.String(20))
    value: Mapped[str] = mapped_column(NAME, default="")
    count: Mapped[int]
    present: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500))

    move: Mapped[BoardMove] = relationship(back_populates="overrulings")

    @property
    def in_words(self) -> str:
        """What is broken: "London has 5 of 9 pairs", "pairs of 2 values of region alone"."""
        if self.limit == "min_distinct":
            return f"only {self.count} different values of {self.attribute.replace('_', ' ')}"
        return (
            f"{self.value or 'no ' + self.attribute.replace('_', ' ')} has {self.count} of {self.present} pairs there"
        )


class WhatIf(OfProgramme, Model):
    """A plan tried with some facts changed; the plan it began from is never touched.

    ``changes`` say which facts (``plan.supposing``), ``problem`` is the changed question, ``result`` the best plan of
    it so far. The run is claimed as a plan's is: an older ``attempt`` writes nothing.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    base_objective: Mapped[int] = mapped_column(sa.BigInteger)
    base_terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    base_edits: Mapped[int] = mapped_column(default=0)
    problem: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    start: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), deferred=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), deferred=True)
    solver_status: Mapped[str | None] = mapped_column(sa.String(20))
    objective: Mapped[int | None] = mapped_column(sa.BigInteger)
    bound: Mapped[int | None] = mapped_column(sa.BigInteger)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    conflict: Mapped[list[str]] = mapped_column(default=list)
    run_state: Mapped[RunState] = mapped_column(spoken(RunState), default=RunState.QUEUED)
    run_end: Mapped[RunEnd | None] = mapped_column(spoken(RunEnd))
    run_note: Mapped[str] = mapped_column(sa.Text, default="")
    time_limit: Mapped[int]  # seconds
    attempt: Mapped[int] = mapped_column(default=0)
    beat_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    kept_as_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="SET NULL"))

    plan: Mapped[Plan] = relationship(foreign_keys=[plan_id])
    kept_as: Mapped[Plan | None] = relationship(foreign_keys=[kept_as_id])
    made_by: Mapped[Organiser | None] = relationship()
