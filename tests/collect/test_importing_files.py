"""Files as organisers bring them become the same rows; hostile ones are refused before they cost anything."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
import xlsxwriter

from scheduler.collect.importing.files import FileRefused, Row, Sheet, read_file, read_pasted
from tests.collect.spreadsheets import csv_of, ods_of, ods_with, repacked, xls_of, xlsx_of, zip_of

PEOPLE = [
    ["Leadership programme, cohort 2", "", ""],
    [],
    ["ODS code", "Director name", "Director email"],
    ["RJ1", "Zoë Ångström", "zoe@trust.example"],
    ["R1H", "Tomé O’Brien\nDr", "tom@trust.example"],
    ["RAL", 'Ana; Costa, "Annie"', "ana@trust.example"],
]
READ = tuple((line, tuple(PEOPLE[line - 1])) for line in (1, 3, 4, 5, 6))

SPREADSHEETS = {
    "comma, UTF-8": csv_of(PEOPLE),
    "comma, UTF-8 with a byte order mark": csv_of(PEOPLE, encoding="utf-8-sig"),
    "semicolon, Windows-1252": csv_of(PEOPLE, separator=";", encoding="cp1252"),
    "tab, UTF-16 with a byte order mark": csv_of(PEOPLE, separator="\t", encoding="utf-16"),
    "tab, UTF-16 big endian without a mark": csv_of(PEOPLE, separator="\t", encoding="utf-16-be"),
    "sep=, lines end in LF": csv_of(PEOPLE, separator=";", ends="\n", before="sep=;\n"),
    "sep= with an unusual separator": csv_of(PEOPLE, separator="|", before="sep=|\r\n"),
    "XLSX": xlsx_of(PEOPLE),
    "XLS": xls_of(PEOPLE),
    "ODS": ods_of(PEOPLE),
}


def rows_in(content: bytes) -> list[tuple[int, tuple[str, ...]]]:
    """Line and cells of a file's one sheet, blank cells at the end left out: formats differ in how many they keep."""
    (sheet,) = read_file(content)
    return [(row.line, _without_blank_end(row.cells)) for row in sheet.rows]


def _without_blank_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


@pytest.mark.parametrize("content", SPREADSHEETS.values(), ids=SPREADSHEETS.keys())
def test_the_same_people_read_the_same_from_every_kind_of_file(content: bytes) -> None:
    assert rows_in(content) == [(line, _without_blank_end(cells)) for line, cells in READ]


def test_lines_that_end_in_carriage_returns_alone_are_lines() -> None:
    assert rows_in(b"ODS code,Region\rRJ1,London\r\rR1H,London\r") == [
        (1, ("ODS code", "Region")),
        (2, ("RJ1", "London")),
        (4, ("R1H", "London")),
    ]


def test_a_row_with_a_line_break_inside_counts_once_and_blank_rows_count() -> None:
    content = b'ODS code,Director name\r\nRJ1,"Zoe\r\n(until May)"\r\n\r\n,\r\nR1H,Tom\r\n'

    assert rows_in(content) == [
        (1, ("ODS code", "Director name")),
        (2, ("RJ1", "Zoe\r\n(until May)")),
        (5, ("R1H", "Tom")),
    ]


def test_pasted_cells_are_read_like_a_file_with_tabs() -> None:
    assert read_pasted('ODS code\tDirector name\nRJ1\t"Zoe\nAnn"\n') == [
        Sheet("", (Row(1, ("ODS code", "Director name")), Row(2, ("RJ1", "Zoe\nAnn"))))
    ]


def test_commas_in_a_title_do_not_hide_the_semicolons_of_the_table() -> None:
    content = b"Programme, cohort 2, London, 2027, draft\nODS code;Region\nRJ1;London\n"

    assert rows_in(content)[1:] == [(2, ("ODS code", "Region")), (3, ("RJ1", "London"))]


