"""A new programme: blank, or last year's once more, with dates that keep their weekday and the time on the clock."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler import next_year
from scheduler.extensions import db
from scheduler.models import (
    Availability,
    Cohort,
    Event,
    OrganiserRole,
    OutboxMessage,
    OwnWording,
    Pair,
    Person,
    Programme,
    Role,
)
from tests.builders import (
    a_cohort,
    a_facilitator,
    a_mix,
    a_pair,
    a_person,
    a_session,
    a_venue,
    an_event,
    an_organiser,
    both_answered,
    keep,
    leads,
    named,
    sets_event,
)
from tests.conftest import BOTH
from tests.web.page import Visitor


def typed(**given):
    entered = {"name": "R&D leaders 2028", "short_name": "", "slug": "", "source": "blank", "weeks": "", "do": "look"}
    return entered | {key: str(value) for key, value in given.items()}


def copied(organiser, source, **given):
    """Look at the dates, then make it."""
    looked = organiser.post("/programmes/new", typed(source=source.id, **given))
    made = organiser.post("/programmes/new", looked.form_values | {"do": "make"})
    return looked, made, db.session.scalar(db.select(Programme).order_by(Programme.id.desc()))


@pytest.fixture
def last_year(programme):
    """Workshops over the change of clocks, sets, a rule, a venue, people, answers, wording."""
    venue, cohort = a_venue(programme), a_cohort(programme)
    pair = a_pair(programme, cohort=cohort, sponsor=a_person(programme), intention="Halve it", themes=["data"])
    workshop = an_event(programme, title="Workshop 1", audience={"who": "pairs", "cohorts": [cohort.id]})
    a_mix(workshop, max_share_text="0.4")
    for start in ("2027-03-25 09:30", "2027-04-08 09:30"):
        both_answered(pair, a_session(workshop, start, venue=venue, max_seats=60))
    withdrawn = a_session(workshop, "2027-05-06 09:30")
    withdrawn.withdrawn_at = withdrawn.added_at
    named(workshop, person=a_person(programme))
    sets = sets_event(programme)
    sets.after = [workshop]
    leads(sets, a_facilitator(programme, name="Jo Hale"))
    keep(OwnWording(programme_id=programme.id, mail="ask", text="Ours {link}"))
    db.session.commit()
    return programme


def test_a_blank_programme_belongs_to_who_makes_it_and_has_an_address(organiser):
    made = organiser.post("/programmes/new", typed(short_name="Leaders"))

    programme = db.session.scalar(db.select(Programme).filter_by(slug="r-d-leaders-2028"))
    assert (programme.name, programme.short_name) == ("R&D leaders 2028", "Leaders")
    assert made.said == "R&D leaders 2028 is made. Nobody is asked yet."
    held = db.session.scalars(db.select(OrganiserRole).filter_by(programme_id=programme.id)).one()
    assert held.role is Role.OWNER


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"name": ""}, "name", "Enter the name of the programme"),
        ({"slug": "R&D"}, "slug", "lower case letters"),
        ({"slug": "new"}, "slug", "There is a programme at new already"),
        ({"source": "0"}, "source", "Select how it should begin"),
        ({"weeks": "0"}, "weeks", "between 1 and 1000"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_the_form_stays_filled(organiser, given, field, told):
    page = organiser.post("/programmes/new", typed(**{"short_name": "Kept"} | given))

    assert told in page.error_at(field)
    assert page.form_values["short_name"] == "Kept"
    assert db.session.scalar(db.select(db.func.count(Programme.id))) == 1


def test_every_date_is_shown_with_its_holiday_before_anything_is_made(organiser, programme):
    a_session(an_event(programme, title="Workshop 1"), "2027-04-23 09:30")

    page = organiser.post("/programmes/new", typed(source=programme.id, weeks=51))

    assert page.table("Dates")[1] == [
        "Workshop 1",
        "Friday 23 April 2027, 9:30am to 4:30pm",
        "Friday 14 April 2028, 9:30am to 4:30pm",
        "Good Friday",
    ]
    assert "1 date falls on a public holiday." in page.text
    assert db.session.scalar(db.select(db.func.count(Programme.id))) == 1


def test_a_copy_has_the_events_and_rules_in_later_weeks_and_nobody_in_it(organiser, last_year):
    looked, made, new = copied(organiser, last_year)

    assert "Workshop 1 is for cohorts or people by name, who do not come along" in looked.text
    assert made.said.endswith("Nobody is asked yet.")
    workshop, sets = db.session.scalars(db.select(Event).filter_by(programme_id=new.id).order_by(Event.position))
    # 25 March 2027 is a winter day and 23 March 2028 too; 8 April became 6 April: both summer. The clock says 9:30.
    assert [str(session.local_start) for session in workshop.sessions] == [
        "2028-03-23 09:30:00+00:00",
        "2028-04-06 09:30:00+01:00",
    ]
    assert [(rule.attribute, rule.max_share_text) for rule in workshop.mix] == [("region", "0.4")]
    assert workshop.audience == {"who": "pairs"}
    assert workshop.opened_at is None
    assert (workshop.sessions[0].venue.name, workshop.sessions[0].venue.programme_id) == ("The Carriageworks", new.id)
    assert workshop.sessions[0].max_seats == 60
    assert [len(round_.slots) for round_ in sets.rounds] == [2, 2]
    assert sets.after == [workshop]
    assert sets.facilitators == []
    assert [wording.text for wording in new.wordings] == ["Ours {link}"]
    for kind in (Person, Pair, Cohort, Availability, OutboxMessage):
        assert db.session.scalars(db.select(kind).filter_by(programme_id=new.id)).all() == []


@BOTH
def test_facilitators_and_trusts_come_along_on_request_without_what_they_said(organiser, last_year):
    _, _, new = copied(organiser, last_year, facilitators="yes", trusts="yes")

    pair = db.session.scalars(db.select(Pair).filter_by(programme_id=new.id)).one()
    assert (pair.cohort.name, pair.trust.programme_id, pair.director.programme_id) == ("Cohort 1", new.id, new.id)
    assert (pair.intention, pair.themes, pair.sponsor_confirmed_on) == ("", [], None)
    assert len(pair.roles_held) == 2
    sets = db.session.scalar(db.select(Event).filter_by(programme_id=new.id, title="Action learning sets"))
    assert [each.facilitator.person.name for each in sets.facilitators] == ["Jo Hale"]
    assert db.session.scalar(db.select(db.func.count(Availability.id))) == 4


@pytest.mark.parametrize(
    ("first", "at", "goes_to"),
    [
        (date(2027, 1, 12), date(2027, 6, 1), date(2028, 1, 11)),
        (date(2028, 2, 29), date(2028, 6, 1), date(2029, 2, 27)),  # a leap day
        (date(2027, 3, 1), date(2027, 6, 1), date(2028, 2, 28)),  # over a leap day
        (date(2024, 1, 9), date(2027, 6, 1), date(2028, 1, 11)),  # some years ago
    ],
)
def test_next_year_is_the_same_weekday_near_the_same_date(programme, first, at, goes_to):
    a_session(an_event(programme), f"{first} 09:30")

    weeks = next_year.weeks_to_next_year(programme, at)

    assert first + timedelta(weeks=weeks) == goes_to
    assert goes_to.weekday() == first.weekday()


def test_a_time_that_the_clocks_jump_over_is_named_and_nothing_is_made(organiser, programme):
    a_session(an_event(programme, title="Night shift"), "2027-03-21 01:30", hours=1)

    looked, _, new = copied(organiser, programme, weeks=1)

    assert "Night shift, Sunday 21 March 2027" in looked.error_at("weeks")
    assert "does not exist, as the clocks go forward" in looked.error_at("weeks")
    assert new.id == programme.id


def test_who_owns_no_programme_makes_none_and_copies_only_what_they_plan(app, organiser, programme):
    viewer = Visitor(app).log_in(an_organiser(programme, Role.VIEWER))
    assert viewer.get("/programmes/new").status == 403
    assert viewer.post("/programmes/new", typed()).status == 403

    stranger = keep(Programme(slug="theirs", name="Theirs", short_name="Theirs"))
    page = organiser.post("/programmes/new", typed(source=stranger.id))

    assert page.error_at("source") == "Select how it should begin"
