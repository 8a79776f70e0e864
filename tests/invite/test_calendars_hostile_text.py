"""Whatever is typed as a name, a title or a place stays text: abuse cases I6, I7 and I9."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from scheduler.invite.calendars import cancel, download, feed, request
from scheduler.mailboxes import Mailbox
from scheduler.text import clean_line, clean_text
from tests.invite.hostile import SEEN_IN_ATTACKS, any_text
from tests.invite.readers import by_ical_js, by_icalendar, by_vobject, ical_js_is_there, property_names
from tests.invite.samples import ANN, PROGRAMME, appointment


@example(name="x" * 10_000, title="🧬" * 60, place="\r\nATTENDEE:mailto:eve@evil.example", words="\ud800 ^n")
@given(name=any_text, title=any_text, place=any_text, words=any_text)
def test_any_text_reads_back_as_itself_and_adds_no_property(name, title, place, words):
    plain = request(
        appointment(summary="Workshop 1", location="Leeds", description="Words"), organizer=PROGRAMME, attendee=ANN
    )
    # A blank place or text leaves its property out, which is no injection; the rest must be the same line for line.
    place, words = place + " Leeds", words + " Words"

    data = request(
        appointment(summary=title, location=place, description=words),
        organizer=PROGRAMME,
        attendee=Mailbox(name + " Ann", ANN.address),
    )

    assert property_names(data) == property_names(plain)
    assert_bytes_are_right(data)
    for read in (by_icalendar, by_vobject):
        [event] = read(data)
        assert event.summary == clean_line(title)
        assert event.location == clean_line(place)
        assert event.description == clean_text(words)
        assert event.attendee == f"mailto:{ANN.address}"
        assert event.cn == clean_line(name + " Ann").translate(str.maketrans('"\\', "'/", "^"))


@pytest.mark.skipif(not ical_js_is_there(), reason="NO ICAL.JS: needs node or Chromium, and npm ci")
def test_text_from_attacks_reads_back_as_itself_in_ical_js_too():
    objects = [
        request(
            appointment(summary=text, location=text, description=text),
            organizer=PROGRAMME,
            attendee=Mailbox(text, ANN.address),
        )
        for text in SEEN_IN_ATTACKS
    ]

    read = by_ical_js(objects)

    assert [[event.summary for event in events] for events in read] == [[clean_line(text)] for text in SEEN_IN_ATTACKS]
    assert [events[0].description for events in read] == [clean_text(text) for text in SEEN_IN_ATTACKS]
    assert {events[0].attendee for events in read} == {f"mailto:{ANN.address}"}


@settings(max_examples=30)
@given(title=any_text, name=any_text)
def test_the_other_objects_hold_any_text_as_well(title, name):
    written = appointment(summary=title)
    attendee = Mailbox(name, ANN.address)

    for data in (
        cancel(written, organizer=PROGRAMME, attendee=attendee),
        download(written),
        feed([written], name=name, time_zone="Europe/London"),
    ):
        assert_bytes_are_right(data)
        assert by_icalendar(data)[0].summary == by_vobject(data)[0].summary == clean_line(title)


@given(text=any_text)
def test_clean_text_holds_nothing_unseen_and_is_clean_once_and_for_all(text):
    clean = clean_text(text)

    assert clean == clean_text(clean)
    assert clean_line(clean) == clean_line(text)
    assert not set(clean) & set("\0\x07\x1b\r\x85\u2028\u2029\u202a\u202e\u2066\u2069\u200b\ufeff")
    assert "\n" not in clean_line(text)


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Ann\tExample \r\n", "Ann Example"),
        ("Zoe\u0308", "Zoë"),
        ("\u202egnp.exe", "gnp.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d⚕️", "👩\u200d⚕️"),
        ("a\x1b]0;x\x07b", "a]0;xb"),
        ("one\u2028two", "one two"),
    ],
)
def test_a_line_keeps_what_names_are_spelled_with_and_drops_what_deceives(typed, clean):
    assert clean_line(typed) == clean


def assert_bytes_are_right(data: bytes) -> None:
    """Calendar-rules 42 to 44 and 87: CRLF alone, at most 75 octets, each line whole UTF-8, no BOM."""
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert not [line for line in lines if b"\n" in line or b"\r" in line or len(line) > 75]
    assert [line.decode("utf-8").encode() for line in lines] == lines
    assert not data.startswith(b"\xef\xbb\xbf")
