"""What a machine can see of accessibility: axe, reflow at 320 px, targets. Keyboard and screen reader need people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.2 AA and axe's own good practice.
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # What is not read here is not worked out: half the time.
    "resultTypes": ["violations"],
    "selectors": False,
    "preload": False,
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
    if not page.evaluate("() => 'axe' in window"):
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
    # The header folds its areas into a menu a moment after a change of width.
    for _ in range(10):
        if not (wide := page.evaluate(WIDER_THAN_THE_SCREEN)):
            break
        page.wait_for_timeout(100)
    if before:
        page.set_viewport_size(before)
    assert not wide, f"wider than {width} px on {page.url}:\n" + "\n".join(wide)


MARK_STOPS = """() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert]");
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((e) => !e.disabled && e.type !== "hidden" && e.tabIndex >= 0 && shown(e))
    .filter((e) => e.type !== "radio" || e === (document.querySelector(`[name="${e.name}"]:checked`) ??
                                                document.querySelector(`[name="${e.name}"]`)));
  const looks = (e) => [[e, null], [e, "::before"], [e.nextElementSibling, null], [e.nextElementSibling, "::before"]]
    .filter(([part]) => part).map(([part, pseudo]) => {
      const style = getComputedStyle(part, pseudo);
      return [style.outline, style.boxShadow, style.border, style.backgroundColor].join();
    }).join("|");
  window.stops = stops;
  window.atRest = new Map(stops.map((e) => [e, looks(e)]));
  window.looks = looks;
  document.activeElement?.blur();
  window.scrollTo(0, 0);
  return stops.length;
}"""
# What has the focus now: its place in the list, whether it looks other than at rest, whether it is in sight.
AT_STOP = """() => {
  const e = document.activeElement;
  const place = window.stops.indexOf(e);
  if (place < 0) return { place, html: e.outerHTML.slice(0, 120), seen: true, marked: true };
  const parts = [e, ...(e.labels ?? [])];
  const seen = parts.some((part) => [...part.getClientRects()].some((box) =>
    [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]].some(([x, y]) => {
      const hit = document.elementFromPoint(box.x + x * box.width, box.y + y * box.height);
      return hit && parts.some((p) => p.contains(hit) || hit.contains(p));
    })));
  return { place, html: e.outerHTML.slice(0, 120), seen, marked: window.looks(e) !== window.atRest.get(e) };
}"""


def assert_keyboard_reaches_everything(page: Page) -> None:
    """Tab through the page: every link, button and field takes the focus once, shows it, and is not covered."""
    number = page.evaluate(MARK_STOPS)
    reached: set[int] = set()
    faults: list[str] = []
    for _ in range(number + 5):
        page.keyboard.press("Tab")
        stop: dict[str, Any] = page.evaluate(AT_STOP)
        if stop["place"] in reached:
            break
        reached.add(stop["place"])
        faults += [f"focus is not shown: {stop['html']}"] if not stop["marked"] else []
        faults += [f"focus is hidden: {stop['html']}"] if not stop["seen"] else []
    missed = page.evaluate("() => window.stops.map((e) => e.outerHTML.slice(0, 120))")
    faults += [f"Tab never comes to: {html}" for place, html in enumerate(missed) if place not in reached]
    assert not faults, f"keyboard on {page.url}:\n" + "\n".join(faults)
