"""The board of a plan: places as columns, prices before the move, undo and redo, two organisers, the mix overruled."""

from __future__ import annotations

import pytest

from scheduler.extensions import db
from scheduler.models import AuditEntry, BoardMove, Lock, LockKind, Plan, PlanStatus, Role, RunState
from scheduler.plan import editing, undoing
from scheduler.plan.editing import UNPLACED, Draft
from scheduler.plan.keeping import problem_of, result_of
from solver.check import check
from tests.builders import a_facilitator, a_mix, a_pair, an_organiser, both_answered, leads
from tests.plan.programmes import a_small_programme, laid_out, pairs_of, sessions_of, with_sets
from tests.queries import queries_sent
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
def board(programme):
    """The address of the first plan's board."""
    return f"/programmes/{programme.slug}/plans/1/board"


def party_of(pair):
    return pair.trust.ods_code


def place_of(plan, pair):
    db.session.expire_all()
    return next((p.session.key for p in plan.placements if p.pair_id == pair.id), UNPLACED)


def elsewhere(key):
    return "W1-b" if key == "W1-a" else "W1-a"


def columns(page):
    """Each column's place, with the names on its cards."""
    return {
        column["data-place"]: [card.bdi.get_text() for card in column.select(".app-board-card")]
        for column in page.select(".app-board-column")
    }


def choose(who, board, pair, place, **more):
    """Open the panel of a pair and move it, as without scripts."""
    panel = who.get(f"{board}?event=W1&move={party_of(pair)}")
    return who.post(f"{board}?event=W1", panel.form(f"{board}?event=W1") | {"place": place} | more)


def test_the_board_shows_each_pair_in_the_column_of_its_place(organiser, programme, board):
    plan = laid_out(programme)

    page = organiser.get(board)

    shown = columns(page)
    assert next(iter(shown)) == UNPLACED
    for pair in pairs_of(programme):
        assert pair.trust.name in shown[place_of(plan, pair)]
    assert f"Cost {plan.objective}, no rule broken." in page.text
    assert "Lon · Yes" in page.text


def test_a_filter_keeps_the_counts_of_the_columns(organiser, programme, board):
    laid_out(programme)

    page = organiser.get(f"{board}?event=W1&region=London&find=")

    assert sum(len(names) for names in columns(page).values()) == 2
    assert "2 cards of 6 are shown" in page.text
    assert "of 20 seats" in page.text


def test_a_move_says_its_price_before_and_after_and_comes_back_to_the_card(organiser, programme, board):
    plan, pair = laid_out(programme), pairs_of(programme)[0]
    there = elsewhere(place_of(plan, pair))
    asked = organiser.get(f"{board}?event=W1&move={party_of(pair)}&part=panel")
    panel = organiser.get(f"{board}?event=W1&move={party_of(pair)}")

    answer = organiser.post(f"{board}?event=W1", panel.form(f"{board}?event=W1") | {"place": there}, follow=False)
    page = organiser.get(answer.headers["Location"])

    db.session.refresh(plan)
    assert "No rule broken" in asked.html
    assert "<html" not in asked.html
    assert answer.headers["Location"].endswith(f"#card-{party_of(pair)}")
    assert place_of(plan, pair) == there
    assert f"Cost {plan.objective}, " in page.said
    assert "No rule broken." in page.said
    assert page.said.endswith(f"Undo the move of {pair.trust.name}")


def test_undo_and_redo_go_over_the_whole_draft_and_a_new_move_ends_what_could_be_redone(organiser, programme, board):
    plan, (one, other) = laid_out(programme), pairs_of(programme)[:2]
    first = plan.result
    homes = [place_of(plan, pair) for pair in (one, other)]
    choose(organiser, board, one, elsewhere(homes[0]))
    choose(organiser, board, other, UNPLACED)
    db.session.refresh(plan)
    last = plan.result

    organiser.post(f"{board}/undo?event=W1")
    page = organiser.post(f"{board}/undo?event=W1")
    db.session.refresh(plan)
    at_the_start = plan.result
    organiser.post(f"{board}/redo?event=W1")
    organiser.post(f"{board}/redo?event=W1")
    db.session.refresh(plan)

    assert f"{one.trust.name} is back where it was." in page.said
    assert at_the_start == first
    assert plan.result == last
    organiser.post(f"{board}/undo?event=W1")
    choose(organiser, board, one, homes[0])
    assert "No move is left to make again." in organiser.post(f"{board}/redo?event=W1").said
    assert check(problem_of(plan), result_of(plan)) == []


