"""Who was at a session, as its check-in says."""

from __future__ import annotations

from scheduler.collect.presence import people_at, present_at, taken_at
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, attended


def test_the_trusts_somebody_came_for_are_told_by_session(app):
    programme = a_programme()
    one, other, third = (a_pair(programme) for _ in range(3))
    event = an_event(programme)
    first, second = a_session(event), a_session(event)
    attended(one.director, first)
    attended(one.manager, first)
    attended(other.director, first, "apologies")
    attended(other.manager, first, "absent")
    attended(third.director, first, "deputy", deputy_name="Sam Shah")
    attended(other.director, second)

    assert present_at([first.id, second.id]) == {
        first.id: {one.trust.id, third.trust.id},
        second.id: {other.trust.id},
    }


def test_attendance_counts_as_taken_once_somebody_was_marked_as_there(app):
    programme = a_programme()
    pair = a_pair(programme)
    event = an_event(programme)
    before, after, walked_in = a_session(event), a_session(event), a_session(event)
    attended(pair.director, before, "apologies")
    attended(pair.director, after)
    attended(None, walked_in, walk_in="lee grant|", name="Lee Grant")

    assert taken_at([before.id, after.id, walked_in.id]) == {after.id, walked_in.id}
    assert present_at([walked_in.id]) == {walked_in.id: frozenset()}


def test_a_deputy_whom_we_know_was_there_and_who_they_came_for_was_not(app):
    programme = a_programme()
    pair = a_pair(programme)
    deputy = a_person(programme)
    session = a_session(an_event(programme))
    attended(pair.director, session, "deputy", deputy=deputy, deputy_name=deputy.name)
    attended(pair.manager, session)

    assert people_at([session.id]) == {session.id: {deputy.id, pair.manager.id}}
