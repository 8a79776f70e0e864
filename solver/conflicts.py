"""A plan that keeps every rule, or the smallest set of rules that cannot hold together, in an organiser's words.

Leaving everybody out breaks no rule but those that ask for something: sessions that must run, sets that must form,
locks. Only the events and entries of ``sets`` with such a rule are looked at, with as many sets as are asked for: what
nothing asks for can stay empty. A conflict of a part is one of the whole. So each is looked at alone, and together
only those whose plans break a rule beside each other.

Few rules make a small model. A case begins with the rules that ask, and takes in the kinds of rules that its plans
break, until a plan keeps all or there is none; then rules are left out again as long as there is none, a kind at a
time, then pieces of what is left. Each plan found on the way is a witness: whatever rules it keeps can hold together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solver import cpsat
from solver.clock import Run, Stopped
from solver.construction import give_hint
from solver.drafting import Draft, draft
from solver.judging import EMPTY, Judge
from solver.model import Model, build
from solver.parts import part_of, places_that_ask
from solver.plan import TERMS
from solver.problem import Event, Problem, SetsEntry

NOT_SMALLEST = "Time ran out: perhaps fewer of these are enough to leave no plan"
STAGES: tuple[dict[str, Any], ...] = (
    # A plan is mostly found at once where no linear relaxation is solved on the way.
    {"max_deterministic_time": 0.3, "cp_model_presolve": False, "linearization_level": 0},
    # Most proofs are sums of seats and sizes, which the whole relaxation finds by itself, sooner than presolve ends.
    {"max_deterministic_time": 4.0, "cp_model_presolve": False},
    {"max_deterministic_time": 30.0},
)
"""CP-SAT's settings for one question, one after the other until it is answered; work, so that runs can be repeated."""

OTHER_SETTINGS: tuple[dict[str, Any], ...] = ({}, {"symmetry_level": 0, "cp_model_presolve": False})
USUAL: dict[str, Any] = {"linearization_level": 2, "add_lp_constraints_lazily": False, "cp_model_probing_level": 0}

Place = Event | SetsEntry


def find_conflict(problem: Problem, run: Run, *, seed: int) -> Draft | tuple[str, ...] | None:
    """A plan that keeps every rule, or the smallest set of rules that cannot hold together; None if time runs out.

    The plan places no more than rules ask for. Of a conflict each rule was left out in turn, and a plan found for the
    others. That there is no plan is proven three times, with other settings, before it is said (CP-SAT has been wrong
    about that). Where time runs out, the last line says that fewer rules may be enough.
    """
    places = list(places_that_ask(problem))
    whole = Judge(_alone(problem, places))
    settled: list[_Settled] = []
    waiting: list[_Settled] = [_Settled((place,), EMPTY, ()) for place in places]
    while True:
        for group in waiting:
            case = _Case(_alone(problem, group.places), run, seed)
            found = case.settle(group)
            if not isinstance(found, Draft):
                return found
            settled.append(_Settled(group.places, found, tuple(case.known)))
        planned = _side_by_side(settled)
        broken = whole.broken_by(planned)
        if not broken:
            return planned
        waiting = [_joined(whole, settled)]
        settled = [group for group in settled if group.places[0] not in waiting[0].places]


@dataclass(frozen=True)
class _Settled:
    """Places with a plan that keeps their rules, and the rules that had to be looked at to find it."""

    places: tuple[Place, ...]
    planned: Draft
    rules: tuple[str, ...]


def _alone(problem: Problem, places: Iterable[Place]) -> Problem:
    places = list(places)
    events = {place.id for place in places if isinstance(place, Event)}
    return part_of(problem, events, {place.id for place in places if isinstance(place, SetsEntry)})


def _side_by_side(groups: Iterable[_Settled]) -> Draft:
    planned = [group.planned for group in groups]
    assignments = tuple(assigned for part in planned for assigned in part.assignments)
    return Draft(assignments, tuple(formed for part in planned for formed in part.sets))


def _joined(whole: Judge, settled: Sequence[_Settled]) -> _Settled:
    """The fewest groups whose plans break a rule beside each other, by leaving out one after the other, as one."""

    def broken_beside(groups: Sequence[_Settled]) -> list[str]:
        # A rule that asks is one of a single place, and broken here because its place is left out.
        return [rule for rule in whole.broken_by(_side_by_side(groups)) if rule not in whole.asking]

    groups = list(settled)
    for group in settled:
        others = [other for other in groups if other is not group]
        if broken_beside(others):
            groups = others
    places = tuple(place for group in groups for place in group.places)
    rules = [rule for group in groups for rule in group.rules]
    return _Settled(places, _side_by_side(groups), (*rules, *broken_beside(groups)))


def _kind(rule: str) -> str:
    """Rules that say the same of other sessions, sets or people: the first words of the sentence that name nothing."""
    return " ".join([word for word in rule.split() if word.isalpha() and word.islower()][:3])


