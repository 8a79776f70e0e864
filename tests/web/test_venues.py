"""Changing a venue: who is to hear, and what the next publication makes of it."""

from __future__ import annotations

import pytest

from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.models import Invitation, Venue
from tests.builders import a_pair, a_session, a_venue, an_event
from tests.invite.plans import a_plan


@pytest.fixture
def held_at(programme):
    """A published plan with one pair at a venue, told of it, and the venue."""
    venue = a_venue(programme)
    session = a_session(an_event(programme, title="Workshop 1"), "2099-01-12 09:30", venue=venue)
    plan = a_plan(programme, [(a_pair(programme), session)])
    publishing.publish(plan, by=None)
    outbox.send_due()
    return venue, plan


def details(venue, **given):
    names = ("name", "address", "town", "postcode", "joining_url", "version")
    return {name: str(getattr(venue, name)) for name in names} | given


def address_of(venue):
    return f"/programmes/{venue.programme.slug}/venues/{venue.id}"


def test_the_list_says_what_is_held_where_and_how_many_have_a_place_there(organiser, programme, held_at):
    a_venue(programme, name="Online room", town="", postcode="", joining_url="https://meet.example/1")

    page = organiser.get(f"/programmes/{programme.slug}/venues")

    assert page.table("Venues by name")[1:] == [
        ["Online room", "https://meet.example/1", "0", "0"],
        ["The Carriageworks", "Leeds, LS2 3AD", "1", "2"],
    ]


def test_another_place_is_told_and_asked_again_and_answers_are_for_the_old_one(organiser, held_at):
    venue, plan = held_at

    saved = organiser.post(
        address_of(venue), details(venue, name="City Hall", postcode="LS1 1UR", place="another"), follow=False
    )
    changes = publishing.preview(plan).changes

    assert saved.headers["Location"].endswith(f"/plans/{plan.number}/publish")
    assert (len(changes.changed), changes.messages) == (2, 2)
    publishing.publish(plan, by=None)
    assert {(each.sequence, each.location) for each in db.session.query(Invitation)} == {
        (1, "City Hall, Leeds, LS1 1UR")
    }
    assert publishing.preview(plan).changes.messages == 0


def test_the_same_place_in_other_words_is_sent_only_where_it_is_wanted(organiser, held_at):
    venue, plan = held_at

    organiser.post(address_of(venue), details(venue, name="The Carriageworks Theatre", place="same"))

    assert publishing.preview(plan).changes.messages == 0
    assert len(publishing.preview(plan, reword=True).changes.reworded) == 2


def test_what_it_means_is_asked_where_people_have_a_place_and_not_where_nobody_has(organiser, programme, held_at):
    venue, _ = held_at
    empty = a_venue(programme, name="Nobody there")

    asked = organiser.post(address_of(venue), details(venue, name="City Hall"))
    unasked = organiser.post(address_of(empty), details(empty, name="Still empty"))

    assert asked.error_summary == {"#place": "Select whether it is the same place"}
    assert unasked.said == "Saved."
    assert sorted(each.name for each in db.session.query(Venue)) == ["Still empty", "The Carriageworks"]


def test_a_venue_that_somebody_else_changed_meanwhile_is_not_overwritten_unseen(organiser, held_at):
    venue, _ = held_at
    mine = details(venue, name="Mine", place="same")
    organiser.post(address_of(venue), details(venue, name="Theirs", place="same"))

    conflict = organiser.post(address_of(venue), mine)

    assert conflict.status == 409
    assert "Theirs" in conflict.text
    assert "Mine" in conflict.text
