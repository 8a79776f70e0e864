"""Telling who has no place: of the published plan alone, once for each person and version, and nothing of others."""

from __future__ import annotations

import pytest

from scheduler.extensions import db
from scheduler.follow.needs import needs_of
from scheduler.invite import not_placed, publishing
from scheduler.models import OutboxMessage, PlanStatus, Unplaced
from scheduler.plan.problems import problem_for
from scheduler.plan.published import published_plan
from tests.builders import a_pair, a_person, a_programme, a_session, an_event, an_organiser, both_answered, keep
from tests.invite.plans import a_plan


class Workshop:
    """Amara and Tom can come on Monday alone, which is full; there is room on Friday."""

    def __init__(self) -> None:
        self.programme = a_programme()
        self.aisha = an_organiser(self.programme)
        event = an_event(self.programme, key="W1", title="Workshop 1")
        self.monday = a_session(event, "2099-01-12 09:30", key="W1-a", max_seats=2)
        self.friday = a_session(event, "2099-01-16 09:30", key="W1-b", max_seats=4)
        amara, tom = a_person(self.programme, "Amara Okafor"), a_person(self.programme, "Tom Reid")
        self.pair = a_pair(self.programme, director=amara, manager=tom)
        self.amara, self.tom = amara, tom
        self.first, self.second = a_pair(self.programme), a_pair(self.programme)
        for pair, session in ((self.pair, self.monday), (self.first, self.monday), (self.second, self.friday)):
            both_answered(pair, session)
        self.event = event

    def version(self, *others, publish=True):
        """A plan that has no place for Amara's pair and ``others``."""
        plan = a_plan(self.programme, [(self.first, self.monday), (self.second, self.friday)])
        for pair in (self.pair, *others):
            keep(Unplaced(plan=plan, event=self.event, pair=pair, party=pair.trust.ods_code, reasons=["W1-a: full"]))
        if publish:
            publishing.publish(plan, by=None, hold=True)
        plan.problem = problem_for(self.programme)
        db.session.commit()
        return plan

    def told(self):
        return db.session.query(OutboxMessage).filter_by(kind="not-placed").order_by(OutboxMessage.id).all()


@pytest.fixture
def workshop(app):
    return Workshop()


def test_of_a_draft_nobody_is_told(workshop):
    draft = workshop.version(publish=False)

    with pytest.raises(not_placed.NotPublished):
        not_placed.tell(draft, {workshop.amara.id}, by=workshop.aisha)

    assert workshop.told() == []


def test_each_is_told_once_of_a_version_with_the_reason_and_what_would_help(workshop):
    plan = workshop.version()
    both = {workshop.amara.id, workshop.tom.id}

    numbers = [not_placed.tell(plan, both, by=workshop.aisha, opening="We are sorry.") for _ in range(2)]

    assert numbers == [2, 0]
    amara, tom = workshop.told()
    text = amara.body.decode()
    assert amara.subject == "No place at Workshop 1 yet"
    assert "You and Tom Reid can both come on Monday 12 January 2099" in text.replace("=\n", "")
    assert "There is room on Friday 16 January 2099: a Yes from you both would help." in text.replace("=\n", "")
    assert "We are sorry." in text
    assert tom.to_address == workshop.tom.email
    others = [person.name for pair in (workshop.first, workshop.second) for person in pair.people]
    others += [pair.trust.name for pair in (workshop.first, workshop.second)]
    assert not any(name in text for name in others)


def test_a_new_version_may_be_told_anew_and_says_who_knows_already(workshop):
    earlier = workshop.version()
    not_placed.tell(earlier, {workshop.amara.id}, by=workshop.aisha)
    later = workshop.version()

    found = not_placed.without_place(later)

    assert [(one.person.name, one.left_alone(), one.told) for one in found] == [
        ("Amara Okafor", True, False),
        ("Tom Reid", False, False),
    ]
    assert published_plan(workshop.programme).id == later.id
    assert earlier.status is PlanStatus.SUPERSEDED


def test_who_gave_no_yes_is_told_that(workshop):
    pair = a_pair(workshop.programme, manager=None)
    later = workshop.version(pair)

    (lost,) = next(one for one in not_placed.without_place(later) if one.person.id == pair.director_id).lost

    assert lost.reason == "There is no date that you have said you can come to."
    assert lost.what_would_help.endswith("a Yes would help.")


def test_home_says_who_has_no_place_until_they_were_told(workshop):
    def lines():
        return [need.text for need in needs_of(workshop.programme, []) if need.endpoint == "not_placed.tell"]

    plan = workshop.version()
    before = lines()
    not_placed.tell(plan, {workshop.amara.id}, by=workshop.aisha)

    assert (before, lines()) == (["1 pair has no place, and nobody has told them"], [])
