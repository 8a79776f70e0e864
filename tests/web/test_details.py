"""A person's own details: what they keep, who gets copies, what is held, and the way out."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.clock import now
from scheduler.collect.links import token_of
from scheduler.extensions import db
from scheduler.invite import copies, erasing, outbox, receiving, retention
from scheduler.invite.finished import read_letter
from scheduler.invite.publishing import publish
from scheduler.models import (
    AccessNeeds,
    AuditEntry,
    Erasure,
    Invitation,
    OutboxMessage,
    Pair,
    PartStat,
    Person,
    Programme,
    Purpose,
)
from tests.builders import a_pair, a_person, a_session, a_trust, a_venue, an_event, an_organiser
from tests.invite.inbox import a_reply
from tests.invite.plans import a_plan
from tests.web.page import Visitor


@pytest.fixture
def pair(programme: Programme) -> Pair:
    an_organiser(programme)
    return a_pair(
        programme,
        trust=a_trust(programme, ods_code="RJ1", name="Guy's"),
        director=a_person(programme, "Zoë Lee", email="zoe@t.example", phone="0161 496 0000"),
        manager=a_person(programme, "Tom Reid", email="tom@t.example"),
    )


@pytest.fixture
def own(pair: Pair) -> str:
    return f"/p/{token_of(pair.director, Purpose.PAGE)}/details"


def invited(programme: Programme, pair: Pair) -> Invitation:
    session = a_session(an_event(programme, title="Workshop 1"), venue=a_venue(programme))
    publish(a_plan(programme, placements=[(pair, session)]), by=None)
    outbox.send_due()
    return db.session.scalars(select(Invitation).where(Invitation.person_id == pair.director_id)).one()


def letters_to(address: str) -> list[OutboxMessage]:
    found = select(OutboxMessage).where(OutboxMessage.to_address == address).order_by(OutboxMessage.id)
    return list(db.session.scalars(found))


def test_needs_are_saved_shown_to_organisers_and_erased_when_their_time_has_come(
    visitor: Visitor, organiser: Visitor, own: str, pair: Pair, programme: Programme
) -> None:
    typed = {"name": "Zoë Lee", "access": "A hearing loop", "dietary": "No nuts", "wants_receipt": "yes"}

    saved = visitor.post(own, {"do": "details", **typed})

    assert saved.said == "Saved: receipts and needs."
    assert "A hearing loop" in organiser.get(f"/programmes/{programme.slug}/people/{pair.director_id}").text
    needs = db.session.scalars(select(AccessNeeds)).one()
    needs.saved_at = now() - timedelta(days=31)
    db.session.commit()
    assert retention.erase_due() == 1
    assert db.session.scalars(select(AccessNeeds)).all() == []
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "retention.erased")).one()
    assert entry.details == {"needs": 1, "received": 0, "sent": 0}
    assert "nuts" not in json.dumps([row.details for row in db.session.scalars(select(AuditEntry))])


def test_a_new_address_counts_once_the_button_at_its_link_is_pressed(visitor: Visitor, own: str, pair: Pair) -> None:
    taken = visitor.post(own, {"do": "email", "new_email": "tom@t.example"})
    assert "Somebody else in this programme has this address" in taken.error_at("new_email")

    visitor.post(own, {"do": "email", "new_email": "zoe@new.example"})
    (letter,) = letters_to("zoe@new.example")
    link = re.search(r"/confirm-address/\S+", read_letter(letter.body).text)
    assert link is not None

    opened = visitor.get(link[0])
    db.session.refresh(pair.director)
    assert (opened.h1, pair.director.email) == ("Is this your new email address?", "zoe@t.example")
    visitor.post(link[0], {})
    db.session.refresh(pair.director)
    assert pair.director.email == "zoe@new.example"
    assert visitor.get(link[0]).status == 410


def test_an_assistant_gets_a_copy_once_and_answers_for_the_person(
    visitor: Visitor, own: str, pair: Pair, programme: Programme
) -> None:
    own_address = visitor.post(own, {"do": "assistant", "assistant_name": "Pa", "assistant_email": "zoe@t.example"})
    assert "your own address" in own_address.error_at("assistant_email")
    visitor.post(own, {"do": "assistant", "assistant_name": "Pat Dean", "assistant_email": "pa@t.example"})
    invitation = invited(programme, pair)

    assert [copies.queue_due(), copies.queue_due()] == [1, 0]

    (copy,) = letters_to("pa@t.example")
    letter = read_letter(copy.body)
    said = dict(letter.calendar)
    assert (said["UID"], said["Attendee"], said["Method"]) == (invitation.uid, "pa@t.example", "REQUEST")
    assert (copy.to_name, copy.uid) == ("Pat Dean", None)
    assert "/p/" not in letter.text
    receiving.receive(a_reply(invitation, attendee="pa@t.example", partstat="ACCEPTED"))
    db.session.refresh(invitation)
    assert invitation.partstat is PartStat.ACCEPTED

    visitor.post(own, {"do": "no-assistant"})
    assert "gets a copy" not in visitor.get(own).said


def test_who_wants_to_leave_tells_the_organisers_and_may_stay_after_all(
    visitor: Visitor, organiser: Visitor, own: str, pair: Pair, programme: Programme
) -> None:
    visitor.get(f"{own}/leave")
    assert db.session.scalars(select(OutboxMessage)).all() == []

    visitor.post(f"{own}/leave", {})

    kinds = {row.kind for row in db.session.scalars(select(OutboxMessage))}
    assert kinds == {"wants-to-leave"}
    theirs = f"/programmes/{programme.slug}/people/{pair.director_id}"
    assert "Zoë Lee told you on" in organiser.get(theirs).text
    visitor.post(f"{own}/leave", {"do": "stay"})
    assert "Zoë Lee told you on" not in organiser.get(theirs).text


def test_a_person_reads_all_that_is_held_on_them_and_nothing_of_others(
    visitor: Visitor, own: str, pair: Pair, programme: Programme
) -> None:
    pair.director.answer_comment = "canary of Zoë"
    pair.manager.answer_comment = "canary of Tom"
    db.session.commit()
    invited(programme, pair)

    text = visitor.get(f"{own}/held.json").html

    assert "canary of Zo\\u00eb" in text
    assert "Workshop 1" in text
    assert "0161 496 0000" in text
    assert "tom@t.example" not in text
    assert "canary of Tom" not in text
    assert own.split("/")[2] not in text
    assert visitor.get(f"{own}/held").h1 == "What we hold on you"


def test_an_erased_person_is_nowhere_in_the_database_and_what_was_counted_stays(
    organiser: Visitor, visitor: Visitor, own: str, pair: Pair, programme: Programme
) -> None:
    visitor.post(own, {"do": "details", "name": "Zoë Lee", "access": "A hearing loop"})
    invitation = invited(programme, pair)
    address = f"/programmes/{programme.slug}/people/{pair.director_id}/erase"
    zoe = pair.director_id

    assert organiser.post(address, {"name": "Tom Reid"}).error_at("name") == "Enter Zoë Lee, as it stands above"
    waits = organiser.post(address, {"name": "zoë lee"})

    assert "when the last mail to them has left" in waits.said
    assert [row.kind for row in letters_to("zoe@t.example")] == ["invitation", "cancellation"]
    outbox.send_due()
    assert erasing.complete_due() == 1
    assert db.session.get(Person, zoe).name == "A former participant"
    assert db.session.scalars(select(Erasure)).one().done_at is not None
    db.session.refresh(invitation)
    assert invitation.partstat is PartStat.NEEDS_ACTION
    dump = "\n".join(db.engine.raw_connection().driver_connection.iterdump())
    for trace in ("Zoë Lee", "Zo\\u00eb Lee", "zoe@t.example", "hearing loop", "0161 496 0000"):
        assert trace not in dump
    assert visitor.get(own).status == 410


def test_old_mail_loses_its_text_and_nothing_else(organiser: Visitor, pair: Pair, programme: Programme) -> None:
    invitation = invited(programme, pair)
    old = now() - timedelta(days=400)
    invitation.starts_at, invitation.ends_at = old - timedelta(hours=2), old
    for message in db.session.scalars(select(OutboxMessage).where(OutboxMessage.invitation_id == invitation.id)):
        message.sent_at = message.queued_at = old
    db.session.commit()
    page = organiser.get(f"/programmes/{programme.slug}/settings/retention")
    assert page.table("What goes next")[3][1:3] == ["2", "1"]

    retention.erase_due()

    (message,) = letters_to("zoe@t.example")
    assert (message.body, message.file) == (b"", None)
    shown = organiser.get(f"/programmes/{programme.slug}/messages/{message.id}")
    assert "text has been erased" in shown.text
    saved = organiser.post(
        f"/programmes/{programme.slug}/settings/retention",
        {"needs": "30", "received": "90", "sent": "200", "version": "0"},
    )
    assert saved.said == "Saved."
