"""Who was at a session: one row a person or walk-in, each tap that made it, the helpers' links, and the tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, spoken
from scheduler.models.events import Session
from scheduler.models.people import Person, Trust
from scheduler.models.plans import RunState
from scheduler.models.programmes import Organiser


class Presence(StrEnum):
    """What was marked of somebody at a session; DEPUTY: somebody else came for them."""

    PRESENT = "present"
    APOLOGIES = "apologies"
    ABSENT = "absent"
    DEPUTY = "deputy"


class CheckInLink(OfProgramme, Model):
    """A helper's link to the check-in of one session, on its day alone. Made from ``nonce`` and the signing key as a
    personal link is, so that an organiser can see it again although only its hash is here."""

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), index=True)
    helper: Mapped[str] = mapped_column(NAME)
    nonce: Mapped[str] = mapped_column(sa.String(64))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    revoked_at: Mapped[datetime | None]

    session: Mapped[Session] = relationship()
    made_by: Mapped[Organiser | None] = relationship()


class Marked:
    """What one tap says: of a state, when the desk tapped and when we heard, and by whose hand."""

    state: Mapped[Presence] = mapped_column(spoken(Presence))
    deputy_name: Mapped[str] = mapped_column(NAME, default="")
    marked_at: Mapped[datetime]  # by the desk's clock
    kept_at: Mapped[datetime] = mapped_column(default=now)  # by ours
    organiser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    link_id: Mapped[int | None] = mapped_column(sa.ForeignKey("check_in_link.id", ondelete="SET NULL"))


class Attendance(OfProgramme, Marked, Model):
    """One person at one session as the last tap says, or one walk-in.

    ``trust`` is whom they came for, as it was that day: it outlives who holds the role. A walk-in has ``walk_in``, a
    key of name and Trust by which one typed twice is one; with it ``name``, ``trust_name`` and ``email`` as typed, and
    a person only where we know them. The deputy's columns are of DEPUTY alone; ``deputy`` is one whom we know.
    """

    __table_args__ = (
        sa.UniqueConstraint("session_id", "person_id"),
        sa.UniqueConstraint("session_id", "walk_in"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    trust_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trust.id", ondelete="SET NULL"), index=True)
    walk_in: Mapped[str | None] = mapped_column(sa.String(420))
    name: Mapped[str] = mapped_column(NAME, default="")
    trust_name: Mapped[str] = mapped_column(NAME, default="")
    email: Mapped[str] = mapped_column(ADDRESS, default="")
    deputy_role: Mapped[str] = mapped_column(NAME, default="")
    deputy_email: Mapped[str] = mapped_column(ADDRESS, default="")
    deputy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    session: Mapped[Session] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    trust: Mapped[Trust | None] = relationship()
    deputy: Mapped[Person | None] = relationship(foreign_keys=[deputy_id])


class CheckInTap(OfProgramme, Marked, Model):
    """Each tap of a desk, once: ``key`` is made by the desk, so that one sent twice counts once."""

    __table_args__ = (sa.UniqueConstraint("session_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"))
    attendance_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attendance.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(sa.String(80))

    organiser: Mapped[Organiser | None] = relationship()
    link: Mapped[CheckInLink | None] = relationship()


class TablePlan(OfProgramme, Model):
    """Who sits at which table in one session: the question (convene-problem/1) and the solver's answer to it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), unique=True)
    seats: Mapped[int]  # at one table
    turn: Mapped[int] = mapped_column(default=1)  # rises each time it is asked for: an older run writes nothing
    state: Mapped[RunState] = mapped_column(spoken(RunState), default=RunState.QUEUED)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), deferred=True)

    session: Mapped[Session] = relationship()
    made_by: Mapped[Organiser | None] = relationship()


class NoticeKind(StrEnum):
    """The mails around a session that leave by themselves."""

    DAY_BEFORE = "day-before"
    THANK_YOU = "thank-you"


class SessionNotice(OfProgramme, Model):
    """That a person was written to about a session: at most once for each kind, whoever sends it and how often."""

    __table_args__ = (sa.UniqueConstraint("session_id", "person_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[NoticeKind] = mapped_column(spoken(NoticeKind))
    queued_at: Mapped[datetime] = mapped_column(default=now)


class NoticeOff(OfProgramme, Model):
    """That owners do not want one kind of these mails sent in their programme; without a row they are sent."""

    __table_args__ = (sa.UniqueConstraint("programme_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(spoken(NoticeKind))
    off_at: Mapped[datetime] = mapped_column(default=now)
    off_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
