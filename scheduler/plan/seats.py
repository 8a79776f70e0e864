"""Free seats of the published plan: who wants them, at which price, and the plan with one party moved into them.

People were told of a plan, so it is not solved anew for one pair. The event is put as a question of today of which the
published places are an answer; one party is moved in that answer, and separate code counts it again as it counts all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.audience import Party, living_pairs, parties_of
from scheduler.extensions import db
from scheduler.models import Answer, Event, Organiser, Overruling, Placement, Plan, Programme, RunEnd, RunState, Session
from scheduler.plan.keeping import next_number, problem_bytes, store
from scheduler.plan.naming import Names
from scheduler.plan.overruling import overrulings_of, standing_faults
from scheduler.plan.problems import Json, plannable_events, problem_for
from solver import explain
from solver import plan as solver_plan
from solver.check import objective_of, recount
from solver.problem import Assignment, Problem
from solver.reading import read_problem

MOST_PRICED = 60
"""How many parties of one event are priced on a page: each is weighed against every session."""

_CAN_COME = (Answer.YES.value, Answer.IF_NEED_BE.value)


class Rank(IntEnum):
    """Who needs a seat most, first: nobody has less than no place."""

    UNPLACED = 0
    CANNOT_COME = 1
    IF_NEED_BE = 2


@dataclass(frozen=True)
class Want:
    """A party that said yes to a session with room, and has no place in its event or a worse one.

    ``change`` is by how much the plan's cost would change (less than 0: cheaper); ``broken`` are sentences, none where
    the party may go there.
    """

    party: Party
    session: Session
    rank: Rank
    place: Session | None  # where it is now
    change: int
    broken: tuple[str, ...]


class Present:
    """One event of the published plan, as it stands now, with the answers and rules of now.

    Places that people hold are not questioned: where somebody has said no since, what they said before counts for the
    place they have, and for no other.
    """

    def __init__(self, plan: Plan, event: Event) -> None:
        self.plan, self.event, self.at = plan, event, now()
        self.json: Json = problem_for(plan.programme, [event], at=self.at)
        self.says_now = {party: dict(says) for party, says in self.json["availability"].items()}
        self.places = self._places_ahead()
        self._keep_what_is_held()
        self.problem: Problem = read_problem(problem_bytes(self.json))
        self.made: solver_plan.Plan = self._made()

    @property
    def audience(self) -> Sequence[str]:
        """Who is to have a place, by party."""
        return next((event.audience for event in self.problem.events if event.id == self.event.key), ())

    @cached_property
    def names(self) -> Names:
        """What the ids of rules are called."""
        return Names(self.plan)

    def free_seats(self, session: Session) -> int | None:
        """How many seats of a session nobody has; None where it has no limit."""
        if session.max_seats is None:
            return None
        taken = sum(self.problem.party_by_id[p].seats for p, key in self.places.items() if key == session.key)
        return max(0, session.max_seats - taken)

    def answer(self, party: str, session: Session) -> str:
        """What a party says to a session now; a date at which it is somewhere else is a no."""
        return self.problem.answer(party, session.key)

    def faults(self) -> list[str]:
        """What of today's rules the published places themselves break: nothing is moved before that is mended."""
        return self._in_words(standing_faults(self.problem, self.made, self._overruled))

    def with_party_at(self, party: str, session: Session | None, why: str = "") -> solver_plan.Plan:
        """The places with one party somewhere else, or with ``None`` nowhere, counted again; it may break rules."""
        places = {other: key for other, key in self.places.items() if other != party}
        if session is not None:
            places[party] = session.key
        return self._made(places, {party: (why,)} if why else {})

    def broken_by(self, moved: solver_plan.Plan) -> list[str]:
        """Every rule that a changed plan breaks, in sentences."""
        return self._in_words(standing_faults(self.problem, moved, self._overruled))

    def price(self, party: str) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """For each session, by key, the change in cost and the broken rules if the party went there."""
        priced = explain(self.problem, self.made, party)
        return {place.session: (place.change, place.broken) for place in priced if place.session is not None}

    @cached_property
    def _overruled(self) -> list[Overruling]:
        """The mix rules that an owner overruled in the published plan: they are no fault of its places."""
        return overrulings_of(self.plan)

    def _places_ahead(self) -> dict[str, str]:
        """Session by party, of what lies ahead."""
        rows = db.session.execute(
            sa.select(Placement.party, Session.key)
            .join(Session, Session.id == Placement.session_id)
            .where(Placement.plan_id == self.plan.id, Placement.event_id == self.event.id)
            .where(Session.starts_at > self.at, Session.withdrawn_at.is_(None))
        )
        asked = {party for event in self.json["events"] for party in event["audience"]}
        return {party: key for party, key in rows if party in asked}

    def _keep_what_is_held(self) -> None:
        before = self.plan.problem.get("availability", {})
        for party, key in self.places.items():
            says = self.json["availability"].setdefault(party, {})
            if says.get(key) not in _CAN_COME:
                said = before.get(party, {}).get(key)
                says[key] = said if said in _CAN_COME else Answer.YES.value

    def _made(
        self, places: Mapping[str, str] | None = None, why: Mapping[str, tuple[str, ...]] | None = None
    ) -> solver_plan.Plan:
        places = self.places if places is None else places
        key = self.event.key
        reasons = {row.party: tuple(row.reasons) for row in self.plan.unplaced if row.event_id == self.event.id}
        reasons |= why or {}
        made = solver_plan.Plan(
            status="feasible",
            seconds=0.0,
            assignments=tuple(Assignment(key, p, places[p]) for p in self.audience if p in places),
            unplaced=tuple(solver_plan.Unplaced(key, p, reasons.get(p, ())) for p in self.audience if p not in places),
        )
        terms = dict(recount(self.problem, made))
        return replace(made, terms=terms, objective=objective_of(self.problem, made))

    def _in_words(self, broken: Iterable[object]) -> list[str]:
        return list(dict.fromkeys(self.names.in_words(getattr(each, "sentence", str(each))) for each in broken))


