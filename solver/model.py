"""The table of contents of the model: variables, rules, terms times weights."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from solver.plan import TERMS
from solver.problem import Problem
from solver.rulebook import Expression, Rulebook
from solver.rules import apart, clashes, facilitators, locks, mix, opening, resources, seats, sets
from solver.terms import change, costs, encounters, if_need_be, imbalance, unplaced
from solver.variables import WHOLE, Scope, Variables, make_variables

Tick = Callable[[], None]


def no_tick() -> None:
    """Nothing to do between two rules."""


@dataclass(frozen=True)
class Model:
    """A CP-SAT model of a problem: the rules, and for each term of the format its count before its weight."""

    book: Rulebook
    variables: Variables
    terms: dict[str, Expression]

    @property
    def objective(self) -> Expression:
        """The weighted sum that a plan makes least."""
        weights = self.variables.problem.weights
        return sum(getattr(weights, term) * count for term, count in self.terms.items() if getattr(weights, term))


def build(
    problem: Problem,
    scope: Scope = WHOLE,
    *,
    seed: int = 0,
    tick: Tick = no_tick,
    explained: bool | Collection[str] = False,
    leave_out: frozenset[str] = frozenset(),
) -> Model:
    """The model of a problem, or of the part of it that ``scope`` leaves free.

    Parameters
    ----------
    tick : called between rules; may raise to give up (a stop while a large model is built)
    explained : give each rule a switch, see ``Rulebook.guards``; where rules are listed, only those, and no other rule
    leave_out : terms of the objective to leave out, because they are bounded elsewhere
    """
    only = None if isinstance(explained, bool) else explained
    book = Rulebook(guards=None if explained is False else {}, only=only)
    variables = make_variables(book, problem, scope, seed)
    add_rules(book, variables, tick)
    model = Model(book, variables, count_terms(book, variables, tick, leave_out))
    if book.guards is None:
        book.cp.minimize(model.objective)
    return model


def add_rules(book: Rulebook, variables: Variables, tick: Tick = no_tick) -> None:
    """Every rule of the format."""
    add_event_rules(book, variables, tick)
    add_sets_rules(book, variables, tick)
    add_joining_rules(book, variables, tick)


def add_event_rules(book: Rulebook, variables: Variables, tick: Tick) -> None:
    """What each event asks for by itself."""
    problem = variables.problem
    for event in variables.free_events():
        opening.open_within(book, event, [variables.runs[session.id] for session in event.sessions])
        for party in event.audience:
            seats.attend_at_most_one(book, variables.sessions_of(event, party))
        for session in event.sessions:
            tick()
            runs, here = variables.runs[session.id], variables.in_session(event, session.id)
            seats.run_when_attended(book, runs, here)
            seats.hold_seats(book, session, runs, here, problem.party_by_id)
            for rule in event.mix:
                mix.hold_mix(book, rule, event.id, held=runs, here=here, parties=problem.party_by_id)
            apart.keep_apart(book, event, here, problem.apart)


def add_sets_rules(book: Rulebook, variables: Variables, tick: Tick) -> None:
    """What each entry of ``sets`` asks for by itself."""
    problem = variables.problem
    for entry in variables.free_entries():
        numbers = variables.numbers[entry.id]
        sets.hold_count(book, variables, entry)
        sets.share_slots(book, variables, entry)
        sets.order_new_sets(book, variables, entry)
        facilitators.lead_no_more_than(book, variables, entry)
        for party in entry.audience:
            sets.join_at_most_one(book, variables.sets_of(entry, party))
            sets.attend_meetings_alone(book, variables, entry, party)
        for number in (n for n in numbers if variables.scope.frees_set(entry.id, n)):
            tick()
            forms, here = variables.forms[entry.id, number], variables.in_set(entry, number)
            sets.hold_size(book, entry, forms, here)
            sets.meet_once_a_round(book, variables, entry, number)
            sets.meet_where_all_can(book, variables, entry, number)
            facilitators.lead_each_set(book, variables, entry, number)
            for rule in entry.mix:
                mix.hold_mix(book, rule, entry.id, held=forms, here=here, parties=problem.party_by_id)
            apart.keep_apart(book, entry, here, problem.apart)


def add_joining_rules(book: Rulebook, variables: Variables, tick: Tick) -> None:
    """What events and sets ask of each other: people, order, resources, facilitators, locks."""
    clashes.keep_parties_from_clashes(book, variables)
    clashes.keep_people_from_clashes(book, variables)
    clashes.keep_after(book, variables)
    facilitators.lead_when_available(book, variables)
    facilitators.lead_one_meeting_at_a_time(book, variables)
    tick()
    for resource in variables.problem.resources:
        resources.share_resource(book, variables, resource)
    for lock in variables.problem.locks:
        locks.hold_lock(book, variables, lock)
    tick()


def count_terms(
    book: Rulebook, variables: Variables, tick: Tick, leave_out: frozenset[str] = frozenset()
) -> dict[str, Expression]:
    """The count of each term that has a weight, under its name in the format."""
    counts: dict[str, Callable[[], Expression]] = {
        "unplaced": lambda: unplaced.unplaced(variables),
        "open_cost": lambda: costs.open_cost(variables),
        "costs": lambda: costs.costs(variables),
        "if_need_be": lambda: if_need_be.if_need_be(variables),
        "burden": lambda: if_need_be.burden(book, variables),
        "repeat_encounter": lambda: encounters.repeat_encounter(book, variables),
        "mix_imbalance": lambda: imbalance.mix_imbalance(book, variables),
        "change": lambda: change.change(book, variables),
    }
    made: dict[str, Expression] = {}
    for term in TERMS:
        if term not in leave_out and getattr(variables.problem.weights, term):
            made[term] = counts[term]()
            tick()
    return made
