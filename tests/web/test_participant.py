"""A person's own page: what it shows, what its buttons do, and what it never tells."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from scheduler import clock
from scheduler.clock import now
from scheduler.collect.answers import save_answers
from scheduler.collect.links import page_url, renew
from scheduler.extensions import db
from scheduler.invite.publishing import publish
from scheduler.models import Answer, Availability, OutboxMessage, Purpose, Reminder, Venue
from tests.builders import (
    a_facilitator,
    a_pair,
    a_person,
    a_programme,
    a_session,
    a_venue,
    an_event,
    an_organiser,
    answered,
    keep,
    leads,
    sets_event,
)
from tests.invite.plans import a_plan

YES, NO = Answer.YES, Answer.NO


@pytest.fixture
def programme(app):
    programme = a_programme(name="R&D leadership programme 2027")
    an_organiser(programme, name="Aisha Khan")
    return programme


@pytest.fixture
def pair(programme):
    return a_pair(programme, director=a_person(programme, "Amara Okafor"), manager=a_person(programme, "Tom Reid"))


@pytest.fixture
def workshop(programme):
    """Three dates in one week and one in the next, all in Leeds."""
    event = an_event(programme, title="Workshop 1: leading change")
    venue = a_venue(programme)
    for day in ("2027-01-12", "2027-01-14", "2027-01-15", "2027-01-21"):
        a_session(event, f"{day} 09:30", venue=venue)
    return event


@pytest.fixture
def amara(pair, workshop):
    """The address of Amara's page."""
    address = urlsplit(page_url(pair.director)).path
    db.session.commit()
    return address


def answers_of(person):
    rows = db.session.execute(
        sa.select(Availability.session_id, Availability.answer).where(Availability.person_id == person.id)
    )
    return dict(rows.all())


def everything_stored():
    return {
        table.name: db.session.execute(sa.select(table).order_by(*table.primary_key)).all()
        for table in db.metadata.sorted_tables
        if table.name != "rate_window"  # counts wrong links, and says nothing about anybody
    }


def letters_of(kind):
    return db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == kind)).all()


def shown(page, session):
    """Which radio of a date is chosen, and what the partner says."""
    chosen = page.select(f"input[name=date-{session.id}][checked]")
    return chosen[0]["value"] if chosen else "", page.select(f"#note-{session.id}")[0].get_text()


def test_the_page_says_who_one_is_with_whom_until_when_and_how_far_one_is(visitor, amara, pair, workshop):
    workshop.closes_at = clock.datetime.fromisoformat("2026-12-11T17:00:00+00:00")
    workshop.closes_at = max(workshop.closes_at, now() + timedelta(days=1)).replace(microsecond=0)

    page = visitor.get(amara)

    assert page.h1 == "Which dates can you come?"
    assert f"Amara Okafor, R&D director, {pair.trust.name}" in page.text
    assert "You come with Tom Reid. Your pair can come when you both can." in page.text
    assert "UK time" in page.select(".app-closes")[0].get_text()
    assert page.select("#counter")[0].get_text() == "0 of 4 answered"
    assert page.select("legend.app-date__legend")[0].get_text() == "Tuesday 12 January, 9:30am to 4:30pm, Leeds"


def test_a_plain_save_stores_what_was_chosen_and_shows_it_beside_the_partners_answers(visitor, amara, pair, workshop):
    first, second, third, _ = workshop.sessions
    answered(pair.manager, first, "yes")
    answered(pair.manager, third, "no")

    page = visitor.post(amara, visitor.get(amara).form_values | {f"date-{first.id}": "yes", f"date-{second.id}": "no"})

    assert answers_of(pair.director) == {first.id: YES, second.id: NO}
    assert page.said.startswith("Saved at ")
    assert shown(page, first) == ("yes", "Tom: yes. You can come together.")
    assert shown(page, second) == ("no", "Tom has not answered yet.")
    assert shown(page, third) == ("", "Tom: no. Nothing to do unless Tom changes.")
    assert page.select("#counter")[0].get_text() == "2 of 3 answered"