def test_a_no_cannot_be_overruled_and_leads_to_changing_the_answer(organiser, programme, board):
    plan, pair = laid_out(programme), pairs_of(programme)[0]
    here = place_of(plan, pair)
    said = plan.problem["availability"] | {party_of(pair): {here: "yes", elsewhere(here): "no"}}
    plan.problem = plan.problem | {"availability": said}
    db.session.commit()

    page = organiser.get(f"{board}?event=W1&move={party_of(pair)}")
    refused = organiser.post(
        f"{board}?event=W1",
        page.form(f"{board}?event=W1") | {"place": elsewhere(here), "reason": "I say so"},
    )

    assert f"{pair.trust.name} says No: it cannot go there." in page.text
    assert f"/collect/people/{pair.director_id}" in page.links[f"Answer for {pair.director.name}"]
    assert refused.error_at("place") == "Select where it should go"
    assert place_of(plan, pair) == here


def test_full_seats_lead_to_raising_them(organiser, programme, board):
    for session in sessions_of(programme).values():
        session.max_seats = 6
    plan, pair = laid_out(programme), pairs_of(programme)[0]
    session = sessions_of(programme)[elsewhere(place_of(plan, pair))]

    page = organiser.get(f"{board}?event=W1&move={party_of(pair)}")

    assert page.links["Raise seats to 8"].endswith(f"/sessions/{session.id}?max_seats=8#max_seats")


@pytest.fixture
def unmixed(programme):
    """A plan in which the first pair can go to the other sitting only against the mix: another Londoner is there."""
    a_mix(sessions_of(programme)["W1-a"].event, max_count=1)
    pairs = pairs_of(programme)
    plan = laid_out(programme, {party_of(pair): f"W1-{letter}" for pair, letter in zip(pairs, "aabbbb", strict=True)})
    return plan, pairs[0]


def test_an_owner_overrules_the_mix_with_a_reason_that_stays_and_the_plan_can_be_published(
    organiser, programme, board, unmixed
):
    plan, pair = unmixed
    there = next(c.place for c in Draft(plan).choices(plan.placements[0].event, party_of(pair)) if c.can_be_overruled)

    without = choose(organiser, board, pair, there)
    page = choose(organiser, board, pair, there, reason="The only London Trusts that know each other")

    assert without.error_at("reason") == "Enter why the mix may be overruled"
    assert "The mix is overruled." in page.said
    assert [v.place.rpartition(".")[2] for v in check(problem_of(plan), result_of(plan))] == ["max_count"]
    shown = organiser.get(f"/programmes/{programme.slug}/plans/1")
    assert "The only London Trusts that know each other" in shown.text
    publish = organiser.get(f"/programmes/{programme.slug}/plans/1/publish")
    assert "nothing broken but the mix that was overruled" in publish.text
    organiser.post(
        f"/programmes/{programme.slug}/plans/1/publish",
        publish.form_values | publish.form("") if False else publish.form_values,
    )
    entry = db.session.scalars(db.select(AuditEntry).filter_by(what="plan.mix-overruled")).one()
    assert entry.details["overruled"] == "The only London Trusts that know each other"


