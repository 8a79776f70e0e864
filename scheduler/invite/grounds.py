"""What a publication was written from, so that it need not be written while everybody else waits.

Letters for a thousand pairs take half a minute; a write transaction should last milliseconds (abuse case D5). So a
publication is written first, and under the lock only the rows it was written from are read once more and compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.invite.places import STILL_HERE, may_have_left_in
from scheduler.models import (
    Event,
    Facilitator,
    Invitation,
    LearningSet,
    OutboxMessage,
    OwnWording,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Programme,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    Venue,
)


@dataclass(frozen=True)
class Grounds:
    """The rows that decide who is told what, and in which words.

    ``told`` says by invitation how it and each of its messages stand; ``rows`` is all the rest.
    """

    rows: tuple[tuple[Any, ...], ...]
    told: Mapping[int, tuple[Any, ...]]

    def hold(self, now: Grounds, touched: Collection[int]) -> bool:
        """Whether what was written from these may be kept, given the grounds as they are now.

        ``touched`` are the ids of the invitations that were to change. Messages about the others may have left
        meanwhile: what stays as it was written, or is over, stays so whether it has left or not.
        """
        if self.rows != now.rows or self.told.keys() != now.told.keys():
            return False
        return all(self.told[each] == now.told[each] for each in touched)


def grounds_of(plan: Plan) -> Grounds:
    """Read the grounds on which a plan would be published, in a fixed number of queries."""
    rows = (db.session.execute(query.order_by(query.selected_columns[0])) for query in _queries(plan))
    return Grounds(tuple(tuple(row) for found in rows for row in found), _told(plan.programme_id))


def _queries(plan: Plan) -> list[sa.Select[Any]]:
    programme = plan.programme_id
    published = sa.and_(Plan.programme_id == programme, Plan.status == PlanStatus.PUBLISHED)
    of_plan = sa.select(LearningSet.id).where(LearningSet.plan_id == plan.id)
    party = Placement.party, Placement.pair_id, Placement.person_id
    # Of people and pairs the columns that are told; answers and comments come in all the time and tell nobody.
    return [
        sa.select(Plan.id, Plan.status, Plan.edits, Plan.attempt, Plan.run_state).where(
            published | (Plan.id == plan.id)
        ),
        sa.select(Placement.id, Placement.session_id, *party).where(Placement.plan_id == plan.id),
        sa.select(LearningSet.id, LearningSet.number, LearningSet.facilitator_id).where(LearningSet.plan_id == plan.id),
        sa.select(SetMember.id, SetMember.set_id, SetMember.pair_id, SetMember.person_id).where(
            SetMember.set_id.in_(of_plan)
        ),
        sa.select(SetMeeting.id, SetMeeting.set_id, SetMeeting.session_id).where(SetMeeting.set_id.in_(of_plan)),
        sa.select(Person.id, Person.name, Person.email, Person.left_on).where(Person.programme_id == programme),
        sa.select(Pair.id, Pair.trust_id, Pair.director_id, Pair.manager_id, Pair.left_on).where(
            Pair.programme_id == programme
        ),
        sa.select(Trust.id, Trust.name).where(Trust.programme_id == programme),
        sa.select(Facilitator.id, Facilitator.person_id).where(Facilitator.programme_id == programme),
        sa.select(*Programme.__table__.columns).where(Programme.id == programme),
        sa.select(OwnWording.id, OwnWording.version).where(OwnWording.programme_id == programme),
        *(sa.select(*kind.__table__.columns).where(kind.programme_id == programme) for kind in (Event, Venue)),
        sa.select(*Session.__table__.columns).where(Session.programme_id == programme, _of_a_plan()),
    ]


def _told(programme: int) -> dict[int, tuple[Any, ...]]:
    """By invitation: its version, its end, its answer, and of each message whether it waits and whether it left."""
    messages: dict[int | None, list[tuple[Any, ...]]] = defaultdict(list)
    waits = OutboxMessage.state.in_(STILL_HERE)
    for about, *stands in db.session.execute(
        sa.select(OutboxMessage.invitation_id, OutboxMessage.id, waits, may_have_left_in(OutboxMessage))
        .where(OutboxMessage.programme_id == programme, OutboxMessage.invitation_id.is_not(None))
        .order_by(OutboxMessage.id)
    ):
        messages[about].append(tuple(stands))
    return {
        row.id: (*row, *messages[row.id])
        for row in db.session.execute(
            sa.select(
                Invitation.id, Invitation.sequence, Invitation.dtstamp, Invitation.cancelled_at, Invitation.partstat
            )
            .join(Invitation.session)
            .where(Invitation.programme_id == programme, _of_a_plan())
        )
    }


def _of_a_plan() -> sa.ColumnElement[bool]:
    """What a set settles for itself is no ground of a plan."""
    return Session.is_own_meeting.is_(False)