def test_what_another_tab_changed_stands_where_this_one_left_it_alone(visitor, amara, pair, workshop):
    first, second, *_ = workshop.sessions
    save_answers(pair.director, {first.id: YES})
    old_tab = visitor.get(amara).form_values | {f"date-{second.id}": "if-need-be"}
    save_answers(pair.director, {first.id: NO})

    visitor.post(amara, old_tab)

    assert answers_of(pair.director) == {first.id: NO, second.id: Answer.IF_NEED_BE}


def test_each_shortcut_says_what_it_did_and_is_undone_by_one_button(visitor, amara, pair, workshop):
    first, *_, last = workshop.sessions
    answered(pair.manager, last, "yes")
    values = visitor.get(amara).form_values

    page = visitor.post(amara, values | {"do": "week:2027-01-11"})
    assert page.said == "3 dates set to No."
    assert "Fill in from what Tom said (1)" in page.buttons
    assert "No to the rest (1)" in page.buttons
    undo = page.select("button[value^='undo:']")[0]

    page = visitor.post(amara, {"do": undo["value"]})

    assert page.said == "Undone. The answers are as they were before."
    assert answers_of(pair.director) == {}
    assert page.select("button[value^='undo:']") == []

    page = visitor.post(amara, page.form_values | {"do": f"fill:{pair.manager.id}"})
    assert page.said == "1 date filled in from what Tom said."
    page = visitor.post(amara, page.form_values | {"do": "rest"})
    assert page.said == "3 dates set to No."
    assert answers_of(pair.director)[last.id] is YES
    assert answers_of(pair.director)[first.id] is NO


def test_away_sets_the_days_to_no_and_refuses_days_in_the_wrong_order_with_everything_kept(
    visitor, amara, pair, workshop
):
    first, second, third, _ = workshop.sessions
    days = {"day": "13", "month": "January", "year": "2027"}
    typed = (
        visitor.get(amara).form_values
        | {f"away-first-{part}": value for part, value in days.items()}
        | {f"away-last-{part}": value for part, value in days.items()}
        | {"away-last-day": "11", f"date-{first.id}": "yes", "do": "away", "comment": "Mondays are best"}
    )

    page = visitor.post(amara, typed)
    assert page.error_summary == {
        "#away-last-day": "Last day away must be the same as or after Wednesday 13 January 2027"
    }
    assert page.form_values == {name: value for name, value in typed.items() if name != "do"}
    assert answers_of(pair.director) == {}

    page = visitor.post(amara, typed | {"away-last-day": "20"})
    assert page.said == "2 dates set to No."
    assert answers_of(pair.director) == {first.id: YES, second.id: NO, third.id: NO}
    assert pair.director.answer_comment == "Mondays are best"


def test_a_value_that_no_radio_has_is_refused_at_its_date_and_nothing_is_saved(visitor, amara, pair, workshop):
    first, second, *_ = workshop.sessions

    page = visitor.post(
        amara, visitor.get(amara).form_values | {f"date-{first.id}": "maybe", f"date-{second.id}": "yes"}
    )

    assert page.error_summary == {f"#date-{first.id}": "Select Yes, If need be or No for Tuesday 12 January"}
    assert page.error_at(f"date-{first.id}") == "Select Yes, If need be or No for Tuesday 12 January"
    assert shown(page, second)[0] == "yes"
    assert answers_of(pair.director) == {}


def test_clear_goes_back_to_not_answered_without_a_script(visitor, amara, pair, workshop):
    first = workshop.sessions[0]
    save_answers(pair.director, {first.id: YES})

    page = visitor.post(amara, visitor.get(amara).form_values | {"do": f"clear:{first.id}"})

    assert page.said == "Tuesday 12 January is back to Not answered."
    assert answers_of(pair.director) == {}


