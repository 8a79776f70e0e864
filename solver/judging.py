"""Which rules a plan breaks, in the words a conflict names them with: the rules themselves, read with its numbers.

Where ``solver.model`` writes a rule over literals, here the same functions get the 0 or 1 that each literal is in a
plan, so that most conditions are plainly true or false. What a rule adds to say it (that a value appears, that a
facilitator is busy) stays open, and is chosen so that as many rules hold as can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ortools.sat.python import cp_model

from solver.drafting import Draft, values_in
from solver.model import add_rules
from solver.problem import Problem
from solver.rulebook import Literal, Rulebook
from solver.variables import make_variables

EMPTY = Draft((), ())


class Judge:
    """The rules of a problem, to be read with one plan after another; ``rules`` are all, in the order of the model."""

    def __init__(self, problem: Problem) -> None:
        self._variables = make_variables(Rulebook(guards={}), problem)
        reading = self._read(EMPTY)
        self.rules = tuple(reading.named)
        self.asking = reading.broken_rules()
        """What leaving everybody out breaks: the rules that ask for something."""

    def broken_by(self, plan: Draft) -> tuple[str, ...]:
        """The rules that a plan breaks, in the order of the model.

        The plan is one of a model with guards: it keeps what no rule names (answers, one session and one set for each
        party, one meeting a round, one facilitator for each set) and has no more sets than rules ask for.
        """
        return self._read(plan).broken_rules()

    def _read(self, plan: Draft) -> _Reading:
        reading = _Reading()
        add_rules(reading, values_in(self._variables, plan))
        return reading


class _Reading(Rulebook):
    """A rulebook whose literals are numbers: it notes which conditions are false instead of adding any."""

    def __init__(self) -> None:
        super().__init__(guards={})
        self.named: dict[str, None] = {}
        self._broken: set[str] = set()
        self._undecided: dict[str, Literal] = {}
        self._rule: str | None = None

    @contextmanager
    def rule(self, words: str) -> Iterator[None]:
        """Read what follows as this rule."""
        self.named[words] = None
        self._rule = words
        try:
            yield
        finally:
            self._rule = None

    def require(self, condition: Any, *, when: Iterable[Literal] = ()) -> None:
        """Note a condition that is false; one over what its rule adds is left to ``broken_rules``."""
        if self._rule is None or self._rule in self._broken or not all(when):
            return
        if isinstance(condition, bool):
            if not condition:
                self._broken.add(self._rule)
            return
        if self._rule not in self._undecided:
            self._undecided[self._rule] = self.literal(self._rule)
        self.cp.add(condition).only_enforce_if(self._undecided[self._rule])

    def broken_rules(self) -> tuple[str, ...]:
        """The rules that do not hold, whatever is chosen for what they add."""
        broken = set(self._broken)
        undecided = {rule: holds for rule, holds in self._undecided.items() if rule not in broken}
        if undecided:
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            self.cp.maximize(sum(undecided.values()))
            solver.solve(self.cp)
            broken |= {rule for rule, holds in undecided.items() if not solver.value(holds)}
        return tuple(rule for rule in self.named if rule in broken)
