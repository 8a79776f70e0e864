"""Parts of a page that follow work in progress (static/js/refresh.js)."""

from __future__ import annotations

from collections.abc import Callable

import flask
import pytest
from playwright.sync_api import Page, expect

from scheduler import Convene
from scheduler.web.access import public
from tests.journeys.conftest import Running

PAGE = """{% extends "base.html" %}{% set heading = "Planning" %}{% block content %}
<div id="progress" data-refresh="/progress" data-every="50"><p>0 seconds of 60</p><a href="/work">Refresh</a></div>
{% endblock %}"""


@pytest.fixture
def work(app: Convene, serve: Callable[[Convene], Running]) -> str:
    """The address of a page about work that is done at the third look, and then leads on."""
    app.extensions["looks"] = looks = []

    def progress() -> flask.Response:
        looks.append(1)
        answer = flask.make_response(f"<p>{len(looks)} seconds of 60</p><a href='/work'>Refresh</a>")
        if len(looks) == app.extensions.get("fails at"):
            answer.status_code = 500
        if len(looks) == 3:
            answer.headers[app.extensions.get("says", "Refresh-Stop")] = app.extensions.get("what", "yes")
        return answer

    app.add_url_rule("/progress", "progress", public(progress))
    app.add_url_rule("/work", "work", public(lambda: flask.render_template_string(PAGE)))
    app.add_url_rule("/plan", "plan", public(lambda: flask.render_template_string(PAGE.replace("Planning", "Plan 5"))))
    return serve(app).origin


def test_a_part_is_asked_for_again_until_the_server_says_it_is_done(page: Page, app: Convene, work: str) -> None:
    page.goto(f"{work}/work")

    expect(page.get_by_text("3 seconds of 60")).to_be_visible()
    page.wait_for_timeout(300)
    assert len(app.extensions["looks"]) == 3


def test_when_the_work_is_done_the_page_leads_on(page: Page, app: Convene, work: str) -> None:
    app.extensions |= {"says": "Refresh-Page", "what": "/plan"}

    page.goto(f"{work}/work")

    expect(page).to_have_title("Plan 5 – Convene")


def test_a_failed_look_is_not_the_last(page: Page, app: Convene, work: str) -> None:
    app.extensions["fails at"] = 1

    page.goto(f"{work}/work")

    expect(page.get_by_text("3 seconds of 60")).to_be_visible()


def test_a_part_that_holds_the_focus_is_left_alone(page: Page, app: Convene, work: str) -> None:
    page.goto(f"{work}/work")
    page.get_by_role("link", name="Refresh").focus()
    before = page.locator("#progress").inner_text()

    page.wait_for_timeout(400)

    expect(page.get_by_role("link", name="Refresh")).to_be_focused()
    assert page.locator("#progress").inner_text() == before


def test_without_scripts_the_link_does_the_same(without_scripts: Page, work: str) -> None:
    without_scripts.goto(f"{work}/work")
    without_scripts.get_by_role("link", name="Refresh").click()

    expect(without_scripts).to_have_title("Planning – Convene")
