"""An import shows what it would do, does exactly that once, and can be taken back while nothing stands on it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from scheduler import Convene
from scheduler.collect.importing.applying import ImportUndone, apply_import, keep_import
from scheduler.collect.importing.checking import Check, CheckedRow, check_run, check_sheets
from scheduler.collect.importing.files import read_file
from scheduler.collect.importing.template import csv_text
from scheduler.collect.importing.undoing import ImportUsed, undo_import, why_not_undone
from scheduler.extensions import db
from scheduler.models import (
    AuditEntry,
    Cohort,
    Facilitator,
    ImportRun,
    ImportState,
    Pair,
    Person,
    Programme,
    RoleHeld,
    Standing,
    Trust,
)
from tests.builders import a_pair, a_person, a_programme, a_session, a_trust, an_event, an_organiser, answered
from tests.conftest import BOTH

HEADER = "ODS code,Region,Cohort,Director,Director email,Manager,Manager email,Sponsor,Sponsor email"
RJ1 = "RJ1,,Cohort 1,Zoe Lee,zoe@t.example,Tom Reid,tom@t.example,Eva Moss,eva@t.example"
R1H = "R1H,,Cohort 1,Ana Costa,ana@t.example,,,,"
IMPORTED = (Trust, Pair, Person, Cohort, RoleHeld, Facilitator)


@pytest.fixture
def programme(app: Convene) -> Programme:
    return a_programme()


def file_of(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines]) + "\n"


def check(programme: Programme, text: str) -> Check:
    return check_sheets(programme, read_file(text.encode()))


def said(row: CheckedRow) -> dict[str, tuple[str, str]]:
    return {what: (change.before, change.after) for what, change in row.changes.items()}


def keep(programme: Programme, text: str) -> ImportRun:
    return keep_import(programme, "people.csv", read_file(text.encode()), by=None)


def bring_in(programme: Programme, *lines: str, header: str = HEADER) -> ImportRun:
    run = keep(programme, file_of(*lines, header=header))
    apply_import(run, by=None)
    return run


def everything(programme: Programme) -> dict[str, list[dict[str, Any]]]:
    """All rows an import may touch, column by column, without the counter of versions."""
    db.session.expire_all()
    return {
        kind.__tablename__: [
            {column.name: getattr(row, column.key) for column in kind.__table__.columns if column.name != "version"}
            for row in db.session.scalars(select(kind).filter_by(programme_id=programme.id).order_by(kind.id))
        ]
        for kind in IMPORTED
    }


@BOTH
def test_a_first_import_makes_trusts_pairs_and_people(programme: Programme) -> None:
    bring_in(programme, RJ1, R1H)

    guys, barts = db.session.scalars(select(Pair).join(Trust).order_by(Trust.ods_code.desc()))
    assert (guys.trust.name, guys.trust.town, guys.trust.latitude) == (
        "Guy's and St Thomas' NHS Foundation Trust",
        "London",
        51.498,
    )
    assert [(p.name, p.email, p.standing) for p in (guys.director, guys.manager, guys.sponsor)] == [
        ("Zoe Lee", "zoe@t.example", Standing.PARTICIPANT),
        ("Tom Reid", "tom@t.example", Standing.PARTICIPANT),
        ("Eva Moss", "eva@t.example", Standing.SPONSOR),
    ]
    assert (barts.director.name, barts.manager, barts.cohort.name) == ("Ana Costa", None, "Cohort 1")
    assert [(held.person.name, held.role, held.until) for held in guys.roles_held] == [
        ("Zoe Lee", "director", None),
        ("Tom Reid", "manager", None),
    ]


def test_importing_twice_changes_nothing(programme: Programme) -> None:
    bring_in(programme, RJ1, R1H)
    before = everything(programme)

    again = check(programme, file_of(RJ1, R1H))
    run = bring_in(programme, RJ1, R1H)

    assert (again.as_json()["new"], again.as_json()["changed"], again.as_json()["unchanged"]) == (0, 0, 2)
    assert run.state is ImportState.CHECKED
    assert everything(programme) == before


def test_pressing_import_twice_writes_once(programme: Programme) -> None:
    run = keep(programme, file_of(RJ1))

    first, second = apply_import(run, by=None), apply_import(run, by=None)

    assert (first.written, second.written) == (1, 0)
    assert len(everything(programme)["trust"]) == 1
    assert len(list(db.session.scalars(select(AuditEntry)))) == 1


def test_the_check_says_what_the_import_then_does(programme: Programme) -> None:
    bring_in(programme, RJ1)
    text = file_of(
        "RJ1,South East,Cohort 1,Zoe Lee,zoe.lee@t.example,Noor Ali,noor@t.example,,",
        R1H,
        "RAL,Londn,,Ida Berg,ida@t.example,,,,",
    )

    found = check(programme, text)
    applied = apply_import(keep(programme, text), by=None)

    assert [row.status.value for row in found.rows] == ["changed", "new", "fault"]
    assert said(found.rows[0]) == {
        "Region": ("London", "South East"),
        "Director email": ("zoe@t.example", "zoe.lee@t.example"),
        "Manager": ("Tom Reid", "Noor Ali, noor@t.example"),
    }
    assert applied.written == found.to_import == 2
    pair = db.session.scalars(select(Pair).join(Trust).filter_by(ods_code="RJ1")).one()
    assert (pair.trust.region, pair.director.email, pair.manager.name) == (
        "South East",
        "zoe.lee@t.example",
        "Noor Ali",
    )
    assert [(held.person.name, held.until is None) for held in pair.roles_held] == [
        ("Zoe Lee", True),
        ("Tom Reid", False),
        ("Noor Ali", True),
    ]
    assert [trust["ods_code"] for trust in everything(programme)["trust"]] == ["RJ1", "R1H"]


def test_a_check_writes_nothing(programme: Programme) -> None:
    before = everything(programme)

    check(programme, file_of(RJ1, R1H))

    assert everything(programme) == before
    assert list(db.session.scalars(select(ImportRun))) == []


def test_rows_per_person_make_the_same_pairs_and_people_outside_them(programme: Programme) -> None:
    bring_in(
        programme,
        "RJ1,,Director,Zoe Lee,zoe@t.example",
        "RJ1,,Manager,Tom Reid,tom@t.example",
        ",A charity,Stakeholder,Ida Berg,ida@c.example",
        ",,Facilitator,Jo Hale,jo@c.example",
        header="ODS code,Organisation,Role,Name,Email",
    )

    pair = db.session.scalars(select(Pair)).one()
    assert [person.name for person in pair.people] == ["Zoe Lee", "Tom Reid"]
    assert [(p.name, p.standing, p.affiliation) for p in db.session.scalars(select(Person).order_by(Person.id))][
        2:
    ] == [
        ("Ida Berg", Standing.STAKEHOLDER, "A charity"),
        ("Jo Hale", Standing.FACILITATOR, ""),
    ]
    assert db.session.scalars(select(Facilitator)).one().person.name == "Jo Hale"


def test_a_blank_cell_changes_nothing(programme: Programme) -> None:
    pair = a_pair(programme, trust=a_trust(programme, ods_code="RJ1", name="GSTT", region="South East"))
    text = f"ODS code,Trust,Region,Director,Director email\nRJ1,,,{pair.director.name},{pair.director.email}\n"

    assert [row.status.value for row in check(programme, text).rows] == ["unchanged"]


def test_an_address_that_is_another_person_s_is_a_fault(programme: Programme) -> None:
    a_pair(programme, director=a_person(programme, "Zoe Lee", email="zoe@t.example"))

    (row,) = check(programme, file_of("R1H,,,Ana Costa,zoe@t.example,,,,")).rows

    assert [(fault.column, fault.message) for fault in row.faults] == [
        (
            "Director email",
            "zoe@t.example is the address of Zoe Lee in Convene. Each person needs an address of their own.",
        )
    ]


def test_the_address_that_invitations_are_sent_from_is_a_fault_in_any_case_and_with_any_tag(
    app: Convene, programme: Programme
) -> None:
    app.settings = app.settings.model_copy(update={"mail_from": "R&D leaders <convene@programme.example>"})
    for address in ("convene@programme.example", "Convene+reply@programme.example"):
        (row,) = check(programme, file_of(f"R1H,,,Ana Costa,{address},,,,")).rows

        assert [(fault.column, fault.message) for fault in row.faults] == [
            (
                "Director email",
                f"{address.lower()} is the address that invitations are sent from. Enter this person's own.",
            )
        ]


def test_an_address_handed_on_with_the_role_renames_its_person(programme: Programme) -> None:
    bring_in(programme, RJ1)

    (row,) = check(programme, file_of("RJ1,,,Ana Costa,zoe@t.example,,,,")).rows

    assert said(row) == {"Director name": ("Zoe Lee", "Ana Costa")}


def test_people_who_are_not_in_the_file_are_counted_and_left_alone(programme: Programme) -> None:
    bring_in(programme, RJ1, R1H)
    a_person(programme, "Left Long Ago", left_on=date(2026, 1, 1))

    found = check(programme, file_of("RJ1,,,Zoe Lee,zoe.new@t.example,,,,"))

    assert found.absent == 3  # Tom, Eva and Ana; Zoe only has a new address


def test_another_programme_s_people_are_not_touched(programme: Programme) -> None:
    other = a_programme()
    bring_in(other, RJ1)
    before = everything(other)

    bring_in(programme, "RJ1,,,Somebody Else,zoe@t.example,,,,")

    assert everything(other) == before
    assert len(everything(programme)["person"]) == 1


def test_only_a_row_that_somebody_changed_meanwhile_is_asked_again(programme: Programme) -> None:
    bring_in(programme, RJ1)
    run = keep(programme, file_of("RJ1,South East,,,,,,,", R1H))
    seen = check_run(run).seen()
    trust = db.session.scalars(select(Trust).filter_by(ods_code="RJ1")).one()
    trust.region = "Midlands"
    db.session.commit()

    first = apply_import(run, by=None, seen=seen)
    region_between = trust.region
    second = apply_import(run, by=None, seen=check_run(run).seen())

    assert (first.written, [row.row.line for row in first.asked_again]) == (1, [2])
    assert region_between == "Midlands"
    assert (second.written, second.asked_again, trust.region) == (1, (), "South East")
    assert run.result == {"imported": 2}


@BOTH
def test_an_import_can_be_undone_to_the_letter(programme: Programme) -> None:
    bring_in(programme, RJ1)
    before = everything(programme)
    run = bring_in(
        programme,
        "RJ1,South East,Cohort 2,Zoe Lee-Park,zoe.lee@t.example,Noor Ali,noor@t.example,Max Orr,max@t.example",
        R1H,
    )
    assert everything(programme) != before

    undo_import(run, by=None)

    assert everything(programme) == before
    assert run.state is ImportState.UNDONE
    assert [entry.what for entry in db.session.scalars(select(AuditEntry))][-1] == "people.import-undone"


def test_an_import_in_two_presses_is_undone_as_one(programme: Programme) -> None:
    bring_in(programme, RJ1)
    run = keep(programme, file_of("RJ1,South East,,,,,,,", R1H))
    seen = check_run(run).seen()
    db.session.scalars(select(Trust)).one().region = "Midlands"
    db.session.commit()
    before = everything(programme)
    apply_import(run, by=None, seen=seen)
    apply_import(run, by=None)

    undo_import(run, by=None)

    assert everything(programme) == before


def test_undoing_twice_undoes_once_and_an_undone_import_is_not_applied_again(programme: Programme) -> None:
    run = bring_in(programme, RJ1)

    undo_import(run, by=None)
    undo_import(run, by=None)

    assert everything(programme)["person"] == []
    with pytest.raises(ImportUndone):
        apply_import(run, by=None)


def test_an_import_cannot_be_undone_once_one_of_its_people_has_answered(programme: Programme) -> None:
    run = bring_in(programme, RJ1)
    session = a_session(an_event(programme))
    zoe = db.session.scalars(select(Person).filter_by(email="zoe@t.example")).one()
    answered(zoe, session)
    before = everything(programme)

    with pytest.raises(ImportUsed, match="Zoe Lee is used already"):
        undo_import(run, by=None)

    assert everything(programme) == before
    assert run.state is ImportState.IMPORTED


def test_an_import_cannot_be_undone_once_one_of_its_records_was_changed(programme: Programme) -> None:
    run = bring_in(programme, RJ1)
    db.session.scalars(select(Trust)).one().region = "Midlands"
    db.session.commit()

    assert why_not_undone(run) == "Guy's and St Thomas' NHS Foundation Trust has been changed since."


def test_an_import_cannot_be_undone_once_a_later_import_stands_on_it(programme: Programme) -> None:
    run = bring_in(programme, RJ1)
    later = bring_in(programme, "RR8,,Cohort 1,Zoe Lee,zoe@t.example,,,,")

    refused = why_not_undone(run)
    undo_import(later, by=None)

    assert refused != ""
    assert why_not_undone(run) == ""


def test_who_imported_is_in_the_audit(programme: Programme) -> None:
    organiser = an_organiser(programme)
    run = keep_import(programme, "people.csv", read_file(file_of(RJ1, R1H).encode()), by=organiser)

    apply_import(run, by=organiser)

    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.what, entry.organiser_id, entry.thing, entry.details) == (
        "people.imported",
        organiser.id,
        "people.csv",
        {"rows": 2},
    )


def test_a_thousand_trusts_are_imported_in_one_go_and_undone_in_one(programme: Programme) -> None:
    rows = [
        [f"X{n:04}", f"Trust number {n}", "London", "acute", "low", f"Person {n}", f"p{n}@t.example"]
        for n in range(1000)
    ]
    header = ["ODS code", "Trust", "Region", "Type", "Research activity", "Director", "Director email"]
    text = csv_text([header, *rows])

    run = keep(programme, text)

    applied = apply_import(run, by=None)
    again = check(programme, text)
    undo_import(run, by=None)

    assert applied.written == 1000
    assert again.to_import == 0
    assert {kind: len(rows) for kind, rows in everything(programme).items() if rows} == {}
