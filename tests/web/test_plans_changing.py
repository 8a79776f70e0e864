"""Changing a draft by hand: moves with their price, two organisers at once, locks with their reasons."""

from __future__ import annotations

import threading

import pytest

from scheduler.extensions import db
from scheduler.models import Lock, LockKind, Placement, Plan, PlanStatus, RunEnd
from scheduler.plan import editing
from scheduler.plan.keeping import problem_of, result_of
from solver.check import check
from tests.builders import a_mix, a_pair, an_organiser, answered, both_answered, keep
from tests.conftest import BOTH
from tests.plan.programmes import a_small_programme, pairs_of, planned, sessions_of, with_sets
from tests.web.page import Visitor


@pytest.fixture
def programme(app):
    """A small programme with room to move: 20 seats in either sitting."""
    programme = a_small_programme()
    for session in sessions_of(programme).values():
        session.max_seats = 20
    db.session.commit()
    return programme


@pytest.fixture
def plans(programme):
    """The address of the programme's plans."""
    return f"/programmes/{programme.slug}/plans"


def place_of(plan, pair):
    """The key of the session a pair is in."""
    db.session.expire_all()
    return next(p.session.key for p in plan.placements if p.pair_id == pair.id)


def elsewhere(key):
    """The other of the two sittings."""
    return "W1-b" if key == "W1-a" else "W1-a"


def move_address(plans, pair, event="W1"):
    return f"{plans}/1/move?event={event}&party={pair.trust.ods_code}"


