"""The house's page client: fetches as a browser without scripts would, and holds every page to the house rules.

A test reads what a person reads (``page.h1``, ``page.said``, ``page.error_at("ends")``), and every page it happens
to fetch is checked by ``tests.web.rules`` on the way: headings, labels, ids, policy, links.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from scheduler import Convene, organisers
from scheduler.extensions import db
from scheduler.models import Organiser
from tests.web.rules import broken_rules, heading_words

# Each test has an application of its own; compiling the same templates for each would be most of its time.
COMPILED = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="convene-templates-"))
Typed = Mapping[str, Any]


@dataclass
class Page:
    """What came back: its status and headers, and, if it is a page, what is on it."""

    response: TestResponse
    address: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def json(self) -> Any:
        return self.response.get_json()

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The page, parsed."""
        return BeautifulSoup(self.html, "lxml")

    @property
    def title(self) -> str:
        """The title of the window."""
        return words(self.soup.title)

    @property
    def h1(self) -> str:
        """The heading, without its caption."""
        return heading_words(self.soup.h1) if self.soup.h1 else ""

    @property
    def text(self) -> str:
        """All words of the main part, in reading order."""
        return words(self.soup.find("main") or self.soup)

    @property
    def said(self) -> str:
        """What the status region says: what just happened."""
        return words(self.soup.find(id="status"))

    @property
    def error_summary(self) -> dict[str, str]:
        """The entries of "There is a problem": where each leads, and what it says."""
        box = self.soup.find(class_="nhsuk-error-summary")
        if box is None:
            return {}
        return {(entry.a["href"] if entry.a else ""): words(entry) for entry in box.find_all("li")}

    def error_at(self, name: str) -> str:
        """What is said at a field, by its id; "" where nothing is wrong."""
        found = self.soup.find(id=f"{name}-error")
        return words(found).removeprefix("Error:").strip() if found else ""

    @property
    def form_values(self) -> dict[str, Any]:
        """What the main form shows as filled in, as a browser would post it: a list where a name comes twice."""
        form = next((form for form in self.soup.select("main form[method=post]") if form.select(FILLED_IN)), None)
        return values_of(form) if form else {}

    def form(self, action: str) -> dict[str, Any]:
        """The values of the form that posts to an address."""
        form = self.soup.find("form", action=action)
        assert form is not None, f"no form posts to {action}"
        return values_of(form)

    @property
    def links(self) -> dict[str, str]:
        """Where each link of the main part leads, by its words."""
        return {words(link): link["href"] for link in (self.soup.find("main") or self.soup).find_all("a", href=True)}

    @property
    def buttons(self) -> list[str]:
        """The words on each button of the main part."""
        return [words(button) for button in (self.soup.find("main") or self.soup).find_all("button")]

    def table(self, caption: str) -> list[list[str]]:
        """The rows of a table, head first, by its caption."""
        for table in self.soup.find_all("table"):
            if words(table.caption) == caption:
                return [[cell_words(cell) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        raise AssertionError(
            f"no table is called {caption!r}: {[words(t.caption) for t in self.soup.find_all('table')]}"
        )

    def select(self, css: str) -> list[Tag]:
        """The elements that a CSS selector finds."""
        return list(self.soup.select(css))


FILLED_IN = "input:not([type=hidden]), select, textarea"


def words(tag: Any) -> str:
    """The words inside an element, white space as single spaces; "" for none."""
    return " ".join(tag.get_text().split()) if tag is not None else ""


def cell_words(cell: Tag) -> str:
    """The words of a table cell, without the heading that narrow screens repeat in it."""
    repeated = "".join(words(part) for part in cell.find_all(class_="nhsuk-table__heading"))
    return words(cell).removeprefix(repeated).strip()


def values_of(form: Tag) -> dict[str, Any]:
    """What a form would post as it stands, without its token and its buttons."""
    values: dict[str, Any] = {}

    def put(name: str, value: str) -> None:
        if name in values:
            earlier = values[name]
            values[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            values[name] = value

    for part in form.find_all(["input", "select", "textarea"]):
        name, kind = part.get("name"), part.get("type", "text")
        if not name or name == "csrf_token" or kind in ("submit", "button", "file") or part.has_attr("disabled"):
            continue
        if kind in ("radio", "checkbox"):
            if part.has_attr("checked"):
                put(name, part.get("value", "on"))
        elif part.name == "select":
            chosen = part.find("option", selected=True) or part.find("option")
            if chosen is not None:
                put(name, chosen.get("value", words(chosen)))
        elif part.name == "textarea":
            put(name, part.get_text().removeprefix("\n"))
        else:
            put(name, part.get("value", ""))
    return values


@dataclass
class Visitor:
    """Someone in front of a browser without scripts; cookies are theirs alone."""

    app: Convene
    checked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.app.jinja_env.bytecode_cache = COMPILED

    def log_in(self, organiser: Organiser) -> Visitor:
        """Log in as an organiser by a real link."""
        token = urlsplit(organisers.printed_link(organiser)).path.rpartition("/")[2]
        page = self.post(f"/sign-in/{token}", follow=False)
        assert page.status == 302, page.text
        return self

    def get(self, address: str, **kwargs: Any) -> Page:
        """Open an address, following redirects."""
        return self._fetch("GET", address, **kwargs)

    def post(self, address: str, typed: Typed | Sequence[tuple[str, Any]] = (), **kwargs: Any) -> Page:
        """Post a form with its token, following the redirect; ``token=False`` leaves the token out."""
        data = dict(typed) if isinstance(typed, Mapping) else _gathered(typed)
        if kwargs.pop("token", True):
            data["csrf_token"] = self.token()
        return self._fetch("POST", address, data=data, **kwargs)

    def token(self) -> str:
        """The token that a page shown to this visitor would carry."""
        with self.client.session_transaction(base_url=self.app.settings.origin) as session:
            secret = session.setdefault("csrf_token", "0" * 40)
        return str(URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(secret))  # type: ignore[arg-type]

    def forget_pages(self) -> None:
        """Make every page opened so far too old to be sent, as if its cookie had run out; the log-in stays."""
        assert isinstance(self.app.session_interface, SecureCookieSessionInterface)
        with self.client.session_transaction(base_url=self.app.settings.origin) as session:
            session.pop("csrf_token", None)

    def _fetch(self, method: str, address: str, *, follow: bool = True, rules: bool = True, **kwargs: Any) -> Page:
        """One request in a context of its own, as a server has it; what the test built is committed first."""
        db.session.commit()
        with self.app.app_context():
            response = self.client.open(address, method=method, base_url=self.app.settings.origin, **kwargs)
        page = Page(response, address)
        if rules:
            self._hold_to_the_rules(method, page)
        if follow and response.status_code in (301, 302, 303, 307, 308):
            onward = response.headers["Location"]
            assert onward.startswith("/"), f"{address} leads out of Convene, to {onward}"
            return self._fetch("GET", onward, rules=rules)
        return page

    def _hold_to_the_rules(self, method: str, page: Page) -> None:
        faults = broken_rules(page.response, self.app.settings.origin)
        where = f"{method} {page.address} ({page.status})"
        assert not faults, f"{where} breaks the house rules:\n- " + "\n- ".join(faults)
        self.checked.append(where)


def _gathered(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Pairs of name and value as the test client takes them, several values of a name as a list."""
    data: dict[str, Any] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data
