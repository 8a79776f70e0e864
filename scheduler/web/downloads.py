"""Tables as files that a spreadsheet program opens: CSV and XLSX, in which no cell is read as a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import flask
import xlsxwriter

from scheduler.collect.importing.template import csv_text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = Sequence[Sequence[str | int]]


def table_file(name: str, sheets: Mapping[str, Rows]) -> flask.Response:
    """Sheets of rows, heads first: a workbook where the address says ``?as=xlsx``, else the first of them as CSV."""
    if flask.request.args.get("as") == "xlsx":
        return workbook_file(name, sheets)
    return csv_file(name, next(iter(sheets.values())))


def csv_file(name: str, rows: Rows) -> flask.Response:
    """Rows as CSV, the head first."""
    text = csv_text([[str(cell) for cell in row] for row in rows])
    return _file(text.encode("utf-8-sig"), "text/csv", f"{name}.csv")  # the mark tells Excel that it is UTF-8


def workbook_file(name: str, sheets: Mapping[str, Rows]) -> flask.Response:
    """Sheets of rows, heads first, as a workbook."""
    return _file(_workbook(sheets), XLSX, f"{name}.xlsx")


def _workbook(sheets: Mapping[str, Rows]) -> bytes:
    """Numbers stay numbers; every other cell is of type text."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(at, column, cell)
                    else:
                        sheet.write_string(at, column, cell, bold if at == 0 else None)
            sheet.autofit()
    return file.getvalue()


def _file(content: bytes, kind: str, name: str) -> flask.Response:
    answer = flask.Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
