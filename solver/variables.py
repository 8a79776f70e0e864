"""Every literal of the model, made once, with a name one can find in the solver's log.

A ``Scope`` says what is free. Everything else stands as in a given plan: its literals are the constants 0 and 1, so
that rules and terms read the same whether the whole problem is open or one event of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from solver.plan import Plan
from solver.problem import Event, Problem, SetLock, SetsEntry
from solver.rulebook import Literal, Rulebook


@dataclass(frozen=True)
class Scope:
    """What may change: ids of events, and for entries of ``sets`` the numbers of the sets formed anew.

    ``None`` for both means the whole problem. ``around`` is the plan that everything else stands in.
    ``parties`` narrows the free events to these parties: the others keep their sessions.
    """

    events: frozenset[str] | None = None
    sets: Mapping[str, frozenset[int] | None] | None = None
    around: Plan | None = None
    parties: frozenset[str] | None = None

    def frees_event(self, event: str) -> bool:
        """Whether the event's sessions may be filled differently."""
        return self.events is None or event in self.events

    def frees_entry(self, entry: str) -> bool:
        """Whether any set of the entry may be formed anew."""
        return self.sets is None or entry in self.sets

    def frees_set(self, entry: str, number: int) -> bool:
        """Whether the set of this number may be formed anew."""
        if self.sets is None:
            return True
        free = self.sets.get(entry, frozenset())
        return free is None or number in free

    def frees_party(self, party: str) -> bool:
        """Whether the party may change its session in a free event."""
        return self.parties is None or party in self.parties


WHOLE = Scope()


@dataclass
class Variables:
    """The literals of a model under what they say; a missing key says "cannot be" (a "no", for example).

    ``attends`` is by (party, session or slot), ``joins`` by (entry, number, party), ``forms`` by (entry, number),
    ``meets`` by (entry, number, slot), ``leads`` by (entry, number, facilitator).
    """

    problem: Problem
    scope: Scope = WHOLE
    attends: dict[tuple[str, str], Literal] = field(default_factory=dict)
    runs: dict[str, Literal] = field(default_factory=dict)
    joins: dict[tuple[str, int, str], Literal] = field(default_factory=dict)
    forms: dict[tuple[str, int], Literal] = field(default_factory=dict)
    meets: dict[tuple[str, int, str], Literal] = field(default_factory=dict)
    leads: dict[tuple[str, int, str], Literal] = field(default_factory=dict)
    numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def free_events(self) -> Iterator[Event]:
        """The events whose sessions may be filled differently."""
        return (event for event in self.problem.events if self.scope.frees_event(event.id))

    def free_entries(self) -> Iterator[SetsEntry]:
        """The entries of ``sets`` with a set that may be formed anew."""
        return (entry for entry in self.problem.sets if self.scope.frees_entry(entry.id))

    def in_session(self, event: Event, session: str) -> dict[str, Literal]:
        """Who may be in a session: party id to the literal "attends it"."""
        return {p: self.attends[p, session] for p in event.audience if (p, session) in self.attends}

    def in_set(self, entry: SetsEntry, number: int) -> dict[str, Literal]:
        """Who may be in a set: party id to the literal "joins it"."""
        return {p: self.joins[entry.id, number, p] for p in entry.audience if (entry.id, number, p) in self.joins}

    def sessions_of(self, event: Event, party: str) -> list[Literal]:
        """The literals of a party over the sessions of an event."""
        return [self.attends[party, s.id] for s in event.sessions if (party, s.id) in self.attends]

    def sets_of(self, entry: SetsEntry, party: str) -> list[Literal]:
        """The literals of a party over the sets of an entry."""
        numbers = self.numbers[entry.id]
        return [self.joins[entry.id, n, party] for n in numbers if (entry.id, n, party) in self.joins]

    def meetings_in(self, entry: SetsEntry, slot: str) -> dict[int, Literal]:
        """Which sets may meet in a slot: number to the literal "meets in it"."""
        return {n: self.meets[entry.id, n, slot] for n in self.numbers[entry.id] if (entry.id, n, slot) in self.meets}


def most_sets(entry: SetsEntry) -> int:
    """How many sets an entry can have at the very most."""
    most = len(entry.audience) // max(1, entry.size_min)
    return most if entry.count_max is None else min(most, entry.count_max)


def previous_numbers(problem: Problem, entry: SetsEntry) -> list[int]:
    """The set numbers that ``change`` looks at: those of the previous plan with a party still in the audience."""
    if problem.previous is None:
        return []
    audience = frozenset(entry.audience)
    kept = (s for s in problem.previous.sets if s.set == entry.id and not audience.isdisjoint(s.parties))
    return sorted({s.number for s in kept})


def sets_asked_for(problem: Problem, entry: SetsEntry) -> int:
    """How many sets are enough for what locks and ``count.min`` ask for, were there no other rule."""
    slots = {slot.id for round_ in entry.rounds for slot in round_.slots}
    asking = [k for k in problem.locks if (k.set == entry.id if isinstance(k, SetLock) else k.session in slots)]
    return min(len(entry.audience), entry.count_min + len(asking))


