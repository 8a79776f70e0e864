"""The decomposed peer, as a good engineer writes it in a week: each event alone by CP-SAT, then the sets.

What it does well: every part is solved nearly or wholly to its optimum, costs, mix and seats included; burden and
clashes are carried from part to part; sets of many parties are formed in chunks. Repeated encounters are not in view:
that is what joins the parts, and what makes them large.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.peers.found import Clock, Found, Point, ask
from benchmarks.peers.one_model import OneModel, plan_of
from solver.plan import Plan
from solver.problem import Assignment, PlannedSet, Problem, SetsEntry

PARTIES_IN_A_CHUNK = 48
MOST_AT_ONCE = 110
FOR_SETS = 0.4


class Parts:
    """What was planned so far, and the rest of the problem that this leaves."""

    def __init__(self, problem: Problem, until: float, threads: int, clock: Clock) -> None:
        self.problem, self.until, self.threads, self.clock = problem, until, threads, clock
        self.assignments: list[Assignment] = []
        self.sets: list[PlannedSet] = []
        self.attended: dict[str, set[str]] = {party.id: set() for party in problem.parties}

    def plan_events(self) -> None:
        """Each event alone, the one with fewest sessions that may run first."""
        left = (self.until - self.clock()) * ((1 - FOR_SETS) if self.problem.sets else 1)
        end = self.clock() + left
        for done, event in enumerate(self.problem.events):
            share = (end - self.clock()) / (len(self.problem.events) - done)
            made = self.solved(replace(self.rest(event.audience), events=(event,)), self.clock() + share)
            self.take(made)

    def plan_sets(self) -> None:
        """The sets of each entry, chunk by chunk."""
        for entry in self.problem.sets:
            chunks = list(_chunks(self.problem, entry))
            for done, chunk in enumerate(chunks):
                until = self.clock() + (self.until - self.clock()) / (len(chunks) - done)
                part = replace(entry, audience=chunk, **self.left_for(entry))
                self.take(self.solved(replace(self.rest(chunk), sets=(part,)), until))

    def solved(self, part: Problem, until: float) -> Plan:
        """A part's plan, or nothing where none was found in time."""
        already = Counter(
            {p: sum(self.problem.answer(p, s) == "if-need-be" for s in held) for p, held in self.attended.items()}
        )
        model = SetsModel(part, already)
        solver = ask(model.cp, until, self.threads, self.clock, [])
        return Plan("unknown", 0.0) if solver is None else plan_of(model, solver.value)

    def rest(self, parties: tuple[str, ...]) -> Problem:
        """The problem without parts, encounters' weight, and answers that clash with what is planned."""
        answers = {
            party: {s: a for s, a in self.problem.availability.get(party, {}).items() if not self.clashes(party, s)}
            for party in parties
        }
        weights = replace(self.problem.weights, repeat_encounter=0)
        return replace(self.problem, events=(), sets=(), availability=answers, weights=weights)

    def clashes(self, party: str, sitting: str) -> bool:
        """Whether the party is already somewhere else then."""
        new = self.problem.sitting_by_id[sitting]
        held = (self.problem.sitting_by_id[s] for s in self.attended[party])
        return any(max(new.start, old.start) - min(new.end, old.end) < self.problem.gap for old in held)

    def left_for(self, entry: SetsEntry) -> dict[str, Any]:
        """The rounds and facilitators of an entry, less what its earlier sets use."""
        used = Counter(meeting.slot for planned in self.sets for meeting in planned.meetings)
        led = Counter(planned.facilitator for planned in self.sets)
        busy = {(s.facilitator, m.slot) for s in self.sets for m in s.meetings}
        rounds = tuple(
            replace(r, slots=tuple(replace(s, max_sets=_less(s.max_sets, used[s.id])) for s in r.slots))
            for r in entry.rounds
        )
        facilitators = tuple(
            replace(
                f,
                max_sets=_less(f.max_sets, led[f.id]),
                unavailable=f.unavailable | {slot for who, slot in busy if who == f.id},
            )
            for f in entry.facilitators
        )
        return {"rounds": rounds, "facilitators": facilitators}

    def take(self, made: Plan) -> None:
        """Add a part's plan; its sets get the next free numbers."""
        self.assignments += made.assignments
        for a in made.assignments:
            self.attended[a.party].add(a.session)
        for planned in made.sets:
            self.sets.append(replace(planned, number=len(self.sets) + 1))
            for party in planned.parties:
                self.attended[party].update(meeting.slot for meeting in planned.meetings)


class SetsModel(OneModel):
    """The one model with two things better: numbers in use come first, and a busy facilitator takes one variable."""

    def add_facilitators(self, entry: Any, numbers: list[int]) -> None:
        """Each facilitator leads ``max_sets`` and meets one set at a time."""
        cp, slots = self.cp, [s.id for r in entry.rounds for s in r.slots]
        for f in entry.facilitators:
            if f.max_sets is not None:
                cp.add(sum(self.leads[k, f.id] for k in numbers) <= f.max_sets)
            for k, slot in itertools.product(numbers, sorted(f.unavailable)):
                cp.add_bool_or([self.leads[k, f.id].negated(), self.meets[k, slot].negated()])
            for slot in slots:
                busy = {k: cp.new_bool_var("") for k in numbers}
                for k, is_busy in busy.items():
                    cp.add_bool_or([self.leads[k, f.id].negated(), self.meets[k, slot].negated(), is_busy])
                cp.add_at_most_one(busy.values())
        size = {k: sum(self.y[p, k] for p in entry.audience) for k in numbers}
        for one, other in itertools.pairwise(numbers):
            cp.add(size[one] >= size[other])


def solve(problem: Problem, seconds: float, threads: int, clock: Clock) -> Found:
    """Plan part by part; the first plan is the only one, when its last part is done."""
    began = clock()
    parts = Parts(problem, began + seconds, threads, clock)
    parts.plan_events()
    parts.plan_sets()
    plan = Plan("feasible", 0.0, assignments=tuple(parts.assignments), sets=tuple(parts.sets))
    point: Point = (clock() - began, None, 0)
    return Found(plan, 0, [point])


def _less(most: int | None, used: int) -> int | None:
    return None if most is None else most - used


def _chunks(problem: Problem, entry: SetsEntry) -> Iterator[tuple[str, ...]]:
    """The audience in parts of about 48, the values of its first mix attribute dealt evenly."""
    everyone = entry.audience
    if len(everyone) <= MOST_AT_ONCE:
        yield everyone
        return
    if entry.mix:
        everyone = tuple(sorted(everyone, key=lambda p: problem.party_by_id[p].value_of(entry.mix[0].attribute)))
    count = round(len(everyone) / PARTIES_IN_A_CHUNK)
    yield from (everyone[i::count] for i in range(count))
