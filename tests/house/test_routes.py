"""Rules over the whole table of routes, so that a new one cannot forget them."""

from __future__ import annotations

import re

import pytest
from werkzeug.routing import Rule

from scheduler import Convene
from tests.web.page import Page, Visitor

EXAMPLES = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000000"}
FORGED = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def rules(app: Convene, method: str) -> list[Rule]:
    """The routes of ours that answer a method; Flask's own for static files is WhiteNoise's work here."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static" and method in (rule.methods or ())]


def address(rule: Rule) -> str:
    """An address of a route, with something made up for each of its parts."""

    def part(found: re.Match[str]) -> str:
        return EXAMPLES.get((found[1] or "").partition("(")[0].rstrip(":"), "made-up")

    return re.sub(r"<(?:([^:<>]+):)?[^<>]+>", part, rule.rule)


@pytest.fixture
def visitor(app: Convene) -> Visitor:
    """Someone who has not logged in."""
    return Visitor(app)


def test_addresses_are_plain_words_with_hyphens(app: Convene) -> None:
    part = r"/[a-z0-9-]*(<[^>]+>)?(\.[a-z]+)?"
    odd = [rule.rule for rule in app.url_map.iter_rules() if not re.fullmatch(f"({part})+", rule.rule)]

    assert odd == []


def test_no_post_without_a_token_gets_anywhere(app: Convene, visitor: Visitor) -> None:
    let_in = {
        rule.rule: status
        for rule in rules(app, "POST")
        if (status := visitor.post(address(rule), token=False, follow=False).status) != 403
    }

    assert let_in == {}


def test_no_post_from_another_site_gets_anywhere_even_with_a_token(app: Convene, visitor: Visitor) -> None:
    let_in = {
        rule.rule: status
        for rule in rules(app, "POST")
        if (status := visitor.post(address(rule), headers=FORGED, follow=False).status) != 403
    }

    assert let_in == {}


def test_every_route_answers_a_stranger_within_the_house_rules(app: Convene, visitor: Visitor) -> None:
    """Headers, one heading, no names: each page that the client fetches is held to them."""
    answers: dict[str, Page] = {rule.rule: visitor.get(address(rule), follow=False) for rule in rules(app, "GET")}

    assert {rule: page.status for rule, page in answers.items() if page.status >= 500 and rule != "/readyz"} == {}


def test_methods_that_a_route_does_not_know_are_refused(app: Convene) -> None:
    client = app.test_client()

    for method in ("PUT", "PATCH", "TRACE", "BREW"):
        answers = {
            rule.rule: client.open(address(rule), method=method, base_url=app.settings.origin).status_code
            for rule in app.url_map.iter_rules()
            if rule.endpoint != "static" and method not in (rule.methods or ())
        }
        assert {rule: status for rule, status in answers.items() if status not in (404, 405)} == {}
