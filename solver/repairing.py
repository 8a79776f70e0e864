"""A plan from an earlier one: what still fits stays as it is, and only what does not is planned anew.

After a session is closed, a party says no, a facilitator leaves or parties join, nearly all of a plan can stay, and
``change`` prices what does not. So nothing is planned as a whole here: whoever is without a place takes the cheapest
that is open; then small models, with everybody else standing, find places that are open only where others move.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from solver.clock import Run
from solver.construction import NO_REPEATS, in_order
from solver.drafting import Draft, in_order_of_the_file, left_out
from solver.forbidding import broken_by
from solver.keeping import counted, holds
from solver.neighbourhoods import solve_scope
from solver.plan import Plan, PlannedSet
from solver.pricing import price
from solver.problem import Event, Problem, SetsEntry
from solver.salvage import asking_of, what_fits
from solver.variables import Scope, can_meet
from solver.whereabouts import Move, Whereabouts, with_move

Place = Event | SetsEntry
Freed = frozenset[str] | frozenset[int]

FEW = 24  # of more parties that one model frees, repeats are not in its view: local search sees to them later
MOST_FREE_AT_ONCE = 4_000  # party × session of an event that one model frees
SETS_TRIED = 8  # sets tried alone for whoever has none, the likeliest first
PAIRS_TRIED = 6  # then so many pairs of them, each with one set more


def repaired(problem: Problem, start: Plan, run: Run, *, seed: int) -> Iterator[Draft]:
    """Plans made from ``start``, a plan of this problem or of one much like it, each fuller or cheaper than the last.

    The first ones come at once. They need not hold: what must be, such as a session that a lock asks for, may come
    with a later one, or with none. Raises Stopped when the run is over.
    """
    repair = _Repair(problem, start, run, seed)
    yield in_order_of_the_file(problem, repair.draft)
    for entry in problem.sets:
        yield from repair.with_sets_formed_again(entry)
    repair.draft = with_open_places(problem, repair.draft, run, seed=seed)
    yield in_order_of_the_file(problem, repair.draft)
    done: set[str] = set()
    for place in in_order(problem):
        done.add(place.id)
        question = asking_of(problem, done)
        if repair.touches(place) or not holds(question, repair.draft):
            yield from repair.mended(question, place)


class _Repair:
    """The plan as far as it is mended."""

    def __init__(self, problem: Problem, start: Plan, run: Run, seed: int) -> None:
        self.problem, self.start, self.run, self.seed = problem, start, run, seed
        self.draft = what_fits(problem, start)
        self._known = {a.party for a in start.assignments} | {p for planned in start.sets for p in planned.parties}

    def with_sets_formed_again(self, entry: SetsEntry) -> Iterator[Draft]:
        """Form the sets that did not stand again, near to what they were, before others take their members."""
        missing = self._missing(entry)
        if missing:
            was = tuple(s for s in self.start.sets if s.set == entry.id and s.number in missing)
            near = Draft(self.draft.assignments, (*self.draft.sets, *was)).as_plan()
            question = asking_of(self.problem, ())
            scope = _scope(entry, missing, self.draft)
            made = solve_scope(question, scope, self.run, seed=self.seed, hint=near)
            if made is not None and _is_better(question, made, self.draft):
                self.draft = made
                yield made

    def _missing(self, entry: SetsEntry) -> frozenset[int]:
        """The numbers of sets that did not stand."""
        stand = {planned.number for planned in self.draft.sets if planned.set == entry.id}
        return frozenset(s.number for s in self.start.sets if s.set == entry.id and s.number not in stand)

    def touches(self, place: Place) -> bool:
        """Whether anything of a place is not as it was, or somebody without a place here is new."""
        was, now = (
            ({a for a in plan.assignments if a.event == place.id}, {s for s in plan.sets if s.set == place.id})
            for plan in (self.start, self.draft)
        )
        return was != now or not self._known.issuperset(_lost(place, self.draft))

    def mended(self, question: Problem, place: Place) -> Iterator[Draft]:
        """Better plans, by models of this place alone, each freeing what was not freed before."""
        tried: set[Freed] = set()
        while True:
            asked = not holds(question, self.draft)
            freed = next((freed for freed in self._freed(place, asked=asked) if freed and freed not in tried), None)
            if freed is None:
                return
            tried.add(freed)
            scope = _scope(place, freed, self.draft)
            wide = isinstance(place, Event) and len(freed) > FEW
            made = solve_scope(
                question, scope, self.run, seed=self.seed + len(tried), leave_out=NO_REPEATS if wide else frozenset()
            )
            if made is not None and _is_better(question, made, self.draft):
                self.draft = made
                yield made

    def _freed(self, place: Place, *, asked: bool) -> Iterator[Freed]:
        """What to let move, least first; ``asked`` is whether the place asks for more than stands."""
        lost = [party for party in _lost(place, self.draft) if _can_hope(self.problem, place, party)]
        if isinstance(place, Event):
            return self._parties_freed(place, lost, everybody=asked or bool(lost))
        return self._sets_freed(place, lost)

    def _parties_freed(self, event: Event, lost: Sequence[str], *, everybody: bool) -> Iterator[frozenset[str]]:
        """Whoever has no place or had another, then everybody."""
        was, now = (
            {a.party: a.session for a in plan.assignments if a.event == event.id} for plan in (self.start, self.draft)
        )
        yield frozenset((*lost, *(party for party in event.audience if was.get(party) != now.get(party))))
        if everybody and len(event.audience) * len(event.sessions) <= MOST_FREE_AT_ONCE:
            yield frozenset(event.audience)

    def _sets_freed(self, entry: SetsEntry, lost: Sequence[str]) -> Iterator[frozenset[int]]:
        """The sets that did not stand; then, for whoever has none, one set, or two with a new one."""
        formed = [planned for planned in self.draft.sets if planned.set == entry.id]
        numbers = {planned.number for planned in formed}
        missing = self._missing(entry)
        if missing or not formed:
            yield missing or frozenset(range(1, 1 + max(1, entry.count_min)))
        if lost:
            spare = next(number for number in range(1, len(numbers) + 2) if number not in numbers)
            likely = [s.number for s in sorted(formed, key=lambda s: _far_from(self.problem, entry, s, lost))]
            for number in likely[:SETS_TRIED]:
                yield frozenset({number})
            for pair in itertools.islice(itertools.combinations(likely, 2), PAIRS_TRIED):
                yield frozenset({*pair, spare})


def with_open_places(problem: Problem, draft: Draft, run: Run, *, seed: int) -> Draft:
    """The plan once everybody without a place took the cheapest that is open to them, those with least choice first.

    Nobody else moves; ties between those who want one place fall by the seed. Raises Stopped when the run is over.
    """
    plan = draft.as_plan()
    where = Whereabouts(problem, plan)
    kinds = {kind.id: kind for kind in where.kinds}
    lost = left_out(problem, plan)
    random.Random(seed).shuffle(lost)  # noqa: S311 - a fair tie, not a secret
    lost.sort(key=lambda one: sum(1 for _ in _open_to(where, one.party, kinds[one.event])))
    for one in lost:
        run.tick()
        moves = sorted(_open_to(where, one.party, kinds[one.event]), key=lambda found: found[0])
        if moves:
            plan = with_move(problem, plan, moves[0][1])
            where = Whereabouts(problem, plan)
    return Draft(plan.assignments, plan.sets)


def _open_to(where: Whereabouts, party: str, place: Place) -> Iterator[tuple[int, Move]]:
    """The places that somebody without one can simply take, each with what it costs more: less than nothing."""
    for move in where.moves_of(party, place):
        if move.entering is not None:
            points = price(where, move)
            if points < 0 and not broken_by(where, move):
                yield points, move


def _scope(place: Place, freed: Freed, draft: Draft) -> Scope:
    if isinstance(place, Event):
        return Scope(frozenset({place.id}), {}, draft.as_plan(), frozenset(str(party) for party in freed))
    return Scope(frozenset(), {place.id: frozenset(int(number) for number in freed)}, draft.as_plan())


def _far_from(problem: Problem, entry: SetsEntry, formed: PlannedSet, lost: Sequence[str]) -> tuple[int, int]:
    """How many of its meetings the nearest of the lost cannot come to, then how full a set is."""
    noes = (sum(problem.answer(party, meeting.slot) == "no" for meeting in formed.meetings) for party in lost)
    full = entry.size_max is not None and len(formed.parties) >= entry.size_max
    return min(noes) + full, len(formed.parties)


def _lost(place: Place, draft: Draft) -> list[str]:
    """Who of the audience has no place."""
    placed = {a.party for a in draft.assignments if a.event == place.id}
    placed |= {party for planned in draft.sets if planned.set == place.id for party in planned.parties}
    return [party for party in place.audience if party not in placed]


def _can_hope(problem: Problem, place: Place, party: str) -> bool:
    """Whether a party said something else than "no" to what it needs for a place."""
    if isinstance(place, Event):
        return any(problem.answer(party, session.id) != "no" for session in place.sessions)
    return can_meet(problem, place, party)


def _is_better(question: Problem, made: Draft, draft: Draft) -> bool:
    if not holds(question, made):
        return False
    cost, before = (counted(question, one).objective or 0 for one in (made, draft))
    return cost < before or not holds(question, draft)
