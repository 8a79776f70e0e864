"""The check before an import: every row is new, changed, unchanged or a fault, and nothing is written yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from flask import current_app

from scheduler.collect.importing.columns import ROLE_LABELS, Column
from scheduler.collect.importing.comparing import Change, Compared, Known, PersonCompared, compared
from scheduler.collect.importing.files import Sheet
from scheduler.collect.importing.headers import Choices, Table
from scheduler.collect.importing.reading import Reading, read_sheets
from scheduler.collect.importing.rows import Fault, ImportRow, Mends, fault_at
from scheduler.mailboxes import mailbox_of, same_mailbox
from scheduler.models import ImportRun, Programme


class Status(StrEnum):
    """What importing a row would do."""

    FAULT = "fault"
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One row of the file with what importing it would do; ``changes`` are {what: old and new value}."""

    row: ImportRow
    status: Status
    changes: Mapping[str, Change]
    faults: tuple[Fault, ...]

    @property
    def key(self) -> str:
        """What tells the row from the others of its file."""
        return f"{self.row.sheet}!{self.row.line}"

    @property
    def digest(self) -> str:
        """A short mark of what importing the row would do: it differs once somebody has changed the same thing."""
        said = repr(
            (self.key, self.status.value, sorted((what, c.before, c.after) for what, c in self.changes.items()))
        )
        return sha256(said.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Check:
    """A whole file beside a programme. ``absent`` are people in Convene whom the file does not name."""

    reading: Reading
    rows: tuple[CheckedRow, ...]
    absent: int

    @property
    def tables(self) -> tuple[Table, ...]:
        """The sheets that were understood."""
        return self.reading.tables

    @property
    def faults(self) -> list[str]:
        """What is wrong with the columns of the file as a whole."""
        return self.reading.faults

    def count(self, *statuses: Status) -> int:
        """How many rows have one of these statuses."""
        return sum(row.status in statuses for row in self.rows)

    @property
    def to_import(self) -> int:
        """How many rows an import would write."""
        return self.count(Status.NEW, Status.CHANGED)

    def seen(self) -> str:
        """Marks of the rows to write, for the form that confirms them."""
        return " ".join(row.digest for row in self.rows if row.status in (Status.NEW, Status.CHANGED))

    def as_json(self) -> dict[str, Any]:
        """The shape of ``convene import --json`` (interfaces.md)."""
        return {
            "rows": [
                {
                    **({"sheet": each.row.sheet} if each.row.table.among_others else {}),
                    "line": each.row.line,
                    "status": each.status.value,
                    "faults": [
                        {
                            "column": fault.column,
                            "value": fault.value,
                            "message": fault.message,
                            "suggestion": fault.suggestion,
                        }
                        for fault in each.faults
                    ],
                }
                for each in self.rows
            ],
            "new": self.count(Status.NEW),
            "changed": self.count(Status.CHANGED),
            "unchanged": self.count(Status.UNCHANGED),
            "faults": self.count(Status.FAULT),
        }


def check_sheets(
    programme: Programme, sheets: Sequence[Sheet], choices: Choices | None = None, mends: Mends | None = None
) -> Check:
    """Check a file against a programme; writes nothing.

    Raises FileRefused where no sheet has a header with rows below it.
    """
    known = Known.of(programme)
    return check_against(known, read_sheets(sheets, known.reference(), choices, mends))


def check_run(run: ImportRun) -> Check:
    """Check an import that was kept, as the programme is now."""
    return check_sheets(run.programme, sheets_of(run), run.choices.get("columns"), run.choices.get("mends"))


def sheets_of(run: ImportRun) -> list[Sheet]:
    """The sheets of an import that was kept."""
    return [Sheet.unpacked(packed) for packed in run.sheets]


def check_against(known: Known, reading: Reading) -> Check:
    """Compare rows that were read with what a programme knows."""
    known.in_use = {person.email for row in reading.rows for person in row.people.values()}
    found = [(row, compared(row, known)) for row in reading.rows]
    named = {each.person.id for _, beside in found for each in beside.people if each.person}
    here = [person for person in known.people.values() if person.left_on is None]
    return Check(
        reading,
        rows=tuple(_checked(row, beside) for row, beside in found),
        absent=sum(person.id not in named for person in here),
    )


def _checked(row: ImportRow, found: Compared) -> CheckedRow:
    faults = (*row.faults, *_addresses_taken(row, found), *_our_own_address(row))
    if faults:
        return CheckedRow(row, Status.FAULT, {}, faults)
    changes = dict(_changes(row, found))
    alone = row.table.row_per_person and len(found.people) == 1
    new = (row.trust is not None and found.trust is None) or (alone and found.people[0].person is None)
    status = Status.NEW if new else Status.CHANGED if changes else Status.UNCHANGED
    return CheckedRow(row, status, changes, ())


def _addresses_taken(row: ImportRow, found: Compared) -> Iterator[Fault]:
    for each in found.people:
        if each.address_of:
            column = Column("email", "" if row.table.row_per_person else each.role)
            taken = f"{each.details.email} is the address of {each.address_of.name} in Convene."
            message = f"{taken} Each person needs an address of their own."
            yield fault_at(row.table, column, each.details.email, message)


def _our_own_address(row: ImportRow) -> Iterator[Fault]:
    """Calendar programs show no buttons to the sender of an invitation (calendar-rules 8): nobody has its address."""
    ours = mailbox_of(current_app.settings.mail_from).address  # type: ignore[attr-defined]
    for role, person in row.people.items():
        if same_mailbox(person.email, ours):
            column = Column("email", "" if row.table.row_per_person else role)
            message = f"{person.email} is the address that invitations are sent from. Enter this person's own."
            yield fault_at(row.table, column, person.email, message)


def _changes(row: ImportRow, found: Compared) -> Iterator[tuple[str, Change]]:
    """What a row changes, under the names that the columns have."""
    if row.trust and found.trust is None:
        yield "Trust", Change("", f"{row.trust.name} ({row.trust.ods_code})")
    for field, change in found.trust_fields.items():
        yield Column("trust_name" if field == "name" else field).label, change
    if found.cohort:
        yield Column("cohort").label, found.cohort
    for person in found.people:
        yield from _person_changes(person)


def _person_changes(each: PersonCompared) -> Iterator[tuple[str, Change]]:
    role = ROLE_LABELS[each.role]
    if each.person is None or each.takes_role:
        follows = each.follows.name if each.follows else ""
        yield role, Change(follows, f"{each.details.name}, {each.details.email}")
    for field, change in each.fields.items():
        yield f"{role} {_SAID_AS.get(field, field)}", change


_SAID_AS = {"standing": "role", "affiliation": "organisation", "left_on": "left the programme"}
