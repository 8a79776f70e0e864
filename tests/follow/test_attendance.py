"""How many came: by session and by Trust, always of how many places; and the rows of the file."""

from __future__ import annotations

from scheduler.follow.attendance import by_pair, by_session, file_rows, in_all
from scheduler.models import Apology, Presence, WhoComes
from tests.builders import a_session, attended, invited, keep
from tests.follow.conftest import expected
from tests.queries import queries_sent


def counted(figures):
    states = {state.value: number for state, number in figures.states.items()}
    return figures.places, states, figures.walk_ins


def test_each_place_counts_once_and_walk_ins_beside_them(under_way, barts, leeds):
    attended(barts.director, under_way)
    attended(barts.manager, under_way, "deputy", deputy_name="Sam Shah")
    keep(Apology(programme=under_way.programme, session=under_way, person=leeds.director, who_comes=WhoComes.NOBODY))
    attended(None, under_way, walk_in="noor ali|", name="Noor Ali")
    later = a_session(under_way.event)
    invited(barts.director, later)

    first, second = by_session(under_way.programme)

    assert counted(first.figures) == (4, {"present": 1, "deputy": 1, "apologies": 1, "absent": 1}, 1)
    assert (first.taken, second.taken, second.figures.places) == (True, False, 1)
    assert in_all([first, second]).of_places(Presence.PRESENT) == "1 of 4"
    assert [(one.trust, counted(one.figures)) for one in by_pair(under_way.programme)] == [
        (barts.trust, (2, {"present": 1, "deputy": 1}, 0)),
        (leeds.trust, (2, {"apologies": 1, "absent": 1}, 0)),
    ]


def test_the_file_has_a_row_for_each_person_where_attendance_was_taken(under_way, barts):
    attended(barts.director, under_way)
    attended(barts.manager, under_way, "deputy", deputy_name="=cmd|x", deputy_role="Deputy")

    head, first, second = file_rows(under_way.programme)

    row = dict(zip(head, first, strict=True))
    assert (row["Event"], row["Date"], row["Name"], row["ODS code"]) == (
        "Workshop 1",
        "2027-01-12",
        "Amara Okafor",
        "R1H",
    )
    assert (row["Attendance"], row["Time"]) == ("Here", "09:30")
    assert dict(zip(head, second, strict=True))["Deputy"] == "=cmd|x"


def test_more_people_take_no_more_queries(under_way, barts):
    attended(barts.director, under_way)
    with queries_sent() as few:
        by_session(under_way.programme), by_pair(under_way.programme)
    for number in range(4):
        attended(expected(under_way, f"A {number}", f"B {number}").director, under_way)
    with queries_sent() as many:
        by_session(under_way.programme), by_pair(under_way.programme)

    assert len(many) == len(few)
