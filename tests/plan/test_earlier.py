"""Encounters of earlier years: read from any file, checked row by row, brought in once, taken out again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.collect.importing.files import FileRefused, read_file
from scheduler.extensions import db
from scheduler.follow.encounters import Ledger
from scheduler.models import AuditEntry
from scheduler.plan import earlier
from tests.builders import a_pair, a_plan, a_programme, a_session, a_trust, an_event, placed


@pytest.fixture
def programme(app):
    programme = a_programme(name="Leaders 2027")
    for code in ("R0A", "RJ1", "RR8"):
        a_pair(programme, trust=a_trust(programme, ods_code=code))
    return programme


def kept(programme, text: str):
    return earlier.keep_file(programme, "2025.csv", read_file(text.encode()), by=None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2025", "2025"),
        ("2025-03", "2025-03"),
        ("2025-03-12", "2025-03-12"),
        ("2025-03-12 00:00:00", "2025-03-12"),
        ("12/3/2025", "2025-03-12"),
        ("12th March 2025", "2025-03-12"),
        ("mar 2025", "2025-03"),
        ("31/02/2025", None),
        ("last year", None),
        ("12", None),
        ("", None),
    ],
)
def test_a_date_is_read_as_far_as_it_is_known(typed, kept):
    assert earlier.partial_date(typed) == kept


def test_each_row_is_checked_and_only_what_is_new_comes_in(programme):
    brought = kept(
        programme,
        "ODS code,ODS code of the other,When,Where\n"
        "RJ1,r0a,2025,Summer school\n"
        "R0A,RJ1,2025,Summer school\n"
        "RJ1,RXX,2025,\nRJ1,RJ1,2025,\nRJ1,,2025,\nRJ1,RR8,someday,\nRJ1,RR8,2099,\n",
    )

    rows = earlier.checked_rows(brought)
    number = earlier.bring_in(brought, by=None)

    assert [(row.line, row.fault) for row in rows if row.fault] == [
        (4, '"RXX" is not the ODS code of a Trust in this programme'),
        (5, "A Trust cannot meet itself"),
        (6, "An ODS code is missing"),
        (7, "When must be a year, a month or a day, like 2025, March 2025 or 12 March 2025"),
        (8, "This lies ahead: only what has been counts as met"),
    ]
    assert [row.known for row in rows[:2]] == [False, True]
    assert number == 1
    assert Ledger(programme).figures.met == 1
    with pytest.raises(earlier.AlreadyBrought):
        earlier.bring_in(brought, by=None)
    again = kept(programme, "RJ1,R0A,2025,Summer school\nRJ1,RR8,2024,")
    assert earlier.bring_in(again, by=None) == 1


def test_what_was_brought_can_be_taken_out_again(programme):
    brought = kept(programme, "RJ1,R0A,2025,Summer school")
    earlier.bring_in(brought, by=None)

    earlier.take_back(brought, by=None)

    assert Ledger(programme).figures.met == 0
    assert [entry.what for entry in db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id))] == [
        "encounters.brought",
        "encounters.taken-back",
    ]


def test_an_earlier_programme_brings_those_who_met_there_and_are_here(programme):
    before = a_programme(name="Leaders 2026")
    pairs = [a_pair(before, trust=a_trust(before, ods_code=code)) for code in ("R0A", "RJ1", "X9X")]
    plan = a_plan(before)
    session = a_session(an_event(before, title="Workshop 1"), now() - timedelta(days=300))
    placed(plan, session, *pairs)
    placed(plan, a_session(an_event(before)), *pairs)

    rows = earlier.checked_rows(earlier.keep_programme(programme, before, by=None))

    assert [(row.one, row.other, row.held_on, row.occasion, row.is_new) for row in rows] == [
        ("R0A", "RJ1", session.local_start.date().isoformat(), "Workshop 1, Leaders 2026", True)
    ]


def test_a_file_without_encounters_is_refused(programme):
    with pytest.raises(FileRefused, match="no rows of encounters"):
        kept(programme, "ODS code,ODS code of the other,When,Where\n")
