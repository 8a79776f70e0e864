"""From the bytes of a file, or from pasted cells, to sheets of rows of text with the line numbers of a spreadsheet."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from scheduler.collect.importing import workbook
from scheduler.collect.importing.cells import cleaned
from scheduler.collect.importing.columns import headings_known
from scheduler.collect.importing.workbook import COLUMNS, NOT_A_SPREADSHEET, NOT_READABLE, PASSWORD, ROWS, TOO_LARGE

LARGEST_FILE = 10 * 2**20
LONGEST_CELL = 10_000
LINES_IN_A_ROW = 20
SECONDS = 20
SEPARATORS = ",;\t"


class FileRefused(Exception):
    """The file as a whole is not imported; the message says why and what to do, in the organiser's words."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank. ``line`` is its number in a spreadsheet; ``fault`` says why its cells are not sure."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""

    def cell(self, column: int) -> str:
        """The text in a column, "" where the row is shorter."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet that are not blank, in their order; a text file is one sheet without a name."""

    name: str
    rows: tuple[Row, ...]

    def packed(self) -> dict[str, Any]:
        """The sheet as JSON keeps it between the upload and the import."""
        return {"name": self.name, "rows": [[row.line, list(row.cells), row.fault] for row in self.rows]}

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> "Sheet":
        """The sheet that ``packed`` made this of."""
        return cls(packed["name"], tuple(Row(line, tuple(cells), fault) for line, cells, fault in packed["rows"]))


def read_file(content: bytes) -> list[Sheet]:
    """The sheets of a CSV, XLSX, XLS or ODS file, told apart by what is in it: names of files are often wrong.

    Raises FileRefused for what is empty, too large, protected, damaged or no table at all.
    """
    if len(content) > LARGEST_FILE:
        raise FileRefused(f"This file is larger than {LARGEST_FILE // 2**20} MB. Save the rows you want in a new file.")
    if content.startswith((workbook.ZIP, workbook.OLE)):
        sheets = _read_workbook(content)
    else:
        sheets = [Sheet("", tuple(_rows_of_text(_decoded(content))))]
    if not any(sheet.rows for sheet in sheets):
        raise FileRefused("This file is empty.")
    return sheets


def read_pasted(text: str) -> list[Sheet]:
    """The one sheet that was copied out of a spreadsheet and pasted: tabs between cells, as a rule.

    Raises FileRefused when nothing was pasted, or more than a file may hold.
    """
    return read_file(text.encode("utf-8", "replace"))


def _read_workbook(content: bytes) -> list[Sheet]:
    """Read a workbook in a process of its own, so that what a reader does with a hostile file ends there."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise FileRefused(PASSWORD)
    command = [sys.executable, "-I", str(Path(workbook.__file__))]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise FileRefused(TOO_LARGE) from error
    if done.returncode != 0:  # ended by the memory limit, or by the reader itself
        out_of_memory = b"memory allocation" in done.stderr or b"MemoryError" in done.stderr
        raise FileRefused(TOO_LARGE if out_of_memory else NOT_READABLE)
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise FileRefused(answer["refused"])
    return [Sheet(cleaned(name) or "-", tuple(_rows_not_blank(rows))) for name, rows in answer["sheets"]]


def _rows_not_blank(rows: list[list[str]]) -> Iterator[Row]:
    for line, cells in enumerate(rows, start=1):
        row = _row(line, cells)
        if any(row.cells):
            yield row


def _row(line: int, cells: list[str], fault: str = "") -> Row:
    if any(len(cell) > LONGEST_CELL for cell in cells):
        fault = f"A cell is longer than {LONGEST_CELL:,} letters. A quotation mark may be missing"
        cells = [cell[:100] for cell in cells]
    return Row(line, tuple(cell.strip() for cell in cells), fault)


def _decoded(content: bytes) -> str:
    """The text of a file that says its encoding at most by a byte order mark."""
    text = _text_in(content)
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\v\f\r\x1b")
    if content.startswith((b"%PDF", b"\x89PNG", b"GIF8", b"{\\rtf")) or controls > 3 + len(text) // 200:
        raise FileRefused(NOT_A_SPREADSHEET)
    if re.match(r"\s*(<!doctype html|<html|<\?xml|<table|<meta|<head)", text, re.IGNORECASE):
        raise FileRefused(
            "This file is a web page that is named like a spreadsheet. Open it in your spreadsheet program"
            " and save it as XLSX or CSV."
        )
    return text


def _text_in(content: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    start = content[:2_000]
    for encoding, high_bytes in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        if len(start) > 3 and high_bytes.count(0) > 0.7 * len(high_bytes):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # What is not UTF-8 comes from Excel on Windows. Its five undefined bytes stay what they are, as in browsers.
        return "".join(chr(byte) if byte in _UNDEFINED else bytes([byte]).decode("cp1252") for byte in content)


_UNDEFINED = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})


def _rows_of_text(text: str) -> Iterator[Row]:
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)
    named = re.fullmatch(r"\"?sep=(.)\"?\s*", lines[0], re.IGNORECASE) if lines else None
    if named:  # a word to the spreadsheet program, which shows no row for it
        yield from _limited(_separated(lines[1:], named[1]))
    else:
        yield from _limited(_separated(lines, _separator_of(lines)))


def _limited(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if row.line > ROWS or len(row.cells) > COLUMNS:
            raise FileRefused(TOO_LARGE)
        if any(row.cells):
            yield row


def _separator_of(lines: list[str]) -> str:
    """The separator under which a row names most of our columns; without a header, the one that parts most cells."""

    def found(separator: str) -> tuple[int, int]:
        rows = list(islice(_separated(lines, separator), 60))
        return max((headings_known(row.cells) for row in rows), default=0), sum(len(row.cells) for row in rows)

    return max(SEPARATORS, key=found)


def _separated(lines: list[str], separator: str) -> Iterator[Row]:
    """Rows of separated values (RFC 4180), numbered as a spreadsheet does: a row with a line break inside counts once.

    A quotation mark that opens and never closes would swallow the rows after it. It costs its own row alone.
    """
    at = 0
    line = 0
    while at < len(lines):
        cells, taken, fault = _record(lines, at, separator)
        at += taken
        line += 1
        yield _row(line, cells, fault)


def _record(lines: list[str], at: int, separator: str) -> tuple[list[str], int, str]:
    """The cells of the record that begins at a line, how many lines it takes, and what is wrong with it."""
    first = lines[at]
    if '"' not in first:
        return first.rstrip("\r\n").split(separator), 1, ""
    reader = csv.reader(lines[at : at + LINES_IN_A_ROW], delimiter=separator, skipinitialspace=True, strict=True)
    with suppress(csv.Error):
        return next(reader), reader.line_num, ""
    if _quotes_close(first, separator):
        return next(csv.reader([first], delimiter=separator, skipinitialspace=True)), 1, ""
    return first.rstrip("\r\n").split(separator), 1, "A quotation mark is opened and never closed"


def _quotes_close(line: str, separator: str) -> bool:
    """Whether a line read by itself ends outside quotation marks, however odd those inside are."""
    read = csv.reader([line.rstrip("\r\n") + separator + "end"], delimiter=separator, skipinitialspace=True)
    with suppress(csv.Error):  # a cell of more than 131,072 letters
        return next(read)[-1] == "end"
    return False
