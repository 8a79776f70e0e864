"""The undertaking itself, the cohorts that joined it, and who runs it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now, today
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, Versioned, spoken

if TYPE_CHECKING:
    from scheduler.models.wordings import OwnWording


class Role(StrEnum):
    """What an organiser may do in one programme."""

    OWNER = "owner"
    PLANNER = "planner"
    FACILITATOR = "facilitator"
    VIEWER = "viewer"
    EVALUATOR = "evaluator"


class Programme(Versioned, Model):
    """One leadership programme. ``gap_minutes``: what lies at least between two dates of one person; ``ends_on``: its
    last day, after which the network goes on without it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(NAME)
    short_name: Mapped[str] = mapped_column(NAME)
    purpose: Mapped[str] = mapped_column(sa.Text, default="")
    contact_name: Mapped[str] = mapped_column(NAME, default="")
    contact_email: Mapped[str] = mapped_column(ADDRESS, default="")
    contact_phone: Mapped[str] = mapped_column(sa.String(40), default="")
    time_zone: Mapped[str] = mapped_column(sa.String(64), default="Europe/London")
    gap_minutes: Mapped[int] = mapped_column(default=60)
    weights: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hear_by: Mapped[date | None] = mapped_column(default=None)
    ends_on: Mapped[date | None] = mapped_column(default=None)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    roles: Mapped[list[OrganiserRole]] = relationship(back_populates="programme", cascade="all, delete-orphan")
    wordings: Mapped[list[OwnWording]] = relationship(viewonly=True)

    def has_ended(self) -> bool:
        """Whether its last day is over, on its own clock."""
        return self.ends_on is not None and self.ends_on < today(self.time_zone)


class Cohort(OfProgramme, Versioned, Model):
    """The Trusts that joined a programme together. After ``ended_on`` its pairs are alumni, whom later events ask only
    where their audience names the cohort."""

    __table_args__ = (sa.UniqueConstraint("programme_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    joined_on: Mapped[date | None]
    ended_on: Mapped[date | None] = mapped_column(default=None)


class Organiser(Model):
    """A person who runs programmes in Convene and logs in by an emailed link."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    email: Mapped[str] = mapped_column(ADDRESS, unique=True)  # lower case
    created_at: Mapped[datetime] = mapped_column(default=now)

    roles: Mapped[list[OrganiserRole]] = relationship(back_populates="organiser", cascade="all, delete-orphan")


class OrganiserRole(OfProgramme, Model):
    """What one organiser may do in one programme."""

    __table_args__ = (sa.UniqueConstraint("organiser_id", "programme_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(spoken(Role))

    organiser: Mapped[Organiser] = relationship(back_populates="roles")
    programme: Mapped[Programme] = relationship(back_populates="roles")
