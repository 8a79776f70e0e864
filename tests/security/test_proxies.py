"""Behind proxies the sender is who the proxies of ours were asked by; nobody else's word counts (abuse case A11)."""

from __future__ import annotations

import ipaddress

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from scheduler import create_app
from scheduler.config import SettingRefused, Settings, load_settings
from scheduler.extensions import db
from scheduler.web import limits, proxies
from tests.web.page import Visitor

OURS = "10.1.0.0/16"
PROXY, OUTER_PROXY, STRANGER = "10.1.0.1", "10.1.0.2", "198.51.100.7"
A_MINUTE = limits.WRONG_TOKENS.amount


def sender(peer: str, *headers: str, trusted: str = OURS) -> str:
    """Who a request is taken to come from."""
    forwarded = [("X-Forwarded-For", header) for header in headers]
    environ = EnvironBuilder(headers=forwarded, environ_base={"REMOTE_ADDR": peer}).get_environ()
    found = proxies.sender_of(Request(environ), Settings(trusted_proxies=trusted).trusted_proxies)
    return str(found)


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1", "192.0.2.1"),  # the sender made up the left one
        ("127.0.0.1, 10.1.0.9, 192.0.2.1", "192.0.2.1"),
        (f"192.0.2.1, {OUTER_PROXY}", "192.0.2.1"),
        (f"203.0.113.9,192.0.2.1,{OUTER_PROXY},{OUTER_PROXY}", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", PROXY),
        ("unknown", PROXY),
        ("192.0.2.1, unknown", PROXY),
        (f"unknown, {OUTER_PROXY}", OUTER_PROXY),
        ("192.0.2.1, ", PROXY),
        ("192.0.2.1\t", "192.0.2.1"),
        ("1" * 5000, PROXY),
    ],
)
def test_a_proxy_of_ours_is_believed_as_far_as_it_can_know(forwarded: str, found: str) -> None:
    assert sender(PROXY, forwarded) == found


def test_headers_sent_apart_are_read_as_one() -> None:
    assert sender(PROXY, "203.0.113.9", f"192.0.2.1, {OUTER_PROXY}") == "192.0.2.1"


@pytest.mark.parametrize("forwarded", ["192.0.2.1", f"192.0.2.1, {PROXY}", PROXY, "127.0.0.1"])
def test_nobody_else_is_believed(forwarded: str) -> None:
    assert sender(STRANGER, forwarded) == STRANGER
    assert sender(PROXY, forwarded, trusted="") == PROXY


def test_a_proxy_that_connects_over_ipv6_with_an_ipv4_address_is_known() -> None:
    assert sender(f"::ffff:{PROXY}", "192.0.2.1") == "192.0.2.1"


addresses = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).filter(lambda a: a.ipv4_mapped is None).map(str)


@given(made_up=st.lists(addresses | st.text(st.characters(codec="ascii", exclude_characters="\r\n\0"))), real=addresses)
def test_whatever_a_sender_writes_first_the_proxy_has_the_last_word(made_up: list[str], real: str) -> None:
    ours = ipaddress.ip_network(OURS)
    if ipaddress.ip_address(real) not in ours:
        assert sender(PROXY, ", ".join([*made_up, real])) == real


def guess(visitor: Visitor, times: int, forwarded: str = "", peer: str = PROXY) -> list[int]:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return [
        visitor.get("/calendar/guess.ics", rules=False, headers=headers, environ_base={"REMOTE_ADDR": peer}).status
        for _ in range(times)
    ]


@pytest.fixture
def behind_a_proxy(tmp_path, database):
    app = create_app(Settings(instance=tmp_path, database_url=database, trusted_proxies=OURS))
    with app.app_context():
        yield Visitor(app)
        db.session.remove()
        db.engine.dispose()


def test_behind_a_proxy_each_sender_has_tries_of_their_own(behind_a_proxy: Visitor) -> None:
    guess(behind_a_proxy, A_MINUTE + 1, "192.0.2.1")

    assert guess(behind_a_proxy, 1, "192.0.2.1") == [429]
    assert guess(behind_a_proxy, 1, "203.0.113.5, 192.0.2.1") == [429]
    assert guess(behind_a_proxy, 1, "192.0.2.2") == [404]


def test_who_comes_past_the_proxy_gets_no_new_tries_by_naming_another(behind_a_proxy: Visitor) -> None:
    guess(behind_a_proxy, A_MINUTE + 1, "192.0.2.1", peer=STRANGER)

    assert guess(behind_a_proxy, 1, "192.0.2.2", peer=STRANGER) == [429]
    assert guess(behind_a_proxy, 1, "192.0.2.1") == [404]


def test_a_proxy_has_no_say_in_the_host(behind_a_proxy: Visitor) -> None:
    headers = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}

    page = behind_a_proxy.get("/", follow=False, headers=headers, environ_base={"REMOTE_ADDR": PROXY})
    refused = behind_a_proxy.get(
        "/", rules=False, headers={"Host": "evil.example"}, environ_base={"REMOTE_ADDR": PROXY}
    )

    assert "evil.example" not in f"{page.headers}{page.text}"
    assert refused.status == 400


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("nginx", "'nginx' is neither an address nor a network"),
        ("10.0.0.0/33", "'10.0.0.0/33' is neither an address nor a network"),
        ("127.0.0.1; ::1", "'127.0.0.1; ::1' is neither an address nor a network"),
        ("\x1b[1m", r"'\x1b[1m' is neither an address nor a network"),
        ("10.0.0.1/8", "10.0.0.1/8 names one address and a network: write 10.0.0.0/8 for the network"),
        ("127.0.0.1, 0.0.0.0/0", "0.0.0.0/0 is every address there is, so anybody could say who they are"),
        ("::/0", "::/0 is every address there is, so anybody could say who they are"),
    ],
)
def test_a_list_that_cannot_be_used_stops_the_start_with_one_line(value: str, wrong: str, monkeypatch) -> None:
    monkeypatch.setenv("CONVENE_TRUSTED_PROXIES", value)

    with pytest.raises(SettingRefused) as refused:
        load_settings()

    assert str(refused.value) == f"CONVENE_TRUSTED_PROXIES: {wrong}. For example: 127.0.0.1, 10.20.0.0/16"


@pytest.mark.parametrize("value", ["", " ", ","])
def test_an_empty_list_names_nobody(value: str, monkeypatch) -> None:
    monkeypatch.setenv("CONVENE_TRUSTED_PROXIES", value)

    assert load_settings().trusted_proxies == ()
