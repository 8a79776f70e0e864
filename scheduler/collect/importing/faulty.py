"""The rows of an import that have faults, as a workbook to mend and bring again."""

import io
import re

import xlsxwriter

from scheduler.collect.importing.checking import Check, CheckedRow, Status
from scheduler.collect.importing.headers import Table


def rows_with_faults(check: Check) -> bytes:
    """An XLSX workbook of the rows that have faults; the last column says what to mend.

    Each sheet keeps its name and header. Every cell is of type text, so that none is read as a formula.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for table in check.tables:
            faulty = [row for row in check.rows if row.status is Status.FAULT and row.row.table is table]
            if not faulty:
                continue
            sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", table.sheet)[:31] or None)
            for at, cells in enumerate(_lines(table, faulty)):
                for column, text in enumerate(cells):
                    sheet.write_string(at, column, text)
    return file.getvalue()


def _lines(table: Table, faulty: list[CheckedRow]) -> list[list[str]]:
    width = max(heading.position for heading in table.headings) + 1
    headings = {heading.position: heading.text for heading in table.headings}
    cells = {row.line: row for row in table.rows}
    header = [*(headings.get(at, "") for at in range(width)), "What to mend"]
    return [header, *([*(cells[row.row.line].cell(at) for at in range(width)), _said(row)] for row in faulty)]


def _said(row: CheckedRow) -> str:
    return " ".join(f"{fault.column}: {fault.message}" if fault.column else fault.message for fault in row.faults)
