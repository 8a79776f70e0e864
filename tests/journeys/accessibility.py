"""What a machine can see of accessibility: axe, reflow at 320 px, targets. Keyboard and screen reader need people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.2 AA and axe's own good practice. "region" wants every word inside a landmark, where the NHS design system
# puts the back link above <main>, so that the skip link passes it.
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"region": {"enabled": False}},
}
# Only when the page as a whole scrolls sideways: the innermost parts that reach beyond its edge.
WIDER_THAN_THE_SCREEN = """() => {
  const edge = document.documentElement.clientWidth + 1;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [...document.querySelectorAll("main *, header *, footer *")]
    .filter((e) => e.getBoundingClientRect().right > edge && !e.closest("thead, [role=region][tabindex]"))
    .filter((e) => ![...e.children].some((child) => child.getBoundingClientRect().right > edge))
    .map((e) => e.outerHTML.slice(0, 120))
    .concat(`the page is ${document.documentElement.scrollWidth} px wide`);
}"""


def assert_accessible(page: Page) -> None:
    """Fail with every violation that axe finds on the page as it stands, and where."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", OPTIONS)
    faults = [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n    "
        + "\n    ".join(str(node["html"])[:200] + " – " + str(node["failureSummary"]) for node in violation["nodes"])
        for violation in found["violations"]
    ]
    assert not faults, f"axe on {page.url}:\n" + "\n".join(faults)


def assert_fits(page: Page, width: int = 320) -> None:
    """Fail where something is wider than a narrow screen (WCAG 1.4.10, as 1280 px at 400% zoom)."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    wide = page.evaluate(WIDER_THAN_THE_SCREEN)
    if before:
        page.set_viewport_size(before)
    assert not wide, f"wider than {width} px on {page.url}:\n" + "\n".join(wide)
