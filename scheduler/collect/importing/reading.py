"""The whole reading of a file in one call: sheets, headers, rows; nothing here knows the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.collect.importing.files import FileRefused, Sheet
from scheduler.collect.importing.headers import Choices, Table, tables_in
from scheduler.collect.importing.reference import Reference
from scheduler.collect.importing.rows import ImportRow, Mends, rows_of


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was understood. While ``faults`` says something about its columns, no row is read."""

    tables: tuple[Table, ...]
    rows: tuple[ImportRow, ...]

    @property
    def faults(self) -> list[str]:
        """What is wrong with the columns, one sentence each; with several sheets each begins with the sheet's name."""
        return [
            f"{table.sheet}: {fault}" if table.among_others else fault
            for table in self.tables
            for fault in table.faults
        ]


def read_sheets(
    sheets: Sequence[Sheet], reference: Reference, choices: Choices | None = None, mends: Mends | None = None
) -> Reading:
    """Understand the sheets of a file, with what an organiser changed: how columns are read, and single cells.

    Raises FileRefused if no sheet has a header we know, or none has a row below it.
    """
    tables = tables_in(sheets, choices)
    if not any(table.rows for table in tables):
        raise FileRefused("This file has a header but no rows below it.")
    sound = not any(table.faults for table in tables)
    return Reading(tuple(tables), tuple(rows_of(tables, reference, mends)) if sound else ())
