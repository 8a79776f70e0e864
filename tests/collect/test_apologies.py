"""Apologies: what is kept of them, whom they reach, and what they never change."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect import apologies
from scheduler.collect.apologies import NoPlace, SaidMeanwhile, TooLate, Word
from scheduler.extensions import db
from scheduler.invite.publishing import publish
from scheduler.models import (
    Apology,
    AuditEntry,
    Availability,
    Invitation,
    Organiser,
    OutboxMessage,
    Person,
    Placement,
    Role,
    WhoComes,
)
from tests.builders import (
    a_facilitator,
    a_pair,
    a_person,
    a_programme,
    a_session,
    an_event,
    an_organiser,
    both_answered,
    sets_event,
)
from tests.conftest import BOTH
from tests.invite.plans import a_plan

PARTNER, SOMEONE = Word(WhoComes.PARTNER), Word(WhoComes.SOMEONE, "Sam Lee", "Deputy R&D manager", "sam@trust.example")
NOBODY, SELF = Word(WhoComes.NOBODY, reason="A site visit"), Word(WhoComes.SELF)


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def organiser(programme):
    return an_organiser(programme, name="Aisha Khan")


@pytest.fixture
def pair(programme):
    return a_pair(programme, director=a_person(programme, "Amara Okafor"), manager=a_person(programme, "Tom Reid"))


@pytest.fixture
def workshop(programme):
    return an_event(programme, title="Workshop 1")


@pytest.fixture
def session(workshop, pair):
    session = a_session(workshop, "2027-01-12 09:30")
    both_answered(pair, session)
    return session


@pytest.fixture
def amaras(programme, organiser, pair, session):
    """Amara's invitation to the one date the published plan has."""
    publish(a_plan(programme, [(pair, session)]), by=organiser)
    return invitation_of(pair.director)


def invitation_of(person):
    return db.session.scalars(sa.select(Invitation).filter_by(person_id=person.id).order_by(Invitation.id)).all()[-1]


def mailed():
    return db.session.scalars(sa.select(OutboxMessage.to_name).where(OutboxMessage.kind == "apology")).all()


def all_else():
    """Everything that an apology must leave alone."""
    tables = (Availability, Placement, Invitation)
    return [db.session.execute(sa.select(kind.__table__).order_by(kind.id)).all() for kind in tables]


def test_an_apology_changes_neither_place_nor_answer_nor_invitation(amaras):
    before = all_else()

    for word in (PARTNER, SOMEONE, NOBODY):
        apologies.apologise(amaras, word)

    assert all_else() == before


def test_a_second_apology_replaces_the_first_and_the_same_again_writes_to_nobody(amaras, organiser):
    first = apologies.apologise(amaras, SOMEONE)
    apologies.deal_with(first, version=first.version, by=organiser)
    apologies.apologise(amaras, NOBODY)
    apologies.apologise(amaras, NOBODY)

    kept = db.session.scalars(sa.select(Apology)).one()
    assert (kept.who_comes, kept.reason, kept.dealt_with_at) == (WhoComes.NOBODY, "A site visit", None)
    assert (kept.deputy_name, kept.deputy_role, kept.deputy_email) == ("", "", "")
    assert mailed() == ["Aisha Khan", "Aisha Khan"]


def test_those_who_own_or_plan_the_programme_are_written_to_and_nobody_else(amaras, programme):
    an_organiser(programme, Role.PLANNER, name="Bea Lund")
    an_organiser(programme, Role.VIEWER, name="Vic Poe")
    an_organiser(a_programme(), name="Somebody else's")

    apologies.apologise(amaras, PARTNER)

    assert mailed() == ["Aisha Khan", "Bea Lund"]


def test_the_audit_says_that_something_was_said_and_nothing_of_what(amaras):
    apologies.apologise(amaras, SOMEONE)

    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.what == "apology.given")).one()
    assert (entry.person.name, entry.thing, entry.details) == ("Amara Okafor", "Workshop 1 on 12 January", {})


@pytest.mark.parametrize(
    ("word", "instead"),
    [
        (PARTNER, "Tom Reid still comes"),
        (SOMEONE, "Sam Lee comes for them"),
        (NOBODY, "Neither Amara Okafor nor Tom Reid comes"),
    ],
)
def test_organisers_read_who_cannot_come_and_who_does(amaras, word, instead):
    apology = apologies.apologise(amaras, word)

    assert apologies.sentence(apology) == "Amara Okafor can no longer come to Workshop 1 on 12 January"
    assert apologies.who_comes_instead(apology) == instead


