"""Each row is checked in the organiser's words, completed from the list of Trusts, and compared with the others."""

from __future__ import annotations

import pytest

from scheduler.collect.importing.cells import cleaned, guarded, unguarded
from scheduler.collect.importing.files import read_file
from scheduler.collect.importing.headers import tables_in
from scheduler.collect.importing.reading import read_sheets
from scheduler.collect.importing.reference import DATA, Reference, TrustDetails, england
from scheduler.collect.importing.rows import Fault, ImportRow, Mends, PersonDetails, rows_of
from tests.collect.spreadsheets import csv_of, xlsx_of

PAIRS = "ODS code,Trust name,Region,Director,Director email,Manager,Manager email"


def rows_in(text: str, mends: Mends | None = None) -> list[ImportRow]:
    return rows_of(tables_in(read_file(text.encode())), england(), mends)


def row_in(line: str, header: str = PAIRS) -> ImportRow:
    (row,) = rows_in(f"{header}\n{line}\n")
    return row


def faults_in(text: str) -> list[str]:
    """ "line, column: message" of every fault."""
    return [f"{row.line}, {fault.column}: {fault.message}" for row in rows_in(text) for fault in row.faults]


def test_a_row_per_trust_gives_the_trust_and_its_people() -> None:
    row = row_in("rj1,,London,Zoë Ångström,ZOE@trust.example,Tom Reid,tom@trust.example")

    assert row.faults == ()
    assert row.trust == england().by_code("RJ1")
    assert row.people == {
        "director": PersonDetails("Zoë Ångström", "zoe@trust.example"),
        "manager": PersonDetails("Tom Reid", "tom@trust.example"),
    }


def test_a_row_per_person_gives_one_person_in_their_role() -> None:
    rows = rows_in(
        "Role,Surname,First name,Email,Organisation,Tel\n"
        "R&D director,Ångström,Zoë,zoe@trust.example,Barts Health,020 7946 0001\n"
        "Stakeholder,Lee,Ana,ana@charity.example,A charity,\n"
    )

    assert [(row.trust and row.trust.ods_code, row.people, row.affiliation, row.faults) for row in rows] == [
        ("R1H", {"director": PersonDetails("Zoë Ångström", "zoe@trust.example", "020 7946 0001")}, "", ()),
        (None, {"stakeholder": PersonDetails("Ana Lee", "ana@charity.example")}, "A charity", ()),
    ]


def test_a_person_outside_the_pairs_may_come_from_a_trust_or_from_anywhere() -> None:
    rows = rows_in(
        "Code,Organisation,Role,Name,Email\n"
        "R1H,,Speaker,Ana Lee,ana@t.example\n"
        f",{'x' * 201},Speaker,Ida Berg,ida@t.example\n"
    )

    assert [(row.affiliation, [fault.message for fault in row.faults]) for row in rows] == [
        ("Barts Health NHS Trust", []),
        ("", ["This name is longer than 200 letters."]),
    ]


def test_a_name_in_two_columns_is_no_longer_than_one_in_one() -> None:
    (row,) = rows_in(f"Role,First name,Surname,Email\nSpeaker,{'x' * 150},{'y' * 150},x@t.example\n")

    assert [fault.message for fault in row.faults] == ["This name is longer than 200 letters."]


def test_the_name_of_a_sheet_may_give_the_role() -> None:
    people = [["Code", "Name", "Email"], ["RJ1", "Zoe", "zoe@trust.example"]]

    (row,) = rows_of(tables_in(read_file(xlsx_of(people, names=["Managers"]))), england())

    assert row.people == {"manager": PersonDetails("Zoe", "zoe@trust.example")}


@pytest.mark.parametrize(
    "trust",
    [
        "RJ1,",
        ",Guy's and St Thomas' NHS Foundation Trust",
        ",Guy’s & St. Thomas’",
        ",the guys and st thomas nhs ft",
        "R J1,Guy's and St Thomas'",
    ],
)
def test_code_or_name_alone_is_enough_for_a_real_trust(trust: str) -> None:
    row = row_in(f"{trust},,,,,")

    if row.faults:  # a code with a blank in it is not corrected silently
        assert [fault.suggestion for fault in row.faults] == ["RJ1"]
    else:
        assert row.trust == england().by_code("RJ1")


