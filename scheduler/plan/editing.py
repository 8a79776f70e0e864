"""Changing a draft by hand: one party moved, at the exact price, never against a rule.

Every choice is priced by ``solver.explain``, which looks only at what the move touches; the move that is made is
counted again by the code that checks every plan. What cannot be overruled (a no, seats, clashes, mix) is said before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update

from scheduler.models import Event, Lock, LockKind, Organiser, Plan, PlanStatus, RunEnd, RunState, record
from scheduler.plan.keeping import problem_of, result_of, store
from scheduler.plan.naming import Names
from scheduler.plan.overview import locks_of
from scheduler.transaction import transaction
from solver import explain
from solver import plan as solver_plan
from solver.check import Violation, check, recount
from solver.problem import Assignment, PlannedSet, Problem

UNPLACED = "unplaced"
BY_HAND = ("Taken out by hand.",)


class NotEditable(Exception):
    """The plan is no draft, its run is not over, or it has no places."""


class EditedMeanwhile(Exception):
    """Another organiser has changed the draft since it was read."""


class MoveRefused(Exception):
    """The move would break rules; ``broken`` says which, ids in double quotes."""

    def __init__(self, broken: tuple[str, ...]) -> None:
        self.broken = broken
        super().__init__("; ".join(broken))


@dataclass(frozen=True)
class Choice:
    """A place a party could have in an event: a session's id, a set's number as text, or "unplaced".

    ``cost`` is the whole plan's if the party went there, all else held; ``broken`` are sentences with ids in double
    quotes, none where it may go; ``answer`` is what it said to the session, "" where there is none to say.
    """

    event: str
    place: str
    now: bool
    cost: int
    more: int
    broken: tuple[str, ...]
    answer: str = ""


@dataclass(frozen=True)
class Moved:
    """What a move came to: the new cost, and by how much each term changed it, weighted."""

    cost: int
    more: int
    terms: Mapping[str, int]


def is_editable(plan: Plan) -> bool:
    """Whether moves are possible: a draft whose run is over and which has a plan."""
    return plan.status is PlanStatus.DRAFT and plan.run_state is RunState.FINISHED and plan.objective is not None


def choices_of(plan: Plan, problem: Problem, made: solver_plan.Plan, party: str) -> list[Choice]:
    """Every place of every event and sets that a party of a plan could have, in the order of the problem."""
    locks = locks_of(plan.programme_id)
    before = made.objective or 0
    found = []
    for place in explain(problem, made, party):
        value = UNPLACED if place.is_none else place.session or str(place.number)
        locked = () if place.now else tuple(_locks_broken(locks, place.event, party, value))
        answer = "" if place.session is None else problem.answer(party, place.session)
        broken = (*place.broken, *locked)
        found.append(Choice(place.event, value, place.now, before + place.change, place.change, broken, answer))
    return found


class Draft:
    """A plan that is being looked at, or changed, by hand."""

    def __init__(self, plan: Plan) -> None:
        if not is_editable(plan):
            raise NotEditable(plan.number)
        made = result_of(plan)
        if made is None:
            raise NotEditable(plan.number)
        self.plan = plan
        self.edits = plan.edits
        self.made: solver_plan.Plan = made
        self.problem: Problem = problem_of(plan)

    def choices(self, event: Event, party: str) -> list[Choice]:
        """Every place of an event or its sets that a party could have, with price and broken rules."""
        choices = choices_of(self.plan, self.problem, self.made, party)
        return [choice for choice in choices if choice.event == event.key]

    def place_of(self, event: Event, party: str) -> str:
        """Where the party is now, in the words of ``Choice.place``."""
        for assigned in self.made.assignments:
            if (assigned.event, assigned.party) == (event.key, party):
                return assigned.session
        for planned in self.made.sets:
            if planned.set == event.key and party in planned.parties:
                return str(planned.number)
        return UNPLACED

    def has(self, event: Event, party: str) -> bool:
        """Whether the party is one that this plan placed, or left unplaced, in this event."""
        audiences = {planned.id: planned.audience for planned in self.problem.events}
        audiences |= {entry.id: entry.audience for entry in self.problem.sets}
        return party in audiences.get(event.key, ())

    def with_party_at(self, event: Event, party: str, place: str, why: Sequence[str] = BY_HAND) -> solver_plan.Plan:
        """The plan with one party somewhere else, counted again; it may break rules.

        ``why`` is the reason to show where the place is none.
        """
        assignments = [a for a in self.made.assignments if (a.event, a.party) != (event.key, party)]
        sets = [_without(planned, party) if planned.set == event.key else planned for planned in self.made.sets]
        unplaced = [u for u in self.made.unplaced if (u.event, u.party) != (event.key, party)]
        if place == UNPLACED:
            unplaced.append(solver_plan.Unplaced(event.key, party, tuple(why)))
        elif event.has_sets:
            sets = [self._with(s, party) if (s.set, str(s.number)) == (event.key, place) else s for s in sets]
        else:
            assignments.append(Assignment(event.key, party, place))
        return self._counted(
            replace(
                self.made,
                assignments=tuple(self._in_order(assignments)),
                sets=tuple(s for s in sets if s.parties),
                unplaced=tuple(unplaced),
            )
        )

    def move(
        self,
        event: Event,
        party: str,
        place: str,
        *,
        by: Organiser | None,
        why: Sequence[str] = (),
        undoes: int | None = None,
    ) -> Moved:
        """Move a party and store the draft anew; ``undoes`` names the audit entry of the move that this takes back.

        Raises MoveRefused where that breaks a rule or a lock, EditedMeanwhile where the draft has changed since this
        one was read, NotEditable where there is no such place.
        """
        if place not in self._places(event) or not self.has(event, party):
            raise NotEditable(place)
        moved = self.with_party_at(event, party, place, why or BY_HAND)
        locks = locks_of(self.plan.programme_id)
        broken = (*self._broken(moved), *_locks_broken(locks, event.key, party, place))
        if broken:
            raise MoveRefused(broken)
        weights, before = self.problem.weights, self.made.terms
        names = Names(self.plan).by_id
        terms = {name: getattr(weights, name) * (n - before.get(name, 0)) for name, n in moved.terms.items()}
        with transaction() as tx:
            as_read = Plan.id == self.plan.id, Plan.edits == self.edits, Plan.status == PlanStatus.DRAFT
            values = {"edits": self.edits + 1, "run_end": RunEnd.EDITED}
            if tx.scalar(update(Plan).where(*as_read).values(values).returning(Plan.id)) is None:
                raise EditedMeanwhile
            tx.refresh(self.plan)
            store(self.plan, moved)
            record(
                "plan.moved",
                programme=self.plan.programme,
                by=by,
                thing=f"plan {self.plan.number}",
                event=event.key,
                party=party,
                place=place,
                was=self.place_of(event, party),
                why=self._why(event, party),
                undoes=undoes,
                who=names.get(party, party),
                where=names.get(place, f"set {place}" if event.has_sets and place != UNPLACED else place),
            )
        cost = moved.objective or 0
        return Moved(cost, cost - (self.made.objective or 0), {name: n for name, n in terms.items() if n})

    def _why(self, event: Event, party: str) -> list[str]:
        return next((list(u.reasons) for u in self.made.unplaced if (u.event, u.party) == (event.key, party)), [])

    def _with(self, planned: PlannedSet, party: str) -> PlannedSet:
        """A set with one party more, in the order of the audience, as the solver writes it."""
        audience = next(entry.audience for entry in self.problem.sets if entry.id == planned.set)
        return replace(planned, parties=tuple(p for p in audience if p == party or p in planned.parties))

    def _places(self, event: Event) -> list[str]:
        for planned in self.problem.events:
            if planned.id == event.key:
                return [*(session.id for session in planned.sessions), UNPLACED]
        if any(entry.id == event.key for entry in self.problem.sets):
            return [*(str(planned.number) for planned in self.made.sets if planned.set == event.key), UNPLACED]
        return []

    def _broken(self, moved: solver_plan.Plan) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_of_which_set(violation, moved) for violation in check(self.problem, moved)))

    def _counted(self, moved: solver_plan.Plan) -> solver_plan.Plan:
        """The same with its own figures. The bound was proven for the same question, so it still holds."""
        terms = dict(recount(self.problem, moved))
        objective = sum(getattr(self.problem.weights, name) * count for name, count in terms.items())
        status: solver_plan.Status = "optimal" if objective == self.made.bound else "feasible"
        return replace(moved, status=status, objective=objective, terms=terms)

    def _in_order(self, assignments: list[Assignment]) -> Iterator[Assignment]:
        """As the solver writes them: by event, then by party, in the order of the problem."""
        order = {(e.id, party): at for e in self.problem.events for at, party in enumerate(e.audience)}
        events = {event.id: at for at, event in enumerate(self.problem.events)}
        yield from sorted(assignments, key=lambda a: (events[a.event], order[a.event, a.party]))


def _of_which_set(violation: Violation, moved: solver_plan.Plan) -> str:
    """The sentence of a broken rule; one about "the set" says which, as its place in the file does."""
    place = re.match(r"sets\[(\d+)\]", violation.place)
    if place is None:
        return violation.sentence
    return violation.sentence.replace("the set ", f"set {moved.sets[int(place[1])].number} ", 1)


def _without(planned: PlannedSet, party: str) -> PlannedSet:
    return replace(planned, parties=tuple(other for other in planned.parties if other != party))


def _locks_broken(locks: list[Lock], event: str, party: str, place: str) -> Iterator[str]:
    """What of the programme's locks stands against a place: also those made after the plan."""
    for lock in locks:
        session: Any = lock.session
        if lock.party == party and session is not None and session.event.key == event:
            if lock.kind is LockKind.ATTENDS and session.key != place and session.round_id is None:
                yield f'is locked to "{session.key}"{_because(lock)}'
            if lock.kind is LockKind.NEVER and session.key == place:
                yield f'is locked out of "{session.key}"{_because(lock)}'
        if lock.kind is LockKind.STAYS_CLOSED and session is not None and session.key == place:
            yield f'"{session.key}" is locked to stay closed{_because(lock)}'


def _because(lock: Lock) -> str:
    return f" ({lock.reason})" if lock.reason else ""