def test_a_quotation_mark_that_never_closes_costs_its_own_row_alone() -> None:
    lines = ["ODS code,Director name", 'RJ1,"Zoe', *(f"R{n:02},Person {n}" for n in range(50))]

    (sheet,) = read_file("\n".join(lines).encode())

    assert [(row.line, row.fault) for row in sheet.rows if row.fault] == [
        (2, "A quotation mark is opened and never closed")
    ]
    assert sheet.rows[-1] == Row(52, ("R49", "Person 49"))


def test_a_quotation_mark_that_closes_only_in_a_later_row_costs_its_own_row_alone() -> None:
    (sheet,) = read_file(b'ODS code,Director name\nRJ1,"Zoe,x\nR1H,Tom\nRAL,"Ana, Dr"\n')

    assert [row.line for row in sheet.rows if row.fault] == [2]
    assert [row.cells for row in sheet.rows[2:]] == [("R1H", "Tom"), ("RAL", "Ana, Dr")]


def test_quotation_marks_in_the_middle_of_a_name_are_part_of_it() -> None:
    assert rows_in(b'ODS code,Director name\nRJ1,Zoe "Zo" Lee\nR1H,"Tom" Reid\n')[1:] == [
        (2, ("RJ1", 'Zoe "Zo" Lee')),
        (3, ("R1H", "Tom Reid")),
    ]


def test_a_very_long_cell_is_a_fault_of_its_row_even_above_the_limit_of_the_csv_reader() -> None:
    (sheet,) = read_file(b'ODS code,Director name\nRJ1,"' + b"x" * 140_000 + b'"\nR1H,Tom\n')

    assert [(row.line, row.fault[:21]) for row in sheet.rows if row.fault] == [(2, "A cell is longer than")]


def test_whole_numbers_dates_and_times_read_as_a_person_sees_them() -> None:
    values = [7, 7.5, True, dt.date(2027, 1, 12), dt.datetime(2027, 1, 12, 9, 30), 447700900123]  # noqa: DTZ001

    assert rows_in(xlsx_of([values])) == [
        (1, ("7", "7.5", "TRUE", "2027-01-12", "2027-01-12T09:30:00", "447700900123"))
    ]


def test_formulas_stay_text_and_failed_ones_show_their_error() -> None:
    book = xlsx_of([["Name", "Code"], ["=cmd|' /C calc'!A0", "x"]])
    failed = repacked(book, xl__worksheets__sheet1_xml=_sheet_with('<c r="A1" t="e"><f>A9</f><v>#REF!</v></c>'))

    assert rows_in(book)[1] == (2, ("=cmd|' /C calc'!A0", "x"))
    assert rows_in(failed) == [(1, ("#REF!",))]
    assert rows_in(b"Name,Code\n=1+1,+44\n")[1] == (2, ("=1+1", "+44"))


def test_a_formula_whose_result_is_nothing_is_a_blank_cell() -> None:
    cells = '<c r="A1" t="str"><f>IF(B1="","",B1)</f><v></v></c><c r="B1"><v>7</v></c>'

    assert rows_in(repacked(xlsx_of([["x"]]), xl__worksheets__sheet1_xml=_sheet_with(cells))) == [(1, ("", "7"))]


def _sheet_with(cells: str, *, before: str = "") -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{main}">'
        f'<sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    ).encode()


def test_rows_above_and_columns_before_the_first_filled_cell_count() -> None:
    book = openpyxl.Workbook()
    book.active["C4"] = "ODS code"
    book.create_sheet("Hidden").sheet_state = "hidden"
    book["Hidden"]["A1"] = "not for eyes"

    assert rows_in(_saved(book)) == [(4, ("", "", "ODS code"))]


def _saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_sheet_with_only_colours_down_to_its_last_row_is_not_large() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "ODS code"
    book.active.cell(1_048_576, 3).font = openpyxl.styles.Font(bold=True)

    assert rows_in(_saved(book)) == [(1, ("ODS code",))]


HTML = b"<html><body><table><tr><td>ODS code</td></tr></table></body></html>"
ENTITIES = '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAST_CELL = '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
ONE = xlsx_of([["ODS code"]])


