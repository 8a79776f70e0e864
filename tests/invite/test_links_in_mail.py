"""Mail scanners open every link of every mail, before its reader does: nothing changes (abuse case A2)."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import urlsplit

import sqlalchemy as sa

from scheduler import demo, organisers
from scheduler.clock import now
from scheduler.collect import links, reminders
from scheduler.collect.notes import send_link_again
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Event, Organiser, OutboxMessage, Pair, Person, Programme, Purpose, Session
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser, sets_event
from tests.invite.plans import a_plan, calendar_in

ADDRESS = re.compile(r"https?://[^\s<>\"']+")


def everything():
    """Every row of every table of ours."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in db.metadata.sorted_tables
        }


def links_in(message):
    mail = message_from_bytes(message.body, policy=default)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    texts = [part.get_content() if part.get_content_maintype() == "text" else "" for part in parts]
    texts = [text.decode() if isinstance(text, bytes) else text for text in texts]
    unfolded = [re.sub(r"\r?\n[ \t]", "", text) for text in texts]  # calendars fold long lines (RFC 5545, 3.1)
    return {found.rstrip(".,)") for text in unfolded for found in ADDRESS.findall(text)}


def first_sentence(message):
    return message_from_bytes(message.body, policy=default).get_body(("plain",)).get_content().splitlines()[2]


def test_opening_links_of_every_kind_of_mail_three_times_changes_no_row(app):
    demo.create_demo()
    programme = db.session.scalars(sa.select(Programme)).one()
    organiser = db.session.scalars(sa.select(Organiser).order_by(Organiser.id)).first()
    events = db.session.scalars(sa.select(Event).order_by(Event.id)).all()
    reminders.ask(events[:1], now() + timedelta(days=10), by=organiser)
    people = db.session.scalars(sa.select(Person.id).order_by(Person.id)).all()
    reminders.remind(programme, frozenset(people), by=organiser)
    session = db.session.scalars(sa.select(Session).where(Session.starts_at > now()).order_by(Session.id)).first()
    pairs = db.session.scalars(sa.select(Pair).order_by(Pair.id).limit(3)).all()
    publishing.publish(a_plan(programme, [(pair, session) for pair in pairs]), by=organiser)
    send_link_again(db.session.get(Person, people[0]).email)
    organisers.mail_log_in_link(organiser.email)
    outbox.send_due()
    kinds = set(db.session.scalars(sa.select(OutboxMessage.kind)))
    found = set().union(*map(links_in, db.session.scalars(sa.select(OutboxMessage))))
    assert kinds >= {"ask", "reminder", "invitation"}
    assert {urlsplit(url).path.split("/")[1] for url in found} >= {"p", "sign-in"}
    before = everything()

    browser = app.test_client()
    # Nearly all links are personal pages of one kind: forty of them, and each that logs in.
    chosen = sorted(found)[:: max(1, len(found) // 40)] + [url for url in found if "/sign-in/" in url]
    for url in chosen:
        assert url.startswith(app.settings.origin)
        for method in ("HEAD", "GET", "GET", "HEAD", "GET", "HEAD"):
            with app.app_context():
                answer = browser.open(
                    url.removeprefix(app.settings.origin), method=method, base_url=app.settings.origin
                )
            assert answer.status_code == 200, url

    assert everything() == before
    paths = sorted(urlsplit(url).path.split("/") for url in found)
    token = next(path[2] for path in paths if path[1] == "p")
    assert links.person_for(token, Purpose.PAGE)


def test_an_invitation_leads_to_the_page_that_asks_and_carries_no_link_of_its_person(app):
    programme = a_programme()
    pair = a_pair(programme)
    workshop, sets = a_session(an_event(programme, title="Workshop 1")), sets_event(programme)
    slots = [round_.slots[0] for round_ in sets.rounds]
    pairs = [pair, a_pair(programme)]
    plan = a_plan(programme, [(pair, workshop)], [(sets, 3, None, pairs, slots)])

    publishing.publish(plan, by=an_organiser(programme))

    letters = db.session.scalars(sa.select(OutboxMessage).filter_by(person_id=pair.director.id)).all()
    unfolded = [letter.body.replace(b"=\r\n", b"").replace(b"\r\n ", b"") for letter in letters]
    way_back = f"{app.settings.origin}/find-my-link"
    assert [body.count(way_back.encode()) for body in unfolded] == [2] * 3  # in the text and in its HTML
    assert [way_back in str(calendar_in(letter).walk("VEVENT")[0]["description"]) for letter in letters] == [True] * 3
    assert [b"/p/" in body or b"/calendar/" in body for body in unfolded] == [False] * 3
    assert [first_sentence(letter) for letter in letters] == [
        "You have a place at Workshop 1.",
        *["You have a place in Set 3 of Action learning sets: 2 Trusts, meets 2 times."] * 2,
    ]
