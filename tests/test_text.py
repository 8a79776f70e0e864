"""One cleaning for all that people type: nothing unseen, one form of each letter, the same wherever it is typed."""

from __future__ import annotations

import unicodedata

import pytest
import wtforms
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from scheduler.collect.importing.cells import cleaned
from scheduler.mailboxes import AddressRefused, address_of
from scheduler.text import clean_line, clean_text
from scheduler.web.forms.fields import EmailField, LineField

TRICKS = (
    "\u00ad\u034f\u061c\u115f\u200b\u200c\u200d\u200e\u202e\u2066\u2800\u3164\ufe0f\ufeff\U000e0041\U000e0100\ue000"
)
tricky = st.text(
    st.sampled_from("aë\u0308\u0301ب\u0646क\u094d葛👩🏽❤ \t\r\n\x1c\x1b\x85\u2028\ufffe\ud800" + TRICKS)
    | st.characters()
)


class Typed(wtforms.Form):
    """A form of what is cleaned."""

    name = LineField("Name")
    email = EmailField("Email address")


@given(text=tricky)
def test_cleaning_again_changes_nothing_and_a_text_made_a_line_is_the_line(text: str) -> None:
    line, lines = clean_line(text), clean_text(text)

    assert clean_line(line) == line == clean_line(lines)
    assert clean_text(lines) == lines
    assert unicodedata.is_normalized("NFC", lines)


@given(text=tricky)
def test_what_is_kept_is_seen(text: str) -> None:
    lines = clean_text(text)

    assert not {unicodedata.category(c) for c in lines if c != "\n"} & {"Cc", "Cs", "Co", "Zl", "Zp"}
    assert not set(lines) & (set(TRICKS) - set("\u200c\u200d\ufe0f\U000e0100"))
    assert [line.rstrip() for line in lines.split("\n")] == lines.split("\n")


@given(name=st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20), trick=st.sampled_from(TRICKS))
def test_a_name_hides_nothing_at_its_ends(name: str, trick: str) -> None:
    latin = f"x{name}x"

    assert clean_line(f"{trick}{latin}{trick}") == clean_line(latin)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Zo\u00ade L\u200eee", "Zoe Lee"),
        ("Zoe\u200dLee", "ZoeLee"),
        ("Zoe\u0308\u200d", "Zoë"),
        ("\u3164", ""),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("می" + "\u200c" * 5000 + "خواهم", "می\u200cخواهم"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
        ("❤\ufe0f\u200d🔥 👩🏽\u200d⚕\ufe0f", "❤\ufe0f\u200d🔥 👩🏽\u200d⚕\ufe0f"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("A\ufe0f\U000e0061", "A"),
        ("one\x1ctwo\x0bthree\u2028four", "one two three four"),
    ],
)
def test_scripts_keep_what_they_are_written_with_and_nothing_else_is_hidden(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


@given(text=tricky.filter(lambda text: not clean_line(text).startswith("'")))
def test_forms_and_files_read_a_name_alike(text: str) -> None:
    in_a_form = Typed(MultiDict({"name": text})).name.data

    assert (in_a_form or "") in (cleaned(text), clean_line(text)[:200])


ADDRESSES = [
    ("Ann.Lee@Trust.NHS.UK", "ann.lee@trust.nhs.uk"),
    ("  ann@trust.example\n", "ann@trust.example"),
    ("ann+r&d@trust.test", "ann+r&d@trust.test"),
    ("ann@xn--bcher-kva.example", "ann@bücher.example"),
    ("o'neil@trust.example", "o'neil@trust.example"),
]


@pytest.mark.parametrize(("typed", "kept"), ADDRESSES)
def test_an_address_is_kept_in_one_spelling_wherever_it_is_typed(typed: str, kept: str) -> None:
    assert address_of(typed) == address_of(kept) == kept
    assert Typed(MultiDict({"email": typed})).email.data == kept


@pytest.mark.parametrize(
    "typed",
    [
        "ann", "ann@", "ann@trust", "a@b.example, c@d.example", "ann＠trust.example", "zoë@trust.example",
        '"a b"@trust.example', "ann@[192.0.2.1]", "Ann <ann@trust.example>", "ann@trust.example\r\nBcc: x@y.example",
        "an\u200bn@trust.example", "\u202eann@trust.example", "ann@trust.example\x07", "", "ann\0@trust.example",
        "ann@localhost", "ann@-trust.example", "x" * 250 + "@trust.example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_wherever_it_is_typed(typed: str) -> None:
    with pytest.raises(AddressRefused):
        address_of(typed)
    assert Typed(MultiDict({"email": typed})).email.data is None


@given(text=st.emails() | tricky.map(lambda text: f"{text}@trust.example"))
def test_an_address_that_is_taken_is_plain_and_taken_again(text: str) -> None:
    try:
        kept = address_of(text)
    except AddressRefused:
        return

    assert address_of(kept) == kept == kept.lower() == clean_line(kept)
    assert kept.count("@") == 1


def test_a_refusal_is_one_short_line_whatever_was_typed() -> None:
    with pytest.raises(AddressRefused) as refused:
        address_of("\x1b[2J\n" + "x" * 5000)

    assert str(refused.value) == f'"[2J {"x" * 73}..." is not an email address. Enter one like name@example.nhs.uk.'