def test_a_planner_cannot_overrule_the_mix(app, programme, board, unmixed):
    plan, pair = unmixed
    planner = Visitor(app).log_in(an_organiser(programme, role=Role.PLANNER))
    event = plan.placements[0].event
    there = next(c.place for c in Draft(plan).choices(event, party_of(pair)) if c.can_be_overruled)

    page = planner.get(f"{board}?event=W1&move={party_of(pair)}")
    posted = {"event": "W1", "subject": party_of(pair), "place": there, "version": "0", "reason": "Because"}
    refused = planner.post(f"{board}?event=W1", posted)

    assert there not in [radio["value"] for radio in page.select("input[type=radio]")]
    assert refused.error_summary
    assert db.session.scalars(db.select(BoardMove)).all() == []


def test_an_overruled_mix_covers_no_more_than_was_seen(programme, unmixed):
    plan, pair = unmixed
    event = plan.placements[0].event
    there = next(c.place for c in Draft(plan).choices(event, party_of(pair)) if c.can_be_overruled)
    Draft(plan).move(event, party_of(pair), there, by=None, overrule_because="Site visit")
    db.session.refresh(plan)

    choices = Draft(plan).choices(event, party_of(pair))

    assert next(c for c in choices if c.now).place == there
    undoing.undo(plan, by=None)
    db.session.refresh(plan)
    with pytest.raises(editing.MoveRefused):
        Draft(plan).move(event, party_of(pair), there, by=None)
    assert undoing.redo(plan, by=None).move.place == there


def test_the_second_mover_of_a_pair_sees_both_moves_and_chooses(app, organiser, programme, board):
    plan, pair = laid_out(programme), pairs_of(programme)[0]
    here = place_of(plan, pair)
    other = Visitor(app).log_in(an_organiser(programme, name="Aisha Khan"))
    panel = organiser.get(f"{board}?event=W1&move={party_of(pair)}")
    choose(other, board, pair, UNPLACED)

    conflict = organiser.post(f"{board}?event=W1", panel.form(f"{board}?event=W1") | {"place": elsewhere(here)})
    mine = organiser.post(board, conflict.form(board) | {"use": "mine"})

    assert conflict.status == 409
    assert conflict.h1 == "Someone else changed this"
    assert "Saved by Aisha Khan" in conflict.text
    assert "Unplaced" in conflict.text
    assert place_of(plan, pair) == elsewhere(here)
    assert "moved to" in mine.said


def test_a_move_of_another_pair_meanwhile_counts_again_and_only_a_new_price_asks_again(
    app, organiser, programme, board
):
    plan, (one, two) = laid_out(programme), pairs_of(programme)[:2]
    here = place_of(plan, one)
    other = Visitor(app).log_in(an_organiser(programme, name="Aisha Khan"))
    panel = organiser.get(f"{board}?event=W1&move={party_of(one)}")
    choose(other, board, two, UNPLACED)

    asked = organiser.post(f"{board}?event=W1", panel.form(f"{board}?event=W1") | {"place": elsewhere(here)})
    form = asked.form(f"{board}?event=W1") | {"place": elsewhere(here)}
    organiser.post(f"{board}?event=W1", form)

    assert "Aisha Khan moved" in asked.error_at("place")
    assert place_of(plan, one) == elsewhere(here)


def test_two_organisers_on_one_board_see_each_other_and_each_other_s_moves(app, organiser, programme, board):
    laid_out(programme)
    pair = pairs_of(programme)[0]
    other = Visitor(app).log_in(an_organiser(programme, name="Aisha Khan"))
    other.post(f"{board}/here", {"version": 0})

    alone = organiser.post(f"{board}/here", {"version": 0}).json
    choose(other, board, pair, UNPLACED)
    told = organiser.post(f"{board}/here", {"version": 0}).json

    assert alone == {"here": "Aisha Khan is on this board too", "news": ""}
    assert told["news"].startswith(f"Aisha Khan moved {pair.trust.name} to unplaced at ")
    assert "Aisha Khan is on this board too" in organiser.get(board).text


def test_a_drag_is_told_the_words_of_the_panel(organiser, programme, board):
    plan, pair = laid_out(programme), pairs_of(programme)[0]

    told = organiser.get(f"{board}/places?event=W1&party={party_of(pair)}").json

    by_place = {place["place"]: place for place in told["places"]}
    assert told["version"] == 0
    assert by_place[place_of(plan, pair)] | {"words": ""} == {
        "place": place_of(plan, pair), "words": "", "open": False, "asks": False,
    }  # fmt: skip
    assert by_place[UNPLACED]["open"]
    assert "more. No rule broken." in by_place[UNPLACED]["words"]


