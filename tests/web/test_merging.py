"""Two rows of one person made one, and two again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scheduler.clock import now
from scheduler.collect.audience import pairs_of
from scheduler.collect.importing.applying import apply_import, keep_import
from scheduler.collect.importing.files import read_file
from scheduler.collect.links import person_for, token_of
from scheduler.extensions import db
from scheduler.invite import outbox
from scheduler.invite.merging import merging_of
from scheduler.invite.publishing import publish
from scheduler.models import Answer, Availability, Invitation, OutboxMessage, Person, Placement, Programme, Purpose
from tests.builders import (
    a_cohort,
    a_pair,
    a_person,
    a_session,
    a_trust,
    a_venue,
    an_event,
    answered,
    keep,
    named,
)
from tests.invite.plans import a_plan
from tests.web.page import Visitor


@pytest.fixture
def address(programme: Programme) -> str:
    return f"/programmes/{programme.slug}/people/merge"


def two_rows(programme: Programme) -> tuple[Person, Person]:
    """The director of a Trust, and the same human as a speaker at another address."""
    ana = a_person(programme, "Ana Costa", email="ana@t.example")
    a_pair(programme, trust=a_trust(programme, ods_code="RJ1", name="Guy's"), director=ana)
    return ana, a_person(programme, "Ana Costa", email="ana.costa@other.example", phone="0161 496 0000")


def placed(programme: Programme, ana: Person, again: Person, *, same_time: bool = False) -> None:
    """The pair has a place at a workshop, the speaker one at a conference; all mail has left."""
    workshop, talk = (
        an_event(programme, title="Workshop 1"),
        an_event(programme, title="Conference", audience={"who": "named"}),
    )
    named(talk, person=again)
    at = now() + timedelta(days=60)
    venue = a_venue(programme)
    one = a_session(workshop, at, venue=venue)
    other = a_session(talk, at + (timedelta() if same_time else timedelta(days=7)), venue=venue)
    plan = a_plan(programme, placements=[(pairs_of(ana)[0], one)])
    keep(Placement(plan=plan, event=talk, session=other, person=again, party=f"P{again.id}"))
    publish(plan, by=None)
    outbox.send_due()


def messages() -> int:
    return db.session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_everything_goes_over_the_later_answer_counts_and_it_can_be_taken_back(
    organiser: Visitor, address: str, programme: Programme
) -> None:
    ana, again = two_rows(programme)
    session = a_session(an_event(programme))
    early, late = answered(ana, session, "yes"), answered(again, session, "no")
    early.answered_at = late.answered_at - timedelta(days=2)
    db.session.commit()
    placed(programme, ana, again)
    token, before = token_of(again, Purpose.PAGE), messages()
    assert "Ana Costa (ana@t.example) and Ana Costa (ana.costa@other.example)" in organiser.get(address).text
    chosen = {"kept": str(ana.id), "gone": str(again.id)}

    asked = organiser.post(address, chosen)

    assert asked.table("Who is told")[1:] == [["ana.costa@other.example", "1"], ["ana@t.example", "1"]]
    assert messages() == before
    organiser.post(address, {**chosen, "give_up": "", "messages": "2", "do": "confirm"})
    assert messages() == before + 2
    db.session.expire_all()
    answer = db.session.scalars(select(Availability).where(Availability.person_id == ana.id)).one()
    assert answer.answer is Answer.NO
    assert person_for(token, Purpose.PAGE) == ana
    assert (ana.phone, again.left_on is not None) == ("0161 496 0000", True)
    living = select(func.count()).select_from(Invitation).where(Invitation.cancelled_at.is_(None))
    assert db.session.scalar(living.where(Invitation.person_id == ana.id)) == 2

    (row,) = merging_of(ana)
    undo = organiser.get(f"{address}/{row.id}/undo")
    said = undo.select("input[name=messages]")[0]["value"]
    organiser.post(f"{address}/{row.id}/undo", {"messages": said})
    db.session.expire_all()
    assert again.left_on is None
    assert person_for(token, Purpose.PAGE) == again
    assert db.session.scalar(living.where(Invitation.person_id == again.id)) == 1


def test_places_at_the_same_time_are_said_and_one_chooses(
    organiser: Visitor, address: str, programme: Programme
) -> None:
    ana, again = two_rows(programme)
    placed(programme, ana, again, same_time=True)
    chosen = {"kept": str(ana.id), "gone": str(again.id)}

    asked = organiser.post(address, chosen)

    assert "are at the same time: one person cannot be at both" in asked.text
    assert "Give up Workshop 1" in asked.text
    both = organiser.post(address, {**chosen, "give_up": "none"})
    assert "Who is told" in both.html


def test_one_cannot_be_merged_with_oneself(organiser: Visitor, address: str, programme: Programme) -> None:
    ana, _ = two_rows(programme)

    page = organiser.post(address, {"kept": str(ana.id), "gone": str(ana.id)})

    assert "Select two different people." in page.error_summary.values()


def test_the_file_of_everyone_brought_back_changes_nothing(organiser: Visitor, programme: Programme) -> None:
    two_rows(programme)
    a_pair(programme, trust=a_trust(programme, name="=Trust"), cohort=a_cohort(programme), manager=None)
    a_person(programme, "Jo Hale", standing="speaker", affiliation="NIHR")

    book = organiser.get(f"/programmes/{programme.slug}/people/file?as=xlsx")

    sheets = read_file(book.response.data)
    applied = apply_import(keep_import(programme, "people.xlsx", sheets, by=None), by=None)
    assert (applied.written, applied.asked_again) == (0, ())
