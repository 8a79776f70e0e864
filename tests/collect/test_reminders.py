"""Who is asked and reminded: only people with dates left, once, in words of their own count."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.closing import ClosingDateRefused, NothingToAsk, change_closing_date, close_now
from scheduler.collect.reminders import ask, asked_by, draft, missing, remind
from scheduler.extensions import db
from scheduler.models import OutboxMessage, Reminder
from tests.builders import (
    a_facilitator,
    a_pair,
    a_person,
    a_programme,
    a_session,
    an_event,
    an_organiser,
    answered,
    both_answered,
    keep,
    leads,
    sets_event,
)


@pytest.fixture
def programme(app):
    return a_programme(name="R&D leadership programme 2027")


@pytest.fixture
def organiser(programme):
    return an_organiser(programme)


@pytest.fixture
def event(programme):
    event = an_event(programme, title="Workshop 1")
    a_session(event)
    a_session(event)
    return event


def letters():
    return db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)).all()


def text_of(letter):
    return message_from_bytes(letter.body, policy=policy.default).get_body(("plain",)).get_content()


def html_of(letter):
    return message_from_bytes(letter.body, policy=policy.default).get_body(("html",)).get_content()


def in_days(days):
    return now() + timedelta(days=days)


def test_asking_opens_the_events_and_writes_once_to_each_person_for_all_of_them(programme, organiser):
    first, second = (an_event(programme, open_for_answers=False, title=f"Workshop {n}") for n in (1, 2))
    for event in (first, first, second):
        a_session(event)
    pair = a_pair(programme)

    written_to = ask([first, second], in_days(14), by=organiser)

    assert written_to == 2
    assert first.is_open()
    assert second.is_open()
    assert [(letter.kind, letter.to_address) for letter in letters()] == [
        ("ask", person.email) for person in sorted(pair.people, key=lambda person: person.name)
    ]
    text = text_of(letters()[0])
    assert letters()[0].subject.startswith("3 dates to answer by ")
    assert "- Workshop 1: 2 dates" in text
    assert "- Workshop 2: 1 date" in text
    assert "(UK time)" in text
    assert "This link is yours alone" in text


def test_a_letter_says_the_same_in_text_and_html_and_shows_nobody_elses_address(programme, organiser, event):
    pair, other = a_pair(programme), a_pair(programme)
    remind(programme, {pair.director.id}, by=organiser, opening="Two days to go.")

    [letter] = letters()
    text, html = text_of(letter), html_of(letter)

    assert "Two days to go." in text
    assert "Two days to go." in html
    assert "- Workshop 1: 2 dates left" in text
    assert "<li>Workshop 1: 2 dates left</li>" in html
    assert "\n\n\n" not in text
    assert [p.email for p in (pair.manager, *other.people) if p.email.encode() in letter.body] == []


def test_only_people_with_dates_left_are_reminded_even_if_others_were_chosen(programme, organiser, event):
    done, waits = a_pair(programme), a_pair(programme)
    for session in event.sessions:
        both_answered(done, session)
        answered(waits.director, session)

    reminded = remind(programme, {p.id for p in (*done.people, *waits.people)}, by=organiser)

    assert reminded == 1
    assert [letter.to_address for letter in letters()] == [waits.manager.email]
    assert letters()[0].subject.startswith("2 dates left, closes ")


def test_a_no_of_the_partner_leaves_nothing_to_remind_of(programme, event):
    pair = a_pair(programme)
    for session in event.sessions:
        answered(pair.director, session, "no")

    assert missing(programme) == []


def test_who_was_written_to_within_three_days_is_known_and_a_second_press_writes_nothing(programme, organiser, event):
    pair = a_pair(programme)
    everyone = {person.id for person in pair.people}

    assert remind(programme, everyone, by=organiser) == 2
    assert remind(programme, everyone, by=organiser) == 0
    assert all(one.left_alone() for one in missing(programme))
    assert len(letters()) == 2


def test_after_three_days_a_person_may_be_reminded_again(programme, organiser, event):
    person = a_pair(programme).director
    keep(Reminder(programme_id=programme.id, person_id=person.id, kind="ask", sent_at=in_days(-4)))

    [one] = [one for one in missing(programme) if one.person == person]

    assert not one.left_alone()
    assert remind(programme, {person.id}, by=organiser) == 1


def test_facilitators_are_asked_too(programme, organiser):
    sets = sets_event(programme)
    facilitator = a_facilitator(programme)
    leads(sets, facilitator)

    assert [(one.person, one.left) for one in missing(programme)] == [(facilitator.person, 4)]


def test_closed_events_and_other_programmes_are_not_reminded_of(programme, organiser, event):
    a_pair(programme)
    elsewhere = an_event(a_programme())
    a_session(elsewhere)
    theirs = a_pair(elsewhere.programme)
    close_now(event, by=organiser)

    assert missing(programme) == []
    assert remind(programme, {person.id for person in theirs.people}, by=organiser) == 0


def test_a_closing_date_lies_ahead_and_before_the_last_date(programme, organiser, event):
    for wrong in (in_days(-1), max(session.starts_at for session in event.sessions)):
        with pytest.raises(ClosingDateRefused):
            change_closing_date(event, wrong, by=organiser)

    change_closing_date(event, in_days(3), by=organiser)
    assert event.is_open()


def test_an_event_without_dates_is_not_asked_and_nobody_is_written_to(programme, organiser):
    a_pair(programme)
    empty = an_event(programme, open_for_answers=False, title="Workshop 9")

    with pytest.raises(NothingToAsk, match="Workshop 9 has no date ahead"):
        ask([empty], in_days(14), by=organiser)

    assert empty.opened_at is None
    assert letters() == []


def test_a_preview_is_what_the_person_gets_but_for_the_link_and_changes_nothing(programme, organiser):
    event = an_event(programme, open_for_answers=False, title="Workshop 1")
    a_session(event)
    pair = a_pair(programme, director=a_person(programme, "Amara Okafor"), manager=None)
    closes = in_days(14)

    [one] = asked_by([event])
    preview = draft("ask", one, "Hello all.", closes)
    assert letters() == []

    ask([event], closes, by=organiser, opening="Hello all.")
    [letter] = letters()
    link = next(line for line in text_of(letter).splitlines() if "/p/" in line)
    assert preview.to == pair.director
    assert preview.subject == letter.subject
    assert text_of(letter).replace(link, "(their own link)").split() == preview.text.split()
