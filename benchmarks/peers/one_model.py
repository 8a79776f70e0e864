"""The plain formulation: one CP-SAT model, a Boolean for each party and session, pairs of Trusts by clauses.

As a good engineer would write it in two days, for what the generator's instances ask: availability, seats, open, mix,
sets with slots and facilitators, apart, clashes by pairs, and every term. Shares no code with ``solver``.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ortools.sat.python import cp_model

from benchmarks.peers.found import Clock, Found, Point, ask
from solver.plan import Plan
from solver.problem import Assignment, Meeting, PlannedSet, Problem


class OneModel:
    """Builds the model in the order of the format; ``already`` counts what else each party does if need be."""

    def __init__(self, problem: Problem, already: Mapping[str, int] | None = None) -> None:
        self.problem, self.already = problem, already or {}
        self.cp = cp_model.CpModel()
        self.cost: list[Any] = []
        self.if_need_be: dict[str, list[Any]] = defaultdict(list)
        self.attended: dict[str, dict[str, Any]] = defaultdict(dict)
        self.together: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self.seat = {p.id: len(p.people) for p in problem.parties}
        for event in problem.events:
            self.add_event(event)
        for entry in problem.sets:
            self.add_sets(entry)
        self.add_clashes()
        self.add_repeats()
        self.cp.minimize(sum(self.cost))

    def pay(self, party: str, sitting: str, attends: Any) -> None:
        weights = self.problem.weights
        self.attended[party][sitting] = attends
        self.cost.append(weights.costs * self.problem.cost(party, sitting) * attends)
        if self.problem.answer(party, sitting) == "if-need-be":
            self.cost.append(weights.if_need_be * attends)
            self.if_need_be[party].append(attends)

    def place(self, literals: list[Any]) -> None:
        left_out = self.cp.new_bool_var("")
        self.cp.add_exactly_one([*literals, left_out])
        self.cost.append(self.problem.weights.unplaced * left_out)

    def add_event(self, event: Any) -> None:
        cp, answer = self.cp, self.problem.answer
        x = {(p, s.id): cp.new_bool_var("") for p in event.audience for s in event.sessions if answer(p, s.id) != "no"}
        opened = []
        for session in event.sessions:
            runs = cp.new_bool_var("")
            opened.append(runs)
            here = {p: x[p, session.id] for p in event.audience if (p, session.id) in x}
            for party, attends in here.items():
                cp.add_implication(attends, runs)
                self.pay(party, session.id, attends)
            taken = sum(self.seat[p] * attends for p, attends in here.items())
            cp.add(taken >= max(1, session.min_seats) * runs)
            if session.max_seats is not None:
                cp.add(taken <= session.max_seats)
            self.cost.append(self.problem.weights.open_cost * session.open_cost * runs)
            self.add_group(event, here, runs)
        cp.add(sum(opened) >= event.open_min)
        if event.open_max is not None:
            cp.add(sum(opened) <= event.open_max)
        for party in event.audience:
            self.place([x[party, s.id] for s in event.sessions if (party, s.id) in x])

    def add_group(self, place: Any, here: dict[str, Any], runs: Any) -> None:
        cp, parties = self.cp, self.problem.party_by_id
        present = sum(here.values())
        for mix in place.mix:
            everyone = Counter(parties[p].value_of(mix.attribute) for p in place.audience)
            shown = []
            for value, n in everyone.items():
                count = sum(attends for p, attends in here.items() if parties[p].value_of(mix.attribute) == value)
                if mix.max_share is not None:
                    cp.add(mix.max_share.denominator * count <= mix.max_share.numerator * present)
                if mix.max_count is not None:
                    cp.add(count <= mix.max_count)
                appears = cp.new_bool_var("")
                cp.add(appears <= count)
                shown.append(appears)
                due, beyond = cp.new_int_var(0, len(here), ""), cp.new_int_var(0, len(here), "")
                cp.add(len(place.audience) * due <= present * n + len(place.audience) - 1)
                cp.add(beyond >= count - due)
                self.cost.append(self.problem.weights.mix_imbalance * beyond)
            if mix.min_distinct:
                cp.add(sum(shown) >= mix.min_distinct * runs)
        if place.encounters:
            repeats = self.problem.weights.repeat_encounter
            for one, other in itertools.combinations(sorted(here), 2) if repeats else ():
                met = cp.new_bool_var("")
                cp.add_bool_or([here[one].negated(), here[other].negated(), met])
                self.together[one, other].append(met)
            for one, other in self.problem.apart:
                if one in here and other in here:
                    cp.add_bool_or([here[one].negated(), here[other].negated()])

    def add_sets(self, entry: Any) -> None:
        cp, answer = self.cp, self.problem.answer
        numbers = range(1, len(entry.audience) // max(1, entry.size_min) + 1)
        slots = [(r.id, s) for r in entry.rounds for s in r.slots]
        self.y = {(p, k): cp.new_bool_var("") for p in entry.audience for k in numbers}
        self.meets = {(k, s.id): cp.new_bool_var("") for k in numbers for _, s in slots}
        self.leads = {(k, f.id): cp.new_bool_var("") for k in numbers for f in entry.facilitators}
        visits = {(p, s.id): cp.new_bool_var("") for p in entry.audience for _, s in slots}
        for (party, slot), attends in visits.items():
            if answer(party, slot) == "no":
                cp.add(attends == 0)
            self.pay(party, slot, attends)
        for k in numbers:
            used = cp.new_bool_var("")
            here = {p: self.y[p, k] for p in entry.audience}
            cp.add(sum(here.values()) >= max(1, entry.size_min) * used)
            cp.add(sum(here.values()) <= (entry.size_max or len(here)) * used)
            for round_ in entry.rounds:
                cp.add(sum(self.meets[k, s.id] for s in round_.slots) == used)
            if entry.facilitators:
                cp.add(sum(self.leads[k, f.id] for f in entry.facilitators) == used)
            for party in entry.audience:
                for _, s in slots:
                    cp.add_bool_or([here[party].negated(), self.meets[k, s.id].negated(), visits[party, s.id]])
            self.add_group(entry, here, used)
        self.add_facilitators(entry, list(numbers))
        for _, s in slots:
            if s.max_sets is not None:
                cp.add(sum(self.meets[k, s.id] for k in numbers) <= s.max_sets)
        for party in entry.audience:
            self.place([self.y[party, k] for k in numbers])

    def add_facilitators(self, entry: Any, numbers: list[int]) -> None:
        cp, slots = self.cp, [s.id for r in entry.rounds for s in r.slots]
        for f in entry.facilitators:
            if f.max_sets is not None:
                cp.add(sum(self.leads[k, f.id] for k in numbers) <= f.max_sets)
            for k, slot in itertools.product(numbers, sorted(f.unavailable)):
                cp.add_bool_or([self.leads[k, f.id].negated(), self.meets[k, slot].negated()])
            for (one, other), slot in itertools.product(itertools.combinations(numbers, 2), slots):
                meeting = [self.leads[one, f.id], self.leads[other, f.id], self.meets[one, slot]]
                cp.add_bool_or([literal.negated() for literal in (*meeting, self.meets[other, slot])])

    def add_clashes(self) -> None:
        problem = self.problem
        for attended in self.attended.values():
            for one, other in itertools.combinations(attended, 2):
                first, second = problem.sitting_by_id[one], problem.sitting_by_id[other]
                if max(first.start, second.start) - min(first.end, second.end) < problem.gap:
                    self.cp.add_at_most_one([attended[one], attended[other]])

    def add_repeats(self) -> None:
        weights = self.problem.weights
        for (one, other), meetings in self.together.items():
            before = self.problem.met_before.get((one, other), 0)
            again = self.cp.new_int_var(0, len(meetings) + before, "")
            self.cp.add(again >= sum(meetings) + before - 1)
            self.cost.append(weights.repeat_encounter * again)
        for party, attendances in self.if_need_be.items():
            already = self.already.get(party, 0)
            beyond = self.cp.new_int_var(0, len(attendances) + already, "")
            self.cp.add(beyond >= sum(attendances) + already - 1)
            self.cost.append(weights.burden * beyond)


def solve(problem: Problem, seconds: float, threads: int, clock: Clock) -> Found:
    """Solve by the one model, at CP-SAT's default settings; building it counts."""
    began = clock()
    model = OneModel(problem)
    points: list[Point] = []
    solver = ask(model.cp, began + seconds, threads, clock, points)
    curve = [(at - began, objective, bound) for at, objective, bound in points]
    if solver is None:
        return Found(curve=curve)
    return Found(plan_of(model, solver.value), max(0, round(solver.best_objective_bound)), curve)


def plan_of(model: OneModel, value: Callable[[Any], int | bool]) -> Plan:
    """The plan that the values of the model's variables stand for."""
    problem = model.problem
    assignments = [
        Assignment(event.id, party, session.id)
        for event in problem.events
        for party in event.audience
        for session in event.sessions
        if session.id in model.attended[party] and value(model.attended[party][session.id])
    ]
    sets = []
    for entry in problem.sets:
        for k in range(1, len(entry.audience) // max(1, entry.size_min) + 1):
            parties = tuple(p for p in entry.audience if value(model.y[p, k]))
            if parties:
                leader = next((f.id for f in entry.facilitators if value(model.leads[k, f.id])), None)
                slots = ((r.id, s.id) for r in entry.rounds for s in r.slots)
                met = tuple(Meeting(r, s) for r, s in slots if value(model.meets[k, s]))
                sets.append(PlannedSet(entry.id, k, parties, leader, met))
    return Plan("feasible", 0.0, assignments=tuple(assignments), sets=tuple(sets))
