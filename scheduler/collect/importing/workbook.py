"""Read one spreadsheet file in a process of its own: workbook bytes on standard input, JSON on standard output.

A workbook of a few kilobytes can name a cell in the last row of the last column, and a reader that makes room for all
cells before it then takes the whole machine's memory or ends its process. Here that process is ours to lose: it may use
``MEMORY`` and no more, and it imports nothing of the application, so that starting it takes some 50 ms. What can be
told beforehand (sizes in the zip directory, document type declarations, cells) is told before anything is unpacked.
"""

import contextlib
import datetime as dt
import io
import json
import math
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

MEMORY = 150 * 2**20
UNPACKED = 64 * 2**20
PARTS = 2_000
RATIO = 100
ROWS = 20_000
COLUMNS = 256
CELLS = 400_000
LETTERS = 10_000_000

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

TOO_LARGE = (
    f"This spreadsheet is too large: Convene reads up to {ROWS:,} rows and {COLUMNS} columns."
    " Save the rows you want to import in a file of their own."
)
PASSWORD = "This file is protected by a password. Save it without one and choose it again."  # noqa: S105
NOT_READABLE = "This spreadsheet cannot be read: it is damaged or not complete. Save it again as XLSX or CSV."
OLD_AND_NOT_READABLE = (
    "This file of an old Excel cannot be read: it is damaged or protected by a password."
    " Save it again as XLSX, without a password."
)
NOT_A_SPREADSHEET = "This file is not a spreadsheet. Choose a CSV, XLSX, XLS or ODS file."


class WorkbookRefused(Exception):
    """The workbook as a whole is not read; the message says why and what to do."""


@dataclass
class Part:
    """What a look at one worksheet of an XLSX file found: cells whose value the reader does not hand on."""

    broken: dict[tuple[int, int], str] = field(default_factory=dict)


def sheets_of(content: bytes) -> list[tuple[str, list[list[str]]]]:
    """The visible worksheets of an XLSX, XLS or ODS file by name, each as rows of text from the first row on.

    Raises WorkbookRefused for a file that is too large unpacked, protected, damaged or no spreadsheet.
    """
    parts = _looked_through(content) if content.startswith(ZIP) else {}
    sheets = [(name, _as_text(rows, parts.get(name, Part()))) for name, rows in _visible_sheets(content)]
    # One text of 30,000 letters that a thousand cells share is small in the file and large to hand on.
    if sum(len(text) for _, rows in sheets for row in rows for text in row) > LETTERS:
        raise WorkbookRefused(TOO_LARGE)
    return sheets


def _visible_sheets(content: bytes) -> Iterator[tuple[str, Sequence[Sequence[object]]]]:
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(content))
        for sheet in book.sheets_metadata:
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible:
                found = book.get_sheet_by_name(sheet.name)
                if found.total_height > ROWS or found.total_width > COLUMNS:
                    raise WorkbookRefused(TOO_LARGE)
                yield sheet.name, found.to_python(skip_empty_area=False)
    except calamine.PasswordError as error:
        raise WorkbookRefused(PASSWORD) from error
    except calamine.CalamineError as error:
        raise WorkbookRefused(NOT_READABLE if content.startswith(ZIP) else OLD_AND_NOT_READABLE) from error


def _as_text(rows: Sequence[Sequence[object]], part: Part) -> list[list[str]]:
    texts = [[text_of(value) for value in row] for row in rows]
    for (row, column), text in part.broken.items():
        while len(texts) <= row:
            texts.append([])
        texts[row].extend([""] * (column + 1 - len(texts[row])))
        texts[row][column] = text
    return texts


def text_of(value: object) -> str:
    """A cell as a person reads it: spreadsheets keep every number as a fraction, so 7 arrives as 7.0."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _looked_through(content: bytes) -> dict[str, Part]:
    """Look into a zipped workbook before it is read: sizes first, then each XML part; {sheet: what was found}."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_sizes(archive, len(content))
            names = {entry.filename for entry in archive.infolist()}
            _check_kind(archive, names)
            for name in sorted(names):
                if name.endswith((".xml", ".rels", ".vml")):
                    _parse(archive, name, _nothing)
            if "xl/workbook.xml" not in names:
                _check_cells_of_ods(archive)
                return {}
            return {sheet: _worksheet(archive, part) for sheet, part in _parts_by_sheet(archive, names).items()}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise WorkbookRefused(NOT_READABLE) from error
    except RuntimeError as error:  # how zipfile says that an entry is encrypted
        raise WorkbookRefused(PASSWORD) from error


