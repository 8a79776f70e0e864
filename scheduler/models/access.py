"""Keys to the house: personal links, log-in links, log-ins; of each only a hash is stored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import OfProgramme, spoken
from scheduler.models.people import Person
from scheduler.models.programmes import Organiser


class Purpose(StrEnum):
    """What a personal link opens: a token for one purpose opens nothing else."""

    PAGE = "page"
    CALENDAR = "calendar"


class PersonalLink(OfProgramme, Model):
    """A person's own link. The token is made from ``nonce`` and the signing key, so that a reminder can carry the
    same link again although only its hash is here (abuse case A1)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose] = mapped_column(spoken(Purpose))
    nonce: Mapped[str] = mapped_column(sa.String(64))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class SignInLink(Model):
    """A link that logs an organiser in once, within ten minutes."""

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    organiser: Mapped[Organiser] = relationship()


class LogIn(Model):
    """An organiser's stay, held at the server: ending it here ends it everywhere at the next request."""

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(sa.ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    id_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    began_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    organiser: Mapped[Organiser] = relationship()


class RateWindow(Model):
    """How often something was tried in a stretch of time; rows past ``expires_at`` are swept."""

    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class WorkerBeat(Model):
    """That a worker lives: one row a worker, renewed every few seconds."""

    name: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    beat_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[str] = mapped_column(sa.String(40), default="")