def test_what_was_taken_back_waits_once_more_and_is_gone_once_it_was_seen(amaras, programme, organiser):
    apologies.apologise(amaras, NOBODY)
    apology = apologies.apologise(amaras, SELF)

    waiting = apologies.apologies_in(programme)
    apologies.deal_with(apology, version=apology.version, by=organiser)

    assert [apologies.sentence(each) for each in waiting] == [
        "Amara Okafor can come to Workshop 1 on 12 January after all"
    ]
    assert apologies.apologies_in(programme) == []
    assert apologies.standing_apologies(amaras.person) == {}


def test_there_is_nothing_to_take_back_where_nothing_was_said(amaras):
    assert apologies.apologise(amaras, SELF) is None
    assert mailed() == []


def test_a_date_that_has_begun_takes_no_apology(amaras):
    amaras.starts_at = now() - timedelta(minutes=1)
    db.session.commit()

    with pytest.raises(TooLate):
        apologies.apologise(amaras, PARTNER)


def test_a_new_plan_that_moves_a_pair_has_dealt_with_its_apology(amaras, programme, organiser, pair, workshop):
    apologies.apologise(amaras, NOBODY)
    other = a_session(workshop, "2027-01-19 09:30")

    publish(a_plan(programme, [(pair, other)]), by=organiser)

    assert apologies.apologies_in(programme) == []
    with pytest.raises(NoPlace):
        apologies.apologise(amaras, PARTNER)


def test_an_apology_that_changed_since_it_was_read_is_not_marked_as_dealt_with(amaras, organiser):
    apology = apologies.apologise(amaras, PARTNER)
    read_at = apology.version
    apologies.apologise(amaras, NOBODY)

    with pytest.raises(SaidMeanwhile):
        apologies.deal_with(apology, version=read_at, by=organiser)

    assert db.session.scalars(sa.select(Apology)).one().dealt_with_at is None


def test_of_two_organisers_one_deals_with_it_and_it_can_wait_again(amaras, organiser, programme):
    other = an_organiser(programme, Role.PLANNER)
    apology = apologies.apologise(amaras, PARTNER)
    read_at = apology.version

    apologies.deal_with(apology, version=read_at, by=organiser)
    with pytest.raises(SaidMeanwhile):
        apologies.deal_with(apology, version=read_at, by=other)
    assert apology.dealt_with_by == organiser

    apologies.reopen(apology, version=apology.version, by=other)
    assert (apology.dealt_with_at, apology.dealt_with_by) == (None, None)


def test_the_facilitator_of_a_set_has_no_partner_there(programme, organiser):
    leader, pairs = a_facilitator(programme, name="Jo Hale"), [a_pair(programme), a_pair(programme)]
    event = sets_event(programme)
    publish(a_plan(programme, sets=[(event, 1, leader, pairs, [event.rounds[0].slots[0]])]), by=organiser)

    apology = apologies.apologise(invitation_of(leader.person), NOBODY)

    assert apologies.who_comes_instead(apology) == "Nobody comes for them"
    assert apologies.partner_at(invitation_of(pairs[0].director)) == pairs[0].manager


@BOTH
def test_pressed_twice_at_once_one_row_is_kept_and_one_mail_written(app, amaras):
    invitation_id, faults = amaras.id, []
    db.session.commit()

    def press():
        with app.app_context():
            try:
                apologies.apologise(db.session.get(Invitation, invitation_id), PARTNER)
            except Exception as fault:
                faults.append(fault)
            finally:
                db.session.remove()

    presses = [Thread(target=press) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert faults == []
    assert len(db.session.scalars(sa.select(Apology)).all()) == 1
    assert mailed() == ["Aisha Khan"]


def test_no_apology_of_another_programme_is_listed(amaras):
    apologies.apologise(amaras, PARTNER)

    assert apologies.apologies_in(a_programme()) == []


def test_the_organisers_letter_names_the_deputy_and_who_it_is_about(amaras):
    apologies.apologise(amaras, SOMEONE)

    letter = db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == "apology")).one()
    assert letter.subject == "Amara Okafor can no longer come on 12 January – R&D leaders"
    assert b"sam@trust.example" in letter.body
    assert db.session.scalars(sa.select(Person.email).where(Person.name == "Sam Lee")).all() == []
    assert db.session.scalars(sa.select(Organiser.name)).all() == ["Aisha Khan"]