def _check_sizes(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > PARTS or unpacked > UNPACKED or (unpacked > UNPACKED // 4 and unpacked > RATIO * packed):
        raise WorkbookRefused(TOO_LARGE)


def _check_kind(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise WorkbookRefused(PASSWORD)
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise WorkbookRefused(NOT_A_SPREADSHEET)


Handlers = Callable[[expat.XMLParserType], None]


def _nothing(parser: expat.XMLParserType) -> None:
    """No handler: the part is only held to be XML without declarations of its own."""


def _parse(archive: zipfile.ZipFile, name: str, handle: Handlers) -> None:
    """Run one XML part through a parser that ends at any document type, and with it at any entity."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    handle(parser)
    try:
        with archive.open(name) as part:
            parser.ParseFile(part)
    except expat.ExpatError as error:
        raise WorkbookRefused(NOT_READABLE) from error


def _refuse_document_type(*_declared: object) -> None:
    raise WorkbookRefused(
        "This spreadsheet holds a document type declaration, which no spreadsheet program writes. It is not opened."
    )


def _parts_by_sheet(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """{name of a sheet: name of its part in the archive}, by way of the workbook's relations."""
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets[attributes.get("name", "")] = relation

    def target(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            path = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"

    _parse(archive, "xl/workbook.xml", lambda parser: setattr(parser, "StartElementHandler", sheet))
    if "xl/_rels/workbook.xml.rels" in names:
        _parse(archive, "xl/_rels/workbook.xml.rels", lambda parser: setattr(parser, "StartElementHandler", target))
    found = {name: targets.get(relation, "") for name, relation in sheets.items()}
    return {name: part for name, part in found.items() if part in names}


class _Cells:
    """Follows the cells of one worksheet: how many and how far, which are errors or formulas never worked out."""

    def __init__(self) -> None:
        self.part = Part()
        self.filled = 0
        self.row = self.column = -1
        self.kind = ""
        self.formula = self.value = ""
        self.reading = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
        elif name == "c":
            self.column = _column_number(attributes["r"]) if "r" in attributes else self.column + 1
            self.kind, self.formula, self.value = attributes.get("t", ""), "", ""
        elif name in {"f", "v", "is"}:
            self.reading = name

    def text(self, text: str) -> None:
        if self.reading == "f":
            self.formula += text
        elif self.reading:
            self.value += text

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in {"f", "v", "is"}:
            self.reading = ""
        elif name == "c" and (self.value or self.formula):
            self.filled += 1
            if self.filled > CELLS or self.row >= ROWS or self.column >= COLUMNS:
                raise WorkbookRefused(TOO_LARGE)
            if self.kind == "e" or (not self.value and self.kind != "str"):  # "str": a formula whose result is ""
                self.part.broken[self.row, self.column] = self.value or f"={self.formula}"


def _column_number(reference: str) -> int:
    number = 0
    for letter in re.match(r"[A-Z]*", reference).group():  # type: ignore[union-attr]
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _worksheet(archive: zipfile.ZipFile, part: str) -> Part:
    cells = _Cells()

    def handle(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = cells.start
        parser.CharacterDataHandler = cells.text
        parser.EndElementHandler = cells.end

    _parse(archive, part, handle)
    return cells.part


def _check_cells_of_ods(archive: zipfile.ZipFile) -> None:
    """Count the cells of an ODS file with their repeats: one element may stand for a million equal ones."""
    filled = 0
    rows_repeated = 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal filled, rows_repeated
        if tag == "table:table-row":
            rows_repeated = int(attributes.get("table:number-rows-repeated", "1"))
        elif tag == "table:table-cell" and any(key.startswith("office:") for key in attributes):
            filled += int(attributes.get("table:number-columns-repeated", "1")) * rows_repeated
            if filled > CELLS:
                raise WorkbookRefused(TOO_LARGE)

    _parse(archive, "content.xml", lambda parser: setattr(parser, "StartElementHandler", start))


def main() -> None:
    """Read standard input under the memory limit and print {"sheets": …} or {"refused": why}."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # no such limit on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, object] = {"sheets": sheets_of(sys.stdin.buffer.read())}
    except WorkbookRefused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": TOO_LARGE}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
