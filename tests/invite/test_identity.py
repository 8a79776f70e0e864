from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.config import SettingRefused, load_settings
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.identity import new_uid, organizer_address
from scheduler.mailboxes import AddressRefused, Mailbox, same_mailbox
from scheduler.models import Invitation, OutboxMessage
from tests.builders import a_pair, a_programme, a_session, an_event
from tests.invite.plans import a_plan, calendar_in
from tests.invite.postbox import open_postbox
from tests.invite.samples import ANN, PROGRAMME, UID, appointment

KEY = b"a key of thirty-two bytes or more"


@pytest.mark.parametrize("host", ["convene.example", "127.0.0.1", "::1", "Convene.Example", "localhost"])
def test_a_uid_is_new_each_time_and_one_a_calendar_takes(host):
    one, other = new_uid(host), new_uid(host)

    assert one != other
    assert appointment(uid=one).uid == one


def test_the_tag_is_in_the_address_answers_go_to_and_the_name_stays():
    organizer = organizer_address(PROGRAMME, UID, ANN.address, KEY)

    assert organizer.name == PROGRAMME.name
    assert organizer.address.startswith("programme+")
    assert organizer.address.endswith("@leaders.example")
    assert same_mailbox(organizer.address, PROGRAMME.address)


def test_without_tags_the_organizer_is_the_sender():
    assert organizer_address(PROGRAMME, UID, ANN.address, KEY, tagged=False) == PROGRAMME


@given(other=st.sampled_from(["uid", "attendee", "key"]))
def test_a_tag_proves_one_invitation_of_one_person_by_one_key(other):
    given_to = {"uid": UID, "attendee": ANN.address, "key": KEY}
    changed = given_to | {other: given_to[other] + (b"x" if other == "key" else "x")}

    assert organizer_address(PROGRAMME, **given_to) == organizer_address(PROGRAMME, **given_to)
    assert organizer_address(PROGRAMME, **given_to) != organizer_address(PROGRAMME, **changed)


def test_a_tag_survives_programs_that_change_the_case_of_what_it_is_made_from():
    shouted = organizer_address(PROGRAMME, UID.upper(), ANN.address.upper(), KEY)

    assert shouted == organizer_address(PROGRAMME, UID, ANN.address, KEY)
    assert shouted.local == shouted.local.lower()


def test_an_address_too_long_for_a_tag_is_refused_with_its_limit():
    fits, too_long = (Mailbox("", f"{'a' * length}@leaders.example") for length in (47, 48))

    assert len(organizer_address(fits, UID, ANN.address, KEY).local) == 64
    with pytest.raises(AddressRefused, match="at most 47 characters"):
        organizer_address(too_long, UID, ANN.address, KEY)


@pytest.mark.parametrize("tags", [True, False])
def test_with_tags_organizer_reply_to_and_envelope_sender_name_the_invitation_and_from_does_not(app, tags):
    programme = a_programme()
    session = a_session(an_event(programme), "2027-03-23 09:30")
    with open_postbox() as postbox:
        app.settings = app.settings.model_copy(
            update={"smtp_url": postbox.url, "mail_from": "Team <team@programme.example>", "mail_tags": tags}
        )
        publishing.publish(a_plan(programme, [(a_pair(programme, manager=None), session)]), by=None)

        outbox.send_due()

    organizer = db.session.scalars(select(Invitation.organizer)).one()
    mail = message_from_bytes(postbox.arrived[0][1], policy=default)
    (event,) = calendar_in(db.session.scalars(select(OutboxMessage)).one()).walk("VEVENT")
    assert organizer.startswith("team+") == tags
    assert str(event["organizer"]) == f"mailto:{organizer}"
    assert mail["Reply-To"].addresses[0].addr_spec == organizer
    assert mail["From"].addresses[0].addr_spec == "team@programme.example"
    assert postbox.senders == [organizer]


def test_a_sender_that_leaves_no_room_for_a_tag_is_refused_at_the_start(tmp_path):
    with pytest.raises(SettingRefused, match="leaves no room for a tag: 47 characters"):
        load_settings(instance=tmp_path, mail_from=f"{'a' * 48}@programme.example", mail_tags="yes")
