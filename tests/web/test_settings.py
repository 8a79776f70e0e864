"""What owners set: the programme's details, who runs it and how far they may go; and the audit that tells of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.models import OrganiserRole, OutboxMessage, Role
from tests.builders import a_pair, a_programme, an_organiser
from tests.web.page import Visitor


@pytest.fixture
def top(programme):
    return f"/programmes/{programme.slug}"


def role_of(organiser, programme):
    held = sa.select(OrganiserRole).filter_by(organiser_id=organiser.id, programme_id=programme.id)
    return db.session.scalar(held.execution_options(populate_existing=True))


def at(top, role):
    return f"{top}/settings/people-and-roles/{role.id}"


def test_settings_that_are_saved_are_those_that_mails_and_plans_use(organiser, programme, top):
    page = organiser.get(f"{top}/settings/programme")

    saved = organiser.post(page.address, page.form_values | {"short_name": "Leaders", "gap_minutes": "90"})

    assert saved.said == "Saved."
    assert (programme.short_name, programme.gap_minutes) == ("Leaders", 90)
    assert "changed the settings of" in organiser.get(f"{top}/audit").text


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "", "Enter the name of the programme"),
        ("time_zone", "London time", "Time zone must be a name such as Europe/London"),
        ("gap_minutes", "-5", "between 0 and 1440"),
        ("contact_email", "nobody", "like name@"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_at_its_field(organiser, programme, top, field, typed, told):
    page = organiser.get(f"{top}/settings/programme")

    refused = organiser.post(page.address, page.form_values | {field: typed, "purpose": "To meet"})

    assert told in refused.error_at(field)
    assert refused.form_values["purpose"].strip() == "To meet"


def test_two_owners_who_save_at_once_the_second_sees_both(organiser, programme, top):
    first = organiser.get(f"{top}/settings/programme")
    organiser.post(first.address, first.form_values | {"name": "Leaders 2028"})

    second = organiser.post(first.address, first.form_values | {"name": "Leaders 2029"})

    assert second.status == 409
    assert "Leaders 2028" in second.text
    assert "Leaders 2029" in second.text
    assert programme.name == "Leaders 2028"


def test_somebody_let_in_is_told_and_has_their_role(organiser, programme, top):
    page = organiser.post(
        f"{top}/settings/people-and-roles", {"name": "Vera Webb", "email": "vera@x.example", "role": "viewer"}
    )

    assert page.said == "Vera Webb can log in now, and has been told so by email."
    assert ["Vera Webb", "vera@x.example", "Viewer"] in [row[:3] for row in page.table(f"Who runs {programme.name}")]
    assert db.session.scalars(sa.select(OutboxMessage.to_address)).all() == ["vera@x.example"]
    again = organiser.post(page.address, {"name": "Vera", "email": "VERA@x.example", "role": "owner"})
    assert "has a role here already" in again.error_at("email")


def test_a_role_is_changed_and_taken_away_but_never_that_of_the_only_owner(organiser, programme, top):
    owner = role_of(programme.roles[0].organiser, programme)
    other = role_of(an_organiser(programme, role=Role.VIEWER), programme)

    organiser.post(at(top, other), {"role": "planner", "was": "viewer"})
    alone = organiser.post(at(top, owner), {"role": "none", "was": "owner"})

    assert role_of(other.organiser, programme).role is Role.PLANNER
    assert "is the only owner" in alone.error_at("role")
    assert role_of(owner.organiser, programme).role is Role.OWNER
    planner = other.organiser
    organiser.post(at(top, other), {"role": "none", "was": "planner"})
    assert role_of(planner, programme) is None


def test_a_role_that_changed_meanwhile_is_chosen_again(organiser, programme, top):
    held = role_of(an_organiser(programme, role=Role.VIEWER), programme)
    organiser.post(at(top, held), {"role": "planner", "was": "viewer"})

    late = organiser.post(at(top, held), {"role": "evaluator", "was": "viewer"})

    assert "Somebody else changed this meanwhile" in late.error_at("role")
    assert role_of(held.organiser, programme).role is Role.PLANNER
    assert organiser.post(at(top, held), late.form_values | {"role": "evaluator"}).status == 200
    assert role_of(held.organiser, programme).role is Role.EVALUATOR


def test_the_audit_is_found_by_person_thing_and_day(app, organiser, programme, top):
    aisha = an_organiser(programme, role=Role.PLANNER)
    aisha.name = "Aisha Khan"
    pair = a_pair(programme)
    a_pair(a_programme())
    db.session.commit()
    Visitor(app).log_in(aisha).post(f"{top}/people/{pair.director.id}/link", {})

    def found(**query):
        page = organiser.get(f"{top}/audit", query_string=query)
        return [row[1] for row in page.table("What happened")[1:]] if "What happened" in page.text else []

    told = f"Aisha Khan sent {pair.director.name} their link again"
    assert found(who="aisha") == found(thing=pair.director.name) == [told]
    assert found(who="aisha", thing="plan") == []
    assert found(**{"day-day": "1", "day-month": "1", "day-year": "2001"}) == []
