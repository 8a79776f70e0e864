"""A plan beside another, and beside what people have said since it was made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import (
    AnswerChange,
    Availability,
    Event,
    LearningSet,
    Person,
    Placement,
    Plan,
    Session,
    SetMeeting,
    SetMember,
)

Places = dict[str, frozenset[int]]
"""For each party the sessions and slots it is to be at."""


@dataclass(frozen=True)
class Move:
    """A party whose places differ: sessions and slots it leaves, and those it goes to, by id."""

    party: str
    leaves: frozenset[int]
    goes_to: frozenset[int]


@dataclass(frozen=True)
class Difference:
    """What a plan changes against another: by party."""

    other: Plan
    moves: tuple[Move, ...]
    new: tuple[str, ...]
    no_longer: tuple[str, ...]
    stay: tuple[str, ...]


def difference(plan: Plan, other: Plan) -> Difference:
    """Who moves, is new, is no longer placed or stays, going from the other plan to this one."""
    places = places_of([plan, other])
    return between(places[plan.id], places[other.id], other)


def between(now: Places, before: Places, other: Plan) -> Difference:
    """The difference of two plans by their places; ``before`` are those of the other."""
    both = sorted(now.keys() & before.keys())
    moves = [Move(party, before[party] - now[party], now[party] - before[party]) for party in both]
    return Difference(
        other,
        moves=tuple(move for move in moves if move.leaves or move.goes_to),
        new=tuple(sorted(now.keys() - before.keys())),
        no_longer=tuple(sorted(before.keys() - now.keys())),
        stay=tuple(party for party in both if now[party] == before[party]),
    )


def places_of(plans: Sequence[Plan]) -> dict[int, Places]:
    """For each plan, by id, where each party is to be; a party without any place is not listed."""
    found: dict[int, dict[str, set[int]]] = {plan.id: defaultdict(set) for plan in plans}
    placed = select(Placement.plan_id, Placement.party, Placement.session_id).where(Placement.plan_id.in_(found))
    meets = (
        select(LearningSet.plan_id, SetMember.party, SetMeeting.session_id)
        .join(LearningSet, LearningSet.id == SetMember.set_id)
        .join(SetMeeting, SetMeeting.set_id == LearningSet.id)
        .where(LearningSet.plan_id.in_(found))
    )
    for rows in (placed, meets):
        for plan, party, session in db.session.execute(rows):
            found[plan][party].add(session)
    return {
        plan: {party: frozenset(sessions) for party, sessions in of_party.items()} for plan, of_party in found.items()
    }


@dataclass(frozen=True)
class LaterAnswer:
    """What a person said to a session after the plan was made; ``answer`` None where they took an answer back."""

    person: Person
    session: Session
    answer: str | None


def answers_since(plan: Plan) -> list[LaterAnswer]:
    """The answers that the plan does not know: given, changed or taken back since it asked, oldest first."""
    asked = {s["id"] for event in plan.problem["events"] for s in event["sessions"]}
    asked |= {s["id"] for entry in plan.problem["sets"] for r in entry["rounds"] for s in r["slots"]}
    rows = db.session.scalars(
        select(Availability)
        .where(Availability.programme_id == plan.programme_id, Availability.answered_at > plan.asked_at)
        .options(
            joinedload(Availability.person),
            joinedload(Availability.session).joinedload(Session.event),
            joinedload(Availability.session).joinedload(Session.venue),
        )
        .order_by(Availability.answered_at, Availability.id)
    )
    given = [LaterAnswer(row.person, row.session, row.answer.value) for row in rows if row.session.key in asked]
    return given + [taken for taken in _taken_back(plan) if taken.session.key in asked]


def _taken_back(plan: Plan) -> list[LaterAnswer]:
    """Answers that stood when the plan was made and are no longer there."""
    changes = db.session.scalars(
        select(AnswerChange)
        .where(AnswerChange.programme_id == plan.programme_id, AnswerChange.made_at > plan.asked_at)
        .order_by(AnswerChange.id)
    )
    stood: dict[tuple[int, int], bool] = {}
    for change in changes:
        for session_id, answer in change.before.items():
            stood.setdefault((change.person_id, int(session_id)), answer is not None)
    gone = {key for key, was_there in stood.items() if was_there}
    if not gone:
        return []
    there = db.session.execute(
        select(Availability.person_id, Availability.session_id).where(Availability.programme_id == plan.programme_id)
    )
    gone -= {(person, session) for person, session in there}
    sessions = select(Session).join(Session.event).where(Event.programme_id == plan.programme_id)
    session_by_id = {
        session.id: session
        for session in db.session.scalars(sessions.options(joinedload(Session.event), joinedload(Session.venue)))
    }
    people = {p.id: p for p in db.session.scalars(select(Person).where(Person.programme_id == plan.programme_id))}
    return [
        LaterAnswer(people[person], session_by_id[session], None)
        for person, session in sorted(gone)
        if person in people and session in session_by_id
    ]
