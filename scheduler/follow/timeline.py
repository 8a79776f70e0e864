"""Everything that happened with one person in one list, the latest first: answers, messages, replies, deeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.collect.apologies import sentence as apology_sentence
from scheduler.extensions import db
from scheduler.models import (
    AnswerChange,
    Apology,
    Attendance,
    AuditEntry,
    Invitation,
    OutboxMessage,
    Person,
    ReceivedMessage,
    Reply,
    Session,
)
from scheduler.words import ANSWERS, EFFECTS, GIVEN_IN, MESSAGE_STATES, REPLIES, audit_sentence, label

MOST_OF_A_KIND = 500  # of each kind the latest: a person has a few hundred rows after years

PRESENCES = {
    "present": "Was at",
    "apologies": "Sent apologies for",
    "absent": "Was not at",
    "deputy": "Was represented at",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line: when, of which kind, what happened, and the row whose page says more ("" where none does)."""

    at: datetime
    kind: str
    text: str
    page: str = ""  # message or received
    row_id: int = 0


def timeline_of(person: Person) -> list[Moment]:
    """All moments of one person, the latest first, in a fixed number of queries."""
    sources = (_answers, _messages, _replies, _received, _apologies, _attendance, _deeds)
    return sorted((moment for source in sources for moment in source(person)), key=lambda m: m.at, reverse=True)


def _answers(person: Person) -> Iterator[Moment]:
    changes = db.session.scalars(
        _latest(sa.select(AnswerChange).where(AnswerChange.person_id == person.id), AnswerChange.made_at)
    ).all()
    ids = {int(key) for change in changes for key in change.after}
    sessions = {
        session.id: session
        for session in db.session.scalars(
            sa.select(Session).where(Session.id.in_(ids)).options(joinedload(Session.event))
        )
    }
    for change in changes:
        said = [
            f"{_date(sessions[int(key)])}: {label(ANSWERS, answer)}"
            for key, answer in change.after.items()
            if int(key) in sessions
        ]
        how = GIVEN_IN[change.given_in.value].lower()
        words = f"{formatting.count(len(change.after), 'answer')}, {how}"
        taken_back = " (taken back)" if change.undone_at else ""
        yield Moment(change.made_at, "Answer", f"{words}{taken_back}: {'; '.join(said)}" if said else words)


def _messages(person: Person) -> Iterator[Moment]:
    sent = sa.select(OutboxMessage).where(OutboxMessage.person_id == person.id)
    for message in db.session.scalars(_latest(sent, OutboxMessage.queued_at)):
        state = MESSAGE_STATES[message.state.value].lower()
        yield Moment(
            message.sent_at or message.queued_at, "Message", f"{message.subject} ({state})", "message", message.id
        )


def _replies(person: Person) -> Iterator[Moment]:
    found = (
        sa.select(Reply)
        .join(Reply.invitation)
        .where(Invitation.person_id == person.id)
        .options(joinedload(Reply.invitation).joinedload(Invitation.session).joinedload(Session.event))
    )
    for reply in db.session.scalars(_latest(found, Reply.arrived_at)):
        words = label(REPLIES, reply.answer.value) if reply.answer else "Replied"
        by = f", given by {reply.given_by}" if reply.given_by else ""
        comment = f'. "{reply.comment}"' if reply.comment else ""
        undone = " (taken back)" if reply.undone_at else ""
        text = f"{words}: {_date(reply.invitation.session)}{by}{undone}{comment}"
        yield Moment(reply.arrived_at, "Reply", text, "received", reply.received_message_id or 0)


def _received(person: Person) -> Iterator[Moment]:
    """Mail of theirs from which no reply was read: letters, bounces, what waits."""
    no_reply = ~sa.exists().where(Reply.received_message_id == ReceivedMessage.id)
    mails = sa.select(ReceivedMessage).where(ReceivedMessage.person_id == person.id, no_reply)
    for mail in db.session.scalars(_latest(mails, ReceivedMessage.received_at)):
        effect = label(EFFECTS, mail.effect.value if mail.effect else None).lower()
        yield Moment(mail.received_at, "Mail from them", f"{mail.subject} ({effect})", "received", mail.id)


def _apologies(person: Person) -> Iterator[Moment]:
    said = (
        sa.select(Apology)
        .where(Apology.person_id == person.id)
        .options(joinedload(Apology.person), joinedload(Apology.session).joinedload(Session.event))
    )
    for apology in db.session.scalars(_latest(said, Apology.told_at)):
        yield Moment(apology.told_at, "Apology", apology_sentence(apology))


def _attendance(person: Person) -> Iterator[Moment]:
    marked = (
        sa.select(Attendance)
        .where(Attendance.person_id == person.id)
        .options(joinedload(Attendance.session).joinedload(Session.event))
    )
    for row in db.session.scalars(_latest(marked, Attendance.marked_at)):
        yield Moment(row.marked_at, "Attendance", f"{PRESENCES[row.state.value]} {_date(row.session)}")


def _deeds(person: Person) -> Iterator[Moment]:
    about = sa.or_(
        AuditEntry.person_id == person.id,
        sa.and_(AuditEntry.what.like("person.%"), AuditEntry.details["id"].as_integer() == person.id),
    )
    entries = sa.select(AuditEntry).where(AuditEntry.programme_id == person.programme_id, about)
    for entry in db.session.scalars(
        _latest(entries.options(joinedload(AuditEntry.organiser), joinedload(AuditEntry.person)), AuditEntry.at)
    ):
        who = entry.organiser or entry.person
        yield Moment(
            entry.at, "Done", audit_sentence(who.name if who else None, entry.what, entry.thing, entry.details)
        )


def _latest(query: sa.Select[Any], at: Any) -> sa.Select[Any]:
    return query.order_by(at.desc()).limit(MOST_OF_A_KIND)


def _date(session: Session) -> str:
    return f"{session.event.title}, {formatting.short_day(session.starts_at, session.time_zone)}"
