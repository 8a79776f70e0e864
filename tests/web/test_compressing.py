"""Pages travel compressed, in lengths that tell nothing, and an answer page is light enough for a slow network."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scheduler import Convene
from scheduler.collect import links
from scheduler.web.access import public
from tests.builders import a_pair, a_programme, a_session, an_event
from tests.web.page import Page, Visitor

PACKED = {"Accept-Encoding": "gzip, br"}
LIGHT = 60_000


def test_a_page_is_the_same_compressed_or_not(app: Convene, visitor: Visitor) -> None:
    app.add_url_rule("/long", "long", public(lambda: "<p>word</p>" * 1000))

    packed = visitor.get("/long", headers=PACKED, rules=False)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.response.data) < 1000
    assert gzip.decompress(packed.response.data).decode() == visitor.get("/long").html


def test_two_looks_at_one_page_differ_in_length_so_that_lengths_tell_nothing(app: Convene, visitor: Visitor) -> None:
    app.add_url_rule("/long", "long", public(lambda: "<p>word</p>" * 1000))

    lengths = {len(visitor.get("/long", headers=PACKED, rules=False).response.data) for _ in range(30)}

    assert len(lengths) > 5


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("<p>short</p>", {}),
        ("BEGIN:VCALENDAR " * 200, {"Content-Type": "text/calendar", "ETag": '"1"'}),
        ("x" * 2000, {"Content-Encoding": "identity"}),
    ],
)
def test_what_is_short_or_no_page_is_left_alone(
    app: Convene, visitor: Visitor, body: str, headers: dict[str, str]
) -> None:
    app.add_url_rule("/other", "other", public(lambda: (body, headers)))

    assert visitor.get("/other", headers=PACKED, rules=False).response.text == body


def test_an_answer_page_with_all_it_needs_is_light(app: Convene, visitor: Visitor) -> None:
    programme = a_programme()
    pair = a_pair(programme)
    for workshop in range(4):
        event = an_event(programme, title=f"Workshop {workshop + 1}: leading change")
        for day in range(4):
            a_session(event, f"2027-0{workshop + 1}-1{day}T09:30")
    path = urlsplit(links.page_url(pair.director)).path

    page = visitor.get(path)
    files = everything_asked_for(page, Path(str(app.static_folder)))

    weights = {address: len(visitor.get(address, headers=PACKED).response.data) for address in files}
    weights["the page"] = len(visitor.get(path, headers=PACKED, rules=False).response.data)

    assert any(address.endswith("vendor/nhsuk-frontend.js") for address in weights)
    assert sum(weights.values()) < LIGHT, weights


def everything_asked_for(page: Page, folder: Path) -> set[str]:
    """The addresses of all styles and scripts of a page, and of what the scripts import."""
    waiting = [str(tag.get("href") or tag.get("src")) for tag in page.select("link[rel=stylesheet], script[src]")]
    found: set[str] = set()
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        found.add(address)
        _, _, digest, name = address.split("/", 3)
        if name.endswith(".js"):
            for other in re.findall(r'from "([^"]+)"', (folder / name).read_text("utf-8")):
                target = (folder / name).parent.joinpath(other).resolve().relative_to(folder)
                waiting.append(f"/static/{digest}/{target}")
    return found
