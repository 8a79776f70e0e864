"""Sets that run themselves: released from a plan, with people, dates and meetings that are nobody's plan any more.

A set of a plan is a row of that plan, and the next plan has rows of its own. So a set that runs itself has an identity
of its own. A date it has settled is a ``Session`` that ``is_own_meeting``: invitations, replies and feeds know no
difference, plans never see it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.answers import Answer
from scheduler.models.columns import OfProgramme, spoken
from scheduler.models.events import Event, Session
from scheduler.models.people import Facilitator, Person
from scheduler.models.programmes import Organiser


class OwnSet(OfProgramme, Model):
    """An action learning set that runs itself until it is closed.

    ``number`` is that of the set it was released from, ``began_with`` how many people it had then. ``edition`` rises
    with everything that its people are told of, so that a page can tell that it is out of date.
    """

    __table_args__ = (
        sa.Index(
            "ix_own_set_running",
            "event_id",
            "number",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    number: Mapped[int]
    began_with: Mapped[int] = mapped_column(default=0)
    edition: Mapped[int] = mapped_column(default=1)
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("facilitator.id", ondelete="SET NULL"))
    released_at: Mapped[datetime] = mapped_column(default=now)
    released_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))

    event: Mapped[Event] = relationship()
    facilitator: Mapped[Facilitator | None] = relationship()
    released_by: Mapped[Organiser | None] = relationship()
    closed_by: Mapped[Person | None] = relationship()
    memberships: Mapped[list[OwnSetMember]] = relationship(
        back_populates="own_set", cascade="all, delete-orphan", order_by="OwnSetMember.id"
    )
    meetings: Mapped[list[OwnMeeting]] = relationship(back_populates="own_set", cascade="all, delete-orphan")

    @property
    def name(self) -> str:
        """What its people call it: "Set 3"."""
        return f"Set {self.number}"

    @property
    def members(self) -> list[Person]:
        """Who is in it now: those who have left the set, or the programme, are not."""
        here = [each.person for each in self.memberships if each.left_at is None]
        return [person for person in here if person.left_on is None]


class OwnSetMember(Model):
    """One person's time in a set that runs itself; who leaves and comes back has two rows."""

    __table_args__ = (
        sa.Index(
            "ix_own_set_member_here",
            "set_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("own_set.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    joined_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]

    own_set: Mapped[OwnSet] = relationship(back_populates="memberships")
    person: Mapped[Person] = relationship()


class AskedToJoin(Model):
    """That a member has asked somebody of the programme to join; ``joined`` is None until they say yes or no."""

    __table_args__ = (
        sa.Index(
            "ix_asked_to_join_open",
            "set_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("own_set.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    joined: Mapped[bool | None]

    own_set: Mapped[OwnSet] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])


class OwnMeeting(Model):
    """A date that a set has settled for itself. ``place`` is in its own words: a place, or a joining link."""

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("own_set.id", ondelete="CASCADE"), index=True)
    place: Mapped[str] = mapped_column(sa.String(500), default="")

    session: Mapped[Session] = relationship(back_populates="own_meeting")
    own_set: Mapped[OwnSet] = relationship(back_populates="meetings")


class DateChoice(Model):
    """A set choosing its next date: open until one of the offered dates is settled, or the choice is called off."""

    __table_args__ = (
        sa.Index(
            "ix_date_choice_open",
            "set_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("own_set.id", ondelete="CASCADE"), index=True)
    place: Mapped[str] = mapped_column(sa.String(500), default="")
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    opened_at: Mapped[datetime] = mapped_column(default=now)
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("session.id", ondelete="SET NULL"))  # what was settled

    own_set: Mapped[OwnSet] = relationship()
    opened_by: Mapped[Person | None] = relationship(foreign_keys=[opened_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    session: Mapped[Session | None] = relationship()
    offered: Mapped[list[OfferedDate]] = relationship(
        back_populates="choice", cascade="all, delete-orphan", order_by="OfferedDate.starts_at, OfferedDate.id"
    )


class OfferedDate(Model):
    """A date that a member offers to their set, with what each of its people says to it."""

    __table_args__ = (sa.UniqueConstraint("choice_id", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    choice_id: Mapped[int] = mapped_column(sa.ForeignKey("date_choice.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    offered_at: Mapped[datetime] = mapped_column(default=now)
    offered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))

    choice: Mapped[DateChoice] = relationship(back_populates="offered")
    offered_by: Mapped[Person | None] = relationship()
    answers: Mapped[list[OfferedAnswer]] = relationship(back_populates="offered", cascade="all, delete-orphan")


class OfferedAnswer(Model):
    """What one person says to a date that was offered to their set."""

    offered_id: Mapped[int] = mapped_column(sa.ForeignKey("offered_date.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    answer: Mapped[Answer] = mapped_column(spoken(Answer))
    answered_at: Mapped[datetime] = mapped_column(default=now)

    offered: Mapped[OfferedDate] = relationship(back_populates="answers")
    person: Mapped[Person] = relationship()
