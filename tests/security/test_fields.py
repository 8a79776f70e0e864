"""What people type stays what they typed: no field more than a form has, no markup, no formula, no control character
(abuse cases A6, I1, I8, I9)."""

from __future__ import annotations

import csv
import io
import re
from email import message_from_bytes, policy
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from scheduler import Convene
from scheduler.cli import main
from scheduler.collect import notes
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import AuditEntry, Event, OutboxMessage, Pair, Person, Programme, Session
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser, answered
from tests.journeys.filled import Filled, fill
from tests.web.page import Page, Visitor

MARKUP = "<script>alert('canary')</script>"
CANARY = f"{MARKUP}{{{{7*191919}}}}"
FORMULAS = ("=cmd|' /C calc'!A0", "+44 20 7946 0000", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "'=already")
NOT_TEXT = {
    # What a program made: names in addresses, keys, hashes, zones, addresses of mail.
    ("programme", "slug"), ("programme", "time_zone"), ("programme", "contact_email"), ("session", "time_zone"),
    ("invitation", "time_zone"), ("invitation", "uid"), ("outbox_message", "uid"), ("outbox_message", "message_id"),
    ("outbox_message", "claimed_by"), ("outbox_message", "file"), ("outbox_message", "to_address"),
    ("person", "email"), ("organiser", "email"), ("invitation", "attendee"), ("mix_rule", "max_share"),
    ("mix_rule", "attribute"), ("invitation", "organizer"),
    ("trust", "ods_code"), ("event", "key"), ("session", "key"), ("round", "key"),
    ("reminder", "kind"), ("answer_change", "deed"), ("audit_entry", "what"), ("placement", "party"),
    ("set_member", "party"), ("lock", "party"), ("audience_name", "party"), ("outbox_message", "kind"),
    ("personal_link", "nonce"), ("personal_link", "token_hash"), ("sign_in_link", "token_hash"),
    ("log_in", "id_hash"), ("rate_window", "key"), ("worker_beat", "name"), ("trust", "region"),
}  # fmt: skip


@pytest.fixture
def everywhere(app: Convene) -> Filled:
    """A whole programme, planned, published and written about, with markup in every column that holds text."""
    here = fill(app)
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            is_text = isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
            if is_text and not column.foreign_keys and (table.name, column.name) not in NOT_TEXT:
                db.session.execute(sa.update(table).values({column.name: column.concat(CANARY)}))
    db.session.commit()
    db.session.expire_all()
    return here


def pages_of(app: Convene, here: Filled) -> list[str]:
    """Every address that a GET answers, for the rows of a filled programme."""
    values = {
        "slug": here.programme.slug, "event_id": here.workshop.event_id, "session_id": here.workshop.id,
        "person_id": here.pair.director_id, "ods": here.pair.trust.ods_code, "token": here.token(here.pair.director),
        "run_id": here.checked_import, "message_id": here.sent.id, "invitation_id": here.invitation.id,
        "set_number": here.sets.number, "number": here.draft.number,
    }  # fmt: skip
    with app.test_request_context(base_url=app.settings.origin):
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and rule.endpoint != "static"]
        known = [rule for rule in rules if rule.arguments <= values.keys()]
        return [app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments}) for rule in known]


@pytest.mark.long
def test_markup_in_any_text_is_shown_as_text_on_every_page(app: Convene, everywhere: Filled) -> None:
    organiser = Visitor(app).log_in(everywhere.organiser)

    shown = 0
    for address in pages_of(app, everywhere):
        page = organiser.get(address, rules=False, follow=False)
        assert page.status < 500 or address == "/readyz", address
        if page.response.mimetype == "text/html":
            shown += "canary" in page.html
            assert MARKUP not in page.html, address
            assert "1343433" not in page.html.replace("{{7*191919}}", ""), address

    assert shown > 20


def test_markup_in_any_text_stays_text_in_every_mail(app: Convene, everywhere: Filled) -> None:
    notes.tell_organisers(everywhere.pair.director, CANARY)
    notes.send_receipt(everywhere.pair.director)
    notes.send_link_again(everywhere.stakeholder.email)
    db.session.commit()
    written = db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(4)).all()
    mails = [message_from_bytes(message.body, policy=policy.default) for message in written]
    html = [part.get_content() for mail in mails for part in mail.walk() if part.get_content_type() == "text/html"]

    assert sum("canary" in part for part in html) >= 3
    assert [part for part in html if MARKUP in part or "1343433" in part] == []


def columns() -> dict[str, str]:
    """Every column of every table, with a value that nobody gave it."""
    given = {"id": "9999", "role": "owner", "version": "1"}
    names = {column.name for table in db.metadata.sorted_tables for column in table.columns}
    return {name: given.get(name, "2") for name in sorted(names)}


def stored() -> dict[str, list[Any]]:
    passing = ("rate_window", "log_in", "sign_in_link", "audit_entry")
    return {
        table.name: db.session.execute(sa.select(table).order_by(*table.primary_key)).all()
        for table in db.metadata.sorted_tables
        if table.name not in passing
    }