def test_what_the_file_says_of_a_trust_counts_before_the_list() -> None:
    row = row_in("RJ1,GSTT,South East,,,,")

    assert row.faults == ()
    assert row.trust is not None
    assert (row.trust.name, row.trust.region, row.trust.town) == ("GSTT", "South East", "London")


def test_a_programme_s_own_details_count_before_the_list() -> None:
    ours = TrustDetails("RJ1", "GSTT", "South East", "acute", "high")

    (row,) = rows_of(tables_in(read_file(b"ODS code\nRJ1\n")), england().with_trusts([ours]))

    assert row.trust == ours


@pytest.mark.parametrize(
    ("cells", "column", "message", "suggestion"),
    [
        ("RJ1,,Londn,,,,", "Region", '"Londn" is not an NHS region. Did you mean London?', "London"),
        (
            "RVJ,,,,,,",
            "ODS code",
            '"RVJ" is closed, since 1 July 2026, now RA7, Bristol NHS Foundation Trust.'
            " Enter the code of the Trust that takes part.",
            "RA7",
        ),
        (
            "RYK,,,,,,",
            "ODS code",
            '"RYK" is closed, since 30 September 2024. Enter the code of the Trust that takes part.',
            "",
        ),
        ("R0AA!,,,,,,", "ODS code", '"R0AA!" is not an ODS code: a code is 3 to 6 letters and numbers.', ""),
        ("ROA,,,,,,", "ODS code", '"ROA" is not the ODS code of a Trust we know. Did you mean R0A?', "R0A"),
        (
            "RJ1,Barts Health NHS Trust,,,,,",
            "ODS code",
            '"RJ1" is the code of Guy\'s and St Thomas\' NHS Foundation Trust, but the row says Barts Health NHS Trust.'
            " Did you mean R1H?",
            "R1H",
        ),
        (
            ",Leeds Comunity Health,,,,,",
            "Trust name",
            '"Leeds Comunity Health" is not the name of a Trust we know.'
            " Did you mean Leeds Community Healthcare NHS Trust (RY6)?",
            "Leeds Community Healthcare NHS Trust",
        ),
        (",,London,,,,", "ODS code", "Enter the ODS code of the Trust.", ""),
        ("RJ1,,,Zoe,,,", "Director email", "Enter the email address of Zoe.", ""),
        ("RJ1,,,,z@t.example,,", "Director", "Enter the name of z@t.example.", ""),
        (
            "RJ1,,,Zoe,z @t.example,,",
            "Director email",
            '"z @t.example" is not an email address. Enter one like name@example.nhs.uk.',
            "z@t.example",
        ),
        (
            "RJ1,,,Zoe,#REF!,,",
            "Director email",
            "The formula in this cell has failed (#REF!). Type the value instead.",
            "",
        ),
        ("RJ1,,,z@t.example,z@t.example,,", "Director", '"z@t.example" is an email address, not a name.', ""),
        (
            "RJ1,,,Zoe,z\u200b@t.example,,",
            "Director email",
            "The email address holds characters that cannot be seen. Type it again.",
            "z@t.example",
        ),
        (
            "RJ1,,,Zoe,pair@t.example,Tom,pair@t.example",
            "Manager email",
            "pair@t.example is already the address of Zoe, on line 2.",
            "",
        ),
    ],
)  # fmt: skip
def test_a_fault_names_the_cell_and_says_how_to_mend_it(cells: str, column: str, message: str, suggestion: str) -> None:
    (fault,) = row_in(cells).faults

    assert (fault.column, fault.message, fault.suggestion) == (column, message, suggestion)


