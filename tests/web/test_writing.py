"""Writing to a group: exactly those meant, previewed, counted, in one transaction, not twice for two presses."""

from __future__ import annotations

import pytest

from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.models import Invitation, MessageState, OutboxMessage, PartStat, Reply
from tests.builders import a_facilitator, a_pair, a_person, a_session, an_event, keep
from tests.invite.plans import a_plan


@pytest.fixture
def address(programme):
    return f"/programmes/{programme.slug}/messages/new"


@pytest.fixture
def placed(programme):
    """Two pairs of London in one session, one of the North West in another, all invited; Ana has declined."""
    event = an_event(programme, title="Workshop 1")
    monday, friday = a_session(event, "2099-01-12 09:30"), a_session(event, "2099-01-16 09:30")
    pairs = [a_pair(programme), a_pair(programme), a_pair(programme, region="North West")]
    ana = pairs[0].director
    ana.name = "Ana Costa"
    publishing.publish(
        a_plan(programme, [(pairs[0], monday), (pairs[1], monday), (pairs[2], friday)]), by=None, hold=True
    )
    invitation = db.session.query(Invitation).filter_by(person_id=ana.id).one()
    invitation.partstat = PartStat.DECLINED
    keep(
        Reply(
            programme=programme, invitation=invitation, answer=PartStat.DECLINED, sequence=0, stamp=invitation.dtstamp
        )
    )
    return monday, friday, pairs


def written():
    db.session.rollback()
    return db.session.query(OutboxMessage).filter_by(kind="message").order_by(OutboxMessage.id).all()


def typed(**given):
    return {"subject": "Parking", "text": "There is none.\nPlease come by train.", "do": "preview"} | given


def test_whom_it_goes_to_is_all_that_is_chosen_together(organiser, programme, address, placed):
    monday, *_ = placed
    leader, guest = a_facilitator(programme, name="Jo Hale"), a_person(programme, "Guest")

    def number(**chosen):
        page = organiser.post(address, typed(**chosen))
        return next((b.removeprefix("Send to ") for b in page.buttons if b.startswith("Send to")), page.error_summary)

    assert number() == "8 people"
    assert number(session=str(monday.id)) == "4 people"
    assert number(session=str(monday.id), role="director") == "2 people"
    assert number(region="North West") == "2 people"
    assert number(reply="Declined") == "1 person"
    assert number(role="facilitator") == "1 person"
    assert number(role="outside") == "2 people"
    assert number(reply="Declined", region="North West") == {
        "#session": "Nobody is meant by all of this together. Choose a wider group"
    }
    assert (leader.person.name, guest.name) == ("Jo Hale", "Guest")


def test_it_is_shown_as_the_first_person_gets_it_and_sent_to_exactly_those(organiser, address, placed):
    monday, _, pairs = placed
    chosen = {"session": str(monday.id), "with_link": "yes"}

    preview = organiser.post(address, typed(**chosen))
    sent = organiser.post(address, typed(**chosen, do="send", counted="4"))

    assert "Please come by train." in preview.text
    assert "Hello Ana Costa" in preview.text
    assert "(their own link)" in preview.text
    assert sent.said == "4 messages queued."
    assert {m.person_id for m in written()} == {p.id for pair in pairs[:2] for p in pair.people}
    assert {m.state for m in written()} == {MessageState.WAITING}
    assert len({m.body.split(b"/p/")[1][:30] for m in written()}) == 4


def test_pressed_twice_it_leaves_once_and_held_it_waits(organiser, address, placed):
    monday, _, _ = placed
    send = typed(session=str(monday.id), do="send", counted="4", when="hold")

    said = [organiser.post(address, send).said for _ in range(2)]

    assert said == ["4 messages held until you release them.", "0 messages held until you release them."]
    assert {m.state for m in written()} == {MessageState.HELD}
    assert len(written()) == 4


def test_where_others_would_get_it_by_now_nothing_is_sent(organiser, programme, address, placed):
    a_person(programme, "Somebody new")

    page = organiser.post(address, typed(do="send", counted="6"))

    assert page.error_summary == {"": "7 people get this message now. Read the page again before you send it"}
    assert written() == []


def test_without_words_it_says_so_at_the_field_and_keeps_the_choice(organiser, address, placed):
    page = organiser.post(address, {"region": "London", "subject": "", "text": "", "do": "preview"})

    assert page.error_summary == {"#subject": "Enter the subject", "#text": "Enter the text"}
    assert page.form_values["region"] == "London"
