"""The words of mails as an owner changes them: fields checked where they stand, a preview, and ours again."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from scheduler.collect.mails import MAILS
from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.invite.finished import read_letter
from scheduler.models import OutboxMessage, OwnWording
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser
from tests.invite.plans import a_plan
from tests.web.page import Visitor

TEXT = "Dear {name}\n\n{when_and_where}\n\nWear good shoes.\n\n{way_back}"


@pytest.fixture
def top(programme):
    return f"/programmes/{programme.slug}/settings/wording"


def entered(text=TEXT, subject="", version=0, do="save"):
    return {"text": text, "subject": subject, "version": str(version), "do": do}


def invite(programme, **person):
    pair = a_pair(programme, manager=None)
    for name, value in person.items():
        setattr(pair.director, name, value)
    db.session.commit()
    session = a_session(an_event(programme, title="Workshop 1"), "2027-01-12 09:30")
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    message = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    letter = read_letter(message.body)
    return message, replace(letter, text=letter.text.replace("\r\n", "\n"))


def test_every_mail_is_listed_in_ours_and_each_opens_without_a_fault(organiser, top):
    listed = organiser.get(top)

    assert [row[2] for row in listed.table("Mails")[1:]] == ["Ours"] * len(MAILS)
    for key in MAILS:
        again = organiser.post(f"{top}/{key}", entered(organiser.get(f"{top}/{key}").form_values["text"], do="look"))
        assert again.status == 200
        assert again.error_summary == {}


def test_saved_words_are_sent_with_their_fields_filled_in(organiser, programme, top):
    saved = organiser.post(f"{top}/invitation", entered(subject="{event}: see you there"))

    message, letter = invite(programme, name="Amara Okafor")
    assert "Invitation is sent in your words" in saved.said
    assert letter.subject == message.subject == "Workshop 1: see you there"
    assert letter.text.startswith("Dear Amara Okafor\n\nWhen: Tuesday 12 January 2027, 9:30am to 4:30pm, UK time\n")
    assert "Wear good shoes." in letter.text
    assert "You get this email because you take part in this programme and have a place here." in letter.text
    whose = {row[0]: row[2] for row in saved.table("Mails")}
    assert whose["Invitation"].startswith("Yours, changed by Aisha")


def test_plain_text_and_html_say_the_same(organiser, programme, top):
    organiser.post(f"{top}/invitation", entered(TEXT.replace("shoes", "<b>shoes</b> & {name}")))

    message, letter = invite(programme, name="Ann <script>alert(1)</script> O'Hara")

    html = bytes_of(message, "text/html")
    assert "<script" not in html
    assert "Wear good &lt;b&gt;shoes&lt;/b&gt; &amp; Ann &lt;script&gt;" in html
    assert "Wear good <b>shoes</b> & Ann <script>alert(1)</script> O'Hara." in letter.text


def bytes_of(message, kind):
    mail = message_from_bytes(message.body, policy=default)
    return next(part for part in mail.walk() if part.get_content_type() == kind).get_content()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TEXT + " {nmae}", "There is no field {nmae} in this mail. Use {name}, {programme}"),
        (TEXT + " {0.__class__}", "There is no field {0.__class__} in this mail."),
        (TEXT + " {{7*7}}", "There is a { that belongs to no field."),
        (TEXT.replace("{way_back}", ""), "Put {way_back} in the text: people must know how to say"),
        (TEXT.replace("{when_and_where}", "At {when_and_where}"), "Put {when_and_where} on a line of its own"),
        ("", "Enter the text of the mail"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_at_the_text_and_nothing_typed_is_lost(organiser, top, text, fault):
    page = organiser.post(f"{top}/invitation", entered(text))

    assert page.error_at("text").startswith(fault)
    assert page.form_values["text"].strip() == text.strip()
    assert db.session.scalars(select(OwnWording)).all() == []


@pytest.mark.parametrize(
    ("subject", "fault"),
    [("{way_back}", "A subject has one line"), ("{event} " * 8, "Subject must be 60 characters or fewer")],
)
def test_a_subject_of_more_than_one_line_or_60_characters_is_refused_at_its_field(organiser, top, subject, fault):
    page = organiser.post(f"{top}/invitation", entered(subject=subject))

    assert page.error_at("subject").startswith(fault)


def test_a_subject_that_a_long_title_makes_too_long_is_cut_to_60_characters(organiser, programme, top):
    organiser.post(f"{top}/invitation", entered(subject="{event} with {name}"))

    message, _ = invite(programme, name="A name " * 12)

    assert len(message.subject) == 60
    assert message.subject.endswith("…")


def test_a_value_that_looks_like_a_field_is_not_filled_in_again(organiser, programme, top):
    organiser.post(f"{top}/invitation", entered())

    _, letter = invite(programme, name="{way_back} {name}")

    assert letter.text.startswith("Dear {way_back} {name}\n")


def test_a_preview_shows_what_was_typed_and_keeps_nothing(organiser, top):
    page = organiser.post(f"{top}/invitation", entered(do="look"))

    assert "Wear good shoes." in page.text
    assert "Dear Amara Okafor" in page.text
    assert db.session.scalars(select(OwnWording)).all() == []


def test_ours_are_used_again_at_one_press(organiser, programme, top):
    organiser.post(f"{top}/invitation", entered())
    assert "Use ours again" in organiser.get(f"{top}/invitation").buttons

    page = organiser.post(f"{top}/invitation/ours")

    assert page.said == "Invitation is sent in our words again."
    assert "You have a place at Workshop 1." in invite(programme)[1].text


def test_words_saved_meanwhile_are_shown_beside_ones_own_and_not_overwritten(app, organiser, programme, top):
    colleague = Visitor(app).log_in(an_organiser(programme))
    colleague.post(f"{top}/invitation", entered(TEXT + "\n\nBring lunch."))

    page = organiser.post(f"{top}/invitation", entered())

    assert (page.status, page.h1) == (409, "Someone else changed this")
    assert "Bring lunch." in page.text
    assert "Bring lunch." in db.session.scalars(select(OwnWording.text)).one()


def test_the_words_of_one_programme_are_not_those_of_another(organiser, programme, top):
    organiser.post(f"{top}/invitation", entered())

    _, letter = invite(a_programme())

    assert "Wear good shoes." not in letter.text


def test_words_changed_while_a_publication_is_written_are_in_its_mail(organiser, programme, top):
    organiser.post(f"{top}/invitation", entered())
    organiser.post(f"{top}/invitation", entered(TEXT.replace("good", "dry"), version=1))

    assert "Wear dry shoes." in invite(programme)[1].text
