"""The outbox on screen, and the mail page: what waits, what left, and who may read it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler import organisers
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import MessageState, OutboxMessage, Role
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser
from tests.invite.plans import a_plan
from tests.web.page import Visitor


@pytest.fixture
def address(programme):
    return f"/programmes/{programme.slug}/messages"


def publish(programme, pairs=1, **given):
    session = a_session(an_event(programme, title="Workshop 1"), "2027-01-12 09:30")
    publishing.publish(a_plan(programme, [(a_pair(programme), session) for _ in range(pairs)]), by=None, **given)


def messages():
    db.session.rollback()
    return db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()


def test_without_messages_it_says_what_will_be_here(organiser, address):
    assert "No messages yet." in organiser.get(address).text


def test_messages_are_listed_newest_first_and_filtered_by_state(organiser, programme, address):
    publish(programme)
    outbox.send_due()
    publish(a_programme())
    publish(programme)

    everything, waiting = organiser.get(address), organiser.get(f"{address}?state=waiting")

    states = [row[1] for row in everything.table("Messages, newest first")[1:]]
    assert states == ["Waiting"] * 4 + ["Sent"] * 2  # two invitations, and two cancellations of the earlier places
    assert [row[1] for row in waiting.table("Messages, newest first")[1:]] == ["Waiting"] * 4


def test_over_fifty_messages_are_paged_and_a_page_that_is_not_there_is_the_last(organiser, programme, address):
    publish(programme, pairs=26)

    first, beyond = organiser.get(address), organiser.get(f"{address}?page={10**30}")

    assert "1 to 50 of 52 messages" in first.text
    assert "51 to 52 of 52 messages" in beyond.text


def test_held_messages_are_released_and_waiting_ones_stopped(organiser, programme, address):
    publish(programme, hold=True)
    assert "Release 2" in organiser.get(address).buttons

    released = organiser.post(f"{address}/release", {"messages": "2"})
    stopped = organiser.post(f"{address}/stop")

    assert released.said == "2 messages released."
    assert "2 messages held." in stopped.said


def test_of_more_than_fifty_held_messages_the_number_is_typed_before_they_leave(organiser, programme, address):
    publish(programme, pairs=26, hold=True)

    refused = organiser.post(f"{address}/release", {"messages": "52", "typed": "50"})
    kept = {message.state for message in messages()}
    released = organiser.post(f"{address}/release", {"messages": "52", "typed": "52"})

    assert refused.error_at("typed") == "Enter 52, the number of messages that will leave"
    assert kept == {MessageState.HELD}
    assert released.said == "52 messages released."


def test_held_messages_that_came_after_the_page_was_read_are_not_released_unseen(organiser, programme, address):
    publish(programme, hold=True)

    refused = organiser.post(f"{address}/release", {"messages": "1"})

    assert "2 messages are held now." in refused.text
    assert {message.state for message in messages()} == {MessageState.HELD}


def test_one_message_is_released_and_held_by_itself(organiser, programme, address):
    publish(programme, hold=True)
    first, *_ = messages()

    released = organiser.post(f"{address}/release", {"only": str(first.id)})
    after_release = [message.state.value for message in messages()]
    organiser.post(f"{address}/stop", {"only": str(first.id)})

    assert released.said == "1 message released."
    assert "Hold this message" in released.buttons
    assert after_release == ["waiting", "held"]
    assert [message.state.value for message in messages()] == ["held", "held"]


def test_messages_are_found_by_kind_and_by_words_where_a_percent_sign_is_one(organiser, programme, address):
    publish(programme)
    messages()[0].subject = "100% of it"
    db.session.commit()

    found, none, kinds = (
        organiser.get(f"{address}?{query}") for query in ("find=100%25", "find=%25x", "kind=invitation")
    )

    assert [row[0] for row in found.table("Messages, newest first")[1:]] == ["100% of it"]
    assert "No message is like that." in none.text
    assert len(kinds.table("Messages, newest first")) == 3


def test_a_message_tells_its_history_and_leads_to_the_others_about_the_same_place(organiser, programme, address):
    publish(programme)
    outbox.send_due()
    publishing.publish(a_plan(programme), by=None)

    page = organiser.get(f"{address}/{messages()[0].id}")

    assert [row[0] for row in page.table("History")[1:]] == ["Queued", "Tried", "Taken by the mail server"]
    assert [row[:3] for row in page.table("Other messages about this place")[1:]] == [
        ["Cancelled: Workshop 1, Tuesday 12 January", "Waiting", "1"]
    ]


def test_an_uncertain_message_says_what_it_means_and_that_sending_again_makes_no_second_entry(
    organiser, programme, address
):
    publish(programme)
    message = messages()[0]
    message.state, message.error, message.tries = MessageState.UNCERTAIN, outbox.PERHAPS_SENT, 1
    db.session.commit()

    page = organiser.get(f"{address}/{message.id}")

    assert (
        "The connection broke while sending, so it may have arrived. Sending again makes no second entry." in page.text
    )
    assert "Send again" in page.buttons


def test_a_message_shows_its_text_and_its_calendar_part(organiser, programme, address):
    publish(programme)
    message = messages()[0]

    page = organiser.get(f"{address}/{message.id}")

    assert "You have a place at Workshop 1." in page.text
    calendar = dict(row for row in page.table("In the calendar")[1:])
    assert calendar["UID"] == message.uid
    assert calendar["Method"] == "REQUEST"


def test_a_failed_message_says_why_and_where_to_mend_the_address_and_can_go_again(organiser, programme, address):
    publish(programme)
    message = messages()[0]
    message.state, message.error = MessageState.FAILED, "550 5.1.1 no such person here"
    db.session.commit()

    page = organiser.get(f"{address}/{message.id}")
    again = organiser.post(f"{address}/{message.id}/again")

    assert "550 5.1.1 no such person here" in page.text
    assert "Email address of" in page.text
    assert again.said == "Queued again."
    assert messages()[0].state is MessageState.WAITING


def test_a_message_that_is_not_the_last_word_cannot_go_again(organiser, programme, address):
    publish(programme)
    outbox.send_due()
    publishing.publish(a_plan(programme), by=None)
    request = messages()[0]

    page = organiser.get(f"{address}/{request.id}")
    again = organiser.post(f"{address}/{request.id}/again")

    assert "Send again" not in page.buttons
    assert again.said == "Not queued: a newer message about this date was written."


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.VIEWER, Role.EVALUATOR])
def test_only_owners_and_planners_read_messages_as_these_hold_personal_links(app, programme, address, role):
    publish(programme)
    other = Visitor(app).log_in(an_organiser(programme, role))

    statuses = [other.get(f"{address}{path}").status for path in ("", f"/{messages()[0].id}")]

    assert statuses == [403, 403]
    assert other.get(f"/system/mail/{messages()[0].id}").status == 404
    assert "Workshop 1" not in other.get("/system/mail").text


def test_a_log_in_link_on_the_mail_page_is_for_its_owner_alone(organiser, app, programme):
    colleague = an_organiser(programme)
    organisers.mail_log_in_link(colleague.email)
    (message,) = messages()

    assert organiser.get(f"/system/mail/{message.id}").status == 404
    assert Visitor(app).log_in(colleague).get(f"/system/mail/{message.id}").status == 200


def test_the_mail_page_shows_the_mail_of_ones_own_programmes_alone(organiser, programme):
    publish(programme)
    publish(a_programme())

    page = organiser.get("/system/mail")

    assert "2 messages" in page.text
    assert len(page.table("Messages, newest first")) == 3
