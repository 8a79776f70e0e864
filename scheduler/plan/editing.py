"""Changing a draft by hand: one step at a time, at the exact price, never against a rule that cannot be overruled.

A step gives a party another place, a set another facilitator, or one of its meetings another date. Each is priced
looking only at what it touches; the step that is made is counted again by the code that checks every plan. A no, seats
and clashes stand against it; a mix rule an owner can overrule, with a reason that stays on the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import (
    BoardMove,
    Event,
    Lock,
    LockKind,
    MoveKind,
    Organiser,
    Plan,
    PlanStatus,
    RunEnd,
    RunState,
    record,
)
from scheduler.plan.keeping import problem_of, result_of, store_party, store_sets
from scheduler.plan.naming import Names
from scheduler.plan.overruling import is_of_mix, mix_faults, overrule, overrulings_of, standing_faults, uncovered
from scheduler.plan.overview import locks_of
from scheduler.plan.placing import BY_HAND, UNPLACED, as_json, gone_set, placed, swapped
from scheduler.transaction import transaction
from solver import plan as solver_plan
from solver.check import Violation, recount
from solver.forbidding import rules_against
from solver.pricing import price
from solver.problem import Meeting, PlannedSet, Problem
from solver.whereabouts import Whereabouts

MIX, LOCKS = "mix", "locks"
"""Names of rules in ``Choice.rules``, as ``solver.forbidding.RULES`` has them."""


class NotEditable(Exception):
    """The plan is no draft, its run is not over, or it has no places."""


class EditedMeanwhile(Exception):
    """Another organiser has changed the draft since it was read."""


class MoveRefused(Exception):
    """The step would break rules; ``broken`` says which, ids in double quotes."""

    def __init__(self, broken: tuple[str, ...]) -> None:
        self.broken = broken
        super().__init__("; ".join(broken))


@dataclass(frozen=True)
class Choice:
    """A place a party could have in an event: a session's id, a set's number as text, or "unplaced".

    ``cost`` is the whole plan's if the party went there, all else held; ``broken`` are sentences with ids in double
    quotes, none where it may go, and ``rules`` the kinds of rule they are of; ``answer`` is what it said to the
    session, "" where there is none to say.
    """

    event: str
    place: str
    now: bool
    cost: int
    more: int
    broken: tuple[str, ...]
    answer: str = ""
    rules: frozenset[str] = frozenset()

    @property
    def can_be_overruled(self) -> bool:
        """Whether nothing but the mix stands against it."""
        return bool(self.broken) and self.rules == {MIX}


@dataclass(frozen=True)
class Step:
    """One change of a draft: ``subject`` is a party, or the number of a set as text; ``round`` is a meeting's.

    ``place`` of a swap is the party that ``subject`` changes places with.
    """

    event: Event
    subject: str
    place: str
    kind: MoveKind = MoveKind.PARTY
    round: str | None = None


@dataclass(frozen=True)
class Moved:
    """What a step came to: the new cost, by how much each term changed it, weighted, and its row."""

    cost: int
    more: int
    terms: Mapping[str, int]
    move: BoardMove
    overruled: bool = False


def is_editable(plan: Plan) -> bool:
    """Whether moves are possible: a draft whose run is over and which has a plan."""
    return plan.status is PlanStatus.DRAFT and plan.run_state is RunState.FINISHED and plan.objective is not None


def choices_of(
    plan: Plan, problem: Problem, made: solver_plan.Plan, party: str, event: str | None = None
) -> list[Choice]:
    """Every place that a party of a plan could have, in one event or all, in the order of the problem."""
    locks, overruled = locks_of(plan.programme_id), overrulings_of(plan)
    before = made.objective or 0
    where = Whereabouts(problem, made)
    found = []
    for kind in where.kinds_of(party):
        for move in where.moves_of(party, kind) if event in (None, kind.id) else ():
            name = None if move.entering is None else move.entering.name
            place = UNPLACED if name is None else str(name)
            now_here = move.leaving is move.entering
            against = dict(rules_against(where, move))
            if MIX in against and overruled:
                moved = placed(made, problem, kind.id, party, place, is_set=isinstance(name, int))
                if not uncovered(mix_faults(problem, moved, kind.id), overruled):
                    del against[MIX]
            locked = () if now_here else tuple(_locks_broken(locks, kind.id, party, place))
            if locked:
                against[LOCKS] = (*against.get(LOCKS, ()), *locked)
            broken = tuple(dict.fromkeys(sentence for said in against.values() for sentence in said))
            answer = problem.answer(party, name) if isinstance(name, str) else ""
            more = price(where, move)
            found.append(Choice(kind.id, place, now_here, before + more, more, broken, answer, frozenset(against)))
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
        return choices_of(self.plan, self.problem, self.made, party, event.key)

    def place_of(self, event: Event, party: str) -> str:
        """Where the party is now, in the words of ``Choice.place``."""
        for assigned in self.made.assignments:
            if (assigned.event, assigned.party) == (event.key, party):
                return assigned.session
        for planned in self.made.sets:
            if planned.set == event.key and party in planned.parties:
                return str(planned.number)
        return UNPLACED

    def set_of(self, event: Event, number: str) -> PlannedSet | None:
        """A set of the plan by its number as text."""
        return next((s for s in self.made.sets if (s.set, str(s.number)) == (event.key, number)), None)

    def now_of(self, step: Step) -> str:
        """What a step would change, as it is now: "" of a set without a facilitator."""
        if step.kind is MoveKind.PARTY:
            return self.place_of(step.event, step.subject)
        if step.kind is MoveKind.SWAP:
            return step.place  # the way back is the same exchange
        planned = self.set_of(step.event, step.subject)
        if planned is None:
            raise NotEditable(step.subject)
        if step.kind is MoveKind.FACILITATOR:
            return planned.facilitator or ""
        return next((m.slot for m in planned.meetings if m.round == step.round), "")

    def has(self, event: Event, party: str) -> bool:
        """Whether the party is one that this plan placed, or left unplaced, in this event."""
        audiences = {planned.id: planned.audience for planned in self.problem.events}
        audiences |= {entry.id: entry.audience for entry in self.problem.sets}
        return party in audiences.get(event.key, ())

    def with_party_at(
        self, event: Event, party: str, place: str, why: Sequence[str] = BY_HAND, back: PlannedSet | None = None
    ) -> solver_plan.Plan:
        """The plan with one party somewhere else, counted again; it may break rules.

        ``why`` is the reason to show where the place is none; ``back`` a set that the party alone had left.
        """
        made = self.made if back is None else replace(self.made, sets=(*self.made.sets, back))
        return self._counted(placed(made, self.problem, event.key, party, place, why=why, is_set=event.has_sets))

    def with_step(self, step: Step, why: Sequence[str] = (), back: PlannedSet | None = None) -> solver_plan.Plan:
        """The plan with one step made, counted again; it may break rules."""
        if step.kind is MoveKind.PARTY:
            return self.with_party_at(step.event, step.subject, step.place, why or BY_HAND, back)
        if step.kind is MoveKind.SWAP:
            return self._counted(swapped(self.made, self.problem, step.event.key, step.subject, step.place))
        planned = self.set_of(step.event, step.subject)
        if planned is None:
            raise NotEditable(step.subject)
        if step.kind is MoveKind.FACILITATOR:
            changed = replace(planned, facilitator=step.place or None)
        else:
            meetings = (Meeting(m.round, step.place) if m.round == step.round else m for m in planned.meetings)
            changed = replace(planned, meetings=tuple(meetings))
        sets = tuple(changed if each is planned else each for each in self.made.sets)
        return self._counted(replace(self.made, sets=sets))

    def move(self, event: Event, party: str, place: str, *, by: Organiser | None, overrule_because: str = "") -> Moved:
        """Give a party another place, as ``make`` does."""
        return self.make(Step(event, party, place), by=by, overrule_because=overrule_because)

    def make(
        self,
        step: Step,
        *,
        by: Organiser | None,
        overrule_because: str = "",
        again: BoardMove | None = None,
    ) -> Moved:
        """Make a step and store the draft anew. With ``again`` it takes that move back, or makes it once more.

        ``overrule_because`` is an owner's reason to break a mix rule, and of no use against any other. Raises
        MoveRefused where the step breaks a rule or a lock, EditedMeanwhile where the draft has changed since this one
        was read, NotEditable where there is no such place.
        """
        was = self.now_of(step)
        back = gone_set(again) if again is not None and not again.undone else None
        if not self._is_possible(step, back):
            raise NotEditable(step.place)
        moved = self.with_step(step, again.why if again is not None and not again.undone else (), back)
        overruled = overrulings_of(self.plan)
        if again is not None and again.undone:
            overruled += again.overrulings
        locks = locks_of(self.plan.programme_id)
        faults = standing_faults(self.problem, moved, overruled)
        of_locks = _locks_broken(locks, step.event.key, step.subject, step.place) if step.kind is MoveKind.PARTY else ()
        said = (*(_of_which_set(fault, moved) for fault in faults), *of_locks)
        broken = tuple(dict.fromkeys(said))
        overrules = bool(overrule_because) and len(said) == len(faults) and all(is_of_mix(fault) for fault in faults)
        if broken and not overrules:
            raise MoveRefused(broken)
        weights, before = self.problem.weights, self.made.terms
        terms = {name: getattr(weights, name) * (n - before.get(name, 0)) for name, n in moved.terms.items()}
        with transaction() as tx:
            as_read = Plan.id == self.plan.id, Plan.edits == self.edits, Plan.status == PlanStatus.DRAFT
            values = {"edits": self.edits + 1, "run_end": RunEnd.EDITED}
            if tx.scalar(update(Plan).where(*as_read).values(values).returning(Plan.id)) is None:
                raise EditedMeanwhile
            tx.refresh(self.plan)
            if step.kind is MoveKind.PARTY:
                store_party(self.plan, moved, step.event, step.subject)
            else:
                store_sets(self.plan, moved, step.event)
            row = self._written(step, was, again, by)
            if overrules and broken:
                overrule(row, uncovered(mix_faults(self.problem, moved), overruled), overrule_because)
            self._recorded(row, step, was, by, overrule_because if overrules and broken else "")
        cost = moved.objective or 0
        more = cost - (self.made.objective or 0)
        return Moved(cost, more, {name: n for name, n in terms.items() if n}, row, bool(overrules and broken))

    def _written(self, step: Step, was: str, again: BoardMove | None, by: Organiser | None) -> BoardMove:
        """The row of a step that is being made, or of the move that it takes back or makes once more."""
        edit = self.edits + 1
        if again is not None:
            again.undone, again.edit = not again.undone, edit
            again.by_id, again.at = (by.id if by else None), now()
            return again
        taken_back = BoardMove.plan_id == self.plan.id, BoardMove.undone.is_(True)
        for row in db.session.scalars(select(BoardMove).where(*taken_back)):
            db.session.delete(row)  # what was taken back before a new move is no longer there to make again
        names = Names(self.plan).by_id
        emptied = self.set_of(step.event, was) if step.kind is MoveKind.PARTY else None
        gone = as_json(emptied) if emptied is not None and emptied.parties == (step.subject,) else None
        row = BoardMove(
            plan_id=self.plan.id,
            event=step.event.key,
            kind=step.kind,
            subject=step.subject,
            round=step.round,
            was=was,
            place=step.place,
            why=self._why(step.event, step.subject) if step.kind is MoveKind.PARTY else [],
            gone=gone,
            who=names.get(step.subject, f"Set {step.subject}"),
            where_to=_where_to(step, names),
            edit=edit,
            undone=False,
            by_id=by.id if by else None,
        )
        db.session.add(row)
        db.session.flush()
        return row

    def _recorded(self, row: BoardMove, step: Step, was: str, by: Organiser | None, overruled: str) -> None:
        deed = "plan.move-undone" if row.undone else "plan.mix-overruled" if overruled else "plan.moved"
        record(
            deed,
            programme=self.plan.programme,
            by=by,
            thing=f"plan {self.plan.number}",
            event=step.event.key,
            kind=step.kind.value,
            party=step.subject,
            round=step.round,
            place=step.place,
            was=was,
            undoes=row.id if row.undone else None,
            who=row.who,
            where=row.where_to if not row.undone else _where_to(step, Names(self.plan).by_id),
            overruled=overruled,
        )

    def _why(self, event: Event, party: str) -> list[str]:
        return next((list(u.reasons) for u in self.made.unplaced if (u.event, u.party) == (event.key, party)), [])

    def _is_possible(self, step: Step, back: PlannedSet | None) -> bool:
        """Whether there is such a subject and such a place."""
        if step.kind is MoveKind.PARTY:
            coming_back = back is not None and str(back.number) == step.place
            return (step.place in self._places(step.event) or coming_back) and self.has(step.event, step.subject)
        entry = next((entry for entry in self.problem.sets if entry.id == step.event.key), None)
        if entry is None:
            return False
        if step.kind is MoveKind.SWAP:
            two = {self.place_of(step.event, party) for party in (step.subject, step.place)}
            return len(two) == 2 and UNPLACED not in two
        if step.kind is MoveKind.FACILITATOR:
            return step.place in {leader.id for leader in entry.facilitators}
        return any(step.place == slot.id for r in entry.rounds if r.id == step.round for slot in r.slots)

    def _places(self, event: Event) -> list[str]:
        for planned in self.problem.events:
            if planned.id == event.key:
                return [*(session.id for session in planned.sessions), UNPLACED]
        if any(entry.id == event.key for entry in self.problem.sets):
            return [*(str(planned.number) for planned in self.made.sets if planned.set == event.key), UNPLACED]
        return []

    def _counted(self, moved: solver_plan.Plan) -> solver_plan.Plan:
        """The same with its own figures. The bound was proven for the same question, so it still holds."""
        terms = dict(recount(self.problem, moved))
        objective = sum(getattr(self.problem.weights, name) * count for name, count in terms.items())
        # A plan in which a rule was overruled may cost less than any that keeps them all.
        bound = min(self.made.bound, objective)
        status: solver_plan.Status = "optimal" if objective == bound else "feasible"
        return replace(moved, status=status, objective=objective, bound=bound, terms=terms)


def _where_to(step: Step, names: Mapping[str, str]) -> str:
    """What a place is called, for the sentence that says where somebody went."""
    if step.kind is MoveKind.FACILITATOR:
        return f"facilitator {names.get(step.place, step.place)}" if step.place else "no facilitator"
    if step.kind is MoveKind.SWAP:
        return f"the place of {names.get(step.place, step.place)}"
    if step.kind is MoveKind.PARTY and step.event.has_sets and step.place != UNPLACED:
        return f"set {step.place}"
    return names.get(step.place, step.place)


def _of_which_set(violation: Violation, moved: solver_plan.Plan) -> str:
    """The sentence of a broken rule; one about "the set" says which, as its place in the file does."""
    place = re.match(r"sets\[(\d+)\]", violation.place)
    if place is None:
        return violation.sentence
    return violation.sentence.replace("the set ", f"set {moved.sets[int(place[1])].number} ", 1)


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
