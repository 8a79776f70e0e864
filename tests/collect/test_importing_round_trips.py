"""Whatever order, blank lines, title, format and encoding a file comes in, the same rows are read from it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.collect.importing.cells import cleaned, guarded, unguarded
from scheduler.collect.importing.columns import COLUMNS
from scheduler.collect.importing.files import FileRefused, read_file
from scheduler.collect.importing.headers import tables_in
from scheduler.collect.importing.reference import england
from scheduler.collect.importing.rows import ImportRow, rows_of
from scheduler.collect.importing.template import PEOPLE_TEMPLATE, TEMPLATE, csv_text, template
from tests.collect.spreadsheets import csv_of, ods_of, xls_of, xlsx_of

HEADINGS = {
    "ods_code": ["ODS code", "Trust code", "ODS", " ods  CODE "],
    "region": ["Region", "NHS region", "NHS England Region"],
    "director.name": ["Director", "R&D director", "Director's name", "Name of Director"],
    "director.email": ["Director email", "E-mail of director", "Director – e-mail address"],
    "manager.name": ["Manager", "Research manager", "Manager (name)"],
    "manager.email": ["Manager email", "manager_email", "ManagerEmail"],
}
WRITERS: dict[str, Callable[[list[list[str]]], bytes]] = {
    "comma": csv_of,
    "semicolon, Windows-1252": lambda rows: csv_of(rows, separator=";", encoding="cp1252"),
    "tab, UTF-16": lambda rows: csv_of(rows, separator="\t", encoding="utf-16"),
    "byte order mark, LF": lambda rows: csv_of(rows, encoding="utf-8-sig", ends="\n"),
    "CR": lambda rows: csv_of(rows, ends="\r"),
    "sep=": lambda rows: csv_of(rows, separator=";", before="sep=;\r\n"),
}
names = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cf"]), max_size=30).filter(
    lambda text: cleaned(text) == text != "" and "@" not in text
)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def as_read(rows: list[ImportRow]) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    assert [row.faults for row in rows] == [()] * len(rows)
    return [
        (row.trust.ods_code if row.trust else "", {role: (p.name, p.email) for role, p in row.people.items()})
        for row in rows
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.data(),
    people=st.lists(st.tuples(names, names), min_size=1, max_size=5),
    order=st.permutations(list(HEADINGS)),
    writer=st.sampled_from(list(WRITERS)),
    above=st.lists(st.sampled_from([[], ["Our list; draft, 2027"], ["", "Region by region"]]), max_size=3),
)
def test_the_same_pairs_are_read_from_any_layout(data, people, order, writer, above) -> None:
    codes = ["RJ1", "R1H", "RAL", "RR8", "RGT"]
    pairs = [
        {
            "ods_code": code,
            "region": "",
            "director.name": guarded(director),
            "director.email": f"d@{code.lower()}.example",
            "manager.name": guarded(manager),
            "manager.email": f"m@{code.lower()}.example",
        }
        for code, (director, manager) in zip(codes, people, strict=False)
    ]
    header = [data.draw(st.sampled_from(HEADINGS[key])) for key in order]
    lines = [[pair[key] for key in order] for pair in pairs]
    blank = data.draw(st.lists(st.integers(0, len(lines)), max_size=3))
    for at in blank:
        lines.insert(at, [""] * len(order))
    table = [*above, header, *lines]
    spaced = [[*row[:3], "", *row[3:]] for row in table] if data.draw(st.booleans()) else table

    rows = rows_of(tables_in(read_file(WRITERS[writer](spaced))), england())

    assert as_read(rows) == [
        (
            pair["ods_code"],
            {
                "director": (director, pair["director.email"]),
                "manager": (manager, pair["manager.email"]),
            },
        )
        for pair, (director, manager) in zip(pairs, people, strict=False)
    ]
    assert [row.line for row in rows] == [len(above) + 2 + at for at, line in enumerate(lines) if any(line)]


@settings(deadline=None, max_examples=10)
@given(people=st.lists(names, min_size=1, max_size=4, unique=True))
def test_workbooks_give_the_rows_that_text_files_give(people) -> None:
    codes = ["RJ1", "R1H", "RAL", "RR8"]
    rows = [["ODS code", "Director", "Director email"]]
    rows += [[code, guarded(name), f"{code}@t.example"] for code, name in zip(codes, people, strict=False)]

    read = [rows_of(tables_in(read_file(write(rows))), england()) for write in (csv_of, xlsx_of, ods_of, xls_of)]

    assert [as_read(each) for each in read] == [as_read(read[0])] * 4


@given(text=anything)
def test_what_an_export_guards_an_import_gives_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not csv_text([[text]]).startswith(("=", "+", "-", "@", '"=', '"+', '"-', '"@'))


@given(text=anything)
def test_cleaning_twice_is_cleaning_once_unless_it_begins_like_a_guarded_formula(text: str) -> None:
    once = cleaned(text)

    assert cleaned(guarded(once)) == once


@settings(deadline=None)
@given(content=st.binary(max_size=300) | anything.map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        rows = rows_of(tables_in(read_file(b"ODS code,Director,Director email\n" + content)), england())
    except FileRefused:
        rows = []

    assert all(row.line >= 2 for row in rows)


def test_the_templates_are_understood_column_by_column() -> None:
    for keys in (TEMPLATE, PEOPLE_TEMPLATE):
        (table,) = tables_in(read_file(template(keys).encode()))

        assert [heading.column for heading in table.headings] == [COLUMNS[key] for key in keys]
        assert table.faults == ()
        assert table.reads() == []
