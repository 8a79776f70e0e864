"""From the solver's plan to ours: nothing is kept before separate code has counted it again and found no fault."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import (
    Event,
    LearningSet,
    Pair,
    Person,
    Placement,
    Plan,
    Programme,
    Round,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    Unplaced,
)
from scheduler.plan.published import Held, held
from solver import plan as solver_plan
from solver.check import check
from solver.problem import Problem
from solver.reading import read_plan, read_problem


class PlanBroken(Exception):
    """A plan that breaks rules of its problem, or whose count is not what it says; ``faults`` are for a log."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


def problem_bytes(problem: dict[str, Any]) -> bytes:
    """A problem as a file."""
    return json.dumps(problem, ensure_ascii=False, indent=1).encode("utf-8")


def problem_of(plan: Plan) -> Problem:
    """The frozen question of a plan, read as anyone would read its file; the last few are remembered by their text."""
    db.session.flush()
    stored = db.session.scalar(select(sa.cast(Plan.problem, sa.Text)).where(Plan.id == plan.id))
    return _read(stored) if stored is not None else read_problem(problem_bytes(plan.problem))


@lru_cache(maxsize=4)
def _read(text: str) -> Problem:
    return read_problem(text.encode("utf-8"))


def result_of(plan: Plan) -> solver_plan.Plan | None:
    """The solver's answer as it is stored; None while there is none."""
    return None if plan.result is None else read_plan(json.dumps(plan.result).encode("utf-8"))


def recounted(problem: Problem, made: solver_plan.Plan) -> None:
    """Count a plan again, rules and figures, from the two files alone. Raises PlanBroken (abuse case S5)."""
    faults = [str(violation) for violation in check(problem, made)]
    if faults:
        raise PlanBroken(faults)


def next_number(programme: Programme) -> int:
    """The number of the next version of a programme's plan, in the caller's transaction."""
    last = db.session.scalar(select(sa.func.max(Plan.number)).where(Plan.programme_id == programme.id))
    return (last or 0) + 1


def store(plan: Plan, made: solver_plan.Plan) -> None:
    """Write a plan that was counted again into its row, and its places as rows, in the caller's transaction.

    Published places that the solver was not asked about are taken over as they are. Raises PlanBroken where a date or
    a party of the plan is no longer in the database.
    """
    _state(plan, made)
    for kind in (Placement, LearningSet, Unplaced):
        for row in db.session.scalars(select(kind).where(kind.plan_id == plan.id)):
            db.session.delete(row)
    db.session.flush()
    names = _Names(plan)
    try:
        db.session.add_all(names.rows_of(made))
    except KeyError as missing:
        raise PlanBroken([f"{missing.args[0]} is no longer in the database"]) from None
    _take_over(plan, names)
    db.session.flush()


def store_party(plan: Plan, made: solver_plan.Plan, event: Event, party: str) -> None:
    """Write a plan in which one party has another place in one event: its figures, and the rows of that party alone.

    In the caller's transaction; raises PlanBroken as ``store`` does. Sets that are no longer there lose their row.
    """
    _state(plan, made)
    here = {"plan_id": plan.id, "event_id": event.id}
    of_party = {**here, "party": party}
    for rows in (select(Placement).filter_by(**of_party), select(Unplaced).filter_by(**of_party)):
        for row in db.session.scalars(rows):
            db.session.delete(row)
    _keep_sets(plan, made, event)
    db.session.flush()
    alone = replace(
        made,
        assignments=tuple(a for a in made.assignments if (a.event, a.party) == (event.key, party)),
        sets=(),
        unplaced=tuple(u for u in made.unplaced if (u.event, u.party) == (event.key, party)),
    )
    try:
        db.session.add_all(_Names(plan).rows_of(alone))
    except KeyError as missing:
        raise PlanBroken([f"{missing.args[0]} is no longer in the database"]) from None
    db.session.flush()
    db.session.expire(plan, ["placements", "sets", "unplaced"])


def store_sets(plan: Plan, made: solver_plan.Plan, event: Event) -> None:
    """Write a plan in which sets of one event have other members, facilitators or meetings, in the same way."""
    _state(plan, made)
    _keep_sets(plan, made, event)
    db.session.flush()
    db.session.expire(plan, ["sets"])


def _state(plan: Plan, made: solver_plan.Plan) -> None:
    plan.result = made.as_json()
    plan.solver_status = made.status
    plan.objective = made.objective
    plan.bound = made.bound
    plan.terms = dict(made.terms)
    plan.conflict = list(made.conflict)


def _keep_sets(plan: Plan, made: solver_plan.Plan, event: Event) -> None:
    """Make the sets of an event what the plan says; meetings of rounds that have begun stay as they are."""
    if not event.has_sets:
        return
    wanted = {planned.number: planned for planned in made.sets if planned.set == event.key}
    there = {
        row.number: row for row in db.session.scalars(select(LearningSet).filter_by(plan_id=plan.id, event_id=event.id))
    }
    names = _Names(plan)
    for number in there.keys() - wanted.keys():
        db.session.delete(there[number])
    for number, planned in wanted.items():
        row = there.get(number)
        if row is None:
            db.session.add(names.set_row(planned))
            continue
        leader = planned.facilitator
        row.facilitator_id = None if leader is None else int(leader.removeprefix("F"))
        row.members = [m for m in row.members if m.party in planned.parties] + [
            SetMember(party=party, **names.parties[party])
            for party in planned.parties
            if party not in {m.party for m in row.members}
        ]
        slots = {names.rounds[event.id, m.round]: names.sessions[m.slot] for m in planned.meetings}
        for meeting in row.meetings:
            meeting.session_id = slots.get(meeting.round_id, meeting.session_id)


