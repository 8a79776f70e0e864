"""What organisers are written to about, what each has been told, and what each does not want to hear."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfProgramme, spoken


class AlertKind(StrEnum):
    """The emails to organisers that each of them may turn off."""

    REPLY = "reply"  # held, bounced or refused: a person must look
    MAIL_STOPPED = "mail-stopped"
    PLAN_FINISHED = "plan-finished"
    ALL_ANSWERED = "all-answered"
    DIGEST = "digest"


class AlertOff(Model):
    """A kind of email that an organiser does not want."""

    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[AlertKind] = mapped_column(spoken(AlertKind), primary_key=True)


class AlertTold(OfProgramme, Model):
    """That an organiser was told of one thing: ``key`` names it ("received-12"), so that it is told once."""

    __table_args__ = (sa.UniqueConstraint("organiser_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"))
    kind: Mapped[AlertKind] = mapped_column(spoken(AlertKind))
    key: Mapped[str] = mapped_column(sa.String(100))
    told_at: Mapped[datetime] = mapped_column(default=now)


class AlertWatch(Model):
    """How far a programme has been looked through: the last answer seen, and what the last digest told of."""

    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True)
    answers_seen_until: Mapped[datetime | None]
    digest_on: Mapped[date | None]
    digest_said: Mapped[list[Any]] = mapped_column(default=list)
