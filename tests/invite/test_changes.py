"""Who must be told what: what people were told, what waits, and what is wanted, in every combination."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.invite.changes import Changes, Move, Place, Standing, between

NOW = datetime(2027, 1, 1, tzinfo=UTC)
MORNING = datetime(2027, 1, 12, 9, 30, tzinfo=UTC)


def place(person=1, session=1, event=1, *, starts=MORNING, location="Leeds", address="ann@trust.example"):
    return Place(person, session, event, address, starts, starts + timedelta(hours=7), "Europe/London", location)


def told(at):
    return Standing(told=at, written=at)


def changes(standing, wanted, at=NOW):
    return between(dict(standing), {each.key: each for each in wanted}, at)


HERE = place()
LATER = place(starts=MORNING + timedelta(days=7))
KEY = HERE.key


def test_who_was_told_nothing_and_gets_a_place_is_invited():
    assert changes({}, [HERE]) == Changes(new=(HERE,))


def test_who_holds_what_is_wanted_hears_nothing():
    assert changes({KEY: told(HERE)}, [HERE]) == Changes(same=(HERE,))


def test_a_new_time_a_new_place_and_a_new_name_of_the_venue_are_changes():
    for now in (LATER, place(location="York")):
        assert changes({KEY: told(HERE)}, [now]) == Changes(changed=(Move(HERE, now),))


def test_another_zone_at_the_same_moment_is_none():
    same = replace(HERE, time_zone="UTC")

    assert changes({KEY: told(HERE)}, [same]).messages == 0


def test_another_address_ends_the_entry_at_the_old_one_and_begins_one_at_the_new():
    now = place(address="ann@merged.example")

    found = changes({KEY: told(HERE)}, [now])

    assert found == Changes(readdressed=(Move(HERE, now),))
    assert (found.invitations, found.cancellations, found.messages) == (1, 1, 2)


def test_another_session_of_the_same_event_is_a_move_and_of_another_event_is_not():
    there, elsewhere = place(session=2), place(session=3, event=2)

    assert changes({KEY: told(HERE)}, [there]) == Changes(moved=(Move(HERE, there),))
    assert changes({KEY: told(HERE)}, [elsewhere]) == Changes(new=(elsewhere,), gone=(HERE,))


def test_a_place_nobody_ever_heard_of_goes_without_a_word():
    assert changes({KEY: Standing(told=None, written=HERE)}, []) == Changes(dropped=(HERE,))


def test_an_invitation_that_waits_and_is_overtaken_is_written_anew_as_one():
    assert changes({KEY: Standing(told=None, written=HERE)}, [LATER]) == Changes(new=(LATER,))


def test_going_back_to_what_people_were_told_before_the_change_left_says_nothing():
    waits = Standing(told=HERE, written=LATER)

    found = changes({KEY: waits}, [HERE])

    assert found == Changes(restored=(HERE,))
    assert (found.messages, found.overtaken, found.people_untouched) == (0, {KEY}, {1})


def test_a_cancellation_that_still_waits_is_taken_back_where_the_place_is_wanted_again():
    off = Standing(told=HERE, written=None)

    assert changes({KEY: off}, [HERE]) == Changes(restored=(HERE,))
    assert changes({KEY: off}, [LATER]) == Changes(changed=(Move(HERE, LATER),))
    assert changes({KEY: off}, []) == Changes()


def test_the_change_told_is_from_what_people_know_not_from_what_never_left():
    third = place(starts=MORNING + timedelta(days=14))

    assert changes({KEY: Standing(told=HERE, written=LATER)}, [third]) == Changes(changed=(Move(HERE, third),))


def test_what_is_over_is_history():
    after = LATER.end + timedelta(days=1)

    assert changes({KEY: told(HERE)}, [], after).messages == 0
    assert changes({}, [HERE], after).messages == 0
    assert changes({KEY: told(HERE)}, [LATER], after).messages == 0


people, sessions = st.integers(1, 4), st.integers(1, 4)
places = st.builds(
    lambda person, session, day, location: place(
        person, session, event=session % 2, starts=MORNING + timedelta(days=day - 15), location=location
    ),
    people,
    sessions,
    st.integers(0, 3).map(lambda n: n * 10),
    st.sampled_from(["Leeds", "York"]),
)
plans = st.lists(places, max_size=8).map(lambda found: {each.key: each for each in found})


@st.composite
def standings(draw):
    told, written = draw(plans), draw(plans)
    return {key: Standing(told.get(key), written.get(key)) for key in told.keys() | written.keys()}


@given(standings(), plans)
def test_whatever_was_told_and_whatever_waits_everybody_ends_with_what_is_wanted(standing, wanted):
    found = between(standing, wanted, NOW)

    knows = {key: (each.written if key not in found.overtaken else each.told) for key, each in standing.items()}
    for gone in (*found.gone, *(move.was for move in (*found.moved, *found.readdressed))):
        knows[gone.key] = None
    for now in (*found.new, *(move.now for move in found.moves)):
        knows[now.key] = now
    for dropped in found.dropped:
        knows[dropped.key] = None
    lasting = {key for key, each in [*knows.items(), *wanted.items()] if each is not None and each.end > NOW}
    for key in lasting:
        here, there = knows.get(key), wanted.get(key)
        over = [each.end <= NOW for each in (here, there) if each is not None]
        assert any(over) or (here == there if here is None or there is None else not here.differs_from(there))


@given(standings(), plans)
def test_each_invitation_is_in_one_group_and_nobody_is_both_told_and_untouched(standing, wanted):
    found = between(standing, wanted, NOW)

    was = [*found.gone, *found.dropped, *found.restored, *found.same, *(move.was for move in found.moves)]
    keys = [each.key for each in was]
    assert len(keys) == len(set(keys))
    assert not found.people_told & found.people_untouched
    assert found.messages == sum(found.of(person).messages for person in found.people_told)


@given(plans)
def test_publishing_again_what_everybody_was_told_says_nothing(wanted):
    found = between({key: told(each) for key, each in wanted.items()}, wanted, NOW)

    assert found.messages == 0
    assert found.overtaken == frozenset()
