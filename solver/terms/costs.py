"""What sessions and attendances cost by themselves."""

from __future__ import annotations

from solver.rulebook import Expression
from solver.variables import Variables


def open_cost(variables: Variables) -> Expression:
    """``open_cost`` of each session that runs."""
    sessions = [session for event in variables.problem.events for session in event.sessions]
    return sum(s.open_cost * variables.runs[s.id] for s in sessions if s.open_cost and s.id in variables.runs)


def costs(variables: Variables) -> Expression:
    """``costs`` of each attendance, at a session or at a set meeting."""
    problem = variables.problem
    priced = ((problem.cost(party, sitting), literal) for (party, sitting), literal in variables.attends.items())
    return sum(cost * literal for cost, literal in priced if cost)
