"""A plan that keeps every rule, or the smallest set of rules that cannot hold together, in an organiser's words.

Leaving everybody out breaks no rule but those that ask for something: sessions that must run, sets that must form,
locks. Only the events and entries of ``sets`` with such a rule are looked at, each alone and then together, with as
many sets as are asked for: what nothing asks for can stay empty. A conflict of a part is one of the whole.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solver import cpsat
from solver.clock import Run, Stopped
from solver.drafting import Draft, draft
from solver.keeping import holds
from solver.model import Model, build
from solver.parts import part_of, places_that_ask
from solver.plan import TERMS
from solver.problem import Event, Problem, SetsEntry

NOT_SMALLEST = "Time ran out: perhaps fewer of these are enough to leave no plan"
RELAXED: dict[str, Any] = {"linearization_level": 2, "add_lp_constraints_lazily": False}
QUICK_WORK = 4.0
MOST_QUESTIONS = 20  # once so many were asked, no shorter conflict is looked for
TRIES_FOR_A_SMALLER_ONE = 4
FEW = 2
PART_OF_THE_TIME = 0.3  # that one search may take of what is left: a hard question must not take the others' time


def find_conflict(problem: Problem, run: Run, *, seed: int) -> Draft | tuple[str, ...] | None:
    """A plan that keeps every rule, or the smallest set of rules that cannot hold together; None if time runs out.

    The plan places no more than rules ask for. Of a conflict each rule was left out in turn, and a plan found for the
    others. That there is no plan is proven three times, with other settings, before it is said (CP-SAT has been wrong
    about that). Where time runs out, the last line says that fewer rules may be enough.
    """
    asking = list(places_that_ask(problem))
    if not asking:
        return Draft((), ())
    parts = [[place] for place in asking]
    if len(asking) > 1:
        parts.append(asking)
    found: Draft | tuple[str, ...] | None = None
    planned: list[Draft] = []
    for places in parts:
        if run.over:
            return None
        if len(planned) == len(asking) > 1 and holds(problem, _side_by_side(planned)):
            return _side_by_side(planned)
        events = {place.id for place in places if isinstance(place, Event)}
        entries = {place.id for place in places if isinstance(place, SetsEntry)}
        try:
            found = _Case.of(part_of(problem, events, entries), run, seed).settle()
        except Stopped:
            return None
        if isinstance(found, tuple):
            return found
        if found is not None:
            planned.append(found)
    return found


def _side_by_side(planned: Sequence[Draft]) -> Draft:
    assignments = tuple(assigned for part in planned for assigned in part.assignments)
    return Draft(assignments, tuple(formed for part in planned for formed in part.sets))


@dataclass
class _Case:
    """A model whose rules can be switched off, and the run it is looked at in."""

    model: Model
    run: Run
    seed: int
    in_doubt: bool = False
    asked: int = 0

    @classmethod
    def of(cls, problem: Problem, run: Run, seed: int) -> _Case:
        """The case of a problem."""
        return cls(build(problem, seed=seed, tick=run.tick, explained=True, leave_out=frozenset(TERMS)), run, seed)

    @property
    def rules(self) -> list[str]:
        """Every rule, in the order of the file, locks last."""
        return list(self.model.book.guards or {})

    def settle(self) -> Draft | tuple[str, ...] | None:
        """A plan, or why there is none, or None where the time ran out before either was sure."""
        answer = self.ask(self.rules)
        if answer.solved:
            return draft(self.model.variables, answer.value)
        if not answer.infeasible:
            return None
        first = self.smallest(self.rules)
        if not self.surely_conflicts(first):
            return self._second_opinion()
        conflict = self._try_for_a_smaller_one(first)
        return (*conflict, NOT_SMALLEST) if self.in_doubt else tuple(conflict)

    def _second_opinion(self) -> Draft | None:
        """Where one setting said "no plan" and another did not: the plan, if there is time to find it."""
        answer = self.ask(self.rules, cp_model_presolve=False)
        return draft(self.model.variables, answer.value) if answer.solved else None

    def _try_for_a_smaller_one(self, conflict: list[str]) -> list[str]:
        """Other orders of leaving out may end at a shorter conflict: try some while it is quick."""
        dice = random.Random(self.seed)  # noqa: S311 - an order, not a secret
        for _ in range(TRIES_FOR_A_SMALLER_ONE):
            if len(conflict) <= FEW or self.in_doubt or self.asked > MOST_QUESTIONS:
                break
            other = self.smallest(dice.sample(self.rules, len(self.rules)), fewer_than=len(conflict))
            if len(other) < len(conflict) and not self.in_doubt and self.surely_conflicts(other):
                conflict = other
            self.in_doubt = False
        return conflict

    def smallest(self, rules: list[str], fewer_than: int | None = None) -> list[str]:
        """What is left of a conflict once no rule more can be left out: halves first, then smaller pieces, then each.

        Gives up where ``fewer_than`` rules turn out to be needed, or where that takes many questions.
        """
        needed: set[str] = set()
        piece = max(1, len(rules) // 2)
        while True:
            at = 0
            while at < len(rules):
                tried = [rule for rule in rules[at : at + piece] if rule not in needed]
                fewer = [rule for rule in rules if rule not in tried]
                if fewer_than is not None and self.asked > MOST_QUESTIONS:
                    return rules
                if tried and self.conflicts(fewer):
                    rules = fewer
                    continue
                if piece == 1:
                    needed.update(tried)
                    if fewer_than is not None and len(needed) >= fewer_than:
                        return rules
                at += piece
            if piece == 1:
                return rules
            piece = max(1, min(piece // 2, len(rules) // 2))

    def conflicts(self, rules: list[str]) -> bool:
        """Whether these rules leave no plan; notes where the time ran out before that was known."""
        if self.run.over:
            self.in_doubt = True
            return False
        self.run.report()
        answer = self.ask(rules)
        self.in_doubt |= not answer.solved and not answer.infeasible
        return answer.infeasible

    def surely_conflicts(self, rules: list[str]) -> bool:
        """Whether two more searches with other settings prove it too."""
        other_settings: tuple[dict[str, Any], ...] = (
            {"cp_model_presolve": True},
            {"symmetry_level": 0, "cp_model_presolve": False},
        )
        return all(self.ask(rules, seed=self.seed + 1, **settings).infeasible for settings in other_settings)

    def ask(self, rules: Sequence[str], seed: int | None = None, **settings: Any) -> cpsat.Answer:
        """Look for a plan that keeps these rules; the others are off. Fixed switches let presolve do its work."""
        self.asked += 1
        kept = frozenset(rules)
        cp = self.model.book.cp.clone()
        for rule, guard in (self.model.book.guards or {}).items():
            switch = cp.get_bool_var_from_proto_index(guard.index)
            cp.add_bool_and([switch if rule in kept else ~switch])
        worker: dict[str, Any] = {"threads": 1, "seed": self.seed if seed is None else seed}
        if not settings:
            # Most proofs are sums of seats and sizes, which the whole linear relaxation finds by itself; presolve,
            # which some others need, takes longer than that.
            answer = cpsat.ask(cp, self.run, work=QUICK_WORK, cp_model_presolve=False, **RELAXED, **worker)
            if answer.solved or answer.infeasible:
                return answer
        seconds = self.run.left * PART_OF_THE_TIME
        settings = {"cp_model_probing_level": 0, **RELAXED, **settings}
        return cpsat.ask(cp, self.run, seconds=seconds, **settings, **worker)
