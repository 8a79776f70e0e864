"""Improvement intentions: written by either of a pair, followed by the organiser, alike where they share a theme."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.collect import intentions
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import EventKind, Headway, Heard, IntentionText, IntentionWord, Lock, LockKind, PlanStatus
from scheduler.plan.problems import problem_for
from tests.builders import a_pair, a_person, a_session, a_trust, an_event, keep, sets_event
from tests.invite.plans import a_plan
from tests.queries import queries_sent


@pytest.fixture
def pair(programme):
    trust = a_trust(programme, ods_code="R1H", name="Barts Health NHS Trust")
    return a_pair(
        programme, trust=trust, director=a_person(programme, "Amara Okafor"), manager=a_person(programme, "Tom Reid")
    )


def own(person):
    return "/" + page_url(person).split("/", 3)[3]


def typed(text, version, main="", themes=(), own_themes=""):
    return {
        "do": "write",
        "text": text,
        "version": str(version),
        "main": main,
        "themes": list(themes),
        "own": own_themes,
    }


def test_either_of_a_pair_writes_the_intention_and_the_other_sees_it(visitor, programme, pair, organiser):
    organiser.post(f"/programmes/{programme.slug}/intentions/themes", {"themes": "Data\nworkforce\ndata\n"})

    saved = visitor.post(
        f"{own(pair.director)}/intention",
        typed("Halve set-up times", 0, main="workforce", themes=["Data"], own_themes="Prisons, DATA"),
    )

    assert saved.said == "Saved. Your pair, your sponsor and the organisers see it."
    assert (pair.intention, pair.themes) == ("Halve set-up times", ["workforce", "Data", "Prisons"])
    seen = visitor.get(f"{own(pair.manager)}/intention")
    assert seen.form_values["text"] == "Halve set-up times"
    assert seen.form_values["main"] == "workforce"


def test_the_second_of_two_who_save_at_once_sees_both_texts_and_loses_neither(visitor, pair):
    visitor.post(f"{own(pair.manager)}/intention", typed("Tom's words", 0))

    late = visitor.post(f"{own(pair.director)}/intention", typed("Amara's words", 0, own_themes="data"))

    assert (late.status, late.h1) == (409, "Someone else changed this")
    assert "Tom Reid saved this at" in late.text
    assert "Tom's words" in late.text
    assert "Amara's words" in late.text
    mine = visitor.post(
        f"{own(pair.director)}/intention", typed("Amara's words", 1, own_themes="data") | {"use": "mine"}
    )
    assert "Saved." in mine.said
    assert pair.intention == "Amara's words"
    assert "Tom's words" in mine.text  # kept under "Earlier wording"


def test_a_text_that_a_file_changed_meanwhile_is_not_overwritten_unseen(visitor, pair):
    visitor.post(f"{own(pair.director)}/intention", typed("First", 0))
    pair.intention = "From a file"
    db.session.commit()

    late = visitor.post(f"{own(pair.director)}/intention", typed("Second", 1))

    assert late.status == 409
    assert "From a file" in late.text
    visitor.post(f"{own(pair.director)}/intention", typed("Second", 2))
    texts = db.session.scalars(db.select(IntentionText.text).order_by(IntentionText.number)).all()
    assert texts == ["First", "From a file", "Second"]


def test_too_many_themes_are_refused_at_their_field_and_nothing_typed_is_lost(visitor, pair):
    page = visitor.post(f"{own(pair.director)}/intention", typed("Words", 0, own_themes="a, b, c, d, e, f"))

    assert page.error_summary == {"#own": "Choose 5 themes or fewer, with your own"}
    assert page.form_values["text"] == "Words"
    assert pair.intention == ""


def test_where_are_you_now_is_kept_each_time_and_one_press_counts_once(visitor, pair):
    said = {"do": "say", "headway": "started", "words": "First clinic is open"}
    visitor.post(f"{own(pair.director)}/intention", said)
    visitor.post(f"{own(pair.director)}/intention", said)
    page = visitor.post(f"{own(pair.manager)}/intention", {"do": "say", "headway": "changed course", "words": ""})

    assert db.session.scalar(db.select(db.func.count(IntentionWord.id))) == 2
    assert "Changed course" in page.text
    assert "First clinic is open" in page.text
    wrong = visitor.post(f"{own(pair.director)}/intention", {"do": "say", "headway": "", "words": "x" * 281})
    assert wrong.error_at("headway") == "Select where you are now"
    assert "280" in wrong.error_at("words")


def test_like_intentions_leave_out_who_was_met_and_tell_themes_alone(visitor, programme, pair):
    met, stranger = a_pair(programme, themes=["data"]), a_pair(programme, themes=["DATA", "workforce"])
    a_pair(programme, themes=["prisons"])
    stranger.intention = "A secret of theirs"
    pair.themes = ["data", "workforce"]
    past = a_session(an_event(programme), now() - timedelta(days=9))
    plan = a_plan(programme, [(pair, past), (met, past)])
    plan.status = PlanStatus.PUBLISHED
    db.session.commit()

    page = visitor.get(f"{own(pair.director)}/intention")

    listed = page.text.partition("not met yet")[2]
    assert f"{stranger.trust.name}, London: data and workforce" in listed
    assert met.trust.name not in listed
    assert "secret" not in page.html


def test_who_is_in_no_pair_has_no_intention_page(visitor, programme):
    assert visitor.get(f"{own(a_person(programme))}/intention").status == 404


def test_the_organiser_sees_who_said_nothing_this_quarter_and_filters_by_theme(organiser, programme, pair):
    silent = a_pair(programme, themes=["Data"])
    intentions.write(pair, "=Halve it", ["data"], version=0, by=pair.director)
    intentions.say(pair, Headway.DIFFERENCE, "Open in 12 days", by=pair.manager)
    old = keep(IntentionWord(programme=programme, pair=silent, person=silent.director, headway=Headway.STARTED))
    old.said_at = now() - timedelta(days=100)
    db.session.commit()
    top = f"/programmes/{programme.slug}/intentions"

    page = organiser.get(f"{top}?theme=data")

    rows = {row[0].split(",")[0]: row for row in page.table("Intentions")[1:]}
    assert "Making a difference" in rows["Barts Health NHS Trust"][3]
    assert "(before this quarter)" in rows[silent.trust.name][3]
    assert [row[0] for row in organiser.get(f"{top}?show=silent").table("Intentions")[1:]] == [
        f"{silent.trust.name}, London"
    ]
    file = organiser.get(f"{top}/intentions.csv?theme=data")
    lines = list(csv.reader(io.StringIO(file.html.lstrip("\ufeff"))))
    assert [line[3] for line in lines if line[0] == "R1H"] == ["'=Halve it"]
    assert organiser.get(f"/programmes/{programme.slug}/trusts/R1H").text.count("Open in 12 days") == 1


def test_the_list_needs_the_same_queries_for_one_pair_and_for_many(organiser, programme, pair):
    top = f"/programmes/{programme.slug}/intentions"
    organiser.get(top)
    with queries_sent() as few:
        organiser.get(top)
    for _ in range(4):
        a_pair(programme, themes=["data"])

    with queries_sent() as many:
        organiser.get(top)

    assert len(many) == len(few)


def test_pairs_of_a_theme_are_kept_in_one_set_by_a_lock_that_says_why(organiser, programme):
    sets = sets_event(programme, size_max=2)
    pairs = [a_pair(programme, themes=["data"]) for _ in range(3)]
    top = f"/programmes/{programme.slug}/intentions/together?theme=data"
    chosen = organiser.get(top).form_values | {"event": str(sets.id)}

    crowded = organiser.post(top, chosen | {"pairs": [str(pair.id) for pair in pairs]})
    alone = organiser.post(top, chosen | {"pairs": [str(pairs[0].id)]})
    done = organiser.post(top, chosen | {"pairs": [str(pair.id) for pair in pairs[:2]]})
    again = organiser.post(top, chosen | {"pairs": [str(pair.id) for pair in pairs[1:]]})

    assert crowded.error_at("pairs") == "Select 2 pairs or fewer: a set holds no more"
    assert alone.error_at("pairs") == "Select at least 2 pairs"
    assert done.said == "Locked. 2 pairs stay in one set from the next plan on."
    assert again.error_at("pairs").startswith("One of them is kept in a set already: Same theme: data.")
    lock = db.session.scalars(db.select(Lock)).one()
    assert (lock.kind, lock.reason) == (LockKind.SET, "Same theme: data")
    assert problem_for(programme)["locks"] == [
        {"set": sets.key, "parties": sorted(pair.trust.ods_code for pair in pairs[:2])}
    ]


def test_what_was_heard_in_interviews_can_become_a_theme(organiser, visitor, programme, pair):
    interviews = an_event(programme, kind=EventKind.INTERVIEWS)
    keep(Heard(programme=programme, event=interviews, pair=pair, themes=["time for research"]))

    assert "time for research" in visitor.get(f"{own(pair.director)}/intention").text
    page = organiser.get(f"/programmes/{programme.slug}/intentions/themes")
    assert "Heard in interviews: time for research." in page.text
    organiser.post(page.address, {"themes": "Data"})
    assert "time for research" not in visitor.get(f"{own(pair.director)}/intention").text
