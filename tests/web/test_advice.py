"""What would help a plan on its pages: worked out, said with names, stale where things changed, led to the forms."""

from __future__ import annotations

import pytest

from scheduler import background
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import AdviceState, Answer, Availability, PlanAdvice, Role
from scheduler.plan import advice, advising
from scheduler.plan.locking import lock_party
from tests.builders import a_mix, a_pair, an_organiser, both_answered, keep
from tests.plan.programmes import a_small_programme, pairs_of, planned, sessions_of, with_sets
from tests.queries import queries_sent
from tests.web.page import Visitor

WORKING = "Working it out"


@pytest.fixture
def programme(app):
    """A small programme that can be planned in a moment."""
    background.prepare()
    return a_small_programme(pairs=5)


@pytest.fixture
def left_out(programme):
    """A pair of it that said no to every date."""
    pair = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(pair, session, "no")
    return pair


@pytest.fixture
def plans(programme):
    """The address of the programme's plans."""
    return f"/programmes/{programme.slug}/plans"


def advised(programme, **options):
    """A plan with all the advice on it that a worker found."""
    plan = planned(programme, **options)
    if db.session.get(PlanAdvice, plan.id) is None:
        advice.ask_for(plan, by=None)
    advising.run(plan.id)
    db.session.expire_all()
    return plan


def told(plan, *repairs, state=AdviceState.DONE, **found):
    """A plan whose advice says just this, as a search would have stored it."""
    db.session.execute(db.delete(PlanAdvice).where(PlanAdvice.plan_id == plan.id))
    keep(
        PlanAdvice(
            plan_id=plan.id, state=state, time_limit=30, started_at=now(), ended_at=now(),
            found={"tried": len(repairs), "unchanged": None, "placed_unchanged": [], "repairs": list(repairs)} | found,
        )
    )  # fmt: skip


def a_repair(place, was, to, *, objective=0, text="Change it", **also):
    """A change as a search stores it."""
    return {
        "place": place, "from": was, "to": to, "text": text, "saves": 60, "objective": objective, "party": None,
        "session": None, "placed": [], "unplaced": 0, "by_term": {},
    } | also  # fmt: skip


def test_until_it_is_worked_out_the_list_says_so_and_asks_again_by_script_or_link(organiser, plans, left_out):
    planned(left_out.programme)

    page = organiser.get(f"{plans}/1/unplaced")

    assert page.text.count(WORKING) == 2  # above the list, and at the one pair
    assert page.select("[data-refresh]")[0]["data-refresh"] == f"{plans}/1/unplaced?part=yes"
    assert page.links["Refresh"] == f"{plans}/1/unplaced"


def test_the_moving_part_ends_the_asking_once_everything_is_known(organiser, plans, left_out):
    plan = planned(left_out.programme)
    parts = [f"{plans}/1/unplaced?part=yes", f"{plans}/1/advice?part=page", f"{plans}/1/advice?part=summary"]
    waiting = [organiser.get(part, rules=False) for part in parts]
    advising.run(plan.id)

    known = [organiser.get(part, rules=False) for part in parts]

    assert all("<html" not in page.html and "Refresh-Stop" not in page.headers for page in waiting)
    assert all(page.headers["Refresh-Stop"] == "yes" and WORKING not in page.html for page in known)


def test_each_pair_without_a_place_is_told_why_and_what_would_give_it_one(organiser, plans, left_out):
    advised(left_out.programme)

    page = organiser.get(f"{plans}/1/unplaced")

    assert "It said no to every session of Workshop 1. What would help: It says Yes to " in page.text
    assert "It says Yes to Monday 12 January 2099. It has a place then: the plan costs " in page.text
    assert "It says Yes to Wednesday 14 January 2099. It has a place then: the plan costs " in page.text
    key = left_out.trust.ods_code
    assert next(href for words, href in page.links.items() if words.startswith("Ask them")) == (
        f"{plans}/1/advice?all=yes#ask-{key}"
    )


