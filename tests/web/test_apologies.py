""" "I can no longer come", from the person's page to the organiser's list."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.links import page_url, renew
from scheduler.extensions import db
from scheduler.invite.publishing import publish
from scheduler.models import Apology, Invitation, Purpose, Role, WhoComes
from scheduler.plan.problems import problem_for
from tests.builders import (
    a_pair,
    a_person,
    a_programme,
    a_session,
    a_trust,
    a_venue,
    an_event,
    an_organiser,
    both_answered,
    sets_event,
)
from tests.invite.plans import a_plan
from tests.web.page import Visitor

TERMS = dict.fromkeys(
    ("unplaced", "open_cost", "costs", "if_need_be", "burden", "repeat_encounter", "mix_imbalance", "change"), 0
)
DEPUTY = {"who_comes": "someone", "name": "Sam Lee", "role": "Deputy R&D manager", "email": "sam@trust.example"}


@pytest.fixture
def programme(app):
    return a_programme(name="R&D leadership programme 2027")


@pytest.fixture
def aisha(programme):
    return an_organiser(programme, name="Aisha Khan")


@pytest.fixture
def organiser(app, aisha):
    return Visitor(app).log_in(aisha)


@pytest.fixture
def pair(programme):
    trust = a_trust(programme, name="Barts Health NHS Trust")
    people = {"director": a_person(programme, "Amara Okafor"), "manager": a_person(programme, "Tom Reid")}
    return a_pair(programme, trust=trust, **people)


@pytest.fixture
def session(programme, pair):
    event = an_event(programme, title="Workshop 1", closes_at=now() - timedelta(hours=1))
    session = a_session(event, "2027-01-12 09:30", venue=a_venue(programme))
    both_answered(pair, session)
    return session


@pytest.fixture
def plan(programme, pair, session, aisha):
    """The published plan, with the pair on 12 January."""
    return published(a_plan(programme, [(pair, session)]), aisha)


@pytest.fixture
def amara(pair, plan):
    """The address of Amara's page."""
    address = urlsplit(page_url(pair.director)).path
    db.session.commit()
    return address


@pytest.fixture
def question(amara, pair):
    """The address of the question about her one date."""
    return f"{amara}/dates/{invitation_of(pair.director).id}/cannot-come"


@pytest.fixture
def top(programme):
    return f"/programmes/{programme.slug}"


def invitation_of(person):
    return db.session.scalars(sa.select(Invitation).filter_by(person_id=person.id)).one()


def kept():
    return db.session.scalars(sa.select(Apology)).all()


def published(plan, by):
    """A plan that was published, and that its own pages can show."""
    publish(plan, by=by)
    plan.problem, plan.terms = problem_for(plan.programme), TERMS
    db.session.commit()
    return plan


def first_button(page):
    """Where the first button of the list posts to, and what."""
    action = page.select(".app-apology form")[0]["action"]
    return action, page.form(action)


def choices(page):
    return [label.get_text(strip=True) for label in page.select(".nhsuk-radios__label")]


def test_each_placed_date_leads_to_a_question_with_three_choices(visitor, amara, question):
    page = visitor.get(amara)
    assert page.links["I can no longer come: Workshop 1, 12 January"] == question

    asked = visitor.get(question)

    assert asked.h1 == "I can no longer come"
    assert choices(asked) == ["Tom still comes", "Someone comes for me", "Neither of us"]
    assert "Workshop 1Tuesday 12 January 2027, 9:30am to 4:30pm" in asked.text
    assert "Do not give health reasons" in asked.text


def test_who_comes_is_told_to_the_organisers_and_shown_on_the_date(visitor, amara, question):
    page = visitor.post(question, {"who_comes": "partner"})

    assert page.address == amara
    assert page.said == "We have told the organisers."
    assert "You told us that you can no longer come: Tom Reid still comes." in page.text
    assert page.links["Change this: Workshop 1, 12 January"] == question


def test_a_second_word_changes_the_first_and_it_can_be_taken_back(visitor, question):
    visitor.post(question, DEPUTY)

    asked = visitor.get(question)
    assert "Sam Lee comes for you." in asked.text
    assert choices(asked)[-1] == "I can come after all"
    assert asked.form_values == DEPUTY | {"reason": ""}
    page = visitor.post(question, asked.form_values | {"who_comes": "self"})

    assert [apology.who_comes for apology in kept()] == [WhoComes.SELF]
    assert "You told us" not in page.text
    assert choices(visitor.get(question))[-1] == "Neither of us"


