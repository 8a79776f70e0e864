"""Check-in as organisers and helpers see it, without scripts: who is marked, by whom, when, and who is let in."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow import desks
from scheduler.follow.rooms import room_of
from scheduler.models import Apology, Attendance, Role, WhoComes
from tests.builders import a_session, an_event, an_organiser, invited, keep
from tests.follow.conftest import barts, leeds, under_way  # noqa: F401 (fixtures)
from tests.web.page import Visitor, words


@pytest.fixture
def organiser(app, under_way):  # noqa: F811
    return Visitor(app).log_in(an_organiser(under_way.programme))


@pytest.fixture
def top(under_way):  # noqa: F811
    return f"/programmes/{under_way.programme.slug}/sessions/{under_way.id}"


@pytest.fixture
def link(under_way):  # noqa: F811
    made = desks.make_link(under_way, "Kit Vale", by=an_organiser(under_way.programme))
    return urlsplit(desks.url_of(made)).path


def lines(page):
    """By name, what the two buttons of each line that is shown say."""
    return {
        words(line.select_one(".app-name")): [words(button) for button in line.select(".app-desk__button")]
        for line in page.select(".app-desk__line:not([hidden])")
        if line.find_parent("template") is None
    }


def states(session):
    return {one.name: one.state and one.state.value for one in room_of(session).attendees}


def test_here_is_one_press_keeps_its_time_and_is_taken_back_by_another(organiser, top, under_way, barts):  # noqa: F811
    page = organiser.post(f"{top}/check-in", {"do": f"here:p{barts.director.id}"})

    assert page.said == "Amara Okafor is here."
    assert (page.h1, words(page.select(".nhsuk-caption-l")[0])) == ("Check in", "Workshop 1, 12 January –")
    assert words(page.select("[data-count]")[0]) == "1 of 2 here"
    assert lines(page)["Amara Okafor"] == ["Apologies Amara Okafor", "Here 9:10am Amara Okafor"]
    taken_back = organiser.post(f"{top}/check-in", {"do": f"not-here:p{barts.director.id}"})
    assert taken_back.said == "Amara Okafor is not here."
    assert states(under_way) == {"Amara Okafor": "absent", "Tom Reid": None}


def test_a_name_is_found_from_its_first_letter_and_by_trust(organiser, top, barts, leeds):  # noqa: F811
    assert list(lines(organiser.get(f"{top}/check-in?find=a"))) == ["Ana Costa", "Amara Okafor"]
    assert list(lines(organiser.get(f"{top}/check-in?find=t+bar"))) == ["Tom Reid"]
    nobody = organiser.get(f"{top}/check-in?find=zz")
    assert lines(nobody) == {}
    assert "Nobody on the list fits." in words(nobody.select("[data-nobody]:not([hidden])")[0])


def test_the_filters_show_who_is_missing_and_who_sent_apologies(organiser, top, barts, leeds):  # noqa: F811
    organiser.post(f"{top}/check-in", {"do": f"here:p{barts.director.id}"})
    page = organiser.post(f"{top}/check-in?show=not-here", {"do": f"apologies:p{leeds.director.id}"})

    assert page.said == "Apologies from Ana Costa."
    assert list(lines(page)) == ["Lee Grant", "Tom Reid"]
    assert [words(link) for link in page.select("[data-show]")] == ["All (4)", "Not here (2)", "Apologies (1)"]
    assert list(lines(organiser.get(f"{top}/check-in?show=apologies"))) == ["Ana Costa"]


def test_somebody_comes_for_another(organiser, top, under_way, barts):  # noqa: F811
    typed = {"do": "came-for", "deputy-for_whom": f"p{barts.director.id}", "deputy-name": "Sam Shah"}

    page = organiser.post(f"{top}/check-in", typed | {"deputy-role": "Deputy director", "deputy-email": ""})

    assert page.said == "Sam Shah came for Amara Okafor."
    assert words(page.select("#p" + str(barts.director.id) + " [data-note]")[0]) == (
        "Sam Shah, Deputy director came for them"
    )


def test_a_deputy_with_a_place_is_refused_at_the_field_and_nothing_typed_is_lost(organiser, top, barts):  # noqa: F811
    typed = {
        "deputy-for_whom": f"p{barts.director.id}", "deputy-name": "Tom Reid", "deputy-role": "Manager",
        "deputy-email": barts.manager.email,
    }  # fmt: skip

    page = organiser.post(f"{top}/check-in", typed | {"do": "came-for"})

    said = "Tom Reid has a place of their own. Mark Tom Reid as here instead"
    assert page.error_summary == {"#deputy-name": said}
    assert page.error_at("deputy-name") == said
    assert page.title == "Error: Check in – Convene"
    kept = {part["name"]: part.get("value") for part in page.select("#came-for-someone input") if part["name"] in typed}
    assert kept == {name: value for name, value in typed.items() if name != "deputy-for_whom"}
    assert page.select("#deputy-for_whom option[selected]")[0]["value"] == typed["deputy-for_whom"]
    assert db.session.query(Attendance).count() == 0


def test_who_was_announced_is_marked_by_one_press(organiser, top, under_way, barts):  # noqa: F811
    said = {"who_comes": WhoComes.SOMEONE, "deputy_name": "Sam Shah", "deputy_role": "Deputy"}
    keep(Apology(programme=under_way.programme, session=under_way, person=barts.director, **said))

    page = organiser.get(f"{top}/check-in")
    assert [words(button) for button in page.select("[data-announced]")] == ["Sam Shah is here"]

    assert organiser.post(f"{top}/check-in", {"do": f"deputy-here:p{barts.director.id}"}).said == (
        "Sam Shah came for Amara Okafor."
    )


def test_a_walk_in_is_added_and_typed_twice_is_one(organiser, top, barts):  # noqa: F811
    typed = {"do": "walk-in", "walk-in-name": "Noor Ali", "walk-in-trust": "A charity", "walk-in-email": ""}

    first = organiser.post(f"{top}/check-in", typed)
    second = organiser.post(f"{top}/check-in", typed)

    assert first.said == "Noor Ali is added, and is here."
    assert second.said == "Noor Ali is on the list already, and is now marked as here."
    assert words(second.select("[data-count]")[0]) == "0 of 2 here, and 1 walk-in"


def test_a_walk_in_without_a_name_is_asked_for_it(organiser, top, barts):  # noqa: F811
    page = organiser.post(f"{top}/check-in", {"do": "walk-in", "walk-in-trust": "A charity"})

    assert page.error_summary == {"#walk-in-name": "Enter the name of who came"}


def test_a_session_that_was_withdrawn_takes_no_marks_and_says_so(organiser, top, under_way, barts):  # noqa: F811
    under_way.withdrawn_at = now()

    page = organiser.get(f"{top}/check-in")
    refused = organiser.post(f"{top}/check-in", {"do": f"here:p{barts.director.id}"})

    assert "This date was withdrawn, so nobody can be marked as here." in page.text
    assert lines(page)["Amara Okafor"] == []
    assert (refused.status, refused.said) == (409, "This date was withdrawn, so nobody can be marked as here.")


def test_before_the_day_organisers_note_apologies_and_nobody_is_here(organiser, top, under_way, barts):  # noqa: F811
    under_way.starts_at += timedelta(days=3)
    under_way.ends_at += timedelta(days=3)

    page = organiser.get(f"{top}/check-in")
    refused = organiser.post(f"{top}/check-in", {"do": f"here:p{barts.director.id}"})

    assert "Check-in opens on Friday 15 January 2027. Until then you can note apologies." in page.text
    assert lines(page)["Tom Reid"] == ["Apologies Tom Reid"]
    assert refused.status == 409


def test_a_script_is_told_how_the_whole_list_stands(organiser, top, barts, leeds):  # noqa: F811
    post = {"do": f"here:p{barts.director.id}", "tap": "0123456789abcdef"}
    organiser.client.environ_base["HTTP_X_REQUESTED_WITH"] = "fetch"

    told = organiser.post(f"{top}/check-in", post).json
    again = organiser.post(f"{top}/check-in", post).json

    here = {f"p{barts.director.id}": {"state": "present", "at": "9:10am", "note": ""}}
    assert (told["said"], told["lines"], told["count"]) == ("Amara Okafor is here.", here, "1 of 4 here")
    assert again == told
    assert organiser.get(f"{top}/check-in/state").json["lines"] == here


# Helpers


def test_a_helper_marks_by_their_link_without_a_log_in(app, link, under_way, barts):  # noqa: F811
    helper = Visitor(app)

    page = helper.post(link, {"do": f"here:p{barts.director.id}"})

    assert page.said == "Amara Okafor is here."
    row = db.session.query(Attendance).one()
    assert (row.organiser_id, db.session.get(type(row), row.id).link_id is not None) == (None, True)
    assert barts.director.email not in page.html


@pytest.mark.parametrize(
    ("days", "status", "heading"), [(-1, 403, "Check-in is not open yet"), (1, 410, "Check-in is over")]
)
def test_a_helpers_link_opens_on_its_day_alone(app, link, under_way, barts, days, status, heading):  # noqa: F811
    with time_machine.travel(under_way.starts_at + timedelta(days=days)):
        page = Visitor(app).get(link)
        refused = Visitor(app).post(link, {"do": f"here:p{barts.director.id}"})

    assert (page.status, page.h1) == (status, heading)
    assert "Amara" not in page.html
    assert refused.status == status
    assert states(under_way)["Amara Okafor"] is None


def test_the_day_of_a_link_is_that_of_its_sessions_own_clock(app, under_way):  # noqa: F811
    far = a_session(under_way.event, under_way.starts_at + timedelta(hours=14), time_zone="Asia/Tokyo")
    path = urlsplit(desks.url_of(desks.make_link(far, "Kit", by=an_organiser(under_way.programme)))).path
    midnight = far.local_start.replace(hour=0, minute=0, second=0, microsecond=0)

    for moment, status in ((midnight - timedelta(seconds=1), 403), (midnight, 200)):
        with time_machine.travel(moment, tick=False):
            assert Visitor(app).get(path).status == status


def test_a_link_that_was_taken_back_opens_nothing_and_what_it_marked_stays(app, organiser, top, link, under_way, barts):  # noqa: F811
    helper = Visitor(app)
    helper.post(link, {"do": f"here:p{barts.director.id}"})
    made = desks.links_of(under_way)[0]

    said = organiser.post(f"{top}/check-in/helpers/{made.id}/revoke").said

    assert said == "The link of Kit Vale no longer works. What it marked stays."
    page = helper.get(link)
    assert (page.status, page.h1) == (410, "This check-in link does not work")
    assert states(under_way)["Amara Okafor"] == "present"
    assert Visitor(app).get("/check-in/rubbish").status == 404


def test_only_a_hash_of_a_helpers_link_is_stored_and_the_organiser_sees_it_again(organiser, top, link):
    page = organiser.get(f"{top}/check-in/helpers")

    assert page.select("input[readonly]")[0]["value"].endswith(link)
    stored = db.session.execute(db.text("SELECT * FROM check_in_link")).one()
    assert link.rpartition("/")[2] not in " ".join(map(str, stored))


def test_a_helpers_link_is_made_with_a_name(organiser, top):
    assert organiser.post(f"{top}/check-in/helpers", {"helper": ""}).error_summary == {
        "#helper": "Enter who the link is for"
    }
    page = organiser.post(f"{top}/check-in/helpers", {"helper": "Kit Vale"})
    assert page.said == "A link for Kit Vale is made. Send it to them: it opens on the day of this session alone."


# Badges


def test_a_badge_opens_a_persons_line_for_an_organiser_and_marks_them(app, organiser, top, under_way, barts):  # noqa: F811
    page = organiser.get(f"/badge/{under_way.id}/{barts.director.id}")
    assert page.h1 == "Amara Okafor"

    marked = organiser.post(f"{top}/check-in", {"back": f"p{barts.director.id}", "do": f"here:p{barts.director.id}"})

    assert (marked.h1, marked.said) == ("Amara Okafor", "Amara Okafor is here.")


def test_a_badge_opens_for_a_helper_who_has_opened_their_link_that_day(app, link, under_way, barts):  # noqa: F811
    helper = Visitor(app)
    helper.get(link)

    assert helper.get(f"/badge/{under_way.id}/{barts.director.id}").h1 == "Amara Okafor"
    with time_machine.travel(under_way.starts_at + timedelta(days=1)):
        assert helper.get(f"/badge/{under_way.id}/{barts.director.id}").status == 410


def test_a_badge_says_nothing_to_anybody_else(app, link, under_way, barts):  # noqa: F811
    other = a_session(an_event(under_way.programme), under_way.starts_at)
    invited(barts.director, other)
    helper = Visitor(app)
    helper.get(link)
    address = f"/badge/{under_way.id}/{barts.director.id}"

    stranger = Visitor(app).get(address)
    elsewhere = Visitor(app).log_in(an_organiser()).get(address)
    viewer = Visitor(app).log_in(an_organiser(under_way.programme, Role.VIEWER)).get(address)
    another_day = helper.get(f"/badge/{other.id}/{barts.director.id}")

    assert [page.status for page in (stranger, elsewhere, viewer, another_day)] == [403, 404, 404, 403]
    assert not any("Amara" in page.html for page in (stranger, elsewhere, viewer, another_day))
