"""Asking to decide: only who bends for a party that says Yes to nothing, and no reason that is not computed."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.deciding import ask_to_decide, draft, undecided
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import OutboxMessage, Reminder
from tests.builders import (
    a_mix,
    a_pair,
    a_programme,
    a_session,
    an_event,
    an_organiser,
    answered,
    both_answered,
)


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def organiser(programme):
    return an_organiser(programme)


@pytest.fixture
def event(programme):
    return an_event(programme, title="Workshop 1")


@pytest.fixture
def date(event):
    """A date that needs two pairs."""
    return a_session(event, "2027-01-21 09:30", min_seats=4)


def letters():
    return db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == "decide")).all()


def text_of(letter):
    return (
        message_from_bytes(letter.body, policy=policy.default).get_body(("plain",)).get_content().replace("\r\n", "\n")
    )


def names(found):
    return [one.person.name for one in found]


def test_only_who_says_if_need_be_is_asked_not_the_partner_who_says_yes(programme, date):
    pair = a_pair(programme)
    answered(pair.director, date, "if-need-be")
    answered(pair.manager, date, "yes")

    assert names(undecided(programme)) == [pair.director.name]


@pytest.mark.parametrize("other", ["yes", None])
def test_who_says_yes_to_another_date_or_has_dates_left_is_not_asked(programme, event, date, other):
    pair, second = a_pair(programme), a_session(event, "2027-01-28 09:30")
    both_answered(pair, date, "if-need-be")
    if other:
        both_answered(pair, second, other)

    assert undecided(programme) == []


def test_a_closed_event_is_not_asked_about(programme, event, date):
    both_answered(a_pair(programme), date, "if-need-be")
    event.closes_at = now() - timedelta(minutes=1)
    db.session.commit()

    assert undecided(programme) == []


def test_the_reason_is_the_date_that_lacks_one_firm_pair(programme, date):
    bends, firm = a_pair(programme), a_pair(programme)
    both_answered(bends, date, "if-need-be")
    both_answered(firm, date, "yes")

    assert [one.reasons for one in undecided(programme)] == [["one pair more and 21 January runs"]] * 2


def test_a_date_that_lacks_two_says_so(programme, date):
    both_answered(a_pair(programme), date, "if-need-be")

    # It is one of the two, and nobody else can come: only a pair that is asked can be the other.
    a_pair(programme)
    assert {tuple(one.reasons) for one in undecided(programme)} == {("2 pairs more with a Yes and 21 January runs",)}


def test_there_is_no_reason_where_the_date_runs_without_anybody_who_bends(programme, date):
    both_answered(a_pair(programme), date, "if-need-be")
    for _ in range(2):
        both_answered(a_pair(programme), date, "yes")

    assert [one.reasons for one in undecided(programme)] == [[], []]


def test_there_is_no_reason_where_a_mix_rule_would_not_let_their_yes_count(programme, event, date):
    a_mix(event, max_share_text="0.5")
    both_answered(a_pair(programme, region="London"), date, "yes")
    same, other = (a_pair(programme, region=region) for region in ("London", "Midlands"))
    both_answered(same, date, "if-need-be")
    both_answered(other, date, "if-need-be")

    reasons = {one.parties[0].region: one.reasons for one in undecided(programme)}

    assert reasons == {"London": [], "Midlands": ["one pair more and 21 January runs"]}


def test_those_whose_yes_would_do_most_come_first(programme, event, date):
    far = a_session(event, "2027-01-28 09:30", min_seats=20)
    idle, near = a_pair(programme), a_pair(programme)
    both_answered(idle, far, "if-need-be")
    both_answered(idle, date, "no")
    both_answered(near, far, "no")
    both_answered(near, date, "if-need-be")

    assert names(undecided(programme))[:2] == sorted(person.name for person in near.people)


def test_exactly_the_chosen_are_written_to_and_a_second_press_writes_nothing(programme, organiser, date):
    pair = a_pair(programme)
    both_answered(pair, date, "if-need-be")
    chosen = {pair.director.id, a_pair(programme).director.id}

    first = ask_to_decide(programme, chosen, by=organiser)
    second = ask_to_decide(programme, chosen, by=organiser)

    assert (first, second) == (1, 0)
    assert [letter.to_address for letter in letters()] == [pair.director.email]
    assert db.session.scalars(sa.select(Reminder.kind)).all() == ["decide"]
    assert [one.left_alone() for one in undecided(programme)] == [
        one.person == pair.director for one in undecided(programme)
    ]


def test_the_letter_says_which_dates_what_a_yes_does_and_has_their_own_link(programme, organiser, date):
    bends, firm = a_pair(programme), a_pair(programme)
    both_answered(bends, date, "if-need-be")
    both_answered(firm, date, "yes")
    one = undecided(programme)[0]
    preview = draft(one, "Nearly there.")

    ask_to_decide(programme, {one.person.id}, by=organiser, opening="Nearly there.")

    (letter,) = letters()
    text = text_of(letter)
    assert letter.subject == "One pair more and 21 January runs – R&D leaders"
    assert "- Workshop 1: Thursday 21 January 2027, 9:30am to 4:30pm (one pair more and 21 January runs)" in text
    assert text == preview.text.replace("(their own link)", page_url(one.person))


def test_without_a_reason_the_subject_asks(programme, event):
    both_answered(a_pair(programme), a_session(event, min_seats=0), "if-need-be")
    for _ in range(2):
        both_answered(a_pair(programme), event.sessions[0], "yes")

    assert draft(undecided(programme)[0]).subject == "If need be on 1 date: can you decide? – R&D leaders"
