"""Tables for people, JSON for programs: how every benchmark tells what it found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine

MOST_SHARE = 10
RESULTS = Path(__file__).parent / "results"


class Table:
    """A Markdown table that is printed line by line, as the runs end."""

    def __init__(self, columns: Sequence[str], title: str = "") -> None:
        self.columns = columns
        if title:
            print(f"\n{title}\n", flush=True)
        self.add(*columns)
        self.add(*("---" for _ in columns))

    def add(self, *cells: Any) -> None:
        """One line."""
        print("| " + " | ".join(shown(cell) for cell in cells) + " |", flush=True)


def shown(value: Any) -> str:
    """A figure for people: thousands apart, two figures behind the point where it is small, a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def percent(share: float | None) -> str | None:
    """A share as per cent, with one decimal; what is ten times the whole or more says no more than that."""
    if share is None:
        return None
    return f"{100 * share:.1f} %" if share < MOST_SHARE else f"> {100 * MOST_SHARE:,.0f} %"


def save(name: str, asked: dict[str, Any], runs: list[dict[str, Any]]) -> Path:
    """Write results/NAME.json: the machine, what was asked for and every run."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps({"machine": machine(), "asked": asked, "runs": runs}, indent=1), encoding="utf-8")
    print(f"\nWritten: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}", flush=True)
    return file
