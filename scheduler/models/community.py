"""What carries a programme beyond its dates: intentions and how they get on, sponsors' word, the directory."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.clock import now
from scheduler.extensions import Model
from scheduler.models.columns import NAME, OfProgramme, spoken
from scheduler.models.people import Pair, Person


class Theme(OfProgramme, Model):
    """A theme that a programme's owners offer for improvement intentions; pairs may write others of their own."""

    __table_args__ = (sa.UniqueConstraint("programme_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))


class IntentionText(OfProgramme, Model):
    """What a pair set out to improve, as it was saved once: the highest ``number`` is what ``Pair`` holds now.

    Two who save at once want the same number, so the second one hears of the first. ``written_by`` None: it came from
    a file.
    """

    __table_args__ = (sa.UniqueConstraint("pair_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    themes: Mapped[list[str]] = mapped_column(default=list)
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(default=now)

    pair: Mapped[Pair] = relationship()
    written_by: Mapped[Person | None] = relationship()


class Headway(StrEnum):
    """Where a pair is with its intention."""

    NOT_STARTED = "not started"
    STARTED = "started"
    DIFFERENCE = "making a difference"
    CHANGED = "changed course"


class IntentionWord(OfProgramme, Model):
    """What one of a pair answered to "Where are you now?"; the last one counts, all are kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    headway: Mapped[Headway] = mapped_column(spoken(Headway))
    words: Mapped[str] = mapped_column(sa.String(280), default="")
    said_at: Mapped[datetime] = mapped_column(default=now)

    pair: Mapped[Pair] = relationship()
    person: Mapped[Person] = relationship()


class SponsorConfirmation(OfProgramme, Model):
    """That a board sponsor confirmed who represents their Trust: it is of these people, and of no others."""

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(sa.ForeignKey("pair.id", ondelete="CASCADE"), index=True)
    sponsor_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    director_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    manager_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    confirmed_at: Mapped[datetime] = mapped_column(default=now)

    pair: Mapped[Pair] = relationship()
    sponsor: Mapped[Person] = relationship(foreign_keys=[sponsor_id])
    director: Mapped[Person | None] = relationship(foreign_keys=[director_id])
    manager: Mapped[Person | None] = relationship(foreign_keys=[manager_id])


class DirectoryEntry(OfProgramme, Model):
    """That a person is listed for others who are, and what of them is shown; leaving deletes the row.

    ``ask_me_about`` is their own words, shown where they are not empty.
    """

    __table_args__ = (sa.UniqueConstraint("person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    shows_name: Mapped[bool] = mapped_column(default=False)
    shows_role: Mapped[bool] = mapped_column(default=False)
    shows_trust: Mapped[bool] = mapped_column(default=False)
    shows_themes: Mapped[bool] = mapped_column(default=False)
    shows_email: Mapped[bool] = mapped_column(default=False)
    ask_me_about: Mapped[str] = mapped_column(NAME, default="")
    listed_at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship()
