"""The dates a person has: what they were invited to, who else comes, and what their calendar said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.apologies import standing_apologies
from scheduler.collect.audience import pairs_of
from scheduler.extensions import db
from scheduler.models import (
    Event,
    Invitation,
    LearningSet,
    OwnMeeting,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Session,
    SetMeeting,
    SetMember,
)
from scheduler.web.forms.apologies import told_before
from scheduler.words import REPLIES


@dataclass(frozen=True)
class OwnDate:
    """One date a person is invited to."""

    invitation: Invitation
    title: str
    when: str
    short_day: str
    where: str
    joining_url: str
    reply: str
    partner: Person | None
    others: tuple[str, ...]  # Trusts
    has_begun: bool = False
    told_us: str = ""  # that they can no longer come, and who does
    own_set: str = ""  # "Set 3, 7 Trusts, meets 4 times"
    set_id: int | None = None  # of a meeting that a set has settled for itself

    @property
    def with_whom(self) -> str:
        """ "With Tom Reid and 23 other pairs"; "" where nobody else is known to come."""
        parts = [self.partner.name] if self.partner else []
        if self.others:
            parts.append(formatting.count(len(self.others), "other pair" if self.partner else "pair"))
        return f"With {formatting.listed(parts)}" if parts else ""


def dates_of(person: Person) -> list[OwnDate]:
    """What lies ahead of a person by their living invitations, the next one first."""
    invitations = db.session.scalars(
        sa.select(Invitation)
        .where(Invitation.person_id == person.id, Invitation.cancelled_at.is_(None), Invitation.ends_at > now())
        .options(
            joinedload(Invitation.session).options(
                joinedload(Session.event),
                joinedload(Session.venue),
                joinedload(Session.own_meeting).joinedload(OwnMeeting.own_set),
            ),
        )
        .order_by(Invitation.starts_at, Invitation.id)
    ).all()
    if not invitations:
        return []
    mine = pairs_of(person)
    company = _company_in(person, [invitation.session_id for invitation in invitations])
    sets = _sets_of(person, [pair.id for pair in mine])
    told = standing_apologies(person)
    moment = now()
    found = []
    for invitation in invitations:
        pairs = company.get(invitation.session_id, [])
        if invitation.session_id in sets:
            pairs = sets[invitation.session_id][1]
        together = next((pair for pair in pairs if person in pair.people), None)
        found.append(
            OwnDate(
                invitation,
                sets[invitation.session_id][0] if invitation.session_id in sets else invitation.session.title,
                formatting.when(
                    invitation.starts_at,
                    invitation.ends_at,
                    invitation.time_zone,
                    reader=person.programme.time_zone,
                ),
                formatting.short_day(invitation.starts_at, invitation.time_zone),
                invitation.location,
                invitation.session.venue.joining_url if invitation.session.venue else "",
                REPLIES[invitation.partstat.value],
                together.partner_of(person) if together else None,
                tuple(pair.trust.name for pair in pairs if pair is not together),
                invitation.starts_at <= moment,
                told_before(told[invitation.session_id]) if invitation.session_id in told else "",
                sets[invitation.session_id][2] if invitation.session_id in sets else "",
                own_meeting.set_id if (own_meeting := invitation.session.own_meeting) is not None else None,
            )
        )
    return found


def _company_in(person: Person, session_ids: list[int]) -> dict[int, list[Pair]]:
    """The pairs placed in each session by the published plan."""
    rows = db.session.execute(
        sa.select(Placement.session_id, Pair)
        .join(Placement.plan)
        .join(Pair, Placement.pair_id == Pair.id)
        .where(
            Plan.programme_id == person.programme_id,
            Plan.status == PlanStatus.PUBLISHED,
            Placement.session_id.in_(session_ids),
        )
        .options(joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager))
        .order_by(Placement.party)
    )
    company: dict[int, list[Pair]] = {}
    for session_id, pair in rows:
        company.setdefault(session_id, []).append(pair)
    return company


def _sets_of(person: Person, pair_ids: list[int]) -> dict[int, tuple[str, list[Pair], str]]:
    """By the session each meets in: "Set 3, meeting 1", the pairs of the set, and the set in a few words. Only a
    person's own sets."""
    mine = sa.or_(SetMember.pair_id.in_(pair_ids), SetMember.person_id == person.id)
    own = (
        sa.select(LearningSet.id)
        .join(LearningSet.plan)
        .where(
            Plan.programme_id == person.programme_id,
            Plan.status == PlanStatus.PUBLISHED,
            sa.or_(
                LearningSet.id.in_(sa.select(SetMember.set_id).where(mine)),
                LearningSet.facilitator.has(person_id=person.id),
            ),
        )
    )
    pairs: dict[int, list[Pair]] = {}
    members = sa.select(SetMember.set_id, Pair).join(Pair, SetMember.pair_id == Pair.id)
    options = joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager)
    for set_id, pair in db.session.execute(
        members.where(SetMember.set_id.in_(own)).options(*options).order_by(SetMember.id)
    ):
        pairs.setdefault(set_id, []).append(pair)
    meetings = db.session.scalars(
        sa.select(SetMeeting)
        .where(SetMeeting.set_id.in_(own))
        .options(
            joinedload(SetMeeting.round),
            joinedload(SetMeeting.learning_set).joinedload(LearningSet.event).load_only(Event.title),
        )
    ).all()
    times = Counter(meeting.set_id for meeting in meetings)
    return {
        meeting.session_id: (
            f"Set {meeting.learning_set.number}, meeting {meeting.round.number}",
            pairs.get(meeting.set_id, []),
            f"Set {meeting.learning_set.number}, {formatting.count(len(pairs.get(meeting.set_id, [])), 'Trust')}, "
            f"meets {formatting.count(times[meeting.set_id], 'time')}",
        )
        for meeting in meetings
    }
