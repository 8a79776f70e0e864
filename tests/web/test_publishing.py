"""The publish page: who gets what, what each mail says, and what happens when somebody or something was first."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import OutboxMessage, PlanStatus, Role
from tests.builders import a_pair, a_session, a_venue, an_event, an_organiser, answered
from tests.invite.plans import a_plan
from tests.queries import queries_sent
from tests.web.page import Visitor


@pytest.fixture
def sessions(programme):
    event = an_event(programme, title="Workshop 1")
    return [a_session(event, f"2027-01-{day} 09:30", venue=a_venue(programme)) for day in (12, 14)]


@pytest.fixture
def pair(programme):
    return a_pair(programme)


def address_of(plan):
    return f"/programmes/{plan.programme.slug}/plans/{plan.number}/publish"


def what_changes(page):
    return {row[0].removesuffix(": show names"): row[1:] for row in rows_without_names(page)}


def rows_without_names(page):
    rows = []
    for row in page.select("main table tbody tr"):
        if summary := row.find("summary"):
            label = summary.get_text().removesuffix(": show names")
        else:
            label = row.th.get_text().strip()
        cells = row.find_all("td")
        for heading in row.find_all(class_="nhsuk-table__heading"):
            heading.extract()
        rows.append([label, *[cell.get_text().strip() for cell in cells]])
    return rows[:6]


def test_the_first_publication_shows_who_is_invited_and_what_they_get(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])])

    page = organiser.get(address_of(plan))

    assert page.h1 == f"Publish plan {plan.number}"
    assert what_changes(page)["New place"] == ["1", "2", "2 invitations"]
    assert "Nothing is published yet." in page.text
    assert "Workshop 1, Tuesday 12 January 2027, Leeds" in page.text
    assert "No answer came in after this plan was made." in page.text
    assert page.buttons[-1] == "Publish and queue 2 messages"
    assert db.session.scalars(sa.select(OutboxMessage)).all() == []


def test_publishing_queues_the_mail_and_says_how_much(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])])
    form = organiser.get(address_of(plan)).form_values

    done = organiser.post(address_of(plan), form | {"replaces": "", "messages": "2"})

    assert done.said == "Published. 2 messages queued."
    db.session.refresh(plan)
    assert plan.status is PlanStatus.PUBLISHED


def test_held_messages_say_so_and_wait(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])])

    done = organiser.post(address_of(plan), {"when": "hold", "messages": "2"})

    assert done.said == "Published. 2 messages held until you release them."
    assert outbox.send_due() == 0


def test_who_moves_is_named_with_both_dates_and_who_stays_hears_nothing(organiser, programme, sessions, pair):
    stays = a_pair(programme)
    publishing.publish(a_plan(programme, [(pair, sessions[0]), (stays, sessions[0])]), by=an_organiser(programme))
    outbox.send_due()
    plan = a_plan(programme, [(pair, sessions[1]), (stays, sessions[0])])

    page = organiser.get(address_of(plan))

    assert f"{pair.director.name}: Workshop 1, 12 January to 14 January" in page.text
    changes = what_changes(page)
    assert changes["Moved to another session"] == ["1", "2", "2 invitations, 2 cancellations"]
    assert changes["Nothing changed"] == ["1", "2", "hear nothing"]
    assert "Replaces plan 1, published" in page.text
    assert page.buttons[-1] == "Publish and queue 4 messages"


def test_any_person_s_letters_can_be_chosen(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])])

    page = organiser.get(f"{address_of(plan)}?preview={pair.manager.id}")

    assert f"Hello {pair.manager.name}" in page.text
    assert f"Hello {pair.director.name}" not in page.text


def test_answers_that_came_in_since_are_counted_and_a_no_to_a_place_stands_out(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])], asked_at=now() - timedelta(hours=1))
    answered(pair.director, sessions[0], "no")
    answered(a_pair(programme).director, sessions[0], "yes")

    page = organiser.get(address_of(plan))

    assert "2 answers came in after this plan was made, 1 of people who get a message." in page.text
    assert "1 of them says No to a place in this plan." in page.text


def test_someone_who_was_first_is_named_and_nothing_is_sent(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])])
    organiser.get(address_of(plan))
    theirs = a_plan(programme, [(pair, sessions[1])])
    publishing.publish(theirs, by=an_organiser(programme, name="Aisha Khan"))

    page = organiser.post(address_of(plan), {"when": "now", "replaces": "", "messages": "2"})

    assert page.status == 409
    assert f"Plan {theirs.number} was published by Aisha Khan at" in page.text
    db.session.refresh(plan)
    assert plan.status is PlanStatus.DRAFT


def test_where_something_else_would_be_sent_by_now_the_page_is_shown_again(organiser, programme, sessions, pair):
    plan = a_plan(programme, [(pair, sessions[0])])
    pair.manager = None
    db.session.commit()

    page = organiser.post(address_of(plan), {"when": "now", "messages": "2"})

    assert list(page.error_summary.values()) == [
        "What would be sent has changed meanwhile. Read the page again before you publish"
    ]
    assert page.buttons[-1] == "Publish and queue 1 message"


def test_the_number_of_many_messages_is_typed_before_they_leave(organiser, programme, sessions):
    plan = a_plan(programme, [(a_pair(programme), sessions[0]) for _ in range(26)])
    form = {"when": "now", "messages": "52"}

    refused = organiser.post(address_of(plan), form)
    done = organiser.post(address_of(plan), form | {"typed": "52"})

    assert refused.error_at("typed") == "Enter 52, the number of messages that will leave"
    assert done.said == "Published. 52 messages queued."


def test_a_plan_that_cannot_be_published_says_why_and_has_no_button(organiser, programme, sessions, pair):
    pair.director.email = "convene@localhost"
    db.session.commit()
    plan = a_plan(programme, [(pair, sessions[0])])

    page = organiser.get(address_of(plan))

    assert "has the address that invitations are sent from" in page.text
    assert not [words for words in page.buttons if words.startswith("Publish")]


def test_reading_the_page_writes_nothing_and_its_queries_do_not_grow(organiser, programme, sessions):
    asked = []
    for pairs in (1, 3, 12):
        plan = a_plan(programme, [(a_pair(programme), sessions[n % 2]) for n in range(pairs)])
        with queries_sent() as statements:
            organiser.get(address_of(plan))
        asked.append(len(statements))
        assert not [each for each in statements if each.split()[0] in ("INSERT", "DELETE", "UPDATE")]

    assert asked[1] == asked[2]
    assert asked[2] <= 50


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.VIEWER, Role.EVALUATOR])
def test_only_owners_and_planners_see_it(app, programme, sessions, pair, role):
    plan = a_plan(programme, [(pair, sessions[0])])
    other = Visitor(app).log_in(an_organiser(programme, role))

    assert other.get(address_of(plan)).status == 403


def test_new_words_alone_are_sent_where_they_are_ticked_and_the_page_says_to_how_many(organiser, programme):
    pair = a_pair(programme)
    session = a_session(an_event(programme, title="Worksop 1"), "2027-01-12 09:30")
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    outbox.send_due()
    session.event.title = "Workshop 1"
    db.session.commit()
    plan = a_plan(programme, [(pair, session)])
    where = f"/programmes/{programme.slug}/plans/{plan.number}/publish"

    page = organiser.get(where)
    told = organiser.post(where, {"when": "now", "replaces": "1", "messages": "0", "more": "2", "reword": "yes"})

    assert what_changes(page)["Only the wording changed"] == ["1", "2", "nothing, unless you send it below"]
    assert "2 messages more. Nobody is asked again, and answers stay" in page.text
    assert told.said == "Published. 2 messages queued."
