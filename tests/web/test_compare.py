"""Plans side by side: the published one first, the better figure said in words, below who is elsewhere."""

from __future__ import annotations

import pytest

from scheduler.extensions import db
from scheduler.models import Answer, Availability, PlanStatus
from scheduler.plan.distances import miles_to
from scheduler.plan.weighing import figures_of
from tests.builders import a_venue
from tests.plan.programmes import a_small_programme, laid_out, pairs_of, sessions_of
from tests.queries import queries_sent


def at(programme, letters):
    """A plan with each pair at the sitting of its letter."""
    places = zip(pairs_of(programme), letters, strict=True)
    return laid_out(programme, {pair.trust.ods_code: f"W1-{letter}" for pair, letter in places})


@pytest.fixture
def programme(app):
    """Six pairs and two sittings, in Leeds and in London; the first pair would rather not come on the second."""
    programme = a_small_programme()
    for session, town in zip(sessions_of(programme).values(), ("Leeds", "London"), strict=True):
        session.venue = a_venue(programme, town=town)
    pair = pairs_of(programme)[0]
    for person in pair.people:
        for row in db.session.scalars(db.select(Availability).filter_by(person_id=person.id)):
            if row.session.key == "W1-b":
                row.answer = Answer.IF_NEED_BE
    for each in pairs_of(programme):
        each.trust.town = "Leeds"
    db.session.commit()
    return programme


@pytest.fixture
def plans(programme):
    """The address of the programme's plans."""
    return f"/programmes/{programme.slug}/plans"


def test_the_figures_of_a_plan_are_counted_from_its_places(programme):
    plan = at(programme, "baaabb")

    (figures,) = figures_of([plan])

    london = next(s.venue for s in sessions_of(programme).values() if s.venue.town == "London")
    apart = miles_to(pairs_of(programme)[0].trust, london)
    assert (figures.if_need_be, figures.most_bends) == (1, 1)
    assert figures.new_meetings == 6  # three in each sitting: three twos in each
    assert (figures.running, figures.free_seats) == (2, 12)
    assert figures.miles == 3 * 2 * apart
    assert 165 < apart < 175


def test_two_plans_stand_side_by_side_with_the_published_one_first(organiser, programme, plans):
    published, draft = at(programme, "baaabb"), at(programme, "aaabbb")
    published.status = PlanStatus.PUBLISHED
    db.session.commit()

    page = organiser.get(f"{plans}/2/compare/1")

    rows = {row[0]: row[1:] for row in page.table("What each comes to")}
    assert rows["Figure"] == ["Plan 1 Published", "Plan 2 Draft"]
    assert rows["If need be"][1].startswith("Better 0")
    assert rows["Sessions run"] == ["2", "2"]
    assert rows["Pairs that move from plan 1"] == ["Better 0", "2"]
    moved = {row[0] for row in page.table("Places that differ")[1:]}
    assert moved == {pairs_of(programme)[which].trust.name for which in (0, 3)}
    assert draft.status is PlanStatus.DRAFT


def test_plans_are_ticked_in_the_gallery(organiser, programme, plans):
    for letters in ("aaabbb", "ababab", "bbbaaa"):
        at(programme, letters)

    gallery = organiser.get(plans)
    page = organiser.get(f"{plans}/compare?plan=3&plan=1&plan=2")
    too_few = organiser.get(f"{plans}/compare?plan=3")

    assert len(gallery.select("input[type=checkbox]")) == 3
    assert page.table("What each comes to")[0][1:] == ["Plan 3 Draft", "Plan 1 Draft", "Plan 2 Draft"]
    assert too_few.said == "Tick 2 to 4 plans to compare them."


def test_a_plan_that_is_not_there_or_stands_alone_is_not_compared(organiser, programme, plans):
    at(programme, "aaabbb")

    assert organiser.get(f"{plans}/1/compare/9").status == 404
    assert organiser.get(f"{plans}/1/compare/1").status == 404


def test_the_comparison_asks_a_number_of_questions_that_does_not_grow(organiser, programme, plans):
    for letters in ("aaabbb", "bbbaaa"):
        at(programme, letters)
    organiser.get(f"{plans}/1/compare/2")

    with queries_sent() as sent:
        organiser.get(f"{plans}/1/compare/2")

    assert len(sent) <= 24
