"""Apologies: what a person says of a date they can no longer come to, kept for the organisers until they dealt with it.

Nothing else changes by one: the seat stays taken, the answers stay, and the plan is the organisers' to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.audience import pairs_of
from scheduler.collect.links import origin
from scheduler.collect.notes import subject, who_reads_notes
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.models import Apology, Invitation, Organiser, Person, Programme, Session, WhoComes, record
from scheduler.text import clean_line, clean_text
from scheduler.transaction import rows_changed, transaction


class TooLate(Exception):
    """The date has begun."""


class NoPlace(Exception):
    """The person has no place on the date any more."""


class SaidMeanwhile(Exception):
    """The person has said something else, or another organiser has dealt with it, since the page was read."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says: who comes, the deputy where somebody else does, and a reason where they give one."""

    who_comes: WhoComes
    deputy_name: str = ""
    deputy_role: str = ""
    deputy_email: str = ""
    reason: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """The values as they are stored: a deputy only where one comes, a reason only where somebody stays away."""
        with_deputy = self.who_comes is WhoComes.SOMEONE
        return {
            "who_comes": self.who_comes,
            "deputy_name": clean_line(self.deputy_name) if with_deputy else "",
            "deputy_role": clean_line(self.deputy_role) if with_deputy else "",
            "deputy_email": clean_line(self.deputy_email) if with_deputy else "",
            "reason": "" if self.who_comes is WhoComes.SELF else clean_text(self.reason),
        }


def place_of(person: Person, invitation_id: int) -> Invitation | None:
    """A person's own invitation, living or not; None where it is somebody else's or was never made."""
    return db.session.scalar(
        sa.select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.person_id == person.id)
        .options(joinedload(Invitation.session).joinedload(Session.event))
    )


def check(invitation: Invitation) -> None:
    """Raises NoPlace where the invitation is cancelled, TooLate where its date has begun."""
    if invitation.cancelled_at is not None:
        raise NoPlace
    if invitation.starts_at <= now():
        raise TooLate


def partner_at(invitation: Invitation) -> Person | None:
    """Who of the person's pair has a place on the same date."""
    others = [pair.partner_of(invitation.person) for pair in pairs_of(invitation.person)]
    invited = set(
        db.session.scalars(
            sa.select(Invitation.person_id).where(
                Invitation.session_id == invitation.session_id,
                Invitation.person_id.in_([other.id for other in others if other is not None]),
                Invitation.cancelled_at.is_(None),
            )
        )
    )
    return next((other for other in others if other is not None and other.id in invited), None)


def apologise(invitation: Invitation, word: Word) -> Apology | None:
    """Keep what a person says of their date and write to the organisers; a second time replaces the first.

    Saying the same again changes nothing and writes to nobody; None where there was nothing to take back.
    Raises NoPlace and TooLate as ``check`` does.
    """
    person = invitation.person
    with transaction() as tx:
        _one_at_a_time(person)
        tx.refresh(invitation)
        check(invitation)
        locked = _of(person, invitation.session_id).with_for_update()
        apology = tx.scalar(locked.execution_options(populate_existing=True))
        if apology is None and word.who_comes is WhoComes.SELF:
            return None
        if apology is not None and all(getattr(apology, name) == value for name, value in word.columns.items()):
            return apology
        if apology is None:
            apology = Apology(programme_id=person.programme_id, person=person, session=invitation.session)
            tx.add(apology)
        for name, value in word.columns.items():
            setattr(apology, name, value)
        apology.partner = partner_at(invitation)
        apology.told_at, apology.dealt_with_at, apology.dealt_with_by_id = now(), None, None
        tx.flush()
        _tell_organisers(apology)
        record("apology.given", programme=person.programme, by=person, thing=which_date(apology.session))
    return apology


def apology_of(person: Person, session_id: int) -> Apology | None:
    """What a person has said of a date, if anything."""
    found: Apology | None = db.session.scalar(_of(person, session_id))
    return found


def standing_apologies(person: Person) -> dict[int, Apology]:
    """By session, what a person has said of their dates and not taken back."""
    rows = db.session.scalars(
        sa.select(Apology)
        .where(Apology.person_id == person.id, Apology.who_comes != WhoComes.SELF)
        .options(joinedload(Apology.partner))
    )
    return {apology.session_id: apology for apology in rows}