def test_the_plan_says_whom_to_ask_first_and_the_way_to_ask_them(organiser, plans, left_out):
    advised(left_out.programme)

    plan = organiser.get(f"{plans}/1")
    page = organiser.get(plan.links["See how to ask, and all that would help"])

    assert f"Ask these first {left_out.trust.name}: a Yes to Workshop 1, " in plan.text
    assert page.h1 == "What would help plan 1"
    assert f"Ask these first (1) {left_out.trust.name} A Yes to Workshop 1, " in page.text
    assert f"{left_out.director.name} says no" in page.text
    assert page.links[f"Answer for them: {left_out.director.name} on {session_words(page)}"] == (
        f"/programmes/{left_out.programme.slug}/collect/people/{left_out.director_id}"
    )


def session_words(page):
    """The date that the first answer on the page is about."""
    return next(w for w in ("Workshop 1, Monday 12 January 2099", "Workshop 1, Wednesday 14 January 2099")
                if f"on {w}" in page.html)  # fmt: skip


def test_who_has_not_answered_is_reminded_from_there(organiser, plans, programme):
    silent = a_pair(programme)
    advised(programme)

    page = organiser.get(f"{plans}/1/advice")
    sent = organiser.post(f"/programmes/{programme.slug}/collect/people/{silent.director_id}/remind")

    assert f"{silent.director.name} has not answered. Remind" in page.text
    assert sent.said == "1 reminder queued."


def test_who_says_if_need_be_alone_is_asked_to_decide_from_there(organiser, plans, programme):
    bends = a_pair(programme)
    for session in sessions_of(programme).values():
        both_answered(bends, session, "if-need-be")
    advised(programme)

    page = organiser.get(f"{plans}/1/advice")

    assert f"{bends.trust.name} A Yes to Workshop 1, " in page.text
    assert "Would save 10: if need be 10 less." in page.text
    asked = next(href for words, href in page.links.items() if words.startswith("Ask to decide"))
    assert asked == f"/programmes/{programme.slug}/collect/decide"


def test_a_yes_that_was_said_since_is_asked_for_no_more_and_the_advice_is_called_stale(organiser, plans, left_out):
    advised(left_out.programme)
    answers = db.session.scalars(
        db.select(Availability).where(Availability.person_id.in_([left_out.director_id, left_out.manager_id]))
    )
    for answer in answers:
        answer.answer, answer.answered_at = Answer.YES, now()
    db.session.commit()

    page = organiser.get(f"{plans}/1/advice")

    assert "Ask these first" not in page.text
    assert "4 answers have come in since plan 1 was made, so what helps may differ now." in page.text


def test_a_rule_that_was_changed_since_makes_the_advice_stale(organiser, plans, left_out):
    advised(left_out.programme)
    lock_party(left_out.programme, "T1", sessions_of(left_out.programme)["W1-a"], reason="", by=None)

    page = organiser.get(f"{plans}/1")

    assert "1 change of rules, dates, people or locks has come in since plan 1 was made" in page.text


def test_the_collect_page_says_what_a_yes_would_do_for_the_newest_plan(organiser, plans, left_out):
    advised(left_out.programme)

    page = organiser.get(f"/programmes/{left_out.programme.slug}/collect/missing")

    assert "Ask these first What a Yes would do for plan 1, each figure that of a plan found for it." in page.text
    assert f"{left_out.trust.name}: a Yes to Workshop 1, " in page.text
    assert page.links["See whom to ask, and how"] == f"{plans}/1/advice"


def test_a_plan_that_places_everybody_is_advised_on_by_a_button(organiser, plans, programme):
    planned(programme)
    page = organiser.get(f"{plans}/1")

    waiting = organiser.post(f"{plans}/1/advice/start")

    assert "What would help this plan most has not been worked out." in page.text
    assert "Work out what would help" in page.buttons
    assert "Working it out: waiting for the background work to begin." in waiting.text
    assert background.queued("advise-plan") == 1


