"""A link is a key: who finds the database, the log or a partner's page holds none (abuse cases A1, A3, A7, A8, A9)."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from scheduler import Convene, background, organisers
from scheduler.clock import now
from scheduler.collect import notes
from scheduler.collect.links import calendar_url, page_url, renew, token_of
from scheduler.collect.reminders import ask, remind
from scheduler.extensions import db
from scheduler.invite import outbox
from scheduler.invite.publishing import publish
from scheduler.models import Invitation, OutboxMessage, Person, Programme, Purpose, Reminder
from scheduler.web.access import public
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, an_organiser, answered
from tests.invite.plans import a_plan
from tests.web.page import Visitor

TOKEN = re.compile(r"/(?:p|calendar|sign-in)/([A-Za-z0-9_-]{20,})")


@dataclass(frozen=True)
class Told:
    """A programme whose people have had every kind of mail."""

    programme: Programme
    people: list[Person]


def tell_everyone(*, pairs: int) -> Told:
    """Pairs who were asked, reminded, nudged, placed and invited; every mail has left, as files."""
    background.prepare()
    programme = a_programme()
    aisha = an_organiser(programme, email="aisha@programme.example")
    all_pairs = [a_pair(programme) for _ in range(pairs)]
    workshop = an_event(programme)
    first, second = a_session(workshop), a_session(workshop)
    ask([workshop], now() + timedelta(days=10), by=aisha)
    db.session.execute(sa.update(Reminder).values(sent_at=now() - timedelta(days=3)))
    db.session.commit()
    people = [person for pair in all_pairs for person in pair.people]
    for pair in all_pairs:
        answered(pair.director, first)
    remind(programme, {person.id for person in people}, by=aisha)
    for pair in all_pairs:
        notes.nudge(pair.director, pair.manager)
        notes.send_receipt(pair.director)
    publish(a_plan(programme, [(pair, first) for pair in all_pairs]), by=aisha)
    publish(a_plan(programme, [(pair, first if pair is all_pairs[0] else second) for pair in all_pairs]), by=aisha)
    organisers.mail_log_in_link(aisha.email)
    notes.send_link_again(people[0].email)
    outbox.send_due()
    return Told(programme, people)


def letters(app: Convene) -> list[tuple[str, str]]:
    """Every mail that left: its only recipient, and everything in it as text."""
    found = []
    for file in sorted(app.settings.mail_folder.glob("**/*.eml")):
        raw = file.read_bytes()
        mail = message_from_bytes(raw, policy=policy.default)
        parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
        texts = [part if isinstance(part, str) else part.decode() for part in parts]
        found.append((mail["To"].addresses[0].addr_spec, "\n".join([raw.decode("ascii", "replace"), *texts])))
    return found


def test_no_token_of_any_mail_lies_in_the_files_of_the_database(app: Convene) -> None:
    told = tell_everyone(pairs=3)
    tokens = {token for _, text in letters(app) for token in TOKEN.findall(text)}
    kinds = db.session.scalars(sa.select(OutboxMessage.kind).distinct()).all()
    stored = b"".join(file.read_bytes() for file in app.settings.instance.glob("convene.sqlite*"))

    assert len(tokens) >= len(told.people) + 1
    assert {"ask", "reminder", "nudge", "receipt", "log-in", "link"} <= set(kinds)
    assert b"aisha@programme.example" in stored
    assert [token for token in tokens if token.encode() in stored] == []


def test_a_key_opens_one_door(visitor: Visitor, programme: Programme) -> None:
    person = a_person(programme)
    page, feed = (token_of(person, purpose) for purpose in (Purpose.PAGE, Purpose.CALENDAR))
    rubbish = visitor.get("/p/rubbish")

    assert (visitor.get(f"/p/{page}").status, visitor.get(f"/calendar/{feed}.ics").status) == (200, 200)
    for wrong in (f"/p/{feed}", f"/p/{feed}/calendar", f"/p/{feed}/dates/1.ics"):
        assert visitor.get(wrong).status == 404
    assert visitor.get(f"/p/{feed}").text == rubbish.text
    assert visitor.get(f"/calendar/{page}.ics").status == 404
    assert visitor.get(f"/sign-in/{page}").status == 404


def test_keys_are_long_and_no_two_are_alike(programme: Programme) -> None:
    tokens = [token_of(a_person(programme), purpose) for _ in range(20) for purpose in Purpose]

    assert len(set(tokens)) == len(tokens)
    assert {len(token) * 5 for token in tokens} == {160}  # base 32


@pytest.mark.long
def test_nobody_reads_the_address_of_anybody_else_anywhere(app: Convene, visitor: Visitor) -> None:
    told = tell_everyone(pairs=20)
    addresses = {person.email for person in told.people}
    letters_to: dict[str, list[str]] = {}
    for to, text in letters(app):
        letters_to.setdefault(to, []).append(text)

    for to, text in letters(app):
        unfolded = text.replace("\r\n ", "").replace("\n ", "")
        assert set(re.findall(r"ATTENDEE[^\n]*mailto:([^\s]+)", unfolded)) <= {to}
    for person in told.people:
        page, feed = urlsplit(page_url(person)).path, urlsplit(calendar_url(person)).path
        dates = db.session.scalars(sa.select(Invitation.id).where(Invitation.person_id == person.id))
        read = [visitor.get(page, rules=False), visitor.get(f"{page}?show=date", rules=False)]
        read += [visitor.get(f"{page}/calendar", rules=False), visitor.get(feed, rules=False)]
        read += [visitor.get(f"{page}/dates/{number}.ics", rules=False) for number in dates]
        read.append(visitor.post(page, {"date-1": "perhaps"}, headers={"X-Requested-With": "fetch"}, rules=False))
        others = addresses - {person.email}
        received = letters_to[person.email]

        everything = "\n".join([*(each.html + str(each.headers) for each in read), *received]).replace("\r\n ", "")
        assert received
        assert [address for address in others if address in everything] == []


def test_no_key_is_written_into_a_log_whatever_happens(
    app: Convene,
    visitor: Visitor,
    programme: Programme,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with_token = [rule for rule in app.url_map.iter_rules() if "token" in rule.arguments]
    person = a_person(programme)
    tokens = [token_of(person, purpose) for purpose in Purpose]
    tokens.append(urlsplit(organisers.printed_link(an_organiser(programme))).path.rpartition("/")[2])

    def breaks(**view_args: object) -> str:
        raise RuntimeError("something unforeseen")

    for round_ in ("as it is", "broken"):
        for rule in with_token:
            for token in tokens:
                address = rule.rule.replace("<token>", token).replace("<int:invitation_id>", "1")
                visitor.get(address, rules=False)
                visitor.get(f"{address}?x=%00", rules=False)
                visitor.post(address, {"do": "note"}, rules=False, token=False)
            if round_ == "as it is":
                app.view_functions[rule.endpoint] = public(breaks)
    app.view_functions["participant.post"] = public(breaks)
    broken = visitor.post(f"/p/{tokens[0]}", rules=False)
    said = capfd.readouterr()

    assert len(with_token) >= 6
    assert broken.status == 500
    assert "something unforeseen" in caplog.text
    whole = caplog.text + said.out + said.err + broken.headers.get("Location", "")
    assert [token for token in tokens if token in whole] == []


def test_when_the_database_refuses_the_log_says_why_and_not_what_people_wrote(
    app: Convene, visitor: Visitor, programme: Programme, caplog: pytest.LogCaptureFixture
) -> None:
    person = a_person(programme)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def refused(token: str) -> str:
        db.session.add(Person(programme_id=programme.id, name="Ill since May", email=person.email, id=person.id))
        db.session.commit()
        return ""

    app.view_functions["participant.post"] = public(refused)
    page = visitor.post(f"/p/{token_of(person, Purpose.PAGE)}", {"note": "Ill since May"})

    assert page.status == 500
    assert "IntegrityError" in caplog.text
    assert "Ill since May" not in caplog.text
    assert person.email not in caplog.text


def test_no_page_puts_a_key_into_its_title(visitor: Visitor, programme: Programme) -> None:
    token = token_of(a_person(programme), Purpose.PAGE)

    for address in (f"/p/{token}", f"/p/{token}/calendar"):
        assert token not in visitor.get(address).title


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_renewed_link_ends_the_old_one_at_once_and_leaves_the_other(
    visitor: Visitor, programme: Programme, purpose: Purpose
) -> None:
    person = a_person(programme)
    old = {each: token_of(person, each) for each in Purpose}
    address = {Purpose.PAGE: "/p/{}", Purpose.CALENDAR: "/calendar/{}.ics"}
    etag = visitor.get(address[Purpose.CALENDAR].format(old[Purpose.CALENDAR])).headers["ETag"]
    (other,) = set(Purpose) - {purpose}

    new = renew(person, purpose, by=None)

    asked_again = {"headers": {"If-None-Match": etag}}
    assert visitor.get(address[purpose].format(old[purpose]), **asked_again).status == 410
    assert visitor.get(address[purpose].format(new)).status == 200
    assert visitor.get(address[other].format(old[other])).status == 200


@pytest.mark.parametrize("path", ["/sign-in", "/find-my-link"])
def test_the_answer_to_a_known_address_is_the_same_and_asks_the_same_of_the_database(
    app: Convene, visitor: Visitor, programme: Programme, path: str
) -> None:
    """Equal work instead of equal time: what a clock would show on a quiet machine, without a clock."""

    def asked_for(address: str) -> tuple[str, list[str]]:
        statements: list[str] = []
        note = lambda *about: statements.append(about[2])  # noqa: E731
        sa.event.listen(db.engine, "before_cursor_execute", note)
        page = visitor.post(path, {"email": address})
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return page.html, statements

    background.prepare()
    visitor.post(path, {"email": "first@t.example"})  # what happens once is no part of it
    known = asked_for(an_organiser(programme).email if path == "/sign-in" else a_person(programme).email)
    unknown = asked_for("nobody@t.example")

    assert known[1]
    assert known[1] == unknown[1]
    without_nonce = [re.sub(r'(nonce|value)="[^"]*"', "", html) for html in (known[0], unknown[0])]
    assert without_nonce[0] == without_nonce[1]


def test_an_address_is_written_to_three_times_in_a_quarter_of_an_hour_at_most(programme: Programme) -> None:
    background.prepare()
    organiser, person = an_organiser(programme), a_person(programme)

    for _ in range(10):
        organisers.mail_log_in_link(organiser.email)
        notes.send_link_again(person.email)

    sent = db.session.scalars(sa.select(OutboxMessage.kind)).all()
    assert (sent.count("log-in"), sent.count("link")) == (3, 1)
