"""Convene finds the header of a sheet and understands its headings, however organisers write them."""

from __future__ import annotations

import pytest

from scheduler.collect.importing.columns import column_headed
from scheduler.collect.importing.files import FileRefused, read_file
from scheduler.collect.importing.headers import Choices, Table, tables_in
from tests.collect.spreadsheets import xlsx_of


def tables_of(text: str, choices: Choices | None = None) -> list[Table]:
    return tables_in(read_file(text.encode()), choices)


def columns_of(table: Table) -> dict[str, str]:
    """{heading: what it is read as} of the columns that are read."""
    return {heading.text: heading.column.label for heading in table.headings if heading.column}


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("ODS code", "ODS code"),
        ("  ods_CODE ", "ODS code"),
        ("Trust code", "ODS code"),
        ("NHS Trust", "Trust name"),
        ("Name of Trust", "Trust name"),
        ("Organisation", "Trust name"),
        ("Organization name", "Trust name"),
        ("NHS England region", "Region"),
        ("Type of Trust", "Type of Trust"),
        ("R&D activity", "Research activity"),
        ("Cohort", "Cohort"),
        ("Director", "Director name"),
        ("R&D Director", "Director name"),
        ("Director of R & D", "Director name"),
        ("Director of Research and Development", "Director name"),
        ("R&D Director's e-mail address", "Director email"),
        ("Director’s email", "Director email"),
        ("DirectorEmail", "Director email"),
        ("Email (Director)", "Director email"),
        ("Director: first name", "Director first name"),
        ("Manager surname", "Manager surname"),
        ("Research Manager – Tel. no.", "Manager phone"),
        ("Exec sponsor", "Board sponsor name"),
        ("Board sponsor e-mail", "Board sponsor email"),
        ("E-Mail", "Email"),
        ("Full name", "Name"),
        ("Forename", "First name"),
        ("Job title", "Role"),
        ("Mobile", "Phone"),
    ],
)
def test_a_heading_is_understood_in_many_spellings(heading: str, label: str) -> None:
    column = column_headed(heading)

    assert column is not None
    assert column.label == label


@pytest.mark.parametrize(
    "heading",
    ["", "Notes", "Directors and managers", "Director start date", "Deputy director email", "Dietary needs", "2027"],
)
def test_a_heading_that_says_something_else_is_not_read(heading: str) -> None:
    assert column_headed(heading) is None


def test_lines_above_the_header_are_passed_over() -> None:
    (table,) = tables_of(
        "Directors and managers 2027\n\nDraft,Director\nODS code,Director,Director email\nRJ1,Zoe,z@t.example\n"
    )

    assert table.header_line == 4
    assert [row.line for row in table.rows] == [5]


def test_headings_that_are_not_ours_say_how_they_are_read_and_others_that_they_are_not() -> None:
    (table,) = tables_of("Trust code,Region,Shoe size,R&D director,E-mail of director\nRJ1,London,7,Zoe,z@t.example\n")

    assert table.reads() == [
        "'Trust code' is read as ODS code",
        "'R&D director' is read as Director name",
        "'E-mail of director' is read as Director email",
    ]
    assert table.not_read() == ["Shoe size"]


def test_a_role_in_the_line_above_spans_the_columns_below_it() -> None:
    (table,) = tables_of(
        ",,Director,,Manager,\nODS code,Trust,Name,Email,Name,Email\nRJ1,,Zoe,z@t.example,Tom,t@t.example\n"
    )

    assert [heading.column and heading.column.label for heading in table.headings] == [
        "ODS code",
        "Trust name",
        "Director name",
        "Director email",
        "Manager name",
        "Manager email",
    ]
    assert table.faults == ()


def test_a_sheet_is_a_row_per_trust_or_a_row_per_person() -> None:
    (trusts,) = tables_of("ODS code,Director,Director email,Email\nRJ1,Zoe,z@t.example,x\n")
    (people,) = tables_of("ODS code,Name,Email,Role\nRJ1,Zoe,z@t.example,Director\n")

    assert (trusts.row_per_person, people.row_per_person) == (False, True)
    assert trusts.not_read() == ["Email"]