def test_planning_the_rest_locks_the_moves_and_begins_from_their_places(organiser, programme, board):
    plan, pair = laid_out(programme), pairs_of(programme)[0]
    there = elsewhere(place_of(plan, pair))
    choose(organiser, board, pair, there)

    asked = organiser.get(f"{board}/again")
    organiser.post(f"{board}/again", asked.form_values | {"reason": "Site visit"})

    lock = db.session.scalars(db.select(Lock)).one()
    assert (lock.kind, lock.party, lock.session.key, lock.reason) == (
        LockKind.ATTENDS, party_of(pair), there, "Site visit",
    )  # fmt: skip
    new = db.session.scalars(db.select(Plan).filter_by(number=2)).one()
    assert (new.begins_from, new.run_state, new.status) == (1, RunState.QUEUED, PlanStatus.DRAFT)
    assert {"party": party_of(pair), "session": there} in new.problem["locks"]


def test_sets_have_a_board_with_facilitators_and_meetings_as_choices(organiser, programme, board):
    with_sets(programme, size_min=1, count_max=3)
    event = next(s.event for s in sessions_of(programme).values() if s.round_id is not None)
    for name in ("Jo Hale", "Kit Vale"):
        leads(event, a_facilitator(programme, name=name))
    plan = laid_out(programme)
    number = plan.sets[0].number
    leader = plan.sets[0].facilitator.person.name

    page = organiser.get(f"{board}?event=ALS")
    panel = organiser.get(f"{board}?event=ALS&set={number}")
    form = panel.form(f"{board}?event=ALS")
    other = next(radio["value"] for radio in panel.select("#panel input[type=radio]"))
    after = organiser.post(f"{board}?event=ALS", form | {"place": other})

    db.session.expire_all()
    assert f"Set {number}" in page.text
    assert leader in page.text
    assert panel.select("#panel h2")[0].get_text() == f"Who leads set {number}?"
    assert plan.sets[0].facilitator.person.name != leader
    assert after.said.startswith(f"Set {number}: ")
    organiser.post(f"{board}/undo?event=ALS")
    db.session.expire_all()
    assert plan.sets[0].facilitator.person.name == leader


def test_a_set_that_its_last_pair_left_comes_back_with_undo(programme):
    with_sets(programme, size_min=1, count_max=3)
    plan = laid_out(programme)
    event = plan.sets[0].event
    before = plan.result
    for member in list(plan.sets[0].members):
        Draft(plan).move(event, member.party, UNPLACED, by=None)
        db.session.refresh(plan)

    while undoing.moves_made(plan):
        undoing.undo(plan, by=None)
        db.session.refresh(plan)

    assert {s["number"]: s["parties"] for s in plan.result["sets"]} == {
        s["number"]: s["parties"] for s in before["sets"]
    }
    assert plan.objective == before["objective"]


@pytest.mark.parametrize("pairs", [3, 12])
def test_the_board_asks_the_same_number_of_questions_of_any_programme(organiser, programme, board, pairs):
    for _ in range(pairs):
        pair = a_pair(programme, region="Midlands")
        for session in sessions_of(programme).values():
            session.max_seats = 60
            both_answered(pair, session)
    laid_out(programme)
    organiser.get(board)

    with queries_sent() as sent:
        organiser.get(board)

    assert len(sent) <= 22


def test_a_published_plan_is_read_only_on_its_board(organiser, programme, board):
    plan = laid_out(programme)
    plan.status = PlanStatus.PUBLISHED
    db.session.commit()

    page = organiser.get(board)

    assert "This plan is published, so its places stay as they are." in page.text
    assert not page.select("[data-opens]")
    assert organiser.post(f"{board}?event=W1", {"event": "W1"}).status == 409