class _Case:
    """Some places and the rules about them that were looked at so far."""

    def __init__(self, problem: Problem, run: Run, seed: int) -> None:
        self.problem, self.run, self.seed = problem, run, seed
        self.judge = Judge(problem)
        self.known: list[str] = []
        self.conflict: list[str] = []
        self.in_doubt = False
        self._witnesses = [frozenset(self.judge.asking)]
        self._near = EMPTY
        self._model: Model | None = None

    def settle(self, begin: _Settled) -> Draft | tuple[str, ...] | None:
        """A plan, or why there is none, or None where the time ran out before either was sure."""
        self._learn((*self.judge.asking, *begin.rules))
        try:
            planned = self._plan(begin.planned)
            if planned is not None:
                return planned
            self._make_smaller()
        except Stopped:
            self.in_doubt = True
        if not self.conflict:
            return None
        return (*self.conflict, NOT_SMALLEST) if self.in_doubt else tuple(self.conflict)

    def _learn(self, rules: Iterable[str]) -> None:
        more = {*self.known, *rules}
        self.known = [rule for rule in self.judge.rules if rule in more]
        self._model = None

    def _plan(self, near: Draft) -> Draft | None:
        """A plan that keeps every rule; None once the rules that are known leave none."""
        self._near = near
        while True:
            answer = self._answer(self.known, *STAGES, {})
            if answer.infeasible:
                return None
            if not answer.solved:
                raise Stopped
            broken = self.judge.broken_by(self._near)
            if not broken:
                return self._near
            kinds = {_kind(rule) for rule in broken}
            self._learn(rule for rule in self.judge.rules if _kind(rule) in kinds)

    @property
    def model(self) -> Model:
        """A model of the rules that are known, each with its switch."""
        if self._model is None:
            self._model = build(
                self.problem, seed=self.seed, tick=self.run.tick, explained=self.known, leave_out=frozenset(TERMS)
            )
        return self._model

    def _make_smaller(self) -> None:
        """Leave out what is not needed, and be sure of the rest; raises Stopped where neither is sure in time."""
        fewer = self._without_kinds()
        if not self._take(fewer):
            fewer, self.in_doubt = self.known, True
            if not self._take(fewer):
                raise Stopped
        smallest = self._smallest(fewer)
        if len(smallest) < len(fewer):
            self.in_doubt |= not self._take(smallest)

    def _take(self, rules: list[str]) -> bool:
        """Take some rules as the conflict, if two more searches with other settings prove it too."""
        for number, settings in enumerate(OTHER_SETTINGS, 1):
            if not self._ask(rules, seed=self.seed + number, **settings).infeasible:
                return False
        self.conflict = rules
        return True

    def _without_kinds(self) -> list[str]:
        """What is left once no whole kind can be left out, the largest tried first: that leaves the fewest rules."""
        rules = list(self.known)
        for kind, _ in Counter(map(_kind, rules)).most_common():
            fewer = [rule for rule in rules if _kind(rule) != kind]
            if self._conflicts(fewer):
                rules = fewer
        return rules

    def _smallest(self, rules: list[str]) -> list[str]:
        """What is left once no rule more can be left out: halves first, then smaller pieces, then each."""
        needed: set[str] = set()
        piece = max(1, len(rules) // 2)
        while True:
            at = 0
            while at < len(rules):
                tried = [rule for rule in rules[at : at + piece] if rule not in needed]
                fewer = [rule for rule in rules if rule not in tried]
                if tried and self._conflicts(fewer):
                    rules = fewer
                    continue
                if piece == 1:
                    needed.update(tried)
                at += piece
            if piece == 1:
                return rules
            piece = max(1, min(piece // 2, len(rules) // 2))

    def _conflicts(self, rules: list[str]) -> bool:
        """Whether these rules leave no plan; in doubt that is a no, as what cannot be left out is kept."""
        if any(broken.isdisjoint(rules) for broken in self._witnesses):
            return False
        answer = self._answer(rules, *STAGES)
        self.in_doubt |= not answer.solved and not answer.infeasible
        return answer.infeasible

    def _answer(self, rules: Collection[str], *stages: dict[str, Any]) -> cpsat.Answer:
        """The first answer that is a plan or a proof; a plan is remembered with the rules it breaks."""
        for settings in stages:
            self.run.tick()
            answer = self._ask(rules, **settings)
            if answer.solved:
                self._near = draft(self.model.variables, answer.value)
                self._witnesses.append(frozenset(self.judge.broken_by(self._near)))
            if answer.solved or answer.infeasible:
                break
        return answer

    def _ask(self, rules: Collection[str], *, seed: int | None = None, **settings: Any) -> cpsat.Answer:
        """Look for a plan that keeps these rules of those that are known."""
        cp = self.model.book.cp.clone()
        give_hint(Model(replace(self.model.book, cp=cp), self.model.variables, {}), self._near.as_plan())
        for rule, guard in (self.model.book.guards or {}).items():
            switch = cp.get_bool_var_from_proto_index(guard.index)
            cp.add_bool_and([switch if rule in rules else ~switch])
        seed = self.seed if seed is None else seed
        return cpsat.ask(cp, self.run, threads=1, seed=seed, **{**USUAL, **settings})
