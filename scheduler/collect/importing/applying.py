"""Write the good rows of an import, all of them or none, and remember what takes them back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import now, today
from scheduler.collect.importing.cells import cleaned
from scheduler.collect.importing.checking import CheckedRow, Status, check_against, sheets_of
from scheduler.collect.importing.columns import PAIR_ROLES
from scheduler.collect.importing.comparing import STANDING_OF, Change, Known, PersonCompared, compared
from scheduler.collect.importing.files import Sheet
from scheduler.collect.importing.reading import read_sheets
from scheduler.collect.importing.reference import TrustDetails
from scheduler.extensions import Model, db
from scheduler.models import (
    Cohort,
    Facilitator,
    ImportRun,
    ImportState,
    Organiser,
    Pair,
    PairRole,
    Person,
    Programme,
    ResearchActivity,
    RoleHeld,
    Standing,
    Trust,
    TrustType,
    record,
)
from scheduler.transaction import rows_changed, transaction

ATTEMPTS = 3

Row = TypeVar("Row", bound=Model)


class ImportUndone(Exception):
    """The import was taken back; its file can be chosen again."""


class ImportNotReadable(Exception):
    """The columns of the file have faults that an organiser must settle first; nothing was written."""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows were written, and which were not because somebody changed the same things meanwhile."""

    written: int
    asked_again: tuple[CheckedRow, ...]


def keep_import(programme: Programme, file_name: str, sheets: Sequence[Sheet], *, by: Organiser | None) -> ImportRun:
    """Keep a file that was read, so that its check can be shown, mended and confirmed."""
    with transaction() as tx:
        run = ImportRun(
            programme=programme,
            file_name=cleaned(file_name)[:200] or "A file without a name",
            made_by_id=by.id if by else None,
            sheets=[sheet.packed() for sheet in sheets],
        )
        tx.add(run)
        tx.flush()
    return run


