"""Free seats from both sides: the organiser's list and offer, and the pair's own page with its two buttons."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import OfferState, OutboxMessage, SeatOffer
from tests.invite.inbox import of
from tests.invite.test_seats import Workshop
from tests.web.page import Visitor


@pytest.fixture
def workshop(app):
    made = Workshop()
    made.says_yes(made.late, made.friday)
    made.says_yes(made.bent, made.friday)
    return made


@pytest.fixture
def organiser(app, workshop):
    return Visitor(app).log_in(workshop.aisha)


@pytest.fixture
def top(workshop):
    return f"/programmes/{workshop.programme.slug}"


@pytest.fixture
def offer(workshop):
    return workshop.offered(workshop.late, workshop.friday)


def page_of(person, offer):
    address = urlsplit(page_url(person)).path
    db.session.commit()
    return address, f"{address}/offer/{offer.id}"


def stored():
    return [db.session.execute(sa.select(t).order_by(*t.primary_key)).all() for t in db.metadata.sorted_tables]


def test_the_list_says_who_wants_a_seat_best_first_and_why(organiser, top, workshop):
    page = organiser.get(f"{top}/free-seats")

    rows = page.table("Who wants a seat, best first")[1:]
    assert [row[0] for row in rows] == [workshop.late.trust.name, workshop.bent.trust.name]
    assert rows[0][2] == "Has no place, and said yes to this date."
    assert rows[1][2] == "Comes on 12 January only if need be, and said yes to this date."


def test_an_offer_says_who_gets_mail_and_its_end_before_anything_leaves(organiser, top, workshop):
    address = organiser.get(f"{top}/free-seats").select("tbody a.nhsuk-link")[0]["href"]

    page = organiser.get(address)
    assert "2 emails leave" in page.text
    assert "Two seats are free on 16 January, until Friday 5pm" in page.text or "5pm" in page.text
    sent = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).filter_by(kind="seat-offer"))
    done = organiser.post(address, page.form_values)

    assert sent == 0
    assert done.said.startswith(f"Offered to {workshop.late.trust.name} until Friday")
    assert "Offered" in done.text


def test_an_end_in_the_past_is_refused_at_its_field_and_nothing_typed_is_lost(organiser, top):
    address = organiser.get(f"{top}/free-seats").select("tbody a.nhsuk-link")[0]["href"]
    typed = {"day-day": "1", "day-month": "1", "day-year": "2020", "at": "5pm", "then_next": "yes"}

    page = organiser.post(address, typed)

    assert page.error_at("at") == "The offer must end after now"
    assert page.form_values == typed
    assert db.session.scalars(sa.select(SeatOffer)).all() == []


def test_opening_an_offer_changes_nothing_and_a_yes_gives_both_seats(visitor, workshop, offer):
    own, address = page_of(workshop.late.manager, offer)
    before = stored()

    page = visitor.get(address)
    assert page.h1 == "Two seats are free on Friday 16 January"
    assert page.buttons == ["Yes, for both of us", "No"]
    assert stored() == before
    done = visitor.post(address, {"answer": "yes"})

    assert (done.address, done.said) == (own, "The seats are yours. Your invitations are on their way.")
    assert workshop.places()[workshop.late.trust.ods_code] == "W1-b"


def test_the_partner_who_presses_later_reads_who_has_taken_them(visitor, workshop, offer):
    visitor.post(page_of(workshop.late.manager, offer)[1], {"answer": "yes"})

    page = visitor.post(page_of(workshop.late.director, offer)[1], {"answer": "yes"})

    assert page.said == f"{workshop.late.manager.name} has taken the seats for you both."


def test_who_comes_too_late_reads_that_someone_was_quicker_and_loses_nothing(visitor, workshop, offer):
    workshop.friday.max_seats = 2
    db.session.commit()

    page = visitor.post(page_of(workshop.late.manager, offer)[1], {"answer": "yes"})

    assert page.status == 409
    assert "Someone was quicker. You stay on the list." in page.text
    assert page.buttons == []


def test_a_no_goes_on_to_the_next_in_line(visitor, workshop, offer):
    visitor.post(page_of(workshop.late.manager, offer)[1], {"answer": "no"})

    states = {row.party: row.state for row in db.session.scalars(sa.select(SeatOffer))}
    assert states[workshop.late.trust.ods_code] is OfferState.REFUSED
    assert states[workshop.bent.trust.ods_code] is OfferState.OFFERED


def test_the_own_page_shows_an_open_offer_and_nobody_elses(visitor, workshop, offer):
    own, address = page_of(workshop.late.director, offer)
    other, others = page_of(workshop.first.director, offer)

    assert address in visitor.get(own).links.values()
    assert "/offer/" not in visitor.get(other).html
    assert visitor.get(others).status == 404


def test_giving_up_seats_says_who_loses_a_place_before_it_does(organiser, top, workshop):
    address = f"{top}/free-seats/give-up/{of(workshop.first.director).id}"
    before = stored()

    page = organiser.get(address)
    assert "lose their place" in page.text
    assert stored() == before
    done = organiser.post(address, {})

    assert done.said == "The seats are free. Their cancellations are queued."
    assert workshop.first.trust.ods_code not in workshop.places()
