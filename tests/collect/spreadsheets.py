"""Writes the files that organisers bring: the same rows as CSV in many encodings, XLSX, ODS and old XLS."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

import openpyxl

Rows = Sequence[Sequence[object]]


def csv_of(rows: Rows, *, separator: str = ",", encoding: str = "utf-8", ends: str = "\r\n", before: str = "") -> bytes:
    """Separated values; ``before`` stands in front of everything, as "sep=;" does."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=ends).writerows(rows)
    return (before + text.getvalue()).encode(encoding)


def xlsx_of(*sheets: Rows, names: Sequence[str] = ()) -> bytes:
    """A workbook with these sheets; a value that begins with "=" is a formula that was never worked out."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(names[number] if names else f"Sheet{number + 1}")
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def zip_of(parts: dict[str, str | bytes], *, stored: Sequence[str] = ()) -> bytes:
    """A zip archive of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return file.getvalue()


def repacked(content: bytes, **changed: bytes) -> bytes:
    """The same archive with some parts replaced; "__" in a keyword stands for "/", "_" for "."."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return zip_of(parts | {name.replace("__", "/").replace("_", "."): part for name, part in changed.items()})


ODS_BEGINS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2"'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
)
ODS_ENDS = "</office:spreadsheet></office:body></office:document-content>"


def ods_of(rows: Rows, *, name: str = "Sheet1", manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet of one sheet."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    return ods_with(f'<table:table table:name="{name}">{lines}</table:table>', manifest=manifest)


def ods_with(tables: str, *, manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet of these tables, given as XML."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>{manifest}</manifest:manifest>'
    )
    parts: dict[str, str | bytes] = {
        "mimetype": kind,
        "META-INF/manifest.xml": listed,
        "content.xml": ODS_BEGINS + tables + ODS_ENDS,
    }
    return zip_of(parts, stored=["mimetype"])


def _ods_cell(value: object) -> str:
    if value in ("", None):
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        number = f'office:value-type="float" office:value="{value}"'
        return f"<table:table-cell {number}><text:p>{value}</text:p></table:table-cell>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'


def xls_of(rows: Rows, *, protected: bool = False) -> bytes:
    """An old Excel workbook: a BIFF8 stream ([MS-XLS]) in a compound file ([MS-CFB]), just enough of both."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet += _record(0x0203, struct.pack("<HHHd", at, column, 0, float(value)))
            elif value:
                text = str(value).encode("utf-16-le")
                sheet += _record(0x0204, struct.pack("<HHHHB", at, column, 0, len(text) // 2, 1) + text)
    sheet += _record(0x000A, b"")
    globals_before = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    if protected:
        globals_before += _record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    bound = struct.pack("<IHBB", 0, 0, 6, 0) + b"Sheet1"
    start = len(globals_before) + 4 + len(bound) + 4
    book = globals_before + _record(0x0085, struct.pack("<I", start) + bound[4:]) + _record(0x000A, b"") + sheet
    return _compound_file("Workbook", book)


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _compound_file(name: str, stream: bytes) -> bytes:
    """One stream in sectors of 512 bytes: sector 0 is the allocation table, 1 the directory, then the stream."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    table = [0xFFFFFFFD, end, *range(3, 2 + sectors), end]
    assert len(table) <= 128, "one sector of allocation table is enough for a test"
    table += [free] * (128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108

    def entry(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = title.encode("utf-16-le") + b"\0\0" if title else b""
        links = struct.pack("<III", free, free, child)
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBB", len(text), kind, 1)
            + links
            + bytes(36)
            + struct.pack("<IQ", first, size)
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, len(stream))
    directory += entry("", 0, free, 0, 0) * 2
    return header + struct.pack("<128I", *table) + directory + stream.ljust(sectors * 512, b"\0")
