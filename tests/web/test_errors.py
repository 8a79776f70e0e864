"""Error pages: what to do next in the user's words, and nothing typed is lost."""

from __future__ import annotations

import io
import logging

import flask
import pytest
import sqlalchemy as sa
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from scheduler import Convene
from scheduler.extensions import db
from scheduler.web import errors
from scheduler.web.access import log_in_only, public
from tests.builders import a_programme, an_organiser
from tests.web.page import Visitor

TYPED = {"title": "Workshop 1 <b>", "note": "first line\nsecond line"}


@pytest.fixture
def app(app: Convene) -> Convene:
    """The application with a few addresses that fail in each way, as it runs for users."""
    app.testing = False

    def fail(error: Exception) -> object:
        @public
        def view(**_: object) -> str:
            raise error

        return view

    methods = ["GET", "POST"]
    app.add_url_rule("/fails/<token>", "fails", fail(RuntimeError("the cause")), methods=methods)
    app.add_url_rule("/busy", "busy", fail(TooManyRequests(retry_after=90)), methods=methods)  # type: ignore[arg-type]
    app.add_url_rule("/away", "away", fail(ServiceUnavailable()), methods=methods)
    app.add_url_rule("/owners", "owners", fail(errors.NotAllowed("Owners of the programme", "aisha@programme.example")))
    app.add_url_rule("/takes", "takes", public(lambda: flask.request.form.get("title", "nothing")), methods=["POST"])
    return app


def test_an_unknown_address_says_what_to_check_and_leads_to_the_start(visitor: Visitor) -> None:
    page = visitor.get("/nowhere")

    assert page.status == 404
    assert page.title == "Page not found – Convene"
    assert page.links["Go to the start page"] == "/"


def test_a_method_that_an_address_does_not_know_is_refused_with_those_it_knows(visitor: Visitor) -> None:
    page = visitor.get("/takes")

    assert page.status == 405
    assert "POST" in page.headers["Allow"]
    assert page.h1 == "This address cannot do that"


def test_who_may_not_see_a_page_reads_who_can_and_whom_to_ask(visitor: Visitor, app: Convene) -> None:
    app.view_functions["owners"].is_public = True  # type: ignore[attr-defined]

    page = visitor.get("/owners")

    assert page.status == 403
    assert page.h1 == "You cannot see this page"
    assert "Owners of the programme can." in page.text
    assert page.links["aisha@programme.example"] == "mailto:aisha@programme.example"


def test_a_fault_of_ours_offers_what_was_typed_again_and_logs_the_reference_it_shows(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        page = visitor.post("/fails/secret-token", TYPED)

    reference = page.select("main strong")[0].get_text()
    assert page.status == 500
    assert page.h1 == "There is a problem with Convene"
    assert page.form("/fails/secret-token") == TYPED
    assert f"Reference {reference}: POST /fails/<token>" in caplog.text
    assert "the cause" in caplog.text
    assert "secret-token" not in caplog.text


def test_a_fault_while_reading_offers_nothing_to_send_again(visitor: Visitor) -> None:
    page = visitor.get("/fails/secret-token")

    assert page.status == 500
    assert page.buttons == []


def test_while_convene_is_being_updated_what_was_typed_waits_on_the_page(visitor: Visitor) -> None:
    page = visitor.post("/away", TYPED)

    assert page.status == 503
    assert page.headers["Retry-After"] == "60"
    assert page.form("/away") == TYPED


def test_while_the_database_is_away_what_was_typed_waits_on_the_page(
    visitor: Visitor, app: Convene, caplog: pytest.LogCaptureFixture
) -> None:
    def asks(token: str) -> str:
        return str(db.session.execute(sa.text("SELECT name FROM not_made_yet")).scalar())

    app.add_url_rule("/asks/<token>", "asks", public(asks), methods=["POST"])

    page = visitor.post("/asks/secret-token", TYPED)

    assert page.status == 503
    assert page.h1 == "Convene is being updated"
    assert page.form("/asks/secret-token") == TYPED
    assert "POST /asks/<token>" in caplog.text
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize(("now", "again"), [("2027-01-12T10:13:30Z", "10:15am"), ("2027-07-12T10:13:30Z", "11:15am")])
def test_too_many_tries_says_when_to_try_again_on_the_clock_of_the_programme(
    visitor: Visitor, time_machine: object, now: str, again: str
) -> None:
    time_machine.move_to(now, tick=False)  # type: ignore[attr-defined]

    page = visitor.get("/busy")

    assert page.status == 429
    assert f"Try again at {again}." in page.text
    assert page.headers["Retry-After"] == "90"


def test_a_page_too_old_to_be_sent_gives_back_all_that_was_typed_and_sends_it_with_one_press(visitor: Visitor) -> None:
    page = visitor.post("/takes", TYPED, token=False)

    assert page.status == 403
    assert page.h1 == "Send this again"
    assert page.form("/takes") == TYPED

    sent = visitor.post("/takes", page.form("/takes"))

    assert sent.response.text == TYPED["title"]


def test_who_was_logged_out_meanwhile_sends_what_they_entered_after_logging_in_again(
    visitor: Visitor, app: Convene
) -> None:
    app.add_url_rule("/only", "only", log_in_only(lambda: flask.request.form["title"]), methods=["POST"])

    page = visitor.post("/only", TYPED)

    assert page.status == 403
    assert page.h1 == "You have been logged out"
    assert page.links["Log in (opens in a new tab)"] == "/sign-in"

    visitor.log_in(an_organiser(a_programme()))

    assert visitor.post("/only", page.form("/only")).response.text == TYPED["title"]


def test_a_file_larger_than_we_read_is_refused_with_the_limit(visitor: Visitor, app: Convene) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024

    page = visitor.post("/takes", {"file": (io.BytesIO(b"x" * (1024 * 1024 + 1)), "people.csv")})

    assert page.status == 413
    assert "Convene reads up to 1 MB at a time" in page.text


def test_the_header_of_an_error_page_that_cannot_be_drawn_does_not_hide_the_error(
    visitor: Visitor, app: Convene
) -> None:
    @app.context_processor
    def _broken() -> dict[str, str]:
        raise RuntimeError("the database is away")

    page = visitor.get("/nowhere")

    assert page.status == 404
    assert page.h1 == "There is a problem with Convene"


def test_two_who_change_the_same_thing_see_both_versions_and_what_differs(app: Convene, visitor: Visitor) -> None:
    def clash() -> object:
        differences = [errors.Difference("Title", "Workshop one", "Workshop 1"), errors.Difference("Seats", "48", "48")]
        return errors.conflict("Workshop 1", "Aisha", "2:10pm", differences, version=4)

    app.add_url_rule("/clash", "clash", public(clash), methods=["POST"])

    page = visitor.post("/clash", {"title": "Workshop 1", "version": "3"})

    assert page.status == 409
    assert page.h1 == "Someone else changed this"
    assert page.table("Both versions")[1:] == [["Title Differs", "Workshop one", "Workshop 1"], ["Seats", "48", "48"]]
    assert page.form("/clash") == {"title": "Workshop 1", "version": "4"}
    assert page.links["Keep what Aisha saved"] == "/clash"
