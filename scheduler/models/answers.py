"""Who can come when: one row per person and date they have answered; no row is "Not answered"."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfProgramme, spoken
from scheduler.models.events import Session
from scheduler.models.people import Person


class Answer(StrEnum):
    """What a person says to a date."""

    YES = "yes"
    IF_NEED_BE = "if-need-be"
    NO = "no"


class GivenIn(StrEnum):
    """How an answer came to be known."""

    WEB = "web"
    ON_BEHALF = "on behalf"
    IMPORT = "import"
    DEMO = "demo"


class Availability(OfProgramme, Model):
    """One person's answer to one session or slot."""

    __table_args__ = (sa.UniqueConstraint("person_id", "session_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), index=True)
    answer: Mapped[Answer] = mapped_column(spoken(Answer))
    answered_at: Mapped[datetime] = mapped_column(default=now, index=True)
    given_in: Mapped[GivenIn] = mapped_column(spoken(GivenIn), default=GivenIn.WEB)
    given_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))

    person: Mapped[Person] = relationship()
    session: Mapped[Session] = relationship()


class AnswerChange(OfProgramme, Model):
    """One deed on a person's answers, with what stood before: what "Undo" takes back, and the history of answers.

    ``before`` and ``after`` map session id (as text) to an answer, or null for not answered.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    deed: Mapped[str] = mapped_column(sa.String(40))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    given_in: Mapped[GivenIn] = mapped_column(spoken(GivenIn), default=GivenIn.WEB)
    given_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    heard_how: Mapped[str] = mapped_column(sa.String(200), default="")  # of an answer on behalf
    undone_at: Mapped[datetime | None]


class Reminder(OfProgramme, Model):
    """That a person was asked or reminded, and of what: so that nobody is asked twice in three days."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))  # ask, reminder, nudge, decide, …
    sent_at: Mapped[datetime] = mapped_column(default=now)