def test_the_fault_carries_the_heading_of_the_file_and_the_place_of_its_cell() -> None:
    (row,) = rows_in("Trust code,Where,NHS region\nRJ1,x,Londn\n")

    message = '"Londn" is not an NHS region. Did you mean London?'
    assert row.faults == (Fault("NHS region", "Londn", message, "London", position=2),)


@pytest.mark.parametrize(
    "address", ["a\u202eb@t.example", "ana＠t.example", "=cmd|'x'!A0", "ana@t", "a@t.example;b@t.example"]
)
def test_an_address_that_mail_could_not_reach_is_refused(address: str) -> None:
    (fault,) = row_in(f"RJ1,,,Zoe,{address},,").faults

    assert fault.column == "Director email"


def test_a_trust_that_is_not_in_the_list_needs_a_name_and_a_region() -> None:
    header = "ODS code,Trust,Region,Type,Research activity"

    assert faults_in(f"{header}\nK0N6A,,,acute,\nK0N6B,Another Trust,,,\n") == [
        '2, ODS code: "K0N6A" is not the ODS code of a Trust we know. Check it, or add the Trust\'s name and region.',
        "3, Region: Enter the region: K0N6B is not in our list of Trusts.",
    ]
    assert row_in("K0N6A,The Online NHS Trust,London,Specialist,Low", header).trust == TrustDetails(
        "K0N6A", "The Online NHS Trust", "London", "specialist", "low"
    )


@pytest.mark.parametrize(
    ("name", "kind", "activity"),
    [
        ("Testshire Hospitals NHS Trust", "acute", "medium"),
        ("Testshire University Hospitals NHS Trust", "acute", "high"),
        ("Testshire Mental Health NHS Trust", "mental health", "low"),
        ("Testshire Community Health NHS Trust", "community", "low"),
        ("Testshire Ambulance Service NHS Trust", "ambulance", "low"),
        ("Testshire Children's NHS Trust", "specialist", "medium"),
    ],
)
def test_what_nobody_tells_of_a_trust_is_estimated_and_said_to_be(name: str, kind: str, activity: str) -> None:
    row = row_in(f"X01,{name},London", "ODS code,Trust,Region")

    assert row.faults == ()
    assert row.trust == TrustDetails("X01", name, "London", kind, activity)
    assert row.estimates == {"Type of Trust": kind, "Research activity": activity}
    assert row_in("RJ1,,").estimates == {}


def test_a_trust_described_on_one_sheet_is_known_to_the_rows_of_another() -> None:
    people = [["Code", "Role", "Name", "Email"], ["K0N6A", "Director", "Zoe", "z@t.example"]]
    trusts = [
        ["ODS code", "Trust", "Region", "Type", "Research activity"],
        ["K0N6A", "Online", "London", "acute", "low"],
    ]

    rows = rows_of(tables_in(read_file(xlsx_of(people, trusts, names=["People", "Trusts"]))), england())

    assert [(row.place, row.faults, row.trust and row.trust.name) for row in rows] == [
        ("line 2 of sheet People", (), "Online"),
        ("line 2 of sheet Trusts", (), "Online"),
    ]


def test_what_an_earlier_row_said_is_not_said_again() -> None:
    pairs = f"{PAIRS}\nRJ1,,,Zoe,z@t.example,,\nR1H,,,Tom,t@t.example,,\nrj1,,,Zoe,z@t.example,,\n"
    people = (
        "Code,Role,Name,Email\n"
        "RJ1,Director,Zoe,z@t.example\n"
        "RJ1,Director,Ana,a@t.example\n"
        ",Speaker,Lee,l@t.example\n"
        ",Speaker,Lee,l@t.example\n"
    )

    assert faults_in(pairs) == ["4, ODS code: RJ1 is already on line 2."]
    assert faults_in(people) == [
        "3, Role: Guy's and St Thomas' NHS Foundation Trust already has a director, Zoe, on line 2.",
        "5, Email: Lee is already on line 4.",
    ]


