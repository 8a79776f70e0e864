"""Who is on the list of a session, and what is known of them."""

from __future__ import annotations

from datetime import date

from scheduler.follow.rooms import room_of
from scheduler.models import Apology, PairRole, Presence, RoleHeld, WhoComes
from scheduler.names import by_surname
from tests.builders import a_facilitator, a_person, attended, invited, keep
from tests.follow.conftest import expected
from tests.queries import queries_sent


def test_an_apology_sent_beforehand_shows_on_the_list_and_neither_of_us_speaks_for_both(under_way, barts, leeds):
    said = {"programme": under_way.programme, "session": under_way}
    keep(Apology(**said, person=barts.director, partner=barts.manager, who_comes=WhoComes.NOBODY))
    keep(Apology(**said, person=leeds.director, partner=leeds.manager, who_comes=WhoComes.PARTNER))

    away = {one.name: one.state for one in room_of(under_way).attendees}

    assert away == {
        "Ana Costa": Presence.APOLOGIES, "Lee Grant": None,
        "Amara Okafor": Presence.APOLOGIES, "Tom Reid": Presence.APOLOGIES,
    }  # fmt: skip


def test_who_came_after_all_is_here_whatever_they_said_before(under_way, barts):
    keep(Apology(programme=under_way.programme, session=under_way, person=barts.director, who_comes=WhoComes.NOBODY))
    attended(barts.director, under_way)

    assert [one.name for one in room_of(under_way).here] == ["Amara Okafor"]


def test_who_has_left_their_role_since_stays_on_the_list_for_their_trust(under_way, barts):
    leaver = barts.director
    held = {"programme": under_way.programme, "pair": barts, "role": PairRole.DIRECTOR}
    keep(RoleHeld(**held, person=leaver, since=date(2026, 1, 1), until=date(2027, 2, 1)))
    barts.director = a_person(under_way.programme, "Ida Berg")
    leaver.left_on = date(2027, 2, 1)

    here = room_of(under_way).by_key(f"p{leaver.id}")

    assert (here.trust, here.role) == (barts.trust, "director")


def test_facilitators_are_on_the_list(under_way):
    invited(a_facilitator(under_way.programme, name="Jo Hale").person, under_way)

    assert [(one.name, one.role) for one in room_of(under_way).attendees] == [("Jo Hale", "facilitator")]


def test_a_long_list_takes_as_many_queries_as_a_short_one(under_way, barts):
    attended(barts.director, under_way)
    with queries_sent() as short:
        room_of(under_way)
    for number in range(5):
        pair = expected(under_way, f"A {number}", f"B {number}")
        attended(pair.director, under_way)
        attended(None, under_way, walk_in=f"w{number}", name=f"W {number}")
    with queries_sent() as long:
        assert len(room_of(under_way).attendees) == 17

    assert len(long) == len(short)


def test_names_are_sorted_by_surname_with_its_small_words_and_accents_beside_plain_letters():
    names = ["Zoë Éclair", "Jan van der Berg", "Amara Okafor", "Cher", "Eve Edmonds", "Tom Vale"]

    assert sorted(names, key=by_surname) == [
        "Cher", "Zoë Éclair", "Eve Edmonds", "Amara Okafor", "Tom Vale", "Jan van der Berg"
    ]  # fmt: skip