def test_a_deputy_is_asked_for_name_role_and_address_at_their_fields_and_nothing_typed_is_lost(visitor, question):
    typed = {"who_comes": "someone", "name": "Sam Lee", "role": "", "email": "sam at trust", "reason": "A visit"}

    page = visitor.post(question, typed)

    assert page.title == "Error: I can no longer come – Convene"
    assert page.error_summary == {
        "#email": "Enter an email address in the correct format, like name@example.com",
        "#role": "Enter the role of who comes for you",
    }
    assert page.error_at("role") == "Enter the role of who comes for you"
    assert page.form_values == typed
    assert kept() == []


def test_what_stands_in_the_deputys_fields_is_no_fault_and_not_kept_where_nobody_comes(visitor, question):
    visitor.post(question, {"who_comes": "nobody", "name": "Sam", "email": "half an addr"})

    assert [(apology.who_comes, apology.deputy_name, apology.deputy_email) for apology in kept()] == [
        (WhoComes.NOBODY, "", "")
    ]


def test_without_a_choice_nothing_is_kept_and_the_summary_leads_to_the_first_radio(visitor, question):
    for typed in ({}, {"who_comes": "everybody"}, {"who_comes": "self"}):
        page = visitor.post(question, typed)

        assert page.error_summary == {"#who_comes": "Select who comes"}
    assert kept() == []


def test_who_comes_alone_has_two_choices(visitor, programme, session, aisha):
    alone = a_pair(programme, manager=None)
    publish(a_plan(programme, [(alone, session)]), by=aisha)
    address = urlsplit(page_url(alone.director)).path
    db.session.commit()

    page = visitor.get(f"{address}/dates/{invitation_of(alone.director).id}/cannot-come")

    assert choices(page) == ["Someone comes for me", "Nobody comes for me"]


def test_a_date_that_has_begun_says_whom_to_call_and_keeps_nothing(visitor, amara, question, pair):
    invitation_of(pair.director).starts_at = now() - timedelta(minutes=5)
    db.session.commit()

    for page in (visitor.get(question), visitor.post(question, {"who_comes": "partner"})):
        assert page.status == 409
        assert page.h1 == "This date has begun"
        assert "Tell the organisers: Programme team, team@programme.example, 020 7946 0000." in page.text
    assert kept() == []
    assert "I can no longer come" not in visitor.get(amara).text


def test_a_place_that_was_moved_meanwhile_has_nothing_to_say(visitor, question, programme, pair, session, aisha):
    other = a_session(session.event, "2027-01-19 09:30")
    publish(a_plan(programme, [(pair, other)]), by=aisha)

    page = visitor.post(question, {"who_comes": "partner"})

    assert page.status == 409
    assert page.h1 == "You have no place on this date"
    assert kept() == []


def test_a_wrong_link_an_old_one_and_somebody_elses_date_lead_nowhere(visitor, amara, question, pair):
    toms = urlsplit(page_url(pair.manager)).path
    db.session.commit()
    assert visitor.get(question.replace(amara, toms)).status == 404
    assert visitor.post(question.replace(amara, toms), {"who_comes": "partner"}).status == 404
    assert visitor.get(question.replace(amara, "/p/unknown")).h1 == "This link no longer works"

    renew(pair.director, Purpose.PAGE, by=None)

    old = visitor.post(question, {"who_comes": "partner"})
    assert (old.status, old.h1) == (410, "This link no longer works")
    assert kept() == []


def test_opening_the_question_changes_no_row(visitor, question, amara):
    def stored():
        return [db.session.execute(sa.select(t).order_by(*t.primary_key)).all() for t in db.metadata.sorted_tables]

    before = stored()

    visitor.get(question)
    visitor.get(amara)

    assert stored() == before


