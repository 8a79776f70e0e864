"""``make guide-pictures``: the pictures of docs/guide, from the demo programme with a plan that is published."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright

from scheduler import create_app, organisers
from scheduler.collect.links import page_url
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.models import Availability, Event, EventKind, Organiser, Pair, Plan, Programme
from tests.journeys.conftest import BROWSERS, free_port, serving

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "guide"
PHONE, DESK = (375, 812), (1280, 900)
PLANNING_SECONDS = "30"


def main() -> None:
    """Make the demo, take pictures while dates are open, plan and publish, and take the others."""
    instance = Path(tempfile.mkdtemp(prefix="convene-guide-"))
    port = free_port()
    _convene(instance, port, "demo")
    app = create_app(Settings(instance=instance, PORT=port))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with app.app_context(), serving(app), sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(organisers.printed_link(db.session.scalars(sa.select(Organiser)).first()))
        page.get_by_role("button", name="Log in").click()
        top = f"{app.settings.origin}/programmes/{db.session.scalars(sa.select(Programme.slug)).first()}"
        workshop = db.session.scalars(sa.select(Event).filter_by(kind=EventKind.WORKSHOP)).first()
        workshops = [session.id for session in workshop.sessions]
        answered = sa.select(Availability.person_id).where(Availability.session_id.in_(workshops))
        pairs = sa.select(Pair).where(Pair.director_id.is_not(None), Pair.manager_id.is_not(None))
        undecided, placed = (
            page_url(db.session.scalars(pairs.where(which)).first().director)
            for which in (Pair.director_id.not_in(answered), Pair.director_id.in_(answered))
        )
        db.session.commit()
        _take(page, "answers", f"{undecided}#next", PHONE)
        _take(page, "collect", f"{top}/collect?event={workshop.id}", DESK)
        _convene(instance, port, "plan", "--time-limit", PLANNING_SECONDS)
        number = db.session.scalars(sa.select(Plan.number)).one()
        _take(page, "plan", f"{top}/plans/{number}", DESK)
        _take(page, "board", f"{top}/plans/{number}/board", DESK)
        _take(page, "publish", f"{top}/plans/{number}/publish", DESK)
        _convene(instance, port, "publish", str(number))
        _take(page, "your-dates", f"{placed}#your-dates", PHONE)
        _take(page, "encounters", f"{top}/encounters", DESK)
        browser.close()
    shutil.rmtree(instance, ignore_errors=True)


def _convene(instance: Path, port: int, *words: str) -> None:
    settings = {**os.environ, "CONVENE_INSTANCE": str(instance), "PORT": str(port)}
    subprocess.run([sys.executable, "-m", "scheduler.cli", *words], env=settings, check=True)


def _take(page: Page, name: str, address: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    # What is only so because no worker runs beside the pictures is no part of them.
    page.evaluate("() => document.querySelectorAll('.app-banners').forEach((banners) => banners.remove())")
    page.wait_for_timeout(200)
    page.screenshot(path=FOLDER / f"{re.sub('[^a-z-]', '', name)}.png")


if __name__ == "__main__":
    main()
