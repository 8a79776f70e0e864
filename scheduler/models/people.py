"""Trusts, the people in and around them, and the pairs they form."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import ADDRESS, NAME, OfProgramme, Versioned, spoken
from scheduler.models.programmes import Cohort


class TrustType(StrEnum):
    """The main kind of service a Trust gives."""

    ACUTE = "acute"
    SPECIALIST = "specialist"
    MENTAL_HEALTH = "mental health"
    COMMUNITY = "community"
    AMBULANCE = "ambulance"


class ResearchActivity(StrEnum):
    """How much research a Trust does; an estimate that organisers may overwrite."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class PairRole(StrEnum):
    """The two roles that make a pair."""

    DIRECTOR = "director"
    MANAGER = "manager"


class Standing(StrEnum):
    """What a person is to the programme."""

    PARTICIPANT = "participant"
    STAKEHOLDER = "stakeholder"
    SPEAKER = "speaker"
    FACILITATOR = "facilitator"
    SPONSOR = "sponsor"


class Trust(OfProgramme, Versioned, Model):
    """An NHS organisation with an ODS code, as one programme knows it. Position in WGS 84 decimal degrees."""

    __table_args__ = (sa.UniqueConstraint("programme_id", "ods_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ods_code: Mapped[str] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(NAME)
    region: Mapped[str] = mapped_column(sa.String(60))
    trust_type: Mapped[TrustType] = mapped_column(spoken(TrustType))
    research_activity: Mapped[ResearchActivity] = mapped_column(spoken(ResearchActivity))
    town: Mapped[str] = mapped_column(NAME, default="")
    postcode: Mapped[str] = mapped_column(sa.String(10), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    pair: Mapped[Pair | None] = relationship(back_populates="trust", uselist=False)


class Person(OfProgramme, Versioned, Model):
    """One human the programme writes to. ``email`` is lower case and unique within the programme."""

    __table_args__ = (sa.UniqueConstraint("programme_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    email: Mapped[str] = mapped_column(ADDRESS)
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    standing: Mapped[Standing] = mapped_column(spoken(Standing), default=Standing.PARTICIPANT)
    affiliation: Mapped[str] = mapped_column(NAME, default="")  # of people outside pairs
    answer_comment: Mapped[str] = mapped_column(sa.Text, default="")
    wants_receipt: Mapped[bool] = mapped_column(default=False)
    left_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Pair(OfProgramme, Versioned, Model):
    """The director and the manager of one Trust, who attend together; either may be vacant for a while."""

    __table_args__ = (sa.UniqueConstraint("trust_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trust_id: Mapped[int] = mapped_column(sa.ForeignKey("trust.id", ondelete="CASCADE"))
    cohort_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cohort.id"))
    director_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    manager_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    sponsor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    sponsor_confirmed_on: Mapped[date | None]
    intention: Mapped[str] = mapped_column(sa.Text, default="")  # the improvement intention
    themes: Mapped[list[str]] = mapped_column(default=list)
    left_on: Mapped[date | None]

    trust: Mapped[Trust] = relationship(back_populates="pair")
    cohort: Mapped[Cohort | None] = relationship()
    director: Mapped[Person | None] = relationship(foreign_keys=[director_id])
    manager: Mapped[Person | None] = relationship(foreign_keys=[manager_id])
    sponsor: Mapped[Person | None] = relationship(foreign_keys=[sponsor_id])
    roles_held: Mapped[list[RoleHeld]] = relationship(back_populates="pair", cascade="all, delete-orphan")

    @property
    def main_theme(self) -> str:
        """The first theme of its improvement intention, "" where it has none: what a mix rule can look at."""
        return self.themes[0] if self.themes else ""

    @property
    def people(self) -> list[Person]:
        """Director, then manager; a vacant role is left out, and one person in both roles stands once."""
        return list(dict.fromkeys(person for person in (self.director, self.manager) if person is not None))

    def role_of(self, person: Person) -> PairRole | None:
        """The role a person has in this pair now."""
        if person.id == self.director_id:
            return PairRole.DIRECTOR
        return PairRole.MANAGER if person.id == self.manager_id else None

    def partner_of(self, person: Person) -> Person | None:
        """The other person of the pair."""
        return next((other for other in self.people if other.id != person.id), None)


@sa.event.listens_for(Pair, "before_update")
def _end_the_confirmation(_mapper: Any, _connection: Any, pair: Pair) -> None:
    """A sponsor confirmed these people: whoever changes the pair, in whatever way, ends what was confirmed."""
    state = sa.inspect(pair).attrs
    changed = any(state[role].history.has_changes() for role in ("director_id", "manager_id", "sponsor_id"))
    if changed and not state.sponsor_confirmed_on.history.has_changes():
        pair.sponsor_confirmed_on = None


class RoleHeld(OfProgramme, Model):
    """Who held a role of a pair, from when until when; a leaver keeps their past."""

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[PairRole] = mapped_column(spoken(PairRole))
    since: Mapped[date]
    until: Mapped[date | None]

    pair: Mapped[Pair] = relationship(back_populates="roles_held")
    person: Mapped[Person] = relationship()


class Facilitator(OfProgramme, Model):
    """Someone who leads sets. When they can lead is their availability, as for anyone."""

    __table_args__ = (sa.UniqueConstraint("person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    max_sets: Mapped[int] = mapped_column(default=2)

    person: Mapped[Person] = relationship()


class ImportState(StrEnum):
    """How far an import has come."""

    CHECKED = "checked"
    IMPORTED = "imported"
    UNDONE = "undone"


class ImportRun(OfProgramme, Model):
    """One file or paste of Trusts, pairs and people: what it says, how it was read, and what undoes it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(NAME)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organiser.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[ImportState] = mapped_column(spoken(ImportState), default=ImportState.CHECKED)
    sheets: Mapped[list[Any]] = mapped_column(default=list)
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    undo: Mapped[dict[str, Any]] = mapped_column(default=dict)
    imported_at: Mapped[datetime | None]