def apply_import(run: ImportRun, *, by: Organiser | None, seen: str | None = None) -> Applied:
    """Write the new and changed rows of an import in one transaction. A second time finds nothing to write.

    ``seen`` are the marks of the rows as they were shown (``Check.seen``): a row that would now do something else is
    left for another look. None writes all. Raises ImportUndone, or ImportNotReadable.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _applied(run, by, seen)
        except (StaleDataError, IntegrityError):  # somebody saved the same Trust or person between our read and write
            continue
    return _applied(run, by, seen)


def _applied(run: ImportRun, by: Organiser | None, seen: str | None) -> Applied:
    with transaction() as tx:
        # An UPDATE that changes nothing: it makes a second press wait for the first, on SQLite and PostgreSQL alike.
        not_undone = ImportRun.id == run.id, ImportRun.state != ImportState.UNDONE
        if not rows_changed(update(ImportRun).where(*not_undone).values(state=ImportRun.state)):
            raise ImportUndone
        tx.refresh(run)
        known = Known.of(run.programme)
        reading = read_sheets(sheets_of(run), known.reference(), run.choices.get("columns"), run.choices.get("mends"))
        if reading.faults:
            raise ImportNotReadable
        check = check_against(known, reading)
        pending = [row for row in check.rows if row.status in (Status.NEW, Status.CHANGED)]
        confirmed = {row.digest for row in pending} if seen is None else set(seen.split())
        good = [row for row in pending if row.digest in confirmed]
        writing = Writing(known, undo=Undo.of(run))
        for row in good:
            writing.row(row)
        tx.flush()
        if good:
            run.undo = writing.undo.as_json()
            run.state = ImportState.IMPORTED
            run.imported_at = run.imported_at or now()
            run.result = {"imported": run.result.get("imported", 0) + len(good)}
            record("people.imported", programme=run.programme, by=by, thing=run.file_name, rows=len(good))
        return Applied(len(good), tuple(row for row in pending if row.digest not in confirmed))


@dataclass
class Undo:
    """What takes an import back: rows it made, and rows it changed with their values before and version after."""

    made: list[Any] = field(default_factory=list)
    changed: dict[tuple[str, int], tuple[Any, dict[str, Any]]] = field(default_factory=dict)
    earlier: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, run: ImportRun) -> "Undo":
        """Go on from what an earlier press of the same import wrote."""
        return cls(earlier=run.undo)

    def keep(self, row: Any, name: str) -> None:
        """Keep the value of a column before it is changed for the first time; a row made here goes as a whole."""
        if row.id is not None:
            before = self.changed.setdefault((row.__tablename__, row.id), (row, {}))[1]
            before.setdefault(name, _plain(getattr(row, name)))

    def change(self, row: Any, name: str, value: Any) -> None:
        """Set a column, and keep what stood there first."""
        self.keep(row, name)
        setattr(row, name, value)

    def as_json(self) -> dict[str, Any]:
        """The record as it is kept; call it after a flush, when ids and versions are known."""
        made = [*self.earlier.get("made", []), *([row.__tablename__, row.id] for row in self.made)]
        changed = {
            f"{table} {id_}": before for (table, id_), (_, before) in self.changed.items() if [table, id_] not in made
        }
        earlier = self.earlier.get("changed", {})
        touched = [*self.made, *(row for row, _ in self.changed.values())]
        return {
            "made": made,
            "changed": changed | {key: changed.get(key, {}) | before for key, before in earlier.items()},
            "versions": self.earlier.get("versions", {})
            | {f"{row.__tablename__} {row.id}": row.version for row in touched if hasattr(row, "version")},
        }


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


class Writing:
    """Writes one row after another; a row finds what the rows before it wrote."""

    def __init__(self, known: Known, undo: Undo) -> None:
        self.known = known
        self.undo = undo
        self.today = today(known.programme.time_zone)

    def row(self, checked: CheckedRow) -> None:
        """Write what a row changes: its Trust, its people, their roles, its cohort."""
        row = checked.row
        found = compared(row, self.known)
        trust = found.trust
        if row.trust and trust is None:
            trust = self._new_trust(row.trust)
        elif trust:
            for name, change in found.trust_fields.items():
                self.undo.change(trust, name, _TRUST_VALUES.get(name, str)(change.after))
        pair = self._pair(trust) if trust else None
        for role in row.people:
            # Compared anew for each role: one person may hold two roles of a row, and be new with the first.
            each = next(each for each in compared(row, self.known).people if each.role == role)
            person = self._person(each, row.affiliation)
            if role in PAIR_ROLES and pair:
                self._give_role(pair, role, person)
            elif role == "facilitator" and each.takes_role:
                self._add(Facilitator(programme=self.known.programme, person=person))
        if found.cohort and pair:
            self._join(pair, found.cohort)

    def _add(self, row: Row) -> Row:
        db.session.add(row)
        self.undo.made.append(row)
        return row

    def _new_trust(self, details: TrustDetails) -> Trust:
        trust = self._add(
            Trust(
                programme=self.known.programme,
                ods_code=details.ods_code,
                name=details.name,
                region=details.region,
                trust_type=TrustType(details.trust_type),
                research_activity=ResearchActivity(details.research_activity),
                town=details.town,
                postcode=details.postcode,
                latitude=details.latitude,
                longitude=details.longitude,
            )
        )
        self.known.trusts[trust.ods_code] = trust
        return trust

    def _pair(self, trust: Trust) -> Pair:
        if trust.ods_code not in self.known.pairs:
            self.known.pairs[trust.ods_code] = self._add(Pair(programme=self.known.programme, trust=trust))
        return self.known.pairs[trust.ods_code]

    def _person(self, each: PersonCompared, affiliation: str) -> Person:
        person = each.person
        if person is None:
            details = each.details
            person = self._add(
                Person(
                    programme=self.known.programme,
                    name=details.name,
                    email=details.email,
                    phone=details.phone,
                    standing=STANDING_OF[each.role],
                    affiliation=affiliation,
                )
            )
        for name, change in each.fields.items():
            self.undo.change(person, name, _PERSON_VALUES.get(name, str)(change.after))
        self.known.people[person.email] = person
        return person

    def _give_role(self, pair: Pair, role: str, person: Person) -> None:
        if getattr(pair, role) is person:
            return
        self.undo.keep(pair, f"{role}_id")
        setattr(pair, role, person)
        if role == "sponsor":
            self.undo.change(pair, "sponsor_confirmed_on", None)
            return
        for held in pair.roles_held:
            if held.role == role and held.until is None:
                self.undo.change(held, "until", self.today)
        self._add(
            RoleHeld(programme=self.known.programme, pair=pair, person=person, role=PairRole(role), since=self.today)
        )

    def _join(self, pair: Pair, change: Change) -> None:
        key = change.after.casefold()
        if key not in self.known.cohorts:
            self.known.cohorts[key] = self._add(Cohort(programme=self.known.programme, name=change.after))
        self.undo.keep(pair, "cohort_id")
        pair.cohort = self.known.cohorts[key]


_TRUST_VALUES = {"trust_type": TrustType, "research_activity": ResearchActivity}
_PERSON_VALUES = {"standing": Standing, "left_on": lambda _: None}
