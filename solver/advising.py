"""What would help most: changes of the facts, each worth what a solve of the changed problem found, never an estimate.

Where a single move that a change allows saves something, the plan with that move is known at once and counted again.
Solves then make those plans cheaper, and try changes that help by no single move; the order alone is an estimate.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from solver import cpsat
from solver.check import check, objective_of, recount
from solver.clock import Run, Stopped
from solver.conflicts import find_conflict
from solver.drafting import Draft, left_out
from solver.forbidding import broken_by
from solver.loosening import (
    Change,
    Loosening,
    answer_to_ask_for,
    answers_to_ask_for,
    rules_to_loosen,
    sittings_of_kind,
)
from solver.model import build
from solver.parts import part_of
from solver.plan import TERMS, Plan
from solver.pricing import price
from solver.problem import Event, Problem
from solver.search import solve
from solver.whereabouts import Kind, Move, Whereabouts, with_move

FOR_THE_PLAN_ITSELF = 0.15  # of the time: what the unchanged problem gains is no merit of a change
FOR_ESTIMATES = 0.15
MOST_BEFORE_SOLVES = 5.0  # seconds of either, however long there is: somebody waits for the first answer
TRIED_AT_LEAST = 12  # so many changes share the time, unless solves end by themselves
TRIED_FOR_EACH = 3  # or so many for each party without a place, where that is more
SURE_FOR_ONE_HOPED = 2
LEAST_SECONDS = 1.0
MOST_STEPS = 8
WORK_FOR_A_NO = 2.0  # CP-SAT's deterministic time
FOR_BETTER_PLANS = 0.4  # of the time: of an infeasible problem, once it is known which changes leave a plan


def never() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Repair:
    """A change with the objective of a checked plan of the changed problem; ``saves`` is None where there was no plan.

    ``made`` is that plan; ``party`` and ``session`` stand where the change is an answer.
    """

    change: Change
    saves: int | None
    objective: int
    made: Plan = field(repr=False)
    party: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Repairs, dearest first; ``base`` is the best plan known without any change, the one to compare them with.

    ``unchanged`` is its objective where that is better than the plan's; ``tried`` is for how many changes a solve was
    run.
    """

    repairs: tuple[Repair, ...]
    base: Plan
    unchanged: int | None = None
    tried: int = 0

    @property
    def ask_first(self) -> tuple[Repair, ...]:
        """The repairs that are somebody's answer."""
        return tuple(repair for repair in self.repairs if repair.party is not None)


@dataclass(frozen=True, slots=True)
class _Hope:
    """A change worth a solve that begins from ``start``; where it is ``sure``, that plan already saves ``worth``."""

    loosening: Loosening
    change: Change
    start: Plan
    worth: int
    sure: bool


def advise(
    problem: Problem,
    plan: Plan,
    *,
    seconds: float = 30.0,
    threads: int = 0,
    seed: int = 0,
    stop: Callable[[], bool] = never,
    tried: Callable[[Advice], object] | None = None,
) -> Advice:
    """Find the changes that would make a plan cheaper, or possible where it is infeasible.

    ``seconds`` is wall clock; ``stop`` is asked about twice a second; ``tried`` is told what is known after each
    change. Source: problem format, "Command line".
    """
    adviser = _Adviser(problem, plan, seconds, stop, threads=threads, seed=seed)
    for _ in adviser.repaired() if plan.objective is None else adviser.improved():
        if tried is not None:
            tried(adviser.advice())
    return adviser.advice()


