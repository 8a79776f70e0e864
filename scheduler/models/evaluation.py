"""The independent evaluation: whom people know before and after, given with consent and kept apart from all else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfProgramme, spoken
from scheduler.models.people import Person, Trust


class Wave(StrEnum):
    """When the question is asked: before the programme, and after it."""

    BEFORE = "before"
    AFTER = "after"


class Tie(StrEnum):
    """How well somebody knows anyone at another Trust, from the loosest on."""

    KNOW = "know"
    WOULD_CALL = "would call"
    WORKED_WITH = "have worked with"


class EvaluationWave(OfProgramme, Model):
    """One asking of the question: open from ``opened_at`` until ``closed_at``."""

    __table_args__ = (sa.UniqueConstraint("programme_id", "wave"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[Wave] = mapped_column(spoken(Wave))
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]

    answers: Mapped[list[EvaluationAnswer]] = relationship(back_populates="wave", cascade="all, delete-orphan")


class EvaluationAnswer(Model):
    """That a person agreed to take part in a wave, and answered; gone, with all they said, when they take it back."""

    __table_args__ = (sa.UniqueConstraint("wave_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("evaluation_wave.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    trust_id: Mapped[int] = mapped_column(sa.ForeignKey("trust.id", ondelete="CASCADE"))  # theirs, on that day
    agreed_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime] = mapped_column(default=now)

    wave: Mapped[EvaluationWave] = relationship(back_populates="answers")
    person: Mapped[Person] = relationship()
    trust: Mapped[Trust] = relationship()
    relations: Mapped[list[Relation]] = relationship(back_populates="answer", cascade="all, delete-orphan")


class Relation(Model):
    """That somebody knows anyone at a Trust, and how well."""

    __table_args__ = (sa.UniqueConstraint("answer_id", "trust_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("evaluation_answer.id", ondelete="CASCADE"))
    trust_id: Mapped[int] = mapped_column(sa.ForeignKey("trust.id", ondelete="CASCADE"), index=True)
    tie: Mapped[Tie] = mapped_column(spoken(Tie))

    answer: Mapped[EvaluationAnswer] = relationship(back_populates="relations")
    trust: Mapped[Trust] = relationship()
