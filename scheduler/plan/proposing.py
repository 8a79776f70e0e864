"""Showing the sets of a draft to their members before anything is published, and writing to each of them once.

What was shown is kept: a draft goes on being changed by hand, and nobody reads half a change on their own page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.post import queue_letter
from scheduler.collect.wording import shortened
from scheduler.extensions import db
from scheduler.models import (
    LearningSet,
    Organiser,
    Person,
    Plan,
    PlanStatus,
    Programme,
    ProposalLetter,
    SetProposal,
    record,
)
from scheduler.plan.editing import EditedMeanwhile, NotEditable, is_editable
from scheduler.plan.overview import sets_of
from scheduler.plan.shown_sets import ShownSet, SnapshotRows, from_snapshot
from scheduler.transaction import rows_changed, transaction

Entry = dict[str, Any]


def propose(plan: Plan, *, edits: int, by: Organiser | None) -> int:
    """Show a draft's sets to their members and write to those who have not been shown this very set; returns to how
    many. Proposing again without a change says nothing.

    ``edits`` is how often the draft was changed when the organiser looked. Raises NotEditable, and EditedMeanwhile
    where it has been changed since.
    """
    if not is_editable(plan):
        raise NotEditable(plan.number)
    with transaction() as tx:
        # Taken for writing first: of two who press at once the second finds what the first has proposed.
        as_seen = Plan.id == plan.id, Plan.status == PlanStatus.DRAFT, Plan.edits == edits
        if not rows_changed(sa.update(Plan).where(*as_seen).values(edits=Plan.edits)):
            raise EditedMeanwhile
        tx.refresh(plan)
        before = last_proposal(plan)
        entries = [snapshot(row) for row in sets_of(plan)]
        if before is not None and before.sets == entries:
            return 0
        proposal = SetProposal(
            programme_id=plan.programme_id,
            plan_id=plan.id,
            round=before.round + 1 if before is not None else 1,
            edits=plan.edits,
            sets=entries,
            proposed_by_id=by.id if by else None,
            proposed_at=now(),
        )
        tx.add(proposal)
        tx.flush()
        told = 0
        for shown, person in _not_told(proposal, before):
            tx.add(ProposalLetter(proposal_id=proposal.id, person_id=person.id))
            _write(shown, person, plan.programme)
            told += 1
        record("sets.proposed", programme=plan.programme, by=by, thing=f"plan {plan.number}", people=told)
    return told


def who_would_be_told(plan: Plan) -> list[Person]:
    """The people to whom ``propose`` would write now; nothing is written."""
    before = last_proposal(plan)
    entries = [snapshot(row) for row in sets_of(plan)]
    return [person for _, person in _not_told(SetProposal(sets=entries), before)]


def last_proposal(plan: Plan) -> SetProposal | None:
    """What was last proposed of a plan."""
    return db.session.scalar(
        sa.select(SetProposal).where(SetProposal.plan_id == plan.id).order_by(SetProposal.round.desc()).limit(1)
    )


def standing_proposal(programme: Programme) -> SetProposal | None:
    """What members are shown now: the last proposal, while its plan is a draft."""
    return db.session.scalar(
        sa.select(SetProposal)
        .join(SetProposal.plan)
        .where(SetProposal.programme_id == programme.id, Plan.status == PlanStatus.DRAFT)
        .order_by(SetProposal.id.desc())
        .limit(1)
    )


def sets_proposed_to(person: Person) -> tuple[SetProposal, list[ShownSet]] | None:
    """The standing proposal and those of its sets that somebody would be in, or lead; None where there is none."""
    proposal = standing_proposal(person.programme)
    if proposal is None:
        return None
    mine = [shown for shown in shown_of(proposal) if person in shown.everybody]
    return (proposal, mine) if mine else None


def shown_of(proposal: SetProposal) -> list[ShownSet]:
    """Every set of a proposal, as it was proposed, with the names of now."""
    rows = SnapshotRows(proposal.sets)
    return [shown for entry in proposal.sets if (shown := from_snapshot(entry, rows)) is not None]


def snapshot(row: LearningSet) -> Entry:
    """A set of a plan as a proposal keeps it."""
    return {
        "event": row.event_id,
        "number": row.number,
        "facilitator": row.facilitator_id,
        "members": sorted(
            ({"party": m.party, "pair": m.pair_id, "person": m.person_id} for m in row.members),
            key=lambda member: str(member["party"]),
        ),
        "meetings": sorted(
            ({"round": m.round.number, "session": m.session_id} for m in row.meetings),
            key=lambda meeting: int(meeting["round"]),
        ),
    }


def _not_told(proposal: SetProposal, before: SetProposal | None) -> list[tuple[ShownSet, Person]]:
    """Who has not been shown this very set: the same people, leader and dates, under whatever number."""
    told = {_what_is_shown(shown, person) for shown in shown_of(before) for person in shown.everybody} if before else ()
    found = []
    written_to: set[int] = set()
    for shown in shown_of(proposal):
        for person in shown.everybody:
            if _what_is_shown(shown, person) not in told and person.id not in written_to:
                written_to.add(person.id)
                found.append((shown, person))
    return found


def _what_is_shown(shown: ShownSet, person: Person) -> tuple[Any, ...]:
    people = frozenset(each.id for each in shown.people)
    leader = shown.facilitator.id if shown.facilitator is not None else None
    return person.id, shown.event.id, people, leader, _dates(shown)


def _dates(shown: ShownSet) -> Sequence[int]:
    return tuple(meeting.session.id for meeting in shown.meetings)


def _write(shown: ShownSet, person: Person, programme: Programme) -> None:
    queue_letter(
        "proposed-set",
        to=person,
        subject=shortened("Your proposed action learning set", f" – {programme.short_name}"),
        programme=programme,
        about=shown.event.title,
        event=shown.event,
        proposed=shown,
        url=f"{page_url(person)}/set",
    )
