"""From a solution of the model to a plan: who is where, as the format writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from solver.plan import Plan, Unplaced
from solver.problem import Assignment, Meeting, PlannedSet, Problem, SetsEntry
from solver.rulebook import Literal
from solver.variables import Variables


@dataclass(frozen=True)
class Draft:
    """A plan without its count: what is placed where, in the order of the file."""

    assignments: tuple[Assignment, ...]
    sets: tuple[PlannedSet, ...]

    def as_plan(self) -> Plan:
        """As a plan that can be counted."""
        return Plan("feasible", 0.0, assignments=self.assignments, sets=self.sets)


def draft(variables: Variables, value: Callable[[Literal], int]) -> Draft:
    """Read who is where from a solution; ``value`` gives a literal's value."""
    problem = variables.problem
    assignments = [
        Assignment(event.id, party, session.id)
        for event in problem.events
        for party in event.audience
        for session in event.sessions
        if (party, session.id) in variables.attends and value(variables.attends[party, session.id])
    ]
    sets = [planned for entry in problem.sets for planned in _sets_of(variables, value, entry)]
    return Draft(tuple(assignments), tuple(sets))


def _sets_of(variables: Variables, value: Callable[[Literal], int], entry: SetsEntry) -> list[PlannedSet]:
    planned = []
    for number in sorted(variables.numbers[entry.id]):
        forms = variables.forms.get((entry.id, number))
        if forms is None or not value(forms):
            continue
        parties = tuple(p for p, joins in variables.in_set(entry, number).items() if value(joins))
        leading = [
            facilitator.id
            for facilitator in entry.facilitators
            if (entry.id, number, facilitator.id) in variables.leads
            and value(variables.leads[entry.id, number, facilitator.id])
        ]
        meetings = tuple(
            Meeting(round_.id, slot.id)
            for round_ in entry.rounds
            for slot in round_.slots
            if (entry.id, number, slot.id) in variables.meets and value(variables.meets[entry.id, number, slot.id])
        )
        planned.append(PlannedSet(entry.id, number, parties, leading[0] if leading else None, meetings))
    return planned


def values_in(variables: Variables, plan: Draft | Plan) -> Variables:
    """The same variables with the number, 0 or 1, that each literal is in a plan: the other way round."""
    attended = {(a.party, a.session) for a in plan.assignments}
    attended |= {(party, meeting.slot) for s in plan.sets for party in s.parties for meeting in s.meetings}
    running = {session for _, session in attended}
    formed = {(s.set, s.number) for s in plan.sets}
    joined = {(s.set, s.number, party) for s in plan.sets for party in s.parties}
    met = {(s.set, s.number, meeting.slot) for s in plan.sets for meeting in s.meetings}
    led = {(s.set, s.number, s.facilitator) for s in plan.sets}
    return replace(
        variables,
        attends={key: int(key in attended) for key in variables.attends},
        runs={key: int(key in running) for key in variables.runs},
        joins={key: int(key in joined) for key in variables.joins},
        forms={key: int(key in formed) for key in variables.forms},
        meets={key: int(key in met) for key in variables.meets},
        leads={key: int(key in led) for key in variables.leads},
    )


def in_order_of_the_file(problem: Problem, draft: Draft) -> Draft:
    """The same plan as the model would write it: events, parties and sets in the order of the problem."""
    session_of = {(a.event, a.party): a for a in draft.assignments}
    asked = ((event.id, party) for event in problem.events for party in event.audience)
    sets: list[PlannedSet] = []
    for entry in problem.sets:
        place = {party: at for at, party in enumerate(entry.audience)}
        formed = sorted((s for s in draft.sets if s.set == entry.id), key=lambda planned: planned.number)
        sets += (replace(s, parties=tuple(sorted(s.parties, key=place.__getitem__))) for s in formed)
    return Draft(tuple(session_of[key] for key in asked if key in session_of), tuple(sets))


def left_out(problem: Problem, plan: Draft | Plan) -> list[Unplaced]:
    """Every party of an audience without a session or set, without reasons, in the order of the file."""
    placed = {(a.event, a.party) for a in plan.assignments} | {(s.set, p) for s in plan.sets for p in s.parties}
    events = [Unplaced(e.id, party) for e in problem.events for party in e.audience if (e.id, party) not in placed]
    sets = [Unplaced(s.id, party) for s in problem.sets for party in s.audience if (s.id, party) not in placed]
    return events + sets
