"""The directory: nobody is in it unasked, what is not shown cannot be found out, and leaving acts at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.collect import directory
from scheduler.collect.directory import Shown
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import DirectoryEntry
from tests.builders import a_pair, a_person, a_programme, a_trust

ALL = Shown(name=True, role=True, trust=True, themes=True, email=True, ask_me_about="prisons")


@pytest.fixture
def amara(programme):
    trust = a_trust(programme, name="Barts Health NHS Trust", region="London")
    pair = a_pair(
        programme, trust=trust, director=a_person(programme, "Amara Okafor"), manager=a_person(programme, "Tom Reid")
    )
    return pair.director


@pytest.fixture
def quiet(programme):
    """Listed with a name and nothing else; all that is hidden would match a search."""
    trust = a_trust(programme, name="Leeds Community NHS Trust", region="Midlands")
    director = a_person(programme, "Zoë Lee", email="zoe@leeds.example")
    a_pair(programme, trust=trust, director=director, themes=["frailty"])
    directory.list_person(director, Shown(name=True))
    return director


def own(person):
    return "/" + page_url(person).split("/", 3)[3] + "/directory"


def test_nobody_is_listed_until_they_turn_it_on_and_sees_nobody_before(visitor, amara, quiet):
    page = visitor.get(own(amara))

    assert "You are not listed. 1 person is." in page.text
    assert quiet.name not in page.html
    listed = visitor.post(own(amara), {"do": "list", "name": "yes", "trust": "yes", "ask_me_about": "prisons"})
    assert listed.said.startswith("Saved.")
    assert quiet.name in listed.text
    assert "Ask me about: prisons" in listed.text
    assert amara.email not in listed.html


@pytest.mark.parametrize("search", ["region=Midlands", "kind=acute", "theme=frailty", "find=Leeds", "find=zoe@leeds"])
def test_what_is_not_shown_is_neither_on_the_page_nor_found_by_a_search(visitor, amara, quiet, search):
    directory.list_person(amara, ALL)

    page = visitor.get(own(amara))
    assert quiet.name in page.text
    for hidden in ("Leeds Community", "zoe@leeds.example", "frailty"):
        assert hidden not in page.html
    assert quiet.name not in visitor.get(f"{own(amara)}?{search}").text or search == "theme=frailty"


def test_people_are_found_by_what_they_show(visitor, amara, quiet):
    directory.list_person(quiet, ALL)
    directory.list_person(amara, ALL)

    for search in ("region=Midlands", "theme=frailty", "find=leeds+zoë", "region=Midlands&kind=acute"):
        page = visitor.get(f"{own(amara)}?{search}")
        assert page.text.partition("Find people")[2].count("R&D director") == 1
        assert "zoe@leeds.example" in page.text


def test_leaving_acts_at_once_and_whoever_left_the_programme_is_gone_too(visitor, amara, quiet):
    directory.list_person(amara, ALL)

    left = visitor.post(own(quiet), {"do": "leave"})
    assert left.said.startswith("You have left the directory.")
    assert quiet.name not in visitor.get(own(amara)).text
    assert amara.name not in left.text

    directory.list_person(quiet, ALL)
    quiet.left_on = now().date()
    db.session.commit()
    assert quiet.name not in visitor.get(own(amara)).text


def test_an_entry_that_says_neither_who_nor_where_is_refused(visitor, amara):
    page = visitor.post(own(amara), {"do": "list", "email": "yes", "ask_me_about": "prisons"})

    assert page.error_at("name") == "Tick your name or your Trust, so that others know whom they have found"
    assert db.session.scalars(db.select(DirectoryEntry)).all() == []


def test_another_programme_is_another_directory_and_one_that_ended_still_works(visitor, programme, amara, quiet):
    elsewhere = a_pair(a_programme()).director
    directory.list_person(elsewhere, ALL)
    directory.list_person(amara, ALL)
    programme.ends_on = now().date() - timedelta(days=30)
    db.session.commit()

    page = visitor.get(own(amara))

    assert elsewhere.name not in page.html
    assert quiet.name in page.text
    assert "ended on" in visitor.get(own(amara).removesuffix("/directory")).text
