"""Replies on the organiser's pages: who stands where, what waits to be judged, what was declined."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.models import Invitation, LearnedAddress, PartStat, Placement, ReceivedMessage, Role
from tests.builders import a_programme, an_organiser
from tests.invite.inbox import a_reply, answer_of, invited, receive
from tests.queries import queries_sent
from tests.web.page import Visitor

ALIAS = "a.costa@alias.example"


@pytest.fixture
def people(app):
    """Ana Costa and Ben Okoro, each with an invitation."""
    return invited()


@pytest.fixture
def ana(people):
    return people[0]


@pytest.fixture
def top(ana):
    return f"/programmes/{ana.programme.slug}"


@pytest.fixture
def organiser(app, ana):
    return Visitor(app).log_in(an_organiser(ana.programme, name="Aisha Khan"))


def answers(invitation, partstat="ACCEPTED", **given):
    """An answer from the invited address itself."""
    return a_reply(invitation, partstat, attendee=invitation.attendee, **{"from": invitation.attendee} | given)


def from_alias(invitation, partstat="ACCEPTED", **given):
    return a_reply(invitation, partstat, attendee=ALIAS, **{"from": ALIAS} | given)


def the_message():
    return db.session.scalars(sa.select(ReceivedMessage).order_by(ReceivedMessage.id.desc())).first()


def press(organiser, page, words):
    """Press the first button that begins with these words."""
    for form in page.select("main form[method=post]"):
        for button in form.select("button"):
            if button.get_text(" ", strip=True).startswith(words):
                named = {button["name"]: button["value"]} if button.get("name") else {}
                return organiser.post(form.get("action") or page.address, page_values(form) | named)
    raise AssertionError(f"no button {words} among {page.buttons}")


def page_values(form):
    return {each["name"]: each.get("value", "") for each in form.select("input[name]") if each["name"] != "csrf_token"}


def test_the_page_counts_by_session_and_says_who_answered_what_with_their_words(organiser, top, people):
    receive(answers(people[0], "ACCEPTED", extra="COMMENT:I leave at 3pm\n"))
    receive(answers(people[1], "TENTATIVE"))

    page = organiser.get(f"{top}/replies")

    (row,) = page.table("People by session")[1:]
    assert row[1:] == ["1", "1", "0", "0", "0", "0"]
    shown = " ".join(" ".join(row) for row in page.table("Replies by pair"))
    assert "Ana Costa Accepted “I leave at 3pm”" in shown
    assert "Ben Okoro Tentative" in shown


def test_a_state_shows_the_pairs_in_it_alone(organiser, top, people):
    receive(answers(people[0], "DECLINED"))

    page = organiser.get(f"{top}/replies?session={people[0].session_id}&state=Declined")

    assert "Ana Costa" in page.text
    assert len(page.table("Replies by pair")) >= 2


def test_a_held_reply_says_who_wrote_what_would_be_recorded_and_why_it_waits(organiser, top, ana):
    receive(from_alias(ana, extra="COMMENT:From my phone\n"))

    page = organiser.get(f"{top}/replies/held")

    assert page.h1 == "Replies to judge (1)"
    assert ALIAS in page.text
    assert "From my phone" in page.text
    assert f"Accepted is recorded for Ana Costa, and {ALIAS} is remembered" in page.text
    assert the_message().why in page.text
    words = [each.partition(":")[0].strip() for each in page.buttons]
    assert words == ["It is Ana Costa, remember this address", "Ana Costa's assistant", "Not theirs, ignore"]


def test_remembering_the_address_records_the_answer_and_the_message_waits_no_more(organiser, top, ana):
    receive(from_alias(ana))

    page = press(organiser, organiser.get(f"{top}/replies/held"), "It is Ana Costa")

    assert page.said == "The address is remembered for Ana Costa. Recorded: accepted."
    assert "No reply waits" in page.text
    assert (answer_of(ana), db.session.query(LearnedAddress).one().address) == ("accepted", ALIAS)


def test_what_is_not_theirs_records_nothing(organiser, top, ana):
    receive(from_alias(ana))

    page = press(organiser, organiser.get(f"{top}/replies/held"), "Not theirs")

    assert page.said == "Ignored. Nothing was recorded."
    assert answer_of(ana) == "needs-action"


def test_every_message_shows_what_was_done_and_why_and_can_be_taken_back(organiser, top, ana):
    receive(answers(ana, "DECLINED"))
    message = the_message()

    page = organiser.get(f"{top}/replies/{message.id}")
    assert message.why in page.text
    listed = organiser.get(f"{top}/replies/received").table("Messages, newest first")
    assert listed[1][2] == "Declined"
    back = press(organiser, page, "Take back what it did")

    assert back.said == "Taken back."
    assert answer_of(ana) == "needs-action"
    history = organiser.get(f"{top}/replies/invitations/{ana.id}")
    assert "Taken back" in history.text


def test_another_time_is_shown_in_the_zone_of_the_session(organiser, top, ana):
    receive(answers(ana, "TENTATIVE", method="COUNTER", start="DTSTART:20270202T140000Z\nDTEND:20270202T160000Z\n"))

    page = organiser.get(f"{top}/replies/invitations/{ana.id}")

    assert "They would rather: Tuesday 2 February 2027, 2pm to 4pm, UK time." in page.text


def test_home_leads_to_what_waits_and_to_what_was_declined(organiser, top, people):
    receive(from_alias(people[0]))
    receive(answers(people[1], "DECLINED"))

    home = organiser.get(top)
    needs = [each.get_text(" ", strip=True) for each in home.select(".app-needs__item")]

    declined = next(at for at, need in enumerate(needs) if "declined a published place" in need)
    judged = next(at for at, need in enumerate(needs) if need.startswith("1 reply needs you"))
    assert declined < judged
    assert "waiting" in home.html


def test_a_decline_asks_three_things_and_keeping_the_seats_ends_the_question(organiser, top, people):
    receive(answers(people[1], "DECLINED"))

    page = organiser.get(f"{top}/replies/declined")
    words = " ".join(page.links) + " ".join(page.buttons)
    assert all(each in words for each in ("Keep the seats", "Offer them", "Plan again"))
    kept = press(organiser, page, "Keep the seats")

    assert kept.said == "The seats are kept. Nobody hears of it."
    assert "declined a published place" not in organiser.get(top).text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Placement)) >= 0


def test_a_later_decline_is_asked_about_again(organiser, top, people):
    receive(answers(people[1], "DECLINED"))
    press(organiser, organiser.get(f"{top}/replies/declined"), "Keep the seats")
    receive(answers(people[1], "ACCEPTED"))
    assert "Nobody has declined" in organiser.get(f"{top}/replies/declined").text

    receive(answers(people[1], "DECLINED"))

    assert db.session.get_one(Invitation, people[1].id).partstat is PartStat.DECLINED
    assert "declined a published place" in organiser.get(top).text


def test_opening_the_pages_changes_no_row(organiser, top, ana):
    receive(from_alias(ana))

    def stored():
        return [db.session.execute(sa.select(t).order_by(*t.primary_key)).all() for t in db.metadata.sorted_tables]

    before = stored()

    for page in ("", "/held", "/received", "/declined", "/bounced", f"/{the_message().id}", f"/invitations/{ana.id}"):
        assert organiser.get(f"{top}/replies{page}").status == 200

    assert stored() == before


def test_another_programmes_mail_and_a_viewer_stay_outside(app, top, ana):
    receive(answers(ana))
    stranger = Visitor(app).log_in(an_organiser(other := a_programme()))
    viewer = Visitor(app).log_in(an_organiser(ana.programme, Role.VIEWER))

    assert stranger.get(f"/programmes/{other.slug}/replies/{the_message().id}").status == 404
    assert stranger.get(f"/programmes/{other.slug}/replies/invitations/{ana.id}").status == 404
    assert viewer.get(f"{top}/replies").status == 403


def test_the_queries_of_the_page_do_not_grow_with_the_replies(organiser, top, people):
    def asked():
        with queries_sent() as sent:
            organiser.get(f"{top}/replies")
        return len(sent)

    asked()
    before = asked()
    for invitation in people:
        for partstat in ("ACCEPTED", "TENTATIVE", "DECLINED"):
            receive(answers(invitation, partstat))

    assert asked() <= before + 1
