"""Help, privacy and accessibility: in the same place on every page, for everyone."""

from __future__ import annotations

import pytest

from tests.web.page import Visitor

ABOUT = {"Help": "/help", "Privacy": "/privacy", "Accessibility": "/accessibility"}


@pytest.mark.parametrize(("heading", "address"), ABOUT.items())
def test_a_stranger_can_read_it_and_find_the_others_in_its_foot(visitor: Visitor, heading: str, address: str) -> None:
    page = visitor.get(address)

    assert page.status == 200
    assert page.h1 == heading
    assert {link.get_text(strip=True): link["href"] for link in page.select("footer a")} == ABOUT


def test_every_link_in_the_help_leads_somewhere(visitor: Visitor) -> None:
    for heading, address in ABOUT.items():
        for href in visitor.get(address).links.values():
            assert visitor.get(href).status == 200, f"{heading}: {href}"