def apologies_in(programme: Programme) -> list[Apology]:
    """What people have said of places they still hold in what lies ahead: what waits first, then by date.

    Who has lost the place since by a new plan is left out: the plan has dealt with it.
    """
    holds = sa.exists().where(
        Invitation.person_id == Apology.person_id,
        Invitation.session_id == Apology.session_id,
        Invitation.cancelled_at.is_(None),
        Invitation.ends_at > now(),
    )
    return list(
        db.session.scalars(
            sa.select(Apology)
            .join(Session, Session.id == Apology.session_id)
            .where(
                Apology.programme_id == programme.id,
                holds,
                # What was taken back and seen is as if it had never been said.
                sa.or_(Apology.who_comes != WhoComes.SELF, Apology.dealt_with_at.is_(None)),
            )
            .options(
                joinedload(Apology.person),
                joinedload(Apology.partner),
                joinedload(Apology.dealt_with_by),
                joinedload(Apology.session).options(joinedload(Session.event), joinedload(Session.venue)),
            )
            .order_by(Apology.dealt_with_at.is_not(None), Session.starts_at, Apology.id)
        )
    )


def deal_with(apology: Apology, *, version: int, by: Organiser) -> None:
    """Mark what a person said as dealt with, as it was read at ``version``. Raises SaidMeanwhile."""
    _settle(apology, version, by, dealt_with_at=now(), dealt_with_by_id=by.id)


def reopen(apology: Apology, *, version: int, by: Organiser) -> None:
    """Let it wait again. Raises SaidMeanwhile."""
    _settle(apology, version, by, dealt_with_at=None, dealt_with_by_id=None)


def sentence(apology: Apology) -> str:
    """ "Amara Okafor can no longer come to Workshop 1 on 12 January"."""
    if apology.who_comes is WhoComes.SELF:
        return f"{apology.person.name} can come to {which_date(apology.session)} after all"
    return f"{apology.person.name} can no longer come to {which_date(apology.session)}"


def who_comes_instead(apology: Apology) -> str:
    """ "Tom Reid still comes", "Sam Lee comes for them", "Neither Amara Okafor nor Tom Reid comes"; "" for oneself."""
    name, partner = apology.person.name, apology.partner.name if apology.partner else ""
    if apology.who_comes is WhoComes.SOMEONE:
        return f"{apology.deputy_name} comes for them"
    if apology.who_comes is WhoComes.PARTNER:
        return f"{partner or 'Their partner'} still comes"
    if apology.who_comes is WhoComes.NOBODY:
        return f"Neither {name} nor {partner} comes" if partner else "Nobody comes for them"
    return ""


def which_date(session: Session) -> str:
    """ "Workshop 1 on 12 January"."""
    return f"{session.event.title} on {formatting.short_day(session.starts_at, session.time_zone)}"


def _of(person: Person, session_id: int) -> sa.Select[Any]:
    return sa.select(Apology).where(Apology.person_id == person.id, Apology.session_id == session_id)


def _settle(apology: Apology, version: int, by: Organiser, **values: Any) -> None:
    with transaction() as tx:
        # One UPDATE settles the race with the person and with other organisers, on every database.
        as_read = Apology.id == apology.id, Apology.version == version
        changed = rows_changed(
            sa.update(Apology)
            .where(*as_read)
            .values(version=version + 1, **values)
            .execution_options(synchronize_session=False)
        )
        if changed == 0:
            raise SaidMeanwhile
        if values["dealt_with_at"] is None:
            record("apology.reopened", programme=apology.programme, by=by, thing=apology.person.name)
        else:
            record("apology.dealt-with", programme=apology.programme, by=by, thing=apology.person.name)
        tx.expire(apology)


def _tell_organisers(apology: Apology) -> None:
    programme: Programme = apology.programme
    day = formatting.short_day(apology.session.starts_at, apology.session.time_zone)
    back = apology.who_comes is WhoComes.SELF
    words = f"{apology.person.name} {'can come after all' if back else 'can no longer come'} on {day}"
    for organiser in who_reads_notes(programme):
        queue_letter(
            "apology",
            to=organiser,
            subject=subject(words, programme),
            programme=programme,
            about=apology.person.name,
            sentence=sentence(apology),
            instead=who_comes_instead(apology),
            apology=apology,
            url=f"{origin()}/programmes/{programme.slug}/apologies",
        )


def _one_at_a_time(person: Person) -> None:
    """Hold the person's row, so that a button pressed twice at once keeps one row (see ``answers``)."""
    row = sa.update(Person).where(Person.id == person.id).execution_options(synchronize_session=False)
    db.session.execute(row.values(name=Person.name))
