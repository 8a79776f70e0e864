"""Proposed sets: shown as they were proposed, one letter a person and change, objections for owners alone, swaps."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.models import AuditEntry, OutboxMessage, ProposalLetter, SetObjection
from scheduler.plan import objections, proposing, swapping, undoing
from scheduler.plan.editing import Draft, EditedMeanwhile
from scheduler.plan.keeping import problem_of, result_of
from solver.check import check, recount
from tests.builders import a_facilitator, leads
from tests.plan.programmes import a_small_programme, laid_out, pairs_of, with_sets

SECRET = "We are in a dispute with that Trust"


@pytest.fixture
def programme(app):
    """Six pairs that can come to everything, in sets of two to four."""
    return with_sets(a_small_programme(), size_min=2, size_max=4, count_max=3)


@pytest.fixture
def plan(programme):
    return laid_out(programme)


def letters() -> list[str]:
    proposed = sa.select(OutboxMessage).where(OutboxMessage.kind == "proposed-set").order_by(OutboxMessage.id)
    return [message.to_address for message in db.session.scalars(proposed)]


def sets_event_of(plan):
    return plan.sets[0].event


def test_everybody_gets_one_letter_however_often_it_is_pressed(programme, plan):
    everybody = sorted(person.email for pair in pairs_of(programme) for person in pair.people)

    assert len(proposing.who_would_be_told(plan)) == len(everybody)
    assert proposing.propose(plan, edits=plan.edits, by=None) == len(everybody)
    assert proposing.propose(plan, edits=plan.edits, by=None) == 0

    assert sorted(letters()) == everybody
    assert proposing.who_would_be_told(plan) == []


def test_after_a_swap_only_the_two_sets_it_touched_are_written_to_again_and_pages_wait_for_it(programme, plan):
    proposing.propose(plan, edits=plan.edits, by=None)
    event, party = sets_event_of(plan), plan.sets[0].members[0].party
    person = plan.sets[0].members[0].pair.director
    before = proposing.sets_proposed_to(person)[1][0]
    seen = plan.edits
    swap = swapping.swaps_for(Draft(plan), event, party).found[0]

    swapping.take(Draft(plan), event, swap, by=None)
    db.session.refresh(plan)
    waits = proposing.sets_proposed_to(person)[1][0]
    with pytest.raises(EditedMeanwhile):
        proposing.propose(plan, edits=seen, by=None)
    told = proposing.propose(plan, edits=plan.edits, by=None)
    after = proposing.sets_proposed_to(person)[1][0]

    touched = {m.party for s in plan.sets for m in s.members if s.number in (before.number, swap.number)}
    assert waits == before
    assert after.number == swap.number
    assert told == 2 * len(touched)
    assert len(db.session.scalars(sa.select(ProposalLetter)).all()) == 12 + told


def test_every_swap_keeps_the_rules_at_the_price_it_says_and_is_undone_whole(plan):
    event, party = sets_event_of(plan), plan.sets[0].members[0].party
    problem, before = problem_of(plan), plan.result
    swaps = swapping.swaps_for(Draft(plan), event, party)

    assert swaps.found
    assert [swap.cost for swap in swaps.found] == sorted(swap.cost for swap in swaps.found)
    for swap in swaps.found:
        moved = swapping.take(Draft(plan), event, swap, by=None)
        db.session.refresh(plan)
        made = result_of(plan)
        terms = recount(problem, made)
        assert check(problem, made) == []
        assert (moved.cost, moved.more) == (swap.cost, swap.more)
        assert swap.cost == sum(getattr(problem.weights, name) * n for name, n in terms.items())
        assert next(s.number for s in plan.sets if party in {m.party for m in s.members}) == swap.number
        undoing.undo(plan, by=None)
        db.session.refresh(plan)
        assert plan.result == before
    undoing.redo(plan, by=None)
    assert next(s.number for s in plan.sets if party in {m.party for m in s.members}) == swaps.found[-1].number


def test_an_objection_twice_is_one_and_can_be_taken_back(plan):
    proposing.propose(plan, edits=plan.edits, by=None)
    event, person = sets_event_of(plan), plan.sets[0].members[0].pair.director

    objections.object_to(person, event, "First words")
    objections.object_to(person, event, SECRET)
    (found,) = objections.objections_to(plan)
    assert (found.text, objections.standing_of(found).changed) == (SECRET, False)

    assert objections.withdraw(person, event)
    assert not objections.withdraw(person, event)
    assert objections.objections_to(plan) == []
    assert db.session.scalars(sa.select(SetObjection)).one().text == ""
    objections.object_to(person, event, SECRET)
    assert len(objections.objections_to(plan)) == 1


def test_an_objection_is_in_no_audit_entry_and_not_readable_in_the_database(app, plan):
    proposing.propose(plan, edits=plan.edits, by=None)
    event, person = sets_event_of(plan), plan.sets[0].members[0].pair.director
    before = len(db.session.scalars(sa.select(AuditEntry)).all())

    objections.object_to(person, event, SECRET)

    assert len(db.session.scalars(sa.select(AuditEntry)).all()) == before
    raw = db.session.execute(sa.text("SELECT reason FROM set_objection")).scalar_one()
    assert SECRET.encode() not in bytes(raw)


def test_who_is_in_no_proposed_set_can_object_to_none(programme, plan):
    event = sets_event_of(plan)
    person = plan.sets[0].members[0].pair.director

    with pytest.raises(objections.NotProposed):
        objections.object_to(person, event, SECRET)
    leader = a_facilitator(programme)
    leads(event, leader)
    proposing.propose(plan, edits=plan.edits, by=None)
    with pytest.raises(objections.NotProposed):
        objections.object_to(leader.person, event, SECRET)


def test_once_the_set_is_another_an_objection_says_so(plan):
    proposing.propose(plan, edits=plan.edits, by=None)
    event, member = sets_event_of(plan), plan.sets[0].members[0]
    objections.object_to(member.pair.director, event, SECRET)
    swap = swapping.swaps_for(Draft(plan), event, member.party).found[0]

    swapping.take(Draft(plan), event, swap, by=None)

    (row,) = objections.objections_to(plan)
    standing = objections.standing_of(row)
    assert (standing.number, standing.changed) == (swap.number, True)