def test_a_script_saves_one_tap_and_hears_what_it_changes_on_the_page(visitor, amara, pair, workshop):
    first = workshop.sessions[0]
    answered(pair.manager, first, "yes")
    # Opened a while ago: a tap that claims to come from the future would count as made now.
    opened = datetime.fromisoformat(visitor.get(amara).select("form[data-answers]")[0]["data-made"])
    made = (opened - timedelta(minutes=1)).isoformat()
    fetch = {"headers": {"X-Requested-With": "fetch"}}

    reply = visitor.post(amara, {"made": made, "since": "700", f"date-{first.id}": "yes"}, **fetch)
    late = visitor.post(amara, {"made": made, "since": "300", f"date-{first.id}": "no"}, **fetch)

    assert reply.json["said"].startswith("Saved at ")
    assert reply.json["parts"][f"note-{first.id}"] == "Tom: yes. You can come together."
    assert reply.json["parts"]["counter"] == "1 of 4 answered"
    assert reply.json["state"] == f"{first.id}:yes"
    assert late.json["state"] == f"{first.id}:yes"
    assert answers_of(pair.director) == {first.id: YES}


def test_when_nothing_is_left_the_partner_can_be_reminded_once_a_day(visitor, amara, pair, workshop):
    page = visitor.post(amara, visitor.get(amara).form_values | {"do": "rest"})
    assert "Thank you, Amara. Nothing is left to answer." in page.text
    # Tom has nothing to do either: Amara comes to none of the dates.
    assert "Remind Tom" not in page.buttons

    save_answers(pair.director, {workshop.sessions[0].id: YES, workshop.sessions[1].id: YES})
    page = visitor.get(amara)
    assert "Tom has 2 left." in page.text
    page = visitor.post(amara, {"do": f"remind:{pair.manager.id}"})
    again = visitor.post(amara, {"do": f"remind:{pair.manager.id}"})

    assert page.said == "We have written to Tom."
    assert again.said == "Tom was reminded today already, or has answered."
    [letter] = letters_of("nudge")
    assert letter.to_address == pair.manager.email
    assert letter.subject == "Amara has answered, 2 dates wait for you – R&D leaders"
    assert pair.director.email.encode() not in letter.body


def test_after_closing_the_answers_are_text_and_a_late_post_becomes_a_note_to_send(visitor, amara, pair, workshop):
    first, second, *_ = workshop.sessions
    save_answers(pair.director, {first.id: YES})
    late = visitor.get(amara).form_values | {f"date-{second.id}": "no"}
    workshop.closes_at = now() - timedelta(minutes=1)

    page = visitor.get(amara)
    assert page.select("input[type=radio]") == []
    assert "Tuesday 12 January 2027, 9:30am to 4:30pm, Leeds: Yes" in page.text
    assert "Your dates are being planned." in page.text

    page = visitor.post(amara, late)
    assert page.status == 409
    assert page.h1 == "Answers have closed"
    assert "Thursday 14 January 2027, 9:30am to 4:30pm, Leeds: No" in page.form_values["note"]
    page = visitor.post(amara, page.form_values | {"do": "note"})

    assert page.said == "We have told the organisers."
    assert answers_of(pair.director) == {first.id: YES}
    [letter] = letters_of("note")
    assert letter.to_name == "Aisha Khan"
    assert b"14 January 2027" in letter.body


def test_a_date_no_longer_offered_is_named_and_the_other_answers_are_saved(visitor, amara, pair, workshop):
    first, second, *_ = workshop.sessions
    save_answers(pair.director, {second.id: YES})
    typed = visitor.get(amara).form_values | {f"date-{first.id}": "yes", f"date-{second.id}": "no"}
    second.withdrawn_at = now()

    page = visitor.post(amara, typed)

    assert page.said == "Thursday 14 January is no longer offered. Your other answers are saved."
    assert answers_of(pair.director)[first.id] is YES


