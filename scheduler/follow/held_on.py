"""All that is held on one person, for themselves (UK GDPR, articles 15 and 20): nobody else's data is in it.

It is read from the tables as they are: every row that names the person, every column of it but keys, seals and hashes.
So a table that is added later is in it too (abuse case P1).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite.finished import read_letter
from scheduler.models import AuditEntry, Invitation, OutboxMessage, Pair, Person, ReceivedMessage, Reply, Session

FORMAT = "convene-person/1"
# What opens doors, or counts for the program alone.
_LEFT_OUT = {"nonce", "token_hash", "key", "version", "claimed_by", "claimed_at", "problem", "result", "undo"}
_READ_APART = ("audit_entry", "outbox_message", "received_message", "person")
_TITLES = {
    "access_needs": "Access and dietary needs",
    "answer_change": "History of answers",
    "apology": "Dates they could not come to",
    "attendance": "Attendance",
    "audit_entry": "What was done",
    "availability": "Answers",
    "invitation": "Invitations",
    "outbox_message": "Messages to them",
    "pair": "Pairs",
    "personal_link": "Links",
    "placement": "Places in plans",
    "received_message": "Messages from them",
    "reminder": "Reminders",
    "reply": "Replies to invitations",
    "role_held": "Roles held",
}


def held_on(person: Person) -> dict[str, Any]:
    """Everything as plain values: who they are, then by table the rows about them."""
    sections = [_section(table, rows) for table, rows in _rows_about(person) if rows]
    return {
        "format": FORMAT,
        "made_at": now().isoformat(),
        "programme": person.programme.name,
        "person": _row_of_plain(person),
        "held": sorted(sections, key=lambda section: str(section["title"])),
    }


def _rows_about(person: Person) -> list[tuple[sa.Table, list[dict[str, Any]]]]:
    found = []
    for table in db.metadata.sorted_tables:
        columns = [
            key.parent
            for key in table.foreign_keys
            if key.column.table.name == "person" and key.parent.name in ("person_id", "kept_id")
        ]
        if table.name in _READ_APART or not columns or not _told(table):
            continue
        which = sa.or_(*(column == person.id for column in columns))
        rows = db.session.execute(sa.select(*_told(table)).where(which).order_by(*table.primary_key.columns))
        found.append((table, [_values(table, dict(row)) for row in rows.mappings()]))
    found.append((_table(AuditEntry), _deeds(person)))
    found.append((_table(OutboxMessage), _messages(person)))
    found.append((_table(ReceivedMessage), _received(person)))
    found.append((_table(Reply), _replies(person)))
    found.append((_table(Pair), _pairs(person)))
    return found


def _section(table: sa.Table, rows: list[dict[str, Any]]) -> dict[str, Any]:
    title = _TITLES.get(table.name, table.name.replace("_", " ").capitalize())
    return {"title": title, "table": table.name, "rows": _with_dates(rows)}


def _with_dates(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the event and day of the session they are about, as a number says nothing to a reader."""
    ids = {row["session_id"] for row in rows if row.get("session_id")}
    if not ids:
        return rows
    sessions = {
        session.id: f"{session.event.title}, {session.local_start:%Y-%m-%d %H:%M}"
        for session in db.session.scalars(sa.select(Session).where(Session.id.in_(ids)))
    }
    return [{"date": sessions.get(row.get("session_id", 0), ""), **row} for row in rows]


def _deeds(person: Person) -> list[dict[str, Any]]:
    """What they did, and what was done with their record."""
    about = sa.and_(AuditEntry.what.like("person.%"), AuditEntry.details["id"].as_integer() == person.id)
    entries = sa.select(AuditEntry).where(
        AuditEntry.programme_id == person.programme_id, (AuditEntry.person_id == person.id) | about
    )
    return [_row_of_plain(entry) for entry in db.session.scalars(entries.order_by(AuditEntry.id))]


def _messages(person: Person) -> list[dict[str, Any]]:
    sent = sa.select(OutboxMessage).where(OutboxMessage.person_id == person.id).options(undefer(OutboxMessage.body))
    rows = []
    for message in db.session.scalars(sent.order_by(OutboxMessage.id)):
        text = read_letter(message.body).text if message.body else ""
        rows.append(_row_of_plain(message) | {"text": text})
    return rows


def _received(person: Person) -> list[dict[str, Any]]:
    came = (
        sa.select(ReceivedMessage).where(ReceivedMessage.person_id == person.id).options(undefer(ReceivedMessage.raw))
    )
    return [
        _row_of_plain(mail) | {"text": mail.raw.decode("utf-8", "replace")}
        for mail in db.session.scalars(came.order_by(ReceivedMessage.id))
    ]


def _replies(person: Person) -> list[dict[str, Any]]:
    theirs = sa.select(Reply).join(Reply.invitation).where(Invitation.person_id == person.id).order_by(Reply.id)
    return [_row_of_plain(reply) for reply in db.session.scalars(theirs)]


def _pairs(person: Person) -> list[dict[str, Any]]:
    """The Trusts they stand for or sponsor, without the other people of the pair."""
    mine = sa.or_(Pair.director_id == person.id, Pair.manager_id == person.id, Pair.sponsor_id == person.id)
    return [
        {"trust": pair.trust.name, "ods_code": pair.trust.ods_code, "intention": pair.intention, "themes": pair.themes}
        for pair in db.session.scalars(sa.select(Pair).where(mine).order_by(Pair.id))
    ]


def _table(kind: Any) -> sa.Table:
    table: sa.Table = sa.inspect(kind).local_table
    return table


def _told(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns that are told: not keys to other rows but the session's, nothing that is sealed."""
    return [
        column
        for column in table.columns
        if column.name not in _LEFT_OUT
        and (not column.foreign_keys or column.name == "session_id")
        and not isinstance(column.type, sa.LargeBinary)
        and not isinstance(getattr(column.type, "impl", None), sa.LargeBinary)
    ]


def _row_of(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.key) for column in _told(_table(type(row)))}


def _row_of_plain(row: Any) -> dict[str, Any]:
    return _values(_table(type(row)), _row_of(row))


def _values(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    told = {column.name for column in _told(table)}
    return {name: _plain(value) for name, value in row.items() if name in told}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return getattr(value, "value", value)
