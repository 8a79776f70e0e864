"""A setting without documentation fails, and so does documentation of a setting that is gone."""

from __future__ import annotations

import re
from pathlib import Path

from scheduler.config import EXAMPLES, PREFIX, Settings

HOUSE = Path(__file__).resolve().parents[2]


def names() -> set[str]:
    """Every setting as an operator writes it."""
    return {field.alias or PREFIX + name.upper() for name, field in Settings.model_fields.items()}


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (HOUSE / "docs" / "settings.md").read_text("utf-8"), re.MULTILINE)
    )

    assert documented == names()


def test_every_setting_has_an_example_for_when_it_is_refused() -> None:
    assert set(EXAMPLES) == names()