def _of_one_text(cells: int) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at in range(cells):
            sheet.write_string(at // 10, at % 10, "x" * 30_000)
    return file.getvalue()


def _of_repeats(columns: int, rows: int) -> bytes:
    cell = f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-cell></table:table-row>'
    return ods_with(f'<table:table table:name="S">{row}</table:table>')


def _with_a_wrong_size(content: bytes) -> bytes:
    """An archive whose directory says that the sheet is 100 bytes long."""
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    return content[: at + 24] + (100).to_bytes(4, "little") + content[at + 28 :]


REFUSED = {
    "empty": (b"", "This file is empty."),
    "only blank lines": (b"\r\n,,\r\n", "This file is empty."),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a spreadsheet"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "not a spreadsheet"),
    "a zip of something else": (zip_of({"word/document.xml": "<x/>"}), "not a spreadsheet"),
    "a web page named .xls": (HTML, "web page"),
    "larger than the limit": (b"x," * (6 * 2**20), "larger than 10 MB"),
    "more rows than the limit": (b"RJ1,x\n" * 20_001, "too large"),
    "60 MB in a sheet of 60 kB": (
        repacked(ONE, xl__worksheets__sheet1_xml=_sheet_with("<c/>" * (15 * 2**20))),
        "too large",
    ),
    "20,000 parts": (zip_of({f"xl/{n}.xml": "<x/>" for n in range(20_000)} | {"xl/workbook.xml": "<x/>"}), "too large"),
    "entities": (repacked(ONE, xl__worksheets__sheet1_xml=_sheet_with("", before=ENTITIES)), "document type"),
    "an entity from outside": (repacked(ONE, xl__sharedStrings_xml=EXTERNAL.encode() + b"<sst/>"), "document type"),
    "a document type in UTF-16": (
        repacked(ONE, xl__styles_xml=f'<?xml version="1.0" encoding="UTF-16"?>{EXTERNAL}<x/>'.encode("utf-16")),
        "document type",
    ),
    "a document type in ODS": (
        zip_of({"mimetype": "x", "content.xml": ENTITIES + "<x>&b;</x>", "META-INF/manifest.xml": "<x/>"}),
        "document type",
    ),
    "a cell in the last row of the last column": (
        repacked(ONE, xl__worksheets__sheet1_xml=_sheet_with(LAST_CELL)),
        "too large",
    ),
    "one long text that 5,000 cells share": (_of_one_text(5_000), "too large"),
    "a billion cells by repetition": (_of_repeats(16_384, 65_536), "too large"),
    "a sheet longer than the directory says": (_with_a_wrong_size(ONE), "cannot be read"),
    "half a workbook": (ONE[: len(ONE) // 2], "cannot be read"),
    "half an old workbook": (xls_of([["a"]])[:700], "cannot be read"),
    "an old workbook with a cell far away": (
        xls_of([[""] * 255 + ["x"]] * 1 + [[]] * 60_000 + [[""] * 255 + ["x"]]),
        "too large",
    ),
    "an old workbook with a password": (xls_of([["a"]], protected=True), "password"),
    "a new workbook with a password": (xls_of([["a"]]) + "EncryptedPackage".encode("utf-16-le"), "password"),
    "an ODS with a password": (ods_of([["a"]], manifest="<manifest:encryption-data/>"), "password"),
    "cut off XML": (repacked(ONE, xl__worksheets__sheet1_xml=b"<worksheet><sheetData>"), "cannot be read"),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_as_a_whole_and_says_why(content: bytes, why: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read_file(content)

    assert why in str(refusal.value)


def test_a_sheet_may_claim_to_be_as_large_as_it_likes() -> None:
    sheet = _sheet_with('<c r="A1"><v>7</v></c>').replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )

    assert rows_in(repacked(ONE, xl__worksheets__sheet1_xml=sheet)) == [(1, ("7",))]


def test_a_packed_sheet_unpacks_to_itself() -> None:
    (sheet,) = read_file(b'ODS code,Director name\nRJ1,"Zoe\n')

    assert Sheet.unpacked(sheet.packed()) == sheet
