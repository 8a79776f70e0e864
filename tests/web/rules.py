"""The house rules of every page (style.md 6): each function finds what breaks one rule, in words for a developer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

LONGEST_HEADING = 65
NOT_OURS = re.compile(r"\b(please|sorry|invalid|valid|required|forbidden|oops)\b", re.IGNORECASE)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FILLED_IN = ("input", "select", "textarea")


def broken_rules(response: TestResponse, origin: str) -> list[str]:
    """Everything that a response does against the house rules; a page is held to more than a file."""
    faults = list(_headers(response))
    if response.mimetype != "text/html" or response.status_code in (301, 302, 303, 307, 308):
        return faults
    if not response.text.lstrip().lower().startswith("<!doctype"):
        return faults  # a fragment for a script
    soup = BeautifulSoup(response.text, "lxml")
    for pattern in soup.find_all("template"):
        pattern.decompose()  # nobody meets it until a script has filled a copy
    policy = response.headers.get("Content-Security-Policy", "")
    nonce = found[1] if (found := re.search(r"'nonce-([^']+)'", policy)) else ""
    for rule in RULES:
        faults += rule(soup)
    faults += _scripts(soup, nonce)
    faults += _addresses(soup, origin)
    if response.headers.get("Cache-Control") != "no-store":
        faults.append("a page must say Cache-Control: no-store")
    return faults


def _headers(response: TestResponse) -> Iterator[str]:
    for name, value in HEADERS.items():
        if response.headers.get(name) != value:
            yield f"the header {name} must be {value}"
    policy = response.headers.get("Content-Security-Policy", "")
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        if part not in policy:
            yield f"the policy must say {part}"
    if "unsafe" in policy:
        yield "the policy must allow nothing unsafe"


def _one_heading(soup: BeautifulSoup) -> Iterator[str]:
    headings = soup.find_all("h1")
    if len(headings) != 1:
        yield f"a page has one h1, this has {len(headings)}"
        return
    heading = heading_words(headings[0])
    if not heading:
        yield "the h1 is empty: is `heading` set?"
    if len(heading) > LONGEST_HEADING:
        yield f"the h1 has {len(heading)} characters, {LONGEST_HEADING} at most: {heading}"
    wrong = soup.find(class_="nhsuk-error-summary") is not None
    title = f"{'Error: ' if wrong else ''}{heading} – Convene"
    if _words(soup.title) != title:
        yield f"the title is {_words(soup.title)!r}, it must be {title!r}"


def _heading_levels(soup: BeautifulSoup) -> Iterator[str]:
    main = soup.find("main")
    headings = main.find_all(re.compile("^h[1-6]$")) if isinstance(main, Tag) else []
    # The error summary stands above the h1 and has a heading of its own.
    levels = [(int(h.name[1]), _words(h)) for h in headings if not h.find_parent(class_="nhsuk-error-summary")]
    for (above, _), (level, words) in pairwise(levels):
        if level > above + 1:
            yield f"the heading {words!r} skips a level, from h{above} to h{level}"


def _language(soup: BeautifulSoup) -> Iterator[str]:
    if soup.html is None or soup.html.get("lang") != "en-GB":
        yield 'the page must say lang="en-GB"'
    if soup.find("main", id="maincontent") is None:
        yield "the skip link needs <main id=maincontent>"


def _ids(soup: BeautifulSoup) -> Iterator[str]:
    counts = Counter(tag["id"] for tag in soup.find_all(id=True))
    for name, times in counts.items():
        if times > 1:
            yield f"the id {name!r} is given {times} times"
        if not name or re.search(r"\s", name):
            yield f"the id {name!r} is empty or holds a space"
    for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
        for tag in soup.find_all(attrs={attribute: True}):
            for name in str(tag[attribute]).split():
                if name not in counts:
                    yield f'{attribute}="{name}" names no element of the page'
    for link in soup.find_all("a", href=re.compile("^#.")):
        if link["href"][1:] not in counts:
            yield f"the link {link['href']} leads nowhere"


def _labels(soup: BeautifulSoup) -> Iterator[str]:
    labelled = {label["for"] for label in soup.find_all("label", attrs={"for": True}) if _words(label)}
    for field in soup.find_all(FILLED_IN):
        if field.get("type") in ("hidden", "submit", "button"):
            continue
        named = field.get("id") in labelled or field.get("aria-label") or field.get("aria-labelledby")
        if not named and not field.find_parent("label"):
            yield f"the field {field.get('name')!r} has no label"
    for radio in soup.find_all("input", type="radio"):
        if not radio.find_parent("fieldset"):
            yield f"the radio {radio.get('name')!r} stands in no fieldset"
    for fieldset in soup.find_all("fieldset"):
        if not _words(fieldset.legend):
            yield "a fieldset has no legend"
    for button in soup.find_all("button"):
        if not _words(button) and not button.get("aria-label"):
            yield "a button has no words"
    for link in soup.find_all("a", href=True):
        if not _words(link) and not link.get("aria-label"):
            yield f"the link to {link['href']} has no words"


def _forms(soup: BeautifulSoup) -> Iterator[str]:
    for form in soup.find_all("form"):
        method = str(form.get("method", "get")).lower()
        token = form.find("input", attrs={"name": "csrf_token"})
        if method == "post" and token is None:
            yield f"the form to {form.get('action', 'this page')!r} posts without a token"
        if method != "post" and token is not None:
            yield f"the form to {form.get('action', 'this page')!r} puts a token into an address"
        if form.find_parent("form"):
            yield "a form stands inside another"


def _tables(soup: BeautifulSoup) -> Iterator[str]:
    for table in soup.find_all("table"):
        if not _words(table.caption) and not table.get("aria-label") and not table.get("aria-labelledby"):
            yield "a table has no caption"
        for heading in table.find_all("th"):
            if not heading.get("scope"):
                yield f"the table heading {_words(heading)!r} has no scope"
        if table.tbody is not None and not table.find_all("td"):
            yield f"the table {_words(table.caption)!r} is empty: say so in a sentence instead"


def _one_status(soup: BeautifulSoup) -> Iterator[str]:
    regions = soup.find_all(attrs={"role": "status"})
    if len(regions) > 1:
        yield f"a page has one status region, this has {len(regions)}"


def _pictures(soup: BeautifulSoup) -> Iterator[str]:
    for picture in soup.find_all("img"):
        if picture.get("alt") is None:
            yield f"the picture {picture.get('src')!r} has no alt text"
    for drawing in soup.find_all("svg"):
        if drawing.get("role") == "img" and not _words(drawing.title):
            yield "a drawing has no title"


def _words_of_errors(soup: BeautifulSoup) -> Iterator[str]:
    for message in soup.find_all(class_=["nhsuk-error-message", "nhsuk-error-summary__list"]):
        if found := NOT_OURS.search(_words(message)):
            yield f"an error says {found[0]!r}: {_words(message)!r}"


def _left_over(soup: BeautifulSoup) -> Iterator[str]:
    for text in soup.find_all(string=re.compile(r"^\s*(None|Undefined)\s*$|\{\{|\}\}|\{%|<bound method")):
        if text.find_parent(["script", "style", "code", "textarea", "bdi"]) is None:
            yield f"the template left over {text.strip()!r}"


def _scripts(soup: BeautifulSoup, nonce: str) -> Iterator[str]:
    for script in soup.find_all("script"):
        if not script.get("src") and script.get("nonce") != nonce:
            yield "a script inside the page does not carry the page's nonce"
    if soup.find("style") is not None:
        yield "a page has no <style>"
    for tag in soup.find_all(True):
        for attribute in tag.attrs:
            if attribute == "style" or attribute.startswith("on"):
                yield f"<{tag.name}> has {attribute}=, which the policy refuses"


def _addresses(soup: BeautifulSoup, origin: str) -> Iterator[str]:
    """Links, pictures, scripts and forms stay with us (no Referer, no third party); mail and calendar links may go."""
    host = urlsplit(origin).netloc
    for tag in soup.find_all(True):
        for attribute in ("href", "src", "action", "formaction", "data-refresh", "poster"):
            address = tag.get(attribute)
            if address is None:
                continue
            parts = urlsplit(str(address))
            if parts.scheme in ("mailto", "tel", "webcal", "webcals") and tag.name == "a":
                continue
            if parts.scheme not in ("", "http", "https") or (parts.netloc and parts.netloc != host):
                yield f"<{tag.name} {attribute}> leads out of Convene: {address}"
            if not address and attribute != "href":
                yield f"<{tag.name} {attribute}> is empty"


def heading_words(heading: Tag) -> str:
    """The words of an h1 without its caption."""
    return " ".join(
        "".join(text for text in heading.strings if not _in_caption(text)).split(),
    )


def _in_caption(text: Any) -> bool:
    return any("nhsuk-caption" in " ".join(parent.get("class") or []) for parent in text.parents)


def _words(tag: Any) -> str:
    return " ".join(tag.get_text().split()) if tag is not None else ""


RULES: tuple[Callable[[BeautifulSoup], Iterator[str]], ...] = (
    _one_heading,
    _heading_levels,
    _language,
    _ids,
    _labels,
    _forms,
    _tables,
    _one_status,
    _pictures,
    _words_of_errors,
    _left_over,
)
