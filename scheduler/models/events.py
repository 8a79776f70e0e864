"""What people are asked to come to: events, their dated sessions, the rounds of action learning sets, the rules."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now, whole_days
from scheduler.extensions import Model
from scheduler.models.columns import NAME, OfParty, OfProgramme, Versioned, spoken
from scheduler.models.people import Facilitator

if TYPE_CHECKING:
    from scheduler.models.own_sets import OwnMeeting


class EventKind(StrEnum):
    """What kind of occasion an event is."""

    NATIONAL = "national"
    REGIONAL = "regional"
    WORKSHOP = "workshop"
    CONFERENCE = "conference"
    SETS = "action learning sets"
    INTERVIEWS = "interviews"


class Venue(OfProgramme, Versioned, Model):
    """Where a session is: a place, or with ``joining_url`` online."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    address: Mapped[str] = mapped_column(NAME, default="")
    town: Mapped[str] = mapped_column(NAME, default="")
    postcode: Mapped[str] = mapped_column(sa.String(10), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    joining_url: Mapped[str] = mapped_column(sa.String(500), default="")

    @property
    def is_online(self) -> bool:
        """Whether people join from where they are."""
        return bool(self.joining_url)


class SharedResource(OfProgramme, Model):
    """What sessions share: a room, a facilitation team. ``gap_minutes`` is its turnaround after a use."""

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(NAME)
    name: Mapped[str] = mapped_column(NAME)
    capacity: Mapped[int]
    gap_minutes: Mapped[int] = mapped_column(default=0)


event_after = sa.Table(
    "event_after",
    Model.metadata,
    sa.Column("event_id", sa.ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("after_id", sa.ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
)


class Event(OfProgramme, Versioned, Model):
    """What an audience is asked to come to; each of its parties attends one session (or joins one set).

    ``audience`` is the rule: {"who": "pairs" | "directors" | "managers" | "named", "cohorts": [id], "regions": […],
    "trust_types": […], "research_activity": […]}, a key left out meaning all; ``audience_names`` puts parties in or
    takes them out. ``key`` is the event's id in problem files.
    """

    __table_args__ = (sa.UniqueConstraint("programme_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(NAME)
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(NAME)
    kind: Mapped[EventKind] = mapped_column(spoken(EventKind))
    purpose: Mapped[str] = mapped_column(sa.Text, default="")
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    themes: Mapped[list[str]] = mapped_column(default=list)  # of what was heard, those it takes up
    encounters: Mapped[bool] = mapped_column(default=True)
    open_min: Mapped[int] = mapped_column(default=0)
    open_max: Mapped[int | None]
    # Of action learning sets alone; sizes count parties.
    size_min: Mapped[int | None]
    size_max: Mapped[int | None]
    count_min: Mapped[int | None]
    count_max: Mapped[int | None]
    # People are asked for dates from opened_at until closes_at.
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]

    # Meetings that a set made for itself belong to no plan: whoever plans, asks or counts an event's dates has none.
    sessions: Mapped[list[Session]] = relationship(
        back_populates="event",
        cascade="all, delete-orphan",
        primaryjoin="and_(Session.event_id == Event.id, Session.is_own_meeting.is_(False))",
        order_by="Session.starts_at, Session.id",
    )
    rounds: Mapped[list[Round]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="Round.number"
    )
    mix: Mapped[list[MixRule]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="MixRule.id"
    )
    after: Mapped[list[Event]] = relationship(
        secondary=event_after,
        primaryjoin=id == event_after.c.event_id,
        secondaryjoin=id == event_after.c.after_id,
        order_by="Event.position",
    )
    audience_names: Mapped[list[AudienceName]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="AudienceName.id"
    )
    facilitators: Mapped[list[EventFacilitator]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="EventFacilitator.id"
    )

    @property
    def has_sets(self) -> bool:
        """Whether its parties join sets rather than attend a session."""
        return self.kind is EventKind.SETS

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether answers to its dates are taken at a moment."""
        at = at or now()
        return self.opened_at is not None and self.opened_at <= at and (self.closes_at is None or at < self.closes_at)


class AudienceName(OfParty, OfProgramme, Model):
    """A party put into an event's audience by name, or with ``included`` False taken out."""

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"), index=True)
    included: Mapped[bool] = mapped_column(default=True)

    event: Mapped[Event] = relationship(back_populates="audience_names")


class MixRule(OfProgramme, Model):
    """Limits on the values of one attribute in every session that runs and in every set; ``max_share`` is exact."""

    __table_args__ = (sa.UniqueConstraint("event_id", "attribute"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    attribute: Mapped[str] = mapped_column(sa.String(60))  # region, trust_type, research_activity, theme
    max_share_text: Mapped[str | None] = mapped_column("max_share", sa.String(20))
    max_count: Mapped[int | None]
    min_distinct: Mapped[int | None]

    event: Mapped[Event] = relationship(back_populates="mix")

    @property
    def max_share(self) -> Decimal | None:
        """The share as it was written: kept as text, since a binary fraction would round it."""
        return None if self.max_share_text is None else Decimal(self.max_share_text)


class Round(OfProgramme, Model):
    """A period in which each set meets once, in one of its slots (which are sessions)."""

    __table_args__ = (sa.UniqueConstraint("event_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    number: Mapped[int]
    key: Mapped[str] = mapped_column(NAME)

    event: Mapped[Event] = relationship(back_populates="rounds")
    slots: Mapped[list[Session]] = relationship(back_populates="round", order_by="Session.starts_at, Session.id")


class Session(OfProgramme, Versioned, Model):
    """One dated sitting of an event, or, with a round, a slot in which sets may meet; where it
    ``is_own_meeting``, a date that a set has settled for itself (``OwnMeeting``).

    ``time_zone`` is the IANA name beside the UTC times; seats count people; ``withdrawn_at`` is set when it is no
    longer offered. ``key`` is its id in problem files.
    """

    __table_args__ = (
        sa.UniqueConstraint("programme_id", "key"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"), index=True)
    round_id: Mapped[int | None] = mapped_column(sa.ForeignKey("round.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(NAME)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    venue_id: Mapped[int | None] = mapped_column(sa.ForeignKey("venue.id"))
    min_seats: Mapped[int] = mapped_column(default=0)
    max_seats: Mapped[int | None]
    max_sets: Mapped[int | None]  # of a slot
    open_cost: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
    is_own_meeting: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    event: Mapped[Event] = relationship(back_populates="sessions", primaryjoin="Session.event_id == Event.id")
    round: Mapped[Round | None] = relationship(back_populates="slots")
    venue: Mapped[Venue | None] = relationship()
    own_meeting: Mapped[OwnMeeting | None] = relationship(back_populates="session")
    uses: Mapped[list[SessionUse]] = relationship(back_populates="session", cascade="all, delete-orphan")

    @property
    def title(self) -> str:
        """What people come to: the event, or the set that meets."""
        if self.is_own_meeting and self.own_meeting is not None:
            return self.own_meeting.own_set.name
        return self.event.title

    @property
    def local_start(self) -> datetime:
        """The start as the venue's clock shows it."""
        return self.starts_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def local_end(self) -> datetime:
        """The end as the venue's clock shows it."""
        return self.ends_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def whole_days(self) -> tuple[date, date] | None:
        """The first and the last day where it takes whole days; None where it has times."""
        return whole_days(self.local_start, self.local_end)


class SessionUse(Model):
    """How much of a shared resource a session uses while it runs."""

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(sa.ForeignKey("shared_resource.id", ondelete="CASCADE"), primary_key=True)
    amount: Mapped[int] = mapped_column(default=1)

    session: Mapped[Session] = relationship(back_populates="uses")
    resource: Mapped[SharedResource] = relationship()


class EventFacilitator(Model):
    """A facilitator who may lead up to ``max_sets`` sets of an event."""

    __table_args__ = (sa.UniqueConstraint("event_id", "facilitator_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"))
    facilitator_id: Mapped[int] = mapped_column(sa.ForeignKey("facilitator.id", ondelete="CASCADE"))
    max_sets: Mapped[int] = mapped_column(default=2)

    event: Mapped[Event] = relationship(back_populates="facilitators")
    facilitator: Mapped[Facilitator] = relationship()


class Apart(OfProgramme, Model):
    """Two pairs that are never put together."""

    id: Mapped[int] = mapped_column(primary_key=True)
    one_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"))