def test_a_name_beside_the_ods_code_is_the_trust_s_where_no_person_is_spoken_of() -> None:
    (trusts,) = tables_of("ODS code,Name,Region\nRJ1,Guy's,London\n")
    (pairs,) = tables_of("ODS code,Name,Director,Director email\nRJ1,Guy's,Zoe,z@t.example\n")
    (people,) = tables_of("ODS code,Name,Email,Role\nRJ1,Zoe,z@t.example,Director\n")

    assert [columns_of(table)["Name"] for table in (trusts, pairs, people)] == ["Trust name", "Trust name", "Name"]


def test_a_header_that_is_repeated_further_down_is_no_row() -> None:
    (table,) = tables_of("ODS code,Region\nRJ1,London\nODS code,Region\nR1H,London\n")

    assert [row.line for row in table.rows] == [2, 4]


def test_of_several_sheets_each_with_a_header_we_know_is_read_by_name() -> None:
    trusts, people = [["ODS code", "Region"], ["RJ1", "London"]], [["Name", "Email"], ["Zoe", "z@t.example"]]
    notes = [["Remember", "the cake"], ["and", "tea"]]

    tables = tables_in(read_file(xlsx_of(trusts, notes, people, names=["Trusts", "Notes", "R&D directors"])))

    assert [(table.sheet, table.role, table.faults) for table in tables] == [
        ("Trusts", "", ()),
        ("R&D directors", "director", ()),
    ]


def test_a_file_without_headings_is_refused() -> None:
    with pytest.raises(FileRefused, match="headings that Convene knows"):
        tables_of("RJ1,Zoe,z@t.example\nR1H,Tom,t@t.example\n")


def test_one_heading_is_a_header_only_if_it_is_the_ods_code() -> None:
    (table,) = tables_of("Our Trusts\nODS code\nRJ1\n")

    assert table.header_line == 2


def test_a_column_that_is_there_twice_is_asked_about() -> None:
    (table,) = tables_of("Trust code,Provider code,Region\nRJ1,R1H,London\n")

    assert table.faults == (
        '2 columns are read as ODS code: "Trust code" (column A) and "Provider code" (column B).'
        " Say which of them it is.",
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ODS code,Code,Region\nRJ1,17,London\n", "ODS code"),  # our own heading goes before a likeness of it
        ("Trust code,Code,Region\n,RJ1,London\n", "Code"),  # the other one is empty
        ("Trust code,Code,Region\nRJ1,RJ1,London\n", "Trust code"),  # they say the same
    ],
)
def test_a_column_that_is_there_twice_is_settled_where_it_can_be(text: str, read: str) -> None:
    (table,) = tables_of(text)

    assert table.faults == ()
    assert columns_of(table)[read] == "ODS code"


def test_what_an_organiser_changes_counts_before_what_we_read() -> None:
    text = "Trust code,Provider code,Region,Notes\nRJ1,R1H,London,Zoe\n"

    (table,) = tables_of(text, {"": {"0": "", "3": "director.name"}})

    assert columns_of(table) == {"Provider code": "ODS code", "Region": "Region", "Notes": "Director name"}
    assert table.faults == ()


def test_a_column_that_is_missing_is_named() -> None:
    (trusts,) = tables_of("Region,Director,Director email\nLondon,Zoe,z@t.example\n")
    (people,) = tables_of("ODS code,Email\nRJ1,z@t.example\n")

    assert trusts.faults == ('No column says which Trust a row is about. Add one that is headed "ODS code".',)
    assert people.faults == (
        'No column holds the names. Add one that is headed "Name".',
        'No column says who is a director and who a manager. Add one that is headed "Role".',
    )


def test_columns_are_named_by_letter_as_a_spreadsheet_does() -> None:
    (table,) = tables_of("ODS code,Region," + ",".join(["y"] * 240) + "\nRJ1\n")

    assert [table.headings[at].letter for at in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