def set_numbers(problem: Problem, entry: SetsEntry) -> tuple[int, ...]:
    """The numbers a plan may give its sets: the previous ones, then the lowest new ones.

    A set costs no more under a previous number than under a new one, so that the previous ones and enough new ones to
    reach the most sets there can be always hold a cheapest plan.
    """
    old = previous_numbers(problem, entry)
    new: list[int] = []
    number = 1
    while len(old) + len(new) < most_sets(entry):
        if number not in old:
            new.append(number)
        number += 1
    return (*old, *new)


def make_variables(book: Rulebook, problem: Problem, scope: Scope = WHOLE, seed: int = 0) -> Variables:
    """Make every literal; the seed shuffles the parties, so that ties do not fall by the order of the file."""
    order = [party.id for party in problem.parties]
    random.Random(seed).shuffle(order)  # noqa: S311 - a fair tie, not a secret
    made = Variables(problem, scope, order=tuple(order))
    _make_attendances(book, made)
    for entry in problem.sets:
        if book.guards is None:
            made.numbers[entry.id] = _numbers_in_use(problem, entry, scope)
        else:
            # For a conflict as many as rules ask for are enough: whatever else forms could be left out of a plan.
            made.numbers[entry.id] = tuple(range(1, sets_asked_for(problem, entry) + 1))
        _make_sets(book, made, entry)
    return made


def _make_attendances(book: Rulebook, made: Variables) -> None:
    problem, scope = made.problem, made.scope
    one = book.cp.new_constant(1)
    now = {} if scope.around is None else {(a.event, a.party): a.session for a in scope.around.assignments}
    rank = {party: i for i, party in enumerate(made.order)}
    for event in problem.events:
        free = scope.frees_event(event.id)
        for party in sorted(event.audience, key=rank.__getitem__):
            if free and scope.frees_party(party):
                for session in event.sessions:
                    if problem.answer(party, session.id) != "no":
                        made.attends[party, session.id] = book.literal(f"{party} attends {session.id}")
            elif (event.id, party) in now:
                made.attends[party, now[event.id, party]] = one
        for session in event.sessions:
            if free:
                made.runs[session.id] = book.literal(f"{session.id} runs")
            elif any((party, session.id) in made.attends for party in event.audience):
                made.runs[session.id] = one


def _numbers_in_use(problem: Problem, entry: SetsEntry, scope: Scope) -> tuple[int, ...]:
    numbers = set_numbers(problem, entry)
    if scope.around is None:
        return numbers
    standing = [s.number for s in scope.around.sets if s.set == entry.id]
    wanted = [] if scope.sets is None else sorted(scope.sets.get(entry.id) or ())
    return tuple(dict.fromkeys([*numbers, *sorted(standing), *wanted]))


def _make_sets(book: Rulebook, made: Variables, entry: SetsEntry) -> None:
    scope = made.scope
    one = book.cp.new_constant(1)
    now = {} if scope.around is None else {s.number: s for s in scope.around.sets if s.set == entry.id}
    held = {p for n, s in now.items() if not scope.frees_set(entry.id, n) for p in s.parties}
    rank = {party: i for i, party in enumerate(made.order)}
    joining = [party for party in sorted(entry.audience, key=rank.__getitem__) if party not in held]
    if any(scope.frees_set(entry.id, number) for number in made.numbers[entry.id]):
        _make_visits(book, made, entry, joining)
    for number in made.numbers[entry.id]:
        if scope.frees_set(entry.id, number):
            _make_free_set(book, made, entry, number, joining)
        elif number in now:
            standing = now[number]
            made.forms[entry.id, number] = one
            made.joins |= {(entry.id, number, party): one for party in standing.parties}
            made.meets |= {(entry.id, number, meeting.slot): one for meeting in standing.meetings}
            made.attends |= {(party, meeting.slot): one for party in standing.parties for meeting in standing.meetings}
            if standing.facilitator is not None:
                made.leads[entry.id, number, standing.facilitator] = one


def _make_visits(book: Rulebook, made: Variables, entry: SetsEntry, joining: list[str]) -> None:
    for party in joining:
        if can_meet(made.problem, entry, party):
            for round_ in entry.rounds:
                for slot in round_.slots:
                    if made.problem.answer(party, slot.id) != "no":
                        made.attends[party, slot.id] = book.literal(f"{party} attends {slot.id}")


def _make_free_set(book: Rulebook, made: Variables, entry: SetsEntry, number: int, joining: list[str]) -> None:
    name = f"{entry.id} {number}"
    made.forms[entry.id, number] = book.literal(f"{name} forms")
    for party in joining:
        if can_meet(made.problem, entry, party):
            made.joins[entry.id, number, party] = book.literal(f"{party} joins {name}")
    for round_ in entry.rounds:
        for slot in round_.slots:
            made.meets[entry.id, number, slot.id] = book.literal(f"{name} meets in {slot.id}")
    for facilitator in entry.facilitators:
        made.leads[entry.id, number, facilitator.id] = book.literal(f"{facilitator.id} leads {name}")


def can_meet(problem: Problem, entry: SetsEntry, party: str) -> bool:
    """Whether a party said something else than "no" to a slot of every round."""
    return all(any(problem.answer(party, slot.id) != "no" for slot in round_.slots) for round_ in entry.rounds)