def test_dates_added_since_the_last_answer_come_first(visitor, amara, pair, workshop):
    save_answers(pair.director, {workshop.sessions[0].id: YES})
    a_session(workshop, "2027-02-02 09:30")
    db.session.expire_all()

    page = visitor.get(amara)

    headings = [heading.get_text().strip().split("\n")[0] for heading in page.select("h2")]
    assert headings[0].startswith("New since ")
    assert "Tuesday 2 February" in page.select("legend")[2].get_text()  # the first two are of "I am away"


def test_show_by_date_turns_the_order_round_and_stays_after_a_save(visitor, amara, pair, workshop):
    other = an_event(workshop.programme, title="National event")
    a_session(other, "2027-01-13 09:30")

    page = visitor.get(f"{amara}?show=date")
    legends = [legend.get_text() for legend in page.select("legend.app-date__legend")]

    assert [legend.split(" January")[0].split()[-1] for legend in legends] == ["12", "13", "14", "15", "21"]
    assert legends[1].startswith("National event")
    page = visitor.post(f"{amara}?show=date", page.form_values)
    assert "Show by event" in page.links


def test_whose_partner_is_not_known_can_say_who_it_is(visitor, programme, workshop):
    pair = a_pair(programme, manager=None)
    address = urlsplit(page_url(pair.director)).path

    page = visitor.get(address)
    assert "Tell us who your R&D manager is" in page.text
    page = visitor.post(address, {"do": "partner", "partner": ""})
    assert page.error_summary == {"#partner": "Enter who they are"}
    page = visitor.post(address, {"do": "partner", "partner": "Tom Reid, tom@trust.example"})

    assert page.said == "We have told the organisers."
    assert b"Tom Reid" in letters_of("note")[0].body


def test_who_leads_sets_and_comes_to_workshops_has_a_section_each(visitor, programme, workshop):
    facilitator = a_facilitator(programme)
    leads(sets_event(programme, audience={"who": "pairs", "regions": ["Midlands"]}), facilitator)
    a_pair(programme, director=facilitator.person)

    page = visitor.get(urlsplit(page_url(facilitator.person)).path)

    as_director, as_facilitator = (heading.get_text() for heading in page.select("h2.nhsuk-heading-m"))
    assert as_director.startswith("As R&D director, ")
    assert as_facilitator == "When you can lead sets"
    assert len(page.select("fieldset.app-date")) == 4 + 4


def test_a_date_asked_in_two_roles_is_asked_once(visitor, programme):
    facilitator = a_facilitator(programme)
    leads(sets_event(programme), facilitator)
    a_pair(programme, director=facilitator.person)

    page = visitor.get(urlsplit(page_url(facilitator.person)).path)

    assert len(page.select("fieldset.app-date")) == 4


def test_nothing_to_answer_says_so(visitor, programme):
    page = visitor.get(urlsplit(page_url(a_person(programme))).path)

    assert page.h1 == "No dates to answer"
    assert "We will email you when there are dates to answer." in page.text


def test_a_copy_of_the_answers_is_mailed_once_however_often_it_is_asked_for(visitor, amara, pair, workshop):
    typed = visitor.get(amara).form_values | {f"date-{workshop.sessions[0].id}": "yes", "do": "save"}
    visitor.post(amara, typed)

    for _ in range(2):
        page = visitor.post(amara, {"do": "receipt"})

    assert page.said == "A copy of your answers is on its way to you by email."
    [letter] = letters_of("receipt")
    assert letter.to_address == pair.director.email


@pytest.mark.parametrize("page_of", ["rubbish", "feed"])
def test_a_wrong_link_and_one_for_another_purpose_get_the_same_page_with_a_way_on(visitor, amara, pair, page_of):
    feed = urlsplit(page_url(pair.director)).path if page_of == "rubbish" else None
    token = "a" * 32 if feed else renew(pair.director, Purpose.CALENDAR, by=None)

    page = visitor.get(f"/p/{token}")

    assert page.status == 404
    assert page.h1 == "This link no longer works"
    assert "Send me my link" in page.buttons


