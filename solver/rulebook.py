"""The CP-SAT model as the rules see it: each constraint is added under the rule it belongs to.

Normally a rule is a name and no more. When a conflict is looked for, rules can be left out of the model, and each of
the others gets a guard: a literal that switches all of its constraints on (``solver.conflicts``). Which rules a plan
breaks is asked of the same functions, with the numbers of the plan in place of literals (``solver.judging``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

Literal = Any
Expression = Any


@dataclass
class Rulebook:
    """A CP-SAT model and the rule in force while constraints are added.

    ``guards`` maps each rule, in an organiser's words, to its switch; None where nobody will ask for a conflict.
    ``only`` are the rules to add, None for all of them; what no rule names always holds.
    """

    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    guards: dict[str, Literal] | None = None
    only: Collection[str] | None = None
    _guard: Literal = None
    _left_out: bool = False

    @contextmanager
    def rule(self, words: str) -> Iterator[None]:
        """Add what follows as this rule; ``words`` must name it without the rest of the problem at hand."""
        if self.guards is None:
            yield
            return
        self._left_out = self.only is not None and words not in self.only
        if not self._left_out and words not in self.guards:
            self.guards[words] = self.cp.new_bool_var(words)
        self._guard = self.guards.get(words)
        try:
            yield
        finally:
            self._guard, self._left_out = None, False

    def require(self, condition: Any, *, when: Iterable[Literal] = ()) -> None:
        """Add a condition that must hold where all of ``when`` do; a condition without variables is True or False."""
        if self._left_out:
            return
        enforced = [*when] if self._guard is None else [*when, self._guard]
        if isinstance(condition, bool):
            if not condition:
                self.cp.add_bool_or([literal.negated() for literal in enforced])
            return
        constraint = self.cp.add(condition)
        if enforced:
            constraint.only_enforce_if(enforced)

    def literal(self, name: str) -> Literal:
        """A new 0/1 variable."""
        return self.cp.new_bool_var(name)

    def count(self, most: int, name: str) -> Expression:
        """A new integer variable from 0 to ``most``."""
        return self.cp.new_int_var(0, most, name)
