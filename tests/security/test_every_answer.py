"""What holds for whatever Convene answers, errors and static files included (abuse cases A11 to A14)."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
import sqlalchemy as sa

from scheduler import Convene, background, create_app, organisers
from scheduler.collect.links import token_of
from scheduler.collect.notes import send_link_again
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.invite.finished import read_letter
from scheduler.models import OutboxMessage, Programme, Purpose
from scheduler.web.access import public
from tests.builders import a_person, an_organiser
from tests.web.page import Visitor

ON_EVERYTHING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")
LEADS_OUT = (
    "https://evil.example", "http://evil.example/programmes", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "https:evil.example",
    "https:/evil.example", "https:\\\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:x", "/%2f%2fevil.example", "%2f%2fevil.example",
    "/%5cevil.example", "/%09/evil.example", "\t//evil.example", " //evil.example", "/\t/evil.example",
    "/\n/evil.example", "/x\r\nSet-Cookie: a=b", "/x%0d%0aSet-Cookie: a=b", "//evil.example@127.0.0.1:8000",
    "http://127.0.0.1:8000@evil.example", "//127.0.0.1:8000.evil.example", "@evil.example", ".evil.example",
    "?next=//evil.example", "#//evil.example", "/\u2028/evil.example", "//\uff0fevil.example", "http://[::1",
)  # fmt: skip


def all_answers(app: Convene, programme: Programme) -> dict[str, object]:
    """An answer of every kind: pages, redirects, files, feeds, health, and every error."""

    def breaks() -> str:
        raise RuntimeError

    app.add_url_rule("/breaks", "breaks", public(breaks))
    app.config.update(MAX_CONTENT_LENGTH=100_000, PROPAGATE_EXCEPTIONS=False)
    person = a_person(programme)
    visitor, organiser = Visitor(app), Visitor(app).log_in(an_organiser(programme))
    style = visitor.get("/nowhere").select("link[rel=stylesheet]")[0]["href"]
    token, feed = token_of(person, Purpose.PAGE), token_of(person, Purpose.CALENDAR)
    home = f"/programmes/{programme.slug}"

    def fetch(who: Visitor, address: str, method: str = "GET", **kwargs: object) -> object:
        db.session.commit()
        with app.app_context():
            return who.client.open(address, method=method, **({"base_url": app.settings.origin} | kwargs))

    return {
        "page": fetch(organiser, home),
        "participant": fetch(visitor, f"/p/{token}"),
        "redirect": fetch(visitor, home),
        "feed": fetch(visitor, f"/calendar/{feed}.ics"),
        "feed unchanged": fetch(
            visitor,
            f"/calendar/{feed}.ics",
            headers={"If-None-Match": fetch(visitor, f"/calendar/{feed}.ics").headers["ETag"]},  # type: ignore[attr-defined]
        ),
        "feed not found": fetch(visitor, "/calendar/none.ics"),
        "static": fetch(visitor, style),
        "static not found": fetch(visitor, "/static/none/none.css"),
        "static as a folder": fetch(visitor, "/static/"),
        "health": fetch(visitor, "/healthz"),
        "ready": fetch(visitor, "/readyz"),
        "not found": fetch(visitor, "/none"),
        "not a method": fetch(visitor, "/healthz", "DELETE"),
        "options": fetch(visitor, "/healthz", "OPTIONS"),
        "wrong host": fetch(visitor, "/sign-in", base_url="http://evil.example"),
        "without token": fetch(visitor, "/sign-in", "POST"),
        "too large": fetch(visitor, f"/p/{token}", "POST", data={"note": "x" * 200_000}),
        "broken": fetch(visitor, "/breaks"),
        "file": fetch(organiser, f"{home}/people/import/template.csv"),
    }


def test_the_headers_are_on_every_kind_of_answer(app: Convene, programme: Programme) -> None:
    for kind, answer in all_answers(app, programme).items():
        policy = answer.headers.get("Content-Security-Policy", "")
        missing = [name for name, value in ON_EVERYTHING.items() if answer.headers.get(name) != value]
        missing += [part for part in POLICY if part not in policy]

        assert missing == [], kind
        assert "unsafe" not in policy, kind
        assert "Server" not in answer.headers, kind
        assert "Access-Control-Allow-Origin" not in answer.headers, kind


def test_what_may_be_kept_and_by_whom(app: Convene, programme: Programme) -> None:
    kept = {kind: answer.headers.get("Cache-Control") for kind, answer in all_answers(app, programme).items()}

    assert "immutable" in kept.pop("static")
    assert {kept.pop("feed"), kept.pop("feed unchanged")} == {"private, no-cache"}
    assert {kind: value for kind, value in kept.items() if value != "no-store"} == {}


def test_behind_https_static_files_and_errors_say_so_too_and_the_cookie_is_bound_to_us(tmp_path) -> None:
    app = create_app(Settings(instance=tmp_path, base_url="https://convene.example.nhs.uk"))
    client = app.test_client()

    answers = [client.get(path, base_url="https://convene.example.nhs.uk") for path in ("/none", "/healthz")]
    answers.append(client.get("/sign-in", base_url="http://evil.example"))

    assert {answer.headers.get("Strict-Transport-Security") for answer in answers} == {
        "max-age=63072000; includeSubDomains"
    }
    assert app.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert app.config["SESSION_COOKIE_SECURE"]


def test_the_cookie_is_for_our_pages_alone(visitor: Visitor, app: Convene, programme: Programme) -> None:
    token = urlsplit(organisers.printed_link(an_organiser(programme))).path

    cookie = visitor.post(token, follow=False).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "CONNECT"])
def test_methods_nobody_needs_are_refused_everywhere(app: Convene, programme: Programme, method: str) -> None:
    client = app.test_client()

    for rule in app.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", "1", rule.rule)
        assert client.open(address, method=method, base_url=app.settings.origin).status_code == 405, rule.rule


@pytest.mark.parametrize("sign", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_no_other_site_can_post_to_any_address_even_with_a_token(
    app: Convene, programme: Programme, sign: dict[str, str]
) -> None:
    organiser = Visitor(app).log_in(an_organiser(programme))

    for rule in app.url_map.iter_rules():
        if "POST" not in rule.methods:
            continue
        address = re.sub(r"<[^>]+>", "1", rule.rule.replace("<slug>", programme.slug))
        page = organiser.post(address, {"do": "note", "note": "x"}, headers=sign, rules=False)
        assert (page.status, page.buttons) == (403, []), rule.rule


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "444", "X-Forwarded-Prefix": "/evil"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
        {"X-Host": "evil.example", "X-HTTP-Host-Override": "evil.example"},
    ],
)
def test_no_header_gets_another_host_into_a_mail_or_a_redirect(
    app: Convene, visitor: Visitor, programme: Programme, headers: dict[str, str]
) -> None:
    background.prepare()
    person, organiser = a_person(programme), an_organiser(programme)

    answers = [visitor.post("/sign-in", {"email": organiser.email}, headers=headers, follow=False)]
    answers.append(visitor.post("/find-my-link", {"email": person.email}, headers=headers, follow=False))
    answers.append(visitor.get(f"/programmes/{programme.slug}", headers=headers, follow=False))
    with app.test_request_context(base_url="http://evil.example", headers=headers):
        organisers.mail_log_in_link(organiser.email)
        send_link_again(person.email)
        db.session.commit()

    assert {answer.headers["Location"][:1] for answer in answers} == {"/"}
    written = [read_letter(body).text for body in db.session.scalars(sa.select(OutboxMessage.body))]
    assert len(written) == 2
    assert {found for text in written for found in re.findall(r"https?://[^/\s]+", text)} == {app.settings.origin}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:8000.evil.example", "127.0.0.1:8000, evil.example", ""])
def test_a_link_asked_for_under_another_host_is_not_sent(app: Convene, visitor: Visitor, host: str) -> None:
    background.prepare()

    page = visitor.post("/find-my-link", {"email": "ann@t.example"}, headers={"Host": host}, follow=False, rules=False)

    assert page.status == 400
    assert background.idle()


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/sign-in", "/\\evil.example", "//evil.example/%2e%2e"]
)
def test_a_path_that_looks_like_a_host_leads_nowhere_else(app: Convene, path: str) -> None:
    # As it stands in the request line: the test client would take the first part for the host.
    as_sent = {"PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path}
    answer = app.test_client().get("/", base_url=app.settings.origin, environ_overrides=as_sent)

    assert answer.status_code in (302, 308, 404)
    onward = urlsplit(answer.headers.get("Location", "/"))
    assert onward.netloc in ("", urlsplit(app.settings.origin).netloc)


def test_after_log_in_nobody_is_led_out_by_any_spelling(app: Convene, programme: Programme) -> None:
    organiser = an_organiser(programme)

    for spelling in LEADS_OUT:
        visitor = Visitor(app)
        visitor.post("/sign-in", {"email": organiser.email}, query_string={"next": spelling}, rules=False, follow=False)
        link = urlsplit(organisers.printed_link(organiser)).path
        onward = visitor.post(link, follow=False, rules=False).headers["Location"]

        as_browsers_read_it = re.sub(r"[\t\r\n]", "", unquote(onward)).replace("\\", "/").strip()
        assert as_browsers_read_it.startswith("/"), spelling
        assert not as_browsers_read_it.startswith("//"), spelling


def test_after_log_out_the_pages_are_gone_and_no_cache_held_them(app: Convene, programme: Programme) -> None:
    organiser = Visitor(app).log_in(an_organiser(programme))
    home = f"/programmes/{programme.slug}"
    before = organiser.get(home)
    organiser.post("/sign-out")

    assert before.headers["Cache-Control"] == "no-store"
    assert organiser.get(home).h1 == "Log in"