def test_a_renewed_link_ends_the_old_one_at_once(visitor, amara, pair, workshop):
    token = renew(pair.director, Purpose.PAGE, by=None)

    old, new = visitor.get(amara), visitor.get(f"/p/{token}")
    refused = visitor.post(amara, {f"date-{workshop.sessions[0].id}": "yes"})

    assert (old.status, new.status, refused.status) == (410, 200, 410)
    assert answers_of(pair.director) == {}


def test_find_my_link_says_the_same_for_every_address(visitor, pair):
    known = visitor.post("/find-my-link", {"email": pair.director.email})
    unknown = visitor.post("/find-my-link", {"email": "nobody@elsewhere.example"})
    empty = visitor.post("/find-my-link", {"email": ""})

    assert known.text == unknown.text
    assert known.h1 == "Check your email"
    assert empty.error_summary == {"#email": "Enter your email address"}


def test_no_get_or_head_changes_a_row(visitor, amara, pair, workshop):
    save_answers(pair.director, {workshop.sessions[0].id: YES})
    before = everything_stored()

    for address in (amara, f"{amara}?show=date", f"{amara}/calendar", "/find-my-link", "/find-my-link/sent", "/p/none"):
        for _ in range(3):
            visitor.get(address)
            visitor.client.head(address, base_url=visitor.app.settings.origin)

    db.session.expire_all()
    assert everything_stored() == before


def test_a_participant_reads_nobodys_address_and_nobody_elses_answers(visitor, programme, workshop):
    pairs = [a_pair(programme) for _ in range(20)]
    for pair in pairs:
        for person in pair.people:
            answered(person, workshop.sessions[0], "if-need-be")
    people = [person for pair in pairs for person in pair.people]
    mine = pairs[0].director

    address = urlsplit(page_url(mine)).path
    read = [visitor.get(address), visitor.get(f"{address}/calendar")]
    read.append(visitor.post(address, {"date-1": "yes"}, headers={"X-Requested-With": "fetch"}))
    read.append(visitor.post(address, {"do": f"remind:{pairs[1].manager.id}"}))

    everything = "".join(page.html + str(page.headers) for page in read)
    assert [person.email for person in people if person.email in everything] == []
    assert [person.name for person in people if f"{person.name}<" in everything] in (
        [mine.name, pairs[0].manager.name],
    )
    assert db.session.scalars(sa.select(Reminder)).all() == []


def test_the_page_of_fourteen_dates_stays_under_60_kilobytes(visitor, amara, workshop):
    for day in range(1, 11):
        a_session(workshop, f"2027-02-{day:02} 09:30", venue=keep(Venue(programme=workshop.programme, name="Hall")))

    page = visitor.get(amara)

    assert len(page.select("fieldset.app-date")) == 14
    assert len(page.html.encode()) < 60_000


def test_the_week_of_a_shortcut_is_the_monday_of_its_dates(visitor, amara):
    weeks = [button["value"] for button in visitor.get(amara).select("button[value^='week:']")]

    assert weeks == [f"week:{date(2027, 1, 11)}"]


def test_who_meets_in_a_set_reads_which_with_how_many_and_how_often(visitor, programme, pair):
    event, others = sets_event(programme), [a_pair(programme) for _ in range(2)]
    slots = [round_.slots[0] for round_ in event.rounds]
    plan = a_plan(programme, sets=[(event, 3, None, [pair, *others], slots)])
    publish(plan, by=an_organiser(programme))
    address = urlsplit(page_url(pair.director)).path
    db.session.commit()

    page = visitor.get(address)

    assert "Your set: Set 3, 3 Trusts, meets 2 times" in page.text
    assert page.text.count("Your set:") == 1
    alone = a_pair(programme).director
    assert "Your set:" not in visitor.get(urlsplit(page_url(alone)).path).text
