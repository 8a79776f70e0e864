from __future__ import annotations

import pytest

from scheduler.config import SettingRefused, Settings, load_settings
from scheduler.mailboxes import AddressRefused, Mailbox, mailbox_of, same_mailbox


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Convene <convene@localhost>", "Convene", "convene@localhost"),
        ("R&D leadership programme <programme@example.nhs.uk>", "R&D leadership programme", "programme@example.nhs.uk"),
        ('"Leaders, North" <north@example.nhs.uk>', "Leaders, North", "north@example.nhs.uk"),
        ("programme@Example.NHS.uk", "", "programme@example.nhs.uk"),
        ("Büro <buero@bücher.example>", "Büro", "buero@xn--bcher-kva.example"),
    ],
)
def test_a_mailbox_is_read_as_the_setting_writes_it(text, name, address):
    assert mailbox_of(text) == Mailbox(name, address)
    assert (mailbox_of(text).name, mailbox_of(text).address) == (name, address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@trust.example, eve@evil.example",
        "ann@trust.example\nBcc: eve@evil.example",
        "ann\u202e@trust.example",
        "ann＠trust.example",
        "jörg@trust.example",
        '"a b"@trust.example',
        "ann@[127.0.0.1]",
        "Ann <ann@trust.example>",
    ],
)
def test_anything_but_one_plain_address_is_refused(address):
    with pytest.raises(AddressRefused):
        Mailbox("Ann", address)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("programme@leaders.example", "Programme@LEADERS.example", True),
        ("programme@leaders.example", "programme+abc@leaders.example", True),
        ("programme+a@leaders.example", "programme+b@leaders.example", True),
        ("a@bücher.example", "A@xn--bcher-kva.example", True),
        ("programme@leaders.example", "programmes@leaders.example", False),
        ("programme@leaders.example", "programme@leaders2.example", False),
    ],
)
def test_case_tag_and_spelling_of_the_domain_make_no_other_mailbox(one, other, same):
    assert same_mailbox(one, other) is same


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("R&D leaders <programme@example.nhs.uk>", "R&D leaders", "programme@example.nhs.uk"),
        ('"Leaders, North" <north@example.nhs.uk>', "Leaders, North", "north@example.nhs.uk"),
        (r'"The \"best\" \\ team" <north@example.nhs.uk>', r'The "best" \ team', "north@example.nhs.uk"),
        ("Büro (Nord) <north@example.nhs.uk>", "Büro (Nord)", "north@example.nhs.uk"),
        ("north@example.nhs.uk", "Convene", "north@example.nhs.uk"),
    ],
)
def test_the_sender_in_the_settings_is_read_whole(written, name, address):
    settings = Settings(mail_from=written)

    assert settings.sender == (name, address)
    assert mailbox_of(settings.mail_from) == Mailbox(name, address)


@pytest.mark.parametrize(
    "written", ["Leaders", "Leaders <north>", "Leaders, North <n@t.example>\n", "a@b.example\nTo: x@y"]
)
def test_a_sender_that_is_none_stops_the_start(written, monkeypatch):
    monkeypatch.setenv("CONVENE_MAIL_FROM", written)

    with pytest.raises(SettingRefused, match=r"^CONVENE_MAIL_FROM: it needs a name and an address\. For example: "):
        load_settings()
