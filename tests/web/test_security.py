"""What holds for every response: headers, hosts, and posts that other sites send."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scheduler import Convene, create_app
from scheduler.config import Settings
from scheduler.web import security
from scheduler.web.access import public
from tests.web.page import Visitor

OURS = "http://127.0.0.1:8000"


@pytest.fixture
def app(app: Convene) -> Convene:
    """The application with an address that counts what reaches it."""
    app.add_url_rule("/counts", "counts", public(lambda: reached.append(1) or "counted"), methods=["GET", "POST"])
    reached = app.extensions["reached"] = []
    return app


def test_the_headers_are_on_pages_errors_and_static_files_alike(visitor: Visitor, app: Convene) -> None:
    style = visitor.get("/nowhere").select("link[rel=stylesheet]")[0]["href"]

    for address in ("/nowhere", "/counts", style):
        headers = visitor.get(address).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers


def test_each_page_has_a_nonce_of_its_own_and_allows_nothing_unsafe(visitor: Visitor) -> None:
    first, second = visitor.get("/nowhere"), visitor.get("/nowhere")

    nonces = [re.search(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])[1] for page in (first, second)]  # type: ignore[index]
    assert first.select("body > script")[0]["nonce"] == nonces[0]
    assert len(set(nonces)) == 2
    assert "unsafe" not in first.headers["Content-Security-Policy"]


def test_pages_are_kept_by_no_cache_and_static_files_for_good(visitor: Visitor) -> None:
    page = visitor.get("/nowhere")
    style = visitor.get(page.select("link[rel=stylesheet]")[0]["href"])

    assert page.headers["Cache-Control"] == "no-store"
    assert style.status == 200
    assert "immutable" in style.headers["Cache-Control"]


def test_a_route_that_says_how_it_may_be_kept_is_left_alone(visitor: Visitor, app: Convene) -> None:
    app.add_url_rule("/feed", "feed", public(lambda: ("", {"Cache-Control": "private, no-cache"})))

    assert visitor.get("/feed").headers["Cache-Control"] == "private, no-cache"


def test_behind_https_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, base_url="https://convene.example.nhs.uk"))

    answer = app.test_client().get("/nowhere", base_url="https://convene.example.nhs.uk")

    assert answer.status_code == 404
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.1:8000@evil"])
def test_under_a_host_that_is_not_ours_nothing_is_answered(app: Convene, host: str) -> None:
    answer = app.test_client().get("/counts", headers={"Host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert app.extensions["reached"] == []


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:9999", "[::1]:8000"])
def test_this_machine_may_be_called_by_any_of_its_own_names(app: Convene, host: str) -> None:
    assert app.test_client().get("/counts", headers={"Host": host}).status_code == 200


def test_a_named_site_is_not_answered_as_this_machine(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, base_url="https://convene.example.nhs.uk"))

    assert security.hosts_of(app) == ["convene.example.nhs.uk"]
    assert app.test_client().get("/nowhere", headers={"Host": "localhost"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1.evil.example"},
    ],
)
def test_a_post_from_another_site_is_refused_even_with_a_token_and_offers_nothing_to_press(
    visitor: Visitor, app: Convene, headers: dict[str, str]
) -> None:
    page = visitor.post("/counts", {"title": "hello"}, headers=headers)

    assert page.status == 403
    assert page.h1 == "This did not come from Convene"
    assert page.buttons == []
    assert app.extensions["reached"] == []


def test_a_post_without_a_token_changes_nothing(visitor: Visitor, app: Convene) -> None:
    assert visitor.post("/counts", token=False).status == 403
    assert app.extensions["reached"] == []


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": OURS}])
def test_a_post_from_our_own_page_is_taken(visitor: Visitor, app: Convene, headers: dict[str, str]) -> None:
    assert visitor.post("/counts", headers=headers).status == 200
    assert app.extensions["reached"] == [1]


def test_an_old_browser_that_hides_where_a_post_comes_from_is_offered_nothing_to_press(visitor: Visitor) -> None:
    page = visitor.post("/counts", {"title": "hello"}, token=False, headers={"Origin": "null"})

    assert page.status == 403
    assert page.buttons == []
