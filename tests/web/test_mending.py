"""The page of one message: every try, what came back, and the address mended where it is seen."""

from __future__ import annotations

import pytest

from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Bounce, MessageState, OutboxMessage, Person
from tests.builders import a_pair, a_person, a_session, an_event, keep
from tests.invite.plans import a_plan
from tests.invite.postbox import open_postbox

LATER = "450 4.2.0 greylisted, come back"
GONE = "550 5.1.1 no such person here"


@pytest.fixture
def letter(programme):
    """A letter without a calendar, queued to Lee Grant."""
    lee = a_person(programme, "Lee Grant", email="lee@old.example")
    message = queue_letter("message", to=lee, subject="Parking", programme=programme, text="There is none.", url="")
    db.session.commit()
    return message


def address_of(programme, message):
    return f"/programmes/{programme.slug}/messages/{message.id}"


def test_every_try_is_shown_with_what_the_mail_server_said(app, organiser, programme, letter):
    with open_postbox() as postbox:
        app.settings = app.settings.model_copy(update={"smtp_url": postbox.url})
        for says in (LATER, GONE):
            postbox.rcpt_says = lambda address, says=says: says
            letter.due_at = letter.queued_at
            db.session.commit()
            outbox.send_due()

    page = organiser.get(address_of(programme, letter))

    tries = page.table("Every try")[1:]
    assert [(row[0], *row[2:]) for row in tries] == [
        ("1", "Not taken, tried again later", LATER),
        ("2", "Refused", GONE),
    ]


def test_a_letter_that_was_refused_goes_to_the_mended_address_and_the_old_one_is_tried_no_more(
    organiser, programme, letter
):
    letter.state, letter.error = MessageState.FAILED, GONE
    db.session.commit()

    mended = organiser.post(f"{address_of(programme, letter)}/mend", {"email": "lee@new.example"})

    assert mended.said == "Saved. The message is queued to lee@new.example."
    first, second = db.session.query(OutboxMessage).order_by(OutboxMessage.id).all()
    assert (first.state, second.state) == (MessageState.WITHDRAWN, MessageState.WAITING)
    assert (second.to_address, second.subject) == ("lee@new.example", "Parking")
    assert b"There is none." in second.body
    assert db.session.get(Person, first.person_id).email == "lee@new.example"
    again = organiser.post(f"{address_of(programme, letter)}/mend", {"email": "lee@new.example"})
    assert again.said == "Saved."
    assert db.session.query(OutboxMessage).count() == 2


def test_an_invitation_that_bounced_says_so_and_goes_to_a_mended_address_by_publication(organiser, programme):
    pair = a_pair(programme, manager=None)
    plan = a_plan(programme, [(pair, a_session(an_event(programme), "2099-01-12 09:30"))])
    publishing.publish(plan, by=None)
    message = db.session.query(OutboxMessage).one()
    message.state = MessageState.BOUNCED
    keep(
        Bounce(
            programme=programme, person_id=pair.director_id, address=message.to_address, words=GONE,
            outbox_message_id=message.id,
        )
    )  # fmt: skip

    before = organiser.get(address_of(programme, message))
    taken = organiser.post(f"{address_of(programme, message)}/mend", {"email": a_person(programme, "Sam Shah").email})
    organiser.post(f"{address_of(programme, message)}/mend", {"email": "new@trust.example"})
    after = organiser.get(address_of(programme, message))

    assert f"The mail server said: {GONE}." in before.text
    assert taken.error_at("email") == "Sam Shah has this address. Each person needs an address of their own"
    assert after.links[f"Publish plan {plan.number} again"].endswith(f"/plans/{plan.number}/publish")
    assert len(publishing.preview(plan).changes.new) == 1  # the old address never had it
