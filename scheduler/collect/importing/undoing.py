"""Take an import back, as long as nothing has been built on it."""

from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm.exc import StaleDataError

from scheduler.extensions import db
from scheduler.models import (
    AnswerChange,
    Cohort,
    Facilitator,
    ImportRun,
    ImportState,
    Invitation,
    Organiser,
    OutboxMessage,
    Pair,
    Person,
    Reminder,
    ResearchActivity,
    RoleHeld,
    Standing,
    Trust,
    TrustType,
    record,
)
from scheduler.transaction import rows_changed, transaction

KINDS: dict[str, Any] = {kind.__tablename__: kind for kind in (Facilitator, RoleHeld, Pair, Person, Trust, Cohort)}
"""What an import makes, in the order in which it can be taken away."""

# A link is made when it is first shown and says nothing by itself.
_NO_USE = {"personal_link"}
_HAPPENED: tuple[tuple[Any, Any], ...] = (
    (AnswerChange, AnswerChange.made_at),
    (Reminder, Reminder.sent_at),
    (Invitation, Invitation.created_at),
    (OutboxMessage, OutboxMessage.queued_at),
)
_VALUES = {
    "trust_type": TrustType,
    "research_activity": ResearchActivity,
    "standing": Standing,
    "until": date.fromisoformat,
    "left_on": date.fromisoformat,
    "sponsor_confirmed_on": date.fromisoformat,
}


class ImportUsed(Exception):
    """The import cannot be taken back any more; the message says what stands on it."""


def undo_import(run: ImportRun, *, by: Organiser | None) -> None:
    """Take away what an import made and put back what it changed, all in one transaction.

    Raises ImportUsed once a record of it was changed or used; nothing is undone then. A second time does nothing.
    """
    try:
        _undone(run, by)
    except StaleDataError:
        raise ImportUsed("Somebody changed one of its records at this moment.") from None


def _undone(run: ImportRun, by: Organiser | None) -> None:
    with transaction() as tx:
        once = ImportRun.id == run.id, ImportRun.state == ImportState.IMPORTED
        if not rows_changed(update(ImportRun).where(*once).values(state=ImportState.UNDONE)):
            return
        tx.refresh(run)
        if why := why_not_undone(run):
            raise ImportUsed(why)
        rows = _rows(run)
        for key, before in run.undo["changed"].items():
            row = rows[key]
            for name, value in before.items():
                setattr(row, name, _VALUES[name](value) if name in _VALUES and value is not None else value)
        tx.flush()
        for kind in KINDS.values():
            for table, id_ in run.undo["made"]:
                if table == kind.__tablename__ and (row := rows.get(f"{table} {id_}")):
                    tx.delete(row)
            tx.flush()
        tx.expire_all()
        record("people.import-undone", programme=run.programme, by=by, thing=run.file_name)


def why_not_undone(run: ImportRun) -> str:
    """What stands on an import, in a sentence; "" while it can be taken back, or has written nothing."""
    if run.imported_at is None:
        return ""
    rows = _rows(run)
    for key, version in run.undo.get("versions", {}).items():
        row = rows.get(key)
        if row is None:
            return "Something that it imported has been taken away since."
        if row.version != version:
            return f"{_name_of(row)} has been changed since."
    made = [(table, id_) for table, id_ in run.undo.get("made", [])]
    for table, kind in KINDS.items():
        if used := _used(kind, [id_ for each, id_ in made if each == table], run):
            return f"{_name_of(rows[f'{table} {used}'])} is used already."
    people = [int(key.split()[1]) for key in run.undo.get("changed", {}) if key.startswith("person ")]
    for happened, moment in _HAPPENED:
        later = select(happened.person_id).where(happened.person_id.in_(people), moment > run.imported_at).limit(1)
        if person := db.session.scalar(later):
            return f"{_name_of(rows[f'person {person}'])} has been written to or has answered since."
    return ""


def _used(kind: Any, ids: list[int], run: ImportRun) -> int | None:
    """The first of these rows that another row refers to, if that one is neither of the import nor put back with it."""
    made = {(table, id_) for table, id_ in run.undo.get("made", [])}
    for table in db.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table is not kind.__table__ or table.name in _NO_USE:
                continue
            identity = table.c.get("id", key.parent)
            for user, used in db.session.execute(select(identity, key.parent).where(key.parent.in_(ids))):
                put_back = key.parent.name in run.undo.get("changed", {}).get(f"{table.name} {user}", {})
                if (table.name, user) not in made and not put_back:
                    return int(used)
    return None


def _rows(run: ImportRun) -> dict[str, Any]:
    """All rows that an import made or changed, by "table id", with one query a table."""
    keys = {f"{table} {id_}" for table, id_ in run.undo.get("made", [])} | run.undo.get("changed", {}).keys()
    ids: dict[str, list[int]] = {table: [] for table in KINDS}
    for key in keys:
        table, id_ = key.split()
        ids[table].append(int(id_))
    return {
        f"{table} {row.id}": row
        for table, kind in KINDS.items()
        for row in db.session.scalars(select(kind).where(kind.id.in_(ids[table])))
    }


def _name_of(row: Any) -> str:
    if isinstance(row, Pair):
        return f"The pair of {row.trust.name}"
    if isinstance(row, Facilitator | RoleHeld):
        return str(row.person.name)
    return str(row.name)
