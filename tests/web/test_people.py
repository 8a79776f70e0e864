"""The people's pages: pairs in a list, a Trust, a person and their link."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.collect.links import LinkRevoked, person_for, token_of
from scheduler.extensions import db
from scheduler.models import (
    AuditEntry,
    MessageState,
    OutboxMessage,
    Pair,
    Person,
    PersonalLink,
    Programme,
    Purpose,
    Role,
    RoleHeld,
    Standing,
    TrustType,
)
from tests.builders import (
    a_cohort,
    a_pair,
    a_person,
    a_programme,
    a_session,
    a_trust,
    an_event,
    an_organiser,
    answered,
    keep,
)
from tests.queries import queries_sent
from tests.web.page import Visitor


@pytest.fixture
def address(programme: Programme) -> str:
    return f"/programmes/{programme.slug}/people"


@pytest.fixture
def pair(programme: Programme) -> Pair:
    return a_pair(
        programme,
        trust=a_trust(programme, ods_code="RJ1", name="Guy's", region="London"),
        director=a_person(programme, "Zoë Lee", email="zoe@t.example"),
        manager=a_person(programme, "Tom Reid", email="tom@t.example"),
    )


def trusts_listed(page) -> list[str]:
    return [row[0] for row in page.table("Pairs")[1:]]


def test_without_people_the_page_says_how_to_begin(organiser: Visitor, address: str) -> None:
    page = organiser.get(address)

    assert "No people yet. Import your spreadsheet." in page.text
    assert page.links["Import a file"] == f"{address}/import"
    assert page.select("table") == []


def test_each_pair_is_a_row_with_its_answers_and_next_date(
    organiser: Visitor, address: str, pair: Pair, programme: Programme
) -> None:
    event = an_event(programme)
    sessions = [a_session(event), a_session(event)]
    answered(pair.director, sessions[0])

    page = organiser.get(address)

    assert page.table("Pairs") == [
        ["Trust", "Region", "Type", "Director", "Manager", "Sponsor", "Answers", "Next date"],
        ["Guy's (RJ1)", "London", "Acute", "Zoë Lee", "Tom Reid", "No sponsor", "1 of 4", "Not planned"],
    ]


def test_people_outside_pairs_have_a_list_of_their_own(organiser: Visitor, address: str, programme: Programme) -> None:
    a_person(programme, "Ida Berg", email="ida@c.example", standing=Standing.STAKEHOLDER, affiliation="A charity")
    a_person(programme, "Gone", left_on=date(2026, 1, 1))

    page = organiser.get(address)

    assert page.table("People outside pairs")[1:] == [["Ida Berg", "Stakeholder", "A charity", "ida@c.example"]]


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("region=London", ["Guy's (RJ1)"]),
        ("kind=community", ["Leeds (RY6)"]),
        ("missing=person", ["Leeds (RY6)"]),
        ("missing=sponsor", ["Guy's (RJ1)"]),
        ("missing=address", ["Guy's (RJ1)"]),
        ("find=zo%C3%AB", ["Guy's (RJ1)"]),
        ("find=ry6", ["Leeds (RY6)"]),
        ("find=tom@t", ["Guy's (RJ1)"]),
        ("find=Guy%27s&region=London", ["Guy's (RJ1)"]),
        ("region=nowhere&kind=x&cohort=9999", ["Guy's (RJ1)", "Leeds (RY6)"]),
    ],
)
def test_filters_in_the_address_narrow_the_pairs(
    organiser: Visitor, address: str, pair: Pair, query: str, listed: list[str]
) -> None:
    programme = pair.programme
    leeds = a_trust(programme, ods_code="RY6", name="Leeds", region="Midlands", trust_type=TrustType.COMMUNITY)
    sponsor = a_person(programme, "Eva Moss", standing=Standing.SPONSOR)
    a_pair(programme, trust=leeds, manager=None, sponsor=sponsor, sponsor_confirmed_on=date(2026, 11, 1))
    _bounced(pair.manager)

    assert trusts_listed(organiser.get(f"{address}?{query}")) == listed


def _bounced(person: Person) -> None:
    keep(
        OutboxMessage(
            programme_id=person.programme_id,
            person_id=person.id,
            kind="ask",
            to_address=person.email,
            subject="x",
            body=b"x",
            message_id=f"<{person.id}@t.example>",
            state=MessageState.BOUNCED,
        )
    )


def test_the_cohort_is_a_filter_once_there_is_one(organiser: Visitor, address: str, pair: Pair, programme) -> None:
    pair.cohort = a_cohort(programme, "Cohort 1")
    a_pair(programme)

    assert trusts_listed(organiser.get(f"{address}?cohort={pair.cohort.id}")) == ["Guy's (RJ1)"]


def test_a_percent_sign_is_looked_for_as_such(organiser: Visitor, address: str, pair: Pair) -> None:
    page = organiser.get(f"{address}?find=%25")

    assert "No pairs match. Change the filters or show all." in page.text


def test_long_lists_are_paged_and_keep_their_filters(organiser: Visitor, address: str, programme: Programme) -> None:
    for _ in range(51):
        a_pair(programme)

    page = organiser.get(f"{address}?region=London")
    onward = organiser.get(page.links["Next page"])

    assert "1 to 50 of 51 pairs" in page.text
    assert len(trusts_listed(onward)) == 1
    assert "region=London" in onward.address


def test_the_number_of_queries_does_not_grow_with_the_pairs(organiser: Visitor, address: str, programme) -> None:
    a_session(an_event(programme))
    counts = []
    for _ in range(2):
        for _ in range(3):
            a_pair(programme)
        with queries_sent() as sent:
            organiser.get(address)
        counts.append(len(sent))

    assert counts[0] == counts[1]


def test_a_trust_shows_its_pair_and_who_held_the_roles_before(organiser: Visitor, pair: Pair, programme) -> None:
    before = a_person(programme, "Max Orr")
    keep(
        RoleHeld(
            programme=programme,
            pair=pair,
            person=before,
            role="director",
            since=date(2025, 1, 1),
            until=date(2026, 3, 31),
        )
    )

    page = organiser.get(f"/programmes/{programme.slug}/trusts/RJ1")

    assert page.h1 == "Guy's"
    assert list(page.links)[:2] == ["Zoë Lee", "Tom Reid"]
    assert page.table("Who held the roles before")[1:] == [
        ["Max Orr", "R&D director", "1 January 2025", "31 March 2026"]
    ]


def test_a_trust_s_details_can_be_changed(organiser: Visitor, pair: Pair, programme: Programme) -> None:
    address = f"/programmes/{programme.slug}/trusts/RJ1"
    page = organiser.get(address)

    saved = organiser.post(address, page.form_values | {"research_activity": "low", "name": "Guy's and St Thomas'"})

    assert (saved.said, saved.h1) == ("Saved", "Guy's and St Thomas'")
    assert saved.form_values["research_activity"] == "low"


def test_a_person_s_details_can_be_changed(organiser: Visitor, address: str, pair: Pair) -> None:
    page = organiser.get(f"{address}/{pair.director.id}")

    saved = organiser.post(page.address, page.form_values | {"name": "Zoë Park", "email": "Zoe.Park@T.example"})

    assert (saved.said, saved.h1, saved.form_values["email"]) == ("Saved", "Zoë Park", "zoe.park@t.example")
    assert [entry.what for entry in db.session.scalars(select(AuditEntry))][-1] == "person.changed"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"name": ""}, "Enter the name"),
        ({"email": "zoe at t"}, "Enter an email address in the correct format, like name@example.com"),
        ({"email": "TOM@t.example"}, "Tom Reid has this address. Each person needs an address of their own"),
    ],
)
def test_a_fault_is_said_at_its_field_and_nothing_typed_is_lost(
    organiser: Visitor, address: str, pair: Pair, typed: dict[str, str], message: str
) -> None:
    person = f"{address}/{pair.director.id}"
    values = organiser.get(person).form_values | {"phone": "020 7946 0001"} | typed

    page = organiser.post(person, values)

    assert page.error_at(*typed) == message
    assert page.form_values == values
    assert pair.director.phone == ""


def test_the_second_of_two_who_save_is_told_and_chooses(organiser: Visitor, address: str, pair: Pair) -> None:
    person = f"{address}/{pair.director.id}"
    first = second = organiser.get(person).form_values
    organiser.post(person, first | {"phone": "1"})

    conflict = organiser.post(person, second | {"phone": "2"})
    edit = organiser.post(person, conflict.form_values | _hidden(conflict) | {"use": "edit"})
    mine = organiser.post(person, _hidden(conflict) | {"use": "mine"})

    assert (conflict.status, conflict.h1) == (409, "Someone else changed this")
    assert ["Phone Differs", "1", "2"] in conflict.table("Both versions")
    assert edit.form_values["phone"] == "2"
    assert mine.form_values["phone"] == "2"


def _hidden(page) -> dict[str, str]:
    form = page.select("main form")[0]
    return {each["name"]: each["value"] for each in form.select("input[type=hidden]") if each["name"] != "csrf_token"}


def test_the_link_can_be_sent_again(organiser: Visitor, address: str, pair: Pair) -> None:
    token = token_of(pair.director, Purpose.PAGE)

    page = organiser.post(f"{address}/{pair.director.id}/link")

    message = db.session.scalars(select(OutboxMessage)).one()
    assert page.said == "The link is on its way to Zoë Lee"
    assert (message.to_address, token in message.body.decode()) == ("zoe@t.example", True)


def test_a_new_link_ends_the_old_one_after_a_question(organiser: Visitor, address: str, pair: Pair) -> None:
    old = token_of(pair.director, Purpose.PAGE)
    question = organiser.get(f"{address}/{pair.director.id}/new-link")
    still = person_for(old, Purpose.PAGE)

    done = organiser.post(f"{address}/{pair.director.id}/new-link")

    assert (question.h1, still) == ("Make a new link?", pair.director)
    assert done.said == "The old link has ended. A new one is on its way to Zoë Lee"
    with pytest.raises(LinkRevoked):
        person_for(old, Purpose.PAGE)


def test_opening_a_person_s_page_makes_no_link(organiser: Visitor, address: str, pair: Pair) -> None:
    organiser.get(f"{address}/{pair.director.id}")

    assert list(db.session.scalars(select(PersonalLink))) == []


def test_a_viewer_sees_people_and_changes_nothing(app, programme: Programme, address: str, pair: Pair) -> None:
    viewer = Visitor(app).log_in(an_organiser(programme, Role.VIEWER))
    person = f"{address}/{pair.director.id}"

    pages = [viewer.get(address), viewer.get(person), viewer.get(f"/programmes/{programme.slug}/trusts/RJ1")]
    refused = [viewer.post(person, {"name": "x"}).status, viewer.post(f"{person}/link").status]

    assert [page.status for page in pages] == [200, 200, 200]
    assert [button for page in pages for button in page.buttons] == ["Show"]
    assert refused == [403, 403]


def test_another_programme_s_people_are_not_there(organiser: Visitor, address: str, programme: Programme) -> None:
    theirs = a_pair(a_programme(), trust=a_trust(a_programme(), ods_code="RXX"))

    statuses = [
        organiser.get(f"{address}/{theirs.director.id}").status,
        organiser.post(f"{address}/{theirs.director.id}/link").status,
        organiser.get(f"/programmes/{programme.slug}/trusts/RXX").status,
    ]

    assert statuses == [404, 404, 404]


@pytest.mark.parametrize("typed", ["convene@localhost.example", "Convene+Anna@LOCALHOST.example"])
def test_nobody_gets_the_address_that_invitations_are_sent_from(
    app, organiser: Visitor, address: str, pair, typed
) -> None:
    app.settings = app.settings.model_copy(update={"mail_from": "Convene <convene@localhost.example>"})
    person = pair.director

    page = organiser.post(f"{address}/{person.id}", {"name": person.name, "email": typed, "version": person.version})

    assert page.error_at("email").startswith("This is the address invitations are sent from")
