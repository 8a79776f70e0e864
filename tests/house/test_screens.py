"""docs/screens.md names routes that there are, and every family of pages is in it."""

from __future__ import annotations

import re
from pathlib import Path

from scheduler import Convene

SCREENS = (Path(__file__).resolve().parents[2] / "docs" / "screens.md").read_text("utf-8")
NO_SCREENS = {"health", "static"}


def test_every_route_that_is_named_exists_and_every_family_is_named(app: Convene) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    families = {endpoint.partition(".")[0] for endpoint in endpoints}
    rows = [line for line in SCREENS.partition("## States")[0].splitlines() if line.startswith("|")]
    named = {match for row in rows for match in re.findall(r"`([a-z_]+\.[a-z_*]+)`", row)}

    assert {name for name in named if not name.endswith("*")} - endpoints == set()
    assert {name.partition(".")[0] for name in named} | NO_SCREENS == families
