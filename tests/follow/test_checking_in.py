"""Marking who is here: each tap once, the latest of two desks, deputies, walk-ins, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow.checking_in import CheckInClosed, HasAPlace, NotOnTheList, Tap, Visitor, came_for, mark, walk_in
from scheduler.follow.desks import Desk
from scheduler.follow.rooms import room_of
from scheduler.models import Attendance, CheckInTap, Presence
from tests.builders import a_person, an_organiser
from tests.conftest import BOTH

HERE, ABSENT, APOLOGIES = Presence.PRESENT, Presence.ABSENT, Presence.APOLOGIES


def states(session):
    return {one.name: one.state and one.state.value for one in room_of(session).attendees}


def key(person):
    return f"p{person.id}"


def test_the_list_is_by_surname_with_trust_and_role(under_way, barts, leeds):
    listed = [(one.name, one.whence, one.role) for one in room_of(under_way).attendees]

    assert listed == [
        ("Ana Costa", "Leeds Teaching Hospitals NHS Trust", "director"),
        ("Lee Grant", "Leeds Teaching Hospitals NHS Trust", "manager"),
        ("Amara Okafor", "Barts Health NHS Trust", "director"),
        ("Tom Reid", "Barts Health NHS Trust", "manager"),
    ]


@BOTH
def test_a_tap_that_arrives_twice_counts_once(under_way, barts):
    desk = Desk(under_way, organiser=an_organiser(under_way.programme))
    first = mark(desk, key(barts.director), HERE, Tap("one"))

    again = mark(desk, key(barts.director), HERE, Tap("one", now() + timedelta(minutes=5)))

    assert (first.repeated, again.repeated) == (False, True)
    assert states(under_way) == {"Amara Okafor": "present", "Tom Reid": None}
    assert db.session.query(CheckInTap).count() == 1


@BOTH
def test_of_two_desks_the_later_tap_stands_in_whatever_order_they_arrive_and_both_are_kept(under_way, barts):
    desks = [Desk(under_way, organiser=an_organiser(under_way.programme)) for _ in range(2)]
    nine, ten_past = now() - timedelta(minutes=10), now()

    mark(desks[0], key(barts.director), HERE, Tap("late one", ten_past))
    mark(desks[1], key(barts.director), APOLOGIES, Tap("early one", nine))

    assert states(under_way)["Amara Okafor"] == "present"
    row = db.session.query(Attendance).one()
    assert (row.marked_at, row.organiser_id, row.trust_id) == (ten_past, desks[0].organiser.id, barts.trust_id)
    taps = db.session.query(CheckInTap).order_by(CheckInTap.marked_at).all()
    assert [(tap.state, tap.attendance_id) for tap in taps] == [(APOLOGIES, row.id), (HERE, row.id)]


def test_a_moment_that_lies_ahead_counts_as_now(under_way, barts):
    desk = Desk(under_way)

    mark(desk, key(barts.director), HERE, Tap("forged", now() + timedelta(days=300)))

    assert db.session.query(Attendance).one().marked_at == now()


def test_somebody_who_comes_for_another_is_kept_with_name_and_role_for_the_others_trust(under_way, barts):
    marked = came_for(
        Desk(under_way), key(barts.director), Visitor(" Sam  Shah ", "S@x.example", role="Deputy"), Tap("a")
    )

    row = marked.attendee.row
    assert (row.deputy_name, row.deputy_email, row.deputy_role) == ("Sam Shah", "s@x.example", "Deputy")
    assert (row.state, row.trust, row.deputy) == (Presence.DEPUTY, barts.trust, None)


def test_a_deputy_who_has_a_place_of_their_own_is_refused(under_way, barts):
    with pytest.raises(HasAPlace) as refused:
        came_for(Desk(under_way), key(barts.director), Visitor("tom reid"), Tap("a"))

    assert refused.value.attendee.person is barts.manager
    assert db.session.query(Attendance).count() == 0


def test_a_deputy_of_the_same_name_from_elsewhere_is_another_person(under_way, barts, leeds):
    marked = came_for(Desk(under_way), key(barts.director), Visitor("Ana Costa"), Tap("a"))

    assert marked.attendee.state is Presence.DEPUTY
    assert states(under_way)["Ana Costa"] is None


def test_a_deputy_whom_the_programme_knows_is_that_person(under_way, barts):
    deputy = a_person(under_way.programme, "Sam Shah", email="sam@x.example")

    marked = came_for(Desk(under_way), key(barts.director), Visitor("Sam Shah", "Sam@x.example"), Tap("a"))

    assert marked.attendee.row.deputy is deputy


@BOTH
def test_a_walk_in_is_added_and_typed_twice_stays_one(under_way, barts):
    desk = Desk(under_way)

    added = walk_in(desk, Visitor("Noor Ali", trust="barts health"), Tap("a"))
    again = walk_in(desk, Visitor("noor  ali", trust="R1H"), Tap("b"))
    without = walk_in(desk, Visitor("Noor Ali"), Tap("c"))

    assert (added.known, again.known, without.known) == (False, True, True)
    assert states(under_way) == {"Noor Ali": "present", "Amara Okafor": None, "Tom Reid": None}
    assert added.attendee.trust is barts.trust


def test_a_walk_in_from_another_trust_is_another_person(under_way, barts):
    walk_in(Desk(under_way), Visitor("Noor Ali", trust="R1H"), Tap("a"))
    walk_in(Desk(under_way), Visitor("Noor Ali", trust="A charity"), Tap("b"))

    assert [one.whence for one in room_of(under_way).attendees if one.is_walk_in] == [
        "Barts Health NHS Trust",
        "A charity",
    ]


def test_a_walk_in_who_has_a_place_is_marked_on_the_list(under_way, barts):
    marked = walk_in(Desk(under_way), Visitor("Amara Okafor", barts.director.email.upper()), Tap("a"))

    assert (marked.known, marked.attendee.person) == (True, barts.director)
    assert states(under_way) == {"Amara Okafor": "present", "Tom Reid": None}


def test_a_walk_in_with_a_place_elsewhere_is_that_person(under_way, barts):
    other = a_person(under_way.programme, "Ida Berg", email="ida@x.example")

    marked = walk_in(Desk(under_way), Visitor("Ida B", "ida@x.example"), Tap("a"))

    assert (marked.attendee.person, marked.attendee.is_walk_in) == (other, True)


def test_nobody_is_here_before_the_day_but_apologies_are_taken(under_way, barts):
    desk = Desk(under_way)
    with time_machine.travel(under_way.starts_at - timedelta(days=1)):
        with pytest.raises(CheckInClosed):
            mark(desk, key(barts.director), HERE, Tap("a"))
        mark(desk, key(barts.director), APOLOGIES, Tap("b"))

    assert states(under_way)["Amara Okafor"] == "apologies"


def test_nobody_is_marked_at_a_session_that_was_withdrawn(under_way, barts):
    under_way.withdrawn_at = now()

    with pytest.raises(CheckInClosed):
        mark(Desk(under_way), key(barts.director), APOLOGIES, Tap("a"))
    with pytest.raises(CheckInClosed):
        walk_in(Desk(under_way), Visitor("Noor Ali"), Tap("b"))


def test_nobody_who_is_not_on_the_list_is_marked(under_way, barts):
    stranger = a_person(under_way.programme)

    with pytest.raises(NotOnTheList):
        mark(Desk(under_way), key(stranger), HERE, Tap("a"))
