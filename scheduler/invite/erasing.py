"""Erasing a person (UK GDPR, article 17): who they were goes, what was counted stays.

Future places are given up first, and the cancellations leave before the address is forgotten; so an erasure may wait
for the last mail. Then names, addresses, needs, comments and mail are taken out of every table of the programme, by
what the columns hold and not by a list of them, so that no table is forgotten (abuse case P2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import leaving, retention
from scheduler.invite.finished import read_letter
from scheduler.models import (
    AccessNeeds,
    AddressChange,
    AnswerChange,
    Apology,
    Assistant,
    Attendance,
    Bounce,
    Erasure,
    Invitation,
    LearnedAddress,
    Merging,
    MessageState,
    Organiser,
    OutboxMessage,
    Person,
    PersonalLink,
    ReceivedMessage,
    Reply,
    Whose,
    WishToLeave,
    record,
)
from scheduler.transaction import transaction

WAITS_AT_MOST = timedelta(days=3)
_UNDER_WAY = (MessageState.WAITING, MessageState.HELD, MessageState.SENDING)
FORMER = "A former participant"


@dataclass(frozen=True)
class Held:
    """How much is held on a person, for the page that asks."""

    answers: int
    messages: int
    replies: int
    places: int  # to come: they are cancelled first


def what_is_held(person: Person) -> Held:
    """Counts of what an erasure concerns."""

    def count(kind: Any, *where: Any) -> int:
        return db.session.scalar(sa.select(sa.func.count()).select_from(kind).where(*where)) or 0

    theirs = Invitation.person_id == person.id
    return Held(
        answers=count(AnswerChange, AnswerChange.person_id == person.id),
        messages=count(OutboxMessage, OutboxMessage.person_id == person.id),
        replies=count(Reply, Reply.invitation_id.in_(sa.select(Invitation.id).where(theirs))),
        places=count(Invitation, theirs, Invitation.cancelled_at.is_(None), Invitation.ends_at > now()),
    )


def erasure_of(person: Person) -> Erasure | None:
    """That a person is to be erased, or was."""
    return db.session.scalar(sa.select(Erasure).where(Erasure.person_id == person.id))


def erase(person: Person, *, by: Organiser | None) -> bool:
    """Let a person leave, and erase them: at once, or when the last mail to them has left. False: it waits.

    Raises leaving.CannotGo where their places cannot be given up.
    """
    with transaction() as tx:
        if erasure_of(person) is None:
            tx.add(Erasure(programme=person.programme, person=person, asked_by_id=by.id if by else None))
            record("person.erasing", programme=person.programme, by=by, id=person.id)
        if person.left_on is None:
            departure = leaving.Departure(person, leaving.Going.ALONE)
            leaving.depart_untold(departure, by=by)
    return complete_due(person) > 0


def complete_due(only: Person | None = None) -> int:
    """Erase whoever waits for it and to whom no mail is under way any more; returns how many."""
    waiting = sa.select(Erasure).where(Erasure.done_at.is_(None))
    if only is not None:
        waiting = waiting.where(Erasure.person_id == only.id)
    done = 0
    for erasure in db.session.scalars(waiting).all():
        about_them = sa.or_(
            OutboxMessage.person_id == erasure.person_id,
            sa.and_(OutboxMessage.programme_id == erasure.programme_id, OutboxMessage.about == erasure.person.name),
        )
        mail = sa.select(OutboxMessage.id).where(about_them, OutboxMessage.state.in_(_UNDER_WAY))
        if db.session.scalar(mail.limit(1)) is None or erasure.asked_at < now() - WAITS_AT_MOST:
            _complete(erasure)
            done += 1
    if done:
        _forget_freed_pages()
    return done


def _complete(erasure: Erasure) -> None:
    files: list[str] = []
    with transaction() as tx:
        if db.engine.dialect.name == "sqlite":
            tx.execute(sa.text("PRAGMA secure_delete = ON"))
        shells = tx.scalars(sa.select(Merging.gone_id).where(Merging.kept_id == erasure.person_id)).all()
        for person_id in (erasure.person_id, *shells):
            _erase_one(tx.get_one(Person, person_id), files)
        erasure.done_at = now()
        record("person.erased", programme=erasure.programme, by=None, id=erasure.person_id)
    for name in files:
        retention.forget_file(name)


def _erase_one(person: Person, files: list[str]) -> None:
    theirs = sa.select(LearnedAddress.address).where(
        LearnedAddress.person_id == person.id, LearnedAddress.whose == Whose.OWN
    )
    known = [each for each in (person.name, person.email, person.phone, *db.session.scalars(theirs)) if each]
    _erase_mail(person, known, files)
    _erase_words(person)
    stands_for = f"erased-{person.id}@erased.invalid"
    if _has_a_namesake(person):
        known.remove(person.name)  # elsewhere the name may be the other's
    person.name, person.email, person.phone = FORMER, stands_for, ""
    person.affiliation, person.answer_comment = "", ""
    db.session.flush()
    to_them = sa.update(OutboxMessage).where(OutboxMessage.person_id == person.id)
    db.session.execute(to_them.values(to_address=stands_for, to_name=FORMER))
    _replace_everywhere(person, list(dict.fromkeys(known)), stands_for)
    db.session.expire_all()


def _erase_mail(person: Person, known: list[str], files: list[str]) -> None:
    """Empty every mail to or from the person, and each to others that names them."""
    mails = sa.select(OutboxMessage).where(OutboxMessage.programme_id == person.programme_id)
    for message in db.session.scalars(mails.options(undefer(OutboxMessage.body)).execution_options(yield_per=200)):
        if message.state in _UNDER_WAY and message.person_id != person.id:
            continue  # on its way to somebody else
        if message.person_id == person.id or (message.body and _says(message.body, known)):
            if message.file:
                files.append(message.file)
            retention.empty_message(message)
    theirs = sa.or_(
        ReceivedMessage.person_id == person.id,
        sa.func.lower(ReceivedMessage.sender).in_([each.lower() for each in known]),
    )
    for received in db.session.scalars(
        sa.select(ReceivedMessage).where(ReceivedMessage.programme_id == person.programme_id, theirs)
    ):
        retention.empty_received(received)
        received.sender = received.sender_name = received.answered_as = ""


def _has_a_namesake(person: Person) -> bool:
    other = sa.select(Person.id).where(
        Person.programme_id == person.programme_id, Person.name == person.name, Person.id != person.id
    )
    return db.session.scalar(other.limit(1)) is not None


def _says(body: bytes, names: Iterable[str]) -> bool:
    letter = read_letter(body)
    text = f"{letter.to}\n{letter.subject}\n{letter.text}"
    return any(name in text for name in names)


def _erase_words(person: Person) -> None:
    """What a person wrote or said in words of their own, and what opens their page."""
    of_theirs = sa.select(Invitation.id).where(Invitation.person_id == person.id)
    for kind in (AccessNeeds, AddressChange, Assistant, LearnedAddress, Bounce, WishToLeave):
        db.session.execute(sa.delete(kind).where(kind.person_id == person.id))
    blanks: list[sa.Update] = [
        sa.update(Reply).where(Reply.invitation_id.in_(of_theirs)).values(comment="", given_by="", delegated_to=""),
        sa.update(Apology)
        .where(Apology.person_id == person.id)
        .values(reason="", deputy_name="", deputy_role="", deputy_email=""),
        sa.update(AnswerChange).where(AnswerChange.person_id == person.id).values(heard_how=""),
        sa.update(Attendance)
        .where(Attendance.person_id == person.id)
        .values(name="", email="", deputy_name="", deputy_role="", deputy_email=""),
        sa.update(PersonalLink)
        .where(PersonalLink.person_id == person.id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now()),
    ]
    for statement in blanks:
        db.session.execute(statement.execution_options(synchronize_session=False))


def _replace_everywhere(person: Person, known: list[str], stands_for: str) -> None:
    """Put the stand-in wherever a text of the programme still holds a name or an address of theirs."""
    spellings = {each for name in known for each in (name, _in_json(name))}
    for table in (each for each in db.metadata.sorted_tables if "programme_id" in each.columns):
        for column in (each for each in table.columns if _is_text(each)):
            as_text = sa.cast(column, sa.Text)
            holds = sa.or_(*(as_text.icontains(each, autoescape=True) for each in spellings))
            key = [*table.primary_key.columns]
            found = sa.select(*key, column).where(table.c.programme_id == person.programme_id, holds)
            for *ids, value in db.session.execute(found).all():
                row = sa.and_(*(part == each for part, each in zip(key, ids, strict=True)))
                replaced = _replaced(value, known, stands_for)
                db.session.execute(sa.update(table).where(row).values({column.key: replaced}))


def _is_text(column: sa.Column[Any]) -> bool:
    """Whether a column may mention people; who others are is their own."""
    if column.table.name == Person.__tablename__ and column.name != "answer_comment":
        return False
    return isinstance(column.type, sa.JSON | sa.String) and not isinstance(column.type, sa.Enum)


def _replaced(value: Any, known: list[str], stands_for: str) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(each, known, stands_for) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, known, stands_for) for each in value]
    if not isinstance(value, str):
        return value
    for name in known:
        instead = stands_for if "@" in name else FORMER
        if value.casefold() == name.casefold():
            return instead
        if " " in name or "@" in name:  # a single word may be any word of a sentence
            value = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", instead, value, flags=re.IGNORECASE)
    return value


def _in_json(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode().replace("\\x", "\\u00")


def _forget_freed_pages() -> None:
    """Let SQLite's log of changes not keep what the tables no longer hold."""
    if db.engine.dialect.name == "sqlite":
        db.session.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