def _take_over(plan: Plan, names: _Names) -> None:
    planned = {event["id"] for event in (*plan.problem["events"], *plan.problem["sets"])}
    keep = held(plan.based_on, planned, plan.asked_at)
    for placement in keep.placements:
        db.session.add(_copy(placement, plan_id=plan.id))
    for learning_set in keep.sets:
        db.session.add(
            LearningSet(
                plan_id=plan.id,
                event_id=learning_set.event_id,
                number=learning_set.number,
                facilitator_id=learning_set.facilitator_id,
                members=[_copy(member) for member in learning_set.members],
                meetings=[SetMeeting(round_id=m.round_id, session_id=m.session_id) for m in learning_set.meetings],
            )
        )
    _take_over_meetings(keep, names)
    if plan.based_on is not None:
        for left_out in plan.based_on.unplaced:
            if left_out.event.key not in planned:
                db.session.add(_copy(left_out, plan_id=plan.id, reasons=list(left_out.reasons)))


def _take_over_meetings(keep: Held, names: _Names) -> None:
    """Give the meetings of rounds that have begun to the sets of the same number."""
    for meeting in keep.meetings:
        same = names.sets.get((meeting.learning_set.event_id, meeting.learning_set.number))
        if same is not None:
            same.meetings.append(SetMeeting(round_id=meeting.round_id, session_id=meeting.session_id))


def _copy(row: Placement | SetMember | Unplaced, **other: Any) -> Any:
    made = type(row)(party=row.party, pair_id=row.pair_id, person_id=row.person_id, **other)
    for name in ("event_id", "session_id"):
        if hasattr(row, name):
            setattr(made, name, getattr(row, name))
    return made


@dataclass
class _Names:
    """The rows behind the ids of a plan's files."""

    plan: Plan

    def __post_init__(self) -> None:
        self.sets: dict[tuple[int, int], LearningSet] = {}

    @cached_property
    def events(self) -> dict[str, int]:
        return self._ids(Event, Event.key)

    @cached_property
    def sessions(self) -> dict[str, int]:
        return self._ids(Session, Session.key)

    @cached_property
    def rounds(self) -> dict[tuple[int, str], int]:
        rows = db.session.execute(
            select(Round.event_id, Round.key, Round.id).where(Round.programme_id == self.plan.programme_id)
        )
        return {(event, key): row for event, key, row in rows}

    @cached_property
    def parties(self) -> dict[str, dict[str, int]]:
        """What a row says of a party: its pair, or the person who attends alone."""
        pairs = db.session.execute(
            select(Trust.ods_code, Pair.id).join(Pair.trust).where(Pair.programme_id == self.plan.programme_id)
        )
        pair_of = {code: {"pair_id": pair} for code, pair in pairs}
        people = set(db.session.scalars(select(Person.id).where(Person.programme_id == self.plan.programme_id)))
        alone = {}
        for party in self.plan.problem["parties"]:
            person = int(party["people"][0].removeprefix("P"))
            if party["id"] not in pair_of and person in people:
                alone[party["id"]] = {"person_id": person}
        return pair_of | alone

    def rows_of(self, made: solver_plan.Plan) -> list[Any]:
        """The plan's places as rows. Raises KeyError for what is no longer there."""
        rows: list[Any] = [
            Placement(
                plan_id=self.plan.id,
                event_id=self.events[a.event],
                session_id=self.sessions[a.session],
                party=a.party,
                **self.parties[a.party],
            )
            for a in made.assignments
        ]
        rows += [self.set_row(planned) for planned in made.sets]
        rows += [
            Unplaced(
                plan_id=self.plan.id,
                event_id=self.events[left_out.event],
                party=left_out.party,
                reasons=list(left_out.reasons),
                **self.parties[left_out.party],
            )
            for left_out in made.unplaced
        ]
        return rows

    def set_row(self, planned: solver_plan.PlannedSet) -> LearningSet:
        """A set as a row, with its members and meetings."""
        event = self.events[planned.set]
        leader = planned.facilitator
        made = self.sets[event, planned.number] = LearningSet(
            plan_id=self.plan.id,
            event_id=event,
            number=planned.number,
            facilitator_id=None if leader is None else int(leader.removeprefix("F")),
            members=[SetMember(party=party, **self.parties[party]) for party in planned.parties],
            meetings=[
                SetMeeting(round_id=self.rounds[event, m.round], session_id=self.sessions[m.slot])
                for m in planned.meetings
            ],
        )
        return made

    def _ids(self, kind: type[Event] | type[Session], key: Any) -> dict[str, int]:
        of_programme = sa.and_(kind.programme_id == Programme.id, Programme.id == self.plan.programme_id)
        return {name: row for name, row in db.session.execute(select(key, kind.id).where(of_programme))}  # noqa: C416