def test_home_says_who_cannot_come_and_leads_to_where_it_is_dealt_with(organiser, visitor, question, top):
    visitor.post(question, {"who_comes": "partner"})

    home = organiser.get(top)
    need = home.select(".app-needs__item")[0].get_text(" ", strip=True)
    assert need.startswith("Amara Okafor can no longer come to Workshop 1 on 12 January Tom Reid still comes")
    page = organiser.get(home.select(".app-needs__action")[0]["href"])
    dealt = organiser.post(*first_button(page))

    assert dealt.said == "Amara Okafor: dealt with."
    assert "Dealt with by Aisha Khan" in dealt.text
    assert "Amara Okafor can no longer come" not in organiser.get(top).text.partition("Where things stand")[0]


def test_what_was_said_stands_on_the_pages_of_the_session_and_the_person(
    organiser, visitor, question, top, plan, pair, session
):
    visitor.post(question, DEPUTY)

    for address in (f"{top}/plans/{plan.number}/sessions/{session.id}", f"{top}/people/{pair.director.id}"):
        page = organiser.get(address)

        assert "Amara Okafor can no longer come to Workshop 1 on 12 January. Sam Lee comes for them." in page.text
    assert "can no longer come" not in organiser.get(f"{top}/people/{pair.manager.id}").text


def test_what_was_said_of_a_meeting_stands_on_the_page_of_its_set(organiser, visitor, programme, pair, aisha, top):
    event = sets_event(programme)
    sets = [(event, 1, None, [pair], [event.rounds[0].slots[0]])]
    plan = published(a_plan(programme, sets=sets), aisha)
    own = urlsplit(page_url(pair.director)).path
    db.session.commit()

    visitor.post(f"{own}/dates/{invitation_of(pair.director).id}/cannot-come", {"who_comes": "nobody"})

    page = organiser.get(f"{top}/plans/{plan.number}/sets/1")
    assert "Neither Amara Okafor nor Tom Reid comes." in page.text


def test_an_organiser_who_read_an_older_word_marks_nothing(organiser, visitor, question, top):
    visitor.post(question, {"who_comes": "partner"})
    button = first_button(organiser.get(f"{top}/apologies"))
    visitor.post(question, {"who_comes": "nobody"})

    page = organiser.post(*button)

    assert page.said == "Something about Amara Okafor has changed meanwhile. Nothing was marked: read it again."
    assert kept()[0].dealt_with_at is None


def test_what_was_dealt_with_can_wait_again(organiser, visitor, question, top):
    visitor.post(question, {"who_comes": "partner"})
    organiser.post(*first_button(organiser.get(f"{top}/apologies")))

    page = organiser.post(*first_button(organiser.get(f"{top}/apologies")))

    assert page.said == "Amara Okafor: waits again."
    assert "1 waits for you." in page.text


def test_nobody_having_said_so_is_a_sentence(organiser, top):
    page = organiser.get(f"{top}/apologies")

    assert "Nobody has said so of a date that lies ahead." in page.text


def test_a_viewer_reads_neither_reason_nor_address_and_has_no_button(app, visitor, question, top, programme):
    visitor.post(question, DEPUTY | {"reason": "A site visit in Hull"})
    viewer = Visitor(app).log_in(an_organiser(programme, Role.VIEWER))

    page = viewer.get(f"{top}/apologies")

    assert "Sam Lee comes for them, Deputy R&D manager." in page.text
    assert "sam@trust.example" not in page.html
    assert "Hull" not in page.html
    assert page.buttons == []


def test_many_are_paged_and_home_names_five(app, organiser, programme, aisha, top):
    event = an_event(programme, title="Workshop 9")
    session = a_session(event, max_seats=200)
    pairs = [a_pair(programme) for _ in range(28)]
    publish(a_plan(programme, [(pair, session) for pair in pairs]), by=aisha)
    for pair in pairs:
        for person in pair.people:
            apology = {"person": person, "session": session, "who_comes": WhoComes.NOBODY}
            db.session.add(Apology(programme_id=programme.id, **apology))
    db.session.commit()

    first, second, home = (
        organiser.get(f"{top}/apologies"),
        organiser.get(f"{top}/apologies?page=2"),
        organiser.get(top),
    )

    assert "56 wait for you." in first.text
    assert [len(page.select(".app-apology")) for page in (first, second)] == [50, 6]
    assert "51 more people said something about their dates" in home.text
