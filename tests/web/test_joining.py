"""Adding a person, and letting one leave: what is said before is what happens."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.collect.links import LinkRevoked, person_for, token_of
from scheduler.extensions import db
from scheduler.invite.publishing import publish
from scheduler.models import Invitation, OutboxMessage, Pair, PairRole, Person, Programme, Purpose, Standing
from tests.builders import a_pair, a_person, a_session, a_trust, a_venue, an_event
from tests.invite.plans import a_plan
from tests.web.page import Visitor


@pytest.fixture
def top(programme: Programme) -> str:
    return f"/programmes/{programme.slug}/people"


@pytest.fixture
def pair(programme: Programme) -> Pair:
    return a_pair(
        programme,
        trust=a_trust(programme, ods_code="RJ1", name="Guy's"),
        director=a_person(programme, "Zoë Lee", email="zoe@t.example"),
        manager=a_person(programme, "Tom Reid", email="tom@t.example"),
    )


def published(programme: Programme, pair: Pair) -> None:
    """Two dates that the pair, and another pair, are invited to; all mail of it counts as sent."""
    event, other = an_event(programme, title="Workshop 1"), an_event(programme, title="Workshop 2")
    venue = a_venue(programme)
    sessions = [a_session(event, venue=venue), a_session(other, venue=venue)]
    elsewhere = a_pair(programme)
    places = [(each, session) for each in (pair, elsewhere) for session in sessions]
    publish(a_plan(programme, placements=places), by=None)
    db.session.execute(OutboxMessage.__table__.update().values(state="sent", sent_at=sessions[0].added_at))
    db.session.commit()


def mail_after(last: int) -> list[tuple[str, str]]:
    rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.id > last).order_by(OutboxMessage.id))
    return [(row.to_address, row.kind) for row in rows]


def test_a_speaker_and_a_new_manager_are_added(organiser: Visitor, top: str, programme: Programme) -> None:
    pair = a_pair(programme, trust=a_trust(programme, ods_code="RX1"), manager=None)

    speaker = organiser.post(
        f"{top}/new", {"name": "Ana Costa", "email": "ana@x.example", "role": "speaker", "affiliation": "NIHR"}
    )
    organiser.post(f"{top}/new", {"name": "Jo Hale", "email": "Jo@t.example", "role": "manager", "ods_code": "rx1"})

    ana = db.session.scalars(select(Person).filter_by(email="ana@x.example")).one()
    assert (ana.standing, ana.affiliation) == (Standing.SPEAKER, "NIHR")
    assert "Nothing was sent" in speaker.said
    db.session.refresh(pair)
    assert pair.manager.email == "jo@t.example"
    assert [(held.role, held.until) for held in pair.roles_held] == [(PairRole.MANAGER, None)]
    assert mail_after(0) == []


@pytest.mark.parametrize(
    ("typed", "at", "said"),
    [
        ({"email": "tom@t.example", "role": "speaker"}, "email", "Tom Reid has this address"),
        ({"email": "n@t.example", "role": "director", "ods_code": "RJ1"}, "role", "Zoë Lee has this role there"),
        ({"email": "n@t.example", "role": "director", "ods_code": "XX"}, "ods_code", "No Trust here has"),
        ({"email": "n@t.example", "role": "director"}, "ods_code", "Enter the ODS code"),
    ],
)
def test_who_is_there_already_is_shown_and_nothing_typed_is_lost(
    organiser: Visitor, top: str, pair: Pair, typed: dict[str, str], at: str, said: str
) -> None:
    page = organiser.post(f"{top}/new", {"name": "New One", **typed})

    assert page.title == "Error: Add a person – Convene"
    assert said in page.error_at(at)
    assert page.form_values["name"] == "New One"


def test_a_director_leaves_and_as_many_are_mailed_as_was_said(
    organiser: Visitor, top: str, pair: Pair, programme: Programme
) -> None:
    published(programme, pair)
    leaver, partner = pair.director, pair.manager
    token = token_of(leaver, Purpose.PAGE)
    last = len(db.session.scalars(select(OutboxMessage)).all())
    typed = {"going": "replaced", "name": "Noor Ali", "email": "noor@t.example"}

    asked = organiser.post(f"{top}/{leaver.id}/leave", typed)

    assert asked.table("Who is told")[1:] == [
        ["Noor Ali", "2", "0", "1"],
        ["Tom Reid", "0", "0", "1"],
        ["Zoë Lee", "0", "2", "0"],
    ]
    assert "6 messages to 3 people" in asked.text
    assert mail_after(last) == []
    assert db.session.scalar(select(Person).filter_by(email="noor@t.example")) is None

    done = organiser.post(f"{top}/{leaver.id}/leave", {**asked.form_values, **typed, "messages": "6", "do": "confirm"})

    assert "6 messages to 3 people queued" in done.said
    assert sorted(mail_after(last)) == [
        ("noor@t.example", "invitation"),
        ("noor@t.example", "invitation"),
        ("noor@t.example", "taken-over"),
        ("tom@t.example", "partner-left"),
        ("zoe@t.example", "cancellation"),
        ("zoe@t.example", "cancellation"),
    ]
    db.session.refresh(pair)
    assert (pair.director.email, pair.manager.id) == ("noor@t.example", partner.id)
    assert [held.person.name for held in pair.roles_held if held.until] == ["Zoë Lee"]
    with pytest.raises(LinkRevoked):
        person_for(token, Purpose.PAGE)


def test_nothing_happens_where_something_else_would_be_sent_by_now(
    organiser: Visitor, top: str, pair: Pair, programme: Programme
) -> None:
    published(programme, pair)

    page = organiser.post(f"{top}/{pair.director.id}/leave", {"going": "alone", "messages": "1", "do": "confirm"})

    assert "Something changed since you looked" in page.text
    assert "3 messages to 2 people" in page.text
    assert db.session.get(Person, pair.director_id).left_on is None


def test_a_pair_leaves_and_what_is_past_stays(organiser: Visitor, top: str, pair: Pair, programme: Programme) -> None:
    published(programme, pair)
    past = db.session.scalars(select(Invitation).filter_by(person_id=pair.director_id)).first()
    past.starts_at, past.ends_at = programme.created_at.replace(year=2020), programme.created_at.replace(year=2021)
    past.session.starts_at, past.session.ends_at = past.starts_at, past.ends_at
    db.session.commit()
    address, typed = f"{top}/{pair.director_id}/leave", {"going": "pair"}

    said = organiser.post(address, typed).select("input[name=messages]")[0]["value"]
    organiser.post(address, {**typed, "messages": said, "do": "confirm"})

    db.session.refresh(pair)
    db.session.refresh(past)
    assert [person.left_on is not None for person in pair.people] == [True, True]
    assert pair.left_on is not None
    assert past.cancelled_at is None


def test_who_left_can_come_back(organiser: Visitor, top: str, programme: Programme) -> None:
    person = a_person(programme, "Ana Costa", left_on=programme.created_at.date())

    page = organiser.post(f"{top}/{person.id}/come-back", {})

    assert "takes part again" in page.said
    assert page.table("Everything so far, the latest first")[1][1] == "Done"
