"""``convene demo``, ``programme``, ``organiser``, ``links``, ``doctor``, ``db``: what a newcomer runs first."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from scheduler import create_app
from scheduler.cli import main
from scheduler.config import Settings
from tests.web.page import Visitor


@pytest.fixture
def convene(tmp_path, monkeypatch):
    """The command, on an instance of its own."""
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))

    def run(*words):
        return CliRunner().invoke(main, list(words))

    return run


def test_every_command_says_what_it_does(convene):
    listed = convene("--help")

    names = [line.split()[0] for line in listed.output.partition("Commands:")[2].splitlines() if line.strip()]
    assert {"run", "demo", "links", "import", "solve", "check", "plan", "publish", "outbox", "worker"} <= set(names)
    assert all(convene(name, "--help").exit_code == 0 for name in names)


def test_a_first_programme_has_an_owner_who_can_log_in(convene, tmp_path):
    added = convene("programme", "add", "leaders", "R&D leaders 2027")
    found = json.loads(convene("links", "--json").output)

    app = create_app(Settings(instance=tmp_path))
    with app.app_context():
        page = Visitor(app).post(found["organiser"].removeprefix(found["base_url"]))
    assert added.exit_code == 0
    assert found["participants"] == []
    assert page.address == "/programmes/leaders"


def test_a_programme_of_the_same_slug_is_refused(convene):
    convene("programme", "add", "leaders", "R&D leaders")

    again = convene("programme", "add", "leaders", "Others")

    assert (again.exit_code, again.stderr) == (2, "Error: There is a programme leaders already.\n")


@pytest.mark.parametrize("slug", ["Leaders", "lead ers", "-x", "x-", "../x", "a" * 61, "", "é"])
def test_a_slug_that_cannot_be_an_address_is_refused_in_one_line(convene, slug):
    refused = convene("programme", "add", "--", slug, "Name")

    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1
    assert "use lower case letters, digits and hyphens" in refused.stderr


def test_where_there_are_several_programmes_one_must_be_named(convene):
    convene("programme", "add", "one", "One")
    convene("programme", "add", "two", "Two")

    unsaid = convene("links")
    said = convene("links", "--programme", "two", "--json")

    assert (unsaid.exit_code, unsaid.stderr) == (
        2,
        "Error: There are several programmes: say which. Known: one, two.\n",
    )
    assert said.exit_code == 0


def test_an_organiser_is_added_with_a_role_and_the_last_owner_stays(convene):
    convene("programme", "add", "leaders", "Leaders", "--owner", "aisha@programme.example")

    added = convene("organiser", "add", "ben@programme.example", "--role", "viewer")
    kept = convene("organiser", "add", "aisha@programme.example", "--role", "viewer")
    refused = convene("organiser", "add", "not an address")

    assert added.output == "ben@programme.example is viewer of leaders.\n"
    assert kept.exit_code == 1
    assert "the only owner" in kept.stderr
    assert refused.exit_code == 2


def test_the_demo_is_made_once_and_every_person_has_a_page_and_a_feed(convene, tmp_path):
    made, again = convene("demo"), convene("demo")
    links = json.loads(convene("links", "--json").output)
    one = json.loads(convene("links", "--json", "--person", links["participants"][0]["email"].upper()).output)

    app = create_app(Settings(instance=tmp_path))
    client = app.test_client()
    person = links["participants"][0]
    assert (made.exit_code, again.exit_code) == (0, 1)
    assert len(links["participants"]) == 147
    assert one["participants"] == [person]
    for url in (person["url"], person["feed"]):
        assert client.get(url.removeprefix(links["base_url"]), base_url=links["base_url"]).status_code == 200


def test_a_setting_that_cannot_be_used_is_one_line_without_the_password(convene, monkeypatch):
    monkeypatch.setenv("CONVENE_SMTP_URL", "ftp://user:s3cret@mail.example")

    refused = convene("programme", "list")

    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("Error: CONVENE_SMTP_URL: ")
    assert "s3cret" not in refused.output + refused.stderr


@pytest.mark.parametrize(
    ("relay", "sender", "warns"),
    [
        ("mail.trust.example", "team@trust.example", False),
        ("mail.trust.example", "team@programme.trust.example", False),
        ("mail.another-trust.example", "team@trust.example", True),
        ("smtp.relay.example", "team@trust.example", True),
    ],
)
def test_doctor_warns_where_mail_leaves_by_a_server_of_another_domain(convene, monkeypatch, relay, sender, warns):
    monkeypatch.setenv("CONVENE_SMTP_URL", f"smtp://{relay}")
    monkeypatch.setenv("CONVENE_MAIL_FROM", f"Team <{sender}>")

    said = convene("doctor").output

    assert (f"WARNING: mail comes from {sender.partition('@')[2]}" in said) == warns


def test_doctor_names_what_is_not_well(convene):
    before = convene("doctor")
    convene("db", "upgrade")
    after = json.loads(convene("doctor", "--json").output)

    assert before.exit_code == 1
    assert "NOT WELL  database" in before.output
    assert {check["check"]: check["well"] for check in after["checks"]} == {
        "settings": True, "mail server": True, "mailbox server": True,
        "database": True, "migrations": True, "worker": False, "queue": True,
        "mail": True, "disk": True, "outbox": True,
    }  # fmt: skip