def test_one_person_may_hold_roles_in_two_trusts() -> None:
    assert faults_in(f"{PAIRS}\nRJ1,,,Zoe,z@t.example,,\nR1H,,,Zoe,z@t.example,Zoe,z@t.example\n") == []


def test_rows_that_contradict_each_other_about_a_trust_are_asked_about() -> None:
    header = "Code,Region,Role,Name,Email"

    assert faults_in(f"{header}\nRJ1,London,Director,Zoe,z@t.example\nRJ1,South East,Manager,Tom,t@t.example\n") == [
        "3, Region: South East here, but London on line 2 for the same Trust."
    ]


def test_a_role_that_is_missing_or_unknown_is_a_fault() -> None:
    header = "Code,Role,Name,Email"

    assert faults_in(f"{header}\nRJ1,Nurse,Zoe,z@t.example\nR1H,,Tom,t@t.example\nRAL,Director,,\n") == [
        '2, Role: "Nurse" is not a role.'
        " Use one of these: Director, Manager, Board sponsor, Stakeholder, Speaker, Facilitator.",
        "3, Role: Enter the role: Director, Manager, Board sponsor, Stakeholder, Speaker or Facilitator.",
        "4, Name: Enter a name and an email address.",
    ]


def test_a_row_with_an_open_quotation_mark_is_a_fault_and_the_others_are_good() -> None:
    rows = rows_in(f'{PAIRS}\nRJ1,,,"Zoe,z@t.example,,\nR1H,,,Tom,t@t.example,,\n')

    assert [[fault.message for fault in row.faults] for row in rows] == [
        ["A quotation mark is opened and never closed. Mend it in the file."],
        [],
    ]


def test_cells_that_say_nothing_are_blank() -> None:
    row = row_in("RJ1,-,n/a,TBC,tbc,vacant,?")

    assert (row.faults, row.people) == ((), {})


def test_a_mended_cell_is_read_instead_of_the_file_s() -> None:
    (row,) = rows_in(f"{PAIRS}\nRJ1,,Londn,,,,\n", {"": {"2": {"2": "London"}}})

    assert row.faults == ()


def test_nothing_is_read_while_a_column_is_missing() -> None:
    reading = read_sheets(read_file(b"Region,Director,Director email\nLondon,Zoe,z@t.example\n"), england())

    assert reading.rows == ()
    assert reading.faults == ['No column says which Trust a row is about. Add one that is headed "ODS code".']


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+44", "-2", "@SUM(A1)", "＝1+1", "'Abd al-Rahman", "O'Neil", "{{7*7}}"]
)
def test_names_are_text_whatever_they_look_like_and_come_back_from_an_export(name: str) -> None:
    exported = csv_of([PAIRS.split(","), ["RJ1", "", "", guarded(name), "z@t.example", "", ""]])

    (row,) = rows_of(tables_in(read_file(exported)), england())

    assert row.people["director"].name == name
    assert unguarded(guarded(name)) == name
    assert not guarded(name).startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  Zoe \t Lee\n", "Zoe Lee"),
        ("Zoe\u00a0Lee", "Zoe Lee"),
        ("Zoe\u0308", "Zoë"),
        ("\x1b]0;x\x07Zoe", "]0;xZoe"),
        ("a\n2027 INFO ok", "a 2027 INFO ok"),
        ("Zo\u202ee\u2066 L\u200bee\ufeff", "Zoe Lee"),
        ("نیم\u200cفاصله", "نیم\u200cفاصله"),
        ("李小龍", "李小龍"),
    ],
)
def test_names_are_one_line_in_composed_form_without_what_cannot_be_seen(written: str, read: str) -> None:
    assert cleaned(written) == read


def test_the_list_of_real_trusts_is_itself_a_file_to_import() -> None:
    content = (DATA / "trusts.csv").read_bytes()

    rows = rows_of(tables_in(read_file(content)), Reference([], {}))

    assert [fault for row in rows for fault in row.faults] == []
    assert {row.trust and row.trust.name for row in rows} == {trust.name for trust in england()}