class _Adviser:
    """One search for advice: what was found, and what time is left."""

    def __init__(
        self, problem: Problem, plan: Plan, seconds: float, stop: Callable[[], bool], *, threads: int, seed: int
    ) -> None:
        self.problem, self.plan, self.threads, self.seed, self.stop = problem, plan, threads, seed, stop
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self.start = plan
        self.before = None if plan.objective is None else objective_of(problem, plan)
        self.unchanged = self.before
        self.found: dict[tuple[str, str], Repair] = {}
        self.tried = 0
        self._lost_of: Plan | None = None
        self._lost_in: dict[str, list[str]] = {}

    @property
    def left(self) -> float:
        return 0.0 if self.stop() else max(0.0, self.until - time.monotonic())

    def advice(self) -> Advice:
        """What is known, of each answer or number the best; no change that the plan could do without."""
        useful = [r for r in self.found.values() if self.unchanged is None or r.objective < self.unchanged]
        useful.sort(key=lambda repair: repair.objective)
        better = self.unchanged if self.unchanged != self.before else None
        return Advice(tuple(useful), self.start, better, self.tried)

    def improved(self) -> Iterator[None]:
        """Try the most promising changes of a plan, each by a solve from it."""
        if self.plan.status != "optimal":
            self._take_as_unchanged(self._solve(self.problem, self.plan, self._before_solves(FOR_THE_PLAN_ITSELF)))
        hopes = self._hopes()
        if self.found:
            yield
        lost = sum(map(len, self._lost.values()))
        sharing = min(len(hopes), max(TRIED_AT_LEAST, TRIED_FOR_EACH * lost))
        for number, hope in enumerate(hopes):
            if self.left <= 0:
                return
            share = self.left / max(1, sharing - number)
            made = self._solve(hope.change.problem, hope.start, max(LEAST_SECONDS, share))
            self.tried += 1
            self._note(hope.loosening, hope.change, made)
            self._take_as_unchanged(made)
            yield

    def repaired(self) -> Iterator[None]:
        """Loosen what the conflict names, one thing after the other; then make the plans this leaves cheaper."""
        possible: list[tuple[Loosening, Change, Plan]] = []
        for loosening in self._named_in_conflict():
            if self.left <= FOR_BETTER_PLANS * self.seconds:
                break
            found = self._fewest_steps(loosening)
            self.tried += 1
            if found is not None:
                possible.append((loosening, *found))
                self._note(loosening, *found)
                yield
        for number, (loosening, change, plan) in enumerate(possible):
            # Not from that plan: it places only whom it must, and a search builds a fuller one sooner by itself.
            better = self._solve(change.problem, None, self.left / (len(possible) - number))
            if better is not None and (better.objective or 0) < (plan.objective or 0):
                self._note(loosening, change, better)
                yield

    def _fewest_steps(self, loosening: Loosening) -> tuple[Change, Plan] | None:
        """The change of the fewest steps that leaves a plan: by one, two, four and so on, then between."""
        refused, steps, found = 0, 1, self._possible(loosening, 1)
        while found is None and steps < MOST_STEPS and loosening.by(2 * steps) is not None:
            refused, steps = steps, 2 * steps
            found = self._possible(loosening, steps)
        while found is not None and steps - refused > 1:
            between = (steps + refused) // 2
            smaller = self._possible(loosening, between)
            if smaller is None:
                refused = between
            else:
                steps, found = between, smaller
        return found

    def _possible(self, loosening: Loosening, steps: int) -> tuple[Change, Plan] | None:
        """A change and any plan that keeps every rule of the changed problem."""
        change = loosening.by(steps)
        if change is None or self.left <= 0:
            return None
        run = Run(self.left, lambda objective, bound, so_far: self.stop())
        made = None
        with contextlib.suppress(Stopped):
            if not self._still_conflicts(change.problem, run):
                made = find_conflict(change.problem, run, seed=self.seed)
        if not isinstance(made, Draft):
            return None
        plan = replace(made.as_plan(), unplaced=tuple(left_out(change.problem, made)))
        counted = _counted(change.problem, plan)
        return None if counted is None else (change, counted)

    def _still_conflicts(self, problem: Problem, run: Run) -> bool:
        """Whether what the conflict names cannot hold together either after a change: one question, without a core."""
        named = self._places_in_conflict
        if not named:
            return False
        events = {place.id for place in named if isinstance(place, Event)}
        entries = {place.id for place in named} - events
        model = build(part_of(problem, events, entries), seed=self.seed, tick=run.tick, leave_out=frozenset(TERMS))
        answer = cpsat.ask(model.book.cp, run, threads=1, seed=self.seed, work=WORK_FOR_A_NO, linearization_level=2)
        return answer.infeasible

    @cached_property
    def _places_in_conflict(self) -> list[Kind]:
        """The events and entries of ``sets`` that the conflict names, by themselves or by a date."""
        text = " \n ".join(self.plan.conflict)
        kinds: tuple[Kind, ...] = (*self.problem.events, *self.problem.sets)
        return [kind for kind in kinds if any(_names(text, name) for name in (kind.id, *sittings_of_kind(kind)))]

    def _solve(self, problem: Problem, start: Plan | None, seconds: float) -> Plan | None:
        """A plan of a problem that was counted again and keeps every rule; None where none was found."""
        left = min(self.left, seconds)
        if left <= 0:
            return None
        made = solve(
            problem,
            seconds=left,
            threads=self.threads,
            seed=self.seed,
            start=start,
            progress=lambda objective, bound, so_far: self.stop(),
        )
        return None if made.objective is None or check(problem, made) else made

    def _note(self, loosening: Loosening, change: Change, made: Plan | None) -> None:
        """Keep the cheapest plan of each change."""
        if made is None:
            return
        key, repair = (change.place, repr(change.to)), self._repair(loosening, change, made)
        if key not in self.found or repair.objective < self.found[key].objective:
            self.found[key] = repair

    def _repair(self, loosening: Loosening, change: Change, made: Plan) -> Repair:
        objective = made.objective or 0
        saves = None if self.before is None else self.before - objective
        return Repair(change, saves, objective, made, loosening.party, _asked(loosening))

    def _take_as_unchanged(self, made: Plan | None) -> None:
        """Where a plan holds without the change too, what it saves is no merit of the change."""
        if made is None or self.unchanged is None:
            return
        counted = _counted(self.problem, made)
        if counted is not None and (counted.objective or 0) < self.unchanged:
            self.unchanged, self.start = counted.objective, counted

    def _before_solves(self, part: float) -> float:
        return min(MOST_BEFORE_SOLVES, part * self.seconds)

    def _hopes(self) -> list[_Hope]:
        """The changes worth a solve in the order in which they get one.

        Where one move that a change allows saves something for sure, the plan with that move is noted at once. Those
        that place somebody come first, of each party and event the best before any second best; in between come
        changes that a single move does not profit from, those that concern most of the unplaced first.
        """
        until = time.monotonic() + self._before_solves(FOR_ESTIMATES)
        hopes = []
        for loosening in self._candidates():
            if time.monotonic() > until or self.left <= 0:
                break
            change = loosening.by()
            hope = None if change is None else self._hope(loosening, change)
            if hope is not None:
                hopes.append(hope)
        sure, hoped = ([h for h in hopes if h.sure is is_sure] for is_sure in (True, False))
        for hope in sure:
            self._note(hope.loosening, hope.change, _counted(hope.change.problem, hope.start))
        return _by_turns(self._fairly(sure), sorted(hoped, key=lambda hope: -hope.worth))

    def _fairly(self, hopes: list[_Hope]) -> list[_Hope]:
        """Those that place somebody first, and of each party or event the best before any second best."""
        before: Counter[str] = Counter()
        order: list[tuple[bool, int, int, int, _Hope]] = []
        for hope in sorted(hopes, key=lambda hope: -hope.worth):
            whose = hope.loosening.party or hope.loosening.kind or ""
            places_nobody = 2 * hope.worth < self.problem.weights.unplaced
            order.append((places_nobody, before[whose], -hope.worth, len(order), hope))
            before[whose] += 1
        return [hope for *_, hope in sorted(order, key=lambda entry: entry[:4])]

    def _candidates(self) -> Iterator[Loosening]:
        """Answers of those without a place and of those who bend, then every rule."""
        problem, where = self.problem, Whereabouts(self.problem, self.start)
        kinds = {kind.id: kind for kind in where.kinds}
        for lost in left_out(problem, self.start):
            yield from answers_to_ask_for(problem, lost.party, kinds[lost.event])
        yield from rules_to_loosen(problem)
        for kind in where.kinds:
            for party in kind.audience:
                group = where.group_of.get((kind.id, party))
                for sitting in group.sittings if group else ():
                    if problem.answer(party, sitting.id) == "if-need-be":
                        yield answer_to_ask_for(problem, party, kind.id, sitting.id)

    def _hope(self, loosening: Loosening, change: Change) -> _Hope | None:
        """What a change may save, and where its solve begins; None where nothing is to be hoped for."""
        bends = change.was == "if-need-be"  # whoever has a place there saves something by the answer alone
        at_once = self.unchanged - objective_of(change.problem, self.start) if bends and self.unchanged else 0
        where = Whereabouts(change.problem, self.start)
        best, chosen = 0, None
        for move in self._moves(where, loosening):
            points = price(where, move)
            if points < best and not broken_by(where, move):
                best, chosen = points, move
        if chosen is not None:
            moved = with_move(change.problem, self.start, chosen)
            return _Hope(loosening, change, moved, at_once - best, sure=True)
        if at_once > 0:
            return _Hope(loosening, change, self.start, at_once, sure=True)
        concerned = self._concerned(where, loosening)
        return _Hope(loosening, change, self.start, concerned, sure=False) if concerned else None

    def _moves(self, where: Whereabouts, loosening: Loosening) -> Iterator[Move]:
        """The moves that the change could make possible."""
        for kind in where.kinds:
            if loosening.kind not in (None, kind.id):
                continue
            for party in [loosening.party] if loosening.party else self._lost.get(kind.id, ()):
                for move in where.moves_of(party, kind):
                    if move.entering is not None and _is_about(move, loosening):
                        yield move

    def _concerned(self, where: Whereabouts, loosening: Loosening) -> int:
        """The price of the unplaced that the change could help, were it to place them all."""
        lost = [p for kind, parties in self._lost.items() if loosening.kind in (None, kind) for p in parties]
        if loosening.sitting is not None:
            lost = [party for party in lost if where.problem.answer(party, loosening.sitting) != "no"]
        if loosening.party is not None:
            lost = [party for party in lost if party == loosening.party]
        return len(lost) * where.problem.weights.unplaced

    @property
    def _lost(self) -> dict[str, list[str]]:
        """Under each event or entry of ``sets`` who has no place in the plan to begin from."""
        if self._lost_of is not self.start:
            self._lost_of, self._lost_in = self.start, {}
            for lost in left_out(self.problem, self.start):
                self._lost_in.setdefault(lost.event, []).append(lost.party)
        return self._lost_in

    def _named_in_conflict(self) -> Iterator[Loosening]:
        """What the conflict names: rules and locks first, then the answers of whom it names, or of anyone."""
        text = " \n ".join(self.plan.conflict)
        for loosening in rules_to_loosen(self.problem):
            if any(_names(text, name) for name in loosening.about):
                yield loosening
        kinds: tuple[Kind, ...] = (*self.problem.events, *self.problem.sets)
        asked = [
            (party, answer)
            for kind in kinds
            for party in kind.audience
            for answer in answers_to_ask_for(self.problem, party, kind)
            if self.problem.answer(party, answer.sitting or "") == "no"
            and (_names(text, kind.id) or _names(text, answer.sitting or ""))
        ]
        asked.sort(key=lambda each: not _names(text, each[0]))
        yield from (answer for _, answer in asked)


def _counted(problem: Problem, plan: Plan) -> Plan | None:
    """A plan with its figures counted again; None where it breaks a rule."""
    terms, objective = recount(problem, plan), objective_of(problem, plan)
    counted = replace(plan, terms=terms, objective=objective, bound=0, status="feasible")
    return None if check(problem, counted) else counted


def _by_turns(sure: list[_Hope], hoped: list[_Hope]) -> list[_Hope]:
    """Both lists in one, two of the first to one of the second."""
    order: list[_Hope] = []
    waiting = deque(hoped)
    for number, hope in enumerate(sure, start=1):
        order.append(hope)
        if waiting and number % SURE_FOR_ONE_HOPED == 0:
            order.append(waiting.popleft())
    return order + list(waiting)


def _is_about(move: Move, loosening: Loosening) -> bool:
    wanted = loosening.sitting
    return wanted is None or (move.entering is not None and any(s.id == wanted for s in move.entering.sittings))


def _asked(loosening: Loosening) -> str | None:
    return loosening.sitting if loosening.party is not None else None


def _names(text: str, name: str) -> bool:
    """Whether a text names an id, not as a part of a longer one."""
    return bool(name) and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
