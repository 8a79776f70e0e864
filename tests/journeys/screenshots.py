"""``make screenshots``: every page in every state that test_every_page.py knows, on a phone and on a desk, as pictures.

To look at with one's own eyes what the tests hold to rules: WORDS narrow it to addresses that contain one of them.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from scheduler import create_app, organisers
from scheduler.config import Settings
from tests.conftest import make_tables
from tests.journeys.conftest import BROWSERS, free_port, serving
from tests.journeys.filled import fill
from tests.journeys.test_every_page import PAGES, address

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"
WIDTHS = {"phone": 375, "desk": 1280}


def main(words: list[str]) -> None:
    """Take the pictures into .cache/screenshots, named by endpoint, state and width."""
    instance = Path(tempfile.mkdtemp(prefix="convene-screenshots-"))
    make_tables(Settings(instance=instance))
    app = create_app(Settings(instance=instance, PORT=free_port()))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with app.app_context(), serving(app) as running, sync_playwright() as playwright:
        filled = fill(app)
        program = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(organisers.printed_link(filled.organiser))
        page.get_by_role("button", name="Log in").click()
        for endpoint, templates in PAGES.items():
            for number, template in enumerate(templates, start=1):
                if not words or any(word in template or word in endpoint for word in words):
                    page.goto(address((running, filled), template))
                    _take(page, f"{re.sub('[^a-z_]+', '-', endpoint)}-{number}")
        browser.close()


def _take(page: Page, name: str) -> None:
    for width_name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        page.screenshot(path=FOLDER / f"{name}-{width_name}.png", full_page=True)


if __name__ == "__main__":
    main(sys.argv[1:])
