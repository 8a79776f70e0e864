"""Moves by hand: the price said before is the price paid, and nothing that breaks a rule is ever stored."""

from __future__ import annotations

import pytest

from scheduler.extensions import db
from scheduler.models import Lock, LockKind, PlanStatus, RunEnd
from scheduler.plan import editing
from scheduler.plan.editing import Draft
from scheduler.plan.keeping import problem_of, result_of
from solver.check import check, recount
from tests.builders import a_mix, a_pair, answered, both_answered, keep
from tests.plan.programmes import a_small_programme, pairs_of, planned, sessions_of, with_sets


@pytest.fixture
def programme(app):
    """A small programme with sets, and room to move."""
    programme = with_sets(a_small_programme(), size_min=1, count_max=3)
    for session in sessions_of(programme).values():
        if session.round_id is None:
            session.max_seats = 20
    both_answered(a_pair(programme), sessions_of(programme)["W1-a"], "if-need-be")
    db.session.commit()
    return programme


def events_of(plan):
    """The events of a plan, by key."""
    return {row.event.key: row.event for row in (*plan.placements, *plan.sets)}


def test_every_choice_is_counted_exactly_as_the_recount_counts_it(programme):
    plan = planned(programme)
    draft = Draft(plan)
    problem = problem_of(plan)

    for event in events_of(plan).values():
        for party in (pair.trust.ods_code for pair in pairs_of(programme)):
            choices = draft.choices(event, party)
            assert [choice.now for choice in choices].count(True) == 1
            for choice in choices:
                moved = draft.with_party_at(event, party, choice.place)
                terms = recount(problem, moved)
                cost = sum(getattr(problem.weights, term) * n for term, n in terms.items())
                assert (choice.cost, choice.more) == (cost, cost - plan.objective)
                assert bool(choice.broken) == (bool(check(problem, moved)) and not choice.now)


def test_whatever_is_moved_the_stored_plan_holds_and_its_rows_say_the_same(programme):
    plan = planned(programme)

    for event in events_of(plan).values():
        for party in [pair.trust.ods_code for pair in pairs_of(programme)][:4]:
            draft = Draft(plan)
            free = [c for c in draft.choices(event, party) if not c.broken and not c.now]
            for choice in free[:1]:
                moved = draft.move(event, party, choice.place, by=None)
                db.session.refresh(plan)
                assert (plan.objective, moved.cost) == (choice.cost, choice.cost)
                assert sum(moved.terms.values()) == moved.more == choice.more
                assert check(problem_of(plan), result_of(plan)) == []
                made = result_of(plan)
                assert {(p.party, p.session.key) for p in plan.placements} == {
                    (a.party, a.session) for a in made.assignments
                }
                assert {(m.party, s.number) for s in plan.sets for m in s.members} == {
                    (party, s.number) for s in made.sets for party in s.parties
                }
                assert {u.party for u in plan.unplaced} == {u.party for u in made.unplaced}

    assert plan.edits > 0
    assert plan.run_end is RunEnd.EDITED


def test_a_move_there_and_back_leaves_the_plan_as_it_was(programme):
    plan = planned(programme)
    event, party = events_of(plan)["W1"], pairs_of(programme)[0].trust.ods_code
    before, here = plan.result, Draft(plan).place_of(event, party)
    away = next(c.place for c in Draft(plan).choices(event, party) if not c.now and not c.broken)

    Draft(plan).move(event, party, away, by=None)
    Draft(plan).move(event, party, here, by=None)

    assert plan.result == before


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("no", "is not available for"),
        ("seats", "seats taken, more than"),
        ("mix", "more than"),
    ],
)
def test_a_no_seats_and_the_mix_cannot_be_overruled(programme, rule, said):
    sessions = sessions_of(programme)
    newcomer = a_pair(programme)
    both_answered(newcomer, sessions["W1-a"])
    answered(newcomer.director, sessions["W1-b"], "no" if rule == "no" else "yes")
    answered(newcomer.manager, sessions["W1-b"], "yes")
    if rule == "seats":
        sessions["W1-b"].max_seats = 1
    if rule == "mix":
        # London is there twice already: only closing it to a third tells the two sittings apart.
        a_mix(sessions["W1-a"].event, max_count=2)
    db.session.commit()
    plan = planned(programme)
    event, party = events_of(plan)["W1"], newcomer.trust.ods_code
    draft = Draft(plan)
    broken = [c for c in draft.choices(event, party) if c.broken]

    assert broken
    assert any(said in sentence for choice in broken for sentence in choice.broken)
    with pytest.raises(editing.MoveRefused):
        draft.move(event, party, broken[0].place, by=None)
    assert plan.edits == 0


def test_a_lock_made_since_stands_against_a_move(programme):
    plan = planned(programme)
    placement = plan.placements[0]
    keep(
        Lock(
            programme=programme, kind=LockKind.ATTENDS, party=placement.party, session=placement.session, reason="Visit"
        )
    )
    draft = Draft(plan)

    choices = draft.choices(placement.event, placement.party)

    assert all(f'is locked to "{placement.session.key}" (Visit)' in c.broken for c in choices if not c.now)


def test_a_draft_that_has_changed_since_it_was_read_is_not_overwritten(programme):
    plan = planned(programme)
    event = events_of(plan)["W1"]
    one, other = (pair.trust.ods_code for pair in pairs_of(programme)[:2])
    early, late = Draft(plan), Draft(plan)

    def away(party):
        return next(c.place for c in early.choices(event, party) if not c.now and not c.broken)

    first, second = away(one), away(other)
    early.move(event, one, first, by=None)
    with pytest.raises(editing.EditedMeanwhile):
        late.move(event, other, second, by=None)

    assert Draft(plan).place_of(event, one) == first
    assert plan.edits == 1


def test_what_is_no_place_of_the_event_is_refused(programme):
    plan = planned(programme)
    party = pairs_of(programme)[0].trust.ods_code

    for event, place in (("W1", "ALS-R1-1"), ("W1", "1"), ("ALS", "99"), ("W1", "")):
        with pytest.raises(editing.NotEditable):
            Draft(plan).move(events_of(plan)[event], party, place, by=None)


def test_only_a_draft_can_be_changed(programme):
    plan = planned(programme)
    plan.status = PlanStatus.PUBLISHED

    with pytest.raises(editing.NotEditable):
        Draft(plan)
