"""Free seats: who wants them, the offer to one pair at a time, and the new version of the plan that takes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import offering
from scheduler.invite.offering import CannotOffer, NotYours
from scheduler.invite.publishing import publish
from scheduler.invite.seats import offers_in, open_offers_to, seats_in, usual_end
from scheduler.models import (
    Availability,
    Invitation,
    OfferState,
    OutboxMessage,
    PartStat,
    Person,
    Placement,
    Plan,
    PlanStatus,
    SeatOffer,
    Session,
)
from scheduler.plan.keeping import problem_of, result_of
from scheduler.plan.published import published_plan
from scheduler.worker import sweep
from solver.check import check
from tests.builders import a_pair, a_programme, a_session, an_event, an_organiser, answered, both_answered
from tests.invite.at_once import at_once
from tests.invite.plans import a_plan


class Workshop:
    """Two sittings of two pairs each: one pair has a place only if need be, one has none, and one seat pair is free."""

    def __init__(self) -> None:
        self.programme = a_programme()
        self.aisha = an_organiser(self.programme, name="Aisha Khan")
        event = an_event(self.programme, key="W1", title="Workshop 1")
        self.monday = a_session(event, "2099-01-12 09:30", key="W1-a", max_seats=4)
        self.friday = a_session(event, "2099-01-16 09:30", key="W1-b", max_seats=4)
        self.first, self.second, self.bent, self.late = (a_pair(self.programme) for _ in range(4))
        both_answered(self.first, self.monday)
        both_answered(self.second, self.friday)
        both_answered(self.bent, self.monday, "if-need-be")
        placed = [(self.first, self.monday), (self.second, self.friday), (self.bent, self.monday)]
        self.plan = a_plan(self.programme, placed)
        publish(self.plan, by=self.aisha)

    def says_yes(self, pair, session) -> None:
        for person in pair.people:
            said = db.session.scalar(sa.select(Availability).filter_by(person_id=person.id, session_id=session.id))
            if said is None:
                answered(person, session)
            else:
                said.answer = "yes"
        db.session.commit()

    def offered(self, pair, session, **given) -> SeatOffer:
        until = given.pop("until", now() + timedelta(days=2))
        return offering.offer(session, pair.trust.ods_code, until=until, by=self.aisha, **given)

    def places(self) -> dict[str, str]:
        plan = published_plan(self.programme)
        rows = db.session.scalars(sa.select(Placement).where(Placement.plan_id == plan.id))
        return {row.party: row.session.key for row in rows}


@pytest.fixture
def workshop(app):
    return Workshop()


def mails(kind=None):
    """To whom and how, in the order of the outbox."""
    rows = db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.to_address, row.kind) for row in rows if kind in (None, row.kind)]


def test_who_said_yes_to_a_session_with_room_and_has_no_place_or_a_worse_one_wants_it(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    workshop.says_yes(workshop.bent, workshop.friday)
    workshop.says_yes(workshop.first, workshop.friday)

    (found,) = seats_in(workshop.programme)

    assert [(s.session.key, s.free, s.left) for s in found.sessions] == [("W1-a", 0, 0), ("W1-b", 2, 2)]
    wanting = [(want.party.key, want.session.key, want.broken) for want in found.wants]
    assert wanting == [(workshop.late.trust.ods_code, "W1-b", ()), (workshop.bent.trust.ods_code, "W1-b", ())]


def test_whose_calendar_has_declined_its_place_wants_another_one(workshop):
    workshop.says_yes(workshop.first, workshop.friday)
    invitation = db.session.scalar(sa.select(Invitation).filter_by(person_id=workshop.first.director.id))
    invitation.partstat = PartStat.DECLINED
    db.session.commit()

    (found,) = seats_in(workshop.programme)

    assert [want.party.key for want in found.wants] == [workshop.first.trust.ods_code]


def test_an_offer_writes_to_both_of_the_pair_and_to_nobody_else(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    before = len(mails())

    offer = workshop.offered(workshop.late, workshop.friday)

    assert sorted(mails()[before:]) == sorted((person.email, "seat-offer") for person in workshop.late.people)
    subject = db.session.scalar(sa.select(OutboxMessage.subject).filter_by(kind="seat-offer"))
    assert subject.startswith("Two seats are free on 16 January, until ")
    assert open_offers_to(workshop.late.manager) == [offer]
    assert open_offers_to(workshop.first.manager) == []


def test_taking_an_offer_is_a_new_published_version_and_tells_that_pair_alone(workshop):
    workshop.says_yes(workshop.bent, workshop.friday)
    offer = workshop.offered(workshop.bent, workshop.friday)
    before, number = len(mails()), workshop.plan.number

    version = offering.take(offer, by=workshop.bent.manager)

    assert (version.number, version.status, workshop.plan.status) == (
        number + 1, PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED,
    )  # fmt: skip
    assert workshop.places() == {
        workshop.first.trust.ods_code: "W1-a",
        workshop.second.trust.ods_code: "W1-b",
        workshop.bent.trust.ods_code: "W1-b",
    }
    assert {to for to, _ in mails()[before:]} == {person.email for person in workshop.bent.people}
    assert (offer.state, offer.ended_by, offer.plan) == (OfferState.TAKEN, workshop.bent.manager, version)


def test_the_new_version_keeps_every_rule_by_the_count_of_separate_code(workshop):
    workshop.says_yes(workshop.late, workshop.friday)

    version = offering.take(workshop.offered(workshop.late, workshop.friday), by=workshop.late.director)

    assert check(problem_of(version), result_of(version)) == []


def test_when_both_of_a_pair_press_at_once_the_second_loses_nothing(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday)
    offering.take(offer, by=workshop.late.director)
    before = mails()

    assert offering.take(offer, by=workshop.late.manager) is None

    assert (mails(), offer.ended_by) == (before, workshop.late.director)


def test_each_seat_is_offered_to_one_pair_at_a_time(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    workshop.says_yes(workshop.bent, workshop.friday)
    workshop.offered(workshop.late, workshop.friday)

    with pytest.raises(CannotOffer, match="2 needed"):
        workshop.offered(workshop.bent, workshop.friday)


def test_two_seats_or_nothing(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    workshop.friday.max_seats = 3
    db.session.commit()

    with pytest.raises(CannotOffer, match="One seat is free"):
        workshop.offered(workshop.late, workshop.friday)
    assert offers_in(workshop.programme) == []


def test_nobody_is_offered_what_a_rule_or_their_own_no_forbids(workshop):
    with pytest.raises(CannotOffer):
        workshop.offered(workshop.late, workshop.friday)


def test_an_offer_that_no_longer_fits_says_that_someone_was_quicker_and_changes_nothing(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday)
    workshop.friday.max_seats = 2
    db.session.commit()
    before = mails(), workshop.places()

    with pytest.raises(NotYours, match=r"Someone was quicker\. You stay on the list\."):
        offering.take(offer, by=workshop.late.director)

    assert (mails(), workshop.places()) == before
    assert offer.state is OfferState.GONE
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Plan)) == 1


def test_nobody_else_hears_of_it_by_an_offer_taken(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday)
    workshop.monday.starts_at += timedelta(hours=1)  # changed, and not told yet
    db.session.commit()
    before = mails()

    with pytest.raises(NotYours, match="changing dates just now"):
        offering.take(offer, by=workshop.late.director)

    assert (mails(), offer.state) == (before, OfferState.OFFERED)


def test_when_an_offer_lapses_the_next_in_line_is_asked(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    workshop.says_yes(workshop.bent, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday)
    offer.until = now() - timedelta(minutes=1)
    db.session.commit()

    sweep(timedelta())

    states = {row.party: row.state for row in offers_in(workshop.programme)}
    assert states == {
        workshop.late.trust.ods_code: OfferState.LAPSED,
        workshop.bent.trust.ods_code: OfferState.OFFERED,
    }
    with pytest.raises(NotYours, match="The time to take these seats is over"):
        offering.take(offer, by=workshop.late.director)


def test_a_pair_that_does_not_want_it_makes_room_for_the_next_unless_the_organiser_said_otherwise(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    workshop.says_yes(workshop.bent, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday, then_next=False)

    assert offering.refuse(offer, by=workshop.late.manager)
    assert not offering.refuse(offer, by=workshop.late.director)

    assert [row.state for row in offers_in(workshop.programme)] == [OfferState.REFUSED]


def test_an_offer_taken_back_cannot_be_taken(workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday)

    assert offering.withdraw(offer, by=workshop.aisha)

    with pytest.raises(NotYours, match="taken this offer back"):
        offering.take(offer, by=workshop.late.director)


def test_giving_seats_up_cancels_for_that_pair_alone_and_frees_them(workshop):
    before = len(mails())

    offering.give_up(workshop.monday, workshop.first.director, by=workshop.aisha)

    assert workshop.first.trust.ods_code not in workshop.places()
    assert {(to, kind) for to, kind in mails()[before:]} <= {(p.email, "cancellation") for p in workshop.first.people}
    workshop.says_yes(workshop.late, workshop.monday)
    assert workshop.offered(workshop.late, workshop.monday).seats == 2


def test_seats_that_a_session_needs_cannot_be_given_up(workshop):
    workshop.monday.min_seats = 4
    db.session.commit()

    with pytest.raises(CannotOffer):
        offering.give_up(workshop.monday, workshop.first.director, by=workshop.aisha)

    assert workshop.places()[workshop.first.trust.ods_code] == "W1-a"


def test_what_people_have_said_since_does_not_question_the_place_they_hold(workshop):
    for person in workshop.second.people:
        db.session.scalar(sa.select(Availability).filter_by(person_id=person.id)).answer = "no"
    workshop.says_yes(workshop.late, workshop.friday)

    offering.take(workshop.offered(workshop.late, workshop.friday), by=workshop.late.director)

    assert workshop.places()[workshop.second.trust.ods_code] == "W1-b"


def test_an_offer_ends_on_friday_at_five_unless_the_session_comes_before(workshop):
    end = usual_end(workshop.friday).astimezone(UTC)

    assert end.strftime("%A") == "Friday"
    assert now() + timedelta(hours=23) < end < now() + timedelta(days=8)
    workshop.friday.starts_at = now() + timedelta(hours=3)
    assert usual_end(workshop.friday) < workshop.friday.starts_at
    workshop.friday.starts_at = datetime(2020, 1, 1, tzinfo=UTC)
    assert usual_end(workshop.friday) is None


IN_PARALLEL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@IN_PARALLEL
def test_of_two_pairs_that_are_offered_the_last_seats_at_once_one_gets_them(app, workshop):
    for pair in (workshop.late, workshop.bent):
        workshop.says_yes(pair, workshop.friday)
    friday, keys = workshop.friday.id, [pair.trust.ods_code for pair in (workshop.late, workshop.bent)]
    until = now() + timedelta(days=2)

    came = at_once(
        app,
        *(lambda key=key: offering.offer(db.session.get(Session, friday), key, until=until, by=None) for key in keys),
    )

    assert sorted(type(each).__name__ for each in came) == ["CannotOffer", "SeatOffer"]
    assert [offer.seats for offer in offers_in(workshop.programme)] == [2]
    assert len(mails("seat-offer")) == 2


@IN_PARALLEL
def test_both_of_a_pair_who_press_in_the_same_moment_make_one_version_and_one_mail_each(app, workshop):
    workshop.says_yes(workshop.late, workshop.friday)
    offer = workshop.offered(workshop.late, workshop.friday).id
    people = [person.id for person in workshop.late.people]

    def take(person):
        made = offering.take(db.session.get(SeatOffer, offer), by=db.session.get(Person, person))
        return made and made.number

    came = at_once(app, *(lambda person=person: take(person) for person in people))

    assert sorted(came, key=str) == [workshop.plan.number + 1, None]
    assert sorted(mails("invitation")[-2:]) == sorted((person.email, "invitation") for person in workshop.late.people)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Plan)) == 2
