"""Saving answers: taps, shortcuts, undo, and what happens when they come late, twice or for others."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.clock import now
from scheduler.collect.answers import (
    Hand,
    NothingToUndo,
    away,
    fill_in_from,
    history_of,
    last_undoable,
    no_to_the_rest,
    no_to_week,
    save_answers,
    save_comment,
    undo,
)
from scheduler.collect.dates import asked_of
from scheduler.extensions import db
from scheduler.models import Answer, AuditEntry, Availability, GivenIn
from tests.builders import (
    a_facilitator,
    a_pair,
    a_person,
    a_programme,
    a_session,
    an_event,
    an_organiser,
    answered,
    leads,
    named,
    sets_event,
)
from tests.conftest import BOTH, BOTH_AT_LENGTH
from tests.queries import queries_sent

YES, IF_NEED_BE, NO = Answer.YES, Answer.IF_NEED_BE, Answer.NO


def answers_of(person):
    rows = db.session.execute(
        sa.select(Availability.session_id, Availability.answer).where(Availability.person_id == person.id)
    )
    return dict(rows.all())


@pytest.fixture
def workshop(app):
    """A workshop of four dates: three in the week of 11 January 2027, one in the week after."""
    event = an_event(a_programme())
    for day in ("2027-01-12", "2027-01-14", "2027-01-15", "2027-01-21"):
        a_session(event, f"{day} 09:30")
    return event


@pytest.fixture
def pair(workshop):
    return a_pair(workshop.programme)


@BOTH
def test_answers_are_stored_and_the_last_tap_of_a_date_stands(workshop, pair):
    first, second, *_ = workshop.sessions

    save_answers(pair.director, {first.id: YES, second.id: IF_NEED_BE})
    save_answers(pair.director, {first.id: NO})

    assert answers_of(pair.director) == {first.id: NO, second.id: IF_NEED_BE}
    assert answers_of(pair.manager) == {}


@BOTH
def test_clearing_goes_back_to_not_answered_and_the_history_keeps_both(workshop, pair):
    first = workshop.sessions[0]
    save_answers(pair.director, {first.id: YES})

    save_answers(pair.director, {first.id: None})

    assert answers_of(pair.director) == {}
    assert [(c.deed, c.before, c.after) for c in history_of(pair.director)] == [
        ("clear", {str(first.id): "yes"}, {str(first.id): None}),
        ("answers", {str(first.id): None}, {str(first.id): "yes"}),
    ]


@BOTH
def test_the_same_save_delivered_twice_and_out_of_order_lets_the_last_tap_win(workshop, pair):
    first = workshop.sessions[0]
    tapped = now() - timedelta(minutes=5)
    save_answers(pair.director, {first.id: YES}, tapped_at=tapped)
    save_answers(pair.director, {first.id: NO}, tapped_at=tapped + timedelta(seconds=2))

    again = save_answers(pair.director, {first.id: YES}, tapped_at=tapped)

    assert answers_of(pair.director) == {first.id: NO}
    assert again.changed == 0
    assert again.late == {first.id}


def test_a_late_tap_does_not_bring_back_what_was_cleared_after_it(workshop, pair):
    first = workshop.sessions[0]
    tapped = now() - timedelta(minutes=5)
    save_answers(pair.director, {first.id: NO}, tapped_at=tapped)
    save_answers(pair.director, {first.id: None}, tapped_at=tapped + timedelta(seconds=9))

    save_answers(pair.director, {first.id: YES}, tapped_at=tapped + timedelta(seconds=1))

    assert answers_of(pair.director) == {}


def test_a_tap_from_a_clock_that_is_ahead_cannot_shut_out_later_ones(workshop, pair):
    first = workshop.sessions[0]
    save_answers(pair.director, {first.id: YES}, tapped_at=now() + timedelta(days=1))

    save_answers(pair.director, {first.id: NO})

    assert answers_of(pair.director) == {first.id: NO}


def test_saving_what_stands_already_writes_no_history(workshop, pair):
    first = workshop.sessions[0]
    save_answers(pair.director, {first.id: YES})

    saved = save_answers(pair.director, {first.id: YES})

    assert saved.changed == 0
    assert len(history_of(pair.director)) == 1


def test_a_closed_date_and_a_withdrawn_one_are_refused_by_name_and_the_others_saved(workshop, pair):
    first, second, *_ = workshop.sessions
    closed = an_event(workshop.programme, closes_at=now() - timedelta(hours=1))
    too_late = a_session(closed)
    first.withdrawn_at = now()
    db.session.commit()

    saved = save_answers(pair.director, {first.id: YES, second.id: YES, too_late.id: YES})

    assert saved.changed == 1
    assert set(saved.refused) == {first, too_late}
    assert answers_of(pair.director) == {second.id: YES}


def test_dates_of_events_one_is_not_asked_to_are_passed_over_without_a_word(workshop, pair):
    elsewhere = a_session(an_event(a_programme()))
    not_asked = a_session(an_event(workshop.programme, audience={"who": "pairs", "regions": ["Midlands"]}))
    not_open = a_session(an_event(workshop.programme, open_for_answers=False))

    saved = save_answers(pair.director, {elsewhere.id: YES, not_asked.id: YES, not_open.id: YES, 10**9: YES})

    assert (saved.changed, saved.refused) == (0, ())
    assert answers_of(pair.director) == {}


def test_no_to_a_week_takes_the_dates_that_start_in_it_by_their_venue_s_calendar(workshop, pair):
    in_week = [session.id for session in workshop.sessions[:3]]

    saved = no_to_week(pair.director, date(2027, 1, 11))

    assert saved.changed == 3
    assert answers_of(pair.director) == dict.fromkeys(in_week, NO)


def test_away_takes_every_date_that_touches_the_days_and_overrules_what_stood(workshop, pair):
    _, second, third, _ = workshop.sessions
    save_answers(pair.director, {second.id: YES})

    away(pair.director, date(2027, 1, 14), date(2027, 1, 20))

    assert answers_of(pair.director) == {second.id: NO, third.id: NO}


def test_an_event_over_midnight_touches_both_its_days_and_one_that_ends_at_midnight_only_its_own(app):
    event = an_event(a_programme())
    pair = a_pair(event.programme)
    until_midnight = a_session(event, "2027-02-01 17:00", hours=7)
    over_midnight = a_session(event, "2027-02-01 20:00", hours=7)

    away(pair.director, date(2027, 2, 2), date(2027, 2, 2))

    assert answers_of(pair.director) == {over_midnight.id: NO}
    assert until_midnight.local_end.hour == 0


def test_fill_in_copies_the_partner_s_answers_to_what_is_not_answered_alone(workshop, pair):
    first, second, third, fourth = (session.id for session in workshop.sessions)
    save_answers(pair.manager, {first: YES, second: NO, third: IF_NEED_BE})
    save_answers(pair.director, {first: NO})

    saved = fill_in_from(pair.director, pair.manager)

    assert saved.changed == 2
    assert answers_of(pair.director) == {first: NO, second: NO, third: IF_NEED_BE}
    assert fourth not in answers_of(pair.director)


def test_nobody_fills_in_from_a_person_who_is_not_their_partner(workshop, pair):
    other = a_pair(workshop.programme)
    save_answers(other.manager, {workshop.sessions[0].id: YES})

    saved = fill_in_from(pair.director, other.manager)

    assert saved.changed == 0


def test_no_to_the_rest_leaves_what_is_answered(workshop, pair):
    first, *rest = (session.id for session in workshop.sessions)
    save_answers(pair.director, {first: YES})

    no_to_the_rest(pair.director)

    assert answers_of(pair.director) == {first: YES} | dict.fromkeys(rest, NO)


def test_undo_is_offered_until_the_next_change_and_only_once(workshop, pair):
    first = workshop.sessions[0]
    change = no_to_week(pair.director, date(2027, 1, 11)).change
    undo(pair.director, change.id)
    with pytest.raises(NothingToUndo):
        undo(pair.director, change.id)

    change = no_to_week(pair.director, date(2027, 1, 11)).change
    assert last_undoable(pair.director) == change
    save_answers(pair.director, {first.id: YES})

    assert last_undoable(pair.director) is None
    with pytest.raises(NothingToUndo):
        undo(pair.director, change.id)
    assert answers_of(pair.director)[first.id] is YES


def test_nobody_undoes_what_another_did(workshop, pair):
    change = no_to_week(pair.director, date(2027, 1, 11)).change

    with pytest.raises(NothingToUndo):
        undo(pair.manager, change.id)


def test_an_answer_on_behalf_says_who_gave_it_and_how_it_was_told_and_may_come_after_closing(workshop, pair):
    organiser = an_organiser(workshop.programme)
    workshop.closes_at = now() - timedelta(minutes=1)
    db.session.commit()
    first = workshop.sessions[0]

    save_answers(pair.director, {first.id: YES}, hand=Hand.on_behalf(organiser, "by phone"))

    row = db.session.scalars(sa.select(Availability)).one()
    change = history_of(pair.director)[0]
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (row.given_in, row.given_by_id) == (GivenIn.ON_BEHALF, organiser.id)
    assert (change.given_in, change.given_by_id, change.heard_how) == (GivenIn.ON_BEHALF, organiser.id, "by phone")
    assert (entry.what, entry.thing, entry.details) == ("answers.given_on_behalf", pair.director.name, {"dates": 1})


def test_a_comment_is_kept_as_text_and_does_not_count_as_an_edit_of_the_person(workshop, pair):
    version = pair.director.version

    save_comment(pair.director, "  Tuesdays are hard\r\n\x07until March ")

    assert pair.director.answer_comment == "Tuesdays are hard\nuntil March"
    assert pair.director.version == version


def test_a_partner_s_no_takes_a_date_out_of_the_counter_until_the_partner_changes(workshop, pair):
    first = workshop.sessions[0]
    save_answers(pair.manager, {first.id: NO})
    assert (asked_of(pair.director).answered, asked_of(pair.director).total) == (0, 3)

    save_answers(pair.manager, {first.id: YES})

    assert (asked_of(pair.director).answered, asked_of(pair.director).total) == (0, 4)


def test_a_date_that_was_added_after_the_last_answer_to_its_event_is_new(workshop, pair):
    save_answers(pair.director, {workshop.sessions[0].id: YES})
    added = a_session(workshop, "2027-02-02 09:30")
    db.session.expire_all()

    new = [asked.session for asked in asked_of(pair.director).dates if asked.new]

    assert new == [added]


def test_who_serves_two_trusts_is_asked_each_date_once_with_both_partners(workshop, pair):
    other = a_pair(workshop.programme, director=pair.director)

    asked = asked_of(pair.director)

    assert [found.session for found in asked.dates] == workshop.sessions
    assert set(asked.partners) == {pair.manager, other.manager}


def test_facilitators_are_asked_when_they_can_lead_and_people_by_name_when_they_can_come(app):
    programme = a_programme()
    sets = sets_event(programme)
    facilitator = a_facilitator(programme)
    leads(sets, facilitator)
    conference = an_event(programme, audience={"who": "named"})
    a_session(conference)
    speaker = a_person(programme)
    named(conference, person=speaker)

    assert [asked.session for asked in asked_of(facilitator.person).dates] == sets.sessions
    assert [asked.session for asked in asked_of(speaker).dates] == conference.sessions


def test_the_number_of_queries_does_not_grow_with_the_dates(app):
    programme = a_programme()
    pair = a_pair(programme)

    def queries_for(sessions):
        event = an_event(programme)
        for _ in range(sessions):
            answered(pair.manager, a_session(event))
        person = db.session.get_one(type(pair.director), pair.director_id)
        db.session.expire_all()
        with queries_sent() as sent:
            asked_of(person)
        return len(sent)

    assert queries_for(sessions=12) <= queries_for(sessions=1) * 2


# Any sequence of taps, shortcuts and undos ends with exactly what a simple model says.

DATES = [date(2027, 1, 12), date(2027, 1, 14), date(2027, 1, 19), date(2027, 1, 28), date(2027, 3, 30)]
some_answer = st.sampled_from([YES, IF_NEED_BE, NO, None])
deeds = st.one_of(
    st.tuples(st.just("tap"), st.dictionaries(st.integers(0, len(DATES) - 1), some_answer, min_size=1, max_size=3)),
    st.tuples(st.just("partner taps"), st.dictionaries(st.integers(0, len(DATES) - 1), some_answer, max_size=3)),
    st.tuples(st.just("week"), st.sampled_from([date(2027, 1, 11), date(2027, 1, 18), date(2027, 3, 29)])),
    st.tuples(st.just("away"), st.tuples(st.sampled_from(DATES), st.sampled_from(DATES))),
    st.tuples(st.just("fill in"), st.none()),
    st.tuples(st.just("rest"), st.none()),
    st.tuples(st.just("undo"), st.none()),
)


class Model:
    """Answers as a list of five, and the one state that undo goes back to."""

    def __init__(self):
        self.mine, self.theirs, self.kept = [None] * 5, [None] * 5, None

    def do(self, deed, told):
        before = [*self.mine]
        undoable = deed in ("week", "away", "fill in", "rest") or (deed == "tap" and set(told.values()) == {None})
        if deed == "partner taps":
            for at, answer in told.items():
                self.theirs[at] = answer
            return
        if deed == "undo":
            if self.kept is not None:
                self.mine, self.kept = self.kept, None
            return
        for at, day in enumerate(DATES):
            if deed == "tap" and at in told:
                self.mine[at] = told[at]
            if deed == "week" and 0 <= (day - told).days < 7:
                self.mine[at] = NO
            if deed == "away" and told[0] <= day <= told[1]:
                self.mine[at] = NO
            if deed == "fill in" and self.mine[at] is None:
                self.mine[at] = self.theirs[at]
            if deed == "rest" and self.mine[at] is None:
                self.mine[at] = NO
        if before != self.mine:
            self.kept = before if undoable else None


def perform(deed, told, pair, sessions):
    person = pair.director
    if deed == "tap":
        save_answers(person, {sessions[at].id: answer for at, answer in told.items()})
    elif deed == "partner taps":
        save_answers(pair.manager, {sessions[at].id: answer for at, answer in told.items()})
    elif deed == "week":
        no_to_week(person, told)
    elif deed == "away":
        away(person, *told)
    elif deed == "fill in":
        fill_in_from(person, pair.manager)
    elif deed == "rest":
        no_to_the_rest(person)
    elif (change := last_undoable(person)) is not None:
        undo(person, change.id)


@BOTH_AT_LENGTH
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(deeds, max_size=12))
def test_any_sequence_of_taps_shortcuts_and_undos_ends_as_a_simple_model_says(app, sequence):
    event = an_event(a_programme())
    sessions = [a_session(event, f"{day} 09:30") for day in DATES]
    pair = a_pair(event.programme)
    model = Model()

    for deed, told in sequence:
        perform(deed, told, pair, sessions)
        model.do(deed, told)

    stored = answers_of(pair.director)
    assert [stored.get(session.id) for session in sessions] == model.mine


@BOTH_AT_LENGTH
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_taps_delivered_in_any_order_and_number_end_as_tapped(app, data):
    event = an_event(a_programme())
    session = a_session(event, "2027-01-12 09:30")
    pair = a_pair(event.programme)
    taps = data.draw(st.lists(some_answer, min_size=1, max_size=5))
    start = now().astimezone(UTC) - timedelta(hours=1)
    deliveries = data.draw(st.permutations([*range(len(taps)), *range(len(taps))]))

    for tap in deliveries:
        save_answers(pair.director, {session.id: taps[tap]}, tapped_at=start + timedelta(seconds=tap))

    # What was tapped to be what it was already leaves no trace: only the last tap must be right.
    assert answers_of(pair.director).get(session.id) == taps[-1]
