"""Logging in by an emailed link, staying, and logging out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from scheduler import organisers
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite.finished import read_letter
from scheduler.models import LogIn, Organiser, OutboxMessage, Role, SignInLink
from tests.builders import a_programme, an_organiser
from tests.conftest import BOTH
from tests.web.page import Visitor


@pytest.fixture
def aisha(app, programme):
    return an_organiser(programme, email="aisha@programme.example")


def token_in(url):
    return urlsplit(url).path.rpartition("/")[2]


def mailed():
    """The subjects and texts of what is in the outbox."""
    return [read_letter(message.body) for message in db.session.scalars(select(OutboxMessage))]


def test_who_is_not_logged_in_is_sent_to_the_log_in_page(visitor, programme):
    page = visitor.get(f"/programmes/{programme.slug}")

    assert page.h1 == "Log in"


def test_the_answer_is_the_same_for_every_address(visitor, aisha):
    known = visitor.post("/sign-in", {"email": "Aisha@Programme.example"})
    unknown = visitor.post("/sign-in", {"email": "nobody@programme.example"})

    assert known.text == unknown.text
    assert "If this address can log in, a link is on its way" in known.text
    assert mailed() == []


def test_what_is_no_address_is_refused_at_its_field(visitor):
    page = visitor.post("/sign-in", {"email": "aisha"})

    assert page.title == "Error: Log in – Convene"
    assert page.error_at("email").startswith("Enter an email address")
    assert page.form_values["email"] == "aisha"


def test_the_worker_mails_a_link_to_who_can_log_in_and_to_nobody_else(visitor, aisha):
    organisers.mail_log_in_link("AISHA@programme.example")
    organisers.mail_log_in_link("nobody@programme.example")

    (letter,) = mailed()
    assert letter.to.endswith("<aisha@programme.example>")
    assert "/sign-in/" in letter.text
    assert "10 minutes" in letter.text


def test_nobody_is_mailed_more_than_three_links_in_a_quarter_of_an_hour(aisha):
    for _ in range(5):
        organisers.mail_log_in_link(aisha.email)

    assert len(mailed()) == 3


def test_opening_the_link_changes_nothing_and_the_button_logs_in(visitor, aisha, programme):
    token = token_in(organisers.mailed_link(aisha))

    for _ in range(3):
        page = visitor.get(f"/sign-in/{token}")
    used_before = db.session.scalar(select(SignInLink.used_at))
    inside = visitor.post(f"/sign-in/{token}")

    assert page.buttons == ["Log in"]
    assert used_before is None
    assert inside.address == f"/programmes/{programme.slug}"


def test_a_link_works_once(app, visitor, aisha):
    token = token_in(organisers.mailed_link(aisha))
    visitor.post(f"/sign-in/{token}", follow=False)

    again = Visitor(app).post(f"/sign-in/{token}")

    assert (again.status, again.h1) == (410, "This link no longer works")
    assert again.links["Ask for a new link"] == "/sign-in"


@BOTH
def test_two_presses_at_once_begin_one_stay(app, aisha):
    token = token_in(organisers.mailed_link(aisha))

    def press(_):
        with app.app_context():
            try:
                organisers.log_in(token)
            except organisers.LinkSpent:
                return False
            return True

    with ThreadPoolExecutor(2) as two:
        began = list(two.map(press, range(2)))

    assert sorted(began) == [False, True]
    assert len(db.session.scalars(select(LogIn)).all()) == 1


def test_a_new_link_ends_the_old_one(visitor, aisha):
    old = token_in(organisers.mailed_link(aisha))
    organisers.mailed_link(aisha)

    assert visitor.get(f"/sign-in/{old}").status == 410


def test_a_link_runs_out_after_ten_minutes(visitor, aisha):
    token = token_in(organisers.mailed_link(aisha))
    link = db.session.scalars(select(SignInLink)).one()
    lasts = link.expires_at - link.made_at
    link.expires_at = now() - timedelta(seconds=1)
    db.session.commit()

    assert abs(lasts - timedelta(minutes=10)) < timedelta(seconds=5)
    assert visitor.post(f"/sign-in/{token}").status == 410


def test_a_copied_cookie_is_worth_nothing_after_log_out(app, organiser, programme):
    thief = Visitor(app)
    cookie = organiser.client.get_cookie("convene", domain="127.0.0.1")
    organiser.post("/sign-out")

    thief.client.set_cookie("convene", cookie.value, domain="127.0.0.1")

    assert thief.get(f"/programmes/{programme.slug}").h1 == "Log in"


def test_a_role_taken_away_works_on_the_next_request(app, programme, organiser):
    second = an_organiser(programme, Role.OWNER)
    visitor = Visitor(app).log_in(second)
    before = visitor.get("/programmes")

    organisers.set_role(second, programme, None)

    assert before.status == 200
    assert visitor.get(f"/programmes/{programme.slug}").status == 404


def test_an_idle_stay_ends_after_eight_hours(programme, organiser):
    db.session.execute(update(LogIn).values(seen_at=now() - timedelta(hours=8, minutes=1)))
    db.session.commit()

    assert organiser.get(f"/programmes/{programme.slug}").h1 == "Log in"


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/%2f%2fevil.example", "javascript:alert(1)",
     "/x\r\nSet-Cookie: a=b", "https:/evil.example", "\t//evil.example", "///evil.example", "/%5cevil.example"],
)  # fmt: skip
def test_after_log_in_nobody_is_led_out_of_convene(app, aisha, onward):
    visitor = Visitor(app)
    visitor.post("/sign-in", {"email": aisha.email}, query_string={"next": onward})

    page = visitor.post(f"/sign-in/{token_in(organisers.mailed_link(aisha))}", follow=False)

    assert page.headers["Location"] == "/programmes"


def test_after_log_in_one_lands_where_one_wanted_to_go(app, aisha, programme):
    visitor = Visitor(app)
    wanted = f"/programmes/{programme.slug}/events"
    visitor.post("/sign-in", {"email": aisha.email}, query_string={"next": wanted})

    page = visitor.post(f"/sign-in/{token_in(organisers.mailed_link(aisha))}", follow=False)

    assert page.headers["Location"] == wanted


def test_no_token_lies_in_the_database(app, aisha):
    token = token_in(organisers.mailed_link(aisha))
    stay = organisers.log_in(token_in(organisers.printed_link(aisha))).token

    dump = "\n".join(db.engine.raw_connection().iterdump())

    assert token not in dump
    assert stay not in dump


@BOTH
def test_two_owners_cannot_take_each_others_role_away_at_once(app):
    programme = a_programme()
    owners = [an_organiser(programme).id, an_organiser(programme).id]

    def take_away(organiser_id):
        with app.app_context():
            here = db.session.get_one(type(programme), programme_id)
            try:
                organisers.set_role(db.session.get_one(Organiser, organiser_id), here, None)
            except organisers.LastOwner:
                return False
            return True

    programme_id = programme.id
    with ThreadPoolExecutor(2) as two:
        done = list(two.map(take_away, owners))

    assert sorted(done) == [False, True]