def test_a_search_is_stopped_by_its_button(organiser, plans, left_out):
    plan = planned(left_out.programme)

    page = organiser.post(f"{plans}/1/advice/stop")

    assert db.session.get(PlanAdvice, plan.id).state is AdviceState.STOPPED
    assert page.said == "Stopping. What was found so far is kept."
    assert "Stopped: 0 changes were tried in 0 seconds. There may be more that helps." in page.text


def test_a_conflict_comes_with_what_would_mend_it_and_links_to_the_forms(organiser, plans, programme):
    for session in sessions_of(programme).values():
        session.min_seats, session.event.open_min = 12, 1
    db.session.commit()
    advised(programme)

    page = organiser.get(f"{plans}/1")

    seats = next(href for words, href in page.links.items() if words.startswith("Change the seats: Lower the fewest"))
    form = organiser.get(seats)
    assert "Plan 1 cannot hold together" in page.h1
    assert (
        "Lower the fewest seats of Workshop 1, Monday 12 January 2099 from 12 to 10 There is a plan then" in page.text
    )
    assert "with everyone placed." in page.text
    assert "Let no session of Workshop 1 run, instead of at least 1" in page.text
    assert form.form_values["min_seats"] == "10"
    assert "Filled in for you: Fewest seats: 10, was 12. Nothing is changed until you save" in form.text
    assert {session.min_seats for session in sessions_of(programme).values()} == {12}


def test_the_page_of_all_advice_of_a_conflict_is_the_plan_itself(organiser, plans, programme):
    for session in sessions_of(programme).values():
        session.min_seats, session.event.open_min = 12, 1
    db.session.commit()
    planned(programme)

    page = organiser.get(f"{plans}/1/advice")

    assert page.h1 == "Plan 1 cannot hold together"


def test_each_kind_of_change_is_said_in_words_and_leads_to_its_form(organiser, plans, programme):
    with_sets(programme)
    event = sessions_of(programme)["W1-a"].event
    a_mix(event, max_share_text="0.6", min_distinct=2)
    a_mix(event, attribute="trust_type", max_count=5)
    event.open_max = 1
    db.session.commit()
    plan = planned(programme)
    told(
        plan,
        a_repair("events[0].sessions[0].max_seats", 12, 14),
        a_repair("events[0].open.max", 1, 2),
        a_repair("events[0].mix[0].max_share", 0.6, 0.65),
        a_repair("events[0].mix[0].min_distinct", 2, 1),
        a_repair("events[0].mix[1].max_count", 5, 6),
        a_repair("sets[0].size.max", 4, 5),
        a_repair("sets[0].count.max", 2, 3),
        a_repair("sets[0].rounds[0].slots[0].max_sets", 1, 2),
        a_repair("resources[0].capacity", 1, 2, text="Have 2 of team instead of 1"),
    )

    page = organiser.get(f"{plans}/1/advice")

    said = [item.get_text(" ", strip=True) for item in page.select(".app-needs__text")]
    sets = "Action learning sets"
    assert said == [
        "Raise the most seats of Workshop 1, Monday 12 January 2099 from 12 to 14",
        "Let 2 sessions of Workshop 1 run, instead of at most 1",
        "Let up to 65% of the pairs in a session of Workshop 1 come from one region, instead of 60%",
        "Ask for 1 region in each session of Workshop 1, instead of 2",
        "Let 6 pairs of one kind of Trust be in a session of Workshop 1, instead of 5",
        f"Let a set of {sets} have up to 5 pairs, instead of 4",
        f"Form up to 3 sets of {sets}, instead of 2",
        next(each for each in said if each.startswith(f"Let 2 sets meet on {sets}, ")),
        "Have 2 of team instead of 1",
    ]
    changes = [page.links[words] for words in page.links if words.startswith("Change")]
    fields = [organiser.get(href).text.partition("Filled in for you: ")[2].partition(".")[0] for href in changes]
    assert fields == [
        "Most seats: 14, was 12",
        "Most sessions that run: 2, was 1",
        "At most this share of the pairs come from one region: 65%, was 60%",
        "Pairs come from at least so many regions: 1, was 2",
        "Most pairs in a set: 5, was 4",
        "Most sets at this time: 2, was empty",
    ]