def parties_in(present: Present) -> dict[str, Party]:
    """The parties that are to have a place in the event, by key."""
    found = {party.key: party for party in parties_of(present.event, living_pairs(present.plan.programme))}
    return {key: found[key] for key in present.audience if key in found}


def events_with_seats(programme: Programme) -> list[Event]:
    """The events with sessions ahead in which seats can be offered: those of sets have none."""
    return [event for event in plannable_events(programme) if not event.has_sets]


def wants_of(present: Present, declined: Collection[int] = ()) -> list[Want]:
    """Who wants a seat that is free, best first: by need, then by what the plan gains, then by name.

    ``declined`` are the people, by id, whose calendars have declined the place they have in the event. The first
    ``MOST_PRICED`` of a long list are priced; the others are left out until those have been served.
    """
    sessions = [s for s in present.event.sessions if s.key in set(present.places.values())]
    by_key = {session.key: session for session in present.event.sessions}
    roomy = {session: present.free_seats(session) for session in sessions}
    wanting = []
    for party in parties_in(present).values():
        place = by_key.get(present.places.get(party.key, ""))
        rank = _rank(present, party, place, declined)
        seats = len(party.people)
        here = [
            session
            for session, free in roomy.items()
            if session is not place
            and (free is None or free >= seats)
            and present.answer(party.key, session) == Answer.YES.value
        ]
        if rank is not None and here:
            wanting.append((rank, party, place, here))
    wanting.sort(key=lambda each: (each[0], each[1].name, each[1].key))
    found = []
    for rank, party, place, here in wanting[:MOST_PRICED]:
        prices = present.price(party.key)
        for session in here:
            change, broken = prices.get(session.key, (0, ()))
            found.append(Want(party, session, rank, place, change, tuple(present.names.in_words(b) for b in broken)))
    return sorted(found, key=lambda w: (bool(w.broken), w.rank, w.change, w.party.name, w.session.starts_at))


def keep_version(present: Present, moved: solver_plan.Plan, *, by: Organiser | None) -> Plan:
    """A new draft with the changed places, and all other published places as they are, in the caller's transaction."""
    plan = Plan(
        programme=present.plan.programme,
        number=next_number(present.plan.programme),
        made_by=by,
        made_at=present.at,
        asked_at=present.at,
        based_on=present.plan,
        problem=present.json,
        run_state=RunState.FINISHED,
        run_end=RunEnd.EDITED,
        started_at=present.at,
        ended_at=present.at,
    )
    db.session.add(plan)
    db.session.flush()
    store(plan, moved)
    return plan


def _rank(present: Present, party: Party, place: Session | None, declined: Collection[int]) -> Rank | None:
    """How much a party needs another place; None where it has a good one."""
    if place is None:
        return Rank.UNPLACED
    answer = present.says_now.get(party.key, {}).get(place.key, Answer.NO.value)
    if answer == Answer.NO.value or any(person.id in declined for person in party.people):
        return Rank.CANNOT_COME
    return Rank.IF_NEED_BE if answer == Answer.IF_NEED_BE.value else None
