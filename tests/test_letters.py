from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP, compat32
from email.utils import getaddresses

import pytest
from hypothesis import example, given

from scheduler.invite.calendars import cancel, request
from scheduler.letters import Letter, build
from scheduler.mailboxes import Mailbox
from scheduler.text import clean_line
from tests.invite.hostile import any_text
from tests.invite.samples import ANN, PROGRAMME, appointment

INVITATION = Letter(
    message_id="<5f2c@convene.example>",
    dated=datetime(2026, 11, 25, 10, 0, 0, 5, tzinfo=UTC),
    sender=PROGRAMME,
    to=ANN,
    reply_to=Mailbox("R&D leaders", "programme+abc@leaders.example"),
    subject="Workshop 1, Tuesday 12 January 2027, Leeds",
    text="You are invited to Workshop 1.\n\nTuesday 12 January 2027, 9:30am to 4:30pm, London time\n",
    html="<!doctype html><html lang='en'><title>Workshop 1</title><p>You are invited – to Workshop 1.</p></html>",
)
CALENDAR = request(appointment(summary="Workshop 1 – café"), organizer=PROGRAMME, attendee=ANN)


def read(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=SMTP)


def test_an_invitation_is_plain_text_html_and_calendar_richest_last():
    message = read(build(INVITATION, CALENDAR))

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    plain, html, calendar = message.iter_parts()
    assert plain.get_content() == INVITATION.text.replace("\n", "\r\n")
    assert html.get_content().strip() == INVITATION.html
    assert calendar.get_payload(decode=True) == CALENDAR
    assert [part.defects for part in message.walk()] == [[]] * 4


@pytest.mark.parametrize("write", [request, cancel])
def test_the_calendar_part_states_its_method_and_charset_and_hides_behind_no_disposition(write):
    data = write(appointment(), organizer=PROGRAMME, attendee=ANN)

    *_, part = read(build(INVITATION, data)).iter_parts()

    assert sorted(part.keys()) == ["Content-Transfer-Encoding", "Content-Type"]
    assert part["Content-Transfer-Encoding"] == "base64"
    assert dict(part["Content-Type"].params) == {"method": write.__name__.upper(), "charset": "utf-8"}
    assert f"METHOD:{part['Content-Type'].params['method']}\r\n".encode() in part.get_payload(decode=True)


def test_the_headers_are_those_of_a_personal_letter_by_a_machine():
    message = read(build(INVITATION, CALENDAR))

    assert [(name, str(value)) for name, value in message.items()] == [
        ("From", "R&D leaders <programme@leaders.example>"),
        ("To", "Ann Example <ann@trust.example>"),
        ("Reply-To", "R&D leaders <programme+abc@leaders.example>"),
        ("Subject", "Workshop 1, Tuesday 12 January 2027, Leeds"),
        ("Date", "Wed, 25 Nov 2026 10:00:00 +0000"),
        ("Message-ID", "<5f2c@convene.example>"),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Type", message["Content-Type"]),
    ]


def test_a_later_letter_is_in_the_thread_of_the_first():
    message = read(build(replace(INVITATION, message_id="<b@convene.example>", follows=INVITATION.message_id)))

    assert message["In-Reply-To"] == message["References"] == INVITATION.message_id


def test_a_letter_without_a_calendar_is_text_and_html():
    message = read(build(replace(INVITATION, subject="Your Convene link", reply_to=None)))

    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Reply-To"] == message["From"]


def test_building_twice_gives_the_same_bytes_and_another_message_id_another_boundary():
    first = build(INVITATION, CALENDAR)

    assert build(INVITATION, CALENDAR) == first
    other = read(build(replace(INVITATION, message_id="<b@convene.example>"), CALENDAR))
    assert other.get_boundary() != read(first).get_boundary()


def test_every_line_is_seven_bits_ends_in_crlf_and_is_no_longer_than_mail_allows():
    long = replace(INVITATION, text="é" * 5000 + "\n.\n..\nFrom here\n", html=f"<p>{'–' * 5000}</p>", subject="é" * 300)

    data = build(long, CALENDAR)

    lines = data.split(b"\r\n")
    assert not [line for line in lines if b"\r" in line or b"\n" in line or len(line) > 998 or not line.isascii()]
    plain, *_ = read(data).iter_parts()
    assert plain.get_content() == long.text.replace("\n", "\r\n")


def test_a_calendar_for_somebody_else_is_not_put_into_the_letter():
    other = request(appointment(), organizer=PROGRAMME, attendee=Mailbox("Bob", "bob@trust.example"))

    with pytest.raises(ValueError, match=r"goes to ann@trust\.example"):
        build(INVITATION, other)


def test_a_message_id_that_would_end_its_line_is_refused():
    for message_id in ("", "5f2c@convene.example", "<a@b>\r\nBcc: eve@evil.example", "<a b@c>"):
        with pytest.raises(ValueError, match="Message-ID"):
            replace(INVITATION, message_id=message_id)
    with pytest.raises(ValueError, match="Message-ID"):
        replace(INVITATION, follows="<a@b>\nX: y")


@example(name="Ünal, Zoë <eve@evil.example>, a long name with many titles; MD, PhD, FRCP and so on: @home", title="")
@example(name="", title="=\u200b?utf-8?q?a=0D=0ABcc:_eve=40evil.example?=")
@example(name="é," * 60, title="=?utf-8?q?a=0D=0ABcc:_eve=40evil.example?=")
@example(name="Ann, " * 40, title="🧬" * 200)
@given(name=any_text, title=any_text)
def test_any_name_and_title_leave_the_same_headers_and_one_recipient(name, title):
    calm = read(build(INVITATION, CALENDAR))
    to = Mailbox(name, ANN.address)
    calendar = request(appointment(summary=title), organizer=PROGRAMME, attendee=to)

    sender = Mailbox(name, PROGRAMME.address)
    letter = replace(INVITATION, to=to, sender=sender, subject=title, text=f"Dear {name}", html=f"<p>{title}</p>")

    data = build(letter, calendar)

    for policy in (SMTP, compat32):
        message = message_from_bytes(data, policy=policy)
        assert message.keys() == calm.keys()
        assert [address for _, address in getaddresses(message.get_all("To"))] == [ANN.address]
        assert [address for _, address in getaddresses(message.get_all("From"))] == [PROGRAMME.address]
    assert [address.addr_spec for address in read(data)["To"].addresses] == [ANN.address]
    assert [part.get_content_type() for part in read(data).iter_parts()] == ["text/plain", "text/html", "text/calendar"]


@pytest.mark.parametrize("title", ["Café – “R&D”", "🧬" * 60, "Workshop 1: " + "a long title " * 12])
def test_a_subject_reads_back_as_it_was(title):
    data = build(replace(INVITATION, subject=title))

    assert read(data)["Subject"] == clean_line(title)
    unfolded = message_from_bytes(data)["Subject"].replace("\r\n", "")
    assert str(make_header(decode_header(unfolded))) == clean_line(title)


def test_a_subject_without_end_is_cut_short():
    subject = read(build(replace(INVITATION, subject="x" * 10_000)))["Subject"]

    assert subject == "x" * 199 + "…"


@pytest.mark.parametrize("name", ["Zoë O'Brien", "Brown, Ann", "李雷", "Dr. Ann B. (R&D)", "Ann: chief; of; all"])
def test_a_name_reads_back_as_it_was(name):
    data = build(replace(INVITATION, to=Mailbox(name, ANN.address)))

    assert read(data)["To"].addresses[0].display_name == name