@pytest.mark.parametrize("which", ["person", "trust", "event", "session"])
def test_fields_that_the_form_does_not_have_change_nothing(app: Convene, which: str) -> None:
    programme, other = a_programme(), a_programme()
    pair = a_pair(programme)
    session = a_session(an_event(programme))
    a_pair(other)
    organiser = Visitor(app).log_in(an_organiser(programme))
    home = f"/programmes/{programme.slug}"
    address = {
        "person": f"{home}/people/{pair.director_id}",
        "trust": f"{home}/trusts/{pair.trust.ods_code}",
        "event": f"{home}/events/{session.event_id}",
        "session": f"{home}/events/{session.event_id}/sessions/{session.id}",
    }[which]
    page = form_page(organiser, address)
    offered = {field["name"] for field in page.select("main [name]")}
    typed = {name: value for name, value in page.form_values.items() if name != "csrf_token"}
    hidden = {field["name"]: field.get("value", "") for field in page.select("main form[method=post] [type=hidden]")}
    more = {name: value for name, value in columns().items() if name not in offered}
    before = stored()

    answer = organiser.post(page.address, hidden | typed | more, rules=False)

    db.session.expire_all()
    assert answer.status == 200
    assert answer.error_summary == {}
    assert len(more) > 100
    assert stored() == before


def form_page(organiser: Visitor, address: str) -> Page:
    for where in (address, f"{address}/change"):
        page = organiser.get(where, rules=False)
        if page.status == 200 and page.form_values:
            return page
    raise AssertionError(f"there is no form at {address}")


def test_fields_that_the_answer_page_does_not_have_change_nothing(app: Convene, visitor: Visitor) -> None:
    programme = a_programme()
    pair = a_pair(programme)
    a_session(an_event(programme))
    address = page_url(pair.director).removeprefix(app.settings.origin)
    before = stored()

    columns_without_its_own = {name: value for name, value in columns().items() if name != "comment"}
    visitor.post(address, columns_without_its_own | {"person_id": str(pair.manager_id), "do": "save"}, rules=False)
    visitor.post(address, {"do": f"undo:{pair.manager_id}", "email": "thief@evil.example"}, rules=False)

    db.session.expire_all()
    assert stored() == before


def test_no_downloaded_table_holds_a_formula(app: Convene) -> None:
    programme = a_programme()
    workshop = an_event(programme, title="=1+1")
    session = a_session(workshop)
    for formula in FORMULAS:
        pair = a_pair(programme)
        pair.director.name = pair.trust.name = formula
        pair.director.answer_comment = pair.director.affiliation = formula
        answered(pair.director, session)
    db.session.commit()
    organiser = Visitor(app).log_in(an_organiser(programme))
    files = [
        organiser.get(rule.rule.replace("<slug>", programme.slug), query_string={"event": workshop.key}, rules=False)
        for rule in app.url_map.iter_rules()
        if rule.rule.endswith(".csv") and rule.arguments == {"slug"}
    ]

    read = [file for file in files if file.status == 200 and file.response.mimetype == "text/csv"]
    cells = [cell for file in read for row in csv.reader(io.StringIO(file.html.lstrip("\ufeff"))) for cell in row]
    assert len(read) >= 2
    assert any("cmd|" in cell for cell in cells)
    assert [cell for cell in cells if re.match(r"[=+\-@\t\r＝＋－＠]", cell)] == []


HOSTILE = "Ann \x1b]0;x\x07\r\n2027 INFO all is well\u202e\u2066"


def test_no_terminal_is_told_what_to_do_by_somebodys_name(app: Convene, monkeypatch: pytest.MonkeyPatch) -> None:
    here = fill(app)
    for kind, name in (
        (Person, "name"), (Programme, "name"), (Event, "title"), (Session, "key"), (OutboxMessage, "subject"),
        (OutboxMessage, "to_name"), (OutboxMessage, "error"), (OutboxMessage, "about"),
    ):  # fmt: skip
        db.session.execute(sa.update(kind).values({name: getattr(kind, name).concat(HOSTILE)}))
    db.session.commit()
    monkeypatch.setenv("CONVENE_INSTANCE", str(app.settings.instance))

    for words in (("outbox",), ("links",), ("programme", "list"), ("plan", "--help"), ("publish", "99")):
        said = CliRunner().invoke(main, [*words]).output
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2066]", said), words
        assert "\n2027 INFO" not in said, words
    assert here.programme.slug


def test_what_is_typed_into_a_name_is_kept_without_controls_in_one_line(app: Convene) -> None:
    programme = a_programme()
    pair = a_pair(programme)
    organiser = Visitor(app).log_in(an_organiser(programme))
    address = f"/programmes/{programme.slug}/people/{pair.director_id}"
    page = organiser.get(address)

    organiser.post(address, page.form_values | {"version": "1", "name": HOSTILE}, rules=False)

    db.session.expire_all()
    name = db.session.get_one(Pair, pair.id).director.name
    assert name.isprintable()
    assert name.startswith("Ann")
    assert db.session.scalars(sa.select(AuditEntry.thing).where(AuditEntry.what == "person.changed")).all() == [name]