def test_a_lock_that_stands_in_the_way_is_led_to(organiser, plans, programme):
    key = pairs_of(programme)[0].trust.ods_code
    lock = lock_party(programme, key, sessions_of(programme)["W1-a"], reason="Speaks there", by=None)
    plan = planned(programme)
    told(
        plan,
        a_repair(
            "locks[0]", {"party": key, "session": "W1-a"}, None, text=f"Take away the lock that puts {key} into W1-a"
        ),
    )

    page = organiser.get(f"{plans}/1/advice")

    name = pairs_of(programme)[0].trust.name
    words = f"Take away the lock that puts {name} into Workshop 1, Monday 12 January 2099"
    assert page.links[f"See the lock: {words}"] == f"{plans}/1/locks#lock-{lock.id}"
    assert organiser.get(f"{plans}/1/locks").select(f"#lock-{lock.id}")


def test_what_planning_again_can_do_by_itself_is_no_merit_of_a_change(organiser, plans, left_out):
    plan = planned(left_out.programme)
    place = ["W1", left_out.trust.ods_code]
    told(
        plan,
        a_repair("events[0].sessions[0].max_seats", 12, 14, objective=plan.objective - 70),
        unchanged=plan.objective - 50,
        placed_unchanged=[place],
    )

    page = organiser.get(f"{plans}/1/unplaced")
    whole = organiser.get(f"{plans}/1/advice")

    assert "Planning again can save 50 with nothing changed, and find 1 place more." in whole.text
    assert "Would save 20." in whole.text
    assert "Planning again can give it a place, with nothing changed." in page.text


def test_a_form_is_filled_in_by_whole_numbers_that_it_has_and_by_nothing_else(organiser, programme):
    session = sessions_of(programme)["W1-a"]
    address = f"/programmes/{programme.slug}/events/{session.event_id}/sessions/{session.id}"

    page = organiser.get(f"{address}?max_seats=many&min_seats=-3&day=1&version=9&venue=7")

    assert "Filled in for you" not in page.text
    assert (page.form_values["max_seats"], page.form_values["version"]) == ("12", str(session.version))


def test_a_viewer_reads_what_would_help_and_has_nothing_to_press(organiser, plans, left_out):
    advised(left_out.programme)
    viewer = Visitor(organiser.app).log_in(an_organiser(left_out.programme, role=Role.VIEWER))

    pages = [viewer.get(f"{plans}/1/{page}") for page in ("advice", "unplaced")]

    assert all("Yes to" in page.text for page in pages)
    assert all(page.buttons == [] for page in pages)
    assert "Answer for them" not in pages[0].text
    assert viewer.post(f"{plans}/1/advice/start").status == 403


def test_the_number_of_queries_does_not_grow_with_what_was_found(organiser, plans, left_out):
    plan = advised(left_out.programme)
    top = f"/programmes/{left_out.programme.slug}"
    addresses = [f"{plans}/1", f"{plans}/1/unplaced", f"{plans}/1/advice", f"{top}/collect/missing"]
    for answer in db.session.scalars(db.select(Availability)):
        answer.answer = Answer.NO
    first = db.session.get(PlanAdvice, plan.id).found["repairs"][0]
    keys = [pair.trust.ods_code for pair in pairs_of(left_out.programme)]
    each = [{**first, "party": key, "place": key} for key in (left_out.trust.ods_code, *keys)]

    some, many = ([sent_by(organiser, plan, each[:n], address) for address in addresses] for n in (2, 6))

    assert some == many


def sent_by(organiser, plan, repairs, address):
    """How many queries a page needs where so much was found."""
    told(plan, *repairs)
    with queries_sent() as sent:
        assert organiser.get(address).status == 200
    return len(sent)