def test_a_pair_is_moved_with_the_price_said_before_and_after(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    before = plan.objective
    there = elsewhere(place_of(plan, pair))
    asked = organiser.get(move_address(plans, pair))

    page = organiser.post(move_address(plans, pair), asked.form_values | {"place": there})

    db.session.refresh(plan)
    assert place_of(plan, pair) == there
    assert f"cost {plan.objective}" in asked.text
    assert page.said.startswith(f"{pair.trust.name} moved to ")
    assert f"Cost {plan.objective}, " in page.said
    assert page.said.endswith("No rule broken.")
    assert plan.objective >= before
    assert plan.run_end is RunEnd.EDITED
    assert check(problem_of(plan), result_of(plan)) == []


def test_why_a_pair_is_here_is_said_with_the_price_of_each_other_place(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    there = elsewhere(place_of(plan, pair))
    session = next(p.session for p in plan.placements if p.pair_id == pair.id)
    links = organiser.get(f"{plans}/1/sessions/{session.id}").text
    choices = editing.choices_of(plan, problem_of(plan), result_of(plan), pair.trust.ods_code)
    choice = next(choice for choice in choices if choice.place == there)

    page = organiser.get(f"{plans}/1/explain/{pair.trust.ods_code}")

    assert "Why here?" in links
    assert page.title == "Why here? – Convene"
    assert f"cost {plan.objective}" in page.text
    assert (f"{abs(choice.more)} " if choice.more else "the same as now") in page.text
    assert organiser.get(f"{plans}/1/explain/nobody").status == 404


def test_a_place_that_breaks_a_rule_is_named_with_the_rule_and_cannot_be_chosen(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    here = place_of(plan, pair)
    there = sessions_of(programme)[elsewhere(here)]
    plan.problem = plan.problem | {
        "availability": plan.problem["availability"] | {pair.trust.ods_code: {here: "yes", there.key: "no"}}
    }
    db.session.commit()

    page = organiser.get(move_address(plans, pair))
    refused = organiser.post(move_address(plans, pair), {"place": there.key, "version": "0"})

    assert f"{pair.trust.name} says no: it cannot go there" in page.text
    assert there.key not in [radio["value"] for radio in page.select("input[type=radio]")]
    assert refused.error_at("place") == "Select where it should go"
    assert place_of(plan, pair) == here


def test_seats_and_mix_are_said_in_the_words_of_the_programme(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    for session in sessions_of(programme).values():
        session.max_seats, session.min_seats = 12, 4
    a_mix(sessions_of(programme)["W1-a"].event, max_count=2)
    plan = planned(programme)
    there = sessions_of(programme)[elsewhere(place_of(plan, pair))]

    page = organiser.get(move_address(plans, pair))

    assert there.key not in page.text  # ids never reach the screen
    assert "Where it cannot go" in page.text


def test_a_pair_can_be_taken_out_and_placed_again(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    here = place_of(plan, pair)
    asked = organiser.get(move_address(plans, pair))

    out = organiser.post(move_address(plans, pair), asked.form_values | {"place": "unplaced"})
    again = organiser.get(move_address(plans, pair))
    back = organiser.post(move_address(plans, pair), again.form_values | {"place": here})

    assert out.h1 == "Unplaced (1)"
    assert f"{pair.trust.name} is now unplaced." in out.said
    assert "10,000 less" in back.said
    assert place_of(plan, pair) == here


def test_a_member_moves_from_one_set_to_another(organiser, programme, plans):
    with_sets(programme, size_min=1, count_min=2, count_max=2)
    plan = planned(programme)
    giving = max(plan.sets, key=lambda s: len(s.members))
    taking = next(s for s in plan.sets if s is not giving)
    pair = giving.members[0].pair
    numbers = giving.number, taking.number
    asked = organiser.get(move_address(plans, pair, "ALS"))

    page = organiser.post(move_address(plans, pair, "ALS"), asked.form_values | {"place": str(numbers[1])})

    assert page.h1 == f"Set {numbers[1]}"
    assert pair.trust.name in page.text
    db.session.refresh(plan)
    assert check(problem_of(plan), result_of(plan)) == []


@BOTH
def test_of_two_organisers_who_move_at_once_one_wins_and_the_other_sees_both_moves(organiser, programme, plans):
    first, second = pairs_of(programme)[:2]
    plan = planned(programme)
    other = Visitor(organiser.app).log_in(an_organiser(programme, name="Noor Ali"))
    mine, theirs = organiser.get(move_address(plans, first)), other.get(move_address(plans, second))
    went = elsewhere(place_of(plan, second))
    other.post(move_address(plans, second), theirs.form_values | {"place": went})

    wanted = elsewhere(place_of(plan, first))
    page = organiser.post(move_address(plans, first), mine.form_values | {"place": wanted})
    kept = organiser.post(
        move_address(plans, first), page.form(move_address(plans, first).split("?")[0]) | {"use": "mine"}
    )

    assert page.status == 409
    assert page.h1 == "Someone else changed this"
    assert "Noor Ali saved this at" in page.text
    assert second.trust.name in page.text
    assert first.trust.name in page.text
    assert kept.status == 200
    assert place_of(plan, first) == wanted
    assert place_of(plan, second) == went


@BOTH
def test_two_moves_in_the_same_moment_never_lose_one(app, programme):
    plan = planned(programme)
    plan_id = plan.id
    first, second = (pair.trust.ods_code for pair in pairs_of(programme)[:2])
    event_id = plan.placements[0].event_id
    there = {p.party: elsewhere(p.session.key) for p in plan.placements}
    both_ready = threading.Barrier(2)
    ended = []

    def move(party: str) -> None:
        with app.app_context():
            row = db.session.get_one(Plan, plan_id)
            event = db.session.get_one(Placement, row.placements[0].id).event
            assert event.id == event_id
            draft = editing.Draft(row)
            both_ready.wait()
            try:
                draft.move(event, party, there[party], by=None)
                ended.append("moved")
            except editing.EditedMeanwhile:
                ended.append("told")

    threads = [threading.Thread(target=move, args=(party,)) for party in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    db.session.rollback()
    db.session.refresh(plan)
    assert sorted(ended) == ["moved", "told"]
    assert plan.edits == 1
    assert sum(there[p.party] == p.session.key for p in plan.placements) == 1
    assert check(problem_of(plan), result_of(plan)) == []


def test_moves_are_taken_back_the_last_first_until_the_draft_is_as_it_was(organiser, programme, plans):
    first, second = pairs_of(programme)[:2]
    plan = planned(programme)
    before = plan.result
    for pair, place in ((first, "unplaced"), (second, elsewhere(place_of(plan, second)))):
        asked = organiser.get(move_address(plans, pair))
        moved = organiser.post(move_address(plans, pair), asked.form_values | {"place": place})

    once = organiser.post(f"{plans}/1/undo")
    twice = organiser.post(f"{plans}/1/undo")
    again = organiser.post(f"{plans}/1/undo")

    assert f"{second.trust.name} was moved by hand to " in moved.text
    assert once.said.startswith(f"{second.trust.name} is back where it was. Cost ")
    assert f"{first.trust.name} was taken out by hand." in once.text
    assert "Undo" not in " ".join(twice.buttons)
    assert again.said == "No move by hand is left to take back."
    db.session.refresh(plan)
    assert plan.result == before


def test_a_move_that_a_lock_forbids_by_now_is_not_taken_back(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    there = elsewhere(place_of(plan, pair))
    asked = organiser.get(move_address(plans, pair))
    organiser.post(move_address(plans, pair), asked.form_values | {"place": there})
    keep(
        Lock(
            programme=programme,
            kind=LockKind.ATTENDS,
            party=pair.trust.ods_code,
            session=sessions_of(programme)[there],
            reason="They asked",
        )
    )

    page = organiser.post(f"{plans}/1/undo")

    assert page.said.startswith("This move cannot be taken back: Is locked to Workshop 1")
    assert place_of(plan, pair) == there


def test_a_published_plan_cannot_be_changed_by_hand(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    plan.status = PlanStatus.PUBLISHED

    page = organiser.get(move_address(plans, pair))

    assert page.status == 409
    assert page.h1 == "Plan 1 cannot be changed by hand"


def test_a_pair_is_locked_to_its_session_with_a_reason_and_the_next_plan_keeps_it(organiser, programme, plans):
    pair = pairs_of(programme)[0]
    plan = planned(programme)
    here = place_of(plan, pair)
    session = sessions_of(programme)[here]
    address = f"{plans}/1/locks/new?session={session.id}&party={pair.trust.ods_code}"

    empty = organiser.post(address, {"kind": "attends"})
    page = organiser.post(address, {"kind": "attends", "reason": "Site visit on the other day"})
    moving = organiser.get(move_address(plans, pair))
    again = planned(programme)

    assert empty.error_at("reason") == "Enter why, so that others know when it can go"
    assert page.said == "Locked. It holds from the next plan on."
    assert "Site visit on the other day" in page.text
    assert "Is locked to Workshop 1" in moving.text
    assert again.problem["locks"] == [{"party": pair.trust.ods_code, "session": here}]


def test_locks_that_cannot_hold_together_are_refused_and_a_lock_can_go(organiser, programme, plans):
    planned(programme)
    session = sessions_of(programme)["W1-a"]
    address = f"{plans}/1/locks/new?session={session.id}"
    organiser.post(address, {"kind": "runs", "reason": "The room is paid for"})

    refused = organiser.post(address, {"kind": "closed", "reason": "Too hot"})
    [lock] = db.session.scalars(db.select(Lock)).all()
    listed = organiser.get(f"{plans}/1/locks")
    gone = organiser.post(f"{plans}/1/locks/{lock.id}/remove")

    assert (
        refused.error_at("kind") == "Another lock stands against this one: The room is paid for. Remove that one first"
    )
    assert listed.table("Locks")[1][:2] == ["Workshop 1, Monday 12 January 2099 runs", "The room is paid for"]
    assert gone.said == "Unlocked. The next plan may choose freely."
    assert db.session.scalars(db.select(Lock)).all() == []


def test_a_set_is_locked_together(organiser, programme, plans):
    with_sets(programme)
    plan = planned(programme)
    found = plan.sets[0]
    members = sorted(member.party for member in found.members)

    organiser.post(f"{plans}/1/locks/new?set={found.number}&event=ALS", {"kind": "together", "reason": "They asked"})

    [lock] = db.session.scalars(db.select(Lock)).all()
    assert (lock.kind, lock.parties, lock.facilitator_id) == (LockKind.SET, members, None)


def test_a_lock_of_another_programme_looks_like_not_there(organiser, programme, plans):
    planned(programme)
    other = a_small_programme()
    stranger = a_pair(other)
    session = sessions_of(other)["W1-a"]
    both_answered(stranger, session)
    answered(stranger.director, sessions_of(other)["W1-b"], "no")
    lock = Lock(programme=other, kind=LockKind.RUNS, session=session)
    db.session.add(lock)
    db.session.commit()

    assert organiser.post(f"{plans}/1/locks/{lock.id}/remove").status == 404
    assert organiser.get(f"{plans}/1/locks/new?session={session.id}").status == 404
